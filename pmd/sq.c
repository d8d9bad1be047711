// SPDX-License-Identifier: BSD-3-Clause
/*
 * Completions of the send queue. A CQE says only that a WQE that asked for it is finished, and with
 * it all before; which frames that are is in the marks, oldest first, so nothing that the device
 * writes is used as an index. Frames go back to their pools in bulk.
 */
#include "sq.h"

#include <rte_mempool.h>

#define CQES_MAX 8u /* taken in one burst, so that a burst's time is bounded */
#define BATCH 64u   /* frames given back to a pool at once */

/* Frames of any pool, possibly referenced elsewhere. */
static void sq_free_checked(struct rte_mbuf **mbufs, uint16_t n)
{
	struct rte_mempool *pool = NULL;
	void *batch[BATCH];
	unsigned int count = 0;

	for (uint16_t i = 0; i < n; i++) {
		struct rte_mbuf *mbuf = rte_pktmbuf_prefree_seg(mbufs[i]);

		if (mbuf == NULL)
			continue;
		if (count > 0 && (unlikely(mbuf->pool != pool) || count == BATCH)) {
			rte_mempool_put_bulk(pool, batch, count);
			count = 0;
		}
		pool = mbuf->pool;
		batch[count++] = mbuf;
	}
	if (count > 0)
		rte_mempool_put_bulk(pool, batch, count);
}

static void sq_free(struct an_sq *sq, uint16_t end, bool fast_free)
{
	while (sq->mbuf_tail != end) {
		uint16_t at = sq->mbuf_tail & sq->mbuf_mask;
		uint16_t n = RTE_MIN((uint16_t)(end - sq->mbuf_tail),
				     (uint16_t)(sq->mbuf_mask + 1u - at));
		struct rte_mbuf **mbufs = &sq->mbufs[at];

		if (fast_free)
			rte_mempool_put_bulk(mbufs[0]->pool, (void **)mbufs, n);
		else
			sq_free_checked(mbufs, n);
		sq->mbuf_tail += n;
	}
}

void an_sq_complete(struct an_sq *sq, bool fast_free)
{
	uint32_t consumer = sq->cq_consumer;
	struct an_sq_mark mark = { 0 };

	while (sq->mark_head != sq->mark_tail && consumer - sq->cq_consumer < CQES_MAX) {
		uint8_t op_own = sq->cqes[consumer & sq->cq_mask].op_own;

		if (!an_cqe_is_ready(op_own, consumer, sq->cq_mask))
			break;
		if (unlikely(an_cqe_opcode(op_own) != MLX5_CQE_REQ)) {
			sq->failed = true;
			break;
		}
		mark = sq->marks[sq->mark_tail & sq->mark_mask];
		/* Atomic, as the watchdog looks on (an_txq_is_stalled). */
		__atomic_store_n(&sq->mark_tail, sq->mark_tail + 1, __ATOMIC_RELAXED);
		consumer++;
	}
	if (consumer == sq->cq_consumer)
		return;
	/* The owner bytes were read before the frames are given away: their next owner writes to
	 * them, and the device must have read them by then. The device writes a CQE after its last
	 * read of the frame (PCI's order), and this keeps our side of it. */
	rte_io_rmb();
	__atomic_store_n(&sq->cq_consumer, consumer, __ATOMIC_RELAXED);
	*sq->cq_record = rte_cpu_to_be_32(consumer & AN_CQE_INDEX_MASK);
	sq->block_tail = mark.block;
	sq->frame_tail = mark.frame;
	sq_free(sq, mark.mbuf, fast_free);
}

uint16_t an_sq_reclaim(struct an_sq *sq, bool fast_free)
{
	uint16_t n = sq->frame_head - sq->frame_tail;

	sq_free(sq, sq->mbuf_head, fast_free);
	sq->frame_tail = sq->frame_head;
	sq->block_tail = sq->block_head;
	sq->mark_tail = sq->mark_head;
	return n;
}

bool an_sq_post_nop(struct an_sq *sq)
{
	uint64_t *wqe = an_sq_next(sq);

	if (an_sq_blocks_free(sq) == 0 || sq->failed ||
	    (uint16_t)(sq->mark_head - sq->mark_tail) > sq->mark_mask)
		return false;
	wqe[0] = an_wqe_control(MLX5_OPCODE_NOP, sq->block_head, sq->number, 1);
	wqe[1] = 0;
	sq->block_head++;
	an_sq_mark(sq, wqe);
	an_sq_ring(sq, wqe);
	return true;
}
