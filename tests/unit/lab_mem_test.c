// SPDX-License-Identifier: BSD-3-Clause
#include "../../tools/lab/mem.h"
#include "../../tools/lab/pending.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

static uint8_t low[2 * LAB_PAGE_SIZE], high[LAB_PAGE_SIZE];
static struct lab_mem mem;

static void setup(void)
{
	mem.count = 0;
	memset(low, 0, sizeof(low));
	CU_ASSERT_EQUAL(lab_mem_add(&mem, 0, sizeof(low), low), 0);
	CU_ASSERT_EQUAL(lab_mem_add(&mem, 1ull << 32, sizeof(high), high), 0);
}

static void bounds(void)
{
	static const struct {
		gpa_t addr;
		size_t len;
		bool ok;
	} row[] = {
		{ 0, sizeof(low), true },
		{ 0, sizeof(low) + 1, false },
		{ sizeof(low) - 1, 1, true },
		{ sizeof(low) - 1, 2, false },
		{ sizeof(low), 0, true },
		{ sizeof(low), 1, false },
		{ (1ull << 32) - 1, 2, false },
		{ 1ull << 32, sizeof(high), true },
		{ UINT64_MAX, 1, false },
		{ UINT64_MAX - 7, 16, false },
		{ 8, SIZE_MAX, false },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		CU_ASSERT_EQUAL(lab_mem_window(&mem, row[i].addr, row[i].len) != NULL, row[i].ok);
}

static void refused_slots(void)
{
	CU_ASSERT_EQUAL(lab_mem_add(&mem, LAB_PAGE_SIZE, LAB_PAGE_SIZE, high), -EINVAL);
	CU_ASSERT_EQUAL(lab_mem_add(&mem, 1ull << 33, 0, high), -EINVAL);
	CU_ASSERT_EQUAL(lab_mem_add(&mem, UINT64_MAX - 10, 20, high), -EINVAL);
}

static void copies_are_whole_or_nothing(void)
{
	uint8_t buf[16] = { 1, 2, 3 };

	CU_ASSERT_EQUAL(lab_mem_write(&mem, sizeof(low) - 8, buf, 16), -EFAULT);
	CU_ASSERT_EQUAL(low[sizeof(low) - 8], 0);
	CU_ASSERT_EQUAL(lab_mem_write(&mem, sizeof(low) - 16, buf, 16), 0);
	CU_ASSERT_EQUAL(low[sizeof(low) - 15], 2);
	memset(buf, 0, sizeof(buf));
	CU_ASSERT_EQUAL(lab_mem_read(&mem, sizeof(low) - 16, buf, 16), 0);
	CU_ASSERT_EQUAL(buf[2], 3);
}

static uint64_t test_time;

static uint64_t test_now(void *ctx)
{
	(void)ctx;
	return test_time;
}

static void pending_names_the_oldest(void)
{
	static struct lab_pending p;
	struct lab_clock clock = { .now = test_now };
	uint32_t first, second;

	p = (struct lab_pending){ .clock = &clock };
	CU_ASSERT_PTR_NULL(lab_pending_oldest(&p));
	test_time = 5;
	first = lab_pending_add(&p, "nic%d: SWITCH_DATA_PATH", 0);
	test_time = 9;
	second = lab_pending_add(&p, "vf0: D0ENTRY");
	CU_ASSERT_STRING_EQUAL(lab_pending_oldest(&p)->what, "nic0: SWITCH_DATA_PATH");
	lab_pending_done(&p, first);
	lab_pending_done(&p, first);
	lab_pending_done(&p, 0);
	CU_ASSERT_EQUAL(lab_pending_oldest(&p)->id, second);
	for (int i = 0; i < LAB_PENDING_MAX - 1; i++)
		CU_ASSERT_NOT_EQUAL(lab_pending_add(&p, "x"), 0);
	CU_ASSERT_EQUAL(lab_pending_add(&p, "one too many"), 0);
}

static CU_TestInfo tests[] = {
	{ "window bounds", bounds },
	{ "impossible slots are refused", refused_slots },
	{ "copies are whole or nothing", copies_are_whole_or_nothing },
	{ "pending names the oldest", pending_names_the_oldest },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("lab/mem", setup, NULL, tests);
