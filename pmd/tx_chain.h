/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames of several segments with nothing inlined or inserted: a WQE each. */
#ifndef AN_TX_CHAIN_H
#define AN_TX_CHAIN_H

#include "txq.h"

#include <rte_mbuf.h>
#include <stdint.h>

/*
 * Posts as many of the next frames as are sound, ask for nothing but checksums, lie in memory whose
 * key is at hand, and fit before either ring's end. Frames posted; `control` is the last one's.
 */
uint16_t an_tx_chains_post(struct an_txq *txq, struct rte_mbuf **frames, uint16_t n,
			   uint64_t **control);

#endif
