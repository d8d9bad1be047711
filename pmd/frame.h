/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The headers of an Ethernet frame in one piece of memory: where they are, and their checksums.
 * Pure; nothing of a frame is trusted: what does not fit into the frame is reported as not there.
 */
#ifndef AN_FRAME_H
#define AN_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define AN_ETHER_LEN 14u
#define AN_ETHER_ADDRESSES 12u /* bytes of both addresses: a VLAN tag goes behind them */
#define AN_VLAN_LEN 4u
#define AN_IPV4_LEN 20u        /* without options */
#define AN_IPV6_LEN 40u
#define AN_TCP_LEN 20u         /* without options */
#define AN_UDP_LEN 8u

/* Offsets in headers [RFC 791, 8200, 9293, 768]. */
enum {
	AN_ETHER_TYPE = 12,
	AN_IPV4_TOTAL = 2,
	AN_IPV4_ID = 4,
	AN_IPV4_FRAGMENT = 6,
	AN_IPV4_PROTOCOL = 9,
	AN_IPV4_CHECKSUM = 10,
	AN_IPV4_SOURCE = 12,
	AN_IPV6_PAYLOAD = 4,
	AN_IPV6_NEXT = 6,
	AN_IPV6_SOURCE = 8,
	AN_TCP_SEQUENCE = 4,
	AN_TCP_OFFSET = 12,
	AN_TCP_FLAGS = 13,
	AN_TCP_CHECKSUM = 16,
	AN_UDP_LENGTH = 4,
	AN_UDP_CHECKSUM = 6,
};

enum an_l3 { AN_L3_NONE, AN_L3_IPV4, AN_L3_IPV6 };
enum an_l4 { AN_L4_NONE, AN_L4_TCP, AN_L4_UDP };

/* Offsets are from the frame's first byte. */
struct an_frame {
	uint8_t l3;          /* enum an_l3 */
	uint8_t l4;          /* enum an_l4; NONE also for any fragment */
	bool fragment;
	uint16_t l3_offset;
	uint16_t l4_offset;  /* valid if l4 */
	uint16_t payload;    /* behind layer 4's header; valid if l4 */
	uint32_t end;        /* of the IP packet: what follows is padding; valid if l3 */
};

/*
 * Finds the headers behind up to two VLAN tags and the extension headers of IPv6. With `super` the
 * length fields of IP and UDP are not looked at: they cannot hold what a frame before segmentation
 * may be long, so the packet ends where the frame does.
 */
void an_frame_parse(const uint8_t *frame, size_t len, bool super, struct an_frame *headers);

/* Sum of the pseudo-header for `len` bytes of layer 4, folded and not inverted, as in memory. */
uint16_t an_frame_pseudo(const uint8_t *ip, enum an_l3 l3, uint8_t protocol, uint32_t len);

/* The checksum of an IPv4 header of `len` bytes is right. */
bool an_frame_ipv4_is_good(const uint8_t *ip, size_t len);
/* The checksum of layer 4 is right; for UDP over IPv4 a checksum that was not computed too. */
bool an_frame_l4_is_good(const uint8_t *frame, const struct an_frame *headers);
/* What to write for a sum of UDP or TCP: inverted; 0 means "not computed" to UDP. */
static inline uint16_t an_frame_finish(uint16_t sum)
{
	return sum == 0xffff ? 0xffff : (uint16_t)~sum;
}

/* Big endian at any address. */
static inline uint16_t an_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline void an_put16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

static inline uint32_t an_get32(const uint8_t *p)
{
	return (uint32_t)an_get16(p) << 16 | an_get16(p + 2);
}

static inline void an_put32(uint8_t *p, uint32_t value)
{
	an_put16(p, (uint16_t)(value >> 16));
	an_put16(p + 2, (uint16_t)value);
}

/* A sum as rte_raw_cksum() gives it is in memory's order already. */
static inline void an_put_sum(uint8_t *p, uint16_t sum)
{
	memcpy(p, &sum, sizeof(sum));
}

#endif
