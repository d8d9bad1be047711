// SPDX-License-Identifier: BSD-3-Clause
/*
 * All combinations of facts, all moves: there are few enough of both. The table of legal moves is
 * written down here a second time, so that a change of one alone is seen.
 */
#include "../../kmod/vf_state.h"
#include "unit.h"

#include <string.h>

#define FACTS 13
#define STATE_FACTS 9 /* the first of them; the state hangs on no other */

static const char *const legal[AN_VF_STATES] = {
	/*                    AOPBpsa */
	[AN_VF_ABSENT]    = ".xxx...",
	[AN_VF_OFFERED]   = "x.xx...",
	[AN_VF_PRESENT]   = "xx.x...",
	[AN_VF_BOUND]     = "xxx.xx.",
	[AN_VF_PAIRED]    = "xxxx.x.",
	[AN_VF_SWITCHING] = "xxxxx.x",
	[AN_VF_ACTIVE]    = "....xx.",
};

static struct an_vf_facts facts_of(unsigned int bits)
{
	return (struct an_vf_facts){
		.associated = bits & 1,
		.function = bits & 2,
		.driver = bits & 4,
		.netdev = bits & 8,
		.joined = bits & 16,
		.running = bits & 32,
		.carrier = bits & 64,
		.pending = bits & 128,
		.path_vf = bits & 256,
		.path_unknown = bits & 512,
		.nic_down = bits & 1024,
		.fresh = bits & 2048,
		.unfit = bits & 4096,
	};
}

static enum an_vf_state state_of(unsigned int bits)
{
	struct an_vf_facts facts = facts_of(bits);

	return an_vf_state_of(&facts);
}

static void every_move(void)
{
	for (int from = 0; from < AN_VF_STATES; from++) {
		for (int to = 0; to < AN_VF_STATES; to++) {
			const char *refused = an_vf_move_refused(from, to);

			CU_ASSERT_EQUAL(refused == NULL, legal[from][to] == 'x');
			CU_ASSERT(refused == NULL || strlen(refused) > 5);
		}
	}
}

static void every_way_is_legal_and_ends(void)
{
	for (int from = 0; from < AN_VF_STATES; from++) {
		for (int to = 0; to < AN_VF_STATES; to++) {
			enum an_vf_state at = from;
			int steps = 0;

			while (at != (enum an_vf_state)to && steps++ < AN_VF_STATES) {
				enum an_vf_state next = an_vf_state_step(at, to);

				CU_ASSERT_PTR_NULL(an_vf_move_refused(at, next));
				at = next;
			}
			CU_ASSERT_EQUAL(at, to);
			CU_ASSERT(steps <= 4);
		}
	}
}

/* What each state promises, for every combination of facts. */
static void every_combination(void)
{
	for (unsigned int bits = 0; bits < 1u << FACTS; bits++) {
		struct an_vf_facts f = facts_of(bits);
		enum an_vf_state state = an_vf_state_of(&f);
		enum an_vf_reason reason = an_vf_reason_of(&f);
		bool there = f.function || f.netdev;

		CU_ASSERT(state < AN_VF_STATES);
		CU_ASSERT(reason < AN_VF_REASONS);
		CU_ASSERT_EQUAL(state, state_of(bits % (1u << STATE_FACTS)));
		CU_ASSERT_EQUAL(f.pending, state == AN_VF_SWITCHING);
		if (state == AN_VF_ACTIVE)
			CU_ASSERT(f.associated && there && f.joined && f.path_vf);
		if (state == AN_VF_PAIRED)
			CU_ASSERT(f.associated && there && f.joined && !f.path_vf);
		if (state == AN_VF_ABSENT)
			CU_ASSERT(!f.associated && !there);
		if (state == AN_VF_OFFERED)
			CU_ASSERT(f.associated && !there);
		if (state == AN_VF_PRESENT)
			CU_ASSERT(f.function && !f.driver && !f.netdev);
		/* Something is expected and missing: there is a reason for it. */
		if (there && state < AN_VF_PAIRED)
			CU_ASSERT_NOT_EQUAL(reason, AN_VF_OK);
		if ((state == AN_VF_PAIRED || state == AN_VF_ACTIVE) && an_vf_is_ready(&f))
			CU_ASSERT_EQUAL(reason, AN_VF_OK);
		CU_ASSERT_EQUAL(an_vf_is_ready(&f),
				f.associated && f.joined && f.running && f.carrier &&
				!f.nic_down && !f.fresh);
	}
}

/* From everywhere to everywhere the facts can lead: legal, and the VF is never left by surprise. */
static void every_change_of_facts(void)
{
	unsigned int moves = 0;

	for (unsigned int bits = 0; bits < 1u << STATE_FACTS; bits++) {
		for (unsigned int other = 0; other < 1u << STATE_FACTS; other++) {
			struct an_vf_facts was = facts_of(bits), is = facts_of(other);
			enum an_vf_state at = an_vf_state_of(&was);
			enum an_vf_state target = an_vf_state_of(&is);
			int steps = 0;

			while (at != target && steps++ < AN_VF_STATES) {
				enum an_vf_state next = an_vf_state_step(at, target);

				if (an_vf_move_refused(at, next) ||
				    (at == AN_VF_ACTIVE && next < AN_VF_PAIRED))
					CU_FAIL("illegal move");
				at = next;
				moves++;
			}
			if (at != target)
				CU_FAIL("never arrives");
		}
	}
	CU_ASSERT(moves > 0);
}

/* The ways a VF really comes and goes. */
static void stories(void)
{
	static const struct {
		const char *what;
		struct an_vf_facts facts;
		enum an_vf_state state;
		enum an_vf_reason reason;
	} row[] = {
		{ "nothing", { 0 }, AN_VF_ABSENT, AN_VF_OK },
		{ "association first", { .associated = 1 }, AN_VF_OFFERED, AN_VF_NO_FUNCTION },
		{ "function first", { .function = 1 }, AN_VF_PRESENT, AN_VF_NO_ASSOCIATION },
		{ "no driver", { .associated = 1, .function = 1 }, AN_VF_PRESENT,
		  AN_VF_NO_DRIVER },
		{ "no netdev", { .associated = 1, .function = 1, .driver = 1 }, AN_VF_BOUND,
		  AN_VF_NO_NETDEV },
		{ "netdev before association", { .function = 1, .driver = 1, .netdev = 1 },
		  AN_VF_BOUND, AN_VF_NO_ASSOCIATION },
		{ "MAC of ours, serial not", { .associated = 1, .netdev = 1 }, AN_VF_BOUND,
		  AN_VF_NO_FUNCTION },
		{ "both ours, not joined yet", { .associated = 1, .function = 1, .driver = 1,
		  .netdev = 1 }, AN_VF_BOUND, AN_VF_NOT_JOINED },
		{ "joined, down", { .associated = 1, .function = 1, .driver = 1, .netdev = 1,
		  .joined = 1 }, AN_VF_PAIRED, AN_VF_DOWN },
		{ "up, no carrier", { .associated = 1, .function = 1, .driver = 1, .netdev = 1,
		  .joined = 1, .running = 1 }, AN_VF_PAIRED, AN_VF_NO_CARRIER },
		{ "asked", { .associated = 1, .function = 1, .driver = 1, .netdev = 1,
		  .joined = 1, .running = 1, .carrier = 1, .pending = 1 }, AN_VF_SWITCHING,
		  AN_VF_WAITING },
		{ "active", { .associated = 1, .function = 1, .driver = 1, .netdev = 1,
		  .joined = 1, .running = 1, .carrier = 1, .path_vf = 1 }, AN_VF_ACTIVE,
		  AN_VF_OK },
		{ "withdrawn while active", { .function = 1, .driver = 1, .netdev = 1,
		  .joined = 1, .running = 1, .carrier = 1, .pending = 1, .path_vf = 1 },
		  AN_VF_SWITCHING, AN_VF_NO_ASSOCIATION },
		{ "going down", { .associated = 1, .function = 1, .driver = 1, .netdev = 1,
		  .joined = 1, .carrier = 1, .pending = 1, .path_vf = 1 }, AN_VF_SWITCHING,
		  AN_VF_DOWN },
		{ "gone, the host still switching", { .associated = 1, .pending = 1 },
		  AN_VF_SWITCHING, AN_VF_NO_FUNCTION },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		CU_ASSERT_EQUAL(an_vf_state_of(&row[i].facts), row[i].state);
		CU_ASSERT_EQUAL(an_vf_reason_of(&row[i].facts), row[i].reason);
		if (an_vf_state_of(&row[i].facts) != row[i].state ||
		    an_vf_reason_of(&row[i].facts) != row[i].reason)
			CU_FAIL(row[i].what);
	}
}

static void words(void)
{
	for (int i = 0; i < AN_VF_STATES; i++)
		for (int j = 0; j < i; j++)
			CU_ASSERT_STRING_NOT_EQUAL(an_vf_state_name(i), an_vf_state_name(j));
	for (int i = 0; i < AN_VF_REASONS; i++) {
		CU_ASSERT_PTR_NOT_NULL_FATAL(an_vf_reason_text(i));
		for (int j = 0; j < i; j++)
			CU_ASSERT_STRING_NOT_EQUAL(an_vf_reason_text(i), an_vf_reason_text(j));
	}
	for (int i = 0; i < AN_VF_REASONS; i++) {
		CU_ASSERT_STRING_NOT_EQUAL(an_vf_reason_code(i), "?");
		for (int j = 0; j < i; j++)
			CU_ASSERT_STRING_NOT_EQUAL(an_vf_reason_code(i), an_vf_reason_code(j));
	}
	/* tools/accelnet decides by these two. */
	CU_ASSERT_STRING_EQUAL(an_vf_reason_code(AN_VF_OK), "ok");
	CU_ASSERT_STRING_EQUAL(an_vf_reason_code(AN_VF_USER), "user");
	CU_ASSERT_STRING_EQUAL(an_vf_reason_code(AN_VF_REASONS), "?");
	CU_ASSERT_STRING_EQUAL(an_vf_state_name(AN_VF_STATES), "?");
	CU_ASSERT_STRING_EQUAL(an_vf_reason_text(AN_VF_REASONS), "?");
}

static CU_TestInfo tests[] = {
	{ "every move is legal or has a reason", every_move },
	{ "every way is legal and ends", every_way_is_legal_and_ends },
	{ "every combination of facts", every_combination },
	{ "every change of facts", every_change_of_facts },
	{ "the ways a VF comes and goes", stories },
	{ "words for states and reasons", words },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("kmod/vf_state", NULL, NULL, tests);
