// SPDX-License-Identifier: BSD-3-Clause
/*
 * Cuts a TCP or UDP super-frame into frames (LSO, TSO, USO): the headers are copied in front of
 * each piece of payload, then what differs from piece to piece is mended and both checksums are
 * computed from scratch, whatever the driver left in them.
 */
#include "fabric.h"
#include "frame.h"
#include "wire.h"

#include <errno.h>

struct segmenter {
	struct frame_info info; /* of the super-frame */
	size_t payload_len;
};

/* The headers of the piece that carries payload bytes [from, from + len), number n. */
static void mend(const struct segmenter *s, uint8_t *piece, size_t from, size_t len,
		 unsigned int n)
{
	struct frame_info info = s->info;
	uint8_t *ip = piece + info.l3_offset, *l4 = piece + info.l4_offset;
	bool last = from + len == s->payload_len;

	info.l3_len = (uint32_t)(info.payload_offset - info.l3_offset + len);
	if (info.l3 == FRAME_L3_IPV4) {
		wire_put16(ip + IPV4_LENGTH, (uint16_t)info.l3_len);
		wire_put16(ip + IPV4_ID, (uint16_t)(wire_get16(ip + IPV4_ID) + n));
	} else {
		wire_put16(ip + IPV6_LENGTH, (uint16_t)(info.l3_len - IPV6_HEADER));
	}
	if (info.l4 == FRAME_L4_UDP) {
		wire_put16(l4 + UDP_LENGTH, (uint16_t)(UDP_HEADER + len));
	} else {
		wire_put32(l4 + TCP_SEQUENCE, wire_get32(l4 + TCP_SEQUENCE) + (uint32_t)from);
		if (!last)
			l4[TCP_FLAGS] &= (uint8_t)~(TCP_FLAG_FIN | TCP_FLAG_PSH);
		if (n != 0)
			l4[TCP_FLAGS] &= (uint8_t)~TCP_FLAG_CWR;
	}
	frame_fill_l3(piece, &info);
	frame_fill_l4(piece, &info);
}

int frame_segment(const uint8_t *frame, size_t len, unsigned int mss, frame_emit_fn emit,
		  void *ctx)
{
	struct segmenter s;
	uint8_t piece[FABRIC_FRAME_MAX];
	size_t headers, from = 0;
	unsigned int n = 0;

	if (mss == 0 || frame_parse_super(frame, len, &s.info) != 0 || s.info.l4 == FRAME_L4_NONE)
		return -EINVAL;
	headers = s.info.payload_offset;
	s.payload_len = s.info.l3_offset + s.info.l3_len - headers;
	if (headers > sizeof(piece) || (mss < s.payload_len ? mss : s.payload_len) >
				       sizeof(piece) - headers)
		return -EINVAL;
	do {
		size_t part = s.payload_len - from < mss ? s.payload_len - from : mss;

		memcpy(piece, frame, headers);
		memcpy(piece + headers, frame + headers + from, part);
		mend(&s, piece, from, part, n++);
		emit(ctx, piece, headers + part);
		from += part;
	} while (from < s.payload_len);
	return 0;
}
