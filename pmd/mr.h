/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Memory the VF may read and write: every chunk of every mempool, and registered external memory.
 * The table is sorted by address and only grows while a VF is in use; it is replaced as a whole
 * (copy, publish), so a queue looks up without a lock. A burst that meets an address that is not
 * registered asks control for it (an_mr_request) and stops there; control registers and the next
 * burst goes on: no system call on the data path.
 */
#ifndef AN_MR_H
#define AN_MR_H

#include <infiniband/verbs.h>
#include <rte_mempool.h>
#include <stdint.h>

#define AN_MR_NONE UINT32_MAX /* no key: the address is not registered */

struct an_mr {
	uintptr_t start, end; /* end: one past the last byte */
	uint32_t key;         /* lkey, big endian as a WQE wants it */
	struct ibv_mr *mr;
};

struct an_mr_list;            /* sorted, immutable once published */

struct an_mr_table {
	struct ibv_pd *pd;
	struct an_mr_list *list;   /* atomic */
	struct an_mr_list *retired; /* older lists, freed with the table */
	uintptr_t wanted;          /* atomic; an address a burst asks for, 0: none */
};

/* What a queue keeps of the last look-up. */
struct an_mr_cache {
	uintptr_t start, size;
	uint32_t key;
};

int an_mr_table_create(struct an_mr_table *table, struct ibv_pd *pd);
void an_mr_table_destroy(struct an_mr_table *table);
/* Registers every chunk of a mempool that is not registered yet. Control only. */
int an_mr_add_mempool(struct an_mr_table *table, struct rte_mempool *pool);
/* All mempools there are. Control only. */
int an_mr_add_all(struct an_mr_table *table);
/* Registers the memory around what a burst asked for, if one did. Control only. */
int an_mr_serve(struct an_mr_table *table);
/* The key of len bytes at address, through the table; AN_MR_NONE. Any thread. */
uint32_t an_mr_find(struct an_mr_table *table, uintptr_t address, size_t len,
		    struct an_mr_cache *cache);

static inline uint32_t an_mr_key(struct an_mr_table *table, struct an_mr_cache *cache,
				 uintptr_t address, size_t len)
{
	if (__builtin_expect(address - cache->start <= cache->size - len, 1) &&
	    __builtin_expect(len <= cache->size, 1))
		return cache->key;
	return an_mr_find(table, address, len, cache);
}

#endif
