// SPDX-License-Identifier: BSD-3-Clause
/*
 * Buffers of the receive queue: see rq.h. A WQE of one buffer (the rule) is refilled in batches
 * straight into the array of posted buffers; what changes in the ring is the address alone. A WQE
 * of several keeps those a frame did not need: a slot without a buffer is NULL.
 */
#include "rq.h"

#include <rte_io.h>
#include <rte_lcore.h>
#include <rte_mempool.h>
#include <string.h>
#ifdef __SSSE3__
#include <tmmintrin.h>
#endif

/* Where the device writes in a buffer of this queue. */
static __rte_always_inline uintptr_t buffer_address(const struct an_rq *rq,
						    const struct rte_mbuf *mbuf)
{
	if (likely(rq->offset != 0))
		return (uintptr_t)mbuf + rq->offset;
	return (uintptr_t)mbuf->buf_addr + RTE_PKTMBUF_HEADROOM;
}

/* Each buffer with its own key: false when there is none, and control was asked. */
static bool segment_write(struct an_rq *rq, struct mlx5_wqe_data_seg *segment, uintptr_t address)
{
	if (!rq->one_key) {
		uint32_t len = rte_be_to_cpu_32(segment->byte_count);
		uint32_t key = an_mr_key(rq->memory, &rq->cache, address, len);

		if (key == AN_MR_NONE) {
			an_mr_request(rq->memory, address);
			return false;
		}
		segment->lkey = key;
	}
	segment->addr = rte_cpu_to_be_64(address);
	return true;
}

/* A batch in one copy where the lcore's cache has it; else as the pool gives them. */
static __rte_always_inline int buffers_take(struct rte_mempool *pool, struct rte_mbuf **mbufs,
					    uint32_t n)
{
	struct rte_mempool_cache *cache = rte_mempool_default_cache(pool, rte_lcore_id());

	if (unlikely(cache == NULL || n != AN_RX_BATCH || cache->len < AN_RX_BATCH))
		return rte_mempool_get_bulk(pool, (void **)mbufs, n);
	cache->len -= AN_RX_BATCH;
	memcpy(mbufs, &cache->objs[cache->len], AN_RX_BATCH * sizeof(*mbufs));
	return 0;
}

/* Addresses of buffers that lie `offset` bytes behind their mbufs; the keys stand. */
static __rte_always_inline void addresses_write(struct mlx5_wqe_data_seg *ring,
						struct rte_mbuf *const *mbufs, uint32_t n,
						uint32_t offset)
{
	uint32_t i = 0;

#ifdef __SSSE3__
	const __m128i turn = _mm_setr_epi8(7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8);
	const __m128i add = _mm_set1_epi64x(offset);

	for (; i + 2 <= n; i += 2) {
		__m128i two = _mm_loadu_si128((const __m128i *)(const void *)&mbufs[i]);

		two = _mm_shuffle_epi8(_mm_add_epi64(two, add), turn);
		_mm_storel_epi64((__m128i *)(void *)&ring[i].addr, two);
		_mm_storeh_pd((double *)(void *)&ring[i + 1].addr, _mm_castsi128_pd(two));
	}
#endif
	for (; i < n; i++)
		ring[i].addr = rte_cpu_to_be_64((uintptr_t)mbufs[i] + offset);
}

/* WQEs of one buffer, up to the ring's end. WQEs posted; fewer than n: no buffers are left. */
static uint32_t plain_post(struct an_rxq *rxq, uint32_t n)
{
	struct an_rq *rq = &rxq->rq;
	uint32_t at = rq->head & rq->mask, done = 0;
	struct mlx5_wqe_data_seg *ring = &rq->ring[at];
	struct rte_mbuf **mbufs = &rq->mbufs[at];

	if (unlikely(buffers_take(rxq->pool, mbufs, n) != 0))
		return 0;
	if (likely(rq->one_key)) {
		addresses_write(ring, mbufs, n, rq->offset);
		done = n;
	} else {
		while (done < n && segment_write(rq, &ring[done], buffer_address(rq, mbufs[done])))
			done++;
		if (done < n)
			rte_mempool_put_bulk(rxq->pool, (void **)&mbufs[done], n - done);
	}
	rq->head += done;
	return done;
}

static uint32_t missing_count(struct rte_mbuf *const *mbufs, uint32_t slots)
{
	uint32_t missing = 0;

	for (uint32_t i = 0; i < slots; i++)
		missing += mbufs[i] == NULL;
	return missing;
}

/* The buffers that a WQE misses, from fresh[]. How many it took; negative: no key for the next. */
static __rte_always_inline int scattered_fill(struct an_rq *rq, struct mlx5_wqe_data_seg *segment,
					      struct rte_mbuf **mbufs,
					      struct rte_mbuf *const *fresh)
{
	bool plain = rq->one_key && rq->offset != 0;
	uint32_t front = 0; /* only the first of a frame has room in front */
	int used = 0;

	for (unsigned int i = 0; i < rq->segments; i++, front = RTE_PKTMBUF_HEADROOM) {
		struct rte_mbuf *mbuf;

		if (mbufs[i] != NULL)
			continue;
		mbuf = fresh[used];
		if (likely(plain))
			segment[i].addr = rte_cpu_to_be_64((uintptr_t)mbuf + rq->offset - front);
		else if (!segment_write(rq, &segment[i], buffer_address(rq, mbuf) - front))
			return -1 - used;
		mbufs[i] = mbuf;
		used++;
	}
	return used;
}

/* WQEs of several buffers, up to the ring's end: what a frame did not take is still there. */
static uint32_t scattered_post(struct an_rxq *rxq, uint32_t n)
{
	struct rte_mbuf *fresh[AN_RX_BATCH * AN_RX_SEGMENTS_MAX];
	struct an_rq *rq = &rxq->rq;
	struct rte_mbuf **mbufs = an_rq_buffers(rq, rq->head);
	struct mlx5_wqe_data_seg *segment =
		&rq->ring[(size_t)(rq->head & rq->mask) << rq->segments_log];
	uint32_t missing = missing_count(mbufs, n * rq->segments), used = 0, done;

	if (unlikely(rte_mempool_get_bulk(rxq->pool, (void **)fresh, missing) != 0))
		return 0;
	for (done = 0; done < n; done++) {
		int took = scattered_fill(rq, segment, mbufs, &fresh[used]);

		if (unlikely(took < 0)) {
			used += (uint32_t)(-1 - took);
			break;
		}
		used += (uint32_t)took;
		segment += 1u << rq->segments_log;
		mbufs += rq->segments;
	}
	if (unlikely(used < missing))
		rte_mempool_put_bulk(rxq->pool, (void **)&fresh[used], missing - used);
	rq->head += done;
	return done;
}

/* A whole batch or, when the pool is nearly empty, what it has: the queue must not run dry. */
static uint32_t batch_post(struct an_rxq *rxq, uint32_t n)
{
	struct an_rq *rq = &rxq->rq;

	n = RTE_MIN(n, rq->mask + 1 - (rq->head & rq->mask));
	while (n > 0) {
		uint32_t done = rq->segments == 1 ? plain_post(rxq, n) : scattered_post(rxq, n);

		if (likely(done != 0))
			return done;
		rxq->nombuf++;
		n /= 2;
	}
	return 0;
}

void an_rq_refill(struct an_rxq *rxq)
{
	struct an_rq *rq = &rxq->rq;
	uint32_t missing = rq->tail + rq->mask + 1 - rq->head, head = rq->head;

	if (unlikely(!rq->one_key))
		an_mr_cache_check(rq->memory, &rq->cache);
	while (missing >= rq->batch) {
		uint32_t done = batch_post(rxq, rq->batch);

		if (unlikely(done == 0))
			break;
		missing -= done;
	}
	if (head == rq->head)
		return;
	/*
	 * The WQEs before the record that covers them: the device reads the record, then the WQEs
	 * up to it; without the barrier it could write a frame where the old address points, into a
	 * buffer that the application owns. It also keeps the record behind the CQ's: the device
	 * must not hold the CQ full when it has buffers for more frames (rx.c writes that record).
	 */
	rte_io_wmb();
	*rq->record = rte_cpu_to_be_32(rq->head & UINT16_MAX);
}

void an_rq_drop(struct an_rq *rq, uint32_t counter)
{
	/* A WQE of several buffers keeps them; a batch is put over single ones. */
	if (rq->segments == 1)
		rte_mbuf_raw_free(*an_rq_buffers(rq, counter));
}

void an_rq_chain(struct an_rq *rq, uint32_t counter, uint32_t len)
{
	const uint64_t flags = rq->flags[0] & RTE_MBUF_F_EXTERNAL;
	struct rte_mbuf **mbufs = an_rq_buffers(rq, counter);
	struct rte_mbuf *first = mbufs[0], *last = first;
	uint32_t room = (uint32_t)first->buf_len - RTE_PKTMBUF_HEADROOM;
	unsigned int i;

	mbufs[0] = NULL;
	if (len <= room)
		return;
	first->data_len = (uint16_t)room;
	len -= room;
	for (i = 1; len > 0 && i < rq->segments; i++) {
		struct rte_mbuf *mbuf = mbufs[i];

		mbufs[i] = NULL;
		an_rq_rearm(rq, mbuf);
		mbuf->data_off = 0;
		mbuf->ol_flags = flags;
		mbuf->data_len = (uint16_t)RTE_MIN(len, mbuf->buf_len);
		len -= mbuf->data_len;
		last->next = mbuf;
		last = mbuf;
	}
	first->nb_segs = (uint16_t)i;
}

void an_rq_reclaim(struct an_rq *rq)
{
	if (rq->segments == 1) {
		for (; rq->tail != rq->head; rq->tail++)
			rte_mbuf_raw_free(*an_rq_buffers(rq, rq->tail));
		return;
	}
	for (size_t i = 0; i < ((size_t)rq->mask + 1) * rq->segments; i++) {
		if (rq->mbufs[i] != NULL)
			rte_mbuf_raw_free(rq->mbufs[i]);
		rq->mbufs[i] = NULL;
	}
	rq->tail = rq->head;
}
