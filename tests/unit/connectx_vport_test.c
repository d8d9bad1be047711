// SPDX-License-Identifier: BSD-3-Clause
/* The vport's context, counters and state, and the port registers. */
#include "connectx_driver.h"

static void setup(void)
{
	driver_setup(0);
	driver_init();
}

static void query(uint32_t list, uint32_t out_len)
{
	cx_set32(driver.in, 0xc, list << 24);
	CU_ASSERT_EQUAL(driver_run(0x754, 0, 16, out_len), 0);
}

static void defaults(void)
{
	static const uint8_t mac[6] = { 0x00, 0x0d, 0x3a, 0x11, 0x22, 0x33 };

	query(0, 272);
	CU_ASSERT_EQUAL(memcmp(driver.out + 0x10 + 0xf6, mac, 6), 0);
	CU_ASSERT_EQUAL(cx_get32(driver.out, 0x10 + 0x24), 1522);
	CU_ASSERT_EQUAL(cx_get64(driver.out, 0x10 + 0x38), 0x000d3afffe112233);
	CU_ASSERT_EQUAL(cx_get32(driver.out, 0x10 + 0xf0), 0);
}

/* Each select bit moves its own field, and only that. */
static void modify_moves_what_is_selected(void)
{
	static const struct {
		uint32_t select, byte, value;
	} row[] = {
		{ 1u << 4, 0xf0, 7u << 29 }, { 1u << 6, 0x24, 9022 }, { 1u << 7, 0x0, 2u << 24 },
		{ 1u << 10, 0x0, 1u << 2 }, { 1u << 11, 0x0, 1u << 1 }, { 1u << 8, 0x34, 0x1234 },
		{ 1u << 9, 0x3c, 0x9999 }, { 1u << 3, 0xf8, 0xdeadbeef },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint32_t before;

		query(0, 272);
		before = cx_get32(driver.out, 0x10 + row[i].byte);
		cx_set32(driver.in, 0x100 + row[i].byte, row[i].value);
		CU_ASSERT_EQUAL(driver_run(0x755, 0, 512, 16), 0);
		query(0, 272);
		CU_ASSERT_EQUAL(cx_get32(driver.out, 0x10 + row[i].byte), before);
		cx_set32(driver.in, 0xc, row[i].select);
		cx_set32(driver.in, 0x100 + row[i].byte, row[i].value);
		CU_ASSERT_EQUAL(driver_run(0x755, 0, 512, 16), 0);
		query(0, 272);
		CU_ASSERT_EQUAL(cx_get32(driver.out, 0x10 + row[i].byte) & row[i].value,
				row[i].value);
	}
}

static unsigned int set_list(uint32_t type, uint32_t count, uint32_t len)
{
	cx_set32(driver.in, 0xc, 1u << 2);
	cx_set32(driver.in, 0x1f0, type << 24 | count);
	for (uint32_t i = 0; i < count && i < 2048; i++)
		cx_set32(driver.in, 0x200 + i * 8 + (type == 2 ? 0 : 4), i + 1);
	return driver_run(0x755, 0, len, 16);
}

static void lists(void)
{
	static const uint32_t limit[] = { 128, 2048, 512 };

	for (uint32_t type = 0; type < 3; type++) {
		CU_ASSERT_EQUAL(set_list(type, limit[type] + 1, 512), CX_LIM);
		CU_ASSERT_EQUAL(set_list(type, 100, 512 + 99 * 8), CX_BAD_INPUT_LEN);
		CU_ASSERT_EQUAL(set_list(type, 100, 512 + 100 * 8), 0);
		query(type, 272 + 100 * 8);
		CU_ASSERT_EQUAL(cx_get32(driver.out, 0x10 + 0xf0), type << 24 | 100);
		for (uint32_t i = 0; i < 100; i++)
			CU_ASSERT_EQUAL(cx_get32(driver.out, 0x110 + i * 8 + (type == 2 ? 0 : 4)),
					i + 1);
		query(type, 272 + 8); /* room for one */
		CU_ASSERT_EQUAL(cx_get32(driver.out, 0x10 + 0xf0) & 0xfff, 100);
		CU_ASSERT_EQUAL(set_list(type, 0, 512), 0);
		query(type, 272);
		CU_ASSERT_EQUAL(cx_get32(driver.out, 0x10 + 0xf0) & 0xfff, 0);
	}
	CU_ASSERT_EQUAL(set_list(3, 0, 512), CX_BAD_PARAM);
	cx_set32(driver.in, 0xc, 7u << 24);
	CU_ASSERT_EQUAL(driver_run(0x754, 0, 16, 272), CX_BAD_PARAM);
	for (unsigned int i = 8; i < 272; i++) /* a refusal says nothing else */
		CU_ASSERT_EQUAL(driver.out[i], 0);
	CU_ASSERT_EQUAL(set_list(1, 2048, 512 + 2048 * 8), 0);
	query(1, 272 + 8);
	query(1, 272 + 2048 * 8);
	CU_ASSERT_EQUAL(cx_get32(driver.out, 0x110 + 2047 * 8 + 4), 2048);
}

static void other_vports_are_not_ours(void)
{
	static const uint16_t opcode[] = { 0x750, 0x751, 0x754, 0x755, 0x765, 0x770 };

	for (size_t i = 0; i < sizeof(opcode) / sizeof(opcode[0]); i++) {
		cx_set32(driver.in, 8, 1u << 31);
		CU_ASSERT_EQUAL(driver_run(opcode[i], 0, 512, 528), CX_BAD_PARAM);
	}
}

/* mlx5_ib reads entry 0; 0xffff asks for the whole table (core/vport.c). */
static void the_partition_table(void)
{
	CU_ASSERT_EQUAL(driver_run(0x765, 0, 16, 0x14), 0);
	CU_ASSERT_EQUAL(cx_get32(driver.out, 0x10), 0xffff);
	cx_set32(driver.in, 0xc, 1);
	CU_ASSERT_EQUAL(driver_run(0x765, 0, 16, 0x14), 0);
	CU_ASSERT_EQUAL(cx_get32(driver.out, 0x10), 0);
	cx_set32(driver.in, 0xc, 0xffff);
	CU_ASSERT_EQUAL(driver_run(0x765, 0, 16, 0x10 + 128 * 4), 0);
	CU_ASSERT_EQUAL(cx_get32(driver.out, 0x10), 0xffff);
	for (unsigned int i = 1; i < 128; i++)
		CU_ASSERT_EQUAL(cx_get32(driver.out, 0x10 + i * 4), 0);
	cx_set32(driver.in, 0xc, 0xffff);
	CU_ASSERT_EQUAL(driver_run(0x765, 0, 16, 0x10 + 127 * 4), CX_BAD_OUTPUT_LEN);
	cx_set32(driver.in, 0xc, 128);
	CU_ASSERT_EQUAL(driver_run(0x765, 0, 16, 0x14), CX_BAD_INDEX);
}

static void impossible_mtu(void)
{
	static const uint32_t mtu[] = { 0, 89, 9023, 65535 };

	for (size_t i = 0; i < sizeof(mtu) / sizeof(mtu[0]); i++) {
		cx_set32(driver.in, 0xc, 1u << 6);
		cx_set32(driver.in, 0x124, mtu[i]);
		CU_ASSERT_EQUAL(driver_run(0x755, 0, 512, 16), CX_BAD_PARAM);
	}
}

static void counters(void)
{
	struct cx_vport *vport = &driver.cx->vport;

	vport->rx_packets = 1;
	vport->rx_octets = 2;
	vport->tx_packets = 3;
	vport->tx_octets = 4;
	vport->rx_mc_packets = 5;
	vport->tx_mc_packets = 6;
	vport->rx_bc_packets = 7;
	vport->tx_bc_packets = 8;
	CU_ASSERT_EQUAL(driver_run(0x770, 0, 32, 528), 0);
	CU_ASSERT_EQUAL(cx_get64(driver.out, 0x90), 1);
	CU_ASSERT_EQUAL(cx_get64(driver.out, 0x98), 2);
	CU_ASSERT_EQUAL(cx_get64(driver.out, 0xa0), 3);
	CU_ASSERT_EQUAL(cx_get64(driver.out, 0xa8), 4);
	CU_ASSERT_EQUAL(cx_get64(driver.out, 0xb0), 5);
	CU_ASSERT_EQUAL(cx_get64(driver.out, 0xc0), 6);
	CU_ASSERT_EQUAL(cx_get64(driver.out, 0x70), 7);
	CU_ASSERT_EQUAL(cx_get64(driver.out, 0x80), 8);
	cx_set32(driver.in, 8, 0x5008);
	cx_set32(driver.in, 0x10, 1u << 16);
	CU_ASSERT_EQUAL(driver_run(0x805, 1, 0x110, 0x110), 0);
	CU_ASSERT_EQUAL(cx_get64(driver.out, 0x18), 3 + 6 + 8);
	CU_ASSERT_EQUAL(cx_get64(driver.out, 0x20), 1 + 5 + 7);
	cx_set32(driver.in, 8, 0x5008);
	cx_set32(driver.in, 0x10, 1u << 16 | 0x12);
	CU_ASSERT_EQUAL(driver_run(0x805, 1, 0x110, 0x110), 0);
	CU_ASSERT_EQUAL(cx_get64(driver.out, 0x18), 0);
}

static void queue_counters(void)
{
	uint32_t id = driver_made(driver_simple(0x771, 0));
	struct cx_q_counter *counter = (struct cx_q_counter *)cx_object_find(driver.cx,
									     CX_Q_COUNTER, id);

	CU_ASSERT_TRUE(id > 0 && id < 256);
	counter->out_of_buffer = 11;
	cx_set32(driver.in, 0x18, 1u << 31);
	cx_set32(driver.in, 0x1c, id);
	CU_ASSERT_EQUAL(driver_run(0x773, 0, 32, 256), 0);
	CU_ASSERT_EQUAL(cx_get32(driver.out, 0x30), 11);
	CU_ASSERT_EQUAL(counter->out_of_buffer, 0);
	CU_ASSERT_EQUAL(driver_simple(0x772, id), 0);
	cx_set32(driver.in, 0x1c, id);
	CU_ASSERT_EQUAL(driver_run(0x773, 0, 32, 256), CX_BAD_RES);
	for (int i = 0; i < 255; i++)
		CU_ASSERT_EQUAL(driver_simple(0x771, 0), 0);
	CU_ASSERT_EQUAL(driver_simple(0x771, 0), CX_NO_RES);
}

static unsigned int reg(uint32_t id, uint16_t op_mod, uint32_t port, uint32_t at, uint32_t value)
{
	cx_set32(driver.in, 8, id);
	cx_set32(driver.in, 0x10 + at, value);
	cx_set(driver.in, CX_FIELD(0x10, 23, 16), port);
	return driver_run(0x805, op_mod, 0x60, 0x60);
}

static void registers(void)
{
	CU_ASSERT_EQUAL(reg(0x5003, 1, 1, 0, 0), 0);
	CU_ASSERT_EQUAL(cx_get(driver.out, CX_FIELD(0x14, 31, 16)), 9022);
	CU_ASSERT_EQUAL(reg(0x5003, 0, 1, 8, 1600u << 16), 0);
	CU_ASSERT_EQUAL(reg(0x5003, 1, 1, 0, 0), 0);
	CU_ASSERT_EQUAL(cx_get(driver.out, CX_FIELD(0x18, 31, 16)), 1600);
	CU_ASSERT_EQUAL(cx_get(driver.out, CX_FIELD(0x1c, 31, 16)), 1600);
	CU_ASSERT_EQUAL(reg(0x5003, 0, 1, 8, 9023u << 16), CX_BAD_PARAM);
	CU_ASSERT_EQUAL(reg(0x5003, 1, 2, 0, 0), CX_BAD_PARAM);
	CU_ASSERT_EQUAL(reg(0x5003, 2, 1, 0, 0), CX_BAD_PARAM);
	CU_ASSERT_EQUAL(reg(0x5004, 1, 1, 0, 4), 0);
	CU_ASSERT_NOT_EQUAL(cx_get32(driver.out, 0x10 + 0x24), 0);
	CU_ASSERT_EQUAL(reg(0x5006, 0, 1, 0, 2u << 8), 0);
	CU_ASSERT_EQUAL(reg(0x5006, 1, 1, 0, 0), 0);
	CU_ASSERT_EQUAL(cx_get(driver.out, CX_FIELD(0x10, 11, 8)), 2);
	CU_ASSERT_EQUAL(cx_get(driver.out, CX_FIELD(0x10, 3, 0)), 1); /* the link stays */
	CU_ASSERT_EQUAL(driver_simple(0x750, 0), 0);
	CU_ASSERT_EQUAL(driver.out[0xf], 0x11);
	CU_ASSERT_EQUAL(reg(0x6001, 0, 0, 4, 0x61626364), 0);
	CU_ASSERT_EQUAL(reg(0x6001, 1, 0, 0, 0), 0);
	CU_ASSERT_EQUAL(cx_get32(driver.out, 0x14), 0x61626364);
	CU_ASSERT_EQUAL(reg(0x5041, 1, 1, 0, 0), 0);
	CU_ASSERT_EQUAL(reg(0xc00e, 1, 0, 0, 0), 0);
	CU_ASSERT_EQUAL(cx_get32(driver.out, 0x10 + 0x14), 2000); /* health poll, ms */
	CU_ASSERT_EQUAL(reg(0xc00e, 0, 0, 0, 0), CX_BAD_PARAM);
	CU_ASSERT_EQUAL(reg(0xbeef, 1, 1, 0, 0), CX_BAD_PARAM);
}

static CU_TestInfo tests[] = {
	{ "defaults", defaults },
	{ "MODIFY moves what is selected", modify_moves_what_is_selected },
	{ "lists", lists },
	{ "other vports are not ours", other_vports_are_not_ours },
	{ "the partition table", the_partition_table },
	{ "impossible MTU", impossible_mtu },
	{ "counters", counters },
	{ "queue counters", queue_counters },
	{ "registers", registers },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("connectx/vport", setup, driver_teardown, tests);
