/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * RNDIS as it is on the wire, little endian. [G] guest to host, [H] host to
 * guest. Offsets inside messages count from the field after {type, len}, AN_RNDIS_HEADER bytes in.
 * Source: include/linux/rndis.h and drivers/net/hyperv/hyperv_net.h (facts only).
 */
#ifndef AN_RNDIS_WIRE_H
#define AN_RNDIS_WIRE_H

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

enum an_rndis_type {
	AN_RNDIS_PACKET		= 1,		/* [G] [H] */
	AN_RNDIS_INIT		= 2,		/* [G] */
	AN_RNDIS_HALT		= 3,		/* [G] */
	AN_RNDIS_QUERY		= 4,		/* [G] */
	AN_RNDIS_SET		= 5,		/* [G] */
	AN_RNDIS_INDICATE	= 7,		/* [H] */
	AN_RNDIS_INIT_COMPLETE	= 0x80000002,	/* [H] */
	AN_RNDIS_QUERY_COMPLETE	= 0x80000004,	/* [H] */
	AN_RNDIS_SET_COMPLETE	= 0x80000005,	/* [H] */
};

#define AN_RNDIS_SUCCESS		0
#define AN_RNDIS_MEDIA_CONNECT		0x4001000b
#define AN_RNDIS_MEDIA_DISCONNECT	0x4001000c
#define AN_RNDIS_LINK_SPEED_CHANGE	0x40010013
#define AN_RNDIS_NETWORK_CHANGE		0x40010018

enum an_oid {
	AN_OID_GEN_MAXIMUM_FRAME_SIZE			= 0x00010106,
	AN_OID_GEN_LINK_SPEED				= 0x00010107,	/* in 100 bit/s */
	AN_OID_GEN_CURRENT_PACKET_FILTER		= 0x0001010e,
	AN_OID_GEN_MEDIA_CONNECT_STATUS			= 0x00010114,	/* 0: connected */
	AN_OID_GEN_RECEIVE_SCALE_CAPABILITIES		= 0x00010203,
	AN_OID_GEN_RECEIVE_SCALE_PARAMETERS		= 0x00010204,
	AN_OID_GEN_RNDIS_CONFIG_PARAMETER		= 0x0001021b,
	AN_OID_802_3_PERMANENT_ADDRESS			= 0x01010101,
	AN_OID_TCP_OFFLOAD_PARAMETERS			= 0xfc01020c,
	AN_OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES	= 0xfc01020d,
};

#define AN_RNDIS_FILTER_DIRECTED	0x01
#define AN_RNDIS_FILTER_ALL_MULTICAST	0x04
#define AN_RNDIS_FILTER_BROADCAST	0x08
#define AN_RNDIS_FILTER_PROMISCUOUS	0x20

struct an_rndis_header {
	__le32 type;
	__le32 len;		/* of the message, this head included */
};
#define AN_RNDIS_HEADER	sizeof(struct an_rndis_header)
static_assert(sizeof(struct an_rndis_header) == 8);

struct an_rndis_packet {
	__le32 data_offset;
	__le32 data_len;
	__le32 oob_offset;
	__le32 oob_len;
	__le32 oob_count;
	__le32 ppi_offset;
	__le32 ppi_len;
	__le32 vc;
	__le32 reserved;
};
static_assert(sizeof(struct an_rndis_packet) == 36);

/* Per-packet information; its data follows at `offset`. */
struct an_rndis_ppi {
	__le32 size;		/* head and data */
	__le32 type;		/* bit 31: internal to the host's switch */
	__le32 offset;
};
static_assert(sizeof(struct an_rndis_ppi) == 12);

enum an_ppi_type {
	AN_NDIS_PPI_CHECKSUM	= 0,
	AN_NDIS_PPI_LSO		= 2,
	AN_NDIS_PPI_VLAN	= 6,
	AN_NDIS_PPI_HASH	= 8,
};

/* AN_NDIS_PPI_CHECKSUM, guest to host */
#define AN_NDIS_TX_IPV4		(1u << 0)
#define AN_NDIS_TX_IPV6		(1u << 1)
#define AN_NDIS_TX_TCP		(1u << 2)
#define AN_NDIS_TX_UDP		(1u << 3)
#define AN_NDIS_TX_OFFSET_SHIFT	16	/* 10 bits: offset of the TCP or UDP header */
/* AN_NDIS_PPI_CHECKSUM, host to guest */
#define AN_NDIS_RX_TCP_FAILED	(1u << 0)
#define AN_NDIS_RX_UDP_FAILED	(1u << 1)
#define AN_NDIS_RX_TCP_GOOD	(1u << 3)
#define AN_NDIS_RX_UDP_GOOD	(1u << 4)
/* AN_NDIS_PPI_LSO, version 2 */
#define AN_NDIS_LSO_MSS_MASK		0xfffff
#define AN_NDIS_LSO_OFFSET_SHIFT	20	/* 10 bits: offset of the TCP header */
#define AN_NDIS_LSO_V2			(1u << 30)
#define AN_NDIS_LSO_IPV6		(1u << 31)
#define AN_PPI_HEADER_MAX		0x3ff
/* AN_NDIS_PPI_VLAN */
#define AN_VLAN_PRIO_MASK	0x7
#define AN_VLAN_CFI		(1u << 3)
#define AN_VLAN_ID_SHIFT	4	/* 12 bits */

struct an_rndis_init {
	__le32 id;
	__le32 major;
	__le32 minor;
	__le32 max_transfer;
};

struct an_rndis_init_complete {
	__le32 id;
	__le32 status;
	__le32 major;
	__le32 minor;
	__le32 flags;
	__le32 medium;
	__le32 max_packets;
	__le32 max_transfer;
	__le32 align_log2;
	__le32 af_offset;
	__le32 af_len;
};
static_assert(sizeof(struct an_rndis_init_complete) == 44);

/* QUERY and SET; the information buffer follows. */
struct an_rndis_oid_request {
	__le32 id;
	__le32 oid;
	__le32 info_len;
	__le32 info_offset;
	__le32 vc;
};
static_assert(sizeof(struct an_rndis_oid_request) == 20);

struct an_rndis_query_complete {
	__le32 id;
	__le32 status;
	__le32 info_len;
	__le32 info_offset;
};
static_assert(sizeof(struct an_rndis_query_complete) == 16);

struct an_rndis_set_complete {
	__le32 id;
	__le32 status;
};

struct an_rndis_indicate {
	__le32 status;
	__le32 info_len;
	__le32 info_offset;
};
static_assert(sizeof(struct an_rndis_indicate) == 12);

/* AN_OID_GEN_RNDIS_CONFIG_PARAMETER: a named value, both UTF-16 little endian. */
struct an_rndis_config_parameter {
	__le32 name_offset;
	__le32 name_len;
	__le32 value_type;
	__le32 value_offset;
	__le32 value_len;
};
#define AN_RNDIS_CONFIG_STRING	2

#endif
