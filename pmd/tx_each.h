/* SPDX-License-Identifier: BSD-3-Clause */
/* Plain frames where there are no multi-packet WQEs: a WQE of one block each. */
#ifndef AN_TX_EACH_H
#define AN_TX_EACH_H

#include "txq.h"

#include <rte_mbuf.h>
#include <stdint.h>

/*
 * Posts as many of the next frames as are plain (tx_run.h), lie in memory whose key is at hand, and
 * fit before either ring's end. Frames posted; `control` is the last one's.
 */
uint16_t an_tx_each_post(struct an_txq *txq, struct rte_mbuf **frames, uint16_t n,
			 uint64_t **control);

#endif
