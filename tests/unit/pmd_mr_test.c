// SPDX-License-Identifier: BSD-3-Clause
#include "pmd_device.h"
#include "unit.h"

#include <errno.h>
#include <rte_malloc.h>
#include <sys/mman.h>

#define BUFFERS 63u
#define ROOM (RTE_PKTMBUF_HEADROOM + 2048)
#define PAGE 4096u
#define EXTERNAL_PAGES 32u

static struct an_mr_table *table;
static struct an_mr_cache cache;

static void setup(void)
{
	device_open(BUFFERS, ROOM);
	table = &device.vf.memory;
	CU_ASSERT_EQUAL_FATAL(an_mr_table_create(table, (struct ibv_pd *)&device), 0);
	memset(&cache, 0, sizeof(cache));
	an_mr_cache_check(table, &cache);
}

static void teardown(void)
{
	device_close();
}

static uint32_t key_of(uintptr_t address, size_t len)
{
	return an_mr_key(table, &cache, address, len);
}

static void an_empty_table_has_no_key(void)
{
	CU_ASSERT_EQUAL(key_of(4096, 1), AN_MR_NONE);
	CU_ASSERT_EQUAL(key_of(1, 65535), AN_MR_NONE);
	CU_ASSERT_EQUAL(key_of(UINTPTR_MAX - 65536, 1), AN_MR_NONE);
	CU_ASSERT_EQUAL(an_mr_find(table, (uintptr_t)table, 1, NULL), AN_MR_NONE);
}

static void every_buffer_of_a_pool_has_a_key(void)
{
	struct rte_mbuf *mbufs[BUFFERS];

	CU_ASSERT_EQUAL_FATAL(an_mr_add_mempool(table, device.pool), 0);
	CU_ASSERT_EQUAL(device.registered, 1);
	CU_ASSERT_EQUAL_FATAL(rte_pktmbuf_alloc_bulk(device.pool, mbufs, BUFFERS), 0);
	an_mr_cache_check(table, &cache);
	for (unsigned int i = 0; i < BUFFERS; i++) {
		uintptr_t address = (uintptr_t)mbufs[i]->buf_addr;

		CU_ASSERT_EQUAL(key_of(address, mbufs[i]->buf_len),
				rte_cpu_to_be_32(device.regions[0].key));
	}
	CU_ASSERT_EQUAL(cache.start, device.regions[0].start);
	/* Both ends, and one byte beyond. */
	CU_ASSERT_NOT_EQUAL(key_of(cache.start, 1), AN_MR_NONE);
	CU_ASSERT_NOT_EQUAL(key_of(cache.start + cache.size - 1, 1), AN_MR_NONE);
	CU_ASSERT_EQUAL(key_of(cache.start + cache.size - 1, 2), AN_MR_NONE);
	CU_ASSERT_EQUAL(key_of(cache.start - 1, 2), AN_MR_NONE);
	CU_ASSERT_EQUAL(key_of(cache.start + cache.size, 1), AN_MR_NONE);
	rte_pktmbuf_free_bulk(mbufs, BUFFERS);
	/* It is registered once, however often it is added. */
	CU_ASSERT_EQUAL(an_mr_add_mempool(table, device.pool), 0);
	CU_ASSERT_EQUAL(an_mr_add_all(table), 0);
	CU_ASSERT_EQUAL(device.registered, 1);
}

static void pools_that_are_not_for_io_are_left_out(void)
{
	struct rte_mempool *pool = rte_mempool_create("no-io", 63, 64, 0, 0, NULL, NULL, NULL, NULL,
						      SOCKET_ID_ANY, RTE_MEMPOOL_F_NO_IOVA_CONTIG);

	CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
	pool->flags |= RTE_MEMPOOL_F_NON_IO;
	CU_ASSERT_EQUAL(an_mr_add_all(table), 0);
	CU_ASSERT_EQUAL(device.registered, 1);
	pool->flags &= ~RTE_MEMPOOL_F_NON_IO;
	CU_ASSERT_EQUAL(an_mr_add_all(table), 0);
	CU_ASSERT_EQUAL(device.registered, 2);
	rte_mempool_free(pool);
}

static void relaxed_ordering_is_a_wish(void)
{
	device.relaxed_refused = true;
	CU_ASSERT_EQUAL(an_mr_add_all(table), 0);
	CU_ASSERT_EQUAL(device.registered, 1);
}

static void a_refused_registration_is_told(void)
{
	device.fail_at = 1;
	device.fail_errno = ENOMEM;
	CU_ASSERT_EQUAL(an_mr_add_all(table), -ENOMEM);
	CU_ASSERT_EQUAL(device.registered, 0);
	CU_ASSERT_EQUAL(an_mr_add_all(table), 0);
}

/* What a burst asks for: a pool that came later, memory of DPDK's heap, and memory nobody knows. */
static void requests_are_served(void)
{
	uintptr_t address = (uintptr_t)device.pool->elt_list.stqh_first, before = address;
	void *heap = rte_malloc("unit", 1000, 0);
	static uint8_t unknown[64];

	CU_ASSERT_EQUAL(an_mr_serve(table), 0); /* nothing was asked for */
	CU_ASSERT_EQUAL(device.registered, 0);
	CU_ASSERT_FALSE(an_mr_request(table, address));
	CU_ASSERT_EQUAL(an_mr_serve(table), 0);
	an_mr_cache_check(table, &cache);
	CU_ASSERT_NOT_EQUAL(key_of(before, 1), AN_MR_NONE);
	CU_ASSERT_EQUAL(table->wanted, 0);

	address = (uintptr_t)heap;
	CU_ASSERT_EQUAL(key_of(address, 1000), AN_MR_NONE);
	CU_ASSERT_FALSE(an_mr_request(table, address));
	CU_ASSERT_EQUAL(an_mr_serve(table), 0);
	an_mr_cache_check(table, &cache);
	CU_ASSERT_NOT_EQUAL(key_of(address, 1000), AN_MR_NONE);
	CU_ASSERT_NOT_EQUAL(key_of(before, 1), AN_MR_NONE);

	address = (uintptr_t)unknown;
	CU_ASSERT_FALSE(an_mr_request(table, address));
	CU_ASSERT_EQUAL(an_mr_serve(table), -EFAULT);
	CU_ASSERT_EQUAL(key_of(address, 1), AN_MR_NONE);
	CU_ASSERT_TRUE(an_mr_request(table, address));
	/* Told once; then it is asked for again, as it may have been registered since. */
	CU_ASSERT_FALSE(an_mr_request(table, address));
	CU_ASSERT_FALSE(an_mr_request(table, (uintptr_t)heap));
	rte_free(heap);
}

/* Memory that the application brings, and a pool with its buffers in it. */
static void external_memory(void)
{
	size_t len = (size_t)EXTERNAL_PAGES * PAGE;
	uint8_t *memory = mmap(NULL, len, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			       0);
	struct rte_pktmbuf_extmem extmem = { .buf_ptr = memory, .buf_iova = RTE_BAD_IOVA,
					     .buf_len = len, .elt_size = 2048 };
	struct rte_mempool *pool;

	CU_ASSERT_TRUE_FATAL(memory != MAP_FAILED);
	CU_ASSERT_EQUAL_FATAL(rte_extmem_register(memory, len, NULL, 0, PAGE), 0);
	CU_ASSERT_FALSE(an_mr_request(table, (uintptr_t)memory + 5000));
	CU_ASSERT_EQUAL(an_mr_serve(table), 0);
	an_mr_cache_check(table, &cache);
	CU_ASSERT_NOT_EQUAL(key_of((uintptr_t)memory, 1), AN_MR_NONE);
	CU_ASSERT_NOT_EQUAL(key_of((uintptr_t)memory + len - 1, 1), AN_MR_NONE);

	an_mr_table_destroy(table);
	CU_ASSERT_EQUAL_FATAL(an_mr_table_create(table, (struct ibv_pd *)&device), 0);
	pool = rte_pktmbuf_pool_create_extbuf("pinned", 31, 0, 0, 2048, SOCKET_ID_ANY, &extmem, 1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(pool);
	CU_ASSERT_EQUAL(an_mr_add_mempool(table, pool), 0);
	an_mr_cache_check(table, &cache);
	CU_ASSERT_NOT_EQUAL(key_of((uintptr_t)memory, 2048), AN_MR_NONE);
	rte_mempool_free(pool);
	CU_ASSERT_EQUAL(rte_extmem_unregister(memory, len), 0);
	munmap(memory, len);
}

/* A range that is registered in part gets a key of its own as a whole: no buffer has two. */
static void overlapping_ranges_have_one_key(void)
{
	struct rte_mempool *pool = device.pool;
	struct rte_mempool_memhdr *chunk = STAILQ_FIRST(&pool->mem_list);
	uintptr_t start = (uintptr_t)chunk->addr;
	size_t len = chunk->len;

	/* The middle first, as if of another pool that has gone. */
	chunk->addr = (uint8_t *)chunk->addr + len / 4;
	chunk->len = len / 4;
	CU_ASSERT_EQUAL(an_mr_add_mempool(table, pool), 0);
	chunk->len = len / 2;
	CU_ASSERT_EQUAL(an_mr_add_mempool(table, pool), 0);
	CU_ASSERT_EQUAL(device.registered, 2);
	CU_ASSERT_NOT_EQUAL(an_mr_find(table, (uintptr_t)chunk->addr, len / 2, NULL), AN_MR_NONE);
	/* Then from the left, over a part of what is there. */
	chunk->addr = (void *)start;
	CU_ASSERT_EQUAL(an_mr_add_mempool(table, pool), 0);
	CU_ASSERT_EQUAL(device.registered, 3);
	CU_ASSERT_NOT_EQUAL(an_mr_find(table, start, len / 2, NULL), AN_MR_NONE);
	CU_ASSERT_NOT_EQUAL(an_mr_find(table, start + len / 2, len / 4, NULL), AN_MR_NONE);
	CU_ASSERT_EQUAL(an_mr_find(table, start + len * 3 / 4, 1, NULL), AN_MR_NONE);
	chunk->len = len;
	CU_ASSERT_EQUAL(an_mr_add_mempool(table, pool), 0);
	CU_ASSERT_NOT_EQUAL(an_mr_find(table, start, len, NULL), AN_MR_NONE);
	/* Keys of a cache from before are good, for its list alone. */
	CU_ASSERT_EQUAL(an_mr_add_mempool(table, pool), 0);
	CU_ASSERT_EQUAL(device.registered, 4);
}

/* Memory that goes takes every region with it that has a part in it, and no other. */
static void memory_that_goes_is_forgotten(void)
{
	struct rte_mempool *other = rte_pktmbuf_pool_create("other", 63, 0, 0, ROOM, SOCKET_ID_ANY);
	struct rte_mempool_memhdr *chunk = STAILQ_FIRST(&device.pool->mem_list);
	uintptr_t start = (uintptr_t)chunk->addr;

	CU_ASSERT_PTR_NOT_NULL_FATAL(other);
	CU_ASSERT_EQUAL(an_mr_add_all(table), 0);
	CU_ASSERT_EQUAL(device.registered, 2);
	an_mr_forget(table, start + chunk->len, 1);
	an_mr_forget(table, start - 1, 1);
	CU_ASSERT_EQUAL(device.registered, 2);
	CU_ASSERT_NOT_EQUAL(an_mr_find(table, start, chunk->len, NULL), AN_MR_NONE);
	an_mr_cache_check(table, &cache);
	CU_ASSERT_NOT_EQUAL(key_of(start, 1), AN_MR_NONE);
	an_mr_forget(table, start + 4096, 4096);
	CU_ASSERT_EQUAL(device.registered, 1);
	an_mr_cache_check(table, &cache);
	CU_ASSERT_EQUAL(key_of(start, 1), AN_MR_NONE);
	CU_ASSERT_NOT_EQUAL(key_of((uintptr_t)STAILQ_FIRST(&other->mem_list)->addr, 1),
			    AN_MR_NONE);
	/* It may be registered again, if it is there again. */
	CU_ASSERT_EQUAL(an_mr_add_all(table), 0);
	CU_ASSERT_EQUAL(device.registered, 2);
	CU_ASSERT_NOT_EQUAL(an_mr_find(table, start, chunk->len, NULL), AN_MR_NONE);
	rte_mempool_free(other);
}

/* A cache is dropped when the list is another one. */
static void a_cache_is_of_one_list(void)
{
	void *heap = rte_malloc("unit", 1000, 0);
	uintptr_t address = (uintptr_t)heap;

	CU_ASSERT_EQUAL(an_mr_add_all(table), 0);
	an_mr_cache_check(table, &cache);
	CU_ASSERT_NOT_EQUAL(key_of((uintptr_t)device.pool->elt_list.stqh_first, 1), AN_MR_NONE);
	CU_ASSERT_NOT_EQUAL(cache.start, AN_MR_NOWHERE);
	an_mr_cache_check(table, &cache);
	CU_ASSERT_NOT_EQUAL(cache.start, AN_MR_NOWHERE);
	CU_ASSERT_FALSE(an_mr_request(table, address));
	CU_ASSERT_EQUAL(an_mr_serve(table), 0);
	an_mr_cache_check(table, &cache);
	CU_ASSERT_EQUAL(cache.start, AN_MR_NOWHERE);
	rte_free(heap);
}

static CU_TestInfo tests[] = {
	{ "an empty table has no key", an_empty_table_has_no_key },
	{ "every buffer of a pool has a key", every_buffer_of_a_pool_has_a_key },
	{ "pools that are not for I/O are left out", pools_that_are_not_for_io_are_left_out },
	{ "relaxed ordering is a wish", relaxed_ordering_is_a_wish },
	{ "a refused registration is told", a_refused_registration_is_told },
	{ "requests are served", requests_are_served },
	{ "external memory", external_memory },
	{ "overlapping ranges have one key", overlapping_ranges_have_one_key },
	{ "memory that goes is forgotten", memory_that_goes_is_forgotten },
	{ "a cache is of one list", a_cache_is_of_one_list },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pmd/mr", setup, teardown, tests);
