// SPDX-License-Identifier: BSD-3-Clause
/*
 * Data segments of a run of plain frames: see tx_run.h. Four at a time where the processor can (any
 * that DPDK runs on of x86); the rest, and what such a group stumbles over, one by one.
 */
#include "tx_run.h"

#ifdef __SSE4_1__
#include <smmintrin.h>

_Static_assert(offsetof(struct rte_mbuf, ol_flags) == offsetof(struct rte_mbuf, rearm_data) + 8 &&
	       offsetof(struct rte_mbuf, nb_segs) == offsetof(struct rte_mbuf, rearm_data) + 4 &&
	       offsetof(struct rte_mbuf, data_off) == offsetof(struct rte_mbuf, rearm_data) &&
	       offsetof(struct rte_mbuf, pkt_len) == offsetof(struct rte_mbuf, packet_type) + 4 &&
	       offsetof(struct rte_mbuf, data_len) == offsetof(struct rte_mbuf, packet_type) + 8 &&
	       offsetof(struct rte_mbuf, buf_addr) == 0, "where groups look for it");

static __rte_always_inline __m128i mbuf_load(const struct rte_mbuf *frame, size_t offset)
{
	return _mm_loadu_si128((const __m128i *)(const void *)((const char *)frame + offset));
}

/* Where the data of two frames starts, from their first words and their rearm_data. */
static __rte_always_inline __m128i two_addresses(const struct rte_mbuf *first,
						 const struct rte_mbuf *second, __m128i head,
						 __m128i next_head)
{
	__m128i base = _mm_loadl_epi64((const __m128i *)(const void *)first);
	__m128i offsets = _mm_and_si128(_mm_unpacklo_epi64(head, next_head),
					_mm_set1_epi64x(UINT16_MAX));

	base = _mm_castpd_si128(_mm_loadh_pd(_mm_castsi128_pd(base),
					     (const double *)(const void *)second));
	return _mm_add_epi64(base, offsets);
}

/* Groups of four. Ends before the first group with a frame that is not plain, not like the others,
 * or not surely within the memory. */
static __rte_always_inline void groups_write(struct an_tx_run *run, const struct an_mr_cache *cache)
{
	const __m128i turn_lens = _mm_setr_epi8(3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13,
						12);
	const __m128i turn_addresses = _mm_setr_epi8(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11,
						     10, 9, 8);
	/* nb_segs, and the flags in the upper half of ol_flags. */
	const __m128i mask = _mm_setr_epi32(0, UINT16_MAX, 0, (int)AN_TX_ACTIVE_HALF);
	const __m128i want = _mm_setr_epi32(0, 1, 0, (int)run->flags);
	const __m128i start = _mm_set1_epi64x((long long)cache->start);
	const __m128i last = _mm_set1_epi64x((long long)(cache->size - AN_TX_FRAME_MAX));
	const __m128i key = _mm_set1_epi32((int)cache->key);
	const __m128i shortest = _mm_set1_epi32(AN_TX_FRAME_MIN);
	const __m128i longest = _mm_set1_epi32(AN_TX_FRAME_MAX);
	__m128i bytes = _mm_setzero_si128();

	for (; run->end - run->from >= 4; run->from += 4, run->mbufs += 4, run->data += 8) {
		struct rte_mbuf *const *f = run->from;
		__m128i h0 = mbuf_load(f[0], offsetof(struct rte_mbuf, rearm_data));
		__m128i h1 = mbuf_load(f[1], offsetof(struct rte_mbuf, rearm_data));
		__m128i h2 = mbuf_load(f[2], offsetof(struct rte_mbuf, rearm_data));
		__m128i h3 = mbuf_load(f[3], offsetof(struct rte_mbuf, rearm_data));
		__m128i d0 = mbuf_load(f[0], offsetof(struct rte_mbuf, packet_type));
		__m128i d1 = mbuf_load(f[1], offsetof(struct rte_mbuf, packet_type));
		__m128i d2 = mbuf_load(f[2], offsetof(struct rte_mbuf, packet_type));
		__m128i d3 = mbuf_load(f[3], offsetof(struct rte_mbuf, packet_type));
		__m128i wholes = _mm_unpackhi_epi64(_mm_unpacklo_epi32(d0, d1),
						    _mm_unpacklo_epi32(d2, d3));
		__m128i lens = _mm_and_si128(_mm_unpacklo_epi64(_mm_unpackhi_epi32(d0, d1),
								_mm_unpackhi_epi32(d2, d3)),
					     _mm_set1_epi32(UINT16_MAX));
		__m128i a01 = two_addresses(f[0], f[1], h0, h1);
		__m128i a23 = two_addresses(f[2], f[3], h2, h3);
		__m128i odd, within01, within23, outside;

		odd = _mm_or_si128(_mm_or_si128(_mm_xor_si128(h0, want), _mm_xor_si128(h1, want)),
				   _mm_or_si128(_mm_xor_si128(h2, want), _mm_xor_si128(h3, want)));
		odd = _mm_and_si128(odd, mask);
		odd = _mm_or_si128(odd, _mm_xor_si128(wholes, lens));
		odd = _mm_or_si128(odd, _mm_cmpgt_epi32(lens, longest));
		odd = _mm_or_si128(odd, _mm_cmpgt_epi32(shortest, lens));
		/* Bytes into the memory: negative is before it, over `last` too near its end. */
		within01 = _mm_sub_epi64(a01, start);
		within23 = _mm_sub_epi64(a23, start);
		outside = _mm_or_si128(_mm_or_si128(within01, _mm_sub_epi64(last, within01)),
				       _mm_or_si128(within23, _mm_sub_epi64(last, within23)));
		if (unlikely(!_mm_testz_si128(odd, odd) ||
			     _mm_movemask_pd(_mm_castsi128_pd(outside)) != 0))
			break;
		bytes = _mm_add_epi32(bytes, lens);
		lens = _mm_shuffle_epi8(lens, turn_lens);
		a01 = _mm_shuffle_epi8(a01, turn_addresses);
		a23 = _mm_shuffle_epi8(a23, turn_addresses);
		h0 = _mm_unpacklo_epi32(lens, key);
		h2 = _mm_unpackhi_epi32(lens, key);
		_mm_storeu_si128((__m128i *)(void *)&run->data[0], _mm_unpacklo_epi64(h0, a01));
		_mm_storeu_si128((__m128i *)(void *)&run->data[2], _mm_unpackhi_epi64(h0, a01));
		_mm_storeu_si128((__m128i *)(void *)&run->data[4], _mm_unpacklo_epi64(h2, a23));
		_mm_storeu_si128((__m128i *)(void *)&run->data[6], _mm_unpackhi_epi64(h2, a23));
		_mm_storeu_si128((__m128i *)(void *)&run->mbufs[0],
				 _mm_loadu_si128((const __m128i *)(const void *)&f[0]));
		_mm_storeu_si128((__m128i *)(void *)&run->mbufs[2],
				 _mm_loadu_si128((const __m128i *)(const void *)&f[2]));
	}
	bytes = _mm_add_epi32(bytes, _mm_srli_si128(bytes, 8));
	bytes = _mm_add_epi32(bytes, _mm_srli_si128(bytes, 4));
	run->bytes += (uint32_t)_mm_cvtsi128_si32(bytes);
}
#else
static void groups_write(struct an_tx_run *run, const struct an_mr_cache *cache)
{
	(void)run;
	(void)cache;
}
#endif

static __rte_always_inline bool one_write(struct an_tx_run *run, const struct an_mr_cache *cache)
{
	struct rte_mbuf *frame = *run->from;
	uint32_t len = frame->data_len;
	uintptr_t address;

	if (!an_tx_is_plain(frame, len, run->flags))
		return false;
	address = rte_pktmbuf_mtod(frame, uintptr_t);
	if (address - cache->start > cache->size - len)
		return false;
	run->data[0] = an_wqe_data(len, cache->key);
	run->data[1] = an_wqe_address(address);
	run->data += 2;
	*run->mbufs++ = frame;
	run->bytes += len;
	run->from++;
	return true;
}

void an_tx_run_write(struct an_tx_run *run, const struct an_mr_cache *cache)
{
	struct an_tx_run now = *run; /* in registers */

	do {
		groups_write(&now, cache);
	} while (now.from != now.end && one_write(&now, cache));
	*run = now;
}

bool an_tx_run_find_key(struct an_sq *sq, const struct an_tx_run *run)
{
	const struct rte_mbuf *frame = *run->from;
	uint32_t len = frame->data_len;
	uintptr_t address = rte_pktmbuf_mtod(frame, uintptr_t);

	/* Memory that is too small to be kept in the cache is tx_frame.c's. */
	return an_tx_is_plain(frame, len, run->flags) &&
	       an_mr_find(sq->memory, address, len, &sq->cache) != AN_MR_NONE &&
	       address - sq->cache.start <= sq->cache.size - len;
}
