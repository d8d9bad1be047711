// SPDX-License-Identifier: BSD-3-Clause
/*
 * Flow tables, their groups, and which table is the root. Only NIC receive tables are offered.
 * Levels rise along every path (miss table, forward to a table), so steering always ends.
 * Source: docs/protocol.md 7.6, kernel mlx5/core/fs_cmd.c.
 */
#include "flow.h"

#include <stdlib.h>

#define TABLE_CONTEXT 0x18
#define TABLE_MISS_ACTION CX_FIELD(TABLE_CONTEXT + 0x0, 27, 24)
#define TABLE_LEVEL CX_FIELD(TABLE_CONTEXT + 0x0, 23, 16)
#define TABLE_LOG_SIZE CX_FIELD(TABLE_CONTEXT + 0x0, 7, 0)
#define TABLE_MISS_ID CX_FIELD(TABLE_CONTEXT + 0x4, 23, 0)
#define MODIFY_FIELDS CX_FIELD(0xc, 15, 0)
#define MODIFY_MISS_TABLE (1u << 0)
#define GROUP_ID CX_DWORD(0x18)
#define GROUP_START CX_DWORD(0x1c)
#define GROUP_END CX_DWORD(0x24)
#define GROUP_CRITERIA CX_FIELD(0x3c, 7, 0)
#define GROUP_MASK 0x40
#define CRITERIA_KNOWN 0x3fu /* outer, misc, inner, misc2, misc3, misc4 */

#define LEVEL_MAX 96    /* capability max_ft_level: mlx5_core of 6.12 builds up to 66 */
#define LOG_SIZE_MAX 16 /* capability log_max_ft_size */

enum { MISS_DEFAULT = 0, MISS_FORWARD = 1 };
enum { ROOT_CONNECT = 0, ROOT_DISCONNECT = 1 };

enum cx_status cx_flow_table_find(struct cx *cx, struct cx_request *request,
				  struct cx_flow_table **table)
{
	if (cx_get(request->in, CX_FLOW_OTHER_VPORT))
		return cx_refuse(request, CX_BAD_PARAM, "another vport's table");
	*table = (struct cx_flow_table *)cx_request_object(
		cx, request, CX_FLOW_TABLE, cx_get(request->in, CX_FLOW_TABLE_ID));
	if (*table == NULL || cx_get(request->in, CX_FLOW_TABLE_TYPE) != (*table)->table_type)
		return cx_refuse(request, CX_BAD_RES, "no such table of that type");
	return CX_OK;
}

enum cx_status cx_flow_table_next(struct cx *cx, struct cx_request *request,
				  const struct cx_flow_table *from, uint32_t id,
				  struct cx_flow_table **next)
{
	*next = (struct cx_flow_table *)cx_request_object(cx, request, CX_FLOW_TABLE, id);
	if (*next == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such next table");
	if ((*next)->table_type != from->table_type || (*next)->level <= from->level)
		return cx_refuse(request, CX_BAD_PARAM, "the next table's level is not higher");
	return CX_OK;
}

static void miss_release(struct cx *cx, struct cx_flow_table *table)
{
	if (table->miss_action == MISS_FORWARD)
		cx_object_unuse(cx, CX_FLOW_TABLE, table->miss_table);
	table->miss_action = MISS_DEFAULT;
	table->miss_table = 0;
}

/* Takes the miss action of a CREATE or MODIFY over into the table, or leaves it untouched. */
static enum cx_status miss_parse(struct cx *cx, struct cx_request *request,
				 struct cx_flow_table *table)
{
	uint32_t action = cx_get(request->in, TABLE_MISS_ACTION);
	struct cx_flow_table *next;
	enum cx_status status;

	switch (action) {
	case MISS_DEFAULT:
		miss_release(cx, table);
		return CX_OK;
	case MISS_FORWARD:
		status = cx_flow_table_next(cx, request, table,
					    cx_get(request->in, TABLE_MISS_ID), &next);
		if (status != CX_OK)
			return status;
		next->object.users++;
		miss_release(cx, table);
		table->miss_action = MISS_FORWARD;
		table->miss_table = next->object.number;
		return CX_OK;
	default:
		return cx_refuse(request, CX_BAD_PARAM, "unsupported miss action");
	}
}

static void flow_table_clear(struct cx *cx, struct cx_object *object)
{
	struct cx_flow_table *table = (struct cx_flow_table *)object;

	miss_release(cx, table);
	if (cx->rx_root == table->object.number)
		cx->rx_root = 0;
}

static const struct cx_object_kind flow_table_kind = {
	CX_FLOW_TABLE, 1, 1u << 8, flow_table_clear,
};

static enum cx_status create_flow_table(struct cx *cx, struct cx_request *request)
{
	uint32_t level = cx_get(request->in, TABLE_LEVEL);
	uint32_t log_size = cx_get(request->in, TABLE_LOG_SIZE);
	struct cx_flow_table *table;
	enum cx_status status;

	if (cx_get(request->in, CX_FLOW_OTHER_VPORT) ||
	    cx_get(request->in, CX_FLOW_TABLE_TYPE) != CX_TABLE_NIC_RX || request->op_mod != 0)
		return cx_refuse(request, CX_BAD_PARAM, "only our own NIC receive tables");
	if (level > LEVEL_MAX || log_size > LOG_SIZE_MAX)
		return cx_refuse(request, CX_BAD_PARAM, "bad table level or size");
	table = calloc(1, sizeof(*table));
	if (table == NULL)
		return CX_NO_RES;
	table->table_type = CX_TABLE_NIC_RX;
	table->level = (uint8_t)level;
	table->log_size = (uint8_t)log_size;
	status = miss_parse(cx, request, table);
	if (status != CX_OK)
		goto err_free;
	status = cx_request_add(cx, request, &table->object, &flow_table_kind);
	if (status != CX_OK)
		goto err_release_miss;
	return CX_OK;

err_release_miss:
	miss_release(cx, table);
err_free:
	free(table);
	return status;
}

static enum cx_status modify_flow_table(struct cx *cx, struct cx_request *request)
{
	uint32_t fields = cx_get(request->in, MODIFY_FIELDS);
	struct cx_flow_table *table;
	enum cx_status status = cx_flow_table_find(cx, request, &table);

	if (status != CX_OK)
		return status;
	if (fields & ~MODIFY_MISS_TABLE)
		return cx_refuse(request, CX_BAD_PARAM, "only the miss table can be modified");
	return fields == 0 ? CX_OK : miss_parse(cx, request, table);
}

static enum cx_status destroy_flow_table(struct cx *cx, struct cx_request *request)
{
	struct cx_flow_table *table;
	enum cx_status status = cx_flow_table_find(cx, request, &table);

	if (status != CX_OK)
		return status;
	if (table->object.users > 0)
		return cx_refuse(request, CX_RES_BUSY, "groups, rules or tables use it");
	cx_object_release(cx, &table->object);
	return CX_OK;
}

static enum cx_status set_flow_table_root(struct cx *cx, struct cx_request *request)
{
	struct cx_flow_table *table;
	enum cx_status status;

	switch (request->op_mod) {
	case ROOT_DISCONNECT:
		cx->rx_root = CX_ROOT_NONE;
		return CX_OK;
	case ROOT_CONNECT:
		status = cx_flow_table_find(cx, request, &table);
		if (status == CX_OK)
			cx->rx_root = table->object.number;
		return status;
	default:
		return CX_BAD_PARAM;
	}
}

/* Links the group in by start index; groups of a table never share an index. */
static bool group_insert(struct cx_flow_table *table, struct cx_flow_group *group)
{
	struct cx_flow_group **at = &table->groups;

	while (*at != NULL && (*at)->end < group->start)
		at = &(*at)->next;
	if (*at != NULL && (*at)->start <= group->end)
		return false;
	group->next = *at;
	*at = group;
	return true;
}

static void group_unlink(struct cx_flow_group *group)
{
	struct cx_flow_group **at = &group->table->groups;

	while (*at != group)
		at = &(*at)->next;
	*at = group->next;
}

static void flow_group_clear(struct cx *cx, struct cx_object *object)
{
	struct cx_flow_group *group = (struct cx_flow_group *)object;

	cx_flow_entries_clear(cx, group);
	group_unlink(group);
	group->table->object.users--;
}

static const struct cx_object_kind flow_group_kind = {
	CX_FLOW_GROUP, 1, 1u << 12, flow_group_clear,
};

static enum cx_status create_flow_group(struct cx *cx, struct cx_request *request)
{
	struct cx_flow_group *group;
	struct cx_flow_table *table;
	enum cx_status status = cx_flow_table_find(cx, request, &table);

	if (status != CX_OK)
		return status;
	group = calloc(1, sizeof(*group));
	if (group == NULL)
		return CX_NO_RES;
	group->table = table;
	group->start = cx_get(request->in, GROUP_START);
	group->end = cx_get(request->in, GROUP_END);
	group->criteria = (uint8_t)cx_get(request->in, GROUP_CRITERIA);
	memcpy(group->mask, request->in + GROUP_MASK, CX_MATCH_SIZE);
	if (group->start > group->end || group->end >> table->log_size != 0 ||
	    (group->criteria & ~CRITERIA_KNOWN) != 0) {
		status = cx_refuse(request, CX_BAD_PARAM, "bad index range or match criteria");
		goto err_free;
	}
	if (!group_insert(table, group)) {
		status = cx_refuse(request, CX_BAD_PARAM, "the group overlaps another");
		goto err_free;
	}
	status = cx_request_add(cx, request, &group->object, &flow_group_kind);
	if (status != CX_OK)
		goto err_unlink;
	table->object.users++;
	return CX_OK;

err_unlink:
	group_unlink(group);
err_free:
	free(group);
	return status;
}

static enum cx_status destroy_flow_group(struct cx *cx, struct cx_request *request)
{
	struct cx_flow_group *group;
	struct cx_flow_table *table;
	enum cx_status status = cx_flow_table_find(cx, request, &table);

	if (status != CX_OK)
		return status;
	group = (struct cx_flow_group *)cx_request_object(cx, request, CX_FLOW_GROUP,
							  cx_get(request->in, GROUP_ID));
	if (group == NULL || group->table != table)
		return cx_refuse(request, CX_BAD_RES, "no such group in that table");
	if (group->object.users > 0)
		return cx_refuse(request, CX_RES_BUSY, "the group has entries");
	cx_object_release(cx, &group->object);
	return CX_OK;
}

const struct cx_operation cx_operations_flow_table[] = {
	{ 0x92f, CX_STAGE_READY, 64, 8, "SET_FLOW_TABLE_ROOT", set_flow_table_root },
	{ 0x930, CX_STAGE_READY, 64, 16, "CREATE_FLOW_TABLE", create_flow_table },
	{ 0x931, CX_STAGE_READY, 64, 8, "DESTROY_FLOW_TABLE", destroy_flow_table },
	{ 0x933, CX_STAGE_READY, 1024, 16, "CREATE_FLOW_GROUP", create_flow_group },
	{ 0x934, CX_STAGE_READY, 64, 8, "DESTROY_FLOW_GROUP", destroy_flow_group },
	{ 0x93c, CX_STAGE_READY, 64, 8, "MODIFY_FLOW_TABLE", modify_flow_table },
	{ 0 },
};
