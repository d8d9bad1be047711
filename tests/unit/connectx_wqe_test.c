// SPDX-License-Identifier: BSD-3-Clause
/* Send WQEs no driver should write: each is refused with the right syndrome, nothing is sent. */
#include "connectx_sender.h"

static struct sender s;
static uint8_t frame[FRAMES_MAX];

static void setup(void)
{
	world_setup();
	sender_init(&s, 6);
}

/* A sound WQE of three segments to spoil. */
static void sound(enum cx_wqe_opcode opcode)
{
	const struct frame_spec sp = { .version = 4, .protocol = PROTO_TCP, .payload = 100,
				       .dst_mac = world_peer_mac, .src_mac = world_vf_mac };
	size_t len = frames_build(frame, &sp);

	sender_begin(&s, opcode);
	cx_set16(s.wqe, WQE_MSS, 50);
	sender_data(&s, frame, len);
}

static void too_long_in_all(void)
{
	sender_begin(&s, WQE_SEND);
	for (int i = 0; i < 2; i++) {
		world_data(s.wqe + s.ds * 16, 40000, world_key(&world.pa), WORLD_BASE);
		s.ds++;
	}
}

static void segment_too_long(void)
{
	sound(WQE_SEND);
	cx_set32(s.wqe, 0x20, 0x7fffffff);
}

static void no_length(void)
{
	sound(WQE_SEND);
	cx_set32(s.wqe, 0x20, 0);
}

static void no_key(void)
{
	sound(WQE_SEND);
	cx_set32(s.wqe, 0x24, WQE_INVALID_KEY);
}

static void no_memory(void)
{
	sound(WQE_SEND);
	cx_set64(s.wqe, 0x28, WORLD_BASE + WORLD_SIZE - 50);
}

static void inline_beyond_the_wqe(void)
{
	sender_begin(&s, WQE_SEND);
	cx_set32(s.wqe, 0x20, WQE_DATA_INLINE | 13);
	s.ds = 3;
}

static void header_beyond_the_wqe(void)
{
	sound(WQE_SEND);
	cx_set16(s.wqe, WQE_INLINE_SIZE, 19);
}

static void header_far_beyond_the_wqe(void)
{
	sound(WQE_LSO);
	cx_set16(s.wqe, WQE_INLINE_SIZE, WQE_INLINE_SIZE_MASK);
}

static void without_ethernet_segment(void)
{
	sender_begin(&s, WQE_SEND);
	s.ds = 1;
}

static void many_without_ethernet_segment(void)
{
	sender_begin(&s, WQE_ENHANCED_MPW);
	s.ds = 1;
}

static void unknown_opcode(void)
{
	sound((enum cx_wqe_opcode)0x23);
}

static void no_mss(void)
{
	sound(WQE_LSO);
	cx_set16(s.wqe, WQE_MSS, 0);
}

static void segment_not_tcp(void)
{
	sound(WQE_LSO);
	cx_set32(s.wqe, 0x20, 33); /* ends inside the IP header */
}

static void queue_without_tis(void)
{
	sound(WQE_SEND);
	s.sq.tis = NULL;
}

static void ring_not_in_memory(void)
{
	sound(WQE_SEND);
	s.sq.wq.buffer.page[0] = WORLD_BASE - 4096;
}

static void refused(void)
{
	static const struct {
		void (*spoil)(void);
		uint8_t syndrome;
	} row[] = {
		{ too_long_in_all, CQE_LOCAL_LENGTH },
		{ segment_too_long, CQE_LOCAL_LENGTH },
		{ no_length, CQE_LOCAL_OPERATION },
		{ no_key, CQE_LOCAL_PROTECTION },
		{ no_memory, CQE_LOCAL_PROTECTION },
		{ inline_beyond_the_wqe, CQE_LOCAL_OPERATION },
		{ header_beyond_the_wqe, CQE_LOCAL_OPERATION },
		{ header_far_beyond_the_wqe, CQE_LOCAL_OPERATION },
		{ without_ethernet_segment, CQE_LOCAL_OPERATION },
		{ many_without_ethernet_segment, CQE_LOCAL_OPERATION },
		{ unknown_opcode, CQE_LOCAL_OPERATION },
		{ no_mss, CQE_LOCAL_OPERATION },
		{ segment_not_tcp, CQE_LOCAL_OPERATION },
		{ queue_without_tis, CQE_LOCAL_OPERATION },
		{ ring_not_in_memory, CQE_LOCAL_PROTECTION },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		gpa_t page = s.sq.wq.buffer.page[0];
		const uint8_t *cqe;

		row[i].spoil();
		if (s.sq.wq.buffer.page[0] == page)
			sender_post(&s);
		else
			s.producer++;
		sender_ring(&s);
		cqe = sender_cqe(&s);
		CU_ASSERT_PTR_NOT_NULL_FATAL(cqe);
		CU_ASSERT_EQUAL(cqe[CQE_OP_OWN] >> 4, CQE_REQUESTER_ERROR);
		CU_ASSERT_EQUAL(cqe[CQE_SYNDROME], row[i].syndrome);
		CU_ASSERT_PTR_NULL(sender_cqe(&s));
		CU_ASSERT_EQUAL(s.sq.state, CX_QUEUE_ERR);
		CU_ASSERT_EQUAL(world.frames, 0);
		cx_sq_set_state(&world.cx, &s.sq, CX_QUEUE_RST);
		cx_sq_set_state(&world.cx, &s.sq, CX_QUEUE_RDY);
		s.sq.wq.buffer.page[0] = page;
		s.sq.tis = &world.tis;
		s.producer = 0;
	}
}

/* ds 0, and a ds that claims more blocks than were posted. */
static void impossible_sizes(void)
{
	static const struct {
		unsigned int ds, posted;
		bool refused;
	} row[] = { { 0, 1, true }, { 1, 1, false }, { 4, 1, false }, { 5, 1, true },
		    { 5, 2, false }, { 63, 15, true }, { 63, 16, false }, { 64, 16, true } };

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const uint8_t *cqe;

		sender_begin(&s, WQE_NOP);
		s.ds = row[i].ds;
		sender_post(&s);
		if (row[i].ds == 0)
			memcpy(world_in(&s.sq.wq.buffer, 0), s.wqe, 64);
		s.producer = (uint16_t)row[i].posted;
		sender_ring(&s);
		cqe = sender_cqe(&s);
		CU_ASSERT_PTR_NOT_NULL_FATAL(cqe);
		CU_ASSERT_EQUAL(cqe[CQE_OP_OWN] >> 4 == CQE_REQUESTER_ERROR, row[i].refused);
		while (sender_cqe(&s) != NULL)
			;
		cx_sq_set_state(&world.cx, &s.sq, CX_QUEUE_RST);
		cx_sq_set_state(&world.cx, &s.sq, CX_QUEUE_RDY);
		s.producer = 0;
	}
}

static void a_producer_beyond_the_ring(void)
{
	world_record(s.sq.wq.dbr, 4, 65);
	CU_ASSERT_TRUE(cx_sq_poll(&world.cx, &s.sq));
	CU_ASSERT_EQUAL(s.sq.state, CX_QUEUE_ERR);
	CU_ASSERT_PTR_NOT_NULL(sender_cqe(&s));
	CU_ASSERT_PTR_NULL(sender_cqe(&s));
	CU_ASSERT_FALSE(cx_poll(&world.cx)); /* there is nothing to flush that could be told */
}

static void a_record_that_is_not_there(void)
{
	s.sq.wq.dbr = UINT64_MAX - 7;
	CU_ASSERT_FALSE(cx_sq_poll(&world.cx, &s.sq));
	cx_sq_set_state(&world.cx, &s.sq, CX_QUEUE_RST);
	s.sq.wq.dbr = WORLD_BASE + 2;
	CU_ASSERT_FALSE(cx_sq_poll(&world.cx, &s.sq));
}

/* Random blocks as WQEs: the sanitizers watch. */
static void rubbish(void)
{
	uint32_t state = 88172645u;

	for (int round = 0; round < 3000; round++) {
		for (uint64_t at = 0; at < 64u * 64; at += 4) {
			state ^= state << 13;
			state ^= state >> 17;
			state ^= state << 5;
			cx_set32(world_in(&s.sq.wq.buffer, at), 0, state);
		}
		if (round % 2) /* get past the opcode, and make keys right */
			for (uint64_t at = 0; at < 64u * 64; at += 64) {
				static const uint8_t opcode[] = { 0x0a, 0x0e, 0x29, 0x0a };

				*world_in(&s.sq.wq.buffer, at + 3) = opcode[at / 64 % 4];
				cx_set32(world_in(&s.sq.wq.buffer, at + 0x24), 0,
					 world_key(&world.pa));
				cx_set64(world_in(&s.sq.wq.buffer, at + 0x28), 0, WORLD_BASE);
				cx_set16(world_in(&s.sq.wq.buffer, at + 0x20), 0, 0);
			}
		world_record(s.sq.wq.dbr, 4, 64);
		while (cx_poll(&world.cx))
			world_record(s.cq.dbr, 0, s.cq.producer & 0xffffff);
		world_record(s.cq.dbr, 0, s.cq.producer & 0xffffff);
		cx_sq_set_state(&world.cx, &s.sq, CX_QUEUE_RST);
		cx_sq_set_state(&world.cx, &s.sq, CX_QUEUE_RDY);
	}
	CU_ASSERT_FALSE(s.cq.error);
}

static CU_TestInfo tests[] = {
	{ "refused", refused },
	{ "impossible sizes", impossible_sizes },
	{ "a producer beyond the ring", a_producer_beyond_the_ring },
	{ "a record that is not there", a_record_that_is_not_there },
	{ "rubbish", rubbish },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("connectx/wqe", setup, world_teardown, tests);
