/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory the VF may read and write: every chunk of every mempool, and registered external memory.
 * The list is sorted by address; it is never changed but replaced as a whole (copy, publish), so a
 * queue looks up without a lock, and older lists live as long as the table. A burst that meets an
 * address that is not registered asks control for it and stops there; control registers and the
 * next burst goes on: no system call on the data path. What cannot be registered is told the same
 * way, so that the burst can drop the frame. Memory that DPDK gives back to the system is forgotten
 * before it goes: at the same addresses there may be other pages later.
 */
#ifndef AN_MR_H
#define AN_MR_H

#include <infiniband/verbs.h>
#include <rte_mempool.h>
#include <stdbool.h>
#include <stdint.h>

#define AN_MR_NONE UINT32_MAX /* no key: the address is not registered */
/* Memory smaller than this is not kept in a queue's cache; no segment of a frame is longer. */
#define AN_MR_CACHED_MIN 65536u
/* Start of an empty cache: an address that no user's memory is near. */
#define AN_MR_NOWHERE (UINTPTR_MAX / 2 + 1)

struct an_mr {
	uintptr_t start, end; /* end: one past the last byte */
	uint32_t key;         /* lkey, big endian as a WQE wants it */
};

struct an_mr_list;            /* sorted, without overlap, immutable once published */
struct an_mr_held;            /* what is registered */

struct an_mr_table {
	struct an_mr_table *next;  /* of all there are, for the memory that goes */
	struct ibv_pd *pd;
	struct an_mr_list *list;   /* atomic; also the generation of caches */
	struct an_mr_list *retired; /* older lists, freed with the table */
	struct an_mr_held *held;
	uintptr_t wanted;          /* atomic; an address a burst asks for, 0: none */
	uintptr_t hopeless;        /* atomic; one that was asked for and cannot be registered */
};

/* What a queue keeps of the last look-up. Zeroed before its first an_mr_cache_check. */
struct an_mr_cache {
	uintptr_t start, size;
	uint32_t key;
	const struct an_mr_list *list; /* where it is from */
};

int an_mr_table_create(struct an_mr_table *table, struct ibv_pd *pd);
/* Deregisters everything. Queues that use the memory are gone already. */
void an_mr_table_destroy(struct an_mr_table *table);
/* Deregisters whatever has a part in that memory, which nobody uses any more. Any thread. */
void an_mr_forget(struct an_mr_table *table, uintptr_t start, size_t len);
/* Registers what is from start to before end, unless one region covers it. 0 or -errno. */
int an_mr_add_range(struct an_mr_table *table, uintptr_t start, uintptr_t end);
/* Registers what of a mempool is not registered yet. 0 or -errno. Control only. */
int an_mr_add_mempool(struct an_mr_table *table, struct rte_mempool *pool);
/* All mempools there are that are meant for I/O. Control only. */
int an_mr_add_all(struct an_mr_table *table);
/* Registers the memory around what a burst asked for, if one did. 0 or -errno. Control only. */
int an_mr_serve(struct an_mr_table *table);
/* mr.c: the key of len bytes at address, through the table; AN_MR_NONE. Any thread. */
uint32_t an_mr_find(struct an_mr_table *table, uintptr_t address, size_t len,
		    struct an_mr_cache *cache);
/* A burst met an address without a key: asks control. True when control has tried in vain. */
bool an_mr_request(struct an_mr_table *table, uintptr_t address);

/*
 * At a burst's start, before an_mr_key: forgets what is from an older list. An empty cache stands
 * for memory that cannot be, so that an_mr_key needs no test for it.
 */
static inline void an_mr_cache_check(const struct an_mr_table *table, struct an_mr_cache *cache)
{
	const struct an_mr_list *list = __atomic_load_n(&table->list, __ATOMIC_RELAXED);

	if (__builtin_expect(cache->list != list, 0)) {
		cache->start = AN_MR_NOWHERE;
		cache->size = AN_MR_CACHED_MIN;
		cache->list = list;
	}
}

/* len is 1 to AN_MR_CACHED_MIN. */
static inline uint32_t an_mr_key(struct an_mr_table *table, struct an_mr_cache *cache,
				 uintptr_t address, size_t len)
{
	if (__builtin_expect(address - cache->start <= cache->size - len, 1))
		return cache->key;
	return an_mr_find(table, address, len, cache);
}

#endif
