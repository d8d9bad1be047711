// SPDX-License-Identifier: BSD-3-Clause
/* BAR0 and the configuration window in guest-physical space. */
#include "../../tools/lab/vpci/bus.h"
#include "vpci_fake.h"

#include <errno.h>

static void setup(void)
{
	fake_setup(VPCI_VERSION_1_4);
	fake_probe(VPCI_VERSION_1_4);
}

static void expect_place(uint64_t offset, uint64_t size, void *memory)
{
	const struct fake_place *p = fake_place_at(FAKE_BAR + offset);

	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->size, size);
	CU_ASSERT_PTR_EQUAL(p->memory, memory);
}

static void pieces_cover_the_bar(void)
{
	CU_ASSERT_EQUAL(fake_places(), 1);
	fake_map();
	CU_ASSERT_EQUAL(fake_places(), 5);
	expect_place(0, 0x1000, NULL);
	expect_place(FAKE_RAM_A, 0x1000, fake.memory);
	expect_place(FAKE_RAM_B, 0x2000, fake.memory + 4096);
	expect_place(0x4000, 0x4000, NULL);
	fake_config_write(0x04, 0x0006, 2);
	CU_ASSERT_EQUAL(fake_places(), 5);
	fake_config_write(0x04, 0x0004, 2);
	CU_ASSERT_EQUAL(fake_places(), 1);
	fake_config_write(0x04, 0x0006, 2);
	CU_ASSERT_EQUAL(fake_places(), 5);
}

static void accesses_reach_the_function(void)
{
	static const struct {
		uint64_t offset;
		unsigned int size;
		bool function;
	} row[] = {
		{ 0, 1, true }, { 0, 2, true }, { 0xff8, 8, true }, { 0x4000, 4, true },
		{ FAKE_TABLE - 4, 4, true }, { FAKE_TABLE, 4, false }, { FAKE_TABLE, 8, false },
		/* The rest of the page behind the table, and behind the pending bits. */
		{ FAKE_TABLE + 16 * FAKE_VECTORS, 4, false }, { FAKE_TABLE + 0xffc, 4, false },
		{ FAKE_PBA + 8, 8, false }, { FAKE_PBA + 16, 8, false },
		{ FAKE_PBA + 0xff8, 8, false }, { FAKE_PBA + 0x1000, 8, true },
	};

	fake_map();
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		fake.reads = 0;
		fake.writes = 0;
		fake_read(FAKE_BAR + row[i].offset, row[i].size);
		CU_ASSERT_EQUAL(fake.reads, row[i].function);
		fake_write(FAKE_BAR + row[i].offset, 0x1234567890abcdefull, row[i].size);
		CU_ASSERT_EQUAL(fake.writes, row[i].function);
		if (!row[i].function)
			continue;
		CU_ASSERT_EQUAL(fake.last_offset, row[i].offset);
		CU_ASSERT_EQUAL(fake.last_size, row[i].size);
		CU_ASSERT_EQUAL(fake.last_value, 0x1234567890abcdefull);
	}
	CU_ASSERT_EQUAL(fake_read(FAKE_BAR + FAKE_PBA + 16, 8), 0);
}

static void impossible_accesses(void)
{
	const struct fake_place *p;

	fake_map();
	p = fake_place_at(FAKE_BAR);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->ops->read(p->ctx, 0x1000, 4), UINT64_MAX);
	CU_ASSERT_EQUAL(p->ops->read(p->ctx, 0xffc, 8), UINT64_MAX);
	CU_ASSERT_EQUAL(p->ops->read(p->ctx, UINT64_MAX, 1), UINT64_MAX);
	CU_ASSERT_EQUAL(p->ops->read(p->ctx, 0, 3), UINT64_MAX);
	CU_ASSERT_EQUAL(p->ops->read(p->ctx, 0, 16), UINT64_MAX);
	p->ops->write(p->ctx, 0x1000, 0, 4);
	p->ops->write(p->ctx, 0, 0, 0);
	CU_ASSERT_EQUAL(fake.reads + fake.writes, 0);
}

static void impossible_places(void)
{
	static const uint64_t base[] = {
		0, FAKE_GUEST_RAM - FAKE_BAR_SIZE, FAKE_WINDOW, 1ull << 52,
		(1ull << 52) - FAKE_BAR_SIZE + FAKE_BAR_SIZE, ~(FAKE_BAR_SIZE - 1),
	};

	for (size_t i = 0; i < sizeof(base) / sizeof(base[0]); i++) {
		fake_config_write(0x10, (uint32_t)base[i], 4);
		fake_config_write(0x14, (uint32_t)(base[i] >> 32), 4);
		fake_config_write(0x04, 0x0006, 2);
		CU_ASSERT_EQUAL(fake_places(), 1);
		CU_ASSERT_EQUAL(fake.bus->complaints[VPCI_BAD_BAR], i + 1);
		fake_config_write(0x04, 0x0000, 2);
	}
	fake_map();
	CU_ASSERT_EQUAL(fake_places(), 5);
}

/* A memory piece in the middle does not fit: those before it are taken back. */
static void a_half_placed_bar_is_taken_back(void)
{
	struct fake_place *blocker = &fake.place[0];

	*blocker = (struct fake_place){ FAKE_BAR + FAKE_RAM_B, 0x1000, NULL, NULL, &fake };
	fake_map();
	CU_ASSERT_EQUAL(fake_places(), 2);
	/* Nothing stood there, so nothing is left behind either. */
	CU_ASSERT_EQUAL(vpci_surprise(fake.bus), 0);
	CU_ASSERT_EQUAL(fake_places(), 2);
	blocker->size = 0;
}

static void a_surprise_that_cannot_be_claimed(void)
{
	fake_map();
	fake.claim_error = -ENOSPC;
	CU_ASSERT_EQUAL(vpci_surprise(fake.bus), 0);
	CU_ASSERT_EQUAL(fake_places(), 1);
	CU_ASSERT_EQUAL(fake_read(FAKE_BAR, 8), UINT64_MAX);
	fake_close();
	CU_ASSERT_EQUAL(fake_places(), 0);
}

static void the_window_selects(void)
{
	CU_ASSERT_EQUAL(fake_config_read(0, 2), 0x15b3);
	CU_ASSERT_EQUAL(fake_read(FAKE_WINDOW, 4), FAKE_SLOT);
	for (uint32_t slot = 0; slot < 0x200; slot++) {
		if (slot == FAKE_SLOT)
			continue;
		fake_write(FAKE_WINDOW, slot, 4);
		CU_ASSERT_EQUAL(fake_read(FAKE_WINDOW + 0x1000, 4), 0xffffffff);
		fake_write(FAKE_WINDOW + 0x1004, 0x0002, 2);
	}
	CU_ASSERT_EQUAL(fake_places(), 1);
	CU_ASSERT_EQUAL(fake_config_read(0x04, 2), 0);
	/* What is no selection selects nothing. */
	fake_write(FAKE_WINDOW, 0, 2);
	fake_write(FAKE_WINDOW, 0, 8);
	fake_write(FAKE_WINDOW + 4, 0, 4);
	CU_ASSERT_EQUAL(fake_read(FAKE_WINDOW + 0x1000, 2), 0x15b3);
	CU_ASSERT_EQUAL(fake_read(FAKE_WINDOW + 8, 4), 0xffffffff);
	CU_ASSERT_EQUAL(fake_read(FAKE_WINDOW + 0x1ffc, 8), UINT64_MAX);
	CU_ASSERT_EQUAL(fake_read(FAKE_WINDOW + 0x1ffc, 4), 0);
	CU_ASSERT_EQUAL(fake_read(FAKE_WINDOW + 0x1000, 1), 0xb3);
	CU_ASSERT_EQUAL(fake_read(FAKE_WINDOW + 0x1000, 8), 0x00100000101815b3ull);
}

static CU_TestInfo tests[] = {
	{ "pieces cover the BAR", pieces_cover_the_bar },
	{ "accesses reach the function", accesses_reach_the_function },
	{ "impossible accesses", impossible_accesses },
	{ "impossible places", impossible_places },
	{ "a half placed BAR is taken back", a_half_placed_bar_is_taken_back },
	{ "a surprise that cannot be claimed", a_surprise_that_cannot_be_claimed },
	{ "the window selects", the_window_selects },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("vpci/bar", setup, fake_teardown, tests);
