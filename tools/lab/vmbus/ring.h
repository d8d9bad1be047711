/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One ring of a channel, seen from the host: a page of indices, then data pages, all of it memory
 * that the guest owns and changes at will. One side of each ring is ours, and our own index is kept
 * here, never read back. Source: docs/protocol.md 3.4, drivers/hv/ring_buffer.c.
 */
#ifndef LAB_VMBUS_RING_H
#define LAB_VMBUS_RING_H

#include "../mem.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_FEATURE_PENDING_SEND 1u /* the writer waits with pending_send, the reader signals */

struct ring_header { /* the first page */
	uint32_t write_index; /* bytes into the data */
	uint32_t read_index;
	uint32_t interrupt_mask; /* the reader's: needs no signal when packets arrive */
	uint32_t pending_send; /* the writer's: waits until more than this is free; 0: does not */
	uint32_t reserved[12];
	uint32_t features; /* of the side that writes this ring */
};
_Static_assert(offsetof(struct ring_header, features) == 64, "ring header");

struct ring_descriptor { /* starts every packet */
	uint16_t type;
	uint16_t offset8; /* to the payload, in 8 bytes, from here */
	uint16_t length8; /* of the packet without its trailer, in 8 bytes */
	uint16_t flags;
	uint64_t transaction;
};
_Static_assert(sizeof(struct ring_descriptor) == 16, "packet descriptor");

#define RING_TRAILER	8u /* ends every packet: {0, index where it starts} */

struct ring {
	struct ring_header *header; /* NULL: no ring */
	uint8_t **page; /* host views of the data pages */
	uint32_t size; /* data bytes */
	uint32_t index; /* ours: read index of the guest's ring, write index of the host's */
};

/* The longest packet a ring can carry: a full ring would look empty, so 8 bytes stay free. */
static inline uint32_t ring_packet_max(const struct ring *ring)
{
	const uint32_t wire = UINT16_MAX * 8u; /* length8 */
	const uint32_t room = ring->size - 8 - RING_TRAILER;

	return room < wire ? room : wire;
}

struct ring_piece {
	const void *data;
	size_t len;
};

/*
 * Maps `pages` guest pages, the header first. writer: this side writes it. 0, -EINVAL (too short,
 * impossible indices), -EFAULT (outside guest memory), -ENOMEM.
 */
int ring_map(struct ring *ring, const struct lab_mem *mem, const uint64_t *pfn, uint32_t pages,
	     bool writer);
void ring_unmap(struct ring *ring);

/*
 * Copies the next packet, without trailer, to buf, which takes ring_packet_max() bytes; its
 * descriptor is consistent with what was copied. Its length; 0: empty; -EPROTO: impossible
 * indices or lengths.
 * *signal: the guest waits for the room that became free.
 */
int ring_get(struct ring *ring, void *buf, bool *signal);
/*
 * Writes the pieces, a multiple of 8 bytes in all, as one packet. 0, -EAGAIN (full; the guest was
 * asked to signal), -EPROTO (impossible index). *signal: the guest must be told.
 */
int ring_put(struct ring *ring, const struct ring_piece *piece, unsigned int count, bool *signal);
/* Room for a packet of `len` bytes without trailer? As ring_put(), but writes nothing. */
int ring_room(const struct ring *ring, uint32_t len);
/* Forgets that the host waits for room. */
void ring_stop_waiting(const struct ring *ring);
/* The reader's side. Unmasking returns true if packets came meanwhile. */
bool ring_mask(const struct ring *ring, bool masked);

#endif
