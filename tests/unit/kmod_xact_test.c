// SPDX-License-Identifier: BSD-3-Clause
/* Completions the host sends twice, late, or for nothing at all. */
#include "../../kmod/xact.h"
#include "unit.h"

#include <string.h>

#define SIZE 8

static struct an_xact slot[SIZE];
static struct an_xact_table table;

static void setup(void)
{
	memset(slot, 0, sizeof(slot));
	an_xact_init(&table, slot, SIZE);
}

static void begins_and_ends(void)
{
	u64 id[SIZE];

	for (unsigned int i = 0; i < SIZE; i++) {
		id[i] = an_xact_begin(&table, AN_XACT_DATA, 100 + i, 0);
		CU_ASSERT_NOT_EQUAL(id[i], 0);
		CU_ASSERT(an_xact_index(id[i]) < SIZE);
		for (unsigned int j = 0; j < i; j++)
			CU_ASSERT_NOT_EQUAL(id[i], id[j]);
	}
	CU_ASSERT_EQUAL(an_xact_begin(&table, AN_XACT_DATA, 0, 0), 0);
	CU_ASSERT_EQUAL(table.used, SIZE);
	for (unsigned int i = SIZE; i-- > 0;) {
		struct an_xact was = an_xact_end(&table, id[i]);

		CU_ASSERT_EQUAL(was.kind, AN_XACT_DATA);
		CU_ASSERT_EQUAL(was.cookie, 100 + i);
	}
	CU_ASSERT_EQUAL(table.used, 0);
}

static void spare_entries_are_kept(void)
{
	for (int i = 0; i < SIZE - 2; i++)
		CU_ASSERT_NOT_EQUAL(an_xact_begin(&table, AN_XACT_DATA, 0, 2), 0);
	CU_ASSERT_EQUAL(an_xact_begin(&table, AN_XACT_DATA, 0, 2), 0);
	CU_ASSERT_NOT_EQUAL(an_xact_begin(&table, AN_XACT_NVSP, 0, 0), 0);
}

static void lies_hit_nothing(void)
{
	u64 id = an_xact_begin(&table, AN_XACT_NVSP, 7, 0), again;
	const u64 lie[] = {
		0, id + 1, id - 1, id | 0xffffffff, (u32)id, id + (1ull << 32), id ^ 1ull << 63,
		SIZE + 1, UINT64_MAX,
	};

	for (size_t i = 0; i < sizeof(lie) / sizeof(lie[0]); i++)
		CU_ASSERT_EQUAL(an_xact_end(&table, lie[i]).kind, AN_XACT_FREE);
	CU_ASSERT_EQUAL(table.used, 1);
	CU_ASSERT_EQUAL(an_xact_end(&table, id).cookie, 7);
	CU_ASSERT_EQUAL(an_xact_end(&table, id).kind, AN_XACT_FREE);
	again = an_xact_begin(&table, AN_XACT_DATA, 8, 0);
	CU_ASSERT_EQUAL(an_xact_index(again), an_xact_index(id));
	CU_ASSERT_EQUAL(an_xact_end(&table, id).kind, AN_XACT_FREE);
	CU_ASSERT_EQUAL(an_xact_end(&table, again).cookie, 8);
}

static void a_held_one_is_not_the_hosts(void)
{
	u64 id = an_xact_begin(&table, AN_XACT_HELD, 9, 0);

	CU_ASSERT_EQUAL(an_xact_end(&table, id).kind, AN_XACT_FREE);
	CU_ASSERT_EQUAL(table.used, 1);
	CU_ASSERT_EQUAL(an_xact_cancel(&table, id).cookie, 9);
	CU_ASSERT_EQUAL(an_xact_cancel(&table, id).kind, AN_XACT_FREE);
	CU_ASSERT_EQUAL(table.used, 0);

	id = an_xact_begin(&table, AN_XACT_HELD, 10, 0);
	slot[an_xact_index(id)].kind = AN_XACT_DATA;
	CU_ASSERT_EQUAL(an_xact_end(&table, id).cookie, 10);
	CU_ASSERT_EQUAL(an_xact_cancel(&table, id).kind, AN_XACT_FREE);
	CU_ASSERT_EQUAL(an_xact_cancel(&table, 0).kind, AN_XACT_FREE);
	CU_ASSERT_EQUAL(an_xact_cancel(&table, SIZE + 1).kind, AN_XACT_FREE);
}

static void what_is_left_can_be_ended(void)
{
	int count = 0;

	an_xact_begin(&table, AN_XACT_DATA, 1, 0);
	an_xact_begin(&table, AN_XACT_PATH, 2, 0);
	while (an_xact_end_any(&table).kind != AN_XACT_FREE)
		count++;
	CU_ASSERT_EQUAL(count, 2);
	CU_ASSERT_EQUAL(table.used, 0);
}

static CU_TestInfo tests[] = {
	{ "begins and ends", begins_and_ends },
	{ "spare entries are kept", spare_entries_are_kept },
	{ "lies hit nothing", lies_hit_nothing },
	{ "a held one is not the host's", a_held_one_is_not_the_hosts },
	{ "what is left can be ended", what_is_left_can_be_ended },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("kmod/xact", setup, NULL, tests);
