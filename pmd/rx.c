// SPDX-License-Identifier: BSD-3-Clause
/*
 * The receive burst. On the VF, a run of ordinary CQEs is the case this is written for; compressed
 * sessions have a loop of their own, and what is neither (errors, frames of an impossible length)
 * is taken one by one between them. Each frame's facts come from the CQE by table. The buffers of a
 * burst are replaced in batches, with one store to each doorbell record a burst.
 */
#include "cqe.h"
#include "rq.h"
#include "rx_frame.h"
#include "rxq.h"

#include <rte_cycles.h>
#include <rte_io.h>
#include <rte_prefetch.h>
#include <stddef.h>
#include <string.h>

/* Full bursts from the VF alone before the synthetic side gets a share although frames on the VF
 * may be older. */
#define SKIPPED_MAX 8u

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

/*
 * Ordinary CQEs up to the first that is something else or not there, at most to the end of either
 * ring. True when it got as far as it may.
 */
static __rte_always_inline bool run_receive(struct an_rq *rq, struct take *take, bool scattered)
{
	uint32_t at = rq->cq_consumer & rq->cq_mask, wqe = rq->tail & rq->mask;
	size_t done = 0;
	const uint8_t whole = AN_CQE_FRAME | an_cqe_parity(rq->cq_consumer, rq->cq_mask);
	const volatile struct mlx5_cqe64 *cqe = &rq->cqes[at];
	struct rte_mbuf **mbufs = &rq->mbufs[wqe], **frames = take->frames + take->got;
	uint32_t most = take->n - take->got, room = rq->room;
	uint64_t bytes = 0;

	most = RTE_MIN(most, rq->cq_mask + 1 - at);
	most = RTE_MIN(most, rq->mask + 1 - wqe);
	for (; done < most; done++, cqe++) {
		uint32_t header, len;
		struct rte_mbuf *frame;

		if (cqe->op_own != whole)
			break;
		/* The owner byte before the rest of the entry and the frame: the device writes it
		 * last. Without the barrier an entry of the last round could be read. */
		rte_io_rmb();
		len = rte_be_to_cpu_32(cqe->byte_cnt);
		header = an_cqe_header(cqe);
		if (unlikely(len - 1 >= room))
			break;
		if (scattered) {
			frame = *an_rq_buffers(rq, rq->tail + (uint32_t)done);
		} else {
			rte_prefetch0(mbufs[done + AN_RX_PREFETCH]);
			frame = mbufs[done];
		}
		an_rx_describe_cqe(rq, frame, cqe, header, len);
		if (scattered)
			an_rq_chain(rq, rq->tail + (uint32_t)done, len);
		frames[done] = frame;
		bytes += len;
	}
	rq->cq_consumer += done;
	rq->tail += done;
	take->got += done;
	take->bytes += bytes;
	return done == most;
}

static void minis_copy(struct an_rq *rq, uint32_t slot)
{
	rq->session.at = 0;
	memcpy(rq->session.minis, (const void *)(uintptr_t)&rq->cqes[slot & rq->cq_mask],
	       sizeof(rq->session.minis));
}

/*
 * Frames of the compressed session under way, at most to the end of an array of minis or of either
 * ring. Their slots are given up one by one (cqe.h).
 */
static __rte_always_inline void session_receive(struct an_rxq *rxq, struct take *take,
						bool scattered)
{
	struct an_rq *rq = &rxq->rq;
	struct an_rq_session *session = &rq->session;
	uint32_t at = rq->cq_consumer & rq->cq_mask, wqe = rq->tail & rq->mask;
	size_t done = 0;
	uint32_t most = take->n - take->got, room = rq->room;
	volatile struct mlx5_cqe64 *cqe = &rq->cqes[at];
	uint8_t disowned = an_cqe_disowned(rq->cq_consumer, rq->cq_mask);
	struct rte_mbuf **mbufs = &rq->mbufs[wqe], **frames = take->frames + take->got;
	const struct an_mini *minis;
	uint64_t bytes = 0;

	if (session->at == AN_CQE_MINIS)
		minis_copy(rq, rq->cq_consumer);
	minis = &session->minis[session->at];
	most = RTE_MIN(most, session->left);
	most = RTE_MIN(most, AN_CQE_MINIS - session->at);
	most = RTE_MIN(most, rq->cq_mask + 1 - at);
	most = RTE_MIN(most, rq->mask + 1 - wqe);
	for (; done < most; done++, cqe++) {
		uint32_t len = rte_be_to_cpu_32(minis[done].byte_count);
		struct rte_mbuf *frame;

		if (unlikely(len - 1 >= room))
			break;
		if (scattered) {
			frame = *an_rq_buffers(rq, rq->tail + (uint32_t)done);
		} else {
			rte_prefetch0(mbufs[done + AN_RX_PREFETCH]);
			frame = mbufs[done];
		}
		an_rx_describe_mini(rq, frame, session, &minis[done], len);
		if (scattered)
			an_rq_chain(rq, rq->tail + (uint32_t)done, len);
		cqe->op_own = disowned;
		frames[done] = frame;
		bytes += len;
	}
	rq->cq_consumer += done;
	rq->tail += done;
	session->at += done;
	session->left -= done;
	take->got += done;
	take->bytes += bytes;
	if (likely(done == most))
		return;
	/* An impossible length. */
	cqe->op_own = disowned;
	rq->cq_consumer++;
	session->at++;
	session->left--;
	take_drop(rxq, take);
}

/* A title: 0, or -1 when it stands for more frames than there are buffers. */
static int session_open(struct an_rq *rq, const volatile struct mlx5_cqe64 *title)
{
	uint32_t header = an_cqe_header(title);
	struct an_rq_session *session = &rq->session;
	uint32_t count = rte_be_to_cpu_32(title->byte_cnt);

	if (count == 0 || count > rq->head - rq->tail || count > rq->cq_mask)
		return -1;
	session->flags = an_rx_flags(rq, header);
	session->common[0] = an_rx_type(header);
	session->common[2] = (uint32_t)an_rx_vlan(header) << 16;
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
		if (rq->session.left > 0) {
			session_receive(rxq, take, scattered);
			continue;
		}
		if (run_receive(rq, take, scattered))
			continue; /* if there is room: from the start of a ring */
		if (likely(!an_cqe_is_ready(
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

static bool synthetic_waits(const struct an_rxq *rxq)
{
	return an_synthetic_is_ready(&rxq->ready[0]) || an_synthetic_is_ready(&rxq->ready[1]);
}

static uint16_t __rte_noinline synthetic_receive(struct an_rxq *rxq, struct rte_mbuf **frames,
						 uint16_t n)
{
	uint16_t got;

	if (n == 0 || !synthetic_waits(rxq))
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

/*
 * Without a VF; and for a moment after one came back, when what is older may still be on its way
 * through the kernel: the VF's frames wait until that has passed and nothing of it is left, or
 * until they fill half of their queue.
 */
static uint16_t __rte_noinline synthetic_first(struct an_rxq *rxq, struct rte_mbuf **frames,
					       uint16_t n)
{
	/* Before the look at what waits: the burst's thread may have been away since the last. */
	bool past = rte_rdtsc() >= rxq->settle_until;
	uint16_t got = synthetic_receive(rxq, frames, n);
	uint32_t half = (rxq->rq.mask + 1) / 2;

	if (!rxq->on_vf)
		return got;
	if (past && !synthetic_waits(rxq))
		rxq->settle_until = 0;
	else if (an_rq_waiting(&rxq->rq, half) < half)
		return got;
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
	} else if (unlikely(synthetic_waits(rxq))) {
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
