// SPDX-License-Identifier: BSD-3-Clause
#include "../../tools/lab/connectx/rss.h"
#include "connectx_world.h"

#define IPS (FRAME_HASH_SRC_IP | FRAME_HASH_DST_IP)
#define PORTS (FRAME_HASH_SRC_PORT | FRAME_HASH_DST_PORT)

static struct cx_tir tir;
static struct cx_rqt rqt;
static uint32_t rqs[8];
static uint8_t frame[FRAMES_MAX];

/* The key of Microsoft's RSS verification suite, whose results are public. */
static const uint8_t key[40] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
	0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

static void setup(void)
{
	for (uint32_t i = 0; i < 8; i++)
		rqs[i] = 100 + i;
	rqt = (struct cx_rqt){ .max_size = 8, .size = 8, .rq = rqs };
	tir = (struct cx_tir){ .indirect = true, .rqt = &rqt, .hash_fn = 2,
			       .fields = IPS | PORTS };
	memcpy(tir.key, key, sizeof(key));
}

static struct cx_rss select_for(const struct frame_spec *sp)
{
	struct frame_info info;
	struct cx_rss rss;

	frame_parse(frame, frames_build(frame, sp), &info);
	CU_ASSERT_TRUE(cx_rss_select(&tir, frame, &info, &rss));
	return rss;
}

static const struct frame_spec known = {
	.version = 4, .protocol = PROTO_TCP, .payload = 10,
	.src = { 66, 9, 149, 187 }, .dst = { 161, 142, 100, 80 }, .sport = 2794, .dport = 1766,
};

static void known_hashes(void)
{
	struct cx_rss rss = select_for(&known);

	CU_ASSERT_EQUAL(rss.hash, 0x51ccc178);
	CU_ASSERT_EQUAL(rss.hash_type, 0x55); /* IPv4, TCP */
	CU_ASSERT_EQUAL(rss.rq, 100 + (0x51ccc178 & 7));
	tir.fields = IPS;
	rss = select_for(&known);
	CU_ASSERT_EQUAL(rss.hash, 0x323e8fc2);
	CU_ASSERT_EQUAL(rss.hash_type, 0x05);
}

static void what_a_frame_lacks_is_not_hashed(void)
{
	static const struct {
		bool ipv6, udp; /* the TIR's */
		int version, protocol;
		uint8_t type;
	} row[] = {
		{ false, false, 4, PROTO_TCP, 0x55 }, { false, true, 4, PROTO_UDP, 0xa5 },
		{ true, false, 6, PROTO_TCP, 0x5a }, { true, true, 6, PROTO_UDP, 0xaa },
		{ false, false, 4, PROTO_UDP, 0x05 }, { true, true, 6, PROTO_TCP, 0x0a },
		{ false, false, 6, PROTO_TCP, 0 }, { true, true, 4, PROTO_UDP, 0 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct frame_spec sp = known;
		struct cx_rss rss;

		sp.version = row[i].version;
		sp.protocol = row[i].protocol;
		tir.l3_ipv6 = row[i].ipv6;
		tir.l4_udp = row[i].udp;
		rss = select_for(&sp);
		CU_ASSERT_EQUAL(rss.hash_type, row[i].type);
		if (row[i].type == 0) {
			CU_ASSERT_EQUAL(rss.hash, 0);
			CU_ASSERT_EQUAL(rss.rq, 100);
		}
	}
}

static void fields_one_by_one(void)
{
	for (uint32_t fields = 0; fields < 16; fields++) {
		uint8_t type = (fields & 1 ? 0x01 : 0) | (fields & 2 ? 0x04 : 0) |
			       (fields & 4 ? 0x10 : 0) | (fields & 8 ? 0x40 : 0);
		struct frame_spec other = known;
		struct cx_rss a, b;

		tir.fields = fields | 0x3ffffff0; /* unknown fields change nothing */
		a = select_for(&known);
		CU_ASSERT_EQUAL(a.hash_type, type);
		other.sport ^= 0x155;
		b = select_for(&other);
		CU_ASSERT_EQUAL(a.hash != b.hash, (fields & FRAME_HASH_SRC_PORT) != 0);
		other = known;
		other.dst[3] ^= 0x10;
		b = select_for(&other);
		CU_ASSERT_EQUAL(a.hash != b.hash, (fields & FRAME_HASH_DST_IP) != 0);
	}
}

static void symmetric_hash_has_no_direction(void)
{
	for (int v = 4; v <= 6; v += 2)
		for (uint8_t fn = 1; fn <= 2; fn++) {
			struct frame_spec there = known, back = known;
			struct cx_rss a, b;

			there.version = back.version = v;
			tir.l3_ipv6 = v == 6;
			tir.hash_fn = fn;
			memcpy(back.src, there.dst, 16);
			memcpy(back.dst, there.src, 16);
			back.sport = there.dport;
			back.dport = there.sport;
			tir.symmetric = true;
			a = select_for(&there);
			b = select_for(&back);
			CU_ASSERT_EQUAL(a.hash, b.hash);
			CU_ASSERT_NOT_EQUAL(a.hash, 0);
			tir.symmetric = false;
			a = select_for(&there);
			b = select_for(&back);
			CU_ASSERT_EQUAL(a.hash == b.hash, fn == 1); /* xor is so by nature */
		}
}

static void xor_hash(void)
{
	uint8_t x = 66 ^ 9 ^ 149 ^ 187 ^ 161 ^ 142 ^ 100 ^ 80;
	struct cx_rss rss;

	tir.hash_fn = 1;
	tir.fields = IPS;
	rss = select_for(&known);
	CU_ASSERT_EQUAL(rss.hash, (uint8_t)~x);
	tir.fields = IPS | PORTS;
	x ^= (2794 >> 8) ^ (2794 & 0xff) ^ (1766 >> 8) ^ (1766 & 0xff);
	rss = select_for(&known);
	CU_ASSERT_EQUAL(rss.hash, (uint8_t)~x);
}

static void flows_spread(void)
{
	for (int symmetric = 0; symmetric < 2; symmetric++) {
		unsigned int hits[8] = { 0 };

		tir.symmetric = symmetric;
		for (uint16_t flow = 0; flow < 64; flow++) {
			struct frame_spec sp = known;
			struct cx_rss rss, again;

			sp.sport = (uint16_t)(32768 + flow * 2);
			rss = select_for(&sp);
			again = select_for(&sp);
			CU_ASSERT_EQUAL(rss.rq, again.rq);
			CU_ASSERT_TRUE_FATAL(rss.rq >= 100 && rss.rq < 108);
			hits[rss.rq - 100]++;
		}
		for (int i = 0; i < 8; i++)
			CU_ASSERT_TRUE(hits[i] >= 2 && hits[i] <= 24);
	}
}

static void targets(void)
{
	struct frame_info info = { 0 };
	struct cx_rss rss;

	tir.rqt = NULL;
	CU_ASSERT_FALSE(cx_rss_select(&tir, frame, &info, &rss));
	tir.rqt = &rqt;
	rqt.size = 0;
	CU_ASSERT_FALSE(cx_rss_select(&tir, frame, &info, &rss));
	tir.indirect = false;
	tir.rq = 55;
	CU_ASSERT_TRUE(cx_rss_select(&tir, frame, &info, &rss));
	CU_ASSERT_EQUAL(rss.rq, 55);
	CU_ASSERT_EQUAL(rss.hash_type, 0);
}

/* A drop queue, or a queue of its own behind an RSS queue pair: Toeplitz over nothing. */
static void no_fields(void)
{
	struct frame_spec sp = known;

	tir.fields = 0;
	for (uint32_t size = 1; size <= 8; size *= 8) {
		rqt.size = size;
		for (int i = 0; i < 4; i++) {
			sp.protocol = i % 2 == 0 ? PROTO_TCP : PROTO_UDP;
			sp.version = i / 2 == 0 ? 4 : 6;
			CU_ASSERT_EQUAL(select_for(&sp).rq, 100);
			CU_ASSERT_EQUAL(select_for(&sp).hash, 0);
			CU_ASSERT_EQUAL(select_for(&sp).hash_type, 0);
		}
	}
}

static CU_TestInfo tests[] = {
	{ "known hashes", known_hashes },
	{ "what a frame lacks is not hashed", what_a_frame_lacks_is_not_hashed },
	{ "fields one by one", fields_one_by_one },
	{ "symmetric hash has no direction", symmetric_hash_has_no_direction },
	{ "xor hash", xor_hash },
	{ "flows spread", flows_spread },
	{ "targets", targets },
	{ "no fields", no_fields },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("connectx/rss", setup, NULL, tests);
