// SPDX-License-Identifier: BSD-3-Clause
/*
 * Chains: see tx_chain.h. What a frame is made of is checked while its WQE is written; one that
 * turns out malformed leaves a WQE that was never posted.
 */
#include "tx_chain.h"

#include "sq.h"
#include "tx_frame.h"
#include "tx_run.h"

/* Frames posted in one call: then the queue may ask for a completion. */
#define FRAMES_MAX AN_TX_MARK_EVERY

/* Where the next frame goes, up to the rings' ends, and the memory whose key is at hand. */
struct chain {
	uint64_t *wqe;
	struct rte_mbuf **mbufs;
	uint32_t block, blocks, mbufs_left; /* index of the next block; room */
	uint32_t number;                    /* of the queue, as a control segment has it */
	uintptr_t start, stop;
	uint64_t key;                       /* in the upper half */
	bool fast_free;
};

static __rte_always_inline struct chain chain_open(const struct an_txq *txq)
{
	const struct an_sq *sq = &txq->sq;
	uint32_t mbuf = sq->mbuf_head & sq->mbuf_mask, block = sq->block_head & sq->block_mask;

	return (struct chain){
		.wqe = an_sq_next(sq), .mbufs = &sq->mbufs[mbuf], .block = sq->block_head,
		.blocks = RTE_MIN((uint32_t)an_sq_blocks_free(sq), sq->block_mask + 1u - block),
		.mbufs_left = RTE_MIN((uint32_t)an_sq_mbufs_free(sq), sq->mbuf_mask + 1u - mbuf),
		.number = sq->number << 8,
		.start = sq->cache.start, .stop = sq->cache.start + sq->cache.size,
		.key = (uint64_t)sq->cache.key << 32, .fast_free = txq->fast_free,
	};
}

/* Writes a frame's data segments. False: malformed, or without a key at hand. */
static __rte_always_inline bool chain_write(const struct chain *chain, struct rte_mbuf *mbuf,
					    uint32_t left, uint32_t whole)
{
	struct rte_mbuf **mbufs = chain->mbufs;
	uint64_t *at = chain->wqe + AN_WQE_TITLE_SEGMENTS * 2;

	do {
		uint32_t part = mbuf->data_len;
		uintptr_t address = rte_pktmbuf_mtod(mbuf, uintptr_t);

		if (unlikely(part == 0 || address < chain->start || address + part > chain->stop))
			return false;
		at[0] = an_wqe_data(part, 0) | chain->key;
		at[1] = an_wqe_address(address);
		at += 2;
		*mbufs++ = mbuf;
		whole -= part;
		mbuf = mbuf->next;
	} while (--left != 0 && mbuf != NULL);
	return (left | whole) == 0 && mbuf == NULL;
}

/* A pool that is freed to in bulk wants segments apart. */
static __rte_always_inline void chain_part(struct rte_mbuf *mbuf)
{
	struct rte_mbuf *next;

	do {
		next = mbuf->next;
		mbuf->next = NULL;
		mbuf->nb_segs = 1;
		mbuf = next;
	} while (next != NULL);
}

/* Posts one frame. False: it is another function's, or does not fit. */
static __rte_always_inline bool chain_post(struct chain *chain, struct rte_mbuf *frame)
{
	uint32_t flags = an_tx_flags(frame), mbufs = frame->nb_segs, len = frame->pkt_len;
	uint32_t segments = AN_WQE_TITLE_SEGMENTS + mbufs, blocks = an_wqe_blocks(segments);
	uint64_t *wqe = chain->wqe;

	if (unlikely((flags != 0 && !an_tx_flags_are_plain(flags)) ||
		     mbufs - 2 > AN_TX_SEGMENTS_MAX - 2 ||
		     len - AN_TX_FRAME_MIN > AN_TX_FRAME_MAX - AN_TX_FRAME_MIN ||
		     blocks > chain->blocks || mbufs > chain->mbufs_left))
		return false;
	if (unlikely(!chain_write(chain, frame, mbufs, len)))
		return false;
	wqe[0] = rte_cpu_to_be_32(chain->block << 8 | MLX5_OPCODE_SEND) |
		 (uint64_t)rte_cpu_to_be_32(chain->number | segments) << 32;
	wqe[1] = 0;
	wqe[2] = flags == 0 ? 0 :
		an_wqe_ethernet(an_tx_checksums((uint64_t)flags << AN_TX_HALF), 0);
	wqe[3] = 0;
	if (chain->fast_free)
		chain_part(frame);
	chain->wqe += blocks * (AN_WQE_BLOCK / sizeof(*wqe));
	chain->block = (uint16_t)(chain->block + blocks);
	chain->blocks -= blocks;
	chain->mbufs += mbufs;
	chain->mbufs_left -= mbufs;
	return true;
}

uint16_t an_tx_chains_post(struct an_txq *txq, struct rte_mbuf **frames, uint16_t n,
			   uint64_t **control)
{
	struct an_sq *sq = &txq->sq;
	struct chain chain = chain_open(txq);
	uint32_t done, most = RTE_MIN(n, FRAMES_MAX), mbufs_left = chain.mbufs_left;
	uint64_t bytes = 0;

	if (sq->inline_bytes != 0)
		return 0;
	for (done = 0; done < most; done++) {
		uint64_t *wqe = chain.wqe;
		uint32_t len = frames[done]->pkt_len;

		if (!chain_post(&chain, frames[done]))
			break;
		bytes += len;
		*control = wqe;
	}
	sq->block_head = (uint16_t)chain.block;
	sq->mbuf_head += mbufs_left - chain.mbufs_left;
	sq->frame_head += done;
	txq->vf.packets += done;
	txq->vf.bytes += bytes;
	return done;
}
