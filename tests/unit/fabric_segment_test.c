// SPDX-License-Identifier: BSD-3-Clause
#include "../../tools/lab/fabric/fabric.h"
#include "../../tools/lab/fabric/frame.h"
#include "fabric_frames.h"
#include "unit.h"

#include <errno.h>

static uint8_t super[FRAMES_MAX], payload[FRAMES_MAX];
static struct {
	size_t frames, bytes, longest;
	unsigned int bad; /* frames that are not what they should be */
	uint8_t first_flags, middle_flags, last_flags;
	const struct frame_spec *spec;
} got;

static void take(void *ctx, const uint8_t *frame, size_t len)
{
	struct frame_info info;
	size_t part;

	CU_ASSERT_PTR_EQUAL(ctx, &got);
	if (frame_parse(frame, len, &info) != 0 || info.l4 == FRAME_L4_NONE) {
		got.bad++;
		return;
	}
	part = len - info.payload_offset;
	if (info.l3_offset + info.l3_len != len ||
	    frame_check_l3(frame, &info) == FRAME_CHECKSUM_BAD ||
	    frame_check_l4(frame, &info) != FRAME_CHECKSUM_GOOD ||
	    frames_l4_sum(frame, info.l3_offset, info.l4_offset, len, got.spec->version,
			  got.spec->protocol) != 0xffff)
		got.bad++;
	if (info.l3 == FRAME_L3_IPV4 && wire_get16(frame + info.l3_offset + IPV4_ID) !=
					(uint16_t)(0xfffe + got.frames))
		got.bad++;
	if (info.l4 == FRAME_L4_TCP && wire_get32(frame + info.l4_offset + TCP_SEQUENCE) !=
				       (uint32_t)(0xfffffff0 + got.bytes))
		got.bad++;
	if (info.l4 == FRAME_L4_UDP &&
	    wire_get16(frame + info.l4_offset + UDP_LENGTH) != UDP_HEADER + part)
		got.bad++;
	if (got.frames == 0)
		got.first_flags = info.tcp_flags;
	else if (got.bytes + part < got.spec->payload)
		got.middle_flags |= info.tcp_flags;
	got.last_flags = info.tcp_flags;
	memcpy(payload + got.bytes, frame + info.payload_offset, part);
	got.frames++;
	got.bytes += part;
	if (part > got.longest)
		got.longest = part;
}

#define FLAGS (TCP_FLAG_CWR | TCP_FLAG_PSH | TCP_FLAG_FIN | 0x10)
static const uint8_t hop_by_hop[8] = { PROTO_TCP };
static const struct frame_spec spec[] = {
	{ .version = 4, .protocol = PROTO_TCP, .tcp_flags = FLAGS, .payload = 10000 },
	{ .version = 4, .protocol = PROTO_TCP, .tcp_flags = FLAGS, .payload = 65001,
	  .options = 12, .vlan = 100, .src = { 10, 77, 0, 9 } },
	{ .version = 6, .protocol = PROTO_TCP, .tcp_flags = FLAGS, .payload = 4345,
	  .src = { 0xfd, 0x77 } },
	{ .version = 6, .protocol = PROTO_TCP, .tcp_flags = FLAGS, .payload = 9999,
	  .extensions = hop_by_hop, .extensions_len = 8, .first_extension = PROTO_HOP_BY_HOP },
	{ .version = 4, .protocol = PROTO_UDP, .payload = 2897, .options = 4 },
	{ .version = 6, .protocol = PROTO_UDP, .payload = 50000, .vlan = 7 },
	{ .version = 4, .protocol = PROTO_TCP, .tcp_flags = FLAGS, .payload = 1 },
	{ .version = 4, .protocol = PROTO_UDP, .payload = 0 },
};
static const unsigned int mss_of[] = { 1, 2, 535, 536, 1447, 1448, 8948, 9000 };

static size_t build(const struct frame_spec *s)
{
	memset(&got, 0, sizeof(got));
	got.spec = s;
	return frames_build(super, s);
}

/* What the pieces must add up to, however the driver left the lengths in the headers. */
static void check_pieces(const struct frame_spec *s, size_t len, unsigned int mss)
{
	size_t want = s->payload == 0 ? 1 : (s->payload + mss - 1) / mss;

	CU_ASSERT_EQUAL(got.bad, 0);
	CU_ASSERT_EQUAL(got.frames, want);
	CU_ASSERT_EQUAL(got.bytes, s->payload);
	CU_ASSERT_TRUE(got.longest <= mss);
	CU_ASSERT_EQUAL(memcmp(payload, super + len - s->payload, s->payload), 0);
	if (s->protocol == PROTO_TCP && want > 2) {
		CU_ASSERT_EQUAL(got.first_flags, TCP_FLAG_CWR | 0x10);
		CU_ASSERT_EQUAL(got.middle_flags, 0x10);
		CU_ASSERT_EQUAL(got.last_flags, TCP_FLAG_PSH | TCP_FLAG_FIN | 0x10);
	} else if (s->protocol == PROTO_TCP && want == 1) {
		CU_ASSERT_EQUAL(got.first_flags, FLAGS);
	}
}

static void pieces_add_up(void)
{
	for (size_t i = 0; i < sizeof(spec) / sizeof(spec[0]); i++) {
		for (size_t m = 0; m < sizeof(mss_of) / sizeof(mss_of[0]); m++) {
			size_t len = build(&spec[i]);

			CU_ASSERT_EQUAL(frame_segment(super, len, mss_of[m], take, &got), 0);
			check_pieces(&spec[i], len, mss_of[m]);
		}
	}
}

static void header_lengths_zero(void)
{
	for (size_t i = 0; i < sizeof(spec) / sizeof(spec[0]); i++) {
		size_t len = build(&spec[i]), l3 = spec[i].vlan ? 18 : 14;

		wire_put16(super + l3 + (spec[i].version == 4 ? IPV4_LENGTH : IPV6_LENGTH), 0);
		if (spec[i].protocol == PROTO_UDP)
			wire_put16(super + len - spec[i].payload - 4, 0);
		CU_ASSERT_EQUAL(frame_segment(super, len, 1440, take, &got), 0);
		check_pieces(&spec[i], len, 1440);
	}
}

static void padding_is_left_out(void)
{
	size_t len = build(&spec[6]);

	memset(super + len, 0xee, 60 - len);
	CU_ASSERT_EQUAL(frame_segment(super, 60, 1448, take, &got), 0);
	CU_ASSERT_EQUAL(got.bytes, 1);
	CU_ASSERT_EQUAL(got.bad, 0);
}

static void refused(void)
{
	size_t len = build(&spec[0]);

	CU_ASSERT_EQUAL(frame_segment(super, len, 0, take, &got), -EINVAL);
	CU_ASSERT_EQUAL(frame_segment(super, len, FABRIC_FRAME_MAX - 53, take, &got), -EINVAL);
	CU_ASSERT_EQUAL(frame_segment(super, len, UINT32_MAX, take, &got), -EINVAL);
	CU_ASSERT_EQUAL(frame_segment(super, len - 1, 1448, take, &got), -EINVAL);
	CU_ASSERT_EQUAL(frame_segment(super, 13, 1448, take, &got), -EINVAL);
	super[ETHER_HEADER + IPV4_FRAGMENT] = 0x20;
	CU_ASSERT_EQUAL(frame_segment(super, len, 1448, take, &got), -EINVAL);
	super[ETHER_HEADER + IPV4_FRAGMENT] = 0;
	super[ETHER_HEADER + IPV4_PROTOCOL] = PROTO_ICMP;
	CU_ASSERT_EQUAL(frame_segment(super, len, 1448, take, &got), -EINVAL);
	CU_ASSERT_EQUAL(got.frames, 0);
	len = build(&spec[0]);
	CU_ASSERT_EQUAL(frame_segment(super, len, FABRIC_FRAME_MAX - 54, take, &got), 0);
	CU_ASSERT_EQUAL(got.frames, 2);
	/* More headers than a frame has room for. */
	static uint8_t big[5 * 2048];
	struct frame_spec s = { .version = 6, .protocol = PROTO_TCP, .extensions = big,
				.extensions_len = sizeof(big), .payload = 10 };

	for (size_t i = 0; i < 5; i++) {
		big[i * 2048] = i == 4 ? PROTO_TCP : PROTO_DESTINATION;
		big[i * 2048 + 1] = 255;
	}
	s.first_extension = PROTO_DESTINATION;
	len = build(&s);
	CU_ASSERT_EQUAL(frame_segment(super, len, 5, take, &got), -EINVAL);
}

static CU_TestInfo tests[] = {
	{ "the pieces add up to the super-frame", pieces_add_up },
	{ "as drivers leave it: lengths zero", header_lengths_zero },
	{ "padding is left out", padding_is_left_out },
	{ "what cannot be segmented is refused", refused },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("fabric/segment", NULL, NULL, tests);
