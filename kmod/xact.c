// SPDX-License-Identifier: GPL-2.0-only
/*
 * Bounded table of open transactions, with a free list through its entries. The generation in an
 * id makes a completion that comes twice, or after its channel gave up on it, hit nothing.
 */
#include "xact.h"

static const struct an_xact nothing;

void an_xact_init(struct an_xact_table *table, struct an_xact *slot, u16 size)
{
	u16 i;

	table->slot = slot;
	table->size = size;
	table->used = 0;
	table->data = 0;
	table->first_free = 0;
	for (i = 0; i < size; i++)
		slot[i].next = i + 1;
}

static bool is_data(u8 kind)
{
	return kind == AN_XACT_HELD || kind == AN_XACT_DATA;
}

u64 an_xact_begin(struct an_xact_table *table, enum an_xact_kind kind, unsigned long cookie,
		  u16 spare)
{
	u16 index = table->first_free;
	struct an_xact *xact;

	if (table->size - table->used <= spare)
		return 0;
	xact = &table->slot[index];
	table->first_free = xact->next;
	table->used++;
	table->data += is_data(kind);
	xact->generation++;
	xact->kind = kind;
	xact->cookie = cookie;
	return (u64)xact->generation << 32 | (index + 1u);
}

static struct an_xact end(struct an_xact_table *table, u16 index)
{
	struct an_xact was = table->slot[index];

	table->slot[index].kind = AN_XACT_FREE;
	table->slot[index].next = table->first_free;
	table->first_free = index;
	table->used--;
	table->data -= is_data(was.kind);
	return was;
}

enum an_xact_kind an_xact_kind_of(const struct an_xact_table *table, u64 id)
{
	u32 number = (u32)id;

	if (number == 0 || number > table->size ||
	    table->slot[number - 1].generation != id >> 32)
		return AN_XACT_FREE;
	return table->slot[number - 1].kind;
}

struct an_xact an_xact_cancel(struct an_xact_table *table, u64 id)
{
	u32 number = (u32)id;
	struct an_xact *xact;

	if (number == 0 || number > table->size)
		return nothing;
	xact = &table->slot[number - 1];
	if (xact->kind == AN_XACT_FREE || xact->generation != id >> 32)
		return nothing;
	return end(table, number - 1);
}

struct an_xact an_xact_end(struct an_xact_table *table, u64 id)
{
	u32 number = (u32)id;

	if (number == 0 || number > table->size ||
	    table->slot[number - 1].kind == AN_XACT_HELD)
		return nothing;
	return an_xact_cancel(table, id);
}

struct an_xact an_xact_end_any(struct an_xact_table *table)
{
	u16 i;

	for (i = 0; i < table->size; i++)
		if (table->slot[i].kind != AN_XACT_FREE)
			return end(table, i);
	return nothing;
}
