// SPDX-License-Identifier: GPL-2.0-only
/*
 * NAPI: takes packets off the ring, checks each, and hands it to whom it belongs: completions to
 * the transaction they end, in-band messages to nvsp_receive.c, ranges of the receive buffer to the
 * stack or, if they are RNDIS control, to rndis.c. hv_pkt_iter_first() copies a packet out of the
 * ring and makes its lengths sane; the receive buffer stays writable for the host.
 *
 * Completions owed to the host go out in batches. While there is no room for one more, no packet
 * is taken: a host that does not read its ring stops itself.
 */
#include "rx.h"
#include "channel.h"
#include "complain.h"
#include "link.h"
#include "nvsp_parse.h"
#include "nvsp_receive.h"
#include "request.h"
#include "rndis.h"
#include "tx.h"
#include "vf_path.h"

#include <linux/etherdevice.h>
#include <linux/if_vlan.h>

#define AN_RX_FRAME_MAX		(65536 + ETH_HLEN)
#define AN_POLL_PACKETS		256	/* in one poll, frames or not */
#define AN_PACKET_TRAILER	8	/* behind each in the ring, not in its length */
#define AN_DONE_NO_BODY		0	/* no status has this value: complete with nothing */

static bool flush_completions(struct an_queue *queue)
{
	struct {
		__le32 type;
		__le32 status;
	} msg = { .type = cpu_to_le32(AN_NVSP_SEND_RNDIS_COMPLETE) };
	struct an_rx_done *done;
	int ret;

	while (queue->done_tail != queue->done_head) {
		done = &queue->done[queue->done_tail % AN_RX_DONE];
		msg.status = cpu_to_le32(done->status);
		ret = vmbus_sendpacket(queue->channel, &msg,
				       done->status == AN_DONE_NO_BODY ? 0 : sizeof(msg),
				       done->id, VM_PKT_COMP, 0);
		if (ret == -EAGAIN) {
			atomic_long_inc(&queue->nic->stats.rx_comp_busy);
			return false;
		}
		queue->done_tail++;	/* any other error: nobody is there to be told */
	}
	return true;
}

static bool has_room_for_done(struct an_queue *queue)
{
	if (queue->done_head - queue->done_tail < AN_RX_DONE)
		return true;
	flush_completions(queue);
	return queue->done_head - queue->done_tail < AN_RX_DONE;
}

static void queue_completion(struct an_queue *queue, u64 id, u32 status)
{
	struct an_rx_done *done = &queue->done[queue->done_head++ % AN_RX_DONE];

	done->id = id;
	done->status = status;
}

static void set_metadata(struct an_queue *queue, struct sk_buff *skb,
			 const struct an_rndis_rx *rx)
{
	struct net_device *net = queue->nic->net;

	if (rx->csum & (AN_NDIS_RX_TCP_GOOD | AN_NDIS_RX_UDP_GOOD) &&
	    net->features & NETIF_F_RXCSUM)
		skb->ip_summed = CHECKSUM_UNNECESSARY;
	if (rx->has_hash && net->features & NETIF_F_RXHASH)
		skb_set_hash(skb, rx->hash, PKT_HASH_TYPE_L4);
	if (rx->has_vlan)
		__vlan_hwaccel_put_tag(skb, htons(ETH_P_8021Q), rx->vlan);
	/* One that came late is not among the queues that the stack knows. */
	if (queue->index < net->real_num_rx_queues)
		skb_record_rx_queue(skb, queue->index);
}

static u32 receive_frame(struct an_queue *queue, const u8 *message, const struct an_rndis_rx *rx)
{
	struct an_nic *nic = queue->nic;
	struct sk_buff *skb;

	if (rx->data_len > AN_RX_FRAME_MAX) {
		an_complain(nic, &nic->stats.host_bad_rndis, "a frame that is too long");
		return AN_NVSP_STATUS_FAIL;
	}
	if (!netif_running(nic->net))
		return AN_NVSP_STATUS_FAIL;
	skb = napi_alloc_skb(&queue->napi, rx->data_len);
	if (!skb) {
		atomic_long_inc(&nic->stats.rx_no_memory);
		return AN_NVSP_STATUS_FAIL;
	}
	skb_put_data(skb, message + rx->data_offset, rx->data_len);
	skb->protocol = eth_type_trans(skb, nic->net);
	set_metadata(queue, skb, rx);

	u64_stats_update_begin(&queue->rx.syncp);
	u64_stats_inc(&queue->rx.packets);
	u64_stats_add(&queue->rx.bytes, rx->data_len);
	if (skb->pkt_type == PACKET_BROADCAST || skb->pkt_type == PACKET_MULTICAST)
		u64_stats_inc(&queue->rx.multicast);
	u64_stats_update_end(&queue->rx.syncp);
	napi_gro_receive(&queue->napi, skb);
	return AN_NVSP_STATUS_SUCCESS;
}

static u32 receive_range(struct an_queue *queue, const struct an_transfer_range *range)
{
	struct an_nic *nic = queue->nic;
	const u8 *message = nic->recv.memory;
	struct an_rndis_rx rx;
	int ret;

	if (!an_nvsp_range_ok(range, nic->recv.size)) {
		an_complain(nic, &nic->stats.host_bad_range, "a range outside the receive buffer");
		return AN_NVSP_STATUS_FAIL;
	}
	message += le32_to_cpu(range->offset);
	ret = an_rndis_parse(message, le32_to_cpu(range->len), &rx);
	if (ret == -ENOMSG) {
		an_complain(nic, &nic->stats.host_unknown, "an unknown RNDIS message");
		return AN_NVSP_STATUS_FAIL;
	}
	if (ret) {
		an_complain(nic, &nic->stats.host_bad_rndis, "a malformed RNDIS message");
		return AN_NVSP_STATUS_FAIL;
	}
	if (rx.type == AN_RNDIS_PACKET)
		return receive_frame(queue, message, &rx);
	if (rx.type == AN_RNDIS_INDICATE)
		an_link_indicate(nic, &rx);
	else
		an_rndis_answer(nic, message, &rx);
	return AN_NVSP_STATUS_SUCCESS;
}

static int receive_transfer(struct an_queue *queue, const struct vmpacket_descriptor *packet)
{
	u32 head_len = (packet->offset8 << 3) - sizeof(*packet);
	const struct an_transfer_range *ranges;
	struct an_nic *nic = queue->nic;
	u32 status = AN_NVSP_STATUS_SUCCESS;
	int count, i;

	/* Without a receive buffer nothing can have arrived in it. */
	count = nic->recv.memory ? an_nvsp_parse_transfer(packet + 1, head_len,
							  hv_pkt_data(packet),
							  hv_pkt_datalen(packet), &ranges) :
				   -EBADMSG;
	if (count < 0) {
		an_complain(nic, &nic->stats.host_bad_packet, "a malformed transfer");
		status = AN_NVSP_STATUS_FAIL;
	}
	for (i = 0; i < count; i++)
		if (receive_range(queue, &ranges[i]) != AN_NVSP_STATUS_SUCCESS)
			status = AN_NVSP_STATUS_FAIL;
	queue_completion(queue, packet->trans_id, status);
	return max(count, 0);
}

static void receive_completion(struct an_queue *queue, const struct vmpacket_descriptor *packet,
			       int budget)
{
	u32 len = hv_pkt_datalen(packet);
	const void *data = hv_pkt_data(packet);
	struct an_nic *nic = queue->nic;
	struct an_request *request;
	struct an_nvsp_message msg;
	struct an_xact xact;
	bool refused;

	xact = an_queue_end(queue, packet->trans_id);
	refused = an_nvsp_parse_answer(data, len, AN_NVSP_SEND_RNDIS_COMPLETE, &msg) ||
		  le32_to_cpu(msg.rndis_complete.status) != AN_NVSP_STATUS_SUCCESS;
	switch ((enum an_xact_kind)xact.kind) {
	case AN_XACT_FREE:
	case AN_XACT_HELD:
		an_complain(nic, &nic->stats.host_bad_completion,
			    "a completion of nothing that is open");
		break;
	case AN_XACT_DATA:
		if (refused)
			atomic_long_inc(&nic->stats.host_refused);
		an_tx_complete(queue, (struct sk_buff *)xact.cookie, budget);
		break;
	case AN_XACT_NVSP:
		request = (struct an_request *)xact.cookie;
		an_nvsp_answer(nic, request, data, len);
		break;
	case AN_XACT_RNDIS:
		if (refused)
			atomic_long_inc(&nic->stats.host_refused);
		an_request_put((struct an_request *)xact.cookie);
		break;
	case AN_XACT_PATH:
		an_vf_path_done(nic, xact.cookie);
		break;
	}
	an_tx_wake(queue);	/* control messages take room and transactions too */
}

/*
 * hv_pkt_iter_first() makes an impossible length that of all there is, the last packet's trailer
 * included, and hv_pkt_iter_next() then looks behind the end of what the host has written: it would
 * take the whole ring's old contents for news, for ever. Where the host writes next, a packet
 * starts.
 */
static void skip_to_written(const struct hv_ring_buffer_info *ring,
			    struct vmpacket_descriptor *packet)
{
	/* The host moves it when a packet is complete: what lies before it is read after this. */
	u32 written = virt_load_acquire(&ring->ring_buffer->write_index);
	u32 read = ring->priv_read_index;
	u32 skip;

	if (written >= ring->ring_datasize)
		return;		/* no better place is known */
	skip = written >= read ? written - read : ring->ring_datasize - read + written;
	if (skip >= sizeof(*packet) + AN_PACKET_TRAILER)
		packet->len8 = min_t(u32, (skip - AN_PACKET_TRAILER) >> 3, U16_MAX);
}

/* Did hv_pkt_iter_first() have to correct the copy? It is good for nothing then. */
static bool is_corrected(struct an_queue *queue, struct vmpacket_descriptor *packet)
{
	const struct hv_ring_buffer_info *ring = &queue->channel->inbound;
	const struct vmpacket_descriptor *original;

	original = (void *)(ring->ring_buffer->buffer + ring->priv_read_index);
	if (READ_ONCE(original->len8) != packet->len8) {
		skip_to_written(ring, packet);
		return true;
	}
	return READ_ONCE(original->offset8) != packet->offset8;
}

/* Returns the frames it was. Room for one completion to owe is there. */
static int receive_packet(struct an_queue *queue, struct vmpacket_descriptor *packet, int budget)
{
	struct an_nic *nic = queue->nic;

	if (is_corrected(queue, packet)) {
		an_complain(nic, &nic->stats.host_bad_packet, "a packet of impossible lengths");
		return 0;
	}
	switch (packet->type) {
	case VM_PKT_COMP:
		receive_completion(queue, packet, budget);
		return 0;
	case VM_PKT_DATA_USING_XFER_PAGES:
		return receive_transfer(queue, packet);
	case VM_PKT_DATA_INBAND:
		an_nvsp_receive(nic, hv_pkt_data(packet), hv_pkt_datalen(packet));
		break;
	default:
		an_complain(nic, &nic->stats.host_bad_packet, "a packet of an unknown type");
		break;
	}
	if (packet->flags & VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED)
		queue_completion(queue, packet->trans_id, AN_DONE_NO_BODY);
	return 0;
}

/*
 * netpoll calls with a budget of 0, interrupts off: it wants room to send, which the completions of
 * frames make, and nothing else. Who waits for other completions takes locks that allow interrupts.
 */
static bool may_take(struct an_queue *queue, int frames, int budget)
{
	if (budget)
		return frames < budget;
	return queue->packet->type == VM_PKT_COMP &&
	       an_queue_is_data(queue, queue->packet->trans_id);
}

int an_rx_poll(struct napi_struct *napi, int budget)
{
	struct an_queue *queue = container_of(napi, struct an_queue, napi);
	struct vmbus_channel *channel = queue->channel;
	int frames = 0, packets = 0;
	bool flushed;

	if (!queue->packet)
		queue->packet = hv_pkt_iter_first(channel);
	while (queue->packet && may_take(queue, frames, budget) &&
	       packets < AN_POLL_PACKETS) {
		if (!has_room_for_done(queue))
			break;
		frames += receive_packet(queue, queue->packet, budget);
		queue->packet = hv_pkt_iter_next(channel, queue->packet);
		packets++;
	}
	if (queue->packet)	/* kept as a copy: the host gets the room of those before it */
		hv_pkt_iter_close(channel);
	flushed = flush_completions(queue);
	if (queue->packet || !flushed || frames >= budget)
		return budget;
	if (napi_complete_done(napi, frames) && hv_end_read(&channel->inbound) &&
	    napi_schedule_prep(napi)) {
		hv_begin_read(&channel->inbound);
		__napi_schedule(napi);
	}
	return frames;
}
