// SPDX-License-Identifier: BSD-3-Clause
/*
 * Receive steering: from the root table, the first entry that matches by index says what becomes
 * of the frame: the next table, a TIR, several of both (each gets a copy), or nothing. A miss goes
 * to the table's miss table, if it has one, or ends there. The guest wires the tables, loops
 * included, so a frame may visit only so many of them. Source: docs/protocol.md 7.6.
 */
#include "match.h"
#include "objects.h"
#include "rss.h"

#define VISITS_MAX 256u /* of tables, by all copies of one frame */
#define DEPTH_MAX 64u   /* of copies made by copies */
#define ETH_HEADER 14u

enum flow_action {
	ACTION_DROP = 0x2,
	ACTION_FORWARD = 0x4,
	ACTION_COUNT = 0x8,
};
enum destination_type { DESTINATION_TABLE = 1, DESTINATION_TIR = 2 };
#define MISS_FORWARD 1 /* flow_table_context.table_miss_action */

struct walk {
	struct cx *cx;
	const uint8_t *frame;
	size_t len;
	struct frame_info info;
	uint8_t value[CX_MATCH_SIZE];
	unsigned int visits;
	bool delivered;
	enum fabric_drop refused; /* by the last RQ that was reached; DELIVERED: none was */
};

static const struct cx_flow_table *table_find(struct cx *cx, uint32_t number)
{
	const struct cx_flow_table *table;

	table = (const struct cx_flow_table *)cx_object_find(cx, CX_FLOW_TABLE, number);
	return table != NULL && table->table_type == CX_TABLE_NIC_RX ? table : NULL;
}

static const struct cx_flow_table *root(struct cx *cx)
{
	const struct cx_flow_table *lowest = NULL;
	const struct cx_object *object = NULL;

	if (cx->rx_root != 0)
		return table_find(cx, cx->rx_root);
	while ((object = cx_object_next(cx, CX_FLOW_TABLE, object)) != NULL) {
		const struct cx_flow_table *table = (const struct cx_flow_table *)object;

		if (table->table_type == CX_TABLE_NIC_RX &&
		    (lowest == NULL || table->level < lowest->level))
			lowest = table;
	}
	return lowest;
}

/* Groups and their entries are kept by index. */
static const struct cx_flow_entry *lookup(const struct walk *w, const struct cx_flow_table *table)
{
	for (const struct cx_flow_group *g = table->groups; g != NULL; g = g->next)
		for (const struct cx_flow_entry *e = g->entries; e != NULL; e = e->next)
			if (cx_match(g, e, w->value))
				return e;
	return NULL;
}

static void count(struct walk *w, const struct cx_flow_entry *entry)
{
	for (unsigned int i = 0; i < entry->counters; i++) {
		struct cx_flow_counter *counter;

		counter = (struct cx_flow_counter *)cx_object_find(w->cx, CX_FLOW_COUNTER,
								   entry->counter[i]);
		if (counter != NULL) {
			counter->packets++;
			counter->octets += w->len;
		}
	}
}

static void deliver(struct walk *w, uint32_t number, uint32_t tag)
{
	enum fabric_drop result = FABRIC_DROP_FILTER;
	const struct cx_tir *tir;
	struct cx_rq *rq = NULL;
	struct cx_rss rss;

	tir = (const struct cx_tir *)cx_object_find(w->cx, CX_TIR, number);
	if (tir != NULL && cx_rss_select(tir, w->frame, &w->info, &rss))
		rq = (struct cx_rq *)cx_object_find(w->cx, CX_RQ, rss.rq);
	if (rq != NULL)
		result = cx_rq_deliver(w->cx, rq, w->frame, w->len, tag, rss.hash, rss.hash_type);
	if (result == FABRIC_DELIVERED)
		w->delivered = true;
	else
		w->refused = result;
}

static void visit(struct walk *w, const struct cx_flow_table *table, unsigned int depth)
{
	const struct cx_flow_entry *entry;

	for (;;) {
		if (table == NULL || depth == DEPTH_MAX || w->visits++ >= VISITS_MAX)
			return;
		entry = lookup(w, table);
		if (entry != NULL)
			break;
		table = table->miss_action == MISS_FORWARD ?
				table_find(w->cx, table->miss_table) : NULL;
	}
	if (entry->action & ACTION_COUNT)
		count(w, entry);
	if ((entry->action & ACTION_DROP) || !(entry->action & ACTION_FORWARD))
		return;
	for (unsigned int i = 0; i < entry->destinations; i++) {
		const struct cx_destination *to = &entry->destination[i];

		if (to->type == DESTINATION_TABLE)
			visit(w, table_find(w->cx, to->id), depth + 1);
		else if (to->type == DESTINATION_TIR)
			deliver(w, to->id, entry->tag);
	}
}

enum fabric_drop cx_steer(struct cx *cx, const uint8_t *frame, size_t len)
{
	struct walk w = { .cx = cx, .frame = frame, .len = len };

	if (len < ETH_HEADER)
		return FABRIC_DROP_MALFORMED;
	frame_parse(frame, len, &w.info); /* unsound layers are not there for matching */
	cx_match_build(frame, len, &w.info, w.value);
	visit(&w, root(cx), 0);
	if (w.delivered)
		return FABRIC_DELIVERED;
	if (w.refused != FABRIC_DELIVERED)
		return w.refused;
	cx->vport.rx_discards++;
	return FABRIC_DROP_FILTER;
}
