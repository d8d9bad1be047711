/* SPDX-License-Identifier: BSD-3-Clause */
/* Frames of the stream as mbufs: cut into segments, with what the port is to do for them. */
#ifndef TESTS_PMD_FRAME_H
#define TESTS_PMD_FRAME_H

#include "check.h"
#include "port.h"
#include "stream.h"

struct frame_options {
	unsigned int segments;  /* at most so many a frame, cut where the seed says; 0, 1: one */
	bool checksum;          /* left to the port */
	bool vlan;              /* frames carry a tag */
	uint16_t tci;
	bool vlan_insert, vlan_strip; /* by the port; else here */
	bool returns;           /* the receive flags of checksums are looked at */
};

/*
 * The next frames of a flow: one, or the batch that starts there, as one packet ready for
 * rte_eth_tx_prepare. NULL when the pool has no buffer.
 */
struct rte_mbuf *frame_make(const struct stream *stream, const struct frame_options *options,
			    unsigned int flow, uint32_t sequence, struct rte_mempool *pool);
/*
 * Judges a received packet and leaves it to the caller. *flags_wrong is raised by one if the
 * mbuf's own words (checksum flags, VLAN tag, packet length) do not fit a good frame.
 */
enum check_verdict frame_judge(struct check *check, const struct frame_options *options,
			       const struct rte_mbuf *packet, int queue, uint64_t *flags_wrong);

#endif
