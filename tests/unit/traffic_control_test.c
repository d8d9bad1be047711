// SPDX-License-Identifier: BSD-3-Clause
/* What the traffic tests read out of the host's counters. */
#include "../pmd/control.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

#define PATH(name, rx, rx_drops, tx, tx_drops) \
	"\"" name "\":{\"rx\":{\"packets\":" rx ",\"bytes\":9,\"drops\":{" rx_drops "}}," \
	"\"tx\":{\"packets\":" tx ",\"bytes\":9,\"drops\":{" tx_drops "}}}"
#define GOOD "{\"nics\":[{" PATH("vf", "11", "\"policy\":1,\"filter\":20", "12", "\"policy\":300") \
	"," PATH("synthetic", "13", "\"policy\":4000", "14", "\"policy\":50000,\"link\":0") "}]}"

static void whole(void)
{
	struct control_stats stats;

	CU_ASSERT_EQUAL(control_parse_stats(GOOD, &stats), 0);
	CU_ASSERT_EQUAL(stats.vf_rx, 11);
	CU_ASSERT_EQUAL(stats.vf_tx, 12);
	CU_ASSERT_EQUAL(stats.synthetic_rx, 13);
	CU_ASSERT_EQUAL(stats.synthetic_tx, 14);
	CU_ASSERT_EQUAL(stats.drops, 54321);
}

/* Cut off anywhere before its last counters, it is refused. */
static void cut_off(void)
{
	char text[sizeof(GOOD)];
	struct control_stats stats;
	size_t enough = sizeof(GOOD) - 1 - strlen("}}}}]}");

	for (size_t length = 0; length < enough; length++) {
		memcpy(text, GOOD, length);
		text[length] = '\0';
		CU_ASSERT_EQUAL(control_parse_stats(text, &stats), -74);
	}
	CU_ASSERT_EQUAL(control_parse_stats(GOOD, &stats), 0);
}

static CU_TestInfo tests[] = {
	{ "counters of both paths and all drops", whole },
	{ "a text that is cut off is refused", cut_off },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("traffic/control", NULL, NULL, tests);
