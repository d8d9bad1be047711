/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The packet stream of the tests: which frame is the Nth of a flow is a pure function of the seed,
 * so the sender keeps nothing and the receiver knows every byte that has to come. Flows are UDP
 * and TCP over IPv4 and IPv6 in turn. Frames are whole, without FCS; a VLAN tag is not part of
 * them (it is added and taken off by the port or by frame.c).
 */
#ifndef TESTS_PMD_STREAM_H
#define TESTS_PMD_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAM_FLOWS_MAX 4096u
#define STREAM_FRAME_MAX 9232u     /* bytes; a frame of MTU 9000 and some */
#define STREAM_BATCH_MAX 65536u    /* bytes of a frame that is to be segmented, headers and all */
#define STREAM_FRAME_MIN 60u
#define STREAM_PAYLOAD_MIN 16u     /* magic, flow, sequence number */
#define STREAM_MAC_LEN 6u

enum stream_kind { STREAM_UDP4, STREAM_TCP4, STREAM_UDP6, STREAM_TCP6, STREAM_KINDS };

struct stream {
	uint64_t seed;
	unsigned int flows;          /* 1 to STREAM_FLOWS_MAX */
	unsigned int kinds;          /* bits 1 << enum stream_kind, at least one */
	unsigned int least, most;    /* bytes of a frame; raised to what its headers need */
	/*
	 * TCP flows leave in batches of so many frames, one packet for the port to segment;
	 * 0 or 1: none. All frames of a batch are `most` long but the last.
	 */
	unsigned int batch;
	uint8_t mac[STREAM_MAC_LEN];      /* of the port */
	uint8_t peer_mac[STREAM_MAC_LEN]; /* where the frames go */
};

/* Where things are in a frame of a kind; offsets in bytes from its start. */
struct stream_layout {
	unsigned int l3, l4, payload;
	bool ipv6, tcp;
};

/* Fills in defaults for what is 0: 64 flows of all kinds, 60 to 1514 bytes. 0 or -EINVAL. */
int stream_init(struct stream *stream);
enum stream_kind stream_kind(const struct stream *stream, unsigned int flow);
const struct stream_layout *stream_layout(enum stream_kind kind);
/* Bytes of the frame that is number `sequence` of the flow. */
unsigned int stream_length(const struct stream *stream, unsigned int flow, uint32_t sequence);
/*
 * Writes it, STREAM_FRAME_MAX bytes at most, with all checksums right; returns its length.
 * `returned`: as it comes back from a peer that swaps addresses and ports.
 */
unsigned int stream_frame(const struct stream *stream, unsigned int flow, uint32_t sequence,
			  bool returned, uint8_t *frame);
/*
 * Writes the packet that is to be segmented into the `batch` frames from `sequence` on, which
 * is a multiple of batch; STREAM_BATCH_MAX bytes at most. L4's checksum is left 0. Returns its
 * length; *segment gets the bytes of payload of each frame but the last.
 */
unsigned int stream_batch(const struct stream *stream, unsigned int flow, uint32_t sequence,
			  uint8_t *packet, unsigned int *segment);
/* Is the flow sent in batches? */
bool stream_is_batched(const struct stream *stream, unsigned int flow);

/*
 * Says which flow and sequence number a frame carries and whether it is on its way back. 0; -ENOENT
 * if its addresses are none of the stream's; -EBADMSG if they are and the rest is none of it.
 */
int stream_identify(const struct stream *stream, const uint8_t *frame, size_t length,
		    unsigned int *flow, uint32_t *sequence, bool *returned);
/* Are the checksums in the frame (IPv4's header, TCP's or UDP's) right? */
bool stream_checksums_ok(const uint8_t *frame, size_t length, const struct stream_layout *layout);
/* Writes both. */
void stream_fill_checksums(uint8_t *frame, size_t length, const struct stream_layout *layout);

#endif
