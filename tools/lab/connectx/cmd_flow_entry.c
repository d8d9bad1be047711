// SPDX-License-Identifier: BSD-3-Clause
/*
 * Flow table entries: a value under the group's mask, an action, destinations and counters. An
 * entry is parsed and checked whole before anything changes, so that a refused update leaves the
 * old one in force.
 * Source: docs/protocol.md 7.6, kernel mlx5/core/fs_cmd.c (mlx5_cmd_set_fte).
 */
#include "flow.h"

#include <stdlib.h>

#define MODIFY_MASK CX_FIELD(0x18, 7, 0)
#define ENTRY_INDEX CX_DWORD(0x20)
#define CONTEXT 0x40
#define ENTRY_GROUP CX_DWORD(CONTEXT + 0x4)
#define ENTRY_TAG CX_FIELD(CONTEXT + 0x8, 23, 0)
#define ENTRY_ACTION CX_FIELD(CONTEXT + 0xc, 15, 0)
#define ENTRY_DESTINATIONS CX_FIELD(CONTEXT + 0x10, 23, 0)
#define ENTRY_COUNTERS CX_FIELD(CONTEXT + 0x14, 23, 0)
#define ENTRY_MATCH (CONTEXT + 0x40)
#define ENTRY_LIST (CONTEXT + 0x300)
#define LIST_ITEM_SIZE 8
#define DESTINATION_TYPE CX_FIELD(0x0, 31, 24)
#define DESTINATION_ID CX_FIELD(0x0, 23, 0)

enum { ACTION_ALLOW = 0x1, ACTION_DROP = 0x2, ACTION_FORWARD = 0x4, ACTION_COUNT = 0x8,
       ACTIONS = 0xf };
enum { TO_TABLE = 1, TO_TIR = 2 };
enum { MODIFY_ACTION = 1 << 0, MODIFY_TAG = 1 << 1, MODIFY_DESTINATIONS = 1 << 2,
       MODIFY_COUNTERS = 1 << 3 };
enum { SET_NEW = 0, SET_MODIFY = 1 };

#define ENTRIES_MAX (1u << 16) /* capability log_max_flow, over all tables */

static enum cx_object_type destination_object(const struct cx_destination *destination)
{
	return destination->type == TO_TABLE ? CX_FLOW_TABLE : CX_TIR;
}

static void entry_hold(struct cx *cx, const struct cx_flow_entry *entry)
{
	for (unsigned int i = 0; i < entry->destinations; i++) {
		const struct cx_destination *to = &entry->destination[i];

		cx_object_find(cx, destination_object(to), to->id)->users++;
	}
	for (unsigned int i = 0; i < entry->counters; i++)
		cx_object_find(cx, CX_FLOW_COUNTER, entry->counter[i])->users++;
}

static void entry_let_go(struct cx *cx, const struct cx_flow_entry *entry)
{
	for (unsigned int i = 0; i < entry->destinations; i++)
		cx_object_unuse(cx, destination_object(&entry->destination[i]),
				entry->destination[i].id);
	for (unsigned int i = 0; i < entry->counters; i++)
		cx_object_unuse(cx, CX_FLOW_COUNTER, entry->counter[i]);
}

static enum cx_status destination_parse(struct cx *cx, struct cx_request *request,
					const struct cx_flow_table *table, const uint8_t *item,
					struct cx_destination *destination)
{
	struct cx_flow_table *next;

	destination->type = (uint8_t)cx_get(item, DESTINATION_TYPE);
	destination->id = cx_get(item, DESTINATION_ID);
	switch (destination->type) {
	case TO_TABLE:
		return cx_flow_table_next(cx, request, table, destination->id, &next);
	case TO_TIR:
		if (cx_request_object(cx, request, CX_TIR, destination->id) == NULL)
			return cx_refuse(request, CX_BAD_RES, "no such TIR");
		return CX_OK;
	default:
		return cx_refuse(request, CX_BAD_PARAM, "unsupported destination type");
	}
}

static enum cx_status lists_parse(struct cx *cx, struct cx_request *request,
				  const struct cx_flow_table *table, struct cx_flow_entry *entry)
{
	uint32_t destinations = cx_get(request->in, ENTRY_DESTINATIONS);
	uint32_t counters = cx_get(request->in, ENTRY_COUNTERS);
	const uint8_t *item = request->in + ENTRY_LIST;
	enum cx_status status;

	if (destinations > CX_DESTINATIONS_MAX || counters > CX_FLOW_COUNTERS_MAX)
		return cx_refuse(request, CX_LIM, "too many destinations or counters");
	if (request->in_len < ENTRY_LIST + (destinations + counters) * LIST_ITEM_SIZE)
		return cx_refuse(request, CX_BAD_INPUT_LEN, "the lists are longer than the input");
	for (uint32_t i = 0; i < destinations; i++, item += LIST_ITEM_SIZE) {
		status = destination_parse(cx, request, table, item, &entry->destination[i]);
		if (status != CX_OK)
			return status;
	}
	for (uint32_t i = 0; i < counters; i++, item += LIST_ITEM_SIZE) {
		entry->counter[i] = cx_get32(item, 0);
		if (cx_request_object(cx, request, CX_FLOW_COUNTER, entry->counter[i]) == NULL)
			return cx_refuse(request, CX_BAD_RES, "no such flow counter");
	}
	entry->destinations = destinations;
	entry->counters = counters;
	return CX_OK;
}

static enum cx_status action_check(struct cx_request *request, const struct cx_flow_entry *entry)
{
	if ((entry->action & ~ACTIONS) != 0 || entry->action == 0)
		return cx_refuse(request, CX_BAD_PARAM, "unsupported action");
	if ((entry->action & ACTION_FORWARD) != 0 && (entry->action & ACTION_DROP) != 0)
		return cx_refuse(request, CX_BAD_PARAM, "forward and drop");
	if ((entry->action & ACTION_FORWARD) != 0 && entry->destinations == 0)
		return cx_refuse(request, CX_BAD_PARAM, "forward to nowhere");
	return CX_OK;
}

/* What the command says, over what the entry was before (SET_MODIFY) or over nothing. */
static enum cx_status entry_parse(struct cx *cx, struct cx_request *request,
				  const struct cx_flow_group *group, uint32_t fields,
				  const struct cx_flow_entry *before, struct cx_flow_entry *entry)
{
	enum cx_status status;

	entry->index = cx_get(request->in, ENTRY_INDEX);
	entry->tag = cx_get(request->in, ENTRY_TAG);
	entry->action = (uint16_t)cx_get(request->in, ENTRY_ACTION);
	for (size_t i = 0; i < CX_MATCH_SIZE; i++)
		entry->match[i] = request->in[ENTRY_MATCH + i] & group->mask[i];
	status = lists_parse(cx, request, group->table, entry);
	if (status != CX_OK)
		return status;
	if (before != NULL) {
		memcpy(entry->match, before->match, sizeof(entry->match));
		if (!(fields & MODIFY_TAG))
			entry->tag = before->tag;
		if (!(fields & MODIFY_ACTION))
			entry->action = before->action;
		if (!(fields & MODIFY_DESTINATIONS)) {
			entry->destinations = before->destinations;
			memcpy(entry->destination, before->destination,
			       sizeof(entry->destination));
		}
		if (!(fields & MODIFY_COUNTERS)) {
			entry->counters = before->counters;
			memcpy(entry->counter, before->counter, sizeof(entry->counter));
		}
	}
	return action_check(request, entry);
}

/* Where an entry of that index is, or would be, linked in its group. */
static struct cx_flow_entry **entry_place(struct cx_flow_group *group, uint32_t index)
{
	struct cx_flow_entry **at = &group->entries;

	while (*at != NULL && (*at)->index < index)
		at = &(*at)->next;
	return at;
}

static bool entry_is_at(struct cx_flow_entry *const *at, uint32_t index)
{
	return *at != NULL && (*at)->index == index;
}

static void entry_free(struct cx *cx, struct cx_flow_group *group, struct cx_flow_entry **at)
{
	struct cx_flow_entry *entry = *at;

	*at = entry->next;
	entry_let_go(cx, entry);
	free(entry);
	group->object.users--;
	cx->command->flow_entries--;
}

void cx_flow_entries_clear(struct cx *cx, struct cx_flow_group *group)
{
	while (group->entries != NULL)
		entry_free(cx, group, &group->entries);
}

static enum cx_status entry_group(struct cx *cx, struct cx_request *request,
				  struct cx_flow_group **group)
{
	uint32_t index = cx_get(request->in, ENTRY_INDEX);
	struct cx_flow_table *table;
	enum cx_status status = cx_flow_table_find(cx, request, &table);

	if (status != CX_OK)
		return status;
	*group = (struct cx_flow_group *)cx_request_object(cx, request, CX_FLOW_GROUP,
							   cx_get(request->in, ENTRY_GROUP));
	if (*group == NULL || (*group)->table != table)
		return cx_refuse(request, CX_BAD_RES, "no such group in that table");
	if (index < (*group)->start || index > (*group)->end)
		return cx_refuse(request, CX_BAD_INDEX, "the index is outside the group");
	return CX_OK;
}

static enum cx_status entry_set(struct cx *cx, struct cx_request *request,
				struct cx_flow_group *group, struct cx_flow_entry **at,
				struct cx_flow_entry *entry)
{
	bool modify = request->op_mod == SET_MODIFY;
	struct cx_flow_entry *before = modify ? *at : NULL;
	enum cx_status status = entry_parse(cx, request, group, cx_get(request->in, MODIFY_MASK),
					    before, entry);

	if (status != CX_OK)
		return status;
	entry_hold(cx, entry);
	if (modify) {
		entry_let_go(cx, before);
		entry->next = before->next;
		free(before);
	} else {
		entry->next = *at;
		group->object.users++;
		cx->command->flow_entries++;
	}
	*at = entry;
	return CX_OK;
}

static enum cx_status set_flow_table_entry(struct cx *cx, struct cx_request *request)
{
	uint32_t index = cx_get(request->in, ENTRY_INDEX);
	struct cx_flow_entry **at, *entry;
	struct cx_flow_group *group;
	enum cx_status status;

	if (request->op_mod > SET_MODIFY)
		return CX_BAD_PARAM;
	status = entry_group(cx, request, &group);
	if (status != CX_OK)
		return status;
	at = entry_place(group, index);
	if (entry_is_at(at, index) != (request->op_mod == SET_MODIFY))
		return cx_refuse(request, CX_BAD_RES_STATE,
				 "a new entry is there already, or one to modify is not");
	if (cx->command->flow_entries >= ENTRIES_MAX)
		return cx_refuse(request, CX_NO_RES, "too many entries");
	entry = calloc(1, sizeof(*entry));
	if (entry == NULL)
		return CX_NO_RES;
	status = entry_set(cx, request, group, at, entry);
	if (status != CX_OK)
		free(entry);
	return status;
}

/* DELETE names table and index only. */
static enum cx_status delete_flow_table_entry(struct cx *cx, struct cx_request *request)
{
	uint32_t index = cx_get(request->in, ENTRY_INDEX);
	struct cx_flow_table *table;
	enum cx_status status = cx_flow_table_find(cx, request, &table);

	if (status != CX_OK)
		return status;
	for (struct cx_flow_group *group = table->groups; group != NULL; group = group->next) {
		struct cx_flow_entry **at = entry_place(group, index);

		if (!entry_is_at(at, index))
			continue;
		entry_free(cx, group, at);
		return CX_OK;
	}
	return cx_refuse(request, CX_BAD_INDEX, "no entry at that index");
}

const struct cx_operation cx_operations_flow_entry[] = {
	{ 0x936, CX_STAGE_READY, 832, 8, "SET_FLOW_TABLE_ENTRY", set_flow_table_entry },
	{ 0x938, CX_STAGE_READY, 64, 8, "DELETE_FLOW_TABLE_ENTRY", delete_flow_table_entry },
	{ 0 },
};
