// SPDX-License-Identifier: BSD-3-Clause
#include "connectx_world.h"

#include <errno.h>

static struct cx_mkey mtt;

/* Four scattered pages from address 0x7000_0000_0234 on: byte 0 is 0x234 into the first. */
#define START 0x700000000234ull
#define LEN (3 * 4096u)

static void setup(void)
{
	world_setup();
	mtt = (struct cx_mkey){ .variant = 7, .mode = CX_MKEY_MTT, .local_write = true,
				.start = START, .len = LEN };
	world_buffer(&mtt.buffer, LEN, START % 4096);
	world_add(&mtt.object, CX_MKEY);
}

static void teardown(void)
{
	free(mtt.buffer.page);
	world_teardown();
}

static void a_physical_key_is_the_address(void)
{
	uint8_t in[16] = { 1, 2, 3 }, out[16] = { 0 };
	gpa_t at = world_alloc(64, 1);

	CU_ASSERT_EQUAL(cx_mkey_write(&world.cx, world_key(&world.pa), at, in, sizeof(in)), 0);
	CU_ASSERT_EQUAL(world_at(at)[2], 3);
	CU_ASSERT_EQUAL(cx_mkey_read(&world.cx, world_key(&world.pa), at, out, sizeof(out)), 0);
	CU_ASSERT_EQUAL(memcmp(in, out, sizeof(in)), 0);
	CU_ASSERT_EQUAL(cx_mkey_read(&world.cx, world_key(&world.pa), WORLD_BASE + WORLD_SIZE - 8,
				     out, 16), -EFAULT);
	CU_ASSERT_EQUAL(cx_mkey_read(&world.cx, world_key(&world.pa), UINT64_MAX - 4, out, 16),
			-EFAULT);
}

static void a_translated_key_crosses_scattered_pages(void)
{
	static uint8_t in[LEN], out[LEN];

	for (unsigned int i = 0; i < LEN; i++)
		in[i] = (uint8_t)(i * 31 + (i >> 8));
	CU_ASSERT_EQUAL(cx_mkey_write(&world.cx, world_key(&mtt), START, in, LEN), 0);
	for (unsigned int i = 0; i < LEN; i++)
		CU_ASSERT_EQUAL_FATAL(*world_in(&mtt.buffer, i), in[i]);
	CU_ASSERT_EQUAL(cx_mkey_read(&world.cx, world_key(&mtt), START, out, LEN), 0);
	CU_ASSERT_EQUAL(memcmp(in, out, LEN), 0);
}

static void what_a_translated_key_covers(void)
{
	static const struct {
		uint64_t address;
		size_t len;
		int err;
	} row[] = {
		{ START, LEN, 0 },
		{ START, LEN + 1, -EFAULT },
		{ START - 1, 1, -EFAULT },
		{ START + LEN - 1, 1, 0 },
		{ START + LEN - 1, 2, -EFAULT },
		{ START + LEN, 0, 0 },
		{ START + LEN + 1, 0, -EFAULT },
		{ 0, 1, -EFAULT },
		{ UINT64_MAX, 2, -EFAULT },
	};
	static uint8_t buf[LEN + 1];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		CU_ASSERT_EQUAL(cx_mkey_read(&world.cx, world_key(&mtt), row[i].address, buf,
					     row[i].len), row[i].err);
		CU_ASSERT_EQUAL(cx_mkey_write(&world.cx, world_key(&mtt), row[i].address, buf,
					      row[i].len), row[i].err);
	}
}

/* length64: start and len do not limit, but the page list still does. */
static void a_whole_key_ends_with_its_pages(void)
{
	uint8_t b[2];

	mtt.whole = true;
	mtt.len = 0;
	CU_ASSERT_EQUAL(cx_mkey_read(&world.cx, world_key(&mtt), START + LEN - 2, b, 2), 0);
	CU_ASSERT_EQUAL(cx_mkey_read(&world.cx, world_key(&mtt), START + LEN - 1, b, 2), -EFAULT);
	CU_ASSERT_EQUAL(cx_mkey_read(&world.cx, world_key(&mtt), START - 1, b, 2), -EFAULT);
	mtt.start = UINT64_MAX - 100; /* and does not go on at address 0 */
	CU_ASSERT_EQUAL(cx_mkey_read(&world.cx, world_key(&mtt), UINT64_MAX - 50, b, 2), 0);
	CU_ASSERT_EQUAL(cx_mkey_read(&world.cx, world_key(&mtt), 5, b, 2), -EFAULT);
}

static void a_physical_key_may_have_bounds(void)
{
	uint8_t b[2];

	world.pa.whole = false;
	world.pa.start = WORLD_BASE + 100;
	world.pa.len = 50;
	CU_ASSERT_EQUAL(cx_mkey_read(&world.cx, world_key(&world.pa), WORLD_BASE + 148, b, 2), 0);
	CU_ASSERT_EQUAL(cx_mkey_read(&world.cx, world_key(&world.pa), WORLD_BASE + 149, b, 2),
			-EFAULT);
	CU_ASSERT_EQUAL(cx_mkey_read(&world.cx, world_key(&world.pa), WORLD_BASE + 99, b, 2),
			-EFAULT);
}

static void keys_that_give_nothing(void)
{
	uint8_t b = 0;
	gpa_t at = world_alloc(1, 1);
	uint32_t key = world_key(&world.pa);

	CU_ASSERT_EQUAL(cx_mkey_read(&world.cx, key ^ 1, at, &b, 1), -EACCES); /* variant */
	CU_ASSERT_EQUAL(cx_mkey_read(&world.cx, 0, at, &b, 1), -EACCES);
	CU_ASSERT_EQUAL(cx_mkey_read(&world.cx, UINT32_MAX, at, &b, 1), -EACCES);
	world.pa.local_write = false;
	CU_ASSERT_EQUAL(cx_mkey_write(&world.cx, key, at, &b, 1), -EACCES);
	CU_ASSERT_EQUAL(cx_mkey_read(&world.cx, key, at, &b, 1), 0);
	world.pa.free = true;
	CU_ASSERT_EQUAL(cx_mkey_read(&world.cx, key, at, &b, 1), -EACCES);
	world.pa.free = false;
	world.pa.mode = CX_MKEY_KLM;
	CU_ASSERT_EQUAL(cx_mkey_read(&world.cx, key, at, &b, 1), -EACCES);
	world.pa.mode = CX_MKEY_KSM;
	CU_ASSERT_EQUAL(cx_mkey_read(&world.cx, key, at, &b, 1), -EACCES);
}

static void a_page_that_is_not_memory(void)
{
	static uint8_t buf[8192];

	mtt.buffer.page[1] = WORLD_BASE - 4096;
	CU_ASSERT_EQUAL(cx_mkey_read(&world.cx, world_key(&mtt), START, buf, 4096 - 0x234), 0);
	CU_ASSERT_EQUAL(cx_mkey_read(&world.cx, world_key(&mtt), START, buf, 4096), -EFAULT);
}

static CU_TestInfo tests[] = {
	{ "a physical key is the address", a_physical_key_is_the_address },
	{ "a translated key crosses pages", a_translated_key_crosses_scattered_pages },
	{ "what a translated key covers", what_a_translated_key_covers },
	{ "a whole key ends with its pages", a_whole_key_ends_with_its_pages },
	{ "a physical key may have bounds", a_physical_key_may_have_bounds },
	{ "keys that give nothing", keys_that_give_nothing },
	{ "a page that is not memory", a_page_that_is_not_memory },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("connectx/mkey", setup, teardown, tests);
