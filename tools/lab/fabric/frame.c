// SPDX-License-Identifier: BSD-3-Clause
/*
 * Finds the layers of a frame: Ethernet, up to two VLAN tags, IPv4 or IPv6 with its extension
 * headers, TCP or UDP. Whoever made the frame may lie: no header is used before all of it is known
 * to lie in the frame and in the datagram that carries it.
 */
#include "frame.h"
#include "wire.h"

#include <errno.h>

#define VLAN_TAGS_MAX 2
#define IPV6_EXTENSIONS_MAX 8 /* more is an attack; also keeps every offset within 16 bits */

enum parse_mode { PARSE_WIRE, PARSE_SUPER };

static int parse_tcp(const uint8_t *frame, uint32_t room, uint16_t offset, struct frame_info *info)
{
	const uint8_t *tcp = frame + offset;
	unsigned int header;

	if (room < TCP_HEADER)
		return -EINVAL;
	header = (tcp[TCP_DATA_OFFSET] >> 4) * 4u;
	if (header < TCP_HEADER || header > room)
		return -EINVAL;
	info->l4 = FRAME_L4_TCP;
	info->l4_offset = offset;
	info->payload_offset = (uint16_t)(offset + header);
	info->tcp_flags = tcp[TCP_FLAGS];
	return 0;
}

static int parse_udp(const uint8_t *frame, uint32_t room, uint16_t offset, enum parse_mode mode,
		     struct frame_info *info)
{
	unsigned int len;

	if (room < UDP_HEADER)
		return -EINVAL;
	len = wire_get16(frame + offset + UDP_LENGTH);
	if (mode == PARSE_WIRE && (len < UDP_HEADER || len > room))
		return -EINVAL;
	info->l4 = FRAME_L4_UDP;
	info->l4_offset = offset;
	info->payload_offset = (uint16_t)(offset + UDP_HEADER);
	return 0;
}

/* The transport header at offset, if it is one we know and all of it is in this datagram. */
static int parse_l4(const uint8_t *frame, uint16_t offset, enum parse_mode mode,
		    struct frame_info *info)
{
	uint32_t room = info->l3_offset + info->l3_len - offset;

	if (info->fragment)
		return 0;
	if (info->ip_protocol == PROTO_TCP)
		return parse_tcp(frame, room, offset, info);
	if (info->ip_protocol == PROTO_UDP)
		return parse_udp(frame, room, offset, mode, info);
	return 0;
}

static int parse_ipv4(const uint8_t *frame, size_t len, uint16_t offset, enum parse_mode mode,
		      struct frame_info *info)
{
	const uint8_t *ip = frame + offset;
	uint32_t header, total;

	if (len - offset < IPV4_HEADER || ip[IPV4_VERSION_IHL] >> 4 != 4)
		return -EINVAL;
	header = (ip[IPV4_VERSION_IHL] & 0xf) * 4u;
	total = wire_get16(ip + IPV4_LENGTH);
	if (total == 0 && mode == PARSE_SUPER)
		total = (uint32_t)(len - offset);
	if (header < IPV4_HEADER || header > total || total > len - offset)
		return -EINVAL;
	info->l3 = FRAME_L3_IPV4;
	info->l3_offset = offset;
	info->l3_len = total;
	info->ip_protocol = ip[IPV4_PROTOCOL];
	info->fragment = (wire_get16(ip + IPV4_FRAGMENT) & IPV4_MORE_OR_OFFSET) != 0;
	return parse_l4(frame, (uint16_t)(offset + header), mode, info);
}

static uint32_t extension_len(uint8_t protocol, uint8_t length)
{
	if (protocol == PROTO_FRAGMENT)
		return IPV6_EXT_MIN;
	if (protocol == PROTO_AUTH)
		return (length + 2u) * 4; /* RFC 4302: the odd one, counted in words */
	return (length + 1u) * 8;
}

static bool is_extension(uint8_t protocol)
{
	return protocol == PROTO_HOP_BY_HOP || protocol == PROTO_ROUTING ||
	       protocol == PROTO_FRAGMENT || protocol == PROTO_AUTH ||
	       protocol == PROTO_DESTINATION || protocol == PROTO_MOBILITY;
}

static int parse_ipv6(const uint8_t *frame, size_t len, uint16_t offset, enum parse_mode mode,
		      struct frame_info *info)
{
	const uint8_t *ip = frame + offset;
	uint32_t at = IPV6_HEADER, total;
	bool source_routed = false;

	if (len - offset < IPV6_HEADER || ip[0] >> 4 != 6)
		return -EINVAL;
	total = wire_get16(ip + IPV6_LENGTH) + (uint32_t)IPV6_HEADER;
	if (total == IPV6_HEADER && mode == PARSE_SUPER)
		total = (uint32_t)(len - offset);
	if (total > len - offset)
		return -EINVAL;
	info->l3 = FRAME_L3_IPV6;
	info->l3_offset = offset;
	info->l3_len = total;
	info->ip_protocol = ip[IPV6_NEXT];
	for (int i = 0; is_extension(info->ip_protocol) && !info->fragment; i++) {
		uint8_t protocol = info->ip_protocol;
		uint32_t ext;

		if (i == IPV6_EXTENSIONS_MAX || total - at < IPV6_EXT_MIN)
			return -EINVAL;
		ext = extension_len(protocol, ip[at + IPV6_EXT_LENGTH]);
		if (ext > total - at)
			return -EINVAL;
		if (protocol == PROTO_FRAGMENT)
			info->fragment = true;
		if (protocol == PROTO_ROUTING && ip[at + IPV6_ROUTING_LEFT] != 0)
			source_routed = true;
		info->ip_protocol = ip[at + IPV6_EXT_NEXT];
		at += ext;
	}
	/* The checksum of a source-routed datagram names an address that is not in DST. */
	if (source_routed)
		return 0;
	return parse_l4(frame, (uint16_t)(offset + at), mode, info);
}

static int parse(const uint8_t *frame, size_t len, enum parse_mode mode, struct frame_info *info)
{
	uint16_t offset = ETHER_HEADER;

	*info = (struct frame_info){ 0 };
	if (len < ETHER_HEADER)
		return -EINVAL;
	info->ethertype = wire_get16(frame + ETHER_TYPE);
	for (int i = 0; i < VLAN_TAGS_MAX && (info->ethertype == ETHER_TYPE_VLAN ||
					      info->ethertype == ETHER_TYPE_QINQ); i++) {
		if (len - offset < ETHER_VLAN_TAG)
			return -EINVAL;
		if (i == 0 && info->ethertype == ETHER_TYPE_VLAN) {
			info->vlan = true;
			info->vlan_tci = wire_get16(frame + offset);
		}
		info->ethertype = wire_get16(frame + offset + 2);
		offset += ETHER_VLAN_TAG;
	}
	if (info->ethertype == ETHER_TYPE_IPV4)
		return parse_ipv4(frame, len, offset, mode, info);
	if (info->ethertype == ETHER_TYPE_IPV6)
		return parse_ipv6(frame, len, offset, mode, info);
	return 0;
}

int frame_parse(const uint8_t *frame, size_t len, struct frame_info *info)
{
	return parse(frame, len, PARSE_WIRE, info);
}

int frame_parse_super(const uint8_t *frame, size_t len, struct frame_info *info)
{
	return parse(frame, len, PARSE_SUPER, info);
}

size_t frame_vlan_strip(uint8_t *frame, size_t len)
{
	if (len < ETHER_HEADER + ETHER_VLAN_TAG ||
	    wire_get16(frame + ETHER_TYPE) != ETHER_TYPE_VLAN)
		return len;
	memmove(frame + ETHER_TYPE, frame + ETHER_TYPE + ETHER_VLAN_TAG,
		len - ETHER_TYPE - ETHER_VLAN_TAG);
	return len - ETHER_VLAN_TAG;
}

size_t frame_vlan_insert(uint8_t *frame, size_t len, uint16_t tci)
{
	if (len < ETHER_HEADER)
		return len;
	memmove(frame + ETHER_TYPE + ETHER_VLAN_TAG, frame + ETHER_TYPE, len - ETHER_TYPE);
	wire_put16(frame + ETHER_TYPE, ETHER_TYPE_VLAN);
	wire_put16(frame + ETHER_TYPE + 2, tci);
	return len + ETHER_VLAN_TAG;
}
