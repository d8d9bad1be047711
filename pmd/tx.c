// SPDX-License-Identifier: BSD-3-Clause
/*
 * The transmit burst. On the VF, runs of plain frames (one segment, nothing asked for but
 * checksums) are the case this is written for: with enhanced multi-packet WQEs a run shares a title
 * and takes one data segment a frame (tx_run.c), without them each takes a WQE (tx_each.c), as do
 * chains (tx_chain.c). Everything else, and what those stumble over, goes frame by frame through
 * tx_frame.c. One doorbell a burst.
 */
#include "sq.h"
#include "tx_chain.h"
#include "tx_each.h"
#include "tx_frame.h"
#include "tx_run.h"
#include "txq.h"

/*
 * One enhanced multi-packet WQE with as many of the next frames as are plain, alike, and fit; it
 * ends at the ring's end at the latest. Frames posted.
 */
static __rte_always_inline uint16_t mpw_post(struct an_txq *txq, struct rte_mbuf **frames,
					     uint16_t n, uint64_t **control)
{
	struct an_sq *sq = &txq->sq;
	uint32_t at = sq->mbuf_head & sq->mbuf_mask, most = n, blocks, segments, done;
	uint64_t *wqe = an_sq_next(sq);
	struct an_tx_run run = {
		.from = frames, .flags = an_tx_flags(frames[0]), .mbufs = &sq->mbufs[at],
		.data = wqe + AN_WQE_TITLE_SEGMENTS * 2,
	};

	blocks = RTE_MIN((uint32_t)an_sq_blocks_free(sq),
			 sq->block_mask + 1u - (sq->block_head & sq->block_mask));
	if (unlikely(blocks == 0 || frames[0]->nb_segs != 1 ||
		     !an_tx_flags_are_plain(run.flags)))
		return 0;
	blocks = RTE_MIN(blocks, AN_WQE_BLOCKS_MAX);
	most = RTE_MIN(most, blocks * AN_WQE_BLOCK_SEGMENTS - AN_WQE_TITLE_SEGMENTS);
	most = RTE_MIN(most, (uint32_t)an_sq_mbufs_free(sq));
	most = RTE_MIN(most, sq->mbuf_mask + 1u - at);
	run.end = frames + most;
	do {
		an_tx_run_write(&run, &sq->cache);
	} while (unlikely(run.from != run.end) && an_tx_run_find_key(sq, &run));
	done = (uint32_t)(run.from - frames);
	if (unlikely(done == 0))
		return 0;
	segments = AN_WQE_TITLE_SEGMENTS + done;
	wqe[0] = an_wqe_control(AN_OPCODE_ENHANCED_MPW, sq->block_head, sq->number, segments);
	wqe[1] = 0;
	wqe[2] = an_wqe_ethernet(an_tx_checksums((uint64_t)run.flags << AN_TX_HALF), 0);
	wqe[3] = 0;
	sq->block_head += an_wqe_blocks(segments);
	sq->mbuf_head += done;
	sq->frame_head += done;
	txq->vf.packets += done;
	txq->vf.bytes += run.bytes;
	*control = wqe;
	return done;
}

static __rte_always_inline uint16_t vf_send(struct an_txq *txq, struct rte_mbuf **frames,
					    uint16_t n)
{
	struct an_sq *sq = &txq->sq;
	uint64_t *control = NULL;
	uint16_t done = 0;

	if (an_sq_may_complete(sq))
		an_sq_complete(sq, txq->fast_free);
	if (unlikely(sq->failed))
		return 0;
	an_mr_cache_check(sq->memory, &sq->cache);
	while (done < n) {
		uint16_t posted = sq->mpw ?
			mpw_post(txq, frames + done, n - done, &control) :
			an_tx_each_post(txq, frames + done, n - done, &control);

		if (unlikely(posted == 0))
			posted = an_tx_chains_post(txq, frames + done, n - done, &control);
		done += posted;
		if (likely(done == n))
			break;
		if (posted != 0) {
			/* The WQE is full, or what comes is of another kind. */
			if (an_sq_mark_is_due(sq))
				an_sq_mark(sq, control);
			continue;
		}
		/* A frame that takes more; or there is no room or no key for it. */
		if (an_tx_frame_post(txq, frames[done], &control) == AN_TX_LATER)
			break;
		done++;
	}
	if (control != NULL)
		an_sq_commit(sq, control);
	return done;
}

#define SLOW_MOST 64u /* frames given to the synthetic side at once */

/* Gives the synthetic side the next frames up to a malformed one. Frames taken or refused. */
static uint16_t slow_send(struct an_txq *txq, struct rte_mbuf **frames, uint16_t n)
{
	uint64_t bytes[SLOW_MOST];
	uint16_t good = 0, done;

	while (good < RTE_MIN(n, SLOW_MOST) && an_tx_frame_check(&txq->sq, frames[good]) == 0) {
		/* A frame that was taken is no longer ours to ask. */
		bytes[good] = frames[good]->pkt_len;
		good++;
	}
	if (good == 0) {
		an_tx_frame_refuse(txq, frames[0]);
		return 1;
	}
	done = txq->slow_ops->tx(txq->slow, txq->queue, frames, good);
	for (uint16_t i = 0; i < RTE_MIN(done, good); i++)
		txq->synthetic.bytes += bytes[i];
	txq->synthetic.packets += done;
	return done;
}

static uint16_t __rte_noinline synthetic_send(struct an_txq *txq, struct rte_mbuf **frames,
					      uint16_t n)
{
	uint16_t done = 0;

	while (done < n) {
		uint16_t took = slow_send(txq, frames + done, n - done);

		if (took == 0)
			break;
		done += took;
	}
	return done;
}

uint16_t an_tx_burst(void *queue, struct rte_mbuf **frames, uint16_t n)
{
	struct an_txq *txq = queue;
	uint16_t done;

	if (!an_path_enter(&txq->path))
		return 0;
	done = likely(txq->on_vf) ? vf_send(txq, frames, n) : synthetic_send(txq, frames, n);
	an_path_leave(&txq->path);
	return done;
}
