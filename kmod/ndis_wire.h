/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * NDIS objects that travel in RNDIS queries and sets, as they are on the wire, little endian.
 * Source: drivers/net/hyperv/hyperv_net.h (facts only).
 */
#ifndef AN_NDIS_WIRE_H
#define AN_NDIS_WIRE_H

#include <linux/build_bug.h>
#include <linux/stddef.h>
#include <linux/types.h>

struct an_ndis_header {
	__u8 type;
	__u8 revision;
	__le16 size;
};
#define AN_NDIS_OBJECT_DEFAULT		0x80
#define AN_NDIS_OBJECT_RSS_CAPABILITIES	0x88
#define AN_NDIS_OBJECT_RSS_PARAMETERS	0x89
#define AN_NDIS_OBJECT_OFFLOAD		0xa7
#define AN_NDIS_RSS_REVISION		2

/* NDIS_OFFLOAD: only what this driver reads has a name. */
struct an_ndis_offload {
	struct an_ndis_header header;
	__le32 ip4_tx_encap;
	__le32 ip4_tx_csum;
	__le32 ip4_rx_encap;
	__le32 ip4_rx_csum;
	__le32 ip6_tx_encap;
	__le32 ip6_tx_csum;
	__le32 ip6_rx_encap;
	__le32 ip6_rx_csum;
	__u8 lso1_ipsec1[44];
	__le32 lso_ip4_encap;
	__le32 lso_ip4_max;
	__le32 lso_ip4_min_segments;
	__le32 lso_ip6_encap;
	__le32 lso_ip6_max;
	__le32 lso_ip6_min_segments;
	__le32 lso_ip6_options;
	__le32 flags;
	__u8 ipsec2[32];	/* NDIS 6.1 */
	__u8 rsc[4];		/* NDIS 6.30 */
	__le32 gre_flags;
	__le32 gre_header;
} __packed;
static_assert(sizeof(struct an_ndis_offload) == 156);
#define AN_NDIS_OFFLOAD_6_0	offsetof(struct an_ndis_offload, ipsec2)
#define AN_NDIS_OFFLOAD_6_1	offsetof(struct an_ndis_offload, rsc)
static_assert(AN_NDIS_OFFLOAD_6_0 == 112);
static_assert(AN_NDIS_OFFLOAD_6_1 == 144);

#define AN_NDIS_ENCAP_8023	0x0002
#define AN_TXCSUM_TCP4		(0x010 | 0x004)	/* and with options */
#define AN_TXCSUM_UDP4		0x040
#define AN_TXCSUM_TCP6		(0x010 | 0x004 | 0x001)	/* and options, and extensions */
#define AN_TXCSUM_UDP6		0x040
#define AN_LSO6_OPTIONS		(0x001 | 0x004)

/* NDIS_OFFLOAD_PARAMETERS. 0 in a field: no change. */
struct an_ndis_offload_params {
	struct an_ndis_header header;
	__u8 ip4_csum;
	__u8 tcp4_csum;
	__u8 udp4_csum;
	__u8 tcp6_csum;
	__u8 udp6_csum;
	__u8 lso1;
	__u8 ipsec1;
	__u8 lso2_ip4;
	__u8 lso2_ip6;
	__u8 tcp_connection[2];
	__u8 pad;
	__le32 flags;
	__u8 ipsec2[2];
	__u8 rsc[2];
	__u8 encapsulation[2];
	__u8 pad2[2];
};
static_assert(sizeof(struct an_ndis_offload_params) == 28);
#define AN_NDIS_OFFLOAD_PARAMS_V4	22	/* up to NVSP 4 */
#define AN_NDIS_OFFLOAD_PARAMS_REVISION	3
#define AN_NDIS_OFFLOAD_OFF		1	/* checksums, both directions */
#define AN_NDIS_OFFLOAD_TX_RX		4
#define AN_NDIS_OFFLOAD_LSO2_ON		2

struct an_ndis_rss_caps {
	struct an_ndis_header header;
	__le32 flags;
	__le32 interrupts;
	__le32 queues;
	__le16 table_entries;
} __packed;
static_assert(sizeof(struct an_ndis_rss_caps) == 18);

struct an_ndis_rss_params {
	struct an_ndis_header header;
	__le16 flags;
	__le16 base_cpu;
	__le32 hash;
	__le16 table_size;
	__le32 table_offset;
	__le16 key_size;
	__le32 key_offset;
	__le32 masks_offset;
	__le32 masks;
	__le32 mask_size;
};
static_assert(sizeof(struct an_ndis_rss_params) == 40);
#define AN_NDIS_RSS_DISABLE	0x0010
#define AN_NDIS_HASH_TOEPLITZ	0x00000001
#define AN_NDIS_HASH_IPV4	0x00000100
#define AN_NDIS_HASH_TCP_IPV4	0x00000200
#define AN_NDIS_HASH_IPV6	0x00000400
#define AN_NDIS_HASH_TCP_IPV6	0x00001000

#endif
