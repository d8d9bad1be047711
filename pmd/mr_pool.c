// SPDX-License-Identifier: BSD-3-Clause
/*
 * What memory there is to be registered: mempools, and what a burst asked for. Chunks of a mempool
 * that lie in neighbouring pages become one region, so that most queues live with one key.
 */
#include "mr.h"

#include <errno.h>
#include <rte_mbuf.h>
#include <rte_memory.h>
#include <stdlib.h>

#define MR_PAGE 4096u /* what registering rounds to, at least */

struct mr_range {
	uintptr_t start, end;
};

struct mr_ranges {
	struct mr_range *list;
	unsigned int count, room;
	int err;
};

static void mr_ranges_add(struct mr_ranges *ranges, uintptr_t start, size_t len)
{
	if (ranges->err != 0 || len == 0)
		return;
	if (ranges->count == ranges->room) {
		unsigned int room = ranges->room * 2 + 16;
		struct mr_range *list = realloc(ranges->list, room * sizeof(*list));

		if (list == NULL) {
			ranges->err = -ENOMEM;
			return;
		}
		ranges->list = list;
		ranges->room = room;
	}
	ranges->list[ranges->count++] = (struct mr_range){ start, start + len };
}

static void mr_take_chunk(struct rte_mempool *pool, void *context, struct rte_mempool_memhdr *chunk,
			  unsigned int index)
{
	(void)pool;
	(void)index;
	mr_ranges_add(context, (uintptr_t)chunk->addr, chunk->len);
}

/* Of a pool whose data is in external memory, each buffer. */
static void mr_take_buffer(struct rte_mempool *pool, void *context, void *object,
			   unsigned int index)
{
	const struct rte_mbuf *mbuf = object;

	(void)pool;
	(void)index;
	mr_ranges_add(context, (uintptr_t)mbuf->buf_addr, mbuf->buf_len);
}

static int mr_range_compare(const void *left, const void *right)
{
	const struct mr_range *a = left, *b = right;

	return a->start < b->start ? -1 : a->start > b->start;
}

/* Sorts, and joins what has less than a page between: those pages are the ranges' own. */
static void mr_ranges_join(struct mr_ranges *ranges)
{
	unsigned int kept = 0;

	if (ranges->count == 0)
		return;
	qsort(ranges->list, ranges->count, sizeof(*ranges->list), mr_range_compare);
	for (unsigned int i = 1; i < ranges->count; i++) {
		struct mr_range *last = &ranges->list[kept], *next = &ranges->list[i];

		if (next->start <= last->end || next->start - last->end < MR_PAGE)
			last->end = RTE_MAX(last->end, next->end);
		else
			ranges->list[++kept] = *next;
	}
	ranges->count = kept + 1;
}

int an_mr_add_mempool(struct an_mr_table *table, struct rte_mempool *pool)
{
	struct mr_ranges ranges = { 0 };
	int err;

	rte_mempool_mem_iter(pool, mr_take_chunk, &ranges);
	if (pool->private_data_size >= sizeof(struct rte_pktmbuf_pool_private) &&
	    (rte_pktmbuf_priv_flags(pool) & RTE_PKTMBUF_POOL_F_PINNED_EXT_BUF))
		rte_mempool_obj_iter(pool, mr_take_buffer, &ranges);
	mr_ranges_join(&ranges);
	err = ranges.err;
	for (unsigned int i = 0; i < ranges.count && err == 0; i++)
		err = an_mr_add_range(table, ranges.list[i].start, ranges.list[i].end);
	free(ranges.list);
	return err;
}

struct mr_walk {
	struct an_mr_table *table;
	int err;
};

static void mr_walk_mempool(struct rte_mempool *pool, void *context)
{
	struct mr_walk *walk = context;
	int err;

	if (pool->flags & RTE_MEMPOOL_F_NON_IO)
		return;
	err = an_mr_add_mempool(walk->table, pool);
	if (walk->err == 0)
		walk->err = err;
}

int an_mr_add_all(struct an_mr_table *table)
{
	struct mr_walk walk = { .table = table };

	rte_mempool_walk(mr_walk_mempool, &walk);
	return walk.err;
}

/* What of DPDK's memory (its own, or rte_extmem_register's) is in one piece around an address. */
struct mr_around {
	uintptr_t address;
	struct mr_range range;
};

static int mr_take_piece(const struct rte_memseg_list *list, const struct rte_memseg *segment,
			 size_t len, void *context)
{
	uintptr_t start = (uintptr_t)segment->addr;
	struct mr_around *around = context;

	(void)list;
	if (around->address < start || around->address - start >= len)
		return 0;
	around->range = (struct mr_range){ start, start + len };
	return 1;
}

int an_mr_serve(struct an_mr_table *table)
{
	struct mr_around around = { .address = __atomic_load_n(&table->wanted, __ATOMIC_ACQUIRE) };
	int err;

	if (around.address == 0)
		return 0;
	/* A mempool of its own first: it may be one that was made after the VF was opened. */
	err = an_mr_add_all(table);
	if (an_mr_find(table, around.address, 1, NULL) == AN_MR_NONE) {
		if (rte_memseg_contig_walk(mr_take_piece, &around) == 1)
			err = an_mr_add_range(table, around.range.start, around.range.end);
		else
			err = -EFAULT;
	}
	if (an_mr_find(table, around.address, 1, NULL) == AN_MR_NONE)
		__atomic_store_n(&table->hopeless, around.address, __ATOMIC_RELEASE);
	else
		err = 0;
	__atomic_store_n(&table->wanted, 0, __ATOMIC_RELEASE);
	return err;
}
