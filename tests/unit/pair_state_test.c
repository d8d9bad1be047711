// SPDX-License-Identifier: BSD-3-Clause
/*
 * The names of states are promised to scripts by accelnet(8), and are what devlink shows: written
 * down here once more, so that a change of one is seen.
 */
#include "../../tools/pair/state.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static const char *const promised[] = {
	[AN_VF_ABSENT] = "absent",
	[AN_VF_OFFERED] = "offered",
	[AN_VF_PRESENT] = "present",
	[AN_VF_BOUND] = "bound",
	[AN_VF_PAIRED] = "paired",
	[AN_VF_SWITCHING] = "switching",
	[AN_VF_ACTIVE] = "active",
	[AN_VF_UNKNOWN] = "unknown",
};

static void names(void)
{
	CU_ASSERT_EQUAL(sizeof(promised) / sizeof(promised[0]), AN_VF_STATES + 1);
	for (int i = 0; i <= AN_VF_UNKNOWN; i++) {
		CU_ASSERT_STRING_EQUAL(an_state_name((enum an_vf_state)i), promised[i]);
		CU_ASSERT_EQUAL(an_state_from(promised[i]), i);
	}
	/* devlink's are the module's. */
	for (int i = 0; i < AN_VF_STATES; i++)
		CU_ASSERT_STRING_EQUAL(an_vf_state_name((enum an_vf_state)i), promised[i]);
}

static void strangers(void)
{
	CU_ASSERT_EQUAL(an_state_from("Active"), AN_VF_UNKNOWN);
	CU_ASSERT_EQUAL(an_state_from("?"), AN_VF_UNKNOWN);
	CU_ASSERT_EQUAL(an_state_from(""), AN_VF_UNKNOWN);
	CU_ASSERT_STRING_EQUAL(an_state_name((enum an_vf_state)(AN_VF_UNKNOWN + 1)), "unknown");
}

/* Every state of the module is in accelnet(8). */
static void manual(void)
{
	static char text[65536], word[32];
	FILE *file = fopen("tools/accelnet/accelnet.8", "r");
	size_t length;

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	length = fread(text, 1, sizeof(text) - 1, file);
	fclose(file);
	text[length] = '\0';
	for (int i = 0; i <= AN_VF_UNKNOWN; i++) {
		snprintf(word, sizeof(word), "%s", promised[i]);
		CU_ASSERT_PTR_NOT_NULL(strstr(text, word));
	}
}

static CU_TestInfo tests[] = {
	{ "names, both ways", names },
	{ "what is no state", strangers },
	{ "the manual page has them all", manual },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pair/state", NULL, NULL, tests);
