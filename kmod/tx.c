// SPDX-License-Identifier: GPL-2.0-only
/*
 * Transmit on the synthetic side. A frame becomes one RNDIS message: a header of this driver's
 * (per transaction, so that shared and cloned skbs stay untouched) and the frame. What fits into a
 * section of the send buffer is copied there; the rest is described by its pages.
 *
 * Flow control: the queue stops when the ring or the transaction table run low and wakes from a
 * completion. A queue is never stopped while nothing is outstanding.
 */
#include "channel.h"
#include "tx.h"

#include <linux/if_vlan.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/tcp.h>
#include <net/ip6_checksum.h>
#include <net/tcp.h>

#define AN_RING_STOP_PERCENT	10
#define AN_RING_WAKE_PERCENT	20
#define AN_XACTS_STOP		(AN_XACTS - 2 * AN_XACTS_SPARE)
/* The largest packet on the ring, with its descriptor and trailer. */
#define AN_RING_PACKET		(AN_GPA_BYTES + sizeof(struct an_nvsp_message) + 16)

/* In skb->cb while the host has it. */
struct an_tx_cb {
	u32 section;	/* of the send buffer, or AN_NVSP_NO_SECTION */
	u32 packets;	/* on the wire */
	u32 bytes;
};

static struct an_tx_cb *tx_cb(struct sk_buff *skb)
{
	BUILD_BUG_ON(sizeof(struct an_tx_cb) > sizeof_field(struct sk_buff, cb));
	return (struct an_tx_cb *)skb->cb;
}

static u32 take_section(struct an_nic *nic)
{
	u32 section;

	for_each_clear_bit(section, nic->send_used, nic->send_sections)
		if (!test_and_set_bit(section, nic->send_used))
			return section;
	atomic_long_inc(&nic->stats.tx_send_full);
	return AN_NVSP_NO_SECTION;
}

static void put_section(struct an_nic *nic, u32 section)
{
	if (section < nic->send_sections)
		clear_bit(section, nic->send_used);
}

/* AF_PACKET sends tags in the frame; the host's switch wants them beside it. */
static int pop_vlan(struct sk_buff *skb)
{
	u16 tci;
	int ret;

	if (skb->protocol != htons(ETH_P_8021Q) || skb_vlan_tag_present(skb))
		return 0;
	skb_reset_mac_header(skb);
	if (!eth_type_vlan(eth_hdr(skb)->h_proto))
		return 0;
	ret = __skb_vlan_pop(skb, &tci);
	if (!ret)
		__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), tci);
	return ret;
}

/* The host fills in lengths and checksums of each segment; the pseudo header has length 0. */
static int prepare_lso(struct sk_buff *skb, struct an_rndis_tx *tx)
{
	u32 offset = skb_transport_offset(skb);
	struct iphdr *ip;

	if (skb_cow_head(skb, 0))
		return -ENOMEM;
	tx->lso = AN_NDIS_LSO_V2 | offset << AN_NDIS_LSO_OFFSET_SHIFT |
		  (skb_shinfo(skb)->gso_size & AN_NDIS_LSO_MSS_MASK);
	if (skb_shinfo(skb)->gso_type & SKB_GSO_TCPV6) {
		tx->lso |= AN_NDIS_LSO_IPV6;
		tcp_v6_gso_csum_prep(skb);
		return 0;
	}
	ip = ip_hdr(skb);
	ip->tot_len = 0;
	ip->check = 0;
	tcp_hdr(skb)->check = ~csum_tcpudp_magic(ip->saddr, ip->daddr, 0, IPPROTO_TCP, 0);
	return 0;
}

static int prepare_csum(const struct an_nic *nic, struct sk_buff *skb, struct an_rndis_tx *tx)
{
	bool ip6 = vlan_get_protocol(skb) == htons(ETH_P_IPV6);
	u8 proto = ip6 ? ipv6_hdr(skb)->nexthdr : ip_hdr(skb)->protocol;
	u32 offset = skb_transport_offset(skb);
	bool can = false;

	if (proto == IPPROTO_TCP)
		can = ip6 ? nic->offload.tcp6 : nic->offload.tcp4;
	else if (proto == IPPROTO_UDP)
		can = ip6 ? nic->offload.udp6 : nic->offload.udp4;
	if (!can || offset > AN_PPI_HEADER_MAX)
		return skb_checksum_help(skb);
	tx->csum = (ip6 ? AN_NDIS_TX_IPV6 : AN_NDIS_TX_IPV4) |
		   (proto == IPPROTO_TCP ? AN_NDIS_TX_TCP : AN_NDIS_TX_UDP) |
		   offset << AN_NDIS_TX_OFFSET_SHIFT;
	return 0;
}

static int prepare_frame(struct an_nic *nic, struct sk_buff *skb, struct an_rndis_tx *tx)
{
	int ret = 0;

	if (pop_vlan(skb)) {
		atomic_long_inc(&nic->stats.vlan_error);
		return -EINVAL;
	}
	*tx = (struct an_rndis_tx){
		.hash = nic->queues > 1 ? skb_get_hash_raw(skb) : 0,
		.has_vlan = skb_vlan_tag_present(skb),
		.vlan = skb_vlan_tag_present(skb) ? skb_vlan_tag_get(skb) : 0,
	};
	if (skb_is_gso(skb))
		ret = prepare_lso(skb, tx);
	else if (skb->ip_summed == CHECKSUM_PARTIAL)
		ret = prepare_csum(nic, skb, tx);
	tx->data_len = skb->len;
	return ret;
}

static bool add_frame(struct an_gpa *gpa, const struct sk_buff *skb)
{
	u32 i;

	if (skb_headlen(skb) && !an_gpa_add(gpa, virt_to_hvpfn(skb->data),
					    offset_in_hvpage(skb->data), skb_headlen(skb)))
		return false;
	for (i = 0; i < skb_shinfo(skb)->nr_frags; i++) {
		const skb_frag_t *frag = &skb_shinfo(skb)->frags[i];
		u32 offset = skb_frag_off(frag);

		if (!an_gpa_add(gpa, page_to_hvpfn(skb_frag_page(frag)) +
				(offset >> HV_HYP_PAGE_SHIFT), offset_in_hvpage(offset),
				skb_frag_size(frag)))
			return false;
	}
	return true;
}

/* The pages of header and frame; a frame in too many pieces is put into one. */
static int describe(struct an_queue *queue, struct sk_buff *skb, u16 index, u32 header_len,
		    struct an_gpa *gpa)
{
	u32 at = index * AN_TX_HEADER_SIZE;
	u64 pfn = queue->tx_header_pfn[at >> HV_HYP_PAGE_SHIFT];

	an_gpa_init(gpa);
	an_gpa_add(gpa, pfn, offset_in_hvpage(at), header_len);
	if (add_frame(gpa, skb))
		return 0;
	atomic_long_inc(&queue->nic->stats.tx_scattered);
	if (skb_linearize(skb)) {
		atomic_long_inc(&queue->nic->stats.tx_no_memory);
		return -ENOMEM;
	}
	an_gpa_init(gpa);
	an_gpa_add(gpa, pfn, offset_in_hvpage(at), header_len);
	if (add_frame(gpa, skb))
		return 0;
	atomic_long_inc(&queue->nic->stats.tx_too_big);
	return -EMSGSIZE;
}

/* Hands the frame to the host under that transaction; once it is armed the skb is not touched. */
static int post_frame(struct an_queue *queue, struct sk_buff *skb, const struct an_rndis_tx *tx,
		      u64 id)
{
	u8 *header = queue->tx_headers + an_xact_index(id) * AN_TX_HEADER_SIZE;
	struct an_nvsp_message msg = { .type = cpu_to_le32(AN_NVSP_SEND_RNDIS) };
	u32 header_len = an_rndis_build(header, tx);
	struct an_nic *nic = queue->nic;
	struct an_tx_cb *cb = tx_cb(skb);
	struct an_gpa gpa;
	u8 *to;
	int ret;

	cb->packets = skb_is_gso(skb) ? skb_shinfo(skb)->gso_segs : 1;
	cb->bytes = skb->len;
	cb->section = AN_NVSP_NO_SECTION;
	if (header_len + skb->len <= nic->send_section_size)
		cb->section = take_section(nic);
	msg.rndis.channel_type = cpu_to_le32(AN_NVSP_CHANNEL_DATA);
	msg.rndis.section = cpu_to_le32(cb->section);

	if (cb->section == AN_NVSP_NO_SECTION) {
		ret = describe(queue, skb, an_xact_index(id), header_len, &gpa);
		if (ret)
			return ret;
		an_queue_arm(queue, id);
		return an_gpa_send(queue->channel, &gpa, &msg, id);
	}
	to = nic->send.memory + (size_t)cb->section * nic->send_section_size;
	memcpy(to, header, header_len);
	skb_copy_bits(skb, 0, to + header_len, skb->len);
	msg.rndis.section_len = cpu_to_le32(header_len + skb->len);
	an_queue_arm(queue, id);
	return vmbus_sendpacket(queue->channel, &msg, sizeof(msg), id, VM_PKT_DATA_INBAND,
				VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED);
}

static bool is_low(struct an_queue *queue)
{
	return hv_get_avail_to_write_percent(&queue->channel->outbound) < AN_RING_STOP_PERCENT ||
	       READ_ONCE(queue->xact.data) >= AN_XACTS_STOP;
}

static bool may_wake(struct an_queue *queue)
{
	u16 frames = READ_ONCE(queue->xact.data);

	return frames == 0 ||
	       (frames < AN_XACTS_STOP / 2 &&
		hv_get_avail_to_write_percent(&queue->channel->outbound) > AN_RING_WAKE_PERCENT);
}

static void stop_queue(struct an_queue *queue, struct netdev_queue *txq)
{
	netif_tx_stop_queue(txq);
	atomic_long_inc(&queue->nic->stats.stop_queue);
	/* The stop above, then the counters: a completion changes the counters, then an_tx_wake()
	 * looks for the stop. One of both sees the other, or the queue would sleep for ever.
	 */
	smp_mb();
	if (may_wake(queue)) {
		netif_tx_start_queue(txq);
		atomic_long_inc(&queue->nic->stats.wake_queue);
	}
}

netdev_tx_t an_tx_send(struct an_nic *nic, struct sk_buff *skb)
{
	u16 index = skb_get_queue_mapping(skb);
	struct netdev_queue *txq;
	struct an_rndis_tx tx;
	struct an_queue *queue;
	int ret;
	u64 id;

	index = index < nic->queues ? index : 0;
	queue = nic->queue[index];
	txq = netdev_get_tx_queue(nic->net, index);
	/* The frame is changed only when it will be sent: it may yet go the other way. */
	if (hv_get_bytes_to_write(&queue->channel->outbound) < AN_RING_PACKET)
		goto no_room;
	id = an_queue_hold(queue, skb);
	if (!id)
		goto no_room;
	if (prepare_frame(nic, skb, &tx)) {
		an_queue_cancel(queue, id);
		goto drop;
	}
	skb_tx_timestamp(skb);
	ret = post_frame(queue, skb, &tx, id);
	if (ret) {
		if (an_queue_cancel(queue, id).kind == AN_XACT_FREE)
			return NETDEV_TX_OK;	/* completed without having been sent */
		put_section(nic, tx_cb(skb)->section);
		if (ret == -EAGAIN)
			atomic_long_inc(&nic->stats.tx_no_space);
		goto drop;
	}
	if (is_low(queue))
		stop_queue(queue, txq);
	return NETDEV_TX_OK;

no_room:
	if (READ_ONCE(queue->xact.data)) {
		atomic_long_inc(&nic->stats.tx_busy);
		stop_queue(queue, txq);
		return NETDEV_TX_BUSY;
	}
	atomic_long_inc(&nic->stats.tx_no_space);
drop:
	dev_kfree_skb_any(skb);
	dev_core_stats_tx_dropped_inc(nic->net);
	return NETDEV_TX_OK;
}

void an_tx_complete(struct an_queue *queue, struct sk_buff *skb, int budget)
{
	struct an_tx_cb *cb = tx_cb(skb);

	put_section(queue->nic, cb->section);
	u64_stats_update_begin(&queue->tx.syncp);
	u64_stats_add(&queue->tx.packets, cb->packets);
	u64_stats_add(&queue->tx.bytes, cb->bytes);
	u64_stats_update_end(&queue->tx.syncp);
	napi_consume_skb(skb, budget);
}

void an_tx_wake(struct an_queue *queue)
{
	struct netdev_queue *txq = netdev_get_tx_queue(queue->nic->net, queue->index);

	smp_mb();	/* pairs with stop_queue() */
	if (netif_tx_queue_stopped(txq) && !READ_ONCE(queue->nic->removing) && may_wake(queue)) {
		netif_tx_wake_queue(txq);
		atomic_long_inc(&queue->nic->stats.wake_queue);
	}
}
