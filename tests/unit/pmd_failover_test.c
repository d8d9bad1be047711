// SPDX-License-Identifier: BSD-3-Clause
/* Which side the port's queues use: tables of facts, and what holds over any history of them. */
#include "../../pmd/failover.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#define MS 1000000ull

static enum an_failover_action step(struct an_failover *failover, struct an_failover_facts facts,
				    uint64_t now, bool worked)
{
	enum an_failover_action action = an_failover_next(failover, &facts, now);

	an_failover_done(failover, action, &facts, worked, now);
	return action;
}

static void table(void)
{
	static const struct {
		enum an_failover_state state;
		struct an_failover_facts facts; /* instance 1 is in use */
		enum an_failover_action action;
	} rows[] = {
		{ AN_FAILOVER_NONE, { .usable = false }, AN_FAILOVER_STAY },
		{ AN_FAILOVER_NONE, { .usable = true, .instance = 2 }, AN_FAILOVER_ENTER },
		{ AN_FAILOVER_NONE, { .usable = true, .instance = 1 }, AN_FAILOVER_ENTER },
		{ AN_FAILOVER_USED, { .usable = true, .instance = 1 }, AN_FAILOVER_STAY },
		{ AN_FAILOVER_USED, { .usable = false, .instance = 1 }, AN_FAILOVER_LEAVE },
		{ AN_FAILOVER_USED, { .usable = true, .instance = 2 }, AN_FAILOVER_LEAVE },
		{ AN_FAILOVER_USED, { true, 1, .gone = true }, AN_FAILOVER_LEAVE },
		{ AN_FAILOVER_USED, { true, 1, .failed = true }, AN_FAILOVER_LEAVE },
		{ AN_FAILOVER_USED, { true, 1, .stalled = true }, AN_FAILOVER_SUSPEND },
		{ AN_FAILOVER_SUSPECT, { true, 1, .stalled = true }, AN_FAILOVER_STAY },
		{ AN_FAILOVER_SUSPECT, { true, 1, .stalled = false }, AN_FAILOVER_RESUME },
		{ AN_FAILOVER_SUSPECT, { false, 1, .stalled = true }, AN_FAILOVER_LEAVE },
		{ AN_FAILOVER_SUSPECT, { true, 1, .gone = true, .stalled = true },
		  AN_FAILOVER_LEAVE },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct an_failover failover = { .state = rows[i].state, .instance = 1 };

		CU_ASSERT_EQUAL(an_failover_next(&failover, &rows[i].facts, 0), rows[i].action);
	}
}

/* A VF that the device itself gave up is not tried again until the kernel shows another one. */
static void lost_instance(void)
{
	struct an_failover failover = { 0 };
	struct an_failover_facts facts = { .usable = true, .instance = 7 };

	CU_ASSERT_EQUAL(step(&failover, facts, 0, true), AN_FAILOVER_ENTER);
	facts.gone = true;
	CU_ASSERT_EQUAL(step(&failover, facts, 1, true), AN_FAILOVER_LEAVE);
	facts.gone = false;
	CU_ASSERT_EQUAL(step(&failover, facts, 100000 * MS, true), AN_FAILOVER_STAY);
	CU_ASSERT_EQUAL(an_failover_deadline(&failover, &facts), UINT64_MAX);
	facts.instance = 8;
	CU_ASSERT_EQUAL(step(&failover, facts, 100000 * MS, true), AN_FAILOVER_ENTER);
}

/* Tries go on for ever, first after 100 ms, at most 1 s apart. */
static void retries(void)
{
	static const uint64_t waits[] = { 100 * MS, 200 * MS, 400 * MS, 800 * MS, 1000 * MS,
					  1000 * MS, 1000 * MS };
	struct an_failover failover = { 0 };
	struct an_failover_facts facts = { .usable = true, .instance = 1 };
	uint64_t now = 5;

	for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++) {
		CU_ASSERT_EQUAL(step(&failover, facts, now, false), AN_FAILOVER_ENTER);
		CU_ASSERT_EQUAL(an_failover_deadline(&failover, &facts), now + waits[i]);
		CU_ASSERT_EQUAL(step(&failover, facts, now + waits[i] - 1, false),
				AN_FAILOVER_STAY);
		now += waits[i];
	}
	CU_ASSERT_EQUAL(step(&failover, facts, now, true), AN_FAILOVER_ENTER);
	CU_ASSERT_EQUAL(failover.state, AN_FAILOVER_USED);
}

/* Errors one after the other wait longer and longer; a VF that had proved itself starts anew. */
static void errors(void)
{
	struct an_failover failover = { 0 };
	struct an_failover_facts facts = { .usable = true, .instance = 1 };
	uint64_t now = 0;

	for (unsigned int i = 0; i < 3; i++) {
		facts.failed = false;
		CU_ASSERT_EQUAL(step(&failover, facts, now, true), AN_FAILOVER_ENTER);
		facts.failed = true;
		CU_ASSERT_EQUAL(step(&failover, facts, now, true), AN_FAILOVER_LEAVE);
		CU_ASSERT_EQUAL(failover.retry_at, now + (100 * MS << i));
		now = failover.retry_at;
	}
	facts.failed = false;
	step(&failover, facts, now, true);
	facts.failed = true;
	now += AN_FAILOVER_PROVEN_NS;
	step(&failover, facts, now, true);
	CU_ASSERT_EQUAL(failover.retry_at, now + AN_FAILOVER_RETRY_MIN_NS);
}

/*
 * Any history, 200,000 steps of it: the VF is never entered while it is not usable or known to be
 * lost, never stayed on once it is, and is in use within two steps and one wait once all is well.
 */
static void histories(void)
{
	struct an_failover failover = { 0 };
	uint64_t now = 1;

	srand(9);
	for (unsigned int i = 0; i < 200000; i++) {
		struct an_failover_facts facts = {
			.usable = rand() % 4 != 0,
			.instance = 1 + rand() % 3,
			.gone = rand() % 16 == 0,
			.failed = rand() % 16 == 0,
			.stalled = rand() % 8 == 0,
		};
		bool lost = failover.lost && failover.instance == facts.instance;
		enum an_failover_state before = failover.state;
		enum an_failover_action action;

		now += (uint64_t)rand() % (300 * MS);
		action = step(&failover, facts, now, rand() % 4 != 0);
		if (action == AN_FAILOVER_ENTER)
			CU_ASSERT_FATAL(before == AN_FAILOVER_NONE && facts.usable && !lost);
		if (before != AN_FAILOVER_NONE && (facts.gone || !facts.usable))
			CU_ASSERT_FATAL(failover.state == AN_FAILOVER_NONE);
		if (i % 1000 == 999) {
			struct an_failover_facts well = { .usable = true, .instance = 100 + i };

			for (unsigned int j = 0; j < 3; j++) {
				now += AN_FAILOVER_RETRY_MAX_NS;
				step(&failover, well, now, true);
			}
			CU_ASSERT_FATAL(failover.state == AN_FAILOVER_USED);
		}
	}
}

static CU_TestInfo tests[] = {
	{ "what each fact does in each state", table },
	{ "a lost VF is not tried again", lost_instance },
	{ "tries have no end and wait at most 1 s", retries },
	{ "errors in a row wait longer", errors },
	{ "what holds over any history", histories },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pmd/failover", NULL, NULL, tests);
