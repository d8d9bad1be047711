// SPDX-License-Identifier: BSD-3-Clause
#include "../../tools/pair/fail.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

static void failures(void)
{
	char failed[AN_TEXT] = "", word[2 * AN_TEXT];

	an_fail(failed, -EIO, "cannot read %s", "x");
	CU_ASSERT_STRING_EQUAL(failed, "cannot read x: Input/output error");
	an_fail(failed, 0, "later");
	CU_ASSERT_STRING_EQUAL(failed, "cannot read x: Input/output error");
	memset(word, 'x', sizeof(word));
	word[sizeof(word) - 1] = '\0';
	failed[0] = '\0';
	an_fail(failed, EIO, "%s", word);
	CU_ASSERT_EQUAL(strlen(failed), AN_TEXT - 1);
	failed[0] = '\0';
	an_fail(failed, EIO, "%.250s", word);
	CU_ASSERT_EQUAL(strlen(failed), AN_TEXT - 1);
}

static CU_TestInfo tests[] = {
	{ "the first failure is kept", failures },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pair/fail", NULL, NULL, tests);
