// SPDX-License-Identifier: BSD-3-Clause
/*
 * Match parameters of a frame: outer headers and the part of "misc" that Ethernet has. The rest
 * (tunnels, inner headers, registers) stays zero and so only matches entries that ask for zero.
 * Layout: linux/mlx5/mlx5_ifc.h struct mlx5_ifc_fte_match_set_lyr_2_4_bits and _set_misc_bits.
 */
#include "match.h"

#include "ifc.h"

#include <string.h>

enum match_field {
	/* outer headers */
	MATCH_SMAC = 0x00,
	MATCH_ETHERTYPE = 0x06,
	MATCH_DMAC = 0x08,
	MATCH_FIRST_TCI = 0x0e,
	MATCH_IP_PROTOCOL = 0x10,
	MATCH_TRAFFIC_CLASS = 0x11, /* DSCP and ECN */
	MATCH_IP_FLAGS = 0x12,      /* u16: tags, fragment, IP version, TCP flags */
	MATCH_TCP_SPORT = 0x14,
	MATCH_TCP_DPORT = 0x16,
	MATCH_IHL = 0x1a,           /* high nibble */
	MATCH_TTL = 0x1b,
	MATCH_UDP_SPORT = 0x1c,
	MATCH_UDP_DPORT = 0x1e,
	MATCH_SRC_IP = 0x20,        /* 16 bytes; IPv4 in the last 4 */
	MATCH_DST_IP = 0x30,
	/* misc parameters */
	MATCH_SECOND_TCI = 0x48,
	MATCH_SECOND_FLAGS = 0x4c,
	MATCH_FLOW_LABEL = 0x5c,    /* low 20 bits */
};

/* MATCH_IP_FLAGS */
#define FLAG_CVLAN 0x8000
#define FLAG_SVLAN 0x4000
#define FLAG_FRAGMENT 0x2000
#define FLAG_VERSION_SHIFT 9
#define TCP_FLAGS_MASK 0x01ff
/* MATCH_SECOND_FLAGS */
#define SECOND_CVLAN 0x80
#define SECOND_SVLAN 0x20

#define MAC_LEN 6
#define ETH_SRC 6
#define ETH_TYPE 12
#define VLAN_TAG 4
#define TPID_CVLAN 0x8100
#define TPID_SVLAN 0x88a8
#define IPV4_TTL 8
#define IPV4_SRC 12
#define IPV4_DST 16
#define IPV4_ADDRESS 4
#define IPV6_HOP_LIMIT 7
#define IPV6_SRC 8
#define IPV6_DST 24
#define IPV6_ADDRESS 16
#define FLOW_LABEL_MASK 0xfffffu
#define TCP_FLAGS 12 /* u16: data offset, reserved, nine flags */
#define PORT_LEN 2

static uint16_t build_tags(const uint8_t *frame, size_t len, uint8_t *value)
{
	uint16_t tpid, flags;

	if (len < ETH_TYPE + VLAN_TAG + 2)
		return 0;
	tpid = cx_get16(frame, ETH_TYPE);
	if (tpid != TPID_CVLAN && tpid != TPID_SVLAN)
		return 0;
	flags = tpid == TPID_CVLAN ? FLAG_CVLAN : FLAG_SVLAN;
	memcpy(value + MATCH_FIRST_TCI, frame + ETH_TYPE + 2, 2);
	if (len < ETH_TYPE + 2 * VLAN_TAG + 2)
		return flags;
	tpid = cx_get16(frame, ETH_TYPE + VLAN_TAG);
	if (tpid != TPID_CVLAN && tpid != TPID_SVLAN)
		return flags;
	memcpy(value + MATCH_SECOND_TCI, frame + ETH_TYPE + VLAN_TAG + 2, 2);
	value[MATCH_SECOND_FLAGS] = tpid == TPID_CVLAN ? SECOND_CVLAN : SECOND_SVLAN;
	return flags;
}

static void build_ipv4(const uint8_t *ip, uint8_t *value)
{
	value[MATCH_TRAFFIC_CLASS] = ip[1];
	value[MATCH_IHL] = (uint8_t)(ip[0] << 4);
	value[MATCH_TTL] = ip[IPV4_TTL];
	memcpy(value + MATCH_SRC_IP + IPV6_ADDRESS - IPV4_ADDRESS, ip + IPV4_SRC, IPV4_ADDRESS);
	memcpy(value + MATCH_DST_IP + IPV6_ADDRESS - IPV4_ADDRESS, ip + IPV4_DST, IPV4_ADDRESS);
}

static void build_ipv6(const uint8_t *ip, uint8_t *value)
{
	value[MATCH_TRAFFIC_CLASS] = (uint8_t)(cx_get16(ip, 0) >> 4);
	value[MATCH_TTL] = ip[IPV6_HOP_LIMIT];
	memcpy(value + MATCH_SRC_IP, ip + IPV6_SRC, IPV6_ADDRESS);
	memcpy(value + MATCH_DST_IP, ip + IPV6_DST, IPV6_ADDRESS);
	cx_set32(value, MATCH_FLOW_LABEL, cx_get32(ip, 0) & FLOW_LABEL_MASK);
}

void cx_match_build(const uint8_t *frame, size_t len, const struct frame_info *info,
		    uint8_t value[CX_MATCH_SIZE])
{
	const uint8_t *l4 = frame + info->l4_offset;
	uint16_t flags;

	memset(value, 0, CX_MATCH_SIZE);
	memcpy(value + MATCH_DMAC, frame, MAC_LEN);
	memcpy(value + MATCH_SMAC, frame + ETH_SRC, MAC_LEN);
	cx_set16(value, MATCH_ETHERTYPE, info->ethertype);
	flags = build_tags(frame, len, value);
	if (info->l3 == FRAME_L3_IPV4) {
		flags |= 4 << FLAG_VERSION_SHIFT;
		build_ipv4(frame + info->l3_offset, value);
	} else if (info->l3 == FRAME_L3_IPV6) {
		flags |= 6 << FLAG_VERSION_SHIFT;
		build_ipv6(frame + info->l3_offset, value);
	}
	if (info->l3 != FRAME_L3_NONE)
		value[MATCH_IP_PROTOCOL] = info->ip_protocol;
	if (info->fragment)
		flags |= FLAG_FRAGMENT;
	if (info->l4 == FRAME_L4_TCP) {
		flags |= cx_get16(l4, TCP_FLAGS) & TCP_FLAGS_MASK;
		memcpy(value + MATCH_TCP_SPORT, l4, 2 * PORT_LEN);
	} else if (info->l4 == FRAME_L4_UDP) {
		memcpy(value + MATCH_UDP_SPORT, l4, 2 * PORT_LEN);
	}
	cx_set16(value, MATCH_IP_FLAGS, flags);
}

static bool section_matches(const uint8_t *mask, const uint8_t *match, const uint8_t *value)
{
	for (unsigned int i = 0; i < CX_MATCH_SECTION; i += sizeof(uint64_t)) {
		uint64_t m, want, have;

		memcpy(&m, mask + i, sizeof(m));
		memcpy(&want, match + i, sizeof(want));
		memcpy(&have, value + i, sizeof(have));
		if ((have & m) != (want & m))
			return false;
	}
	return true;
}

bool cx_match(const struct cx_flow_group *group, const struct cx_flow_entry *entry,
	      const uint8_t value[CX_MATCH_SIZE])
{
	for (unsigned int i = 0; i < CX_MATCH_SECTIONS; i++) {
		unsigned int at = i * CX_MATCH_SECTION;

		if ((group->criteria >> i & 1) &&
		    !section_matches(group->mask + at, entry->match + at, value + at))
			return false;
	}
	return true;
}
