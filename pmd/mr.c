// SPDX-License-Identifier: BSD-3-Clause
/*
 * Registering memory with the VF, and finding its key: see mr.h. Chunks of a mempool that lie in
 * neighbouring pages become one region, so that most queues live with one key.
 */
#include "mr.h"

#include <errno.h>
#include <rte_byteorder.h>
#include <rte_eal_memconfig.h>
#include <rte_mbuf.h>
#include <rte_memory.h>
#include <stdlib.h>
#include <string.h>

#define MR_PAGE 4096u /* what registering rounds to, at least */

struct an_mr_list {
	struct an_mr_list *older;
	unsigned int count;
	struct an_mr entries[];
};

struct an_mr_held {
	struct an_mr_held *next;
	struct ibv_mr *mr;
};

struct mr_range {
	uintptr_t start, end;
};

struct mr_ranges {
	struct mr_range *list;
	unsigned int count, room;
	int err;
};

static struct an_mr_list *mr_list_alloc(unsigned int count)
{
	return calloc(1, sizeof(struct an_mr_list) + count * sizeof(struct an_mr));
}

/* Index of the first entry that ends behind the address. */
static unsigned int mr_list_search(const struct an_mr_list *list, uintptr_t address)
{
	unsigned int low = 0, high = list->count;

	while (low < high) {
		unsigned int middle = low + (high - low) / 2;

		if (list->entries[middle].end > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static const struct an_mr *mr_list_find(const struct an_mr_list *list, uintptr_t address,
					size_t len)
{
	unsigned int i = mr_list_search(list, address);
	const struct an_mr *mr = &list->entries[i];

	if (i == list->count || address < mr->start || len > mr->end - address)
		return NULL;
	return mr;
}

int an_mr_table_create(struct an_mr_table *table, struct ibv_pd *pd)
{
	memset(table, 0, sizeof(*table));
	table->list = mr_list_alloc(0);
	if (table->list == NULL)
		return -ENOMEM;
	table->pd = pd;
	return 0;
}

void an_mr_table_destroy(struct an_mr_table *table)
{
	struct an_mr_held *held = table->held;
	struct an_mr_list *list = table->list;

	if (list == NULL)
		return;
	while (held != NULL) {
		struct an_mr_held *next = held->next;

		/* A device that was lost refuses, which changes nothing here. */
		ibv_dereg_mr(held->mr);
		free(held);
		held = next;
	}
	list->older = table->retired;
	while (list != NULL) {
		struct an_mr_list *older = list->older;

		free(list);
		list = older;
	}
	memset(table, 0, sizeof(*table));
}

/* Relaxed ordering is a wish: what does not know it registers without. */
static struct ibv_mr *mr_register(struct ibv_pd *pd, uintptr_t start, size_t len)
{
	void *address = (void *)start;
	struct ibv_mr *mr;

	mr = ibv_reg_mr(pd, address, len, IBV_ACCESS_LOCAL_WRITE | IBV_ACCESS_RELAXED_ORDERING);
	if (mr == NULL && (errno == EINVAL || errno == EOPNOTSUPP))
		mr = ibv_reg_mr(pd, address, len, IBV_ACCESS_LOCAL_WRITE);
	return mr;
}

/* The old list with a new entry; what it overlaps of others is cut off, their keys stay good. */
static void mr_list_merge(const struct an_mr_list *old, const struct an_mr *added,
			  struct an_mr_list *list)
{
	bool placed = false;

	for (unsigned int i = 0; i < old->count; i++) {
		struct an_mr mr = old->entries[i];

		if (mr.end > added->start && mr.start < added->start)
			mr.end = added->start;
		if (mr.start < added->end && mr.end > added->end)
			mr.start = added->end;
		if (mr.start >= added->end && !placed) {
			list->entries[list->count++] = *added;
			placed = true;
		}
		if (mr.end <= added->start || mr.start >= added->end)
			list->entries[list->count++] = mr;
	}
	if (!placed)
		list->entries[list->count++] = *added;
}

/*
 * Registers a range unless one region covers it. All of it, even where a part is registered: what
 * was registered earlier may be of memory that has gone, and a buffer must not lie across two keys.
 */
static int mr_add_range(struct an_mr_table *table, uintptr_t start, uintptr_t end)
{
	struct an_mr added = { .start = start, .end = end };
	struct an_mr_list *old = table->list, *list;
	struct an_mr_held *held;
	int err = -ENOMEM;

	if (mr_list_find(old, start, end - start) != NULL)
		return 0;
	held = calloc(1, sizeof(*held));
	if (held == NULL)
		return -ENOMEM;
	list = mr_list_alloc(old->count + 1);
	if (list == NULL)
		goto err_free_held;
	errno = 0;
	held->mr = mr_register(table->pd, start, end - start);
	if (held->mr == NULL) {
		err = errno != 0 ? -errno : -EIO;
		goto err_free_list;
	}
	held->next = table->held;
	table->held = held;
	added.key = rte_cpu_to_be_32(held->mr->lkey);
	mr_list_merge(old, &added, list);
	/* Release: whoever loads the pointer (acquire in an_mr_find) sees the entries. */
	__atomic_store_n(&table->list, list, __ATOMIC_RELEASE);
	old->older = table->retired;
	table->retired = old;
	return 0;

err_free_list:
	free(list);
err_free_held:
	free(held);
	return err;
}

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
		err = mr_add_range(table, ranges.list[i].start, ranges.list[i].end);
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
	if (mr_list_find(table->list, around.address, 1) == NULL) {
		if (rte_memseg_contig_walk(mr_take_piece, &around) == 1)
			err = mr_add_range(table, around.range.start, around.range.end);
		else
			err = -EFAULT;
	}
	if (mr_list_find(table->list, around.address, 1) == NULL)
		__atomic_store_n(&table->hopeless, around.address, __ATOMIC_RELEASE);
	else
		err = 0;
	__atomic_store_n(&table->wanted, 0, __ATOMIC_RELEASE);
	return err;
}

bool an_mr_request(struct an_mr_table *table, uintptr_t address)
{
	uintptr_t hopeless = address;

	/* Forgotten once told: the memory may be registered by the time it is met again. */
	if (__atomic_compare_exchange_n(&table->hopeless, &hopeless, 0, false, __ATOMIC_ACQ_REL,
					__ATOMIC_RELAXED))
		return true;
	__atomic_store_n(&table->wanted, address, __ATOMIC_RELEASE);
	return false;
}

uint32_t an_mr_find(struct an_mr_table *table, uintptr_t address, size_t len,
		    struct an_mr_cache *cache)
{
	/* Acquire: pairs with the release in mr_add_gap. */
	const struct an_mr_list *list = __atomic_load_n(&table->list, __ATOMIC_ACQUIRE);
	const struct an_mr *mr = mr_list_find(list, address, len);

	if (mr == NULL)
		return AN_MR_NONE;
	if (cache != NULL && mr->end - mr->start >= AN_MR_CACHED_MIN) {
		cache->start = mr->start;
		cache->size = mr->end - mr->start;
		cache->key = mr->key;
		cache->list = list;
	}
	return mr->key;
}
