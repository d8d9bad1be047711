/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames that take more than a title and one data segment: several segments, an inlined head, TSO,
 * a VLAN tag; and those that are malformed.
 */
#ifndef AN_TX_FRAME_H
#define AN_TX_FRAME_H

#include "sq.h"

#include <rte_mbuf.h>
#include <stdint.h>

/* What of ol_flags changes a WQE, or that no WQE can do. */
#define AN_TX_CSUM_FLAGS (RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_L4_MASK)
#define AN_TX_INERT_FLAGS (RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6)
#define AN_TX_ACTIVE_FLAGS (RTE_MBUF_F_TX_OFFLOAD_MASK & ~AN_TX_INERT_FLAGS)
#define AN_TX_KNOWN_FLAGS \
	(AN_TX_CSUM_FLAGS | AN_TX_INERT_FLAGS | RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_VLAN)

enum an_tx_verdict {
	AN_TX_POSTED,
	AN_TX_REFUSED, /* freed and counted */
	AN_TX_LATER,   /* no room, or memory that control is to register: the burst ends here */
};

/* Layer 4 checksums by RTE_MBUF_F_TX_L4_MASK: SCTP is none that the device fills in. */
static __rte_always_inline bool an_tx_l4_is_known(uint64_t flags)
{
	return (flags & RTE_MBUF_F_TX_L4_MASK) != RTE_MBUF_F_TX_SCTP_CKSUM;
}

/* The Ethernet segment's cs_flags. */
static __rte_always_inline uint8_t an_tx_checksums(uint64_t flags)
{
	uint8_t cs = 0;

	if (flags & RTE_MBUF_F_TX_IP_CKSUM)
		cs |= MLX5_ETH_WQE_L3_CSUM;
	if (flags & RTE_MBUF_F_TX_L4_MASK)
		cs |= MLX5_ETH_WQE_L4_CSUM;
	return cs;
}

/* Why a frame cannot be sent: 0, -EINVAL or -ENOTSUP. */
int an_tx_frame_check(const struct an_sq *sq, const struct rte_mbuf *frame);

/* Frees and counts a frame that cannot be sent. */
void an_tx_frame_refuse(struct an_txq *txq, struct rte_mbuf *frame);

/* Posts any frame in a WQE of its own, or refuses it. `control` is the WQE's when posted. */
enum an_tx_verdict an_tx_frame_post(struct an_txq *txq, struct rte_mbuf *frame,
				    uint64_t **control);

#endif
