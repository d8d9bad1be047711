// SPDX-License-Identifier: BSD-3-Clause
/*
 * Compressed completions, read by a consumer that works as drivers do: the title's copy is patched
 * with one mini-CQE after the other, and every entry of a session is given back by its op_own
 * before the ring comes round (core/en_rx.c, mlx5e_decompress_cqes_cont()).
 */
#include "connectx_world.h"

#define LOG_SIZE 6u
#define SIZE (1u << LOG_SIZE)
#define HOLE 0x5a /* what the consumer fills entries it gives back with */

static struct cx_cq cq;
static struct cx_session session;

static struct {
	uint32_t cc;            /* consumed */
	uint32_t left;          /* of a session */
	unsigned int mini;
	uint8_t minis[64], title[64];
	uint16_t counter;
	unsigned int sessions, plain;
} consumer;

static void ring(enum cx_mini_format format)
{
	world_cq(&cq, LOG_SIZE, false);
	session = (struct cx_session){ .format = format };
	cq.session = &session;
	memset(&consumer, 0, sizeof(consumer));
}

static void ring_drop(void)
{
	free(cq.buffer.page);
	cx_object_remove(&world.cx, &cq.object);
}

static void setup(void)
{
	world_setup();
	ring(CX_MINI_HASH);
}

static uint8_t *entry(uint32_t index)
{
	return world_in(&cq.buffer, (index & (SIZE - 1)) * 64);
}

static void give_back(uint32_t index)
{
	memset(entry(index), HOLE, 63);
	entry(index)[63] = (uint8_t)(index >> LOG_SIZE & 1); /* what it was in this lap */
	world_record(cq.dbr, 0, (index + 1) & 0xffffff);
}

/* The next completion as a whole CQE, or false. */
static bool take(uint8_t cqe[64])
{
	uint8_t format, op_own = entry(consumer.cc)[63];

	if (consumer.left == 0) {
		if ((op_own & 1) != (consumer.cc >> LOG_SIZE & 1) || op_own >> 4 == 15 ||
		    op_own >> 4 == 0)
			return false;
		format = op_own >> 2 & 3;
		memcpy(consumer.title, entry(consumer.cc), 64);
		if (format != 3) {
			CU_ASSERT_EQUAL(format, 0);
			consumer.plain++;
			memcpy(cqe, consumer.title, 64);
			give_back(consumer.cc++);
			return true;
		}
		consumer.sessions++;
		consumer.left = cx_get32(consumer.title, 0x2c);
		CU_ASSERT_FATAL(consumer.left >= 2 && consumer.left <= 64);
		/* A consumer that does not wrap inside a session must not have to. */
		CU_ASSERT_TRUE((consumer.cc & (SIZE - 1)) + consumer.left <= SIZE);
		/* Holes are as the consumer left them. */
		for (uint32_t i = 2; i < consumer.left; i++)
			if (i % 8 != 0 && consumer.cc + i >= SIZE) {
				CU_ASSERT_EQUAL(entry(consumer.cc + i)[0], HOLE);
			}
		consumer.counter = cx_get16(consumer.title, 0x3c);
		memcpy(consumer.minis, entry(consumer.cc + 1), 64);
		consumer.mini = 0;
	} else if (consumer.mini == 8) {
		memcpy(consumer.minis, entry(consumer.cc), 64);
		consumer.mini = 0;
	}
	memcpy(cqe, consumer.title, 64);
	memcpy(cqe + 0x2c, consumer.minis + consumer.mini * 8 + 4, 4);
	if (session.format == CX_MINI_HASH)
		memcpy(cqe + 0x0c, consumer.minis + consumer.mini * 8, 4);
	else
		memcpy(cqe + 0x14, consumer.minis + consumer.mini * 8, 2);
	if (session.format == CX_MINI_CHECKSUM_STRIDE)
		memcpy(cqe + 0x3c, consumer.minis + consumer.mini * 8 + 2, 2);
	else
		cx_set16(cqe, 0x3c, consumer.counter++);
	cqe[63] = 0x20;
	consumer.mini++;
	consumer.left--;
	give_back(consumer.cc++);
	return true;
}

static void base(uint8_t cqe[64], uint16_t counter)
{
	memset(cqe, 0, 64);
	cx_set32(cqe, CQE_RSS_HASH, 0x10000u + counter);
	cqe[CQE_RSS_HASH_TYPE] = 0x5;
	cx_set16(cqe, CQE_CHECKSUM, (uint16_t)(counter * 3));
	cqe[CQE_HDS_IP_EXT] = 7;
	cqe[CQE_L4_L3_TYPE] = 0x28;
	cx_set32(cqe, CQE_USER_INDEX, 0x77);
	cx_set32(cqe, CQE_BYTE_COUNT, 60u + counter);
	cx_set32(cqe, CQE_OPCODE_QPN, 0xc0ffee);
	cx_set16(cqe, CQE_WQE_COUNTER, counter);
	cqe[CQE_OP_OWN] = CQE_RESPONDER_SEND << 4;
}

static void push(uint16_t counter)
{
	uint8_t cqe[64];

	base(cqe, counter);
	cx_cq_push(&world.cx, &cq, cqe);
}

static void expect(uint16_t counter)
{
	uint8_t cqe[64] = { 0 };

	CU_ASSERT_TRUE_FATAL(take(cqe));
	CU_ASSERT_EQUAL(cx_get32(cqe, 0x2c), 60u + counter);
	CU_ASSERT_EQUAL(cx_get16(cqe, 0x3c), counter);
	CU_ASSERT_EQUAL(cx_get32(cqe, 0x38), 0xc0ffee);
	CU_ASSERT_EQUAL(cx_get32(cqe, 0x20), 0x77);
	CU_ASSERT_EQUAL(cqe[0x1c], 7);
	CU_ASSERT_EQUAL(cqe[0x1d], 0x28);
	if (session.format == CX_MINI_HASH) {
		CU_ASSERT_EQUAL(cx_get32(cqe, 0x0c), 0x10000u + counter);
	} else {
		CU_ASSERT_EQUAL(cx_get16(cqe, 0x14), (uint16_t)(counter * 3));
	}
}

static void one_session(void)
{
	static const unsigned int length[] = { 2, 7, 8, 9, 16, 17, 25, 63 };

	static const enum cx_mini_format format[] = { CX_MINI_HASH, CX_MINI_CHECKSUM,
						      CX_MINI_CHECKSUM_STRIDE };

	for (size_t f = 0; f < sizeof(format) / sizeof(format[0]); f++)
		for (size_t i = 0; i < sizeof(length) / sizeof(length[0]); i++) {
			ring_drop();
			ring(format[f]);
			for (unsigned int n = 0; n < length[i]; n++)
				push((uint16_t)(0xfff0 + n)); /* counters wrap */
			CU_ASSERT_TRUE(cx_poll(&world.cx));
			for (unsigned int n = 0; n < length[i]; n++)
				expect((uint16_t)(0xfff0 + n));
			CU_ASSERT_EQUAL(consumer.sessions, 1);
			CU_ASSERT_FALSE(take((uint8_t[64]){ 0 }));
			CU_ASSERT_EQUAL(cq.producer, length[i]);
		}
}

static void nothing_is_held_back_for_long(void)
{
	push(0);
	push(1);
	CU_ASSERT_FALSE(take((uint8_t[64]){ 0 }));
	CU_ASSERT_TRUE(cx_poll(&world.cx));
	expect(0);
	expect(1);
	CU_ASSERT_FALSE(cx_poll(&world.cx));
	push(2); /* alone: an ordinary CQE */
	cx_poll(&world.cx);
	expect(2);
	CU_ASSERT_EQUAL(consumer.plain, 1);
}

/* One event for what was held back, when it is written. */
static void the_event_comes_with_the_title(void)
{
	world_record(cq.dbr, 4, 0);
	push(0);
	push(1);
	CU_ASSERT_EQUAL(world.eq.producer, 0);
	cx_poll(&world.cx);
	CU_ASSERT_EQUAL(world.eq.producer, 1);
}

static void what_ends_a_session(void)
{
	static const struct {
		uint8_t at, value;
	} row[] = {
		{ CQE_RSS_HASH_TYPE, 0x1 }, { CQE_HDS_IP_EXT, 3 }, { CQE_L4_L3_TYPE, 0x18 },
		{ CQE_L4_L3_TYPE, 0x29 }, { CQE_VLAN_TCI + 1, 9 }, { CQE_USER_INDEX + 3, 0x78 },
		{ CQE_OPCODE_QPN + 3, 0xef }, { CQE_WQE_COUNTER + 1, 99 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint8_t cqe[64], got[64];
		uint16_t first = (uint16_t)(i * 3);

		push(first);
		push((uint16_t)(first + 1));
		base(cqe, (uint16_t)(first + 2));
		cqe[row[i].at] = row[i].value;
		cx_cq_push(&world.cx, &cq, cqe);
		expect(first); /* written at once, before the round is over */
		expect((uint16_t)(first + 1));
		CU_ASSERT_FALSE(take(got));
		cx_poll(&world.cx);
		CU_ASSERT_TRUE_FATAL(take(got));
		CU_ASSERT_EQUAL(got[row[i].at], row[i].value);
	}
	CU_ASSERT_EQUAL(consumer.sessions, sizeof(row) / sizeof(row[0]));
	CU_ASSERT_EQUAL(consumer.plain, sizeof(row) / sizeof(row[0]));
}

/* Errors and send completions are never part of one, and never overtake. */
static void other_completions(void)
{
	static const uint8_t opcode[] = { CQE_RESPONDER_ERROR, CQE_REQUESTER_ERROR };
	uint8_t cqe[64], got[64];

	for (size_t i = 0; i < sizeof(opcode); i++) {
		push(0);
		push(1);
		for (int n = 0; n < 2; n++) {
			base(cqe, (uint16_t)(2 + n));
			cqe[CQE_OP_OWN] = (uint8_t)(opcode[i] << 4);
			cx_cq_push(&world.cx, &cq, cqe);
		}
		expect(0);
		expect(1);
		for (int n = 0; n < 2; n++) {
			CU_ASSERT_TRUE_FATAL(take(got));
			CU_ASSERT_EQUAL(got[63] >> 4, opcode[i]);
			CU_ASSERT_EQUAL(cx_get16(got, CQE_WQE_COUNTER), 2 + n);
		}
	}
	for (int n = 0; n < 4; n++) { /* requester: each a CQE of its own, at once */
		base(cqe, (uint16_t)n);
		cqe[CQE_OP_OWN] = 0;
		cx_cq_push(&world.cx, &cq, cqe);
		CU_ASSERT_EQUAL(entry(8u + (unsigned int)n)[63], 0);
		CU_ASSERT_EQUAL(cx_get16(entry(8u + (unsigned int)n), CQE_WQE_COUNTER), n);
	}
}

static void the_longest_session(void)
{
	for (unsigned int n = 0; n < 64; n++)
		push((uint16_t)n);
	for (unsigned int n = 0; n < 64; n++) /* full: not held back */
		expect((uint16_t)n);
	CU_ASSERT_EQUAL(consumer.sessions, 1);
}

/* Many laps of batches of every size, against the end of the ring at every distance. */
static void laps(void)
{
	uint16_t in = 0, out = 0;
	uint8_t cqe[64];
	uint32_t seed = 7;

	for (int round = 0; round < 4000; round++) {
		unsigned int n = (seed = seed * 1103515245u + 12345u) >> 16 & 31;

		/* No more than there are entries: RQs are no larger. */
		for (unsigned int i = 0; i < n && (uint16_t)(in - out) < SIZE; i++)
			push(in++);
		if (seed >> 28 & 1)
			cx_poll(&world.cx);
		while (take(cqe)) {
			CU_ASSERT_EQUAL(cx_get16(cqe, 0x3c), out);
			CU_ASSERT_EQUAL(cx_get32(cqe, 0x2c), 60u + out);
			CU_ASSERT_EQUAL(cx_get32(cqe, 0x0c), 0x10000u + out);
			out++;
		}
		CU_ASSERT_FALSE_FATAL(cq.error);
	}
	cx_poll(&world.cx);
	while (take(cqe))
		out++;
	CU_ASSERT_EQUAL(out, in);
	CU_ASSERT_TRUE(consumer.sessions > 1000);
	CU_ASSERT_TRUE(consumer.plain > 10);
}

/* The consumer's room ends a session; without room it is the overrun it always was. */
static void room(void)
{
	uint8_t cqe[64];

	for (unsigned int n = 0; n < SIZE - 3; n++)
		push((uint16_t)n);
	cx_poll(&world.cx);
	for (unsigned int n = SIZE - 3; n < SIZE; n++)
		push((uint16_t)n); /* as many as fit: written when the last one is there */
	CU_ASSERT_EQUAL(cq.producer, SIZE);
	CU_ASSERT_FALSE(cq.error);
	push((uint16_t)SIZE);
	CU_ASSERT_TRUE(cq.error);
	for (unsigned int n = 0; n < SIZE; n++)
		expect((uint16_t)n);
	CU_ASSERT_FALSE(take(cqe));
}

static void memory_that_is_not_there(void)
{
	push(0);
	push(1);
	cq.buffer.page[0] = WORLD_BASE + WORLD_SIZE;
	CU_ASSERT_TRUE(cx_poll(&world.cx));
	CU_ASSERT_TRUE(cq.error);
	CU_ASSERT_EQUAL(*world_in(&world.eq.buffer, 1), 0x04);
	CU_ASSERT_FALSE(cx_poll(&world.cx));
}

/* Frames through an RQ: lengths and hashes differ, a VLAN tag ends it, a state change too. */
static void frames(void)
{
	static uint8_t frame[FRAMES_MAX];
	struct frame_spec sp = { .version = 4, .protocol = PROTO_UDP, .src = { 10, 0, 0, 1 },
				 .dst = { 10, 0, 0, 2 }, .dst_mac = world_vf_mac };
	static struct cx_rq rq;
	size_t len[6];
	uint8_t cqe[64];

	world_rq(&rq, &cq, 4, 4);
	for (uint16_t i = 0; i < 6; i++) {
		world_post_rx(&rq, i, 2048);
		sp.payload = 100u + i;
		sp.vlan = i == 4 ? 5 : 0;
		len[i] = frames_build(frame, &sp);
		CU_ASSERT_EQUAL(cx_rq_deliver(&world.cx, &rq, frame, len[i], 3, 1000u + i, 5),
				FABRIC_DELIVERED);
	}
	cx_rq_set_state(&world.cx, &rq, CX_QUEUE_ERR);
	for (uint16_t i = 0; i < 6; i++) {
		CU_ASSERT_TRUE_FATAL(take(cqe));
		CU_ASSERT_EQUAL(cx_get32(cqe, 0x2c), i == 4 ? len[i] - 4 : len[i]);
		CU_ASSERT_EQUAL(cx_get32(cqe, 0x0c), 1000u + i);
		CU_ASSERT_EQUAL(cqe[0x1d] & 1, i == 4);
		CU_ASSERT_EQUAL(cx_get16(cqe, 0x3c), i);
	}
	CU_ASSERT_EQUAL(consumer.sessions, 1);
	CU_ASSERT_EQUAL(consumer.plain, 2);
}

static CU_TestInfo tests[] = {
	{ "one session", one_session },
	{ "nothing is held back for long", nothing_is_held_back_for_long },
	{ "the event comes with the title", the_event_comes_with_the_title },
	{ "what ends a session", what_ends_a_session },
	{ "other completions", other_completions },
	{ "the longest session", the_longest_session },
	{ "laps", laps },
	{ "room", room },
	{ "memory that is not there", memory_that_is_not_there },
	{ "frames", frames },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("connectx/session", setup, world_teardown, tests);
