// SPDX-License-Identifier: BSD-3-Clause
/* Pieces of a super frame are judged by the textbook checksum and byte by byte. */
#include "../../pmd/segment.h"
#include "fabric_frames.h"
#include "unit.h"

#include <errno.h>

static uint8_t frame[FRAMES_MAX];

/* What a piece must be: `from` its payload's place in the super frame's payload. */
static void piece_judge(const struct an_segment *s, const struct an_piece *piece, size_t from,
			unsigned int index, bool last)
{
	static uint8_t whole[FRAMES_MAX];
	const struct an_frame *h = &s->headers;
	bool ipv4 = h->l3 == AN_L3_IPV4, tcp = h->l4 == AN_L4_TCP;
	size_t end = piece->head_len + piece->body_len;
	const uint8_t *ip = whole + h->l3_offset, *l4 = whole + h->l4_offset;
	unsigned int other = 0;

	memcpy(whole, piece->head, piece->head_len);
	memcpy(whole + piece->head_len, piece->body, piece->body_len);
	CU_ASSERT_EQUAL(memcmp(whole, frame, h->l3_offset), 0);
	CU_ASSERT_EQUAL(memcmp(whole + h->payload, frame + h->payload + from, piece->body_len), 0);
	CU_ASSERT_EQUAL(frames_l4_sum(whole, h->l3_offset, h->l4_offset, end, ipv4 ? 4 : 6,
				      tcp ? PROTO_TCP : PROTO_UDP), 0xffff);
	if (ipv4) {
		CU_ASSERT_EQUAL(wire_get16(ip + IPV4_LENGTH), end - h->l3_offset);
		CU_ASSERT_EQUAL(wire_get16(ip + IPV4_ID), (uint16_t)(0xfffe + index));
		CU_ASSERT_EQUAL(frames_sum(ip, h->l4_offset - h->l3_offset, 0), 0xffff);
	} else {
		CU_ASSERT_EQUAL(wire_get16(ip + IPV6_LENGTH), end - h->l3_offset - IPV6_HEADER);
	}
	if (tcp) {
		CU_ASSERT_EQUAL(wire_get32(l4 + TCP_SEQUENCE), (uint32_t)(0xfffffff0 + from));
		if (!last)
			other |= 0x09; /* FIN, PSH */
		if (index != 0)
			other |= 0x80; /* CWR */
		CU_ASSERT_EQUAL(l4[TCP_FLAGS], 0xd9 & ~other);
	} else {
		CU_ASSERT_EQUAL(wire_get16(l4 + UDP_LENGTH), 8 + piece->body_len);
	}
}

static void pieces(void)
{
	static const uint8_t hop_by_hop[8] = { PROTO_TCP, 0, 1, 4 };
	static const struct {
		struct frame_spec spec;
		uint16_t size;
		unsigned int pieces;
	} rows[] = {
		{ { .version = 4, .protocol = PROTO_TCP, .payload = 64000 }, 1448, 45 },
		{ { .version = 6, .protocol = PROTO_TCP, .payload = 64000 }, 1428, 45 },
		{ { .version = 4, .protocol = PROTO_TCP, .payload = 3000, .options = 12 },
		  1000, 3 },
		{ { .version = 4, .protocol = PROTO_TCP, .payload = 3001, .options = 40 },
		  333, 10 },
		{ { .version = 4, .protocol = PROTO_UDP, .payload = 2500 }, 1001, 3 },
		{ { .version = 6, .protocol = PROTO_UDP, .payload = 2002 }, 1001, 2 },
		{ { .version = 6, .protocol = PROTO_TCP, .payload = 3000, .vlan = 7 }, 1400, 3 },
		{ { .version = 6, .protocol = PROTO_TCP, .payload = 3000, .extensions = hop_by_hop,
		    .extensions_len = 8 }, 1400, 3 },
		{ { .version = 4, .protocol = PROTO_TCP, .payload = 100 }, 1448, 1 },
		{ { .version = 4, .protocol = PROTO_TCP, .payload = 5 }, 1, 5 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct frame_spec spec = rows[i].spec;
		size_t len, from = 0;
		unsigned int index = 0;
		struct an_segment s;
		struct an_piece piece;

		spec.tcp_flags = 0xd9; /* CWR ECE ACK PSH FIN */
		spec.src[3] = 9;
		spec.dst[15] = 7;
		len = frames_build(frame, &spec);
		/* Whatever the frame has as its checksum is replaced. */
		CU_ASSERT_EQUAL(an_segment_start(&s, frame, len, rows[i].size), 0);
		while (an_segment_next(&s, &piece)) {
			bool last = from + piece.body_len == spec.payload;

			piece_judge(&s, &piece, from, index++, last);
			from += piece.body_len;
			CU_ASSERT_TRUE(piece.body_len == rows[i].size || from == spec.payload);
		}
		CU_ASSERT_EQUAL(from, spec.payload);
		CU_ASSERT_EQUAL(index, rows[i].pieces);
	}
}

static void not_cut(void)
{
	struct frame_spec spec = { .version = 4, .protocol = PROTO_TCP, .payload = 3000 };
	size_t len = frames_build(frame, &spec);
	struct an_segment s;

	CU_ASSERT_EQUAL(an_segment_start(&s, frame, len, 0), -EINVAL);
	CU_ASSERT_EQUAL(an_segment_start(&s, frame, 14 + 20 + 20, 1000), -EINVAL);
	for (size_t cut = 0; cut < 14 + 20 + 20; cut++)
		CU_ASSERT_EQUAL(an_segment_start(&s, frame, cut, 1000), -EINVAL);
	frame[14 + IPV4_PROTOCOL] = 47;
	CU_ASSERT_EQUAL(an_segment_start(&s, frame, len, 1000), -EINVAL);
	frame[14 + IPV4_PROTOCOL] = PROTO_TCP;
	frame[14 + 20 + TCP_DATA_OFFSET] = 0x40;
	CU_ASSERT_EQUAL(an_segment_start(&s, frame, len, 1000), -EINVAL);
	frame[14 + 20 + TCP_DATA_OFFSET] = 0x50;
	wire_put16(frame + 14 + 6, 0x2000);
	CU_ASSERT_EQUAL(an_segment_start(&s, frame, len, 1000), -EINVAL);
	wire_put16(frame + 14 + 6, 0x4000); /* "don't fragment" is no fragment */
	CU_ASSERT_EQUAL(an_segment_start(&s, frame, len, 1000), 0);
}

/* Hop-by-hop options of 240 bytes leave no room for TCP's header in a piece's head. */
static void long_headers(void)
{
	static uint8_t options[240] = { PROTO_TCP, 29 };
	struct frame_spec spec = { .version = 6, .protocol = PROTO_TCP, .payload = 3000,
				   .extensions = options, .extensions_len = sizeof(options) };
	struct an_segment s;

	CU_ASSERT_EQUAL(an_segment_start(&s, frame, frames_build(frame, &spec), 1000), -EINVAL);
}

static CU_TestInfo tests[] = {
	{ "pieces are whole and right", pieces },
	{ "what cannot be cut is refused", not_cut },
	{ "headers too long for a piece's head are refused", long_headers },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pmd/segment", NULL, NULL, tests);
