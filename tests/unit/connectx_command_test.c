// SPDX-License-Identifier: BSD-3-Clause
/* The command queue: envelopes good and bad, order of commands, completion by event. */
#include "connectx_driver.h"

static void setup(void)
{
	driver_setup(0);
}

/* What a hostile or broken driver does to the entry or a mailbox of a two-mailbox command. */
enum spoil { TYPE, IN_LEN, OUT_LEN, IN_POINTER, OUT_POINTER, IN_TOKEN, OUT_TOKEN, IN_NUMBER,
	     OUT_NUMBER, IN_NEXT, OUT_NEXT };

static void spoil(uint8_t *entry, enum spoil what, uint64_t value)
{
	uint8_t *in = driver_at(DRIVER_IN_BOX), *out = driver_at(DRIVER_OUT_BOX);

	switch (what) {
	case TYPE: entry[0] = (uint8_t)value; break;
	case IN_LEN: cx_set32(entry, 0x4, (uint32_t)value); break;
	case OUT_LEN: cx_set32(entry, 0x38, (uint32_t)value); break;
	case IN_POINTER: cx_set64(entry, 0x8, value); break;
	case OUT_POINTER: cx_set64(entry, 0x30, value); break;
	case IN_TOKEN: in[1024 + 0x23d] = (uint8_t)value; break;
	case OUT_TOKEN: out[0x23d] = (uint8_t)value; break;
	case IN_NUMBER: cx_set32(in, 0x238, (uint32_t)value); break;
	case OUT_NUMBER: cx_set32(out, 1024 + 0x238, (uint32_t)value); break;
	case IN_NEXT: cx_set64(in, 0x230, value); break;
	case OUT_NEXT: cx_set64(out, 0x230, value); break;
	}
}

static void bad_envelopes(void)
{
	static const struct {
		enum spoil what;
		uint64_t value;
		unsigned int delivery;
	} row[] = {
		{ TYPE, 0, 0x10 }, { TYPE, 6, 0x10 },
		{ IN_LEN, 0, 0x7 }, { IN_LEN, 7, 0x7 }, { IN_LEN, (16u << 20) + 1, 0x7 },
		{ IN_LEN, UINT32_MAX, 0x7 },
		{ IN_LEN, 16u << 20, 0x5 }, /* allowed, but the chain ends before */
		{ OUT_LEN, 0, 0x8 }, { OUT_LEN, UINT32_MAX, 0x8 }, { OUT_LEN, 16u << 20, 0x4 },
		{ IN_POINTER, 0, 0x5 }, { IN_POINTER, DRIVER_IN_BOX + 512, 0x5 },
		{ IN_POINTER, DRIVER_BASE + DRIVER_SIZE, 0x5 },
		{ IN_POINTER, UINT64_MAX & ~1023ull, 0x5 },
		{ OUT_POINTER, 0, 0x4 }, { OUT_POINTER, DRIVER_OUT_BOX + 1, 0x4 },
		{ OUT_POINTER, DRIVER_BASE - 1024, 0x4 },
		{ IN_TOKEN, 1, 0x2 }, { OUT_TOKEN, 1, 0x2 },
		{ IN_NUMBER, 1, 0x3 }, { OUT_NUMBER, 0, 0x3 },
		{ IN_NEXT, 0, 0x5 }, { IN_NEXT, DRIVER_IN_BOX, 0x3 }, /* a loop */
		{ OUT_NEXT, DRIVER_BASE + DRIVER_SIZE - 512, 0x4 },
	};

	driver_init();
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint64_t before = cx_commands(driver.cx);

		cx_set(driver.in, CX_FIELD(0, 31, 16), 0x800);
		spoil(driver_prepare(600, 600), row[i].what, row[i].value);
		CU_ASSERT_EQUAL(driver_ring(600), row[i].delivery);
		CU_ASSERT_EQUAL(cx_commands(driver.cx), before);
	}
}

static void output_is_written_whole_and_no_further(void)
{
	driver_init();
	CU_ASSERT_EQUAL(driver_run(0x100, 1, 16, 4112), 0);
	for (uint32_t i = 300; i < 4112; i++)
		CU_ASSERT_EQUAL(driver.out[i], 0);
	CU_ASSERT_EQUAL(driver_run(0x800, 0, 16, 16 + 512 + 10), 0);
	CU_ASSERT_EQUAL(*driver_at(DRIVER_OUT_BOX + 1024 + 9), 0);
	CU_ASSERT_EQUAL(*driver_at(DRIVER_OUT_BOX + 1024 + 10), 0xee);
	CU_ASSERT_EQUAL(driver_simple(0x801, 0x123456), CX_BAD_RES);
	CU_ASSERT_NOT_EQUAL(cx_get32(driver.out, 4), 0);
	CU_ASSERT_EQUAL(cx_get32(driver.out, 8), 0);
}

static void statuses_of_the_envelope(void)
{
	driver_init();
	CU_ASSERT_EQUAL(driver_run(0xfff, 0, 16, 16), CX_BAD_OP);
	CU_ASSERT_EQUAL(driver_run(0xffff, 0, 16, 16), CX_BAD_OP);
	CU_ASSERT_EQUAL(driver_run(0, 0, 16, 16), CX_BAD_OP);
	CU_ASSERT_EQUAL(driver_run(0x400, 0, 271, 16), CX_BAD_INPUT_LEN);
	CU_ASSERT_EQUAL(driver_run(0x754, 0, 16, 271), CX_BAD_OUTPUT_LEN);
	cx_set32(driver.in, 0, 3); /* a uid nobody has */
	CU_ASSERT_EQUAL(driver_run(0x800, 0, 16, 16), CX_BAD_RES);
}

static void order_of_commands(void)
{
	CU_ASSERT_EQUAL(driver_simple(0x80d, 0), 0);
	CU_ASSERT_EQUAL(driver_run(0x10a, 0, 16, 112), CX_BAD_SYS_STATE);
	CU_ASSERT_EQUAL(driver_simple(0x102, 0), CX_BAD_SYS_STATE);
	CU_ASSERT_EQUAL(driver_simple(0x105, 0), CX_BAD_SYS_STATE);
	driver_enable();
	CU_ASSERT_EQUAL(driver_run(0x10a, 0, 16, 112), 0);
	CU_ASSERT_EQUAL(cx_get32(driver.out, 0x6c), 2);
	CU_ASSERT_EQUAL(driver_simple(0x10b, 1), 0);
	CU_ASSERT_EQUAL(driver_simple(0x10b, 2), CX_BAD_PARAM);
	CU_ASSERT_EQUAL(driver_simple(0x800, 0), CX_BAD_SYS_STATE);
	CU_ASSERT_EQUAL(driver_simple(0x103, 0), CX_BAD_SYS_STATE);
	CU_ASSERT_EQUAL(driver_simple(0x102, 0), 0);
	CU_ASSERT_EQUAL(driver_simple(0x102, 0), CX_BAD_SYS_STATE);
	CU_ASSERT_EQUAL(driver_run(0x109, 0, 4112, 16), CX_BAD_SYS_STATE);
	CU_ASSERT_EQUAL(driver_simple(0x105, 0), CX_BAD_SYS_STATE);
	CU_ASSERT_EQUAL(driver_run(0x101, 0, 16, 272), 0);
	CU_ASSERT_EQUAL(cx_get32(driver.out, 0x28), 0x02c9);
	CU_ASSERT_EQUAL(driver_simple(0x103, 0), 0);
	CU_ASSERT_EQUAL(driver_simple(0x800, 0), CX_BAD_SYS_STATE);
	CU_ASSERT_EQUAL(driver_simple(0x105, 0), 0);
	driver_init();
	CU_ASSERT_EQUAL(driver_simple(0x800, 0), 0);
}

static void foreign_slots_are_left_alone(void)
{
	uint8_t *entry = driver_prepare(16, 16);

	entry[0x3f] = 0;
	driver_write32(0x18, UINT32_MAX);
	CU_ASSERT_EQUAL(cx_commands(driver.cx), 0);
	CU_ASSERT_EQUAL(entry[0x20], 0xee);
	driver_write32(0x10, 0xffffffff); /* a queue nowhere */
	driver_write32(0x14, 0xfffff000);
	driver_write32(0x18, UINT32_MAX);
	CU_ASSERT_EQUAL(cx_commands(driver.cx), 0);
}

static void many_slots_at_once(void)
{
	for (driver.slot = 0; driver.slot < 32; driver.slot++) {
		memset(driver.in, 0, 16);
		cx_set(driver.in, CX_FIELD(0, 31, 16), 0x80d);
		driver_prepare(16, 16);
	}
	driver_write32(0x18, UINT32_MAX & ~(1u << 7));
	for (unsigned int slot = 0; slot < 32; slot++)
		CU_ASSERT_EQUAL(driver_entry(slot)[0x3f], slot == 7);
	CU_ASSERT_EQUAL(cx_commands(driver.cx), 31);
	driver.slot = 0;
}

static void completion_by_event(void)
{
	uint32_t eq;
	const uint8_t *eqe;

	driver_init();
	driver.uar = driver_made(driver_simple(0x802, 0));
	driver_eq_context(6, 5, 1ull << 0x0a);
	eq = driver_made(driver_run(0x301, 0, DRIVER_EQ_LEN(6), 16)) & 0xff;
	CU_ASSERT_EQUAL(driver.interrupts[5], 0); /* CREATE_EQ itself is polled for */
	driver.slot = 31;
	CU_ASSERT_EQUAL(driver_simple(0x80d, 0), 0);
	eqe = driver_at(driver.eq_page);
	CU_ASSERT_EQUAL(driver.interrupts[5], 1);
	CU_ASSERT_EQUAL(eqe[1], 0x0a);
	CU_ASSERT_EQUAL(cx_get32(eqe, 0x20), 1u << 31);
	CU_ASSERT_EQUAL(eqe[0x3f], 0);
	driver.slot = 0;
	CU_ASSERT_EQUAL(driver_simple(0x302, eq), 0); /* nowhere to send its completion */
	CU_ASSERT_EQUAL(driver.interrupts[5], 1);
}

/* Whatever the driver says, every command ends with a status and nothing breaks. */
static void garbage(void)
{
	uint32_t seed = 12345;

	driver_objects();
	for (int i = 0; i < 30000; i++) {
		uint32_t len = 16 + (seed >> 8) % 1200;

		for (uint32_t at = 0; at < len; at++) {
			seed = seed * 1664525 + 1013904223;
			/* Mostly small numbers, so that some of them are real objects. */
			driver.in[at] = seed >> 28 == 0 ? (uint8_t)(seed >> 16) :
					seed >> 28 < 6 ? (uint8_t)(seed >> 16) & 7 : 0;
		}
		driver.in[0] = (uint8_t)((seed >> 10) % 11);
		driver.in[1] = (uint8_t)(seed >> 20);
		cx_set(driver.in, CX_FIELD(0, 15, 0), 0);
		if (cx_get(driver.in, CX_FIELD(0, 31, 16)) - 0x103u < 3)
			continue; /* no TEARDOWN, ENABLE, DISABLE: stay in service */
		driver_prepare(len, 16 + (seed >> 12) % 900);
		driver_ring(16);
	}
	cx_poll(driver.cx);
	CU_ASSERT_EQUAL(driver_simple(0x80d, 0), 0);
	CU_ASSERT_EQUAL(driver_simple(0x103, 0), 0);
}

static CU_TestInfo tests[] = {
	{ "bad envelopes", bad_envelopes },
	{ "output is written whole and no further", output_is_written_whole_and_no_further },
	{ "statuses of the envelope", statuses_of_the_envelope },
	{ "order of commands", order_of_commands },
	{ "foreign slots are left alone", foreign_slots_are_left_alone },
	{ "many slots at once", many_slots_at_once },
	{ "completion by event", completion_by_event },
	{ "garbage", garbage },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("connectx/command", setup, driver_teardown, tests);
