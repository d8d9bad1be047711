// SPDX-License-Identifier: BSD-3-Clause
#include "connectx_sender.h"

static struct sender s;
static uint8_t frame[FRAMES_MAX];

static void setup(void)
{
	world_setup();
	sender_init(&s, 5);
}

static struct frame_spec spec(int version, int protocol, size_t payload)
{
	return (struct frame_spec){ .version = version, .protocol = protocol, .payload = payload,
				    .src = { 10, 77, 0, 2 }, .dst = { 10, 77, 0, 1 },
				    .sport = 1234, .dport = 80, .dst_mac = world_peer_mac,
				    .src_mac = world_vf_mac };
}

/* What the completion of the WQE at that block must look like. */
static void expect_completion(uint16_t counter, uint8_t wqe_opcode)
{
	const uint8_t *cqe = sender_cqe(&s);

	CU_ASSERT_PTR_NOT_NULL_FATAL(cqe);
	CU_ASSERT_EQUAL(cqe[CQE_OP_OWN] >> 4, CQE_REQUESTER);
	CU_ASSERT_EQUAL(cx_get16(cqe, CQE_WQE_COUNTER), counter);
	CU_ASSERT_EQUAL(cx_get32(cqe, CQE_OPCODE_QPN),
			(uint32_t)wqe_opcode << 24 | s.sq.object.number);
	CU_ASSERT_EQUAL(cx_get32(cqe, CQE_USER_INDEX), WORLD_USER_INDEX);
}

static void expect_error(uint16_t counter, uint8_t syndrome)
{
	const uint8_t *cqe = sender_cqe(&s);

	CU_ASSERT_PTR_NOT_NULL_FATAL(cqe);
	CU_ASSERT_EQUAL(cqe[CQE_OP_OWN] >> 4, CQE_REQUESTER_ERROR);
	CU_ASSERT_EQUAL(cqe[CQE_SYNDROME], syndrome);
	CU_ASSERT_EQUAL(cx_get16(cqe, CQE_WQE_COUNTER), counter);
}

static void nop_and_umr_complete(void)
{
	sender_begin(&s, WQE_NOP);
	sender_post(&s);
	sender_begin(&s, WQE_UMR);
	sender_post(&s);
	CU_ASSERT_TRUE(sender_ring(&s));
	expect_completion(0, WQE_NOP);
	expect_completion(1, WQE_UMR);
	CU_ASSERT_EQUAL(world.frames, 0);
	CU_ASSERT_FALSE(cx_sq_poll(&world.cx, &s.sq));
}

static void only_who_asks_gets_a_completion(void)
{
	for (uint8_t fm_ce_se = 0; fm_ce_se < 16; fm_ce_se++) {
		bool asks = fm_ce_se >> 2 >= 2;

		sender_begin(&s, WQE_NOP);
		s.wqe[WQE_FM_CE_SE] = fm_ce_se;
		sender_post(&s);
		sender_ring(&s);
		CU_ASSERT_EQUAL(sender_cqe(&s) != NULL, asks);
	}
}

/* Checksum fields hold rubbish before, the flags say which are right afterwards. */
static void checksums_as_asked(void)
{
	static const struct {
		int version, protocol, vlan;
		uint8_t flags;
	} row[] = {
		{ 4, PROTO_TCP, 0, 0 }, { 4, PROTO_TCP, 0, WQE_CS_L3 },
		{ 4, PROTO_TCP, 0, WQE_CS_L4 }, { 4, PROTO_TCP, 0, WQE_CS_L3 | WQE_CS_L4 },
		{ 4, PROTO_UDP, 0, WQE_CS_L3 | WQE_CS_L4 }, { 4, PROTO_UDP, 7, WQE_CS_L4 },
		{ 6, PROTO_TCP, 0, 0 }, { 6, PROTO_TCP, 9, WQE_CS_L3 | WQE_CS_L4 },
		{ 6, PROTO_UDP, 0, WQE_CS_L4 }, { 6, PROTO_UDP, 0, WQE_CS_L3 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct frame_spec sp = spec(row[i].version, row[i].protocol, 301);
		size_t l3 = row[i].vlan ? 18 : 14, len, l4, field;
		uint8_t want[600];

		sp.vlan = row[i].vlan;
		len = frames_build(frame, &sp);
		l4 = l3 + (row[i].version == 4 ? 20 : 40);
		field = l4 + (row[i].protocol == PROTO_TCP ? TCP_CHECKSUM : UDP_CHECKSUM);
		memcpy(want, frame, len);
		wire_put16(frame + field, 0xdead);
		if (row[i].version == 4)
			wire_put16(frame + l3 + IPV4_CHECKSUM, 0xbeef);
		if (!(row[i].flags & WQE_CS_L4))
			wire_put16(want + field, 0xdead);
		if (row[i].version == 4 && !(row[i].flags & WQE_CS_L3))
			wire_put16(want + l3 + IPV4_CHECKSUM, 0xbeef);
		sender_begin(&s, WQE_SEND);
		s.wqe[WQE_CS_FLAGS] = row[i].flags;
		sender_data(&s, frame, 60);
		sender_data(&s, frame + 60, len - 60);
		sender_post(&s);
		sender_ring(&s);
		CU_ASSERT_EQUAL_FATAL(world.frames, i + 1);
		CU_ASSERT_EQUAL(world.len[i], len);
		CU_ASSERT_EQUAL(memcmp(world.frame[i], want, len), 0);
		expect_completion((uint16_t)i, WQE_SEND);
	}
}

/* Every split of a frame into inline header, inline data and data segments is the same frame. */
static void gathering(void)
{
	static const struct {
		size_t header, inlined;
	} row[] = { { 0, 0 }, { 1, 0 }, { 2, 0 }, { 3, 0 }, { 14, 0 }, { 18, 0 }, { 19, 40 },
		    { 0, 12 }, { 0, 13 }, { 0, 28 }, { 54, 1 }, { 0, 113 }, { 113, 0 } };
	struct frame_spec sp = spec(4, PROTO_UDP, 71);
	size_t len = frames_build(frame, &sp);

	CU_ASSERT_EQUAL_FATAL(len, 113);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		size_t at = row[i].header;

		sender_begin(&s, WQE_SEND);
		if (at != 0)
			sender_inline_header(&s, frame, at);
		if (row[i].inlined != 0)
			sender_inline_data(&s, frame + at, row[i].inlined);
		at += row[i].inlined;
		if (at < len)
			sender_data(&s, frame + at, len - at);
		sender_post(&s);
		sender_ring(&s);
		CU_ASSERT_EQUAL_FATAL(world.frames, i + 1);
		CU_ASSERT_EQUAL(world.len[i], len);
		CU_ASSERT_EQUAL(memcmp(world.frame[i], frame, len), 0);
	}
}

static void tag_insertion(void)
{
	struct frame_spec sp = spec(4, PROTO_TCP, 100);
	size_t len = frames_build(frame, &sp);
	static const struct {
		uint16_t insert, tpid;
	} row[] = { { WQE_INSERT_VLAN, 0x8100 }, { WQE_INSERT_VLAN | WQE_INSERT_SVLAN, 0x88a8 },
		    { WQE_INSERT_VLAN | 0x0100, 0x8100 } }; /* not an inline size */

	for (size_t i = 0; i < 3; i++) {
		const uint8_t *got = world.frame[i];

		sender_begin(&s, WQE_SEND);
		cx_set16(s.wqe, WQE_INLINE_SIZE, row[i].insert);
		cx_set16(s.wqe, WQE_VLAN_TCI, 0x6123);
		s.wqe[WQE_CS_FLAGS] = WQE_CS_L3 | WQE_CS_L4;
		sender_data(&s, frame, len);
		sender_post(&s);
		sender_ring(&s);
		CU_ASSERT_EQUAL_FATAL(world.frames, i + 1);
		CU_ASSERT_EQUAL(world.len[i], len + 4);
		CU_ASSERT_EQUAL(memcmp(got, frame, 12), 0);
		CU_ASSERT_EQUAL(cx_get16(got, 12), row[i].tpid);
		CU_ASSERT_EQUAL(cx_get16(got, 14), 0x6123);
		CU_ASSERT_EQUAL(memcmp(got + 16, frame + 12, len - 12), 0);
	}
}

/* LSO, TSO6, USO, with and without a tag in the inline header: pieces join to the payload. */
static void segmentation(void)
{
	static const struct {
		int version, protocol, vlan;
		size_t payload, mss;
		bool insert;
	} row[] = {
		{ 4, PROTO_TCP, 0, 40000, 1448, false }, { 6, PROTO_TCP, 0, 30001, 1428, false },
		{ 4, PROTO_UDP, 0, 9000, 1472, false }, { 6, PROTO_UDP, 5, 5000, 1000, false },
		{ 4, PROTO_TCP, 0, 5000, 1444, true }, { 4, PROTO_TCP, 0, 100, 1448, false },
		{ 4, PROTO_TCP, 0, 65000, 1448, true },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct frame_spec sp = spec(row[i].version, row[i].protocol, row[i].payload);
		size_t len, l3 = row[i].vlan ? 18 : 14, l4, headers, joined = 0;
		size_t pieces = (row[i].payload + row[i].mss - 1) / row[i].mss;
		size_t tag = row[i].insert ? 4 : 0;

		sp.vlan = row[i].vlan;
		len = frames_build(frame, &sp);
		headers = len - row[i].payload;
		l4 = l3 + (row[i].version == 4 ? 20 : 40);
		world.frames = 0;
		sender_begin(&s, WQE_LSO);
		cx_set16(s.wqe, WQE_MSS, (uint16_t)row[i].mss);
		if (row[i].insert) {
			cx_set16(s.wqe, WQE_INLINE_SIZE, WQE_INSERT_VLAN);
			cx_set16(s.wqe, WQE_VLAN_TCI, 0x0fff);
			sender_data(&s, frame, headers);
		} else {
			sender_inline_header(&s, frame, headers);
		}
		sender_data(&s, frame + headers, 17);
		if (row[i].payload > 17)
			sender_data(&s, frame + headers + 17, row[i].payload - 17);
		sender_post(&s);
		sender_ring(&s);
		CU_ASSERT_EQUAL_FATAL(world.frames, pieces);
		for (unsigned int n = 0; n < pieces; n++) {
			const uint8_t *got = world.frame[n];
			size_t part = world.len[n] - headers - tag;

			CU_ASSERT_EQUAL(part, n + 1 < pieces ? row[i].mss :
							       row[i].payload - joined);
			CU_ASSERT_EQUAL(memcmp(got + headers + tag, frame + headers + joined, part),
					0);
			CU_ASSERT_EQUAL(frames_l4_sum(got, l3 + tag, l4 + tag, world.len[n],
						      row[i].version, row[i].protocol), 0xffff);
			joined += part;
		}
		CU_ASSERT_PTR_NOT_NULL(sender_cqe(&s));
	}
}

static void many_frames_in_one(void)
{
	struct frame_spec sp = spec(4, PROTO_UDP, 60);

	sender_begin(&s, WQE_ENHANCED_MPW);
	s.wqe[WQE_CS_FLAGS] = WQE_CS_L3 | WQE_CS_L4;
	for (uint16_t i = 0; i < 6; i++) {
		size_t len;

		sp.sport = i;
		len = frames_build(frame, &sp);
		wire_put16(frame + 34 + UDP_CHECKSUM, 0x1111);
		if (i % 2 == 0)
			sender_data(&s, frame, len);
		else
			sender_inline_data(&s, frame, len);
	}
	sender_post(&s);
	sender_ring(&s);
	CU_ASSERT_EQUAL(world.frames, 6);
	for (uint16_t i = 0; i < 6; i++) {
		CU_ASSERT_EQUAL(cx_get16(world.frame[i], 34), i);
		CU_ASSERT_EQUAL(frames_l4_sum(world.frame[i], 14, 34, world.len[i], 4, PROTO_UDP),
				0xffff);
	}
	expect_completion(0, WQE_ENHANCED_MPW);
	CU_ASSERT_PTR_NULL(sender_cqe(&s));
}

/* WQEs of 1 to 16 blocks round a ring of 32, many times: each place of the wrap is met. */
static void a_wqe_wraps_at_the_end_of_the_ring(void)
{
	struct frame_spec sp = spec(4, PROTO_UDP, 700);
	size_t len = frames_build(frame, &sp);
	gpa_t mark = world.free;

	for (unsigned int i = 0; i < 300; i++) {
		unsigned int segments = 1 + i * 7 % 60;
		uint16_t counter = s.producer;

		world.free = mark;
		sender_begin(&s, WQE_SEND);
		for (unsigned int n = 0; n < segments; n++) {
			size_t from = len * n / segments, to = len * (n + 1) / segments;

			sender_data(&s, frame + from, to - from);
		}
		sender_post(&s);
		sender_ring(&s);
		CU_ASSERT_EQUAL_FATAL(world.frames, i + 1);
		CU_ASSERT_EQUAL(world.len[i % WORLD_KEPT], len);
		CU_ASSERT_EQUAL(memcmp(world.frame[i % WORLD_KEPT], frame, len), 0);
		expect_completion(counter, WQE_SEND);
	}
	CU_ASSERT_EQUAL(s.sq.consumer, s.producer);
}

static void one_queue_does_not_starve_its_neighbours(void)
{
	struct sender big;

	sender_init(&big, 7);
	for (int i = 0; i < 100; i++) {
		sender_begin(&big, WQE_NOP);
		sender_post(&big);
	}
	sender_ring(&big);
	CU_ASSERT_EQUAL(big.sq.consumer, 64);
	CU_ASSERT_TRUE(cx_sq_poll(&world.cx, &big.sq));
	CU_ASSERT_EQUAL(big.sq.consumer, 100);
}

static void an_error_flushes_what_follows(void)
{
	sender_begin(&s, WQE_NOP);
	sender_post(&s);
	sender_begin(&s, (enum cx_wqe_opcode)0x77);
	s.ds = 7; /* two blocks */
	sender_post(&s);
	sender_begin(&s, WQE_NOP);
	s.wqe[WQE_FM_CE_SE] = 0; /* not asked for, flushed all the same */
	sender_post(&s);
	sender_begin(&s, WQE_NOP);
	s.ds = 5;
	sender_post(&s);
	sender_ring(&s);
	CU_ASSERT_EQUAL(s.sq.state, CX_QUEUE_ERR);
	expect_completion(0, WQE_NOP);
	expect_error(1, CQE_LOCAL_OPERATION);
	expect_error(3, CQE_FLUSHED);
	expect_error(4, CQE_FLUSHED);
	CU_ASSERT_PTR_NULL(sender_cqe(&s));
	CU_ASSERT_EQUAL(s.sq.consumer, s.producer);
	/* What is posted to a queue in error is flushed by the next round. */
	sender_begin(&s, WQE_NOP);
	sender_post(&s);
	CU_ASSERT_FALSE(sender_ring(&s));
	CU_ASSERT_TRUE(cx_poll(&world.cx));
	expect_error(6, CQE_FLUSHED);
	CU_ASSERT_FALSE(cx_poll(&world.cx));
}

static void a_flush_waits_for_room(void)
{
	uint32_t seen = 0;

	s.cq.log_size = 2; /* the first four entries of the ring */
	for (int i = 0; i < 11; i++) {
		sender_begin(&s, WQE_NOP);
		sender_post(&s);
	}
	world_record(s.sq.wq.dbr, 4, s.producer);
	cx_sq_set_state(&world.cx, &s.sq, CX_QUEUE_ERR);
	for (int round = 0; round < 4; round++) {
		while (world_cqe(&s.cq, seen) != NULL)
			seen++;
		CU_ASSERT_EQUAL(seen, round < 2 ? 4u * ((unsigned int)round + 1) : 11);
		world_record(s.cq.dbr, 0, seen);
		cx_poll(&world.cx);
	}
	CU_ASSERT_FALSE(s.cq.error);
}

/* mlx5e after an error: its counters begin at 0, the record keeps the old value until it posts. */
static void reset_forgets_the_old_producer(void)
{
	for (int i = 0; i < 5; i++) {
		sender_begin(&s, WQE_NOP);
		sender_post(&s);
	}
	sender_ring(&s);
	while (sender_cqe(&s) != NULL)
		;
	cx_sq_set_state(&world.cx, &s.sq, CX_QUEUE_ERR);
	cx_sq_set_state(&world.cx, &s.sq, CX_QUEUE_RST);
	cx_sq_set_state(&world.cx, &s.sq, CX_QUEUE_RDY);
	CU_ASSERT_FALSE(cx_poll(&world.cx));
	s.producer = 0;
	sender_begin(&s, WQE_NOP);
	sender_post(&s);
	sender_ring(&s);
	expect_completion(0, WQE_NOP);
	CU_ASSERT_PTR_NULL(sender_cqe(&s));
}

static void a_queue_that_is_not_ready_sends_nothing(void)
{
	sender_begin(&s, WQE_NOP);
	sender_post(&s);
	s.sq.state = CX_QUEUE_RST;
	CU_ASSERT_FALSE(sender_ring(&s));
	CU_ASSERT_FALSE(cx_poll(&world.cx));
	s.sq.state = CX_QUEUE_RDY;
	world.cx.in_service = false;
	CU_ASSERT_FALSE(cx_poll(&world.cx));
	CU_ASSERT_TRUE(cx_is_idle(&world.cx));
	world.cx.in_service = true;
	CU_ASSERT_FALSE(cx_is_idle(&world.cx));
	CU_ASSERT_TRUE(cx_poll(&world.cx));
}

static CU_TestInfo tests[] = {
	{ "NOP and UMR complete", nop_and_umr_complete },
	{ "only who asks gets a completion", only_who_asks_gets_a_completion },
	{ "checksums as asked", checksums_as_asked },
	{ "gathering", gathering },
	{ "tag insertion", tag_insertion },
	{ "segmentation", segmentation },
	{ "many frames in one", many_frames_in_one },
	{ "a WQE wraps at the end of the ring", a_wqe_wraps_at_the_end_of_the_ring },
	{ "one queue does not starve its neighbours", one_queue_does_not_starve_its_neighbours },
	{ "an error flushes what follows", an_error_flushes_what_follows },
	{ "a flush waits for room", a_flush_waits_for_room },
	{ "reset forgets the old producer", reset_forgets_the_old_producer },
	{ "a queue that is not ready", a_queue_that_is_not_ready_sends_nothing },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("connectx/sq", setup, world_teardown, tests);
