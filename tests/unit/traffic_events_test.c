// SPDX-License-Identifier: BSD-3-Clause
/* Lists of events: what is understood, and in which order they come. */
#include "../pmd/events.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

static struct events events;

static void lists(void)
{
	static const struct {
		const char *text;
		int result;
		unsigned int count;
	} rows[] = {
		{ "", 0, 0 },
		{ "eject@1", 0, 1 },
		{ "eject@1,add@2", 0, 2 },
		{ "3*(eject@1,add@2)", 0, 6 },
		{ "vf@0,20*(surprise@500,synthetic@1,add@0,vf@0),eject@9", 0, 82 },
		{ "2*(up@1),2*(down@1)", 0, 4 },
		{ "0*(up@1)", 0, 0 },
		{ "fault cqe-error@10", 0, 1 },
		{ "fault slow 5@10,fault clear@1", 0, 2 },
		{ "8192*(up@1)", 0, 8192 },
		{ "8193*(up@1)", -7, 0 },
		{ "eject", -22, 0 },
		{ "eject@", -22, 0 },
		{ "eject@x", -22, 0 },
		{ "ejects@1", -22, 0 },
		{ "eje@1", -22, 0 },
		{ "@1", -22, 0 },
		{ "eject@1,,add@1", -22, 0 },
		{ "2*(eject@1", -22, 0 },
		{ "2*(eject@1)x", -22, 0 },
		{ "eject 1@1", -22, 0 },
		{ "eject@1 2*(add@1)", -22, 0 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int result = events_parse(rows[i].text, &events);

		if (result != rows[i].result || (result == 0 && events.count != rows[i].count))
			printf("%s\n", rows[i].text);
		CU_ASSERT_EQUAL(result, rows[i].result);
		if (result == 0)
			CU_ASSERT_EQUAL(events.count, rows[i].count);
	}
}

static void order(void)
{
	static const enum event_kind kinds[] = { EVENT_VF, EVENT_EJECT, EVENT_ADD, EVENT_EJECT,
						 EVENT_ADD, EVENT_FAULT };

	CU_ASSERT_EQUAL_FATAL(events_parse("vf@0,2*(eject@10,add@20),fault slow 7@30", &events), 0);
	CU_ASSERT_EQUAL_FATAL(events.count, 6);
	for (unsigned int i = 0; i < 6; i++)
		CU_ASSERT_EQUAL(events.event[i].kind, kinds[i]);
	CU_ASSERT_EQUAL(events.event[3].at, 10);
	CU_ASSERT_EQUAL(events.event[4].at, 20);
	CU_ASSERT_EQUAL(strcmp(events.event[5].words, "fault slow 7"), 0);
}

static CU_TestInfo tests[] = {
	{ "what is a list and what is none", lists },
	{ "events come in their order", order },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("traffic/events", NULL, NULL, tests);
