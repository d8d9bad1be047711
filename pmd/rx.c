// SPDX-License-Identifier: BSD-3-Clause
/*
 * The receive burst. On the VF, a run of ordinary CQEs is the case this is written for; compressed
 * sessions have a loop of their own, and what is neither (errors, frames of an impossible length)
 * is taken one by one between them. Each frame's facts come from the CQE by table. The buffers of a
 * burst are replaced in batches, with one store to each doorbell record a burst.
 */
#include "cqe.h"
#include "rq.h"
#include "rxq.h"

#include <rte_cycles.h>
#include <rte_io.h>
#include <rte_prefetch.h>
#include <string.h>

/* Full bursts from the VF alone before the synthetic side gets a share although frames on the VF
 * may be older. */
#define SKIPPED_MAX 8u
#define PREFETCH 4u /* frames ahead whose mbuf is fetched */

#define ETHER RTE_PTYPE_L2_ETHER
#define IPV4 (ETHER | RTE_PTYPE_L3_IPV4_EXT_UNKNOWN)
#define IPV6 (ETHER | RTE_PTYPE_L3_IPV6_EXT_UNKNOWN)
#define TYPE_OF(l3, l4) ((l3) | (l4) << 2)
/* Layer 4 as a CQE has it: none, TCP, UDP, TCP with an empty ACK, TCP with ACK and data. */
#define TYPES_OF(l3, ptype) \
	[TYPE_OF(l3, 0)] = (ptype) | RTE_PTYPE_L4_NONFRAG, \
	[TYPE_OF(l3, 1)] = (ptype) | RTE_PTYPE_L4_TCP, \
	[TYPE_OF(l3, 2)] = (ptype) | RTE_PTYPE_L4_UDP, \
	[TYPE_OF(l3, 3)] = (ptype) | RTE_PTYPE_L4_TCP, \
	[TYPE_OF(l3, 4)] = (ptype) | RTE_PTYPE_L4_TCP
#define FRAGMENT 0x20u
#define FRAGMENTS_OF(l3, ptype) \
	[FRAGMENT | TYPE_OF(l3, 0)] = (ptype) | RTE_PTYPE_L4_FRAG, \
	[FRAGMENT | TYPE_OF(l3, 1)] = (ptype) | RTE_PTYPE_L4_FRAG, \
	[FRAGMENT | TYPE_OF(l3, 2)] = (ptype) | RTE_PTYPE_L4_FRAG, \
	[FRAGMENT | TYPE_OF(l3, 3)] = (ptype) | RTE_PTYPE_L4_FRAG, \
	[FRAGMENT | TYPE_OF(l3, 4)] = (ptype) | RTE_PTYPE_L4_FRAG

/* mbuf->packet_type by layer 3, layer 4 and fragment of a CQE. 0 is RTE_PTYPE_UNKNOWN. */
static const uint32_t packet_types[AN_CQE_TYPE_MASK + 1] = {
	[0] = ETHER,
	TYPES_OF(MLX5_CQE_L3_HDR_TYPE_IPV4, IPV4),
	TYPES_OF(MLX5_CQE_L3_HDR_TYPE_IPV6, IPV6),
	FRAGMENTS_OF(MLX5_CQE_L3_HDR_TYPE_IPV4, IPV4),
	FRAGMENTS_OF(MLX5_CQE_L3_HDR_TYPE_IPV6, IPV6),
};

static __rte_always_inline uint32_t header_type(uint32_t header)
{
	return packet_types[header >> AN_CQE_TYPE_SHIFT & AN_CQE_TYPE_MASK];
}

static __rte_always_inline uint64_t header_flags(const struct an_rq *rq, uint32_t header)
{
	return rq->flags[(header >> 1 & 3) | (header >> 6 & 4)];
}

static __rte_always_inline uint16_t header_vlan(uint32_t header)
{
	return rte_be_to_cpu_16(header >> AN_CQE_VLAN_SHIFT);
}

_Static_assert(AN_CQE_L3_OK >> 1 == 1 && AN_CQE_L4_OK >> 1 == 2 && AN_CQE_VLAN_STRIPPED >> 6 == 4,
	       "how an_rq.flags is indexed");

/* A frame in one buffer. Without a hash (a frame that is not IP) the device's is 0. */
static __rte_always_inline void frame_describe(const struct an_rq *rq, struct rte_mbuf *frame,
					       uint64_t flags, uint32_t type, uint32_t len,
					       uint16_t vlan, uint32_t hash)
{
	an_rq_rearm(rq, frame);
	frame->ol_flags = flags | (hash != 0 ? rq->hash_flag : 0);
	frame->packet_type = type;
	frame->pkt_len = len;
	frame->data_len = (uint16_t)len;
	frame->vlan_tci = vlan;
	frame->hash.rss = hash;
}

/* What a burst takes from the VF. */
struct take {
	struct rte_mbuf **frames;
	uint16_t wanted;
	uint16_t n;   /* the same, or as many as there are buffers posted */
	uint16_t got;
	uint64_t bytes;
};

/* Frames beyond what buffers are posted for do not exist, whatever the CQ says. */
static __rte_always_inline void take_limit(const struct an_rq *rq, struct take *take)
{
	take->n = RTE_MIN(take->wanted, take->got + rq->head - rq->tail);
}

/* A WQE whose frame is not delivered. */
static void take_drop(struct an_rxq *rxq, struct take *take)
{
	rxq->errors++;
	an_rq_drop(&rxq->rq, rxq->rq.tail++);
	take_limit(&rxq->rq, take);
}

/* Ordinary CQEs, up to the first that is something else or not there. */
static __rte_always_inline void run_receive(struct an_rq *rq, struct take *take, bool scattered)
{
	const volatile struct mlx5_cqe64 *cqes = rq->cqes;
	uint32_t consumer = rq->cq_consumer, tail = rq->tail;
	uint32_t cq_mask = rq->cq_mask, mask = rq->mask;
	struct rte_mbuf **mbufs = rq->mbufs, **frames = take->frames;
	uint16_t got = take->got, n = take->n;
	uint64_t bytes = 0;

	while (got < n) {
		const volatile struct mlx5_cqe64 *cqe = &cqes[consumer & cq_mask];
		uint32_t header, len;
		struct rte_mbuf *frame;

		if (cqe->op_own != (AN_CQE_FRAME | an_cqe_parity(consumer, cq_mask)))
			break;
		/* The owner byte before the rest of the entry and the frame: the device writes it
		 * last. Without the barrier an entry of the last round could be read. */
		rte_io_rmb();
		len = rte_be_to_cpu_32(cqe->byte_cnt);
		header = an_cqe_header(cqe);
		if (unlikely(len - 1 >= rq->room))
			break;
		if (scattered) {
			frame = *an_rq_buffers(rq, tail);
		} else {
			rte_prefetch0(mbufs[(tail + PREFETCH) & mask]);
			frame = mbufs[tail & mask];
		}
		frame_describe(rq, frame, header_flags(rq, header), header_type(header), len,
			       header_vlan(header), an_cqe_hash(cqe));
		if (scattered)
			an_rq_chain(rq, tail, len);
		frames[got++] = frame;
		bytes += len;
		consumer++;
		tail++;
	}
	rq->cq_consumer = consumer;
	rq->tail = tail;
	take->got = got;
	take->bytes += bytes;
}

static void minis_copy(struct an_rq *rq, uint32_t slot)
{
	rq->session.at = 0;
	memcpy(rq->session.minis, (const void *)(uintptr_t)&rq->cqes[slot & rq->cq_mask],
	       sizeof(rq->session.minis));
}

/* Frames of the compressed session under way. Its slots are given up one by one (cqe.h). */
static void session_receive(struct an_rxq *rxq, struct take *take, bool scattered)
{
	struct an_rq *rq = &rxq->rq;
	struct an_rq_session *session = &rq->session;

	while (take->got < take->n && session->left > 0) {
		const struct an_mini *mini;
		struct rte_mbuf *frame;
		uint32_t len;

		if (session->at == AN_CQE_MINIS)
			minis_copy(rq, rq->cq_consumer);
		mini = &session->minis[session->at++];
		an_cqe_disown(rq->cqes, rq->cq_consumer++, rq->cq_mask);
		session->left--;
		len = rte_be_to_cpu_32(mini->byte_count);
		if (unlikely(len - 1 >= rq->room)) {
			take_drop(rxq, take);
			continue;
		}
		frame = *an_rq_buffers(rq, rq->tail);
		frame_describe(rq, frame, session->flags, session->type, len, session->vlan,
			       rte_be_to_cpu_32(mini->hash));
		if (scattered)
			an_rq_chain(rq, rq->tail, len);
		rq->tail++;
		take->frames[take->got++] = frame;
		take->bytes += len;
	}
}

/* A title: 0, or -1 when it stands for more frames than there are buffers. */
static int session_open(struct an_rq *rq, const volatile struct mlx5_cqe64 *title)
{
	uint32_t header = an_cqe_header(title);
	struct an_rq_session *session = &rq->session;
	uint32_t count = rte_be_to_cpu_32(title->byte_cnt);

	if (count == 0 || count > rq->head - rq->tail || count > rq->cq_mask)
		return -1;
	session->flags = header_flags(rq, header);
	session->type = header_type(header);
	session->vlan = header_vlan(header);
	session->left = count;
	minis_copy(rq, rq->cq_consumer + 1);
	return 0;
}

/* The CQE that ended a run. False: it is not there yet. */
static bool __rte_noinline odd_receive(struct an_rxq *rxq, struct take *take)
{
	struct an_rq *rq = &rxq->rq;
	const volatile struct mlx5_cqe64 *cqe = &rq->cqes[rq->cq_consumer & rq->cq_mask];
	uint8_t op_own = cqe->op_own;

	if (!an_cqe_is_ready(op_own, rq->cq_consumer, rq->cq_mask))
		return false;
	rte_io_rmb(); /* as in run_receive */
	if (an_cqe_is_compressed(op_own) && session_open(rq, cqe) == 0)
		return true;
	/* Every other kind says that the queue has failed, or that this driver does not understand
	 * the device any more; an impossible length says so of one frame. An ordinary one has come
	 * since the run ended: it is the next run's. */
	if (op_own != (AN_CQE_FRAME | an_cqe_parity(rq->cq_consumer, rq->cq_mask)))
		rq->failed = true;
	else if (rte_be_to_cpu_32(cqe->byte_cnt) - 1 < rq->room)
		return true;
	rq->cq_consumer++;
	take_drop(rxq, take);
	return true;
}

static __rte_always_inline void take_all(struct an_rxq *rxq, struct take *take, bool scattered)
{
	struct an_rq *rq = &rxq->rq;

	while (take->got < take->n) {
		if (unlikely(rq->session.left > 0)) {
			session_receive(rxq, take, scattered);
			continue;
		}
		run_receive(rq, take, scattered);
		if (take->got == take->n || likely(!an_cqe_is_ready(
			    rq->cqes[rq->cq_consumer & rq->cq_mask].op_own, rq->cq_consumer,
			    rq->cq_mask)))
			break;
		if (!odd_receive(rxq, take))
			break;
	}
}

static __rte_always_inline uint16_t vf_receive(struct an_rxq *rxq, struct rte_mbuf **frames,
					       uint16_t n)
{
	struct an_rq *rq = &rxq->rq;
	struct take take = { .frames = frames, .wanted = n };
	uint32_t consumer = rq->cq_consumer;

	take_limit(rq, &take);
	if (likely(rq->segments == 1))
		take_all(rxq, &take, false);
	else
		take_all(rxq, &take, true);
	if (rq->cq_consumer != consumer) {
		/* Before the WQ's record (an_rq_refill). What was read of the entries was read
		 * before: the device may overwrite them now. */
		*rq->cq_record = rte_cpu_to_be_32(rq->cq_consumer & AN_CQE_INDEX_MASK);
		rxq->vf.packets += take.got;
		rxq->vf.bytes += take.bytes;
	}
	if (rq->tail + rq->mask + 1 - rq->head >= rq->batch)
		an_rq_refill(rxq);
	return take.got;
}

static uint16_t __rte_noinline synthetic_receive(struct an_rxq *rxq, struct rte_mbuf **frames,
						 uint16_t n)
{
	uint16_t got;

	if (n == 0 || (!an_synthetic_is_ready(&rxq->ready[0]) &&
		       !an_synthetic_is_ready(&rxq->ready[1])))
		return 0;
	got = rxq->slow_ops->rx(rxq->slow, rxq->queue, rxq->ready, frames, n);
	rxq->synthetic.packets += got;
	for (uint16_t i = 0; i < got; i++)
		rxq->synthetic.bytes += frames[i]->pkt_len;
	return got;
}

/* The synthetic side has something: what the VF had when that was noted goes first. */
static uint16_t __rte_noinline both_receive(struct an_rxq *rxq, struct rte_mbuf **frames,
					    uint16_t n)
{
	uint16_t got;

	got = vf_receive(rxq, frames, rxq->skipped >= SKIPPED_MAX ? n / 2 : n);
	if (got == n) {
		rxq->skipped++;
		return got;
	}
	rxq->skipped = 0;
	return got + synthetic_receive(rxq, frames + got, n - got);
}

/* Without a VF; and for a moment after one came back, when the synthetic side has the older. */
static uint16_t __rte_noinline synthetic_first(struct an_rxq *rxq, struct rte_mbuf **frames,
					       uint16_t n)
{
	uint16_t got = synthetic_receive(rxq, frames, n);

	if (!rxq->on_vf)
		return got;
	if (rte_rdtsc() >= rxq->settle_until)
		rxq->settle_until = 0;
	return got + vf_receive(rxq, frames + got, n - got);
}

uint16_t an_rx_burst(void *queue, struct rte_mbuf **frames, uint16_t n)
{
	struct an_rxq *rxq = queue;
	uint16_t got;

	if (!an_path_enter(&rxq->path))
		return 0;
	if (unlikely(!rxq->on_vf || rxq->settle_until != 0)) {
		got = synthetic_first(rxq, frames, n);
	} else if (unlikely(an_synthetic_is_ready(&rxq->ready[0]) ||
			    an_synthetic_is_ready(&rxq->ready[1]))) {
		/* The look at the synthetic side before the one at the VF's CQEs. The host stops
		 * the VF before it delivers there, so a frame that was on the VF first is in the
		 * CQ by the time this is seen; without the barrier it could be missed. */
		rte_io_rmb();
		got = both_receive(rxq, frames, n);
	} else {
		got = vf_receive(rxq, frames, n);
	}
	an_path_leave(&rxq->path);
	return got;
}
