/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for the kernel's. */
#ifndef SHIM_LINUX_LIST_H
#define SHIM_LINUX_LIST_H

#include <linux/kernel.h>

struct list_head {
	struct list_head *next, *prev;
};

#define list_for_each_entry(at, head, member)                                                      \
	for (at = container_of((head)->next, typeof(*at), member); &at->member != (head);          \
	     at = container_of(at->member.next, typeof(*at), member))

static inline void INIT_LIST_HEAD(struct list_head *list)
{
	list->next = list->prev = list;
}

static inline int list_empty(const struct list_head *list)
{
	return list->next == list;
}

static inline void list_add_tail(struct list_head *one, struct list_head *list)
{
	one->next = list;
	one->prev = list->prev;
	list->prev->next = one;
	list->prev = one;
}

static inline void list_del_init(struct list_head *one)
{
	one->prev->next = one->next;
	one->next->prev = one->prev;
	INIT_LIST_HEAD(one);
}

#endif
