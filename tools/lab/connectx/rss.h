/* SPDX-License-Identifier: BSD-3-Clause */
/* Receive-side scaling: which RQ of a TIR a frame goes to, and the hash the CQE reports. */
#ifndef LAB_CX_RSS_H
#define LAB_CX_RSS_H

#include "objects.h"

#include "../fabric/frame.h"

struct cx_rss {
	uint32_t rq;       /* number; may be stale: look it up */
	uint32_t hash;
	uint8_t hash_type; /* as in the CQE; 0: none */
};

/* False: the TIR points nowhere. */
bool cx_rss_select(const struct cx_tir *tir, const uint8_t *frame, const struct frame_info *info,
		   struct cx_rss *rss);

#endif
