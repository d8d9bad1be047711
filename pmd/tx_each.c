// SPDX-License-Identifier: BSD-3-Clause
/*
 * A WQE of one block for each plain frame: see tx_each.h. It is the same every time but for index,
 * checksums, address and length; and, where the device wants a frame's head in the WQE (ConnectX-4
 * and 4 Lx: an Ethernet header with a tag), those bytes, which just fill the block.
 */
#include "tx_each.h"

#include "sq.h"
#include "tx_frame.h"
#include "tx_run.h"

#include <string.h>

/* Frames posted in one call: then the queue may ask for a completion. */
#define FRAMES_MAX AN_TX_MARK_EVERY
#define HEAD 18u      /* bytes inlined: two at the end of the Ethernet segment, a segment's 16 */
#define HEAD_FIRST 2u
#define WORDS (AN_WQE_BLOCK / sizeof(uint64_t))

/* Segments of such a WQE, its data segment among them. */
#define SEGMENTS (AN_WQE_TITLE_SEGMENTS + 1)
#define SEGMENTS_WITH_HEAD (SEGMENTS + 1)
_Static_assert(SEGMENTS_WITH_HEAD == AN_WQE_BLOCK_SEGMENTS, "it fills the block");
_Static_assert(AN_WQE_INLINE_START + HEAD == SEGMENTS * AN_WQE_SEGMENT, "data follows the head");

/* The words behind the control segment. */
static __rte_always_inline void each_write(uint64_t *wqe, uint32_t flags, uintptr_t address,
					   uint32_t len, uint64_t key, bool head)
{
	wqe[1] = 0;
	wqe[2] = flags == 0 ? 0 :
		an_wqe_ethernet(an_tx_checksums((uint64_t)flags << AN_TX_HALF), 0);
	wqe[3] = 0;
	if (head) {
		uint16_t first;

		memcpy(&first, (const void *)address, HEAD_FIRST);
		wqe[3] = an_wqe_inline(HEAD) | (uint64_t)first << 48;
		memcpy(&wqe[4], (const void *)(address + HEAD_FIRST), HEAD - HEAD_FIRST);
		wqe += 2;
		address += HEAD;
		len -= HEAD;
	}
	wqe[4] = an_wqe_data(len, 0) | key;
	wqe[5] = an_wqe_address(address);
}

static __rte_always_inline uint16_t each_post(struct an_txq *txq, struct rte_mbuf **frames,
					      uint32_t most, uint64_t **control, bool head)
{
	struct an_sq *sq = &txq->sq;
	uintptr_t start = sq->cache.start, stop = start + sq->cache.size;
	uint64_t key = (uint64_t)sq->cache.key << 32, bytes = 0;
	uint64_t *wqe = an_sq_next(sq), *last = NULL;
	struct rte_mbuf **mbufs = &sq->mbufs[sq->mbuf_head & sq->mbuf_mask];
	uint32_t block = sq->block_head, shortest = head ? HEAD + 1 : AN_TX_FRAME_MIN;
	/* With a number of its own in it, all that a control segment has beside the index. */
	uint64_t queue = an_wqe_control(MLX5_OPCODE_SEND, 0, sq->number,
					head ? SEGMENTS_WITH_HEAD : SEGMENTS);
	size_t done;

	for (done = 0; done < most; done++) {
		struct rte_mbuf *frame = frames[done];
		uint32_t flags = an_tx_flags(frame), len = frame->data_len;
		uintptr_t address;

		if (unlikely(!an_tx_is_plain(frame, len, flags) || len < shortest ||
			     (flags != 0 && !an_tx_flags_are_plain(flags))))
			break;
		address = rte_pktmbuf_mtod(frame, uintptr_t);
		if (unlikely(address < start || address + len > stop))
			break;
		wqe[0] = queue | rte_cpu_to_be_32((block++ & UINT16_MAX) << 8);
		each_write(wqe, flags, address, len, key, head);
		mbufs[done] = frame;
		bytes += len;
		last = wqe;
		wqe += WORDS;
	}
	if (done == 0)
		return 0;
	sq->block_head = (uint16_t)block;
	sq->mbuf_head += (uint16_t)done;
	sq->frame_head += (uint16_t)done;
	txq->vf.packets += done;
	txq->vf.bytes += bytes;
	*control = last;
	return (uint16_t)done;
}

uint16_t an_tx_each_post(struct an_txq *txq, struct rte_mbuf **frames, uint16_t n,
			 uint64_t **control)
{
	const struct an_sq *sq = &txq->sq;
	uint32_t most = RTE_MIN(n, FRAMES_MAX);

	most = RTE_MIN(most, (uint32_t)RTE_MIN(an_sq_blocks_free(sq), an_sq_mbufs_free(sq)));
	most = RTE_MIN(most, sq->block_mask + 1u - (sq->block_head & sq->block_mask));
	most = RTE_MIN(most, sq->mbuf_mask + 1u - (sq->mbuf_head & sq->mbuf_mask));
	if (sq->inline_bytes == 0)
		return each_post(txq, frames, most, control, false);
	return sq->inline_bytes == HEAD ? each_post(txq, frames, most, control, true) : 0;
}
