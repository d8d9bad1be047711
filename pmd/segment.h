/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Cuts a frame that the kernel put together (GRO, LRO) or never cut (TSO and UDP segmentation of a
 * local sender) into the frames that are on a wire. Pure: the frame is read, each piece's headers
 * are written to memory of the caller, payload stays where it is.
 */
#ifndef AN_SEGMENT_H
#define AN_SEGMENT_H

#include "frame.h"

#define AN_SEGMENT_HEAD 256u /* bytes that the headers of a piece may have */

struct an_segment {
	const uint8_t *frame;
	struct an_frame headers;
	uint16_t size;    /* payload bytes a piece */
	uint32_t at;      /* offset of the next piece's payload; headers.end: none left */
	unsigned int index;
};

/* One piece. Its frame is `head` followed by the body. */
struct an_piece {
	uint8_t head[AN_SEGMENT_HEAD];
	size_t head_len;
	const uint8_t *body;
	size_t body_len;
};

/*
 * A frame of len bytes whose pieces carry `size` bytes each. 0, or -EINVAL for one that cannot be
 * cut: neither TCP nor UDP (a tunnel, say), a fragment, no size, headers that do not fit.
 */
int an_segment_start(struct an_segment *segment, const uint8_t *frame, size_t len,
		     uint16_t size);
/* The next piece with right lengths, IP identification, sequence number, flags and checksums;
 * false if there are no more. */
bool an_segment_next(struct an_segment *segment, struct an_piece *piece);

#endif
