/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The transactions that are open on a channel: a bounded table of what the host owes a completion.
 * An id on the wire is {generation, index + 1}: a completion for one that was never begun, or that
 * has ended, finds nothing. Pure; the caller locks.
 */
#ifndef AN_XACT_H
#define AN_XACT_H

#include <linux/types.h>

enum an_xact_kind {
	AN_XACT_FREE = 0,
	AN_XACT_HELD,		/* not on the ring yet: the host cannot end it */
	AN_XACT_DATA,		/* cookie: the sk_buff */
	AN_XACT_NVSP,		/* cookie: the an_request that waits for the answer */
	AN_XACT_RNDIS,		/* cookie: the an_request whose message the host reads */
	AN_XACT_PATH,		/* cookie: number of the data path switch */
};

struct an_xact {
	unsigned long cookie;
	u32 generation;
	u16 next;		/* free list */
	u8 kind;		/* enum an_xact_kind */
};

struct an_xact_table {
	struct an_xact *slot;
	u16 size;
	u16 used;
	u16 data;		/* of them, AN_XACT_HELD and AN_XACT_DATA */
	u16 first_free;
};

/* slot: zeroed memory for size entries, size < 65535. */
void an_xact_init(struct an_xact_table *table, struct an_xact *slot, u16 size);
/* Opens one unless fewer than `spare` would stay free; returns its id, 0: none left. */
u64 an_xact_begin(struct an_xact_table *table, enum an_xact_kind kind, unsigned long cookie,
		  u16 spare);
/* The host ends one: what it was, or kind AN_XACT_FREE if it has none open by that id. */
struct an_xact an_xact_end(struct an_xact_table *table, u64 id);
/* The same for this side, which may end one that is held. */
struct an_xact an_xact_cancel(struct an_xact_table *table, u64 id);
/* What is open by that id; AN_XACT_FREE: nothing. */
enum an_xact_kind an_xact_kind_of(const struct an_xact_table *table, u64 id);
/* Ends any one that is open; kind AN_XACT_FREE: none is. */
struct an_xact an_xact_end_any(struct an_xact_table *table);
static inline u16 an_xact_index(u64 id)
{
	return (u32)id - 1;
}

#endif
