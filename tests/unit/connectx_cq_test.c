// SPDX-License-Identifier: BSD-3-Clause
#include "connectx_world.h"

static struct cx_cq cq;

static void push(void)
{
	uint8_t cqe[CX_CQE_SIZE] = { [CQE_OP_OWN] = CQE_RESPONDER_SEND << 4 };

	cx_set32(cqe, CQE_BYTE_COUNT, cq.producer);
	cx_cq_push(&world.cx, &cq, cqe);
}

static void owner_bit_turns_with_the_ring(void)
{
	for (int cqe128 = 0; cqe128 < 2; cqe128++) {
		world_cq(&cq, 3, cqe128);
		for (uint32_t i = 0; i < 40; i++) {
			const uint8_t *cqe;

			CU_ASSERT_PTR_NULL(world_cqe(&cq, i));
			push();
			cqe = world_cqe(&cq, i);
			CU_ASSERT_PTR_NOT_NULL_FATAL(cqe);
			CU_ASSERT_EQUAL(cx_get32(cqe, CQE_BYTE_COUNT), i);
			CU_ASSERT_EQUAL(cqe[CQE_OP_OWN], 0x20 | (i >> 3 & 1));
			world_record(cq.dbr, 0, i + 1);
		}
		free(cq.buffer.page);
		cx_object_remove(&world.cx, &cq.object);
	}
}

static void only_the_upper_half_of_a_128_byte_entry_is_written(void)
{
	world_cq(&cq, 3, true);
	push();
	for (unsigned int i = 0; i < 64; i++)
		CU_ASSERT_EQUAL(*world_in(&cq.buffer, i), 0xf1);
}

static void timestamp_is_the_timer(void)
{
	world.command.created = 400;
	world_cq(&cq, 3, false);
	push();
	CU_ASSERT_EQUAL(cx_get64(world_cqe(&cq, 0), CQE_TIMESTAMP), WORLD_TIME - 400);
}

static unsigned int last_event_type(void)
{
	return *world_in(&world.eq.buffer, (world.eq.producer - 1) * 64u + 1);
}

static void overrun_is_an_event_and_the_end(void)
{
	world_cq(&cq, 2, false);
	for (int i = 0; i < 4; i++) {
		CU_ASSERT_EQUAL(cx_cq_room(&world.cx, &cq), 4u - (unsigned int)i);
		push();
	}
	CU_ASSERT_FALSE(cq.error);
	CU_ASSERT_EQUAL(cx_cq_room(&world.cx, &cq), 0);
	push();
	CU_ASSERT_TRUE(cq.error);
	CU_ASSERT_EQUAL(world.eq.producer, 1);
	CU_ASSERT_EQUAL(last_event_type(), 0x04);
	CU_ASSERT_EQUAL(cx_get32(world_in(&world.eq.buffer, 0x20), 0), cq.object.number);
	CU_ASSERT_EQUAL(*world_in(&world.eq.buffer, 0x2b), 1); /* syndrome: overrun */
	CU_ASSERT_EQUAL(cx_get32(world_cqe(&cq, 0), CQE_BYTE_COUNT), 0); /* not overwritten */
	world_record(cq.dbr, 0, 4);
	push();
	CU_ASSERT_EQUAL(cq.producer, 4);
	CU_ASSERT_EQUAL(world.eq.producer, 1); /* said once */
}

static void overrun_may_be_ignored(void)
{
	world_cq(&cq, 2, false);
	cq.ignore_overrun = true;
	for (int i = 0; i < 9; i++)
		push();
	CU_ASSERT_FALSE(cq.error);
	CU_ASSERT_EQUAL(cx_get32(world_cqe(&cq, 8), CQE_BYTE_COUNT), 8);
}

static void a_lying_consumer_has_no_room(void)
{
	static const uint32_t consumer[] = { 1, 2, 0x7ffffb, 0xfffffb, 0xfffffc };

	world_cq(&cq, 2, false);
	for (size_t i = 0; i < sizeof(consumer) / sizeof(consumer[0]); i++) {
		world_record(cq.dbr, 0, consumer[i]);
		CU_ASSERT_EQUAL(cx_cq_room(&world.cx, &cq), 0);
	}
	world_record(cq.dbr, 0, 0xab000000); /* the upper byte is not the index */
	CU_ASSERT_EQUAL(cx_cq_room(&world.cx, &cq), 4);
}

static void consumer_may_count_in_16_bits(void)
{
	world_cq(&cq, 2, false);
	for (uint32_t i = 0; i < 0x10010; i++) {
		CU_ASSERT_EQUAL_FATAL(cx_cq_room(&world.cx, &cq), 4);
		push();
		CU_ASSERT_EQUAL_FATAL(cx_cq_room(&world.cx, &cq), 3);
		world_record(cq.dbr, 0, (i + 1) & 0xffff);
	}
	CU_ASSERT_FALSE(cq.error);
}

static void memory_that_is_not_there(void)
{
	static const struct {
		gpa_t page, dbr;
	} row[] = {
		{ 0, 0 }, { WORLD_BASE + WORLD_SIZE, 0 }, { UINT64_MAX - 4095, 0 },
		{ 0, 1 }, { 0, UINT64_MAX - 3 }, { 0, WORLD_BASE + 2 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		world_cq(&cq, 2, false);
		if (row[i].dbr != 0)
			cq.dbr = row[i].dbr;
		else
			cq.buffer.page[0] = row[i].page;
		push();
		CU_ASSERT_TRUE(cq.error);
		CU_ASSERT_EQUAL(last_event_type(), 0x04);
		CU_ASSERT_FALSE(cx_cq_check_arm(&world.cx, &cq));
		free(cq.buffer.page);
		cx_object_remove(&world.cx, &cq.object);
	}
}

static void arm(uint32_t sn, uint32_t consumer)
{
	world_record(cq.dbr, 4, sn << 28 | (consumer & 0xffffff));
}

static void arm_rule(void)
{
	static const struct {
		uint32_t producer, events, sn, consumer;
		bool due;
	} row[] = {
		{ 0, 0, 0, 0, false },           /* nothing there */
		{ 1, 0, 0, 0, true },
		{ 1, 0, 0, 1, false },           /* seen already */
		{ 1, 0, 2, 0, false },           /* the kernel's initial record */
		{ 1, 1, 0, 0, false },           /* the event is on its way */
		{ 1, 1, 1, 0, true },
		{ 9, 4, 0, 8, true },            /* modulo 4 */
		{ 9, 7, 3, 8, true },
		{ 9, 7, 2, 8, false },
		{ 0x1000001, 0, 0, 0, true },    /* indices have 24 bits */
		{ 0x1000000, 0, 0, 0, false },
		{ 0x1000002, 0, 0, 0xffffff, true },
		{ 5, 0, 0, 6, false },           /* ahead of us: a lie */
	};

	world_cq(&cq, 3, false);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint32_t before = world.eq.producer;

		cq.producer = row[i].producer;
		cq.events = row[i].events;
		arm(row[i].sn, row[i].consumer);
		CU_ASSERT_EQUAL(cx_cq_check_arm(&world.cx, &cq), row[i].due);
		CU_ASSERT_EQUAL(world.eq.producer - before, row[i].due);
		CU_ASSERT_FALSE(cx_cq_check_arm(&world.cx, &cq)); /* once an arming */
		CU_ASSERT_EQUAL(world.eq.producer - before, row[i].due);
	}
}

static void event_names_the_queue(void)
{
	world_cq(&cq, 3, false);
	arm(0, 0);
	push();
	CU_ASSERT_EQUAL(world.eq.producer, 1);
	CU_ASSERT_EQUAL(world.interrupts, 1);
	CU_ASSERT_EQUAL(last_event_type(), 0);
	CU_ASSERT_EQUAL(cx_get32(world_in(&world.eq.buffer, 0x38), 0), cq.object.number);
}

/*
 * The kernel's consumer (eq.c mlx5_eq_comp_int, en_txrx.c mlx5e_napi_poll): the interrupt counts
 * the event and schedules NAPI; NAPI polls up to its budget, and when it found less, ends and arms.
 * NAPI also runs for its channel's other CQs and then arms this one without an event.
 */
struct consumer {
	uint32_t seen, arm_sn, eqe;
	bool scheduled, polled; /* polled: ends with arming, which did not happen yet */
};

static void irq(struct consumer *c)
{
	for (; c->eqe != world.eq.producer; c->eqe++) {
		c->arm_sn++;
		c->scheduled = true;
	}
}

static void napi_poll(struct consumer *c)
{
	int budget = 4;

	while (budget > 0 && world_cqe(&cq, c->seen) != NULL) {
		c->seen++;
		budget--;
	}
	world_record(cq.dbr, 0, c->seen & 0xffffff);
	c->polled = budget > 0;
}

static void napi_arm(struct consumer *c)
{
	arm(c->arm_sn & 3, c->seen);
	c->polled = false;
	c->scheduled = false;
}

static uint32_t random_next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void random_step(struct consumer *c, uint32_t r)
{
	switch (r % 8) {
	case 0:
	case 1:
		if (cx_cq_room(&world.cx, &cq) != 0)
			push();
		break;
	case 2:
		irq(c);
		break;
	case 3:
	case 4:
		if (c->scheduled)
			napi_poll(c);
		break;
	case 5:
		if (c->polled)
			napi_arm(c);
		break;
	case 6: /* another CQ of the channel had an event */
		c->scheduled |= r >> 8 & 1;
		break;
	case 7:
		cx_cq_check_arm(&world.cx, &cq);
		break;
	}
}

static void no_order_of_events_hangs_the_kernels_consumer(void)
{
	struct consumer c = { 0 };
	uint32_t state = 2463534242u;

	world_cq(&cq, 4, false);
	napi_arm(&c);
	for (int round = 0; round < 2000; round++) {
		for (int i = 0; i < 50; i++) {
			random_step(&c, random_next(&state));
			CU_ASSERT_TRUE(world.eq.producer - c.eqe <= 1); /* the EQ cannot overrun */
		}
		/* Now nothing happens but what must. */
		for (int i = 0; i < 20; i++) {
			cx_cq_check_arm(&world.cx, &cq);
			irq(&c);
			if (c.scheduled)
				napi_poll(&c);
			if (c.polled)
				napi_arm(&c);
		}
		CU_ASSERT_EQUAL_FATAL(c.seen, cq.producer);
		CU_ASSERT_FALSE_FATAL(cq.error);
	}
	CU_ASSERT_TRUE(c.seen > 10000);
	CU_ASSERT_TRUE(c.eqe < c.seen); /* events were coalesced */
}

/* rdma-core: the record begins at 0, so the first entry makes an event nobody asked for. */
static void user_consumer_arms_late(void)
{
	world_cq(&cq, 3, false);
	arm(0, 0);
	push();
	push();
	CU_ASSERT_EQUAL(world.eq.producer, 1);
	arm(1, 0); /* the event was handled, nothing polled: due at once */
	CU_ASSERT_TRUE(cx_cq_check_arm(&world.cx, &cq));
	arm(2, 2);
	CU_ASSERT_FALSE(cx_cq_check_arm(&world.cx, &cq));
	push();
	CU_ASSERT_EQUAL(world.eq.producer, 3);
}

static CU_TestInfo tests[] = {
	{ "owner bit turns with the ring", owner_bit_turns_with_the_ring },
	{ "128-byte entries: upper half only", only_the_upper_half_of_a_128_byte_entry_is_written },
	{ "time stamp is the timer", timestamp_is_the_timer },
	{ "overrun is an event and the end", overrun_is_an_event_and_the_end },
	{ "overrun may be ignored", overrun_may_be_ignored },
	{ "a lying consumer has no room", a_lying_consumer_has_no_room },
	{ "a consumer may count in 16 bits", consumer_may_count_in_16_bits },
	{ "memory that is not there", memory_that_is_not_there },
	{ "arm rule", arm_rule },
	{ "event names the queue", event_names_the_queue },
	{ "no order of events hangs the kernel", no_order_of_events_hangs_the_kernels_consumer },
	{ "a user consumer arms late", user_consumer_arms_late },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("connectx/cq", world_setup, world_teardown, tests);
