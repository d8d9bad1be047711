/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What both NIC models do to a frame: parse it, checksum it, segment it, hash it. Pure functions
 * on host memory.
 */
#ifndef LAB_FRAME_H
#define LAB_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum frame_l3 { FRAME_L3_NONE, FRAME_L3_IPV4, FRAME_L3_IPV6 };
enum frame_l4 { FRAME_L4_NONE, FRAME_L4_TCP, FRAME_L4_UDP };

struct frame_info {
	uint16_t ethertype;  /* of the payload, after VLAN tags */
	bool vlan;           /* an 802.1Q tag (0x8100) follows the addresses */
	uint16_t vlan_tci;
	enum frame_l3 l3;
	enum frame_l4 l4;    /* NONE: any fragment, source-routed, another protocol */
	uint8_t ip_protocol; /* after IPv6 extension headers */
	bool fragment;
	uint16_t l3_offset, l4_offset; /* bytes from the frame's start; 0: not there */
	uint16_t payload_offset;       /* after the L4 header; 0 without L4 */
	uint32_t l3_len;     /* the IP datagram: header and payload, without Ethernet padding */
	uint8_t tcp_flags;
};

/* 0, or -EINVAL: shorter than its headers say (info then holds what was sound). */
int frame_parse(const uint8_t *frame, size_t len, struct frame_info *info);
/* The same for a super-frame before segmentation: drivers leave 0 in its IP length, and anything
 * in its UDP length, so a zero IP length means up to len and the UDP length is not looked at. */
int frame_parse_super(const uint8_t *frame, size_t len, struct frame_info *info);

/* Folded 16-bit one's complement sum of the bytes (not inverted), host order. */
uint16_t frame_sum(const uint8_t *data, size_t len, uint32_t initial);

enum frame_checksum { FRAME_CHECKSUM_NONE, FRAME_CHECKSUM_GOOD, FRAME_CHECKSUM_BAD };
/* Verifies. NONE: there is none to verify (no such layer, UDP over IPv4 with 0). */
enum frame_checksum frame_check_l3(const uint8_t *frame, const struct frame_info *info);
enum frame_checksum frame_check_l4(const uint8_t *frame, const struct frame_info *info);
/* Computes from scratch and stores. No effect where the layer is not there. */
void frame_fill_l3(uint8_t *frame, const struct frame_info *info);
void frame_fill_l4(uint8_t *frame, const struct frame_info *info);

/*
 * Cuts a TCP (LSO, TSO v4/v6) or UDP (USO) super-frame into frames of at most mss payload bytes,
 * lengths, IPv4 ids, sequence numbers, flags (FIN/PSH only last, CWR only first) and checksums
 * mended, and gives each to emit(). 0, or -EINVAL: not TCP/UDP, mss 0 or too big for
 * FABRIC_FRAME_MAX. A frame of at most mss payload is emitted once.
 */
typedef void (*frame_emit_fn)(void *ctx, const uint8_t *frame, size_t len);
int frame_segment(const uint8_t *frame, size_t len, unsigned int mss, frame_emit_fn emit,
		  void *ctx);

/* Removes / inserts the 802.1Q tag after the addresses. Return the new length; insert needs 4
 * bytes of room behind len. strip returns len unchanged when there is no tag. */
size_t frame_vlan_strip(uint8_t *frame, size_t len);
size_t frame_vlan_insert(uint8_t *frame, size_t len, uint16_t tci);

enum frame_hash_fields {
	FRAME_HASH_SRC_IP = 1,
	FRAME_HASH_DST_IP = 2,
	FRAME_HASH_SRC_PORT = 4,
	FRAME_HASH_DST_PORT = 8,
};
/* Toeplitz over the named fields in the order src ip, dst ip, src port, dst port. */
uint32_t frame_toeplitz(const uint8_t *frame, const struct frame_info *info, unsigned int fields,
			const uint8_t key[40]);

#endif
