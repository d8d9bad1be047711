// SPDX-License-Identifier: BSD-3-Clause
/*
 * Object numbers and lifetimes. A number indexes its type's table, which doubles as it fills; new
 * numbers go round the table, so that a stale one is met with BAD_RES rather than with somebody
 * else's object. SQ, RQ and QP share one table because drivers look their events up by QPN alone.
 */
#include "objects.h"

#include "command.h"

#include <errno.h>
#include <stdlib.h>

#define FIRST_CAPACITY 64u
#define UID_SHARED 0xffff /* MLX5_SHARED_RESOURCE_UID: objects anyone may use */

/* The type whose table has the numbers of that type. */
static enum cx_object_type number_space(enum cx_object_type type)
{
	if (type == CX_RQ || type == CX_QP)
		return CX_SQ;
	return type == CX_RMP ? CX_SRQ : type;
}

struct cx_object *cx_object_find(struct cx *cx, enum cx_object_type type, uint32_t number)
{
	const struct cx_table *table = &cx->table[number_space(type)];

	if (number >= table->capacity || table->slot[number] == NULL ||
	    table->slot[number]->type != type)
		return NULL;
	return table->slot[number];
}

static int table_grow(struct cx_table *table, uint32_t limit)
{
	uint32_t capacity = table->capacity == 0 ? FIRST_CAPACITY : table->capacity * 2;
	struct cx_object **slot;

	if (capacity > limit)
		capacity = limit;
	slot = realloc(table->slot, capacity * sizeof(*slot));
	if (slot == NULL)
		return -ENOMEM;
	memset(slot + table->capacity, 0, (capacity - table->capacity) * sizeof(*slot));
	table->slot = slot;
	table->capacity = capacity;
	return 0;
}

int cx_object_add(struct cx *cx, struct cx_object *object, const struct cx_object_kind *kind)
{
	uint32_t first = kind->first, limit = kind->limit;
	struct cx_table *table = &cx->table[number_space(kind->type)];
	uint32_t number;
	int err;

	if (table->count >= limit - first)
		return -ENOSPC;
	/* Never more than half full below the limit: finding a free number stays cheap. */
	if (table->capacity < limit && (table->count + first) * 2 >= table->capacity) {
		err = table_grow(table, limit);
		if (err < 0)
			return err;
	}
	number = table->last;
	do {
		number = number + 1 < table->capacity ? number + 1 : first;
		if (number < first)
			number = first;
	} while (table->slot[number] != NULL);
	table->slot[number] = object;
	table->last = number;
	table->count++;
	object->type = kind->type;
	object->kind = kind;
	object->number = number;
	return 0;
}

void cx_object_remove(struct cx *cx, struct cx_object *object)
{
	struct cx_table *table = &cx->table[number_space(object->type)];

	table->slot[object->number] = NULL;
	table->count--;
}

struct cx_object *cx_object_next(struct cx *cx, enum cx_object_type type,
				 const struct cx_object *after)
{
	const struct cx_table *table = &cx->table[number_space(type)];

	for (uint32_t n = after == NULL ? 0 : after->number + 1; n < table->capacity; n++)
		if (table->slot[n] != NULL && table->slot[n]->type == type)
			return table->slot[n];
	return NULL;
}

void cx_object_let_go(struct cx_object *object)
{
	if (object != NULL && object->users > 0)
		object->users--;
}

void cx_object_unuse(struct cx *cx, enum cx_object_type type, uint32_t number)
{
	cx_object_let_go(cx_object_find(cx, type, number));
}

void cx_object_release(struct cx *cx, struct cx_object *object)
{
	if (object->kind->clear != NULL)
		object->kind->clear(cx, object);
	cx_object_remove(cx, object);
	free(object);
}

unsigned int cx_objects_clear(struct cx *cx)
{
	unsigned int cleared = 0;

	for (enum cx_object_type type = 0; type < CX_OBJECT_TYPES; type++) {
		struct cx_object *object = cx_object_next(cx, type, NULL);

		while (object != NULL) {
			struct cx_object *next = cx_object_next(cx, type, object);

			cx_object_release(cx, object);
			object = next;
			cleared++;
		}
	}
	return cleared;
}

void cx_objects_free_tables(struct cx *cx)
{
	for (size_t i = 0; i < CX_OBJECT_TYPES; i++)
		free(cx->table[i].slot);
	memset(cx->table, 0, sizeof(cx->table));
}

struct cx_object *cx_request_object(struct cx *cx, const struct cx_request *request,
				    enum cx_object_type type, uint32_t number)
{
	struct cx_object *object = cx_object_find(cx, type, number);

	if (object == NULL)
		return NULL;
	/* uid 0 is the kernel driver: it cleans up after its user contexts. */
	if (request->uid != 0 && object->uid != request->uid && object->uid != UID_SHARED)
		return NULL;
	return object;
}

enum cx_status cx_request_add(struct cx *cx, struct cx_request *request, struct cx_object *object,
			      const struct cx_object_kind *kind)
{
	int err = cx_object_add(cx, object, kind);

	if (err < 0)
		return cx_refuse(request, CX_NO_RES, "no number of that type is left");
	object->uid = request->uid;
	cx_set(request->out, CX_OBJECT_NUMBER, object->number);
	return CX_OK;
}

enum cx_status cx_request_destroy(struct cx *cx, struct cx_request *request,
				  enum cx_object_type type)
{
	struct cx_object *object = cx_request_object(cx, request, type,
						     cx_get(request->in, CX_OBJECT_NUMBER));

	if (object == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such object");
	if (object->users > 0)
		return cx_refuse(request, CX_RES_BUSY, "other objects use it");
	cx_object_release(cx, object);
	return CX_OK;
}

enum cx_status cx_request_use(struct cx *cx, struct cx_request *request, enum cx_object_type type,
			      uint32_t number)
{
	struct cx_object *object;

	if (number == 0)
		return CX_OK;
	object = cx_request_object(cx, request, type, number);
	if (object == NULL)
		return cx_refuse(request, CX_BAD_RES, "the context names an object not there");
	object->users++;
	return CX_OK;
}
