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

static uint32_t chaos(void)
{
	static uint32_t seed = 12345;

	seed = seed * 1664525 + 1013904223;
	return seed >> 8;
}

/* Whatever the driver says, every command ends with a status and nothing breaks. */
static void garbage(void)
{
	static const uint16_t opcodes[] = {
		0x108, 0x200, 0x301, 0x302, 0x400, 0x401, 0x403, 0x500, 0x504, 0x705, 0x754, 0x755,
		0x771, 0x773, 0x800, 0x802, 0x805, 0x816, 0x900, 0x901, 0x902, 0x904, 0x905, 0x906,
		0x908, 0x909, 0x90a, 0x90c, 0x912, 0x916, 0x917, 0x918, 0x92f, 0x930, 0x931, 0x933,
		0x934, 0x936, 0x938, 0x939, 0x93b, 0x93c, 0xa04, 0xa06, 0xa08, 0xa0a,
	};

	driver_objects();
	for (int i = 0; i < 40000; i++) {
		uint32_t len = 16 + chaos() % 1200, holes = 1 + chaos() % 60;

		memset(driver.in, 0, sizeof(driver.in));
		for (uint32_t at = 8; at + 4 <= len; at += 4 * (1 + chaos() % holes))
			/* Mostly small numbers, so that some of them are real objects. */
			cx_set32(driver.in, at, chaos() % 4 == 0 ? chaos() << chaos() % 16 :
						chaos() % 20);
		if (chaos() % 2 == 0)
			cx_set64(driver.in, 0x110, DRIVER_PAGES + chaos() % 64 * 4096);
		cx_set(driver.in, CX_FIELD(0, 31, 16), opcodes[chaos() % 46]);
		driver_prepare(len, 16 + chaos() % 900);
		driver_ring(16);
		if (i % 16 == 0)
			cx_poll(driver.cx);
	}
	CU_ASSERT_TRUE(driver.cx->command->executed - driver.cx->command->refused > 2000);
	CU_ASSERT_EQUAL(driver_simple(0x103, 0), 0);
}

/* The same with contexts that are right but for a few bits. */
static void nearly_right(void)
{
	static const struct {
		uint16_t opcode, len;
	} command[] = {
		{ 0x301, 0x118 }, { 0x400, 0x118 }, { 0x904, 0x118 }, { 0x908, 0x118 },
		{ 0x905, 272 }, { 0x909, 272 },
	};

	driver_objects();
	for (int i = 0; i < 20000; i++) {
		unsigned int which = chaos() % 6;
		gpa_t pages = driver.next_page;

		memset(driver.in, 0, sizeof(driver.in));
		if (which == 0)
			driver_eq_context(6, 1, 0);
		else if (which == 1)
			driver_cq_context(6, driver.eq);
		else if (which == 2)
			driver_sq_context();
		else if (which == 3)
			driver_wq_context(4, 8);
		else
			cx_set32(driver.in, 8, chaos() % 80);
		if (which >= 4)
			cx_set(driver.in, CX_FIELD(0x20, 23, 20), chaos() % 4);
		for (uint32_t bits = chaos() % 3; bits > 0; bits--)
			driver.in[8 + chaos() % (command[which].len - 8)] ^= 1u << chaos() % 8;
		driver_run(command[which].opcode, 0, command[which].len, 16);
		if (i % 4 == 0)
			cx_poll(driver.cx);
		if (chaos() % 2 == 0)
			driver_simple(chaos() % 2 == 0 ? 0x906 : 0x401, chaos() % 80);
		driver.next_page = pages;
	}
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
	{ "nearly right", nearly_right },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("connectx/command", setup, driver_teardown, tests);
