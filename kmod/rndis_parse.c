// SPDX-License-Identifier: GPL-2.0-only
/*
 * Validation of RNDIS messages from the host and building of the data header: no kernel services,
 * no state. Received messages are in the receive buffer, which the host may rewrite while they are
 * read: every header is copied to the stack first and only the copy is believed.
 */
#include "rndis_parse.h"

#include <asm/byteorder.h>
#include <linux/errno.h>
#include <linux/string.h>

#define AN_RNDIS_FRAME_MIN	14	/* an Ethernet header */
#define AN_RSS_ENTRIES		128	/* where the host names no number */
#define AN_RSS_ENTRIES_MAX	256

static u32 get32(const void *p)
{
	__le32 value;

	memcpy(&value, p, sizeof(value));
	return __le32_to_cpu(value);
}

static void take_ppi(u32 type, u32 value, struct an_rndis_rx *rx)
{
	switch (type) {
	case AN_NDIS_PPI_CHECKSUM:
		rx->csum = value;
		break;
	case AN_NDIS_PPI_VLAN:
		rx->vlan = (value & AN_VLAN_PRIO_MASK) << 13 |
			   (value & AN_VLAN_CFI ? 1 << 12 : 0) |
			   (value >> AN_VLAN_ID_SHIFT & 0xfff);
		rx->has_vlan = true;
		break;
	case AN_NDIS_PPI_HASH:
		rx->hash = value;
		rx->has_hash = true;
		break;
	}
}

/* body is what follows the message head; the packet header has been checked to fit. */
static int parse_ppis(const u8 *body, u32 body_len, const struct an_rndis_packet *packet,
		      struct an_rndis_rx *rx)
{
	u32 offset = __le32_to_cpu(packet->ppi_offset);
	u32 len = __le32_to_cpu(packet->ppi_len);
	u8 copy[AN_RNDIS_PPI_MAX];
	u32 at, size, data;

	if (offset == 0 || len == 0)
		return 0;
	if (offset < sizeof(*packet) || offset > body_len || len > body_len - offset)
		return -EBADMSG;
	if (len > sizeof(copy))
		return -EBADMSG;
	memcpy(copy, body + offset, len);
	for (at = 0; at < len; at += size) {
		if (len - at < sizeof(struct an_rndis_ppi))
			return -EBADMSG;
		size = get32(copy + at);
		data = get32(copy + at + offsetof(struct an_rndis_ppi, offset));
		if (size < sizeof(struct an_rndis_ppi) || size > len - at)
			return -EBADMSG;
		if (data < sizeof(struct an_rndis_ppi) || data > size)
			return -EBADMSG;
		if (size - data >= sizeof(u32))
			take_ppi(get32(copy + at + offsetof(struct an_rndis_ppi, type)),
				 get32(copy + at + data), rx);
	}
	return 0;
}

static int parse_packet(const u8 *message, u32 len, struct an_rndis_rx *rx)
{
	u32 body_len = len - AN_RNDIS_HEADER;
	struct an_rndis_packet packet;

	if (body_len < sizeof(packet))
		return -EBADMSG;
	memcpy(&packet, message + AN_RNDIS_HEADER, sizeof(packet));
	rx->data_offset = __le32_to_cpu(packet.data_offset);
	rx->data_len = __le32_to_cpu(packet.data_len);
	if (rx->data_offset < sizeof(packet) || rx->data_offset > body_len)
		return -EBADMSG;
	if (rx->data_len < AN_RNDIS_FRAME_MIN || rx->data_len > body_len - rx->data_offset)
		return -EBADMSG;
	rx->data_offset += AN_RNDIS_HEADER;
	return parse_ppis(message + AN_RNDIS_HEADER, body_len, &packet, rx);
}

/* The host counts the status buffer in the range, not always in the message's own length. */
static int parse_indicate(const u8 *message, u32 len, struct an_rndis_rx *rx)
{
	u32 body_len = len - AN_RNDIS_HEADER;
	struct an_rndis_indicate indicate;
	u32 offset;

	if (body_len < sizeof(indicate))
		return -EBADMSG;
	memcpy(&indicate, message + AN_RNDIS_HEADER, sizeof(indicate));
	rx->status = __le32_to_cpu(indicate.status);
	if (rx->status != AN_RNDIS_LINK_SPEED_CHANGE)
		return 0;
	offset = __le32_to_cpu(indicate.info_offset);
	if (__le32_to_cpu(indicate.info_len) < sizeof(u32) || offset < sizeof(indicate) ||
	    offset > body_len || body_len - offset < sizeof(u32))
		return -EBADMSG;
	rx->speed = get32(message + AN_RNDIS_HEADER + offset);
	return 0;
}

int an_rndis_parse(const void *message, u32 len, struct an_rndis_rx *rx)
{
	struct an_rndis_header head;
	u32 head_len;

	memset(rx, 0, sizeof(*rx));
	if (len < sizeof(head))
		return -EBADMSG;
	memcpy(&head, message, sizeof(head));
	head_len = __le32_to_cpu(head.len);
	if (head_len < sizeof(head) || head_len > len)
		return -EBADMSG;
	rx->type = __le32_to_cpu(head.type);
	switch (rx->type) {
	case AN_RNDIS_PACKET:
		return parse_packet(message, head_len, rx);
	case AN_RNDIS_INIT_COMPLETE:
	case AN_RNDIS_QUERY_COMPLETE:
	case AN_RNDIS_SET_COMPLETE:
		if (head_len < sizeof(head) + sizeof(struct an_rndis_set_complete))
			return -EBADMSG;
		rx->id = get32((const u8 *)message + sizeof(head));
		rx->len = head_len;
		return 0;
	case AN_RNDIS_INDICATE:
		return parse_indicate(message, len, rx);
	default:
		return -ENOMSG;
	}
}

int an_rndis_query_info(const void *answer, u32 len, u32 max, const void **info, u32 *info_len)
{
	const u8 *body = (const u8 *)answer + AN_RNDIS_HEADER;
	struct an_rndis_query_complete done;
	u32 offset;

	if (len < AN_RNDIS_HEADER + sizeof(done))
		return -EBADMSG;
	memcpy(&done, body, sizeof(done));
	if (__le32_to_cpu(done.status) != AN_RNDIS_SUCCESS)
		return -EOPNOTSUPP;
	offset = __le32_to_cpu(done.info_offset);
	*info_len = __le32_to_cpu(done.info_len);
	len -= AN_RNDIS_HEADER;
	if (*info_len > max || offset < sizeof(done) || offset > len || *info_len > len - offset)
		return -EBADMSG;
	*info = body + offset;
	return 0;
}

int an_rndis_status(const void *answer, u32 len)
{
	struct an_rndis_set_complete done;

	if (len < AN_RNDIS_HEADER + sizeof(done))
		return -EBADMSG;
	memcpy(&done, (const u8 *)answer + AN_RNDIS_HEADER, sizeof(done));
	return __le32_to_cpu(done.status) == AN_RNDIS_SUCCESS ? 0 : -EOPNOTSUPP;
}

static u8 *put_ppi(u8 *at, u32 type, u32 value)
{
	struct an_rndis_ppi ppi = {
		.size = __cpu_to_le32(AN_RNDIS_TX_PPI),
		.type = __cpu_to_le32(type),
		.offset = __cpu_to_le32(sizeof(struct an_rndis_ppi)),
	};
	__le32 data = __cpu_to_le32(value);

	memcpy(at, &ppi, sizeof(ppi));
	memcpy(at + sizeof(ppi), &data, sizeof(data));
	return at + AN_RNDIS_TX_PPI;
}

u32 an_rndis_build(void *header, const struct an_rndis_tx *tx)
{
	u8 *ppis = (u8 *)header + AN_RNDIS_HEADER + sizeof(struct an_rndis_packet);
	struct an_rndis_packet packet = { 0 };
	struct an_rndis_header head;
	u8 *at = ppis;
	u32 len;

	if (tx->hash)
		at = put_ppi(at, AN_NDIS_PPI_HASH, tx->hash);
	if (tx->has_vlan)
		at = put_ppi(at, AN_NDIS_PPI_VLAN, (u32)tx->vlan >> 13 |
			     (tx->vlan & 1 << 12 ? AN_VLAN_CFI : 0) |
			     (tx->vlan & 0xfffu) << AN_VLAN_ID_SHIFT);
	if (tx->lso)
		at = put_ppi(at, AN_NDIS_PPI_LSO, tx->lso);
	else if (tx->csum)
		at = put_ppi(at, AN_NDIS_PPI_CHECKSUM, tx->csum);

	len = at - (u8 *)header;
	head.type = __cpu_to_le32(AN_RNDIS_PACKET);
	head.len = __cpu_to_le32(len + tx->data_len);
	packet.data_offset = __cpu_to_le32(len - AN_RNDIS_HEADER);
	packet.data_len = __cpu_to_le32(tx->data_len);
	packet.ppi_offset = __cpu_to_le32(sizeof(packet));
	packet.ppi_len = __cpu_to_le32(at - ppis);
	memcpy(header, &head, sizeof(head));
	memcpy((u8 *)header + sizeof(head), &packet, sizeof(packet));
	return len;
}

int an_rndis_parse_offload(const void *info, u32 len, struct an_offload *offload)
{
	struct an_ndis_offload caps = { 0 };
	u32 size, csum4, csum6;

	memset(offload, 0, sizeof(*offload));
	if (len < AN_NDIS_OFFLOAD_6_0)
		return -EBADMSG;
	memcpy(&caps, info, len < sizeof(caps) ? len : sizeof(caps));
	size = __le16_to_cpu(caps.header.size);
	if (caps.header.type != AN_NDIS_OBJECT_OFFLOAD || caps.header.revision < 1 ||
	    size < AN_NDIS_OFFLOAD_6_0 || size > len)
		return -EBADMSG;

	csum4 = __le32_to_cpu(caps.ip4_tx_csum);
	csum6 = __le32_to_cpu(caps.ip6_tx_csum);
	offload->tcp4 = (csum4 & AN_TXCSUM_TCP4) == AN_TXCSUM_TCP4;
	offload->tcp6 = (csum6 & AN_TXCSUM_TCP6) == AN_TXCSUM_TCP6;
	/* UDP comes with TCP or not at all: a feature bit covers both (netdev_features_t). */
	offload->udp4 = offload->tcp4 && csum4 & AN_TXCSUM_UDP4;
	offload->udp6 = offload->tcp6 && csum6 & AN_TXCSUM_UDP6;
	if (offload->tcp4 && __le32_to_cpu(caps.lso_ip4_encap) & AN_NDIS_ENCAP_8023)
		offload->lso4_max = __le32_to_cpu(caps.lso_ip4_max);
	if (offload->tcp6 && __le32_to_cpu(caps.lso_ip6_encap) & AN_NDIS_ENCAP_8023 &&
	    (__le32_to_cpu(caps.lso_ip6_options) & AN_LSO6_OPTIONS) == AN_LSO6_OPTIONS)
		offload->lso6_max = __le32_to_cpu(caps.lso_ip6_max);
	return 0;
}

int an_rndis_parse_rss(const void *info, u32 len, u32 *queues, u32 *entries)
{
	struct an_ndis_rss_caps caps;

	*queues = 1;
	*entries = 0;
	if (len < sizeof(caps))
		return -EBADMSG;
	memcpy(&caps, info, sizeof(caps));
	if (__le32_to_cpu(caps.queues) < 2)
		return 0;
	*queues = __le32_to_cpu(caps.queues);
	*entries = __le16_to_cpu(caps.table_entries);
	if (*entries == 0 || *entries > AN_RSS_ENTRIES_MAX)
		*entries = AN_RSS_ENTRIES;
	return 0;
}
