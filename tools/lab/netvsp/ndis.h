/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * NDIS objects that travel in RNDIS: offload capabilities and parameters, receive-side scaling,
 * and the values of per-packet information. Source: drivers/net/hyperv/hyperv_net.h.
 */
#ifndef LAB_NETVSP_NDIS_H
#define LAB_NETVSP_NDIS_H

#include <stddef.h>
#include <stdint.h>

struct ndis_header {
	uint8_t type, revision;
	uint16_t size;
};

enum ndis_object {
	NDIS_OBJECT_DEFAULT = 0x80,
	NDIS_OBJECT_RSS_CAPABILITIES = 0x88,
	NDIS_OBJECT_RSS_PARAMETERS = 0x89,
	NDIS_OBJECT_OFFLOAD = 0xa7,
};

/* ------------------------------------------------------------------------------- offload -- */

enum ndis_encapsulation { NDIS_ENCAP_8023 = 2, NDIS_ENCAP_8023PQ = 4, NDIS_ENCAP_8023PQ_OOB = 8 };

enum ndis_checksum { /* transmit and receive alike */
	NDIS_CHECKSUM_IP_OPTIONS = 0x001, /* IPv6: extension headers */
	NDIS_CHECKSUM_TCP_OPTIONS = 0x004,
	NDIS_CHECKSUM_TCP = 0x010,
	NDIS_CHECKSUM_UDP = 0x040,
	NDIS_CHECKSUM_IP4 = 0x100,
};

enum ndis_lso_options { NDIS_LSO_IP6_EXTENSIONS = 1, NDIS_LSO_TCP6_OPTIONS = 4 };

struct ndis_offload { /* OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES */
	struct ndis_header header;
	struct {
		uint32_t tx_encap, tx, rx_encap, rx;
	} checksum[2]; /* IPv4, IPv6 */
	uint32_t lsov1[4], ipsecv1[7];
	struct {
		uint32_t ip4_encap, ip4_max, ip4_min_segments;
		uint32_t ip6_encap, ip6_max, ip6_min_segments, ip6_options;
	} lsov2;
	uint32_t flags;
	uint8_t ipsecv2[32]; /* from NDIS 6.1 */
	uint8_t rsc4, rsc6;  /* from NDIS 6.30 */
	uint8_t reserved[2];
	uint32_t encapsulation[2];
};
_Static_assert(sizeof(struct ndis_offload) == 156, "NDIS 6.30");
_Static_assert(offsetof(struct ndis_offload, ipsecv2) == 112, "NDIS 6.0");
_Static_assert(offsetof(struct ndis_offload, rsc4) == 144, "NDIS 6.1");

struct ndis_offload_params { /* OID_TCP_OFFLOAD_PARAMETERS, as far as NVSP 1 to 4 send it */
	struct ndis_header header;
	uint8_t ip4_csum, tcp4_csum, udp4_csum, tcp6_csum, udp6_csum;
	uint8_t rest[13];
};
_Static_assert(sizeof(struct ndis_offload_params) == 22, "version 4 size");

enum ndis_offload_setting {
	NDIS_OFFLOAD_UNCHANGED = 0,
	NDIS_OFFLOAD_OFF = 1,
	NDIS_OFFLOAD_TX = 2,
	NDIS_OFFLOAD_RX = 3,
	NDIS_OFFLOAD_TX_RX = 4,
};

/* ------------------------------------------------------------------- per-packet information -- */

enum ndis_ppi {
	NDIS_PPI_CHECKSUM = 0,
	NDIS_PPI_LSO = 2,
	NDIS_PPI_VLAN = 6,
	NDIS_PPI_HASH = 8,
};

enum ndis_tx_checksum {
	NDIS_TX_IPV4 = 1 << 0,
	NDIS_TX_IPV6 = 1 << 1,
	NDIS_TX_TCP = 1 << 2,
	NDIS_TX_UDP = 1 << 3,
	NDIS_TX_IP = 1 << 4,
};

enum ndis_rx_checksum {
	NDIS_RX_TCP_FAILED = 1 << 0,
	NDIS_RX_UDP_FAILED = 1 << 1,
	NDIS_RX_IP_FAILED = 1 << 2,
	NDIS_RX_TCP_GOOD = 1 << 3,
	NDIS_RX_UDP_GOOD = 1 << 4,
	NDIS_RX_IP_GOOD = 1 << 5,
};

#define NDIS_LSO_MSS_MASK     0xfffffu
#define NDIS_LSO_OFFSET_SHIFT 20 /* of the TCP header in the frame, 10 bits */
#define NDIS_LSO_OFFSET_MASK  0x3ffu

/* The VLAN value: priority in bits 0-2, CFI 3, VLAN id 4-15. The tag: priority 13-15, CFI 12. */
static inline uint32_t ndis_vlan_from_tci(uint16_t tci)
{
	return tci >> 13 | (tci >> 12 & 1u) << 3 | (tci & 0xfffu) << 4;
}

static inline uint16_t ndis_vlan_to_tci(uint32_t vlan)
{
	return (uint16_t)((vlan & 7) << 13 | (vlan >> 3 & 1) << 12 | (vlan >> 4 & 0xfff));
}

/* ----------------------------------------------------------------------------------- RSS -- */

#define NDIS_RSS_KEY	 40
#define NDIS_RSS_ENTRIES 128

enum ndis_rss_caps_flag {
	NDIS_RSS_CAPS_TOEPLITZ = 0x001,
	NDIS_RSS_CAPS_TCP_IPV4 = 0x100,
	NDIS_RSS_CAPS_TCP_IPV6 = 0x200,
};

enum ndis_hash { /* of parameters: not the capabilities' bits */
	NDIS_HASH_TOEPLITZ = 0x0001,
	NDIS_HASH_IPV4 = 0x0100,
	NDIS_HASH_TCP_IPV4 = 0x0200,
	NDIS_HASH_IPV6 = 0x0400,
	NDIS_HASH_TCP_IPV6 = 0x1000,
};

struct ndis_rss_caps {
	struct ndis_header header;
	uint32_t flags, interrupts, queues;
	uint16_t table_entries;
} __attribute__((packed));
_Static_assert(sizeof(struct ndis_rss_caps) == 18, "RSS capabilities");

enum ndis_rss_flag {
	NDIS_RSS_TABLE_UNCHANGED = 0x04,
	NDIS_RSS_KEY_UNCHANGED = 0x08,
	NDIS_RSS_DISABLE = 0x10,
};

struct ndis_rss_params { /* sizes in bytes; offsets count from here */
	struct ndis_header header;
	uint16_t flags, base_cpu;
	uint32_t hash;
	uint16_t table_size, reserved1;
	uint32_t table_offset;
	uint16_t key_size, reserved2;
	uint32_t key_offset;
	uint32_t masks_offset, masks, mask_size;
};
_Static_assert(sizeof(struct ndis_rss_params) == 40, "RSS parameters");

#endif
