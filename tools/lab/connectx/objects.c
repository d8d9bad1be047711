// SPDX-License-Identifier: BSD-3-Clause
/*
 * Object numbers and lifetimes. A number indexes its type's table, which doubles as it fills; new
 * numbers go round the table, so that a stale one is met with BAD_RES rather than with somebody
 * else's object. SQ, RQ and QP share one table because drivers look their events up by QPN alone.
 */
#include "objects.h"

#include "buffer.h"
#include "wq.h"

#include <errno.h>
#include <stdlib.h>

/* Numbers of a type: first to limit - 1. The limits are those of the capability pages (caps.c). */
static const struct {
	uint32_t first, limit;
} numbers[CX_OBJECT_TYPES] = {
	[CX_EQ] = { 1, 1u << 7 },
	[CX_CQ] = { 1, 1u << 17 },
	[CX_MKEY] = { 16, 1u << 20 }, /* key 0x100, index 1, ends scatter lists */
	[CX_PD] = { 1, 1u << 16 },
	[CX_TD] = { 1, 1u << 10 },
	[CX_UAR] = { CX_UAR_FIRST, CX_UAR_FIRST + CX_UAR_COUNT },
	[CX_XRCD] = { 1, 1u << 10 },
	[CX_TIS] = { 1, 1u << 16 },
	[CX_TIR] = { 1, 1u << 16 },
	[CX_RQT] = { 1, 1u << 12 },
	[CX_SQ] = { 16, 1u << 18 }, /* 0 and 1 are special queue pairs to rdma-core */
	[CX_SRQ] = { 1, 1u << 16 },
	[CX_Q_COUNTER] = { 1, 1u << 8 },
	[CX_FLOW_TABLE] = { 1, 1u << 8 },
	[CX_FLOW_GROUP] = { 1, 1u << 12 },
	[CX_FLOW_COUNTER] = { 1, 1u << 10 },
	[CX_UCTX] = { 1, 1u << CX_LOG_UCTX },
	[CX_UMEM] = { 1, 1u << CX_LOG_UMEM },
};
#define FIRST_CAPACITY 64u
#define UID_SHARED 0xffff /* MLX5_SHARED_RESOURCE_UID: objects anyone may use */

/* mlx5_ib finds queue pairs, RQs and SQs in one table by number, SRQs and RMPs in another. */
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

int cx_object_add(struct cx *cx, struct cx_object *object, enum cx_object_type type)
{
	enum cx_object_type space = number_space(type);
	uint32_t first = numbers[space].first, limit = numbers[space].limit;
	struct cx_table *table = &cx->table[space];
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
	object->type = type;
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

static void unuse(struct cx_object *object)
{
	if (object != NULL && object->users > 0)
		object->users--;
}

void cx_object_unuse(struct cx *cx, enum cx_object_type type, uint32_t number)
{
	unuse(cx_object_find(cx, type, number));
}

static void cq_clear(struct cx *cx, struct cx_cq *cq)
{
	cx_late_forget(cx, cq);
	unuse(&cq->eq->object);
	unuse(cq->dbr_umem);
	cx_buffer_release(&cq->buffer);
	free(cq->session);
}

static void sq_clear(struct cx *cx, struct cx_sq *sq)
{
	unuse(&sq->cq->object);
	if (sq->tis != NULL)
		unuse(&sq->tis->object);
	cx_wq_release(cx, &sq->wq);
}

static void rq_clear(struct cx *cx, struct cx_rq *rq)
{
	unuse(&rq->cq->object);
	cx_object_unuse(cx, CX_Q_COUNTER, rq->counter_set);
	cx_wq_release(cx, &rq->wq);
}

static void tir_clear(struct cx *cx, struct cx_tir *tir)
{
	if (tir->indirect)
		unuse(&tir->rqt->object);
	else
		cx_object_unuse(cx, CX_RQ, tir->rq);
	cx_object_unuse(cx, CX_TD, tir->td);
}

static void qp_clear(struct cx *cx, struct cx_qp *qp)
{
	cx_object_unuse(cx, CX_PD, qp->pd);
	if (qp->send_cq != NULL)
		unuse(&qp->send_cq->object);
	if (qp->recv_cq != NULL)
		unuse(&qp->recv_cq->object);
}

static void srq_clear(struct cx *cx, struct cx_srq *srq)
{
	cx_object_unuse(cx, CX_PD, srq->pd);
	cx_object_unuse(cx, CX_XRCD, srq->xrcd);
	if (srq->cq != NULL)
		unuse(&srq->cq->object);
}

void cx_object_release(struct cx *cx, struct cx_object *object)
{
	switch (object->type) {
	case CX_EQ:
		cx_buffer_release(&((struct cx_eq *)object)->buffer);
		break;
	case CX_CQ:
		cq_clear(cx, (struct cx_cq *)object);
		break;
	case CX_MKEY:
		cx_buffer_release(&((struct cx_mkey *)object)->buffer);
		cx_object_unuse(cx, CX_PD, ((struct cx_mkey *)object)->pd);
		break;
	case CX_TIS:
		cx_object_unuse(cx, CX_TD, ((struct cx_tis *)object)->td);
		cx_object_unuse(cx, CX_PD, ((struct cx_tis *)object)->pd);
		break;
	case CX_TIR:
		tir_clear(cx, (struct cx_tir *)object);
		break;
	case CX_RQT:
		cx_rqt_clear(cx, (struct cx_rqt *)object);
		break;
	case CX_SQ:
		sq_clear(cx, (struct cx_sq *)object);
		break;
	case CX_RQ:
		rq_clear(cx, (struct cx_rq *)object);
		break;
	case CX_RMP:
		cx_wq_release(cx, &((struct cx_rmp *)object)->wq);
		break;
	case CX_SRQ:
		srq_clear(cx, (struct cx_srq *)object);
		break;
	case CX_QP:
		qp_clear(cx, (struct cx_qp *)object);
		break;
	case CX_FLOW_TABLE:
		cx_flow_table_clear(cx, (struct cx_flow_table *)object);
		break;
	case CX_FLOW_GROUP:
		cx_flow_group_clear(cx, (struct cx_flow_group *)object);
		break;
	case CX_UMEM:
		cx_buffer_release(&((struct cx_umem *)object)->buffer);
		break;
	case CX_PD: case CX_TD: case CX_UAR: case CX_XRCD: case CX_Q_COUNTER:
	case CX_FLOW_COUNTER: case CX_UCTX: case CX_OBJECT_TYPES:
		break;
	}
	cx_object_remove(cx, object);
	free(object);
}

/* Users before what they use, so that every pointer is still good when it is let go. */
static const enum cx_object_type clear_order[] = {
	CX_FLOW_GROUP, CX_FLOW_TABLE, CX_TIR, CX_RQT, CX_SQ, CX_RQ, CX_QP, CX_SRQ, CX_RMP, CX_TIS,
	CX_CQ, CX_EQ, CX_MKEY, CX_Q_COUNTER, CX_FLOW_COUNTER, CX_XRCD, CX_TD, CX_PD, CX_UAR,
	CX_UMEM, CX_UCTX,
};
_Static_assert(sizeof(clear_order) / sizeof(clear_order[0]) == CX_OBJECT_TYPES, "every type");

unsigned int cx_objects_clear(struct cx *cx)
{
	unsigned int cleared = 0;

	for (size_t i = 0; i < CX_OBJECT_TYPES; i++) {
		struct cx_object *object = cx_object_next(cx, clear_order[i], NULL);

		while (object != NULL) {
			struct cx_object *next = cx_object_next(cx, clear_order[i], object);

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
			      enum cx_object_type type)
{
	int err = cx_object_add(cx, object, type);

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
