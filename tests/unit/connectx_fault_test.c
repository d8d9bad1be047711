// SPDX-License-Identifier: BSD-3-Clause
/* What the function does wrong when it is told to. */
#include "connectx_sender.h"

static struct sender s;
static struct cx_cq cq;
static struct cx_rq rq;
static uint64_t now;
static uint8_t frame[200];

static uint64_t clock_now(void *ctx)
{
	(void)ctx;
	return now;
}

static void setup(void)
{
	world_setup();
	now = 1000;
	world.clock.now = clock_now;
	sender_init(&s, 5);
	world_cq(&cq, 4, false);
	world_rq(&rq, &cq, 4, 4);
	rq.flush_in_error = true;
	memcpy(frame, world_peer_mac, 6);
	memcpy(frame + 6, world_vf_mac, 6);
}

static void post(enum cx_wqe_opcode opcode)
{
	sender_begin(&s, opcode);
	if (opcode == WQE_SEND)
		sender_data(&s, frame, sizeof(frame));
	sender_post(&s);
}

static enum fabric_drop receive(void)
{
	return cx_rq_deliver(&world.cx, &rq, frame, sizeof(frame), 0, 0, 0);
}

static void expect(const uint8_t *cqe, uint8_t opcode, uint8_t syndrome)
{
	CU_ASSERT_PTR_NOT_NULL_FATAL(cqe);
	CU_ASSERT_EQUAL(cqe[CQE_OP_OWN] >> 4, opcode);
	if (opcode >= CQE_REQUESTER_ERROR) {
		CU_ASSERT_EQUAL(cqe[CQE_SYNDROME], syndrome);
	}
}

static void a_send_fails_once(void)
{
	post(WQE_SEND);
	sender_ring(&s);
	expect(sender_cqe(&s), CQE_REQUESTER, 0);
	cx_fault_cqe(&world.cx, CX_FAULT_SEND, true);
	s.sq.tis = NULL; /* a driver's internal queue is not meant */
	post(WQE_NOP);
	sender_ring(&s);
	expect(sender_cqe(&s), CQE_REQUESTER, 0);
	s.sq.tis = &world.tis;
	post(WQE_SEND);
	post(WQE_SEND);
	sender_ring(&s);
	expect(sender_cqe(&s), CQE_REQUESTER_ERROR, CQE_LOCAL_OPERATION);
	expect(sender_cqe(&s), CQE_REQUESTER_ERROR, CQE_FLUSHED);
	CU_ASSERT_EQUAL(s.sq.state, CX_QUEUE_ERR);
	CU_ASSERT_EQUAL(world.frames, 1);
	cx_sq_set_state(&world.cx, &s.sq, CX_QUEUE_RST);
	cx_sq_set_state(&world.cx, &s.sq, CX_QUEUE_RDY);
	s.producer = 0;
	post(WQE_SEND);
	sender_ring(&s);
	expect(sender_cqe(&s), CQE_REQUESTER, 0);
	CU_ASSERT_EQUAL(world.frames, 2);
	cx_fault_cqe(&world.cx, CX_FAULT_SEND, true);
	cx_fault_cqe(&world.cx, CX_FAULT_SEND, false);
	post(WQE_SEND);
	sender_ring(&s);
	expect(sender_cqe(&s), CQE_REQUESTER, 0);
}

static void a_receive_fails_once(void)
{
	for (uint16_t i = 0; i < 3; i++)
		world_post_rx(&rq, i, sizeof(frame));
	cx_fault_cqe(&world.cx, CX_FAULT_RECEIVE, true);
	CU_ASSERT_EQUAL(receive(), FABRIC_DROP_NO_BUFFER);
	expect(world_cqe(&cq, 0), CQE_RESPONDER_ERROR, CQE_LOCAL_OPERATION);
	expect(world_cqe(&cq, 1), CQE_RESPONDER_ERROR, CQE_FLUSHED);
	expect(world_cqe(&cq, 2), CQE_RESPONDER_ERROR, CQE_FLUSHED);
	CU_ASSERT_EQUAL(rq.state, CX_QUEUE_ERR);
	world_record(cq.dbr, 0, 3);
	cx_rq_set_state(&world.cx, &rq, CX_QUEUE_RST);
	cx_rq_set_state(&world.cx, &rq, CX_QUEUE_RDY);
	world_post_rx(&rq, 0, sizeof(frame));
	CU_ASSERT_EQUAL(receive(), FABRIC_DELIVERED);
	expect(world_cqe(&cq, 3), CQE_RESPONDER_SEND, 0);
}

/* The frame leaves at once, its completion when it is due; of two CQs, each in its order. */
static void late_completions(void)
{
	cx_fault_slow_completions(&world.cx, 500);
	world_record(s.cq.dbr, 4, 0); /* armed */
	post(WQE_SEND);
	sender_ring(&s);
	CU_ASSERT_EQUAL(world.frames, 1);
	world_post_rx(&rq, 0, sizeof(frame));
	CU_ASSERT_EQUAL(receive(), FABRIC_DELIVERED);
	now += 300;
	post(WQE_SEND);
	sender_ring(&s);
	cx_poll(&world.cx);
	CU_ASSERT_PTR_NULL(sender_cqe(&s));
	CU_ASSERT_PTR_NULL(world_cqe(&cq, 0));
	CU_ASSERT_EQUAL(world.eq.producer, 0);
	now += 199;
	CU_ASSERT_FALSE(cx_poll(&world.cx));
	now += 1;
	CU_ASSERT_TRUE(cx_poll(&world.cx));
	CU_ASSERT_EQUAL(world.eq.producer, 1);
	expect(sender_cqe(&s), CQE_REQUESTER, 0);
	CU_ASSERT_PTR_NULL(sender_cqe(&s));
	expect(world_cqe(&cq, 0), CQE_RESPONDER_SEND, 0);
	now += 300;
	cx_poll(&world.cx);
	expect(sender_cqe(&s), CQE_REQUESTER, 0);
	CU_ASSERT_EQUAL(world.frames, 2);
}

static void the_end_of_lateness(void)
{
	cx_fault_slow_completions(&world.cx, 1u << 30);
	for (int i = 0; i < 3; i++)
		post(WQE_SEND);
	sender_ring(&s);
	CU_ASSERT_EQUAL(cx_cq_room(&world.cx, &s.cq), 256 - 3); /* there is a place for each */
	CU_ASSERT_PTR_NULL(sender_cqe(&s));
	cx_fault_slow_completions(&world.cx, 0);
	for (uint16_t i = 0; i < 3; i++) {
		const uint8_t *cqe = sender_cqe(&s);

		expect(cqe, CQE_REQUESTER, 0);
		CU_ASSERT_EQUAL(cx_get16(cqe, CQE_WQE_COUNTER), i);
	}
	CU_ASSERT_EQUAL(cx_cq_room(&world.cx, &s.cq), 256);
}

/* A CQ that is gone gets nothing; the others' completions, before and behind, are not lost. */
static void a_cq_goes(void)
{
	cx_fault_slow_completions(&world.cx, 100);
	post(WQE_SEND);
	sender_ring(&s);
	for (uint16_t i = 0; i < 2; i++) {
		world_post_rx(&rq, i, sizeof(frame));
		CU_ASSERT_EQUAL(receive(), FABRIC_DELIVERED);
	}
	cx_late_forget(&world.cx, &cq);
	CU_ASSERT_EQUAL(cx_cq_room(&world.cx, &cq), 16);
	post(WQE_SEND);
	sender_ring(&s);
	now += 100;
	cx_poll(&world.cx);
	expect(sender_cqe(&s), CQE_REQUESTER, 0);
	expect(sender_cqe(&s), CQE_REQUESTER, 0);
	CU_ASSERT_PTR_NULL(world_cqe(&cq, 0));
	CU_ASSERT_FALSE(cx_poll(&world.cx));
}

static CU_TestInfo tests[] = {
	{ "a send fails once", a_send_fails_once },
	{ "a receive fails once", a_receive_fails_once },
	{ "late completions", late_completions },
	{ "the end of lateness", the_end_of_lateness },
	{ "a CQ goes", a_cq_goes },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("connectx/fault", setup, world_teardown, tests);
