// SPDX-License-Identifier: BSD-3-Clause
/*
 * Offloads. Towards the fabric the host inserts the VLAN tag, computes checksums and cuts TCP
 * super-frames, as the frame's per-packet information asks. Towards the guest it tells the tag it
 * took off, its verdict on the checksums, and the receive-side scaling hash.
 * Source: netvsc_drv.c netvsc_xmit and netvsc_alloc_recv_skb, rndis_filter.c rndis_get_ppi.
 */
#include "offload.h"

#include <errno.h>
#include <string.h>

#define PPI_INTERNAL	   0x80000000u
#define ETHER_TYPE_VLAN	   0x8100
#define ETHER_TYPE_OFFSET  (2 * NIC_MAC)
#define LSO_MIN_SEGMENTS   2
#define NDIS_REVISION_6_0  1
#define NDIS_REVISION_6_1  2
#define NDIS_REVISION_6_30 3

/* --------------------------------------------------------------------- guest to fabric ---- */

static void note(struct offload_tx *tx, uint32_t type, uint32_t value)
{
	switch (type) {
	case NDIS_PPI_CHECKSUM:
		tx->has_checksum = true;
		tx->checksum = value;
		break;
	case NDIS_PPI_LSO:
		tx->has_lso = true;
		tx->lso = value;
		break;
	case NDIS_PPI_VLAN:
		tx->has_vlan = true;
		tx->vlan = value;
		break;
	default: /* hash values and what else a guest adds for itself */
		break;
	}
}

int offload_parse(const uint8_t *list, size_t len, struct offload_tx *tx)
{
	*tx = (struct offload_tx){ 0 };
	while (len > 0) {
		struct rndis_ppi ppi;
		uint32_t value;

		if (len < sizeof(ppi))
			return -EINVAL;
		memcpy(&ppi, list, sizeof(ppi));
		if (ppi.size < sizeof(ppi) || ppi.size > len || ppi.offset > ppi.size)
			return -EINVAL;
		if (ppi.size - ppi.offset >= sizeof(value) && !(ppi.type & PPI_INTERNAL)) {
			memcpy(&value, list + ppi.offset, sizeof(value));
			note(tx, ppi.type, value);
		}
		list += ppi.size;
		len -= ppi.size;
	}
	return 0;
}

/* Grows the frame towards its front, where its RNDIS header has been read already: what follows
 * it may be the next RNDIS packet. */
static uint8_t *push_tag(uint8_t *frame, uint16_t tci)
{
	frame -= NIC_VLAN_TAG;
	memmove(frame, frame + NIC_VLAN_TAG, ETHER_TYPE_OFFSET);
	frame[ETHER_TYPE_OFFSET] = ETHER_TYPE_VLAN >> 8;
	frame[ETHER_TYPE_OFFSET + 1] = ETHER_TYPE_VLAN & 0xff;
	frame[ETHER_TYPE_OFFSET + 2] = (uint8_t)(tci >> 8);
	frame[ETHER_TYPE_OFFSET + 3] = (uint8_t)tci;
	return frame;
}

/* A request for a layer that is not there is not an error: the frame goes as it is. */
static void fill_checksums(uint8_t *frame, size_t len, uint32_t request)
{
	struct frame_info info;

	if (frame_parse(frame, len, &info) != 0)
		return;
	if (request & NDIS_TX_IP)
		frame_fill_l3(frame, &info);
	if (((request & NDIS_TX_TCP) && info.l4 == FRAME_L4_TCP) ||
	    ((request & NDIS_TX_UDP) && info.l4 == FRAME_L4_UDP))
		frame_fill_l4(frame, &info);
}

static void emit(void *ctx, const uint8_t *frame, size_t len)
{
	const struct netvsp *nic = ctx;

	fabric_send(nic->config.port, FABRIC_SYNTHETIC, frame, len);
}

void offload_send(struct netvsp *nic, uint8_t *frame, size_t len, const struct offload_tx *tx)
{
	if (tx->has_vlan && len >= NIC_ETHER_HEADER) {
		frame = push_tag(frame, ndis_vlan_to_tci(tx->vlan));
		len += NIC_VLAN_TAG;
	}
	if (tx->has_lso &&
	    frame_segment(frame, len, tx->lso & NDIS_LSO_MSS_MASK, emit, nic) == 0)
		return;
	/* What could not be cut is whole: the fabric sends it, or counts it as too big. */
	if (tx->has_checksum && !tx->has_lso)
		fill_checksums(frame, len, tx->checksum);
	fabric_send(nic->config.port, FABRIC_SYNTHETIC, frame, len);
}

/* --------------------------------------------------------------------- fabric to guest ---- */

static size_t put_ppi(uint8_t *out, uint32_t type, uint32_t value)
{
	struct rndis_ppi ppi = { sizeof(ppi) + sizeof(value), type, sizeof(ppi) };

	memcpy(out, &ppi, sizeof(ppi));
	memcpy(out + sizeof(ppi), &value, sizeof(value));
	return ppi.size;
}

static uint32_t verdict(enum frame_checksum checksum, uint32_t good, uint32_t failed)
{
	if (checksum == FRAME_CHECKSUM_NONE)
		return 0;
	return checksum == FRAME_CHECKSUM_GOOD ? good : failed;
}

/* Nothing is added up that the guest does not want to know. */
static uint32_t checksum_verdict(const struct netvsp *nic, const struct offload_rx *rx)
{
	unsigned int wanted = nic->session.rx_checksum;
	bool v4 = rx->info.l3 == FRAME_L3_IPV4;
	uint32_t value = 0;

	if (!rx->sound)
		return 0;
	if (v4 && (wanted & NIC_RX_IP4))
		value |= verdict(frame_check_l3(rx->frame, &rx->info), NDIS_RX_IP_GOOD,
				 NDIS_RX_IP_FAILED);
	if (rx->info.l4 == FRAME_L4_TCP && (wanted & (v4 ? NIC_RX_TCP4 : NIC_RX_TCP6)))
		value |= verdict(frame_check_l4(rx->frame, &rx->info), NDIS_RX_TCP_GOOD,
				 NDIS_RX_TCP_FAILED);
	if (rx->info.l4 == FRAME_L4_UDP && (wanted & (v4 ? NIC_RX_UDP4 : NIC_RX_UDP6)))
		value |= verdict(frame_check_l4(rx->frame, &rx->info), NDIS_RX_UDP_GOOD,
				 NDIS_RX_UDP_FAILED);
	return value;
}

size_t offload_rx_ppis(const struct netvsp *nic, const struct offload_rx *rx, uint8_t *out)
{
	uint32_t checksum = checksum_verdict(nic, rx);
	size_t len = 0;

	if (checksum != 0)
		len += put_ppi(out + len, NDIS_PPI_CHECKSUM, checksum);
	if (rx->info.vlan)
		len += put_ppi(out + len, NDIS_PPI_VLAN, ndis_vlan_from_tci(rx->info.vlan_tci));
	if (rx->hashed)
		len += put_ppi(out + len, NDIS_PPI_HASH, rx->hash);
	return len;
}

/* ------------------------------------------------------------------------- negotiation ---- */

static const uint16_t size_of_revision[] = {
	[NDIS_REVISION_6_0] = offsetof(struct ndis_offload, ipsecv2),
	[NDIS_REVISION_6_1] = offsetof(struct ndis_offload, rsc4),
	[NDIS_REVISION_6_30] = sizeof(struct ndis_offload),
};

static uint8_t revision_for(const struct netvsp *nic, const uint8_t *request, size_t len)
{
	struct ndis_header header;

	if (len >= sizeof(header)) {
		memcpy(&header, request, sizeof(header));
		if (header.type == NDIS_OBJECT_OFFLOAD && header.revision >= NDIS_REVISION_6_0)
			return header.revision < NDIS_REVISION_6_30 ? header.revision :
								      NDIS_REVISION_6_30;
	}
	if (nic->session.version >= NVSP_VERSION_5)
		return NDIS_REVISION_6_30;
	return nic->session.version >= NVSP_VERSION_4 ? NDIS_REVISION_6_1 : NDIS_REVISION_6_0;
}

size_t offload_capabilities(const struct netvsp *nic, const uint8_t *request, size_t request_len,
			    struct ndis_offload *out)
{
	const uint32_t encap = NDIS_ENCAP_8023 | NDIS_ENCAP_8023PQ | NDIS_ENCAP_8023PQ_OOB;
	const uint32_t ip6 = NDIS_CHECKSUM_IP_OPTIONS | NDIS_CHECKSUM_TCP_OPTIONS |
			     NDIS_CHECKSUM_TCP | NDIS_CHECKSUM_UDP;
	const uint32_t ip4 = ip6 | NDIS_CHECKSUM_IP4;
	uint8_t revision = revision_for(nic, request, request_len);

	*out = (struct ndis_offload){
		.header = { NDIS_OBJECT_OFFLOAD, revision, size_of_revision[revision] },
		.checksum = { { encap, ip4, encap, ip4 }, { encap, ip6, encap, ip6 } },
		.lsov2 = {
			.ip4_encap = encap,
			.ip4_max = NIC_LSO_MAX,
			.ip4_min_segments = LSO_MIN_SEGMENTS,
			.ip6_encap = encap,
			.ip6_max = NIC_LSO_MAX,
			.ip6_min_segments = LSO_MIN_SEGMENTS,
			.ip6_options = NDIS_LSO_IP6_EXTENSIONS | NDIS_LSO_TCP6_OPTIONS,
		},
	};
	return out->header.size;
}

uint32_t offload_set(struct netvsp *nic, const uint8_t *info, size_t len)
{
	static const struct {
		size_t offset;
		unsigned int bit;
	} row[] = {
		{ offsetof(struct ndis_offload_params, ip4_csum), NIC_RX_IP4 },
		{ offsetof(struct ndis_offload_params, tcp4_csum), NIC_RX_TCP4 },
		{ offsetof(struct ndis_offload_params, udp4_csum), NIC_RX_UDP4 },
		{ offsetof(struct ndis_offload_params, tcp6_csum), NIC_RX_TCP6 },
		{ offsetof(struct ndis_offload_params, udp6_csum), NIC_RX_UDP6 },
	};
	unsigned int rx_checksum = nic->session.rx_checksum;

	if (len < sizeof(struct ndis_offload_params))
		return RNDIS_INVALID_LENGTH;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint8_t setting = info[row[i].offset];

		if (setting > NDIS_OFFLOAD_TX_RX)
			return RNDIS_INVALID_DATA;
		if (setting == NDIS_OFFLOAD_RX || setting == NDIS_OFFLOAD_TX_RX)
			rx_checksum |= row[i].bit;
		else if (setting != NDIS_OFFLOAD_UNCHANGED)
			rx_checksum &= ~row[i].bit;
	}
	nic->session.rx_checksum = rx_checksum;
	return RNDIS_SUCCESS;
}
