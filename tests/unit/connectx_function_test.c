// SPDX-License-Identifier: BSD-3-Clause
/* The initialization segment, counters, link, health, reset and configuration blocks. */
#include "connectx_driver.h"

#include <errno.h>

static void setup(void)
{
	driver_setup(0);
}

static void segment_at_power_on(void)
{
	static const struct {
		uint32_t offset, mask, value;
	} row[] = {
		{ 0x4, 0xffff0000, 5u << 16 }, /* command interface revision */
		{ 0x14, 0xff, 0x56 },          /* 32 entries of 64 bytes */
		{ 0x14, 0x700, 0 },            /* full driver */
		{ 0x1fc, 0xffffffff, 0 },      /* not initializing */
		{ 0x238, 0xffffffff, 0 },
		{ 0x23c, 0xffffffff, 0 },
		{ 0xff8, 0xffffffff, 1u << 29 | 10 },  /* a command: 10 s */
		{ 0xffc, 0xffffffff, 1u << 29 | 120 }, /* initialization: 120 s */
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		CU_ASSERT_EQUAL(driver_read32(row[i].offset) & row[i].mask, row[i].value);
	CU_ASSERT_NOT_EQUAL(driver_read32(0x230), 0xffffffff);
	CU_ASSERT_EQUAL(cx_bar_read(driver.cx, 0x15, 1), (uint8_t)(DRIVER_QUEUE >> 16));
	CU_ASSERT_EQUAL(cx_bar_read(driver.cx, 0x17, 1), 0x56);
}

static void odd_accesses(void)
{
	static const struct {
		uint64_t offset;
		unsigned int size;
	} row[] = {
		{ 0xfff, 8 }, { 0xffd, 4 }, { 0x1ffc, 8 }, { 0x2000, 4 }, { 0x3ffc, 8 },
		{ CX_BAR_SIZE - 4, 8 }, { CX_BAR_SIZE, 4 }, { UINT64_MAX, 8 }, { 0x18, 1 },
		{ 0x19, 2 }, { 0x16, 4 }, { 0x10, 16 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		cx_bar_read(driver.cx, row[i].offset, row[i].size);
		cx_bar_write(driver.cx, row[i].offset, UINT64_MAX, row[i].size);
	}
	CU_ASSERT_EQUAL(driver_read32(0x14) & 0xfff, 0x56);
	CU_ASSERT_EQUAL(cx_commands(driver.cx), 0);
}

static void doorbell_pages_are_memory(void)
{
	uint8_t *uar = cx_uar_pages(driver.cx);

	cx_bar_write(driver.cx, CX_UAR_FIRST * 4096 + 0x800, 0x1122334455667788, 8);
	CU_ASSERT_EQUAL(uar[0x800], 0x88);
	uar[CX_UAR_COUNT * 4096 - 1] = 0x7f;
	CU_ASSERT_EQUAL(cx_bar_read(driver.cx, CX_BAR_SIZE - 1, 1), 0x7f);
	CU_ASSERT_EQUAL((uintptr_t)uar % 4096, 0);
	CU_ASSERT_EQUAL((uintptr_t)cx_counter_page(driver.cx) % 4096, 0);
}

static void counters_move_with_time(void)
{
	uint32_t health, last;

	cx_tick(driver.cx);
	last = driver_read32(0x1010);
	for (int i = 0; i < 5; i++) {
		for (int t = 0; t < 4; t++) {
			driver.time += LAB_S / 2;
			cx_tick(driver.cx);
		}
		health = driver_read32(0x1010);
		CU_ASSERT_NOT_EQUAL(health, last);
		last = health;
	}
	CU_ASSERT_EQUAL((uint64_t)driver_read32(0x1000) << 32 | driver_read32(0x1004),
			10 * LAB_S);
}

static void async_eq(uint64_t mask)
{
	driver_init();
	driver.uar = driver_made(driver_simple(0x802, 0));
	driver_eq_context(6, 3, mask);
	driver.eq = driver_made(driver_run(0x301, 0, DRIVER_EQ_LEN(6), 16)) & 0xff;
}

static void link_changes_are_events(void)
{
	const uint8_t *eqe;

	async_eq(1ull << 9);
	eqe = driver_at(driver.eq_page);
	cx_set_link(driver.cx, true); /* it is up already */
	CU_ASSERT_EQUAL(driver.interrupts[3], 0);
	cx_set_link(driver.cx, false);
	CU_ASSERT_EQUAL(driver.interrupts[3], 1);
	CU_ASSERT_EQUAL(eqe[1], 0x09);
	CU_ASSERT_EQUAL(eqe[3], 1);
	CU_ASSERT_EQUAL(eqe[0x20 + 8], 0x10);
	CU_ASSERT_EQUAL(eqe[0x3f], 0);
	CU_ASSERT_EQUAL(driver_simple(0x750, 0), 0);
	CU_ASSERT_EQUAL(driver.out[0xf], 0x10);
	cx_set_link(driver.cx, true);
	CU_ASSERT_EQUAL(eqe[64 + 3], 4);
	CU_ASSERT_EQUAL(driver_simple(0x750, 0), 0);
	CU_ASSERT_EQUAL(driver.out[0xf], 0x11);
}

static void the_owner_bit_turns_each_round(void)
{
	const uint8_t *eq;

	async_eq(1ull << 9);
	eq = driver_at(driver.eq_page);
	for (unsigned int i = 0; i < 130; i++) {
		cx_set_link(driver.cx, i % 2 != 0);
		CU_ASSERT_EQUAL(eq[i % 64 * 64 + 0x3f], i / 64 % 2);
	}
	CU_ASSERT_EQUAL(driver.interrupts[3], 130);
}

static void a_dead_function_is_silent(void)
{
	async_eq(1ull << 8);
	cx_set_health(driver.cx, 0x7);
	CU_ASSERT_EQUAL(driver.interrupts[3], 1);
	CU_ASSERT_EQUAL(cx_bar_read(driver.cx, 0x23d, 1), 0x7);
	CU_ASSERT_EQUAL(cx_bar_read(driver.cx, 0x238, 1) >> 7, 1);
	CU_ASSERT_TRUE(cx_is_idle(driver.cx));
	driver_prepare(16, 16);
	driver_write32(0x18, 1);
	CU_ASSERT_EQUAL(driver_entry(0)[0x3f], 1);
	cx_set_health(driver.cx, 0);
	CU_ASSERT_EQUAL(driver_read32(0x23c), 0);
	CU_ASSERT_EQUAL(driver_read32(0x14) >> 8 & 7, 1);
	driver_queue();
	driver_init();
	CU_ASSERT_EQUAL(driver_simple(0x302, driver.eq), CX_BAD_RES);
}

/* A crash kernel has no idea what was before it. */
static void enabling_twice_starts_over(void)
{
	driver_objects();
	driver_init();
	CU_ASSERT_EQUAL(driver_simple(0x401, driver.cq), CX_BAD_RES);
	CU_ASSERT_EQUAL(driver_simple(0x800, 0), 0);
}

static void nic_interface(void)
{
	driver_init();
	driver.uar = driver_made(driver_simple(0x802, 0));
	driver_write32(0x14, (uint32_t)DRIVER_QUEUE | 1u << 8);
	CU_ASSERT_EQUAL(driver_read32(0x14) >> 8 & 7, 1);
	driver_prepare(16, 16);
	driver_write32(0x18, 1);
	CU_ASSERT_EQUAL(driver_entry(0)[0x3f], 1);
	driver_queue();
	CU_ASSERT_EQUAL(driver_simple(0x803, driver.uar), 0);
	driver_write32(0x14, (uint32_t)DRIVER_QUEUE | 7u << 8);
	CU_ASSERT_EQUAL(driver_read32(0x14) >> 8 & 7, 1);
	driver_queue();
	CU_ASSERT_EQUAL(driver_simple(0x800, 0), CX_BAD_SYS_STATE);
	driver_write32(0x14, (uint32_t)DRIVER_QUEUE | 2u << 8);
	CU_ASSERT_EQUAL(driver_read32(0x14) >> 8 & 7, 0);
}

static void reset_forgets_everything(void)
{
	uint8_t *uar = cx_uar_pages(driver.cx);

	driver_objects();
	uar[5] = 1;
	CU_ASSERT_FALSE(cx_is_idle(driver.cx));
	cx_reset(driver.cx);
	CU_ASSERT_TRUE(cx_is_idle(driver.cx));
	CU_ASSERT_EQUAL(uar[5], 0);
	driver_prepare(16, 16);
	driver_write32(0x18, 1);
	CU_ASSERT_EQUAL(driver_entry(0)[0x3f], 1); /* no queue any more */
	driver_queue();
	CU_ASSERT_EQUAL(driver_simple(0x906, driver.sq), CX_BAD_SYS_STATE);
	driver_init();
	CU_ASSERT_EQUAL(driver_simple(0x906, driver.sq), CX_BAD_RES);
}

static void configuration_blocks(void)
{
	uint8_t block[CX_BLOCK_SIZE + 1] = { 0 };

	CU_ASSERT_EQUAL(cx_block_read(driver.cx, 0, block, 128), 0);
	CU_ASSERT_EQUAL(block[0], 0);
	block[3] = 9;
	CU_ASSERT_EQUAL(cx_block_write(driver.cx, 1, block, 128), 0);
	block[3] = 0;
	CU_ASSERT_EQUAL(cx_block_read(driver.cx, 1, block, 128), 0);
	CU_ASSERT_EQUAL(block[3], 9);
	CU_ASSERT_EQUAL(cx_block_read(driver.cx, CX_BLOCKS, block, 128), -EINVAL);
	CU_ASSERT_EQUAL(cx_block_write(driver.cx, UINT32_MAX, block, 128), -EINVAL);
	CU_ASSERT_EQUAL(cx_block_read(driver.cx, 0, block, 129), -EINVAL);
}

static CU_TestInfo tests[] = {
	{ "segment at power on", segment_at_power_on },
	{ "odd accesses are harmless", odd_accesses },
	{ "doorbell pages are memory", doorbell_pages_are_memory },
	{ "counters move with time", counters_move_with_time },
	{ "link changes are events", link_changes_are_events },
	{ "the owner bit turns each round", the_owner_bit_turns_each_round },
	{ "a dead function is silent", a_dead_function_is_silent },
	{ "enabling twice starts over", enabling_twice_starts_over },
	{ "NIC interface field", nic_interface },
	{ "reset forgets everything", reset_forgets_everything },
	{ "configuration blocks", configuration_blocks },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("connectx/function", setup, driver_teardown, tests);
