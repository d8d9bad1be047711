/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Receive side scaling as the application set it: hash key, hash types, redirection table. The VF's
 * queues get it through verbs (an indirection table and one QP a hash type), the synthetic side
 * computes the same Toeplitz hash in software, so a flow stays on its queue across a failover.
 */
#ifndef AN_RSS_H
#define AN_RSS_H

#include <stdint.h>

#define AN_RSS_KEY_LEN 40u    /* bytes */
#define AN_RSS_RETA_SIZE 128u /* entries */

struct an_rss {
	uint8_t key[AN_RSS_KEY_LEN];
	uint64_t types;                  /* RTE_ETH_RSS_*; 0: everything to queue reta[0] */
	uint16_t reta[AN_RSS_RETA_SIZE]; /* queue of each hash value modulo the size */
};

#endif
