/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames for the fabric's tests, built byte by byte and without the code under test. */
#ifndef FABRIC_FRAMES_H
#define FABRIC_FRAMES_H

#include "../../tools/lab/fabric/wire.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define FRAMES_MAX 70000

struct frame_spec {
	int version;         /* 4 or 6 */
	int protocol;        /* PROTO_* */
	uint8_t src[16], dst[16];
	uint16_t sport, dport;
	size_t payload;      /* bytes, filled with a pattern */
	int vlan;            /* TCI, 0: untagged */
	size_t options;      /* bytes of TCP options, or with UDP of IPv4 options; 4 n */
	const uint8_t *extensions; /* IPv6: bytes before the transport header */
	size_t extensions_len;
	uint8_t first_extension;
	uint8_t tcp_flags;
	const uint8_t *dst_mac, *src_mac;
};

/* The textbook checksum, a word at a time: what frame_sum() is compared with. */
static inline uint16_t frames_sum(const uint8_t *p, size_t len, uint32_t initial)
{
	uint64_t sum = initial;

	for (size_t i = 0; i < len; i++)
		sum += (uint64_t)p[i] << (i % 2 == 0 ? 8 : 0);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)sum;
}

/* The checksum of a transport header and payload by the textbook: 0xffff when it is right. */
static inline uint16_t frames_l4_sum(const uint8_t *frame, size_t l3, size_t l4, size_t end,
				     int version, int protocol)
{
	const uint8_t *ip = frame + l3;
	uint32_t sum = (uint32_t)(protocol + (end - l4));

	if (version == 4)
		sum += frames_sum(ip + IPV4_SRC, 8, 0);
	else
		sum += frames_sum(ip + IPV6_SRC, 32, 0);
	return frames_sum(frame + l4, end - l4, sum);
}

static inline size_t frames_l3(uint8_t *p, const struct frame_spec *s, size_t body)
{
	size_t options = s->protocol == PROTO_UDP ? s->options : 0;

	if (s->version == 4) {
		p[IPV4_VERSION_IHL] = (uint8_t)(0x45 + options / 4);
		memset(p + IPV4_HEADER, 1, options);
		wire_put16(p + IPV4_LENGTH, (uint16_t)(IPV4_HEADER + options + body));
		wire_put16(p + IPV4_ID, 0xfffe);
		p[IPV4_TTL] = 64;
		p[IPV4_PROTOCOL] = (uint8_t)s->protocol;
		memcpy(p + IPV4_SRC, s->src, 4);
		memcpy(p + IPV4_DST, s->dst, 4);
		wire_put16(p + IPV4_CHECKSUM,
			   (uint16_t)~frames_sum(p, IPV4_HEADER + options, 0));
		return IPV4_HEADER + options;
	}
	p[0] = 0x60;
	wire_put16(p + IPV6_LENGTH, (uint16_t)(s->extensions_len + body));
	p[IPV6_NEXT] = s->extensions_len ? s->first_extension : (uint8_t)s->protocol;
	p[IPV6_HOPS] = 64;
	memcpy(p + IPV6_SRC, s->src, 16);
	memcpy(p + IPV6_DST, s->dst, 16);
	if (s->extensions_len)
		memcpy(p + IPV6_HEADER, s->extensions, s->extensions_len);
	return IPV6_HEADER + s->extensions_len;
}

/* Writes the frame, checksums right (as far as 16-bit lengths go). Returns its length. */
static inline size_t frames_build(uint8_t *frame, const struct frame_spec *s)
{
	static const uint8_t mac[2][6] = { { 2, 0, 0, 0, 0, 1 }, { 2, 0, 0, 0, 0, 2 } };
	size_t l4_header = UDP_HEADER, l3 = ETHER_HEADER, l4, end;
	uint8_t *p;

	if (s->protocol == PROTO_TCP)
		l4_header = TCP_HEADER + s->options;
	memset(frame, 0, 200);
	memcpy(frame, s->dst_mac ? s->dst_mac : mac[0], 6);
	memcpy(frame + 6, s->src_mac ? s->src_mac : mac[1], 6);
	if (s->vlan) {
		wire_put16(frame + ETHER_TYPE, ETHER_TYPE_VLAN);
		wire_put16(frame + ETHER_HEADER, (uint16_t)s->vlan);
		l3 += ETHER_VLAN_TAG;
	}
	wire_put16(frame + l3 - 2, s->version == 4 ? ETHER_TYPE_IPV4 : ETHER_TYPE_IPV6);
	l4 = l3 + frames_l3(frame + l3, s, l4_header + s->payload);
	p = frame + l4;
	end = l4 + l4_header + s->payload;
	for (size_t i = 0; i < s->payload; i++)
		p[l4_header + i] = (uint8_t)(i * 7 + (i >> 8));
	wire_put16(p + L4_SRC_PORT, s->sport);
	wire_put16(p + L4_DST_PORT, s->dport);
	if (s->protocol == PROTO_TCP) {
		wire_put32(p + TCP_SEQUENCE, 0xfffffff0);
		p[TCP_DATA_OFFSET] = (uint8_t)(l4_header / 4 << 4);
		p[TCP_FLAGS] = s->tcp_flags;
		memset(p + TCP_HEADER, 1, s->options);
		wire_put16(p + TCP_CHECKSUM, (uint16_t)~frames_l4_sum(frame, l3, l4, end,
								      s->version, PROTO_TCP));
	} else {
		wire_put16(p + UDP_LENGTH, (uint16_t)(l4_header + s->payload));
		wire_put16(p + UDP_CHECKSUM, (uint16_t)~frames_l4_sum(frame, l3, l4, end,
								      s->version, PROTO_UDP));
	}
	return end;
}

#endif
