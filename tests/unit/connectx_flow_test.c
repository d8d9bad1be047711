// SPDX-License-Identifier: BSD-3-Clause
/* Flow tables, groups, entries, root and counters. */
#include "connectx_driver.h"

static uint32_t low, high; /* tables: levels 5 and 9, 128 entries */

static unsigned int create_table(uint32_t level, uint32_t log_size, uint32_t miss)
{
	cx_set32(driver.in, 0x18, (miss != 0 ? 1u << 24 : 0) | level << 16 | log_size);
	cx_set32(driver.in, 0x1c, miss);
	return driver_run(0x930, 0, 64, 16);
}

static unsigned int on_table(uint16_t opcode, uint16_t op_mod, uint32_t table)
{
	cx_set32(driver.in, 0x14, table);
	return driver_run(opcode, op_mod, 64, 16);
}

static unsigned int create_group(uint32_t table, uint32_t start, uint32_t end, uint32_t criteria)
{
	cx_set32(driver.in, 0x14, table);
	cx_set32(driver.in, 0x1c, start);
	cx_set32(driver.in, 0x24, end);
	cx_set32(driver.in, 0x3c, criteria);
	memset(driver.in + 0x48, 0xff, 6); /* the destination address */
	return driver_run(0x933, 0, 1024, 16);
}

static unsigned int destroy_group(uint32_t table, uint32_t group)
{
	cx_set32(driver.in, 0x18, group);
	return on_table(0x934, 0, table);
}

struct fte {
	uint32_t table, group, index, tag, action;
	uint32_t destinations, counters; /* 0 or 1 */
	uint8_t type;
	uint32_t id, counter;
};

static unsigned int set_entry(const struct fte *fte, bool modify, uint32_t fields)
{
	unsigned int at = 0x340;

	cx_set32(driver.in, 0x14, fte->table);
	cx_set32(driver.in, 0x18, fields);
	cx_set32(driver.in, 0x20, fte->index);
	cx_set32(driver.in, 0x44, fte->group);
	cx_set32(driver.in, 0x48, fte->tag);
	cx_set32(driver.in, 0x4c, fte->action);
	cx_set32(driver.in, 0x50, fte->destinations);
	cx_set32(driver.in, 0x54, fte->counters);
	memset(driver.in + 0x80, 0xa5, 512);
	if (fte->destinations > 0) {
		cx_set32(driver.in, at, (uint32_t)fte->type << 24 | fte->id);
		at += 8;
	}
	if (fte->counters > 0) {
		cx_set32(driver.in, at, fte->counter);
		at += 8;
	}
	return driver_run(0x936, modify, at, 16);
}

static unsigned int delete_entry(uint32_t table, uint32_t index)
{
	cx_set32(driver.in, 0x20, index);
	return on_table(0x938, 0, table);
}

static struct cx_flow_entry *entry_at(uint32_t table, uint32_t index)
{
	struct cx_flow_table *t = (struct cx_flow_table *)cx_object_find(driver.cx,
									 CX_FLOW_TABLE, table);

	for (struct cx_flow_group *g = t->groups; g != NULL; g = g->next)
		for (struct cx_flow_entry *e = g->entries; e != NULL; e = e->next)
			if (e->index == index)
				return e;
	return NULL;
}

static void setup(void)
{
	driver_setup(0);
	driver_objects();
	high = driver_made(create_table(9, 7, 0));
	low = driver_made(create_table(5, 7, high));
}

static void bad_tables(void)
{
	CU_ASSERT_EQUAL(create_table(97, 7, 0), CX_BAD_PARAM);
	CU_ASSERT_EQUAL(create_table(3, 17, 0), CX_BAD_PARAM);
	CU_ASSERT_EQUAL(create_table(9, 7, high), CX_BAD_PARAM); /* not a higher level */
	CU_ASSERT_EQUAL(create_table(10, 7, low), CX_BAD_PARAM);
	CU_ASSERT_EQUAL(create_table(3, 7, 0x1234), CX_BAD_RES);
	cx_set32(driver.in, 0x18, 2u << 24);
	CU_ASSERT_EQUAL(driver_run(0x930, 0, 64, 16), CX_BAD_PARAM);
	cx_set32(driver.in, 0x10, 1u << 24); /* NIC TX */
	CU_ASSERT_EQUAL(driver_run(0x930, 0, 64, 16), CX_BAD_PARAM);
	cx_set32(driver.in, 0x8, 1u << 31);
	CU_ASSERT_EQUAL(driver_run(0x930, 0, 64, 16), CX_BAD_PARAM);
	cx_set32(driver.in, 0x10, 1u << 24);
	CU_ASSERT_EQUAL(on_table(0x931, 0, low), CX_BAD_RES);
	CU_ASSERT_EQUAL(on_table(0x931, 0, 0), CX_BAD_RES);
}

static void miss_tables_hold(void)
{
	CU_ASSERT_EQUAL(on_table(0x931, 0, high), CX_RES_BUSY);
	/* Modify: nothing, then the default, then itself, then back. */
	CU_ASSERT_EQUAL(on_table(0x93c, 0, low), 0);
	CU_ASSERT_EQUAL(on_table(0x931, 0, high), CX_RES_BUSY);
	cx_set32(driver.in, 0xc, 1);
	CU_ASSERT_EQUAL(on_table(0x93c, 0, low), 0);
	cx_set32(driver.in, 0xc, 1);
	cx_set32(driver.in, 0x18, 1u << 24);
	cx_set32(driver.in, 0x1c, low);
	CU_ASSERT_EQUAL(on_table(0x93c, 0, low), CX_BAD_PARAM);
	cx_set32(driver.in, 0xc, 1u << 15);
	CU_ASSERT_EQUAL(on_table(0x93c, 0, low), CX_BAD_PARAM);
	cx_set32(driver.in, 0xc, 1);
	cx_set32(driver.in, 0x18, 1u << 24);
	cx_set32(driver.in, 0x1c, high);
	CU_ASSERT_EQUAL(on_table(0x93c, 0, low), 0);
	CU_ASSERT_EQUAL(on_table(0x931, 0, high), CX_RES_BUSY);
	CU_ASSERT_EQUAL(on_table(0x931, 0, low), 0);
	CU_ASSERT_EQUAL(on_table(0x931, 0, high), 0);
}

static void root(void)
{
	CU_ASSERT_EQUAL(driver.cx->rx_root, 0);
	CU_ASSERT_EQUAL(on_table(0x92f, 0, 0x77), CX_BAD_RES);
	CU_ASSERT_EQUAL(on_table(0x92f, 0, low), 0);
	CU_ASSERT_EQUAL(driver.cx->rx_root, low);
	CU_ASSERT_EQUAL(on_table(0x92f, 1, low), 0);
	CU_ASSERT_EQUAL(driver.cx->rx_root, CX_ROOT_NONE);
	CU_ASSERT_EQUAL(on_table(0x92f, 2, low), CX_BAD_PARAM);
	CU_ASSERT_EQUAL(on_table(0x92f, 0, low), 0);
	CU_ASSERT_EQUAL(on_table(0x931, 0, low), 0);
	CU_ASSERT_EQUAL(driver.cx->rx_root, 0);
}

static void groups(void)
{
	static const struct {
		uint32_t start, end, criteria;
		unsigned int status;
	} row[] = {
		{ 10, 19, 1, CX_OK }, { 19, 25, 1, CX_BAD_PARAM }, { 0, 10, 1, CX_BAD_PARAM },
		{ 12, 13, 1, CX_BAD_PARAM }, { 0, 127, 1, CX_BAD_PARAM }, { 9, 5, 1, CX_BAD_PARAM },
		{ 0, 9, 0, CX_OK }, { 20, 127, 3, CX_OK }, { 128, 128, 1, CX_BAD_PARAM },
		{ 0, UINT32_MAX, 1, CX_BAD_PARAM },
	};
	uint32_t other;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		CU_ASSERT_EQUAL(create_group(low, row[i].start, row[i].end, row[i].criteria),
				row[i].status);
	CU_ASSERT_EQUAL(create_group(high, 0, 0, 0x40), CX_BAD_PARAM);
	CU_ASSERT_EQUAL(on_table(0x931, 0, low), CX_RES_BUSY);
	other = driver_made(create_group(high, 0, 127, 1));
	CU_ASSERT_EQUAL(destroy_group(low, other), CX_BAD_RES);
	CU_ASSERT_EQUAL(destroy_group(high, other), 0);
	CU_ASSERT_EQUAL(destroy_group(high, other), CX_BAD_RES);
}

static void bad_entries(void)
{
	uint32_t group = driver_made(create_group(low, 4, 7, 1));
	const struct fte good = { .table = low, .group = group, .index = 4, .action = 4,
				  .destinations = 1, .type = 2, .id = driver.tir };
	const struct {
		struct fte fte;
		unsigned int status;
	} row[] = {
		{ { low, group, 3, 0, 4, 1, 0, 2, driver.tir, 0 }, CX_BAD_INDEX },
		{ { low, group, 8, 0, 4, 1, 0, 2, driver.tir, 0 }, CX_BAD_INDEX },
		{ { high, group, 4, 0, 4, 1, 0, 2, driver.tir, 0 }, CX_BAD_RES },
		{ { low, group + 1, 4, 0, 4, 1, 0, 2, driver.tir, 0 }, CX_BAD_RES },
		{ { low, group, 4, 0, 0, 0, 0, 0, 0, 0 }, CX_BAD_PARAM },
		{ { low, group, 4, 0, 0x44, 1, 0, 2, driver.tir, 0 }, CX_BAD_PARAM },
		{ { low, group, 4, 0, 6, 1, 0, 2, driver.tir, 0 }, CX_BAD_PARAM },
		{ { low, group, 4, 0, 4, 0, 0, 0, 0, 0 }, CX_BAD_PARAM },
		{ { low, group, 4, 0, 4, 1, 0, 2, driver.rq, 0 }, CX_BAD_RES },
		{ { low, group, 4, 0, 4, 1, 0, 0, driver.tir, 0 }, CX_BAD_PARAM },
		{ { low, group, 4, 0, 4, 1, 0, 1, low, 0 }, CX_BAD_PARAM },
		{ { low, group, 4, 0, 12, 1, 1, 2, driver.tir, 99 }, CX_BAD_RES },
		{ { low, group, 4, 0, 4, 2, 0, 2, driver.tir, 0 }, CX_BAD_INPUT_LEN },
		{ { low, group, 4, 0, 4, 65, 0, 2, driver.tir, 0 }, CX_LIM },
		{ { low, group, 4, 0, 4, 0xffffff, 0, 2, driver.tir, 0 }, CX_LIM },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		CU_ASSERT_EQUAL(set_entry(&row[i].fte, false, 0), row[i].status);
	CU_ASSERT_PTR_NULL(entry_at(low, 4));
	CU_ASSERT_EQUAL(set_entry(&good, true, 0xf), CX_BAD_RES_STATE); /* not there yet */
	CU_ASSERT_EQUAL(set_entry(&good, false, 0), 0);
	CU_ASSERT_EQUAL(set_entry(&good, false, 0), CX_BAD_RES_STATE);
	CU_ASSERT_EQUAL(delete_entry(low, 5), CX_BAD_INDEX);
	CU_ASSERT_EQUAL(destroy_group(low, group), CX_RES_BUSY);
	CU_ASSERT_EQUAL(driver_simple(0x902, driver.tir), CX_RES_BUSY);
	CU_ASSERT_EQUAL(delete_entry(low, 4), 0);
	CU_ASSERT_EQUAL(delete_entry(low, 4), CX_BAD_INDEX);
	CU_ASSERT_EQUAL(destroy_group(low, group), 0);
	CU_ASSERT_EQUAL(driver_simple(0x902, driver.tir), 0);
}

static void entries_are_masked_and_sorted(void)
{
	static const uint32_t order[] = { 5, 0, 127, 64, 1 };
	uint32_t group = driver_made(create_group(low, 0, 127, 1)), last = 0;
	struct fte fte = { .table = low, .group = group, .action = 2, .tag = 0xabcdef };
	const struct cx_flow_entry *entry;

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		fte.index = order[i];
		CU_ASSERT_EQUAL(set_entry(&fte, false, 0), 0);
	}
	entry = entry_at(low, 0);
	CU_ASSERT_EQUAL(entry->tag, 0xabcdef);
	for (unsigned int i = 0; i < CX_MATCH_SIZE; i++)
		CU_ASSERT_EQUAL(entry->match[i], i >= 8 && i < 14 ? 0xa5 : 0);
	for (entry = entry->next; entry != NULL; last = entry->index, entry = entry->next)
		CU_ASSERT_TRUE(entry->index > last);
	CU_ASSERT_EQUAL(last, 127);
}

static void an_update_changes_what_it_names(void)
{
	uint32_t group = driver_made(create_group(low, 0, 0, 1));
	uint32_t counter = driver_made(driver_simple(0x939, 0));
	struct fte fte = { .table = low, .group = group, .action = 4, .tag = 7,
			   .destinations = 1, .type = 2, .id = driver.tir };
	struct cx_flow_entry *entry;

	CU_ASSERT_EQUAL(set_entry(&fte, false, 0), 0);
	fte.tag = 9;
	fte.action = 12;
	fte.type = 1;
	fte.id = high;
	fte.counters = 1;
	fte.counter = counter;
	CU_ASSERT_EQUAL(set_entry(&fte, true, 1u << 2), 0); /* destinations only */
	entry = entry_at(low, 0);
	CU_ASSERT_EQUAL(entry->tag, 7);
	CU_ASSERT_EQUAL(entry->action, 4);
	CU_ASSERT_EQUAL(entry->counters, 0);
	CU_ASSERT_EQUAL(entry->destination[0].id, high);
	CU_ASSERT_EQUAL(driver_simple(0x902, driver.tir), 0); /* let go of */
	CU_ASSERT_EQUAL(set_entry(&fte, true, 1u << 0 | 1u << 1 | 1u << 3), 0);
	entry = entry_at(low, 0);
	CU_ASSERT_EQUAL(entry->tag, 9);
	CU_ASSERT_EQUAL(entry->action, 12);
	CU_ASSERT_EQUAL(entry->counter[0], counter);
	CU_ASSERT_EQUAL(driver_simple(0x93a, counter), CX_RES_BUSY);
	fte.id = low;
	CU_ASSERT_EQUAL(set_entry(&fte, true, 1u << 2), CX_BAD_PARAM);
	CU_ASSERT_EQUAL(entry_at(low, 0)->destination[0].id, high);
	CU_ASSERT_EQUAL(delete_entry(low, 0), 0);
	CU_ASSERT_EQUAL(driver_simple(0x93a, counter), 0);
}

static void flow_counters(void)
{
	uint32_t first = driver_made(driver_simple(0x939, 0));
	struct cx_flow_counter *counter = (struct cx_flow_counter *)cx_object_find(
		driver.cx, CX_FLOW_COUNTER, first);

	counter->packets = 3;
	counter->octets = 1ull << 40;
	cx_set32(driver.in, 0x18, 1u << 31 | 2);
	cx_set32(driver.in, 0x1c, first);
	CU_ASSERT_EQUAL(driver_run(0x93b, 0, 32, 47), CX_BAD_OUTPUT_LEN);
	cx_set32(driver.in, 0x18, 1u << 31 | 2);
	cx_set32(driver.in, 0x1c, first);
	CU_ASSERT_EQUAL(driver_run(0x93b, 0, 32, 48), 0);
	CU_ASSERT_EQUAL(cx_get64(driver.out, 0x10), 3);
	CU_ASSERT_EQUAL(cx_get64(driver.out, 0x18), 1ull << 40);
	CU_ASSERT_EQUAL(cx_get64(driver.out, 0x20), 0);
	CU_ASSERT_EQUAL(counter->packets, 0);
	cx_set32(driver.in, 0x1c, first + 1);
	CU_ASSERT_EQUAL(driver_run(0x93b, 0, 32, 32), CX_BAD_RES);
	cx_set32(driver.in, 0x18, 0xffff); /* more than CX_MESSAGE_ROOM */
	cx_set32(driver.in, 0x1c, first);
	CU_ASSERT_EQUAL(driver_run(0x93b, 0, 32, 4608), CX_BAD_OUTPUT_LEN);
	cx_set32(driver.in, 0xc, 1);
	CU_ASSERT_EQUAL(driver_run(0x939, 0, 16, 16), CX_BAD_PARAM);
}

static void expect_counter(uint32_t counter, uint64_t packets, uint64_t octets)
{
	cx_set32(driver.in, 0x1c, counter); /* as mlx5_cmd_fc_query(): no number of counters */
	CU_ASSERT_EQUAL(driver_run(0x93b, 0, 32, 32), 0);
	CU_ASSERT_EQUAL(cx_get64(driver.out, 0x10), packets);
	CU_ASSERT_EQUAL(cx_get64(driver.out, 0x18), octets);
}

/* From the command that makes a counter to the one that reads it: what matched is counted, whether
 * it is dropped, passed on, or delivered to a queue without a buffer. */
static void what_matches_is_counted(void)
{
	uint32_t group = driver_made(create_group(low, 0, 1, 1));
	uint32_t rest = driver_made(create_group(high, 0, 1, 0));
	uint32_t dropped = driver_made(driver_simple(0x939, 0));
	uint32_t passed = driver_made(driver_simple(0x939, 0));
	uint32_t delivered = driver_made(driver_simple(0x939, 0));
	uint32_t never = driver_made(driver_simple(0x939, 0));
	struct fte fte[] = {
		{ .table = low, .group = group, .index = 0, .action = 2 | 8, .counters = 1,
		  .counter = dropped },
		{ .table = low, .group = group, .index = 1, .action = 4 | 8, .destinations = 1,
		  .type = 1, .id = high, .counters = 1, .counter = passed },
		{ .table = high, .group = rest, .index = 0, .action = 4 | 8, .destinations = 1,
		  .type = 2, .id = driver.tir, .counters = 1, .counter = delivered },
		{ .table = high, .group = rest, .index = 1, .action = 4 | 8, .destinations = 1,
		  .type = 2, .id = driver.tir, .counters = 1, .counter = never },
	};
	uint8_t frame[1500] = { 0 };

	for (size_t i = 0; i < sizeof(fte) / sizeof(fte[0]); i++)
		CU_ASSERT_EQUAL_FATAL(set_entry(&fte[i], false, 0), 0);
	entry_at(low, 1)->match[8] = 0x02; /* the other has set_entry()'s 0xa5 everywhere */
	memset(frame, 0xa5, 6);
	for (int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(cx_steer(driver.cx, frame, 60), FABRIC_DROP_FILTER);
	frame[0] = 0x02;
	for (int i = 0; i < 5; i++)
		cx_steer(driver.cx, frame, sizeof(frame));
	frame[0] = 0x04; /* matches nothing of the first table */
	cx_steer(driver.cx, frame, 60);
	expect_counter(dropped, 3, 180);
	expect_counter(passed, 5, 7500);
	expect_counter(delivered, 6, 7560); /* and by the miss table */
	expect_counter(never, 0, 0); /* behind one that takes everything */
	CU_ASSERT_EQUAL(driver_simple(0x93a, delivered), CX_RES_BUSY);
}

static CU_TestInfo tests[] = {
	{ "bad tables", bad_tables },
	{ "miss tables hold", miss_tables_hold },
	{ "root", root },
	{ "groups", groups },
	{ "bad entries", bad_entries },
	{ "entries are masked and sorted", entries_are_masked_and_sorted },
	{ "an update changes what it names", an_update_changes_what_it_names },
	{ "flow counters", flow_counters },
	{ "what matches is counted", what_matches_is_counted },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("connectx/flow", setup, driver_teardown, tests);
