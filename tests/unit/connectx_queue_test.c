// SPDX-License-Identifier: BSD-3-Clause
/* EQ, CQ, SQ, RQ, keys, TIS, TIR, RQT: what creation refuses, states, who keeps whom alive. */
#include "connectx_driver.h"

static void setup(void)
{
	driver_setup(0);
	driver_objects();
}

/* One field of a good context, spoiled: the command must be refused with that status. */
struct spoiled {
	uint16_t byte;
	uint8_t high, low;
	uint32_t value;
	unsigned int status;
};

static void run_spoiled(uint16_t opcode, uint32_t in_len, void (*context)(void),
			const struct spoiled *row, size_t rows)
{
	for (size_t i = 0; i < rows; i++) {
		gpa_t pages = driver.next_page;

		context();
		cx_set(driver.in, CX_FIELD(row[i].byte, row[i].high, row[i].low), row[i].value);
		CU_ASSERT_EQUAL(driver_run(opcode, 0, in_len, 16), row[i].status);
		driver.next_page = pages;
	}
}
#define RUN_SPOILED(opcode, in_len, context, row)                                                  \
	run_spoiled(opcode, in_len, context, row, sizeof(row) / sizeof((row)[0]))

static void good_eq(void)
{
	driver_eq_context(6, 1, 0);
}

static void bad_eq(void)
{
	static const struct spoiled row[] = {
		{ 0x1c, 28, 24, 7, CX_BAD_PARAM },  /* larger than its page */
		{ 0x1c, 28, 24, 31, CX_BAD_PARAM },
		{ 0x1c, 23, 0, 0, CX_BAD_RES },     /* UAR */
		{ 0x1c, 23, 0, 0xffffff, CX_BAD_RES },
		{ 0x24, 11, 0, CX_MSIX_VECTORS, CX_BAD_PARAM },
		{ 0x18, 11, 6, 1, CX_BAD_PARAM },   /* offset: no room left */
		{ 0x28, 28, 24, 1, CX_BAD_PARAM },  /* the page is not 8 KB aligned or not there */
		{ 0x28, 28, 24, 31, CX_BAD_PARAM },
		{ 0x114, 11, 0, 1, CX_BAD_PARAM },
		{ 0x110, 31, 0, 0xffffffff, CX_BAD_PARAM },
		{ 0x1c, 28, 24, 0, CX_OK },
	};

	driver_page(); /* so that the pages used are odd ones */
	if (driver.next_page / 4096 % 2 == 0)
		driver_page();
	RUN_SPOILED(0x301, 0x118, good_eq, row);
	good_eq();
	CU_ASSERT_EQUAL(driver_run(0x301, 0, 0x117, 16), CX_BAD_PARAM); /* the list is cut off */
}

static void good_cq(void)
{
	driver_cq_context(6, driver.eq);
}

static void bad_cq(void)
{
	static const struct spoiled row[] = {
		{ 0x24, 31, 0, 0, CX_BAD_RES },         /* EQ */
		{ 0x24, 31, 0, 0x101, CX_BAD_RES },
		{ 0x1c, 23, 0, 3, CX_BAD_RES },         /* UAR */
		{ 0x10, 23, 21, 2, CX_BAD_PARAM },      /* CQE size */
		{ 0x10, 14, 12, 4, CX_OK },             /* compression: hash */
		{ 0x10, 14, 12, 5, CX_OK },             /* checksum */
		{ 0x10, 14, 12, 6, CX_BAD_PARAM },      /* flow tag: not offered */
		{ 0x10, 14, 12, 7, CX_OK },             /* checksum and stride index */
		{ 0x18, 3, 2, 1, CX_OK },               /* says nothing without compression */
		{ 0x10, 23, 12, 1u << 9 | 4, CX_BAD_PARAM }, /* 128 bytes */
		{ 0x10, 14, 0, 4u << 12 | 1, CX_BAD_PARAM }, /* the other layout */
		{ 0x10, 23, 21, 1, CX_BAD_PARAM },      /* 128 bytes: too small a list */
		{ 0x1c, 28, 24, 31, CX_BAD_PARAM },
		{ 0x18, 11, 6, 63, CX_BAD_PARAM },
		{ 0x48, 31, 0, 1, CX_BAD_PARAM },       /* doorbell record */
		{ 0x4c, 2, 0, 4, CX_BAD_PARAM },
		{ 0x114, 0, 0, 1, CX_BAD_PARAM },
		{ 0x10, 25, 25, 1, CX_BAD_RES },        /* record in a UMEM not there */
		{ 0x5c, 31, 31, 1, CX_BAD_RES },        /* buffer in a UMEM not there */
		{ 0x1c, 28, 24, 0, CX_OK },
	};

	RUN_SPOILED(0x400, 0x118, good_cq, row);
}

static void good_sq(void)
{
	driver_sq_context();
}

static void bad_sq(void)
{
	static const struct spoiled row[] = {
		{ 0x20, 23, 20, 1, CX_BAD_PARAM },      /* born ready */
		{ 0x20, 26, 24, 3, CX_OK },             /* inline mode */
		{ 0x20, 26, 24, 4, CX_BAD_PARAM },
		{ 0x28, 23, 0, 0, CX_BAD_RES },         /* CQ */
		{ 0x40, 31, 16, 2, CX_BAD_PARAM },      /* TIS list */
		{ 0x4c, 23, 0, 0x99, CX_BAD_RES },
		{ 0x40, 31, 16, 0, CX_OK },             /* an internal queue has none */
		{ 0x5c, 23, 0, 0, CX_BAD_RES },         /* UAR */
		{ 0x58, 23, 0, 0x77, CX_BAD_RES },      /* PD */
		{ 0x58, 23, 0, 0, CX_OK },
		{ 0x50, 31, 28, 3, CX_BAD_PARAM },      /* striding */
		{ 0x50, 31, 28, 0, CX_BAD_PARAM },      /* linked list */
		{ 0x70, 19, 16, 5, CX_BAD_PARAM },      /* stride */
		{ 0x70, 4, 0, 16, CX_BAD_PARAM },
		{ 0x70, 4, 0, 7, CX_BAD_PARAM },        /* 8 KB in one page */
		{ 0x54, 20, 16, 1, CX_BAD_PARAM },
		{ 0x60, 31, 0, 0x7fffffff, CX_BAD_PARAM },
		{ 0x74, 31, 31, 1, CX_BAD_RES },
		{ 0x74, 30, 30, 1, CX_BAD_RES },
	};

	RUN_SPOILED(0x904, 0x118, good_sq, row);
}

static void good_rq(void)
{
	driver_wq_context(4, 8);
}

static void bad_rq(void)
{
	static const struct spoiled row[] = {
		{ 0x20, 23, 20, 3, CX_BAD_PARAM },
		{ 0x20, 27, 24, 1, CX_BAD_PARAM },      /* memory from an RMP */
		{ 0x28, 23, 0, 0xabc, CX_BAD_RES },
		{ 0x2c, 31, 24, 9, CX_BAD_RES },        /* queue counter */
		{ 0x70, 19, 16, 3, CX_BAD_PARAM },
		{ 0x50, 31, 28, 0, CX_BAD_PARAM },
		{ 0x70, 4, 0, 0, CX_OK },               /* the drop RQ has one entry */
	};

	RUN_SPOILED(0x908, 0x118, good_rq, row);
}

static void good_key(void)
{
	cx_set32(driver.in, 0x10, 1u << 11 | 1u << 10 | 1u << 8); /* MTT */
	cx_set32(driver.in, 0x1c, driver.pd);
	cx_set64(driver.in, 0x20, 0x7000123);
	cx_set64(driver.in, 0x28, 4096);
	cx_set32(driver.in, 0x48, 12);
	driver_put_page(0x110, driver_page() | 3); /* the low bits are access flags */
	driver_put_page(0x118, driver_page());
}

static void bad_key(void)
{
	static const struct spoiled row[] = {
		{ 0x10, 9, 8, 2, CX_BAD_PARAM },        /* KLM */
		{ 0x10, 28, 26, 1, CX_BAD_PARAM },
		{ 0x1c, 31, 31, 1, CX_BAD_PARAM },      /* a length in the page list's place */
		{ 0x1c, 23, 0, 0x33, CX_BAD_RES },
		{ 0x28, 31, 0, 0xffffffff, CX_BAD_PARAM }, /* wraps */
		{ 0x28, 31, 0, 1, CX_BAD_PARAM },
		{ 0x2c, 31, 0, 0, CX_BAD_PARAM },
		{ 0x2c, 31, 0, 8192, CX_BAD_PARAM },    /* three pages, two are given */
		{ 0x48, 4, 0, 11, CX_BAD_PARAM },
		{ 0x114, 11, 4, 1, CX_BAD_PARAM },
		{ 0x0c, 30, 30, 1, CX_BAD_RES },        /* UMEM */
		{ 0x10, 30, 30, 1, CX_OK },             /* free: no translation yet */
	};

	RUN_SPOILED(0x200, 0x120, good_key, row);
}

static void a_key_translates(void)
{
	uint32_t index, key;
	uint8_t data[4096];

	memset(data, 0x5a, sizeof(data));
	good_key();
	cx_set32(driver.in, 0x14, 0x77);
	index = driver_made(driver_run(0x200, 0, 0x120, 16));
	key = index << 8 | 0x77;
	CU_ASSERT_EQUAL(cx_mkey_write(driver.cx, key, 0x7000123, data, sizeof(data)), 0);
	CU_ASSERT_EQUAL(*driver_at(driver.next_page - 8192 + 0x123), 0x5a);
	CU_ASSERT_EQUAL(*driver_at(driver.next_page - 8192 + 0x122), 0);
	CU_ASSERT_EQUAL(*driver_at(driver.next_page - 4096 + 0x122), 0x5a);
	CU_ASSERT_NOT_EQUAL(cx_mkey_write(driver.cx, key, 0x7000124, data, sizeof(data)), 0);
	CU_ASSERT_NOT_EQUAL(cx_mkey_write(driver.cx, key ^ 1, 0x7000123, data, 1), 0);
	CU_ASSERT_EQUAL(driver_simple(0x202, index), 0);
	CU_ASSERT_NOT_EQUAL(cx_mkey_write(driver.cx, key, 0x7000123, data, 1), 0);
}

static void queue_states(void)
{
	static const struct {
		uint8_t from, to;
		bool ok;
	} row[] = {
		{ 1, 1, false }, { 0, 0, true }, { 0, 2, false }, { 0, 15, false }, { 0, 1, true },
		{ 0, 1, false }, { 1, 1, true }, { 1, 3, true }, { 3, 1, false }, { 1, 0, false },
		{ 3, 3, true }, { 3, 0, true }, { 0, 3, true }, { 3, 0, true }, { 0, 1, true },
		{ 1, 0, true },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		unsigned int status = row[i].ok ? CX_OK : CX_BAD_RES_STATE;

		CU_ASSERT_EQUAL(driver_modify_queue(0x905, driver.sq, row[i].from, row[i].to),
				status);
		CU_ASSERT_EQUAL(driver_modify_queue(0x909, driver.rq, row[i].from, row[i].to),
				status);
	}
	CU_ASSERT_EQUAL(driver_modify_queue(0x905, driver.rq, 0, 1), CX_BAD_RES);
	CU_ASSERT_EQUAL(driver_modify_queue(0x909, driver.sq, 0, 1), CX_BAD_RES);
	CU_ASSERT_EQUAL(driver_modify_queue(0x909, driver.rq, 0, 1), 0);
	cx_set32(driver.in, 8, driver.rq);
	CU_ASSERT_EQUAL(driver_run(0x90b, 0, 16, 272), 0);
	CU_ASSERT_EQUAL(cx_get(driver.out, CX_FIELD(0x20, 23, 20)), 1);
	CU_ASSERT_EQUAL(cx_get32(driver.out, 0x28), driver.cq);
}

static void rq_details_can_change(void)
{
	struct cx_rq *rq = (struct cx_rq *)cx_object_find(driver.cx, CX_RQ, driver.rq);
	uint32_t counter = driver_made(driver_simple(0x771, 0));

	cx_set64(driver.in, 0x10, 1u << 1 | 1u << 3);
	cx_set(driver.in, CX_FIELD(0x20, 28, 28), 1);
	cx_set(driver.in, CX_FIELD(0x2c, 31, 24), counter);
	CU_ASSERT_EQUAL(driver_modify_queue(0x909, driver.rq, 0, 1), 0);
	CU_ASSERT_TRUE(rq->vlan_strip_off);
	CU_ASSERT_EQUAL(rq->counter_set, counter);
	CU_ASSERT_EQUAL(driver_simple(0x772, counter), CX_RES_BUSY);
	CU_ASSERT_EQUAL(driver_modify_queue(0x909, driver.rq, 1, 1), 0);
	CU_ASSERT_TRUE(rq->vlan_strip_off);
	cx_set64(driver.in, 0x10, 1u << 3);
	cx_set(driver.in, CX_FIELD(0x2c, 31, 24), counter + 1);
	CU_ASSERT_EQUAL(driver_modify_queue(0x909, driver.rq, 1, 3), CX_BAD_RES);
	CU_ASSERT_EQUAL(rq->state, CX_QUEUE_RDY);
}

static void destroy_in_the_wrong_order(void)
{
	const struct {
		uint16_t opcode;
		uint32_t number;
	} order[] = { /* as it must be */
		{ 0x202, driver.mkey }, { 0x902, driver.tir }, { 0x918, driver.rqt },
		{ 0x90a, driver.rq }, { 0x906, driver.sq }, { 0x914, driver.tis },
		{ 0x401, driver.cq }, { 0x302, driver.eq }, { 0x817, driver.td },
		{ 0x801, driver.pd }, { 0x803, driver.uar },
	};
	size_t count = sizeof(order) / sizeof(order[0]);

	/* Each is busy for those before it that need it; keys, TIRs and SQs nobody needs. */
	for (size_t i = 2; i < count - 1; i++)
		if (order[i].opcode != 0x906)
			CU_ASSERT_EQUAL(driver_simple(order[i].opcode, order[i].number),
					CX_RES_BUSY);
	for (size_t i = 0; i < count; i++) {
		CU_ASSERT_EQUAL(driver_simple(order[i].opcode, order[i].number), 0);
		CU_ASSERT_EQUAL(driver_simple(order[i].opcode, order[i].number), CX_BAD_RES);
	}
}

static void each_queue_keeps_its_cq(void)
{
	CU_ASSERT_EQUAL(driver_simple(0x906, driver.sq), 0);
	CU_ASSERT_EQUAL(driver_simple(0x401, driver.cq), CX_RES_BUSY);
	CU_ASSERT_EQUAL(driver_simple(0x902, driver.tir), 0);
	CU_ASSERT_EQUAL(driver_simple(0x918, driver.rqt), 0);
	CU_ASSERT_EQUAL(driver_simple(0x90a, driver.rq), 0);
	good_sq();
	driver.sq = driver_made(driver_run(0x904, 0, 0x118, 16));
	CU_ASSERT_EQUAL(driver_simple(0x401, driver.cq), CX_RES_BUSY);
	CU_ASSERT_EQUAL(driver_simple(0x906, driver.sq), 0);
	CU_ASSERT_EQUAL(driver_simple(0x401, driver.cq), 0);
}

static void bad_tir_and_rqt(void)
{
	cx_set32(driver.in, 0x24, 2u << 28);
	CU_ASSERT_EQUAL(driver_run(0x900, 0, 272, 16), CX_BAD_PARAM);
	cx_set32(driver.in, 0x3c, driver.sq);
	CU_ASSERT_EQUAL(driver_run(0x900, 0, 272, 16), CX_BAD_RES);
	cx_set32(driver.in, 0x24, 1u << 28);
	CU_ASSERT_EQUAL(driver_run(0x900, 0, 272, 16), CX_BAD_RES);
	cx_set32(driver.in, 0x3c, driver.rq);
	cx_set32(driver.in, 0x44, 3u << 28);
	CU_ASSERT_EQUAL(driver_run(0x900, 0, 272, 16), CX_BAD_PARAM);
	cx_set32(driver.in, 0x3c, driver.rq);
	cx_set32(driver.in, 0x44, 0x555);
	CU_ASSERT_EQUAL(driver_run(0x900, 0, 272, 16), CX_BAD_RES);
	for (uint32_t size = 0; size < 6; size++) {
		cx_set32(driver.in, 0x34, 4);
		cx_set32(driver.in, 0x38, size);
		for (uint32_t i = 0; i < 5; i++)
			cx_set32(driver.in, 0x110 + i * 4, driver.rq);
		CU_ASSERT_EQUAL(driver_run(0x916, 0, 0x110 + 5 * 4, 16),
				size == 1 || size == 2 || size == 4 ? CX_OK : CX_BAD_PARAM);
	}
	cx_set32(driver.in, 0x34, 0xffff);
	CU_ASSERT_EQUAL(driver_run(0x916, 0, 0x114, 16), CX_BAD_PARAM);
	cx_set32(driver.in, 0x34, 256);
	cx_set32(driver.in, 0x38, 256);
	CU_ASSERT_EQUAL(driver_run(0x916, 0, 0x110 + 255 * 4, 16), CX_BAD_INPUT_LEN);
}

static void rqt_is_replaced_whole(void)
{
	struct cx_rqt *rqt = (struct cx_rqt *)cx_object_find(driver.cx, CX_RQT, driver.rqt);
	uint32_t second;

	good_rq();
	second = driver_made(driver_run(0x908, 0, 0x118, 16));
	cx_set32(driver.in, 8, driver.rqt);
	cx_set32(driver.in, 0x38, 1);
	cx_set32(driver.in, 0x110, second);
	CU_ASSERT_EQUAL(driver_run(0x917, 0, 0x114, 16), 0); /* no bit says to */
	CU_ASSERT_EQUAL(rqt->rq[0], driver.rq);
	cx_set32(driver.in, 8, driver.rqt);
	cx_set32(driver.in, 0x14, 1);
	cx_set32(driver.in, 0x38, 1);
	cx_set32(driver.in, 0x110, second);
	CU_ASSERT_EQUAL(driver_run(0x917, 0, 0x114, 16), 0);
	CU_ASSERT_EQUAL(rqt->rq[0], second);
	CU_ASSERT_EQUAL(driver_simple(0x90a, second), CX_RES_BUSY);
	CU_ASSERT_EQUAL(driver_simple(0x90a, driver.rq), 0);
	cx_set32(driver.in, 8, driver.rqt);
	cx_set32(driver.in, 0x14, 1);
	cx_set32(driver.in, 0x38, 1);
	cx_set32(driver.in, 0x110, driver.rq);
	CU_ASSERT_EQUAL(driver_run(0x917, 0, 0x114, 16), CX_BAD_RES);
	CU_ASSERT_EQUAL(rqt->rq[0], second);
}

static void tir_details_can_change(void)
{
	struct cx_tir *tir = (struct cx_tir *)cx_object_find(driver.cx, CX_TIR, driver.tir);

	cx_set32(driver.in, 8, driver.tir);
	cx_set32(driver.in, 0x14, 1u << 4);
	cx_set(driver.in, CX_FIELD(0x44, 25, 24), 3);
	CU_ASSERT_EQUAL(driver_run(0x901, 0, 272, 16), 0);
	CU_ASSERT_EQUAL(tir->self_lb_block, 3);
	CU_ASSERT_EQUAL(tir->hash_fn, 2);
	cx_set32(driver.in, 8, driver.tir);
	cx_set32(driver.in, 0x14, 1u << 2);
	cx_set(driver.in, CX_FIELD(0x44, 31, 28), 1);
	cx_set32(driver.in, 0x70, 1u << 31 | 0xf);
	driver.in[0x48] = 0x6d;
	CU_ASSERT_EQUAL(driver_run(0x901, 0, 272, 16), 0);
	CU_ASSERT_EQUAL(tir->hash_fn, 1);
	CU_ASSERT_EQUAL(tir->fields, 0xf);
	CU_ASSERT_EQUAL(tir->key[0], 0x6d);
	CU_ASSERT_TRUE(tir->l3_ipv6);
	CU_ASSERT_FALSE(tir->l4_udp);
}

static CU_TestInfo tests[] = {
	{ "bad EQ", bad_eq },
	{ "bad CQ", bad_cq },
	{ "bad SQ", bad_sq },
	{ "bad RQ", bad_rq },
	{ "bad memory key", bad_key },
	{ "a key translates", a_key_translates },
	{ "queue states", queue_states },
	{ "RQ details can change", rq_details_can_change },
	{ "destroy in the wrong order", destroy_in_the_wrong_order },
	{ "each queue keeps its CQ", each_queue_keeps_its_cq },
	{ "bad TIR and RQT", bad_tir_and_rqt },
	{ "an RQT is replaced whole", rqt_is_replaced_whole },
	{ "TIR details can change", tir_details_can_change },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("connectx/queue", setup, driver_teardown, tests);
