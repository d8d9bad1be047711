/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Plain frames: one buffer, nothing asked for but checksums; and runs of those that are alike,
 * which share a WQE.
 */
#ifndef AN_TX_RUN_H
#define AN_TX_RUN_H

#include "sq.h"
#include "tx_frame.h"

#include <rte_mbuf.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Offload flags that part frames from each other all lie in the upper half of ol_flags, so that one
 * half a frame is loaded and compared.
 */
#define AN_TX_HALF 32
#define AN_TX_ACTIVE_HALF ((uint32_t)(AN_TX_ACTIVE_FLAGS >> AN_TX_HALF))
_Static_assert((uint64_t)AN_TX_ACTIVE_HALF << AN_TX_HALF == AN_TX_ACTIVE_FLAGS,
	       "flags of the upper half");

static __rte_always_inline uint32_t an_tx_flags(const struct rte_mbuf *frame)
{
	return (uint32_t)(frame->ol_flags >> AN_TX_HALF) & AN_TX_ACTIVE_HALF;
}

/* One buffer, a sound length, and it asks for these and no others. */
static __rte_always_inline bool an_tx_is_plain(const struct rte_mbuf *frame, uint32_t len,
					       uint32_t flags)
{
	return an_tx_flags(frame) == flags && frame->nb_segs == 1 && frame->pkt_len == len &&
	       len - AN_TX_FRAME_MIN <= AN_TX_FRAME_MAX - AN_TX_FRAME_MIN;
}

/* A plain frame may ask for checksums; what else it asks for makes it none. */
static __rte_always_inline bool an_tx_flags_are_plain(uint32_t half)
{
	uint64_t flags = (uint64_t)half << AN_TX_HALF;

	return (flags & ~AN_TX_CSUM_FLAGS) == 0 && an_tx_l4_is_known(flags);
}

/* What data segments are written from and to; all but `end` and `flags` move. */
struct an_tx_run {
	struct rte_mbuf **from, **end;
	struct rte_mbuf **mbufs;     /* of the queue */
	uint64_t *data;              /* words of the WQE */
	uint64_t bytes;
	uint32_t flags;              /* an_tx_flags() of all */
};

/* Data segments of frames that are plain, alike, and in the memory whose key is at hand. */
void an_tx_run_write(struct an_tx_run *run, const struct an_mr_cache *cache);
/* The run ended before a frame: is it a plain one, whose key has been found now? */
bool an_tx_run_find_key(struct an_sq *sq, const struct an_tx_run *run);

#endif
