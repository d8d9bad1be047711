/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The send queue's indices: room, posting, marks, the doorbell, and completions. What goes into the
 * WQEs is tx.c's and tx_frame.c's. Called by whoever owns the queue's path.
 */
#ifndef AN_SQ_H
#define AN_SQ_H

#include "cqe.h"
#include "txq.h"
#include "wqe.h"

#include <rte_io.h>
#include <stdbool.h>
#include <stdint.h>

static __rte_always_inline uint16_t an_sq_blocks_free(const struct an_sq *sq)
{
	return sq->block_mask + 1u - (uint16_t)(sq->block_head - sq->block_tail);
}

static __rte_always_inline uint16_t an_sq_mbufs_free(const struct an_sq *sq)
{
	return sq->mbuf_mask + 1u - (uint16_t)(sq->mbuf_head - sq->mbuf_tail);
}

/* The block that the next WQE starts in. */
static __rte_always_inline uint64_t *an_sq_next(const struct an_sq *sq)
{
	return (uint64_t *)(sq->ring + (size_t)(sq->block_head & sq->block_mask) * AN_WQE_BLOCK);
}

/* Asks for a CQE for the newest WQE, whose control segment this is; its frames are counted in. */
static __rte_always_inline void an_sq_mark(struct an_sq *sq, uint64_t *control)
{
	if (unlikely((uint16_t)(sq->mark_head - sq->mark_tail) > sq->mark_mask))
		return; /* as many are outstanding as the CQ has room for */
	sq->marked.block = sq->block_head;
	sq->marked.mbuf = sq->mbuf_head;
	sq->marked.frame = sq->frame_head;
	sq->marks[sq->mark_head & sq->mark_mask] = sq->marked;
	/* Atomic, as the watchdog looks on (an_txq_is_stalled). */
	__atomic_store_n(&sq->mark_head, sq->mark_head + 1, __ATOMIC_RELAXED);
	control[1] |= AN_WQE_ASK_CQE;
}

/* Enough was posted since the newest mark. */
static __rte_always_inline bool an_sq_mark_is_due(const struct an_sq *sq)
{
	return (uint16_t)(sq->mbuf_head - sq->marked.mbuf) >= AN_TX_MARK_EVERY ||
	       (uint16_t)(sq->block_head - sq->marked.block) >= AN_TX_MARK_EVERY;
}

/*
 * Tells the device of everything posted, once a burst. `control` is the last WQE's.
 *
 * First barrier: the WQEs before the doorbell record. The device reads the record (by DMA, on a
 * doorbell or while it is at work on this queue) and then the WQEs up to it; without the barrier it
 * could execute what was in the ring before. Second barrier: the record before the doorbell. The
 * device reads the record when the doorbell arrives; without the barrier it could find the old
 * index and sleep on new WQEs. Third: where the page is write-combining, the store would wait in
 * the buffer until something else pushes it out.
 */
static __rte_always_inline void an_sq_ring(struct an_sq *sq, const uint64_t *control)
{
	rte_io_wmb();
	*sq->record = rte_cpu_to_be_32(sq->block_head);
	rte_wmb();
	*sq->doorbell = *control;
	if (unlikely(sq->write_combining))
		rte_wmb();
}

/* Ends a burst that posted: the last WQE asks for a CQE if no other will, and the doorbell. */
static __rte_always_inline void an_sq_commit(struct an_sq *sq, uint64_t *control)
{
	if (sq->mark_head == sq->mark_tail || an_sq_mark_is_due(sq))
		an_sq_mark(sq, control);
	an_sq_ring(sq, control);
}

/* A mark is outstanding and its CQE, or an error's, may be there. */
static __rte_always_inline bool an_sq_may_complete(const struct an_sq *sq)
{
	return sq->mark_head != sq->mark_tail;
}

/* Takes the CQEs that are there (a bounded number), and gives back the frames they finish. */
void an_sq_complete(struct an_sq *sq, bool fast_free);
/* Gives back every frame that was not finished; the device does not read them any more. Returns
 * how many. */
uint16_t an_sq_reclaim(struct an_sq *sq, bool fast_free);
/* Posts a NOP that asks for a CQE, with its doorbell. False without room. */
bool an_sq_post_nop(struct an_sq *sq);

#endif
