/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Ethernet, IP, TCP, UDP and ICMP as bytes: offsets from the start of each header and the numbers
 * in them (RFC 791, 768, 9293, 8200, 4443, 4861, 826; IEEE 802.1Q). All fields are big endian and
 * nothing is aligned.
 */
#ifndef LAB_FABRIC_WIRE_H
#define LAB_FABRIC_WIRE_H

#include <stdint.h>
#include <string.h>

enum wire_ethernet {
	ETHER_DST = 0,
	ETHER_SRC = 6,
	ETHER_TYPE = 12,
	ETHER_HEADER = 14,
	ETHER_MAC = 6,
	ETHER_VLAN_TAG = 4, /* type 0x8100, TCI; then the type that was there */
	ETHER_MIN = 60,     /* what the shortest frame is padded to, without FCS */
};

enum wire_ethertype {
	ETHER_TYPE_IPV4 = 0x0800,
	ETHER_TYPE_ARP = 0x0806,
	ETHER_TYPE_VLAN = 0x8100,
	ETHER_TYPE_IPV6 = 0x86dd,
	ETHER_TYPE_QINQ = 0x88a8,
};

enum wire_ipv4 {
	IPV4_VERSION_IHL = 0,
	IPV4_LENGTH = 2,
	IPV4_ID = 4,
	IPV4_FRAGMENT = 6,
	IPV4_TTL = 8,
	IPV4_PROTOCOL = 9,
	IPV4_CHECKSUM = 10,
	IPV4_SRC = 12,
	IPV4_DST = 16,
	IPV4_HEADER = 20,
	IPV4_ADDRESS = 4,
	IPV4_MORE_OR_OFFSET = 0x3fff, /* in IPV4_FRAGMENT: MF and the offset, not DF */
};

enum wire_ipv6 {
	IPV6_LENGTH = 4, /* without the fixed header */
	IPV6_NEXT = 6,
	IPV6_HOPS = 7,
	IPV6_SRC = 8,
	IPV6_DST = 24,
	IPV6_HEADER = 40,
	IPV6_ADDRESS = 16,
	IPV6_EXT_NEXT = 0,
	IPV6_EXT_LENGTH = 1,
	IPV6_ROUTING_LEFT = 3, /* segments left */
	IPV6_EXT_MIN = 8,
};

enum wire_protocol {
	PROTO_HOP_BY_HOP = 0,
	PROTO_ICMP = 1,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_ROUTING = 43,
	PROTO_FRAGMENT = 44,
	PROTO_AUTH = 51,
	PROTO_ICMPV6 = 58,
	PROTO_DESTINATION = 60,
	PROTO_MOBILITY = 135,
};

enum wire_l4 {
	L4_SRC_PORT = 0,
	L4_DST_PORT = 2,
	TCP_SEQUENCE = 4,
	TCP_DATA_OFFSET = 12,
	TCP_FLAGS = 13,
	TCP_CHECKSUM = 16,
	TCP_HEADER = 20,
	UDP_LENGTH = 4,
	UDP_CHECKSUM = 6,
	UDP_HEADER = 8,
};

enum wire_arp {
	ARP_HARDWARE = 0, /* hardware and protocol type and lengths: 8 bytes up to the opcode */
	ARP_OPCODE = 6,
	ARP_SENDER_MAC = 8,
	ARP_SENDER_IP = 14,
	ARP_TARGET_MAC = 18,
	ARP_TARGET_IP = 24,
	ARP_LENGTH = 28,
	ARP_REQUEST = 1,
	ARP_REPLY = 2,
};

enum wire_icmp {
	ICMP_TYPE = 0,
	ICMP_CODE = 1,
	ICMP_CHECKSUM = 2,
	ICMP_HEADER = 8,
	ICMP_ECHO_REPLY = 0,
	ICMP_ECHO_REQUEST = 8,
	ICMPV6_ECHO_REQUEST = 128,
	ICMPV6_ECHO_REPLY = 129,
	ICMPV6_SOLICITATION = 135,  /* neighbour */
	ICMPV6_ADVERTISEMENT = 136, /* neighbour */
	ND_FLAGS = 4,
	ND_TARGET = 8,
	ND_OPTIONS = 24,
	ND_OPTION_TARGET_MAC = 2,
	ND_OPTION_LEN = 8,          /* of the MAC option; its own length field says 1 */
	ND_HOPS = 255,              /* proves that no router was on the way */
	ND_SOLICITED = 0x40,        /* in the first byte of ND_FLAGS */
	ND_OVERRIDE = 0x20,
};

enum wire_tcp_flags {
	TCP_FLAG_FIN = 0x01,
	TCP_FLAG_PSH = 0x08,
	TCP_FLAG_CWR = 0x80,
};

static inline uint16_t wire_get16(const uint8_t *p)
{
	return (uint16_t)(p[0] << 8 | p[1]);
}

static inline uint32_t wire_get32(const uint8_t *p)
{
	return (uint32_t)wire_get16(p) << 16 | wire_get16(p + 2);
}

static inline void wire_put16(uint8_t *p, uint16_t v)
{
	p[0] = (uint8_t)(v >> 8);
	p[1] = (uint8_t)v;
}

static inline void wire_put32(uint8_t *p, uint32_t v)
{
	wire_put16(p, (uint16_t)(v >> 16));
	wire_put16(p + 2, (uint16_t)v);
}

#endif
