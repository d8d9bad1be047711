// SPDX-License-Identifier: BSD-3-Clause
/*
 * Multi-packet WQEs as net_mlx5 writes them (mlx5_tx_burst_empw_inline() and _empw_simple(), and
 * their legacy forms): straight into the ring, data segment by data segment, wrapping at its end in
 * the middle of a packet if that is where it comes; the tail of a segment is not cleared.
 */
#include "connectx_sender.h"

#define LOG_BLOCKS 4
#define RING (64u << LOG_BLOCKS)
#define PACKETS 12

static struct sender s;
static uint8_t ring[RING];    /* as the driver sees it: one piece */
static unsigned int title;    /* byte of the WQE's first block */
static unsigned int at;       /* byte the next segment goes to */
static uint8_t want[WORLD_KEPT][512];
static size_t want_len[WORLD_KEPT];
static unsigned int wanted;

static void setup(void)
{
	world_setup();
	sender_init(&s, LOG_BLOCKS);
	memset(ring, 0xee, sizeof(ring));
	wanted = 0;
}

static void begin(uint32_t opcode)
{
	title = (unsigned int)(s.producer * 64u) % RING;
	memset(ring + title, 0, 32);
	cx_set32(ring + title, 0, (uint32_t)s.producer << 8 | opcode);
	ring[title + WQE_FM_CE_SE] = 2 << 2;
	at = (title + 32) % RING;
}

static void put(const uint8_t *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		ring[at] = data[i];
		at = (at + 1) % RING;
	}
}

static void align(void)
{
	at = (at + 15) / 16 * 16 % RING;
}

static void want_frame(const uint8_t *frame, size_t len)
{
	memcpy(want[wanted], frame, len);
	want_len[wanted++] = len;
}

static void fill(uint8_t *frame, size_t len, unsigned int seed)
{
	memset(frame, 0, len);
	memcpy(frame, world_peer_mac, 6);
	memcpy(frame + 6, world_vf_mac, 6);
	for (size_t i = 12; i < len; i++)
		frame[i] = (uint8_t)(seed * 31 + i);
}

static void put_inline(unsigned int seed, size_t len)
{
	uint8_t frame[512], count[4];

	fill(frame, len, seed);
	cx_set32(count, 0, (uint32_t)len | WQE_DATA_INLINE);
	put(count, 4);
	put(frame, len);
	align();
	want_frame(frame, len);
}

/* The driver puts the tag in while it copies. */
static void put_inline_tagged(unsigned int seed, size_t len, uint16_t tci)
{
	uint8_t frame[512], count[4], tag[4];

	fill(frame, len, seed);
	cx_set32(count, 0, (uint32_t)(len + 4) | WQE_DATA_INLINE);
	cx_set32(tag, 0, 0x8100u << 16 | tci);
	put(count, 4);
	put(frame, 12);
	put(tag, 4);
	put(frame + 12, len - 12);
	align();
	memmove(frame + 16, frame + 12, len - 12);
	memcpy(frame + 12, tag, 4);
	want_frame(frame, len + 4);
}

static void put_pointer(unsigned int seed, size_t len)
{
	gpa_t where = world_alloc(len, 1);
	uint8_t segment[16];

	fill(world_at(where), len, seed);
	world_data(segment, (uint32_t)len, world_key(&world.pa), where);
	put(segment, sizeof(segment));
	want_frame(world_at(where), len);
}

/* Closes the WQE: its length is known now, and the whole ring is the device's to read. */
static void post(void)
{
	unsigned int bytes = (at + RING - title) % RING;

	if (bytes == 0)
		bytes = RING;
	cx_set32(ring + title, 4, s.sq.object.number << 8 | bytes / 16);
	s.producer = (uint16_t)(s.producer + (bytes + 63) / 64);
	for (unsigned int i = 0; i < RING; i++)
		*world_in(&s.sq.wq.buffer, i) = ring[i];
	sender_ring(&s);
}

static void expect_frames(void)
{
	const uint8_t *cqe = sender_cqe(&s);

	CU_ASSERT_PTR_NOT_NULL_FATAL(cqe);
	CU_ASSERT_EQUAL(cqe[CQE_OP_OWN] >> 4, CQE_REQUESTER);
	CU_ASSERT_EQUAL(world.frames, wanted);
	for (unsigned int i = 0; i < wanted; i++) {
		CU_ASSERT_EQUAL(world.len[i], want_len[i]);
		CU_ASSERT_EQUAL(memcmp(world.frame[i], want[i], want_len[i]), 0);
	}
	world.frames = wanted = 0;
}

/* One WQE of every kind of segment, from every block of the ring on. */
static void segments_of_every_kind(void)
{
	for (unsigned int lap = 0; lap < 40; lap++) {
		begin(WQE_ENHANCED_MPW);
		put_inline(lap, 19);
		put_pointer(lap + 1, 300);
		put_inline(lap + 2, 28); /* fills its segments to the last byte */
		put_inline_tagged(lap + 3, 60 + lap, 0x6064);
		put_inline(lap + 4, 29);
		put_pointer(lap + 5, 60);
		put_inline_tagged(lap + 6, 19 + lap, 7);
		put_inline(lap + 7, 140);
		post();
		expect_frames();
		world.free = WORLD_BASE + WORLD_SIZE / 2; /* the buffers are done with */
		/* On by one to three blocks, so that every block is once the first. */
		begin(WQE_NOP);
		at = (title + 16) % RING;
		post();
		CU_ASSERT_PTR_NOT_NULL(sender_cqe(&s));
	}
}

static void pointers_only(void)
{
	for (unsigned int lap = 0; lap < 20; lap++) {
		begin(WQE_ENHANCED_MPW);
		for (unsigned int i = 0; i < PACKETS; i++)
			put_pointer(lap + i, 60 + 7 * i);
		post();
		expect_frames();
		world.free = WORLD_BASE + WORLD_SIZE / 2;
	}
}

/* As long as a WQE may be: 60 segments, inline to the end. */
static void the_longest(void)
{
	for (unsigned int lap = 0; lap < 20; lap++) {
		begin(WQE_ENHANCED_MPW);
		for (unsigned int i = 0; i < 58 / 4; i++)
			put_inline(i + lap, 60); /* four segments */
		post();
		expect_frames();
	}
}

/* Flags of the Ethernet segment are for every packet. */
static void checksums_for_all(void)
{
	static uint8_t frame[FRAMES_MAX];
	struct frame_spec sp = { .version = 4, .protocol = PROTO_UDP, .payload = 31,
				 .dst_mac = world_peer_mac, .src_mac = world_vf_mac };
	size_t len = frames_build(frame, &sp);
	uint8_t count[4];

	begin(WQE_ENHANCED_MPW);
	ring[title + WQE_CS_FLAGS] = WQE_CS_L3 | WQE_CS_L4;
	for (int i = 0; i < 3; i++) {
		want_frame(frame, len);
		cx_set32(count, 0, (uint32_t)len | WQE_DATA_INLINE);
		frame[24] ^= 0x55; /* both checksums wrong on the way in */
		frame[40] ^= 0x55;
		put(count, 4);
		put(frame, len);
		align();
		frame[24] ^= 0x55;
		frame[40] ^= 0x55;
	}
	post();
	expect_frames();
}

/* The older form: frames of one length, as pointers or one inline segment that holds them all. */
static void equal_frames(void)
{
	uint8_t frame[512], count[4];

	s.sq.multi_packet = true;
	begin(WQE_LSO | (uint32_t)WQE_OPMOD_MPW << 24);
	cx_set16(ring + title, WQE_MSS, 100);
	for (unsigned int i = 0; i < 6; i++)
		put_pointer(i, 100);
	post();
	expect_frames();
	begin(WQE_LSO | (uint32_t)WQE_OPMOD_MPW << 24);
	cx_set16(ring + title, WQE_MSS, 61);
	cx_set32(count, 0, 6 * 61 | WQE_DATA_INLINE);
	put(count, 4);
	for (unsigned int i = 0; i < 6; i++) {
		fill(frame, 61, i);
		put(frame, 61);
		want_frame(frame, 61);
	}
	align();
	post();
	expect_frames();
}

static void expect_refusal(uint8_t syndrome)
{
	const uint8_t *cqe = sender_cqe(&s);

	CU_ASSERT_PTR_NOT_NULL_FATAL(cqe);
	CU_ASSERT_EQUAL(cqe[CQE_OP_OWN] >> 4, CQE_REQUESTER_ERROR);
	CU_ASSERT_EQUAL(cqe[CQE_SYNDROME], syndrome);
	CU_ASSERT_EQUAL(s.sq.state, CX_QUEUE_ERR);
	cx_sq_set_state(&world.cx, &s.sq, CX_QUEUE_RST);
	cx_sq_set_state(&world.cx, &s.sq, CX_QUEUE_RDY);
	s.producer = 0;
	world.frames = wanted = 0;
}

static void what_is_refused(void)
{
	/* The older form on a queue that was not made for it, and lengths that do not divide. */
	begin(WQE_LSO | (uint32_t)WQE_OPMOD_MPW << 24);
	cx_set16(ring + title, WQE_MSS, 100);
	put_pointer(0, 100);
	post();
	CU_ASSERT_EQUAL(world.frames, 0);
	expect_refusal(CQE_LOCAL_OPERATION);
	s.sq.multi_packet = true;
	for (uint16_t mss = 0; mss < 2; mss++) {
		begin(WQE_LSO | (uint32_t)WQE_OPMOD_MPW << 24);
		cx_set16(ring + title, WQE_MSS, mss * 64);
		put_pointer(0, 100);
		post();
		CU_ASSERT_EQUAL(world.frames, 0);
		expect_refusal(mss == 0 ? CQE_LOCAL_OPERATION : CQE_LOCAL_LENGTH);
	}
	/* A packet without bytes, an inline one that ends behind the WQE, no such form. */
	begin(WQE_ENHANCED_MPW);
	put_inline(0, 60);
	put((const uint8_t[16]){ 0x80 }, 16);
	post();
	CU_ASSERT_EQUAL(world.frames, 1);
	expect_refusal(CQE_LOCAL_OPERATION);
	begin(WQE_ENHANCED_MPW);
	put((const uint8_t[16]){ 0x80, 0, 0, 13 }, 16);
	post();
	expect_refusal(CQE_LOCAL_OPERATION);
	begin(WQE_SEND | 1u << 24);
	put_pointer(0, 100);
	post();
	expect_refusal(CQE_LOCAL_OPERATION);
}

/* A queue made to have headers inline takes no packet without them. */
static void headers_inline(void)
{
	static const struct {
		uint8_t mode;
		uint16_t size;
		bool sent;
	} row[] = { { 0, 0, true }, { 1, 13, false }, { 1, 14, true }, { 1, 0x8000 | 20, false },
		    { 2, 33, false }, { 2, 34, true }, { 3, 41, false }, { 3, 42, true } };
	uint8_t frame[64];

	fill(frame, sizeof(frame), 1);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		s.sq.min_inline = row[i].mode;
		sender_begin(&s, WQE_SEND);
		sender_inline_header(&s, frame, row[i].size & 0xff);
		cx_set16(s.wqe, WQE_INLINE_SIZE, row[i].size);
		sender_data(&s, frame, sizeof(frame));
		sender_post(&s);
		sender_ring(&s);
		if (!row[i].sent) {
			expect_refusal(CQE_LOCAL_OPERATION);
			continue;
		}
		CU_ASSERT_EQUAL(world.frames, 1);
		CU_ASSERT_PTR_NOT_NULL(sender_cqe(&s));
		world.frames = 0;
	}
}

static CU_TestInfo tests[] = {
	{ "segments of every kind", segments_of_every_kind },
	{ "pointers only", pointers_only },
	{ "the longest", the_longest },
	{ "checksums for all", checksums_for_all },
	{ "equal frames", equal_frames },
	{ "what is refused", what_is_refused },
	{ "headers inline", headers_inline },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("connectx/mpw", setup, world_teardown, tests);
