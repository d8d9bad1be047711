// SPDX-License-Identifier: BSD-3-Clause
/*
 * Receives from the socket of the port. Any queue's burst may win the socket; it looks at each
 * frame's flow, takes a buffer of the queue that the flow belongs to and hands it over by that
 * queue's ring. A queue that is never polled fills its ring and loses its own frames only.
 *
 * Order in a flow: the winner empties its own ring once more before it takes frames directly, and
 * only a winner puts frames into rings.
 */
#include "packet.h"

#include "frame.h"
#include "segment.h"

#include <errno.h>

#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_malloc.h>
#include <rte_net.h>

#define BURST_SLOTS 64u      /* slots a burst looks at, whomever their frames belong to */
#define RING_MIN 256u        /* frames; a frame of 64 KiB may be cut into more than 45 */
#define SLOTS_MIN 512u
#define SLOTS_MAX 4096u
#define TYPE_VLAN 0x8100

/* Where a burst puts what it finds. */
struct rx_out {
	struct an_packet_rx *rx;
	unsigned int queue;
	struct rte_mbuf **frames;
	uint16_t count, room;
};

/* What is known of a frame, the same for all pieces of one that is cut. */
struct rx_meta {
	struct an_packet_rxq *queue;
	bool own;                    /* that queue is the burst's */
	bool hashed;
	uint32_t hash;
	uint64_t flags;              /* RTE_MBUF_F_RX_*_CKSUM_* */
	uint16_t tag, tci;           /* VLAN tag to be put back into the frame; tag 0: none */
	bool stripped;               /* tci goes into the mbuf */
};

static void count_add(uint64_t *counter)
{
	__atomic_store_n(counter, *counter + 1, __ATOMIC_RELAXED);
}

static bool address_is_added(const struct an_packet_filter *filter, const uint8_t *address)
{
	for (unsigned int i = 0; i < filter->count; i++) {
		if (memcmp(filter->addresses[i].addr_bytes, address, RTE_ETHER_ADDR_LEN) == 0)
			return true;
	}
	return false;
}

/*
 * The kernel's interface receives what anybody on this machine asked of it; the port gets what its
 * own application asked for. IPv6 multicast always belongs to that, as with net_mlx5: neighbours
 * could not be found without.
 */
static bool frame_is_wanted(const struct an_packet_filter *filter,
			    const struct an_ring_frame *frame)
{
	if (frame->len < AN_ETHER_LEN || frame->type > PACKET_OTHERHOST)
		return false;
	if (filter->promiscuous || frame->type == PACKET_HOST || frame->type == PACKET_BROADCAST)
		return true;
	if (frame->type == PACKET_MULTICAST &&
	    (filter->allmulticast || (frame->data[0] == 0x33 && frame->data[1] == 0x33)))
		return true;
	return address_is_added(filter, frame->data);
}

/* ------------------------------------------------------------------------------- the flow */

#define ANY_IPV4 (RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_FRAG_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_OTHER)
#define ANY_IPV6 (RTE_ETH_RSS_IPV6 | RTE_ETH_RSS_FRAG_IPV6 | RTE_ETH_RSS_NONFRAG_IPV6_OTHER)

/* The most specific of the hash types that fits, as the VF's flows choose (steer.c). */
static bool frame_hash(const struct an_packet_rx *rx, const uint8_t *frame,
		       const struct an_frame *h, uint32_t *hash)
{
	bool ipv4 = h->l3 == AN_L3_IPV4;
	size_t offset = h->l3_offset + (ipv4 ? AN_IPV4_SOURCE : AN_IPV6_SOURCE);
	size_t len = ipv4 ? 8 : 32;
	uint64_t ports = 0;

	if (h->l3 == AN_L3_NONE)
		return false;
	if (h->l4 == AN_L4_TCP)
		ports = ipv4 ? RTE_ETH_RSS_NONFRAG_IPV4_TCP : RTE_ETH_RSS_NONFRAG_IPV6_TCP;
	else if (h->l4 == AN_L4_UDP)
		ports = ipv4 ? RTE_ETH_RSS_NONFRAG_IPV4_UDP : RTE_ETH_RSS_NONFRAG_IPV6_UDP;
	if (!(rx->rss.types & (ports | (ipv4 ? ANY_IPV4 : ANY_IPV6))))
		return false;
	*hash = an_toeplitz_add(&rx->toeplitz, 0, 0, frame + offset, len);
	if (rx->rss.types & ports)
		*hash = an_toeplitz_add(&rx->toeplitz, *hash, len, frame + h->l4_offset, 4);
	return true;
}

static void queue_find(const struct rx_out *out, const uint8_t *frame, const struct an_frame *h,
		       struct rx_meta *meta)
{
	const struct an_packet_rx *rx = out->rx;
	unsigned int queue = 0;

	meta->hash = 0;
	meta->hashed = frame_hash(rx, frame, h, &meta->hash);
	if (rx->queues > 1)
		queue = rx->rss.reta[meta->hash % AN_RSS_RETA_SIZE];
	if (queue >= rx->queues)
		queue = 0;
	meta->queue = &rx->queue[queue];
	meta->own = queue == out->queue;
}

/* -------------------------------------------------------------------------------- checksums */

/*
 * A local sender (over veth or tap) leaves the checksum to a device that there is not: the field
 * has the pseudo-header's sum, csum_start says from where on the rest is to be added.
 */
static bool checksum_fill(struct an_ring_frame *frame)
{
	uint32_t start = frame->vnet.csum_start, field = start + frame->vnet.csum_offset;

	if (!(frame->vnet.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM))
		return false;
	if (start > frame->len || field + 2 > frame->len)
		return false;
	an_put_sum(frame->data + field, an_frame_finish(rte_raw_cksum(frame->data + start,
								      frame->len - start)));
	return true;
}

/*
 * What the VF's receive queue would say, so an application finds no difference after a failover:
 * where the kernel has not verified a checksum it is verified here, if the queue wants to know.
 */
static uint64_t checksum_flags(uint64_t offloads, const struct an_ring_frame *frame,
			       const struct an_frame *h, bool known_good)
{
	uint64_t flags = 0, l4 = h->l4 == AN_L4_TCP ? RTE_ETH_RX_OFFLOAD_TCP_CKSUM :
						      RTE_ETH_RX_OFFLOAD_UDP_CKSUM;
	const uint8_t *ip = frame->data + h->l3_offset;

	if (h->l3 == AN_L3_IPV4 && (offloads & RTE_ETH_RX_OFFLOAD_IPV4_CKSUM))
		flags |= an_frame_ipv4_is_good(ip, (size_t)(ip[0] & 15) * 4) ?
				 RTE_MBUF_F_RX_IP_CKSUM_GOOD :
				 RTE_MBUF_F_RX_IP_CKSUM_BAD;
	if (h->l4 != AN_L4_NONE && (offloads & l4))
		flags |= known_good || (frame->status & TP_STATUS_CSUM_VALID) ||
					 an_frame_l4_is_good(frame->data, h) ?
				 RTE_MBUF_F_RX_L4_CKSUM_GOOD :
				 RTE_MBUF_F_RX_L4_CKSUM_BAD;
	return flags;
}

/* ---------------------------------------------------------------------------------- buffers */

/* A chain of buffers that is being filled. */
struct rx_chain {
	struct rte_mbuf *first, *last;
	struct rte_mempool *pool;
};

static bool chain_append(struct rx_chain *chain, const uint8_t *data, size_t len)
{
	while (len != 0) {
		uint16_t room = rte_pktmbuf_tailroom(chain->last);
		uint16_t part = (uint16_t)RTE_MIN(len, (size_t)room);

		if (part == 0) {
			struct rte_mbuf *next = rte_pktmbuf_alloc(chain->pool);

			if (next == NULL)
				return false;
			chain->last->next = next;
			chain->last = next;
			chain->first->nb_segs++;
			if (rte_pktmbuf_tailroom(next) == 0)
				return false;
			continue;
		}
		memcpy(rte_pktmbuf_mtod_offset(chain->last, void *, chain->last->data_len), data,
		       part);
		chain->last->data_len = (uint16_t)(chain->last->data_len + part);
		chain->first->pkt_len += part;
		data += part;
		len -= part;
	}
	return true;
}

/* The frame `head` and `body` in buffers, with its VLAN tag put back if it has one. */
static struct rte_mbuf *mbuf_build(struct an_packet_rx *rx, const struct rx_meta *meta,
				   const uint8_t *head, size_t head_len, const uint8_t *body,
				   size_t body_len)
{
	struct rx_chain chain = { .pool = meta->queue->pool };
	uint8_t tag[AN_VLAN_LEN];
	size_t len = head_len + body_len + (meta->tag != 0 ? AN_VLAN_LEN : 0);
	bool whole = true;

	if (len > meta->queue->room) {
		count_add(&rx->oversize);
		return NULL;
	}
	chain.first = rte_pktmbuf_alloc(chain.pool);
	if (chain.first == NULL) {
		count_add(&rx->nombuf);
		return NULL;
	}
	chain.last = chain.first;
	if (meta->tag != 0) {
		an_put16(tag, meta->tag);
		an_put16(tag + 2, meta->tci);
		whole = chain_append(&chain, head, AN_ETHER_ADDRESSES) &&
			chain_append(&chain, tag, sizeof(tag));
		head += AN_ETHER_ADDRESSES;
		head_len -= AN_ETHER_ADDRESSES;
	}
	if (!whole || !chain_append(&chain, head, head_len) ||
	    !chain_append(&chain, body, body_len)) {
		count_add(&rx->nombuf);
		rte_pktmbuf_free(chain.first);
		return NULL;
	}
	return chain.first;
}

/* Builds a frame and gives it to its queue. */
static void frame_deliver(struct rx_out *out, const struct rx_meta *meta, const uint8_t *head,
			  size_t head_len, const uint8_t *body, size_t body_len)
{
	struct rte_mbuf *m = mbuf_build(out->rx, meta, head, head_len, body, body_len);

	if (m == NULL)
		return;
	m->port = out->rx->port;
	m->ol_flags = meta->flags;
	if (meta->stripped) {
		m->ol_flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
		m->vlan_tci = meta->tci;
	}
	if (meta->hashed && (meta->queue->offloads & RTE_ETH_RX_OFFLOAD_RSS_HASH)) {
		m->ol_flags |= RTE_MBUF_F_RX_RSS_HASH;
		m->hash.rss = meta->hash;
	}
	m->packet_type = rte_net_get_ptype(m, NULL, RTE_PTYPE_ALL_MASK);
	if (meta->own && out->count < out->room) {
		out->frames[out->count++] = m;
	} else if (rte_ring_sp_enqueue(meta->queue->ring, m) != 0) {
		count_add(&out->rx->dropped);
		rte_pktmbuf_free(m);
	}
}

/* ----------------------------------------------------------------------------------- frames */

static void vlan_take(const struct an_ring_frame *frame, struct rx_meta *meta)
{
	meta->tag = 0;
	meta->stripped = false;
	if (!(frame->status & TP_STATUS_VLAN_VALID))
		return;
	meta->tci = frame->vlan_tci;
	meta->tag = frame->status & TP_STATUS_VLAN_TPID_VALID ? frame->vlan_tpid : TYPE_VLAN;
	if (meta->tag == TYPE_VLAN && (meta->queue->offloads & RTE_ETH_RX_OFFLOAD_VLAN_STRIP)) {
		meta->stripped = true;
		meta->tag = 0;
	}
}

/* A frame longer than any on a wire: applications expect frames within the MTU. */
static void super_take(struct rx_out *out, const struct an_ring_frame *frame)
{
	struct an_segment segment;
	struct an_piece piece;
	struct rx_meta meta;

	if (an_segment_start(&segment, frame->data, frame->len, frame->vnet.gso_size) != 0) {
		count_add(&out->rx->dropped);
		return;
	}
	queue_find(out, frame->data, &segment.headers, &meta);
	vlan_take(frame, &meta);
	meta.flags = checksum_flags(meta.queue->offloads, frame, &segment.headers, true);
	while (an_segment_next(&segment, &piece))
		frame_deliver(out, &meta, piece.head, piece.head_len, piece.body, piece.body_len);
}

static void frame_take(struct rx_out *out)
{
	struct an_ring_frame frame;
	struct an_frame headers;
	struct rx_meta meta;
	bool filled;

	an_ring_frame(&out->rx->socket, &frame);
	if (frame.len == 0) {
		count_add(&out->rx->dropped);
		return;
	}
	if (!frame_is_wanted(&out->rx->filter, &frame))
		return;
	if (frame.vnet.gso_type != VIRTIO_NET_HDR_GSO_NONE) {
		super_take(out, &frame);
		return;
	}
	filled = checksum_fill(&frame);
	an_frame_parse(frame.data, frame.len, false, &headers);
	queue_find(out, frame.data, &headers, &meta);
	vlan_take(&frame, &meta);
	meta.flags = checksum_flags(meta.queue->offloads, &frame, &headers, filled);
	frame_deliver(out, &meta, frame.data, frame.len, NULL, 0);
}

/* Owner only. */
static void socket_read(struct rx_out *out)
{
	struct an_packet_rx *rx = out->rx;
	unsigned int slots;

	for (slots = 0; slots < BURST_SLOTS && out->count < out->room; slots++) {
		if (!(an_ring_status(rx->socket.slot) & TP_STATUS_USER))
			break;
		frame_take(out);
		an_ring_advance(&rx->socket);
	}
	/* After the frames are in the rings: who sees the count sees them. */
	if (slots != 0)
		__atomic_store_n(&rx->moved, rx->moved + 1, __ATOMIC_RELEASE);
}

static uint16_t ring_take(struct an_packet_rxq *queue, struct rte_mbuf **frames, uint16_t n)
{
	return (uint16_t)rte_ring_sc_dequeue_burst(queue->ring, (void **)frames, n, NULL);
}

/*
 * ready[0] is the socket's next slot; ready[1] counts what other queues' bursts have taken from the
 * socket, since after that a frame may be in the queue's ring and the slot is another.
 */
static void ready_set(struct an_packet_rx *rx, struct an_synthetic_ready ready[2], uint32_t seen)
{
	struct tpacket2_hdr *slot = __atomic_load_n(&rx->socket.slot, __ATOMIC_RELAXED);

	ready[0] = (struct an_synthetic_ready){ &slot->tp_status, TP_STATUS_USER, 0 };
	ready[1] = (struct an_synthetic_ready){ &rx->moved, UINT32_MAX, seen };
}

uint16_t an_packet_rx_burst(struct an_synthetic *synthetic, unsigned int queue,
			    struct an_synthetic_ready ready[2], struct rte_mbuf **frames,
			    uint16_t n)
{
	struct an_packet_rx *rx = &synthetic->rx;
	struct rx_out out = { .rx = rx, .queue = queue, .frames = frames, .room = n };
	struct an_packet_rxq *own;
	uint32_t seen;

	if (rx->queue == NULL || n == 0)
		return 0;
	own = &rx->queue[queue];
	seen = __atomic_load_n(&rx->moved, __ATOMIC_ACQUIRE);
	out.count = ring_take(own, frames, n);
	if (out.count < n && an_path_enter(&rx->owner)) {
		out.count = (uint16_t)(out.count + ring_take(own, frames + out.count,
							     (uint16_t)(n - out.count)));
		if (out.count < n)
			socket_read(&out);
		seen = rx->moved;
		an_path_leave(&rx->owner);
	}
	if (!rte_ring_empty(own->ring))
		seen--; /* not the count, so the queue is ready */
	ready_set(rx, ready, seen);
	return out.count;
}

void an_packet_rx_ready(struct an_synthetic *synthetic, unsigned int queue,
			struct an_synthetic_ready ready[2])
{
	struct an_packet_rx *rx = &synthetic->rx;

	memset(ready, 0, 2 * sizeof(*ready));
	if (rx->queue != NULL && queue < rx->queues)
		ready_set(rx, ready, rx->moved - 1);
}

/* ---------------------------------------------------------------------------- start and stop */

static struct rte_ring *ring_create(unsigned int frames, int socket)
{
	unsigned int slots = rte_align32pow2(RTE_MAX(frames, RING_MIN) + 1);
	ssize_t size = rte_ring_get_memsize(slots);
	struct rte_ring *ring;

	if (size < 0)
		return NULL;
	ring = rte_zmalloc_socket("an_packet_ring", (size_t)size, RTE_CACHE_LINE_SIZE, socket);
	if (ring != NULL && rte_ring_init(ring, "an_packet", slots,
					  RING_F_SP_ENQ | RING_F_SC_DEQ) != 0) {
		rte_free(ring);
		ring = NULL;
	}
	return ring;
}

static uint32_t frame_room(const struct an_synthetic_rx *rx)
{
	uint32_t room = rte_pktmbuf_data_room_size(rx->pool);

	if (rx->offloads & RTE_ETH_RX_OFFLOAD_SCATTER)
		return UINT32_MAX;
	return room > RTE_PKTMBUF_HEADROOM ? room - RTE_PKTMBUF_HEADROOM : 0;
}

static void queues_free(struct an_packet_rxq *queue, unsigned int queues)
{
	for (unsigned int i = 0; i < queues; i++) {
		void *frame;

		while (queue[i].ring != NULL && rte_ring_dequeue(queue[i].ring, &frame) == 0)
			rte_pktmbuf_free(frame);
		rte_free(queue[i].ring);
	}
	rte_free(queue);
}

int an_packet_rx_start(struct an_synthetic *synthetic, const struct an_synthetic_rx *rx,
		       unsigned int queues, unsigned int mtu)
{
	int ret, socket = synthetic->config.socket;
	struct an_packet_rxq *queue;
	unsigned int slots = 0;

	queue = rte_zmalloc_socket("an_packet_rxq", queues * sizeof(*queue), RTE_CACHE_LINE_SIZE,
				   socket);
	if (queue == NULL)
		return -ENOMEM;
	ret = -ENOMEM;
	for (unsigned int i = 0; i < queues; i++) {
		queue[i].pool = rx[i].pool;
		queue[i].offloads = rx[i].offloads;
		queue[i].room = frame_room(&rx[i]);
		queue[i].ring = ring_create(rx[i].descriptors, socket);
		if (queue[i].ring == NULL)
			goto err_free_queues;
		slots += rx[i].descriptors;
	}
	slots = RTE_MIN(RTE_MAX(slots, SLOTS_MIN), SLOTS_MAX);
	ret = an_ring_open(&synthetic->rx.socket, synthetic->config.ifindex, slots, mtu);
	if (ret != 0)
		goto err_free_queues;
	synthetic->rx.queues = queues;
	synthetic->rx.queue = queue;
	return 0;

err_free_queues:
	queues_free(queue, queues);
	return ret;
}

void an_packet_rx_stop(struct an_synthetic *synthetic)
{
	struct an_packet_rx *rx = &synthetic->rx;
	struct an_packet_rxq *queue = rx->queue;

	if (queue == NULL)
		return;
	rx->queue = NULL;
	rx->dropped += an_ring_drops(&rx->socket);
	an_ring_close(&rx->socket);
	queues_free(queue, rx->queues);
}
