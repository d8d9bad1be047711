// SPDX-License-Identifier: BSD-3-Clause
/* The table of what is registered with the VF: see mr.h. What to register is mr_pool.c's. */
#include "mr.h"

#include <errno.h>
#include <pthread.h>
#include <rte_byteorder.h>
#include <rte_memory.h>
#include <stdlib.h>
#include <string.h>

struct an_mr_list {
	struct an_mr_list *older;
	unsigned int count;
	struct an_mr entries[];
};

struct an_mr_held {
	struct an_mr_held *next;
	struct ibv_mr *mr;
	uintptr_t start, end;
	uint32_t key;
};

/*
 * Whoever replaces a list, or walks the tables, holds this. Nothing is called under it that takes a
 * lock of EAL's: the callback below comes with those held.
 */
static pthread_mutex_t mr_lock = PTHREAD_MUTEX_INITIALIZER;
static struct an_mr_table *mr_tables; /* protected by mr_lock */

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

/* Called with mr_lock held. Release: whoever loads the pointer (acquire in an_mr_find) sees the
 * entries. */
static void mr_publish(struct an_mr_table *table, struct an_mr_list *list)
{
	struct an_mr_list *old = table->list;

	__atomic_store_n(&table->list, list, __ATOMIC_RELEASE);
	old->older = table->retired;
	table->retired = old;
}

/* Called with mr_lock held. Takes a region out of a list. */
static void mr_list_drop(struct an_mr_list *list, uint32_t key)
{
	unsigned int kept = 0;

	for (unsigned int i = 0; i < list->count; i++)
		if (list->entries[i].key != key)
			list->entries[kept++] = list->entries[i];
	list->count = kept;
}

/*
 * Called with mr_lock held. Without memory for the shorter list the regions stay, with keys that
 * nobody should use: those frames end in an error of the queue, which is rebuilt.
 */
static void mr_forget_locked(struct an_mr_table *table, uintptr_t start, size_t len)
{
	struct an_mr_held **at = &table->held, *gone = NULL, *held;
	struct an_mr_list *list = NULL;

	while ((held = *at) != NULL) {
		if (held->end <= start || held->start >= start + len) {
			at = &held->next;
			continue;
		}
		if (list == NULL) {
			list = mr_list_alloc(table->list->count);
			if (list == NULL)
				return;
			list->count = table->list->count;
			memcpy(list->entries, table->list->entries,
			       list->count * sizeof(*list->entries));
		}
		mr_list_drop(list, held->key);
		*at = held->next;
		held->next = gone;
		gone = held;
	}
	if (list != NULL)
		mr_publish(table, list);
	while ((held = gone) != NULL) {
		gone = held->next;
		ibv_dereg_mr(held->mr);
		free(held);
	}
}

void an_mr_forget(struct an_mr_table *table, uintptr_t start, size_t len)
{
	pthread_mutex_lock(&mr_lock);
	mr_forget_locked(table, start, len);
	pthread_mutex_unlock(&mr_lock);
}

static void mr_memory_event(enum rte_mem_event event, const void *address, size_t len, void *arg)
{
	(void)arg;
	if (event != RTE_MEM_EVENT_FREE)
		return;
	pthread_mutex_lock(&mr_lock);
	for (struct an_mr_table *table = mr_tables; table != NULL; table = table->next)
		mr_forget_locked(table, (uintptr_t)address, len);
	pthread_mutex_unlock(&mr_lock);
}

/* EAL without huge pages knows no such events, as it never gives memory back. */
static void mr_watch_memory(void)
{
	rte_mem_event_callback_register("net_accelnet", mr_memory_event, NULL);
}

int an_mr_table_create(struct an_mr_table *table, struct ibv_pd *pd)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, mr_watch_memory);
	memset(table, 0, sizeof(*table));
	table->list = mr_list_alloc(0);
	if (table->list == NULL)
		return -ENOMEM;
	table->pd = pd;
	pthread_mutex_lock(&mr_lock);
	table->next = mr_tables;
	mr_tables = table;
	pthread_mutex_unlock(&mr_lock);
	return 0;
}

void an_mr_table_destroy(struct an_mr_table *table)
{
	struct an_mr_held *held = table->held;
	struct an_mr_list *list = table->list;
	struct an_mr_table **at;

	if (list == NULL)
		return;
	pthread_mutex_lock(&mr_lock);
	for (at = &mr_tables; *at != table; at = &(*at)->next)
		;
	*at = table->next;
	pthread_mutex_unlock(&mr_lock);
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
static int mr_add_range_locked(struct an_mr_table *table, uintptr_t start, uintptr_t end)
{
	struct an_mr added = { .start = start, .end = end };
	struct an_mr_list *list;
	struct an_mr_held *held;
	int err = -ENOMEM;

	if (mr_list_find(table->list, start, end - start) != NULL)
		return 0;
	held = calloc(1, sizeof(*held));
	if (held == NULL)
		return -ENOMEM;
	list = mr_list_alloc(table->list->count + 1);
	if (list == NULL)
		goto err_free_held;
	errno = 0;
	held->mr = mr_register(table->pd, start, end - start);
	if (held->mr == NULL) {
		err = errno != 0 ? -errno : -EIO;
		goto err_free_list;
	}
	held->start = start;
	held->end = end;
	held->key = added.key = rte_cpu_to_be_32(held->mr->lkey);
	held->next = table->held;
	table->held = held;
	mr_list_merge(table->list, &added, list);
	mr_publish(table, list);
	return 0;

err_free_list:
	free(list);
err_free_held:
	free(held);
	return err;
}

int an_mr_add_range(struct an_mr_table *table, uintptr_t start, uintptr_t end)
{
	int err;

	pthread_mutex_lock(&mr_lock);
	err = mr_add_range_locked(table, start, end);
	pthread_mutex_unlock(&mr_lock);
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
