// SPDX-License-Identifier: BSD-3-Clause
/* Object numbers, user contexts, UMEMs, queue pairs, and a driver's whole life. */
#include "connectx_driver.h"

#include <errno.h>

static void setup(void)
{
	driver_setup(0);
}

static void numbers_are_unique(void)
{
	static uint8_t seen[1u << 18];
	static const uint16_t opcode[] = { 0x904, 0x908, 0x500 }; /* SQ, RQ, QP */
	gpa_t pages;

	memset(seen, 0, sizeof(seen));
	driver_objects();
	pages = driver.next_page;
	seen[driver.sq] = seen[driver.rq] = 1;
	for (int i = 0; i < 300; i++) {
		uint32_t number;

		driver.next_page = pages;
		if (i % 3 == 0)
			driver_sq_context();
		else if (i % 3 == 1)
			driver_wq_context(4, 8);
		number = driver_made(driver_run(opcode[i % 3], 0, 0x118, 16));
		CU_ASSERT_NOT_EQUAL(number, 0);
		CU_ASSERT_EQUAL(seen[number], 0);
		seen[number] = 1;
	}
}

static void a_number_is_not_soon_used_again(void)
{
	uint32_t first, second;

	driver_init();
	first = driver_made(driver_simple(0x800, 0));
	CU_ASSERT_EQUAL(driver_simple(0x801, first), 0);
	second = driver_made(driver_simple(0x800, 0));
	CU_ASSERT_NOT_EQUAL(first, second);
}

static void numbers_run_out(void)
{
	uint32_t count = 0;

	driver_init();
	while (driver_simple(0x802, 0) == 0) {
		uint32_t page = cx_get32(driver.out, 8);

		CU_ASSERT_TRUE(page >= CX_UAR_FIRST && page < CX_BAR_SIZE / 4096);
		count++;
	}
	CU_ASSERT_EQUAL(driver.out[0], CX_NO_RES);
	CU_ASSERT_EQUAL(count, CX_UAR_COUNT);
	CU_ASSERT_EQUAL(driver_simple(0x803, 77), 0);
	CU_ASSERT_EQUAL(driver_made(driver_simple(0x802, 0)), 77);
}

/* SQ, RQ and QP live in one table: a walk of one type must not see the others. */
static void walks_see_their_type(void)
{
	unsigned int count = 0;

	driver_objects();
	for (struct cx_object *o = cx_object_next(driver.cx, CX_SQ, NULL); o != NULL;
	     o = cx_object_next(driver.cx, CX_SQ, o)) {
		CU_ASSERT_EQUAL(o->number, driver.sq);
		count++;
	}
	CU_ASSERT_EQUAL(count, 1);
	CU_ASSERT_PTR_NULL(cx_object_find(driver.cx, CX_RQ, driver.sq));
	CU_ASSERT_PTR_NULL(cx_object_find(driver.cx, CX_PD, UINT32_MAX));
	CU_ASSERT_PTR_NULL(cx_object_find(driver.cx, CX_FLOW_TABLE, CX_ROOT_NONE));
}

static unsigned int as_user(uint32_t uid, uint16_t opcode, uint32_t number)
{
	cx_set32(driver.in, 0, uid);
	return driver_simple(opcode, number);
}

static void users_have_their_own(void)
{
	uint32_t alice, bob, pd;

	driver_init();
	alice = driver_made(driver_run(0xa04, 0, 64, 16));
	bob = driver_made(driver_run(0xa04, 0, 64, 16));
	pd = driver_made(as_user(alice, 0x800, 0));
	CU_ASSERT_EQUAL(as_user(bob, 0x801, pd), CX_BAD_RES);
	CU_ASSERT_EQUAL(driver_simple(0xa06, alice << 0), CX_RES_BUSY);
	CU_ASSERT_EQUAL(driver_simple(0xa06, bob), 0);
	CU_ASSERT_EQUAL(as_user(bob, 0x800, 0), CX_BAD_RES);
	CU_ASSERT_EQUAL(driver_simple(0x801, pd), 0); /* the kernel cleans up */
	CU_ASSERT_EQUAL(driver_simple(0xa06, alice), 0);
	CU_ASSERT_EQUAL(as_user(0xffff, 0x800, 0), 0); /* shared */
}

static void a_context_asks_for_more_than_is_offered(void)
{
	driver_init();
	cx_set32(driver.in, 0x10, 1); /* raw transmission, as uctx_cap says */
	driver_made(driver_run(0xa04, 0, 64, 16));
	cx_set32(driver.in, 0x10, 2);
	CU_ASSERT_EQUAL(driver_run(0xa04, 0, 64, 16), CX_BAD_PARAM);
}

static void a_tis_says_what_it_is(void)
{
	driver_objects();
	cx_set32(driver.in, 0x8, driver.tis);
	CU_ASSERT_EQUAL(driver_run(0x915, 0, 16, 176), 0);
	CU_ASSERT_EQUAL(cx_get32(driver.out, 0x10 + 0x24), driver.td);
	CU_ASSERT_EQUAL(cx_get32(driver.out, 0x10 + 0x2c), 0);
	cx_set32(driver.in, 0x8, driver.tis);
	cx_set32(driver.in, 0x14, 1); /* the priority, and to what */
	cx_set32(driver.in, 0x20, 5u << 16);
	CU_ASSERT_EQUAL(driver_run(0x913, 0, 192, 16), 0);
	cx_set32(driver.in, 0x8, driver.tis);
	CU_ASSERT_EQUAL(driver_run(0x915, 0, 16, 176), 0);
	CU_ASSERT_EQUAL(cx_get32(driver.out, 0x10), 5u << 16);
	cx_set32(driver.in, 0x8, driver.tis + 1);
	CU_ASSERT_EQUAL(driver_run(0x915, 0, 16, 176), CX_BAD_RES);
}

/* Two pages in reverse order, from offset 64 on. */
static unsigned int create_umem(uint64_t pages, uint32_t offset, uint32_t len)
{
	gpa_t first = driver_page(), second = driver_page();

	cx_set32(driver.in, 0x24, offset);
	cx_set64(driver.in, 0x28, pages);
	cx_set64(driver.in, 0x30, second | 3);
	cx_set64(driver.in, 0x38, first | 3);
	return driver_run(0xa08, 0, len, 16);
}

static void a_cq_in_a_umem(void)
{
	uint32_t umem, cqn;
	struct cx_cq *cq;
	gpa_t at;

	driver_objects();
	umem = driver_made(create_umem(2, 64, 0x40));
	driver_cq_context(5, driver.eq);
	cx_set(driver.in, CX_FIELD(0x10, 25, 25), 1);
	cx_set32(driver.in, 0x14, umem);
	cx_set64(driver.in, 0x48, 8);
	cx_set64(driver.in, 0x50, 4096 - 128);
	cx_set32(driver.in, 0x58, umem);
	cx_set32(driver.in, 0x5c, 1u << 31);
	cqn = driver_made(driver_run(0x400, 0, 0x110, 16));
	cq = (struct cx_cq *)cx_object_find(driver.cx, CX_CQ, cqn);
	CU_ASSERT_EQUAL(cq->dbr, driver.next_page - 3 * 4096 + 72);
	CU_ASSERT_EQUAL(cx_buffer_address(&cq->buffer, 0, 64, &at), 0);
	CU_ASSERT_EQUAL(at, driver.next_page - 2 * 4096 - 64);
	CU_ASSERT_EQUAL(cx_buffer_address(&cq->buffer, 64, 64, &at), 0);
	CU_ASSERT_EQUAL(at, driver.next_page - 4 * 4096);
	CU_ASSERT_EQUAL(cx_buffer_address(&cq->buffer, 32, 64, &at), -EFAULT); /* two pages */
	CU_ASSERT_EQUAL(cx_buffer_address(&cq->buffer, 2048 - 63, 64, &at), -EFAULT);
	CU_ASSERT_EQUAL(cx_buffer_address(&cq->buffer, UINT64_MAX, 64, &at), -EFAULT);
	CU_ASSERT_EQUAL(driver_simple(0xa0a, umem), CX_RES_BUSY);
	CU_ASSERT_EQUAL(driver_simple(0x401, cqn), 0);
	CU_ASSERT_EQUAL(driver_simple(0xa0a, umem), 0);
}

static void bad_umems(void)
{
	uint32_t umem;

	driver_objects();
	CU_ASSERT_EQUAL(create_umem(0, 0, 0x40), CX_BAD_PARAM);
	CU_ASSERT_EQUAL(create_umem(3, 0, 0x40), CX_BAD_PARAM);
	CU_ASSERT_EQUAL(create_umem(UINT64_MAX, 0, 0x40), CX_BAD_PARAM);
	CU_ASSERT_EQUAL(create_umem(2, 4096, 0x40), CX_BAD_PARAM);
	umem = driver_made(create_umem(2, 0, 0x40));
	for (uint64_t offset = 8192 - 2047; offset != 0; offset = offset < 9000 ? UINT64_MAX : 0) {
		driver_cq_context(5, driver.eq);
		cx_set64(driver.in, 0x50, offset);
		cx_set32(driver.in, 0x58, umem);
		cx_set32(driver.in, 0x5c, 1u << 31);
		CU_ASSERT_EQUAL(driver_run(0x400, 0, 0x110, 16), CX_BAD_PARAM);
	}
	CU_ASSERT_EQUAL(driver_simple(0xa0a, umem), 0);
}

static void queue_pairs(void)
{
	static const struct {
		uint16_t opcode;
		unsigned int status;
	} row[] = {
		{ 0x503, CX_BAD_QP_STATE }, { 0x504, CX_BAD_QP_STATE }, { 0x502, CX_OK },
		{ 0x502, CX_BAD_QP_STATE }, { 0x503, CX_OK }, { 0x504, CX_OK }, { 0x505, CX_OK },
		{ 0x507, CX_OK }, { 0x505, CX_BAD_QP_STATE }, { 0x50a, CX_OK },
	};
	uint32_t qp, xrcd, srq;

	driver_objects();
	cx_set32(driver.in, 0x18 + 0x7c, 0x999);
	CU_ASSERT_EQUAL(driver_run(0x500, 0, 272, 16), CX_BAD_RES);
	cx_set32(driver.in, 0x1c, driver.pd);
	cx_set32(driver.in, 0x18 + 0x7c, driver.cq);
	cx_set32(driver.in, 0x18 + 0x9c, driver.cq);
	qp = driver_made(driver_run(0x500, 0, 272, 16));
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		CU_ASSERT_EQUAL(driver_simple(row[i].opcode, qp), row[i].status);
	CU_ASSERT_EQUAL(driver_simple(0x505, driver.sq), CX_BAD_RES);
	CU_ASSERT_EQUAL(driver_simple(0x501, qp), 0);
	xrcd = driver_made(driver_simple(0x80e, 0));
	cx_set32(driver.in, 0x14, xrcd);
	cx_set32(driver.in, 0x18, driver.cq);
	cx_set32(driver.in, 0x28, driver.pd);
	srq = driver_made(driver_run(0x705, 0, 272, 16));
	CU_ASSERT_EQUAL(driver_simple(0x80f, xrcd), CX_RES_BUSY);
	CU_ASSERT_EQUAL(driver_simple(0x706, srq), 0);
	CU_ASSERT_EQUAL(driver_simple(0x80f, xrcd), 0);
	driver_wq_context(5, 4);
	cx_set(driver.in, CX_FIELD(0x50, 31, 28), 0); /* a linked list */
	cx_set(driver.in, CX_FIELD(0x20, 23, 20), 1);
	srq = driver_made(driver_run(0x90c, 0, 0x118, 16));
	CU_ASSERT_EQUAL(driver_simple(0x90e, srq), 0);
}

/* Load, use, unload, load again: nothing may be left, nothing may be in the way. */
static void a_whole_life(void)
{
	for (int round = 0; round < 3; round++) {
		driver.next_page = DRIVER_PAGES;
		driver_queue();
		driver_objects();
		CU_ASSERT_EQUAL(driver_modify_queue(0x905, driver.sq, 0, 1), 0);
		CU_ASSERT_EQUAL(driver_modify_queue(0x909, driver.rq, 0, 1), 0);
		CU_ASSERT_FALSE(cx_is_idle(driver.cx));
		cx_poll(driver.cx);
		if (round == 1) { /* surprise removal instead */
			cx_reset(driver.cx);
			continue;
		}
		CU_ASSERT_EQUAL(driver_modify_queue(0x909, driver.rq, 1, 3), 0);
		CU_ASSERT_EQUAL(driver_simple(0x906, driver.sq), 0);
		CU_ASSERT_EQUAL(driver_simple(0x902, driver.tir), 0);
		CU_ASSERT_EQUAL(driver_simple(0x918, driver.rqt), 0);
		CU_ASSERT_EQUAL(driver_simple(0x90a, driver.rq), 0);
		CU_ASSERT_EQUAL(driver_simple(0x401, driver.cq), 0);
		CU_ASSERT_EQUAL(driver_simple(0x103, 0), 0);
		CU_ASSERT_TRUE(cx_is_idle(driver.cx));
		CU_ASSERT_EQUAL(cx_objects_clear(driver.cx), 0);
		CU_ASSERT_EQUAL(driver_simple(0x105, 0), 0);
	}
}

static CU_TestInfo tests[] = {
	{ "numbers are unique", numbers_are_unique },
	{ "a number is not soon used again", a_number_is_not_soon_used_again },
	{ "numbers run out", numbers_run_out },
	{ "walks see their type", walks_see_their_type },
	{ "users have their own", users_have_their_own },
	{ "a context asks for more than is offered", a_context_asks_for_more_than_is_offered },
	{ "a TIS says what it is", a_tis_says_what_it_is },
	{ "a CQ in a UMEM", a_cq_in_a_umem },
	{ "bad UMEMs", bad_umems },
	{ "queue pairs", queue_pairs },
	{ "a whole life", a_whole_life },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("connectx/object", setup, driver_teardown, tests);
