/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A frame's facts, from its CQE to its mbuf. What the CQE says of headers is looked up; the rest is
 * turned around from big endian, with one shuffle where the processor has it (every one that DPDK
 * runs on of x86). Nothing here looks at the frame.
 */
#ifndef AN_RX_FRAME_H
#define AN_RX_FRAME_H

#include "cqe.h"
#include "rq.h"

#include <rte_byteorder.h>
#include <rte_mbuf.h>
#ifdef __SSE4_1__
#include <smmintrin.h>
#endif
#include <stddef.h>
#include <stdint.h>

#define AN_RX_ETHER RTE_PTYPE_L2_ETHER
#define AN_RX_IPV4 (AN_RX_ETHER | RTE_PTYPE_L3_IPV4_EXT_UNKNOWN)
#define AN_RX_IPV6 (AN_RX_ETHER | RTE_PTYPE_L3_IPV6_EXT_UNKNOWN)
#define AN_RX_TYPE_OF(l3, l4) ((l3) | (l4) << 2)
/* Layer 4 as a CQE has it: none, TCP, UDP, TCP with an empty ACK, TCP with ACK and data. */
#define AN_RX_TYPES_OF(l3, ptype) \
	[AN_RX_TYPE_OF(l3, 0)] = (ptype) | RTE_PTYPE_L4_NONFRAG, \
	[AN_RX_TYPE_OF(l3, 1)] = (ptype) | RTE_PTYPE_L4_TCP, \
	[AN_RX_TYPE_OF(l3, 2)] = (ptype) | RTE_PTYPE_L4_UDP, \
	[AN_RX_TYPE_OF(l3, 3)] = (ptype) | RTE_PTYPE_L4_TCP, \
	[AN_RX_TYPE_OF(l3, 4)] = (ptype) | RTE_PTYPE_L4_TCP
#define AN_RX_FRAGMENT 0x20u
#define AN_RX_FRAGMENTS_OF(l3, ptype) \
	[AN_RX_FRAGMENT | AN_RX_TYPE_OF(l3, 0)] = (ptype) | RTE_PTYPE_L4_FRAG, \
	[AN_RX_FRAGMENT | AN_RX_TYPE_OF(l3, 1)] = (ptype) | RTE_PTYPE_L4_FRAG, \
	[AN_RX_FRAGMENT | AN_RX_TYPE_OF(l3, 2)] = (ptype) | RTE_PTYPE_L4_FRAG, \
	[AN_RX_FRAGMENT | AN_RX_TYPE_OF(l3, 3)] = (ptype) | RTE_PTYPE_L4_FRAG, \
	[AN_RX_FRAGMENT | AN_RX_TYPE_OF(l3, 4)] = (ptype) | RTE_PTYPE_L4_FRAG

/* mbuf->packet_type by layer 3, layer 4 and fragment of a CQE. 0 is RTE_PTYPE_UNKNOWN. */
static const uint32_t an_rx_types[AN_CQE_TYPE_MASK + 1] = {
	[0] = AN_RX_ETHER,
	AN_RX_TYPES_OF(MLX5_CQE_L3_HDR_TYPE_IPV4, AN_RX_IPV4),
	AN_RX_TYPES_OF(MLX5_CQE_L3_HDR_TYPE_IPV6, AN_RX_IPV6),
	AN_RX_FRAGMENTS_OF(MLX5_CQE_L3_HDR_TYPE_IPV4, AN_RX_IPV4),
	AN_RX_FRAGMENTS_OF(MLX5_CQE_L3_HDR_TYPE_IPV6, AN_RX_IPV6),
};

static __rte_always_inline uint32_t an_rx_type(uint32_t header)
{
	return an_rx_types[header >> AN_CQE_TYPE_SHIFT & AN_CQE_TYPE_MASK];
}

/* an_rq.flags is indexed by the header word's own bits, moved down by one. */
static __rte_always_inline uint64_t an_rx_flags(const struct an_rq *rq, uint32_t header)
{
	return rq->flags[header >> 1 & AN_RX_FLAGS_MASK];
}

static __rte_always_inline uint16_t an_rx_vlan(uint32_t header)
{
	return rte_be_to_cpu_16(header >> AN_CQE_VLAN_SHIFT);
}

#ifndef __SSE4_1__
/* A frame in one buffer. */
static __rte_always_inline void an_rx_describe(const struct an_rq *rq, struct rte_mbuf *frame,
					       uint64_t flags, uint32_t type, uint32_t len,
					       uint16_t vlan, uint32_t hash)
{
	an_rq_rearm(rq, frame);
	frame->ol_flags = flags | (hash != 0 ? rq->hash_flag : 0);
	frame->packet_type = type;
	frame->pkt_len = len;
	frame->data_len = (uint16_t)len;
	frame->vlan_tci = vlan;
	frame->hash.rss = hash;
}
#endif

/*
 * A frame in one buffer, by an ordinary CQE whose header word and length are at hand. Without a
 * hash (a frame that is not IP) the device's is 0.
 */
static __rte_always_inline void an_rx_describe_cqe(const struct an_rq *rq, struct rte_mbuf *frame,
						   const volatile struct mlx5_cqe64 *cqe,
						   uint32_t header, uint32_t len)
{
#ifdef __SSE4_1__
	/* Words at 0x1c (headers), 0x2c (length) and 0x0c (hash) of the CQE, to packet_type (left
	 * free), pkt_len, data_len, vlan_tci and hash.rss. */
	const __m128i order = _mm_setr_epi8(-1, -1, -1, -1, 15, 14, 13, 12,
					    15, 14, 11, 10, 3, 2, 1, 0);
	const __m128i *words = (const __m128i *)(uintptr_t)cqe;
	__m128i fields = _mm_unpackhi_epi32(_mm_load_si128(&words[1]), _mm_load_si128(&words[2]));
	uint32_t hash = *(const volatile an_cqe_word *)&cqe->rsvd4[8];

	(void)len;
	fields = _mm_insert_epi32(fields, (int)hash, 0);
	fields = _mm_shuffle_epi8(fields, order);
	fields = _mm_insert_epi32(fields, (int)an_rx_type(header), 0);
	an_rq_rearm(rq, frame);
	frame->ol_flags = an_rx_flags(rq, header) | (hash != 0 ? rq->hash_flag : 0);
	_mm_storeu_si128((__m128i *)(void *)&frame->packet_type, fields);
#else
	an_rx_describe(rq, frame, an_rx_flags(rq, header), an_rx_type(header), len,
		       an_rx_vlan(header), an_cqe_hash(cqe));
#endif
}

/* The same for a frame of a compressed session. */
static __rte_always_inline void an_rx_describe_mini(const struct an_rq *rq, struct rte_mbuf *frame,
						    const struct an_rq_session *session,
						    const struct an_mini *mini, uint32_t len)
{
#ifdef __SSE4_1__
	/* Hash and length to pkt_len, data_len and hash.rss, with the session's type and tag. */
	const __m128i order = _mm_setr_epi8(-1, -1, -1, -1, 7, 6, 5, 4, 7, 6, -1, -1, 3, 2, 1, 0);
	const __m128i common = _mm_load_si128((const __m128i *)(const void *)session->common);
	__m128i fields = _mm_loadl_epi64((const __m128i *)(const void *)mini);

	(void)len;
	fields = _mm_or_si128(_mm_shuffle_epi8(fields, order), common);
	an_rq_rearm(rq, frame);
	frame->ol_flags = session->flags | (mini->hash != 0 ? rq->hash_flag : 0);
	_mm_storeu_si128((__m128i *)(void *)&frame->packet_type, fields);
#else
	an_rx_describe(rq, frame, session->flags, session->common[0], len,
		       session->common[2] >> 16,
		       rte_be_to_cpu_32(mini->hash));
#endif
}

_Static_assert(offsetof(struct rte_mbuf, pkt_len) == offsetof(struct rte_mbuf, packet_type) + 4 &&
	       offsetof(struct rte_mbuf, data_len) == offsetof(struct rte_mbuf, packet_type) + 8 &&
	       offsetof(struct rte_mbuf, vlan_tci) == offsetof(struct rte_mbuf, packet_type) + 10 &&
	       offsetof(struct rte_mbuf, hash) == offsetof(struct rte_mbuf, packet_type) + 12,
	       "as the shuffle writes them");

#endif
