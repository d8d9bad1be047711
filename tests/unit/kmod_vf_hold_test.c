// SPDX-License-Identifier: BSD-3-Clause
/* Flap damping, as a table: losses at times, and the hold that each of them is answered with. */
#include "../../kmod/vf_hold.h"
#include "unit.h"

#define S 1000ull

static struct an_vf_hold hold;

static void setup(void)
{
	hold = (struct an_vf_hold){ 0 };
}

/* Loses the VF, and says how long it is left alone. */
static u64 lose(bool bad, u64 now)
{
	an_vf_hold_loss(&hold, bad, now);
	return an_vf_hold_left(&hold, now);
}

static void ten_are_free(void)
{
	for (u64 i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(lose(false, i * S), 0);
	CU_ASSERT_EQUAL(lose(false, 10 * S), 1 * S);
	CU_ASSERT_EQUAL(an_vf_hold_left(&hold, 10 * S + 400), 600);
	CU_ASSERT_EQUAL(an_vf_hold_left(&hold, 11 * S), 0);
	CU_ASSERT_EQUAL(lose(false, 12 * S), 2 * S);
}

static void a_bad_one_is_held(void)
{
	static const u64 seconds[] = { 1, 2, 4, 8, 16, 32, 64, 64, 64 };
	u64 now = 0;

	for (size_t i = 0; i < sizeof(seconds) / sizeof(seconds[0]); i++) {
		CU_ASSERT_EQUAL(lose(true, now), seconds[i] * S);
		now += seconds[i] * S + 1;
	}
}

/* Nine losses that cost nothing do not make the tenth the worst of all. */
static void free_ones_do_not_add_to_a_bad_one(void)
{
	for (u64 i = 0; i < 9; i++)
		CU_ASSERT_EQUAL(lose(false, i * S), 0);
	CU_ASSERT_EQUAL(lose(true, 9 * S), 1 * S);
	CU_ASSERT_EQUAL(lose(true, 11 * S), 2 * S);
}

/* The longest hold is longer than the calm time: it must not be forgotten while it lasts. */
static void the_longest_hold_is_remembered(void)
{
	u64 now = 0;

	for (int i = 0; i < 20; i++)
		now += lose(true, now);
	CU_ASSERT_EQUAL(lose(true, now), 64 * S);
	now += 64 * S + 59 * S; /* almost a calm minute after it */
	CU_ASSERT_EQUAL(lose(true, now), 64 * S);
}

static void calm_takes_it_down_step_by_step(void)
{
	u64 now = 0;

	for (int i = 0; i < 7; i++)
		now += lose(true, now);
	CU_ASSERT_EQUAL(hold.level, 17);
	now += 2 * 60 * S; /* two calm minutes after the hold: two steps, and the loss is one up */
	CU_ASSERT_EQUAL(lose(true, now), 32 * S);
	now += 32 * S + 20 * 60 * S;
	CU_ASSERT_EQUAL(lose(false, now), 0); /* all forgotten */
	CU_ASSERT_EQUAL(hold.level, 1);
}

static void an_end_is_no_pardon(void)
{
	CU_ASSERT_EQUAL(lose(true, 0), 1 * S);
	an_vf_hold_end(&hold, 100);
	CU_ASSERT_EQUAL(an_vf_hold_left(&hold, 100), 0);
	CU_ASSERT_EQUAL(lose(true, 200), 2 * S);
	an_vf_hold_end(&hold, 10 * S); /* nothing to end */
	CU_ASSERT_EQUAL(an_vf_hold_left(&hold, 10 * S), 0);
}

/* A mild loss during a long hold does not shorten it. */
static void a_hold_does_not_shrink(void)
{
	lose(true, 0);
	lose(true, 0);
	lose(true, 0);
	CU_ASSERT_EQUAL(an_vf_hold_left(&hold, 0), 4 * S);
	lose(false, 1 * S);
	CU_ASSERT(an_vf_hold_left(&hold, 1 * S) >= 3 * S);
}

static void the_largest_times(void)
{
	CU_ASSERT_EQUAL(lose(true, UINT64_MAX / 2), 1 * S);
	CU_ASSERT_EQUAL(an_vf_hold_left(&hold, 0), UINT64_MAX / 2 + 1 * S);
}

static CU_TestInfo tests[] = {
	{ "ten are free", ten_are_free },
	{ "a bad one is held, longer each time", a_bad_one_is_held },
	{ "free ones do not add to a bad one", free_ones_do_not_add_to_a_bad_one },
	{ "the longest hold is remembered", the_longest_hold_is_remembered },
	{ "calm takes it down step by step", calm_takes_it_down_step_by_step },
	{ "an end is no pardon", an_end_is_no_pardon },
	{ "a hold does not shrink", a_hold_does_not_shrink },
	{ "the largest times", the_largest_times },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("kmod/vf_hold", setup, NULL, tests);
