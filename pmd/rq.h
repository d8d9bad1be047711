/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The receive queue's buffers: posting new ones, chaining those of a frame that took several, and
 * giving all back. Called by whoever owns the queue's path.
 */
#ifndef AN_RQ_H
#define AN_RQ_H

#include "rxq.h"

#include <stddef.h>
#include <stdint.h>

typedef uint64_t an_mbuf_word __attribute__((may_alias));

/* data_off, refcnt, nb_segs and port of a buffer that becomes a frame, in one store. */
static __rte_always_inline void an_rq_rearm(const struct an_rq *rq, struct rte_mbuf *mbuf)
{
	*(an_mbuf_word *)((char *)mbuf + offsetof(struct rte_mbuf, rearm_data)) = rq->rearm;
}

/* First of the buffers of the WQE with that counter. */
static __rte_always_inline struct rte_mbuf **an_rq_buffers(const struct an_rq *rq, uint32_t counter)
{
	return &rq->mbufs[(size_t)(counter & rq->mask) * rq->segments];
}

/* Posts buffers where enough are missing, and tells the device. */
void an_rq_refill(struct an_rxq *rxq);
/* A finished WQE whose frame is not delivered: its buffers are free to be replaced. */
void an_rq_drop(struct an_rq *rq, uint32_t counter);
/* The other buffers of a frame of len bytes that did not fit into the first, which is described. */
void an_rq_chain(struct an_rq *rq, uint32_t counter, uint32_t len);
/* Frames that wait in the completion queue, counted up to `most`. (rx_info.c) */
uint32_t an_rq_waiting(const struct an_rq *rq, uint32_t most);
/* Gives back every buffer that is posted; the device does not write to them any more. */
void an_rq_reclaim(struct an_rq *rq);

#endif
