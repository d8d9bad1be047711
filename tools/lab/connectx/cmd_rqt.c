// SPDX-License-Identifier: BSD-3-Clause
/*
 * Receive queue tables: what a hash indexes. A modification replaces all entries or none.
 * Source: docs/protocol.md 7.3, 7.11.
 */
#include "command.h"

#include <stdlib.h>

#define CONTEXT 0x20
#define RQT_MAX_SIZE CX_FIELD(CONTEXT + 0x14, 15, 0)
#define RQT_SIZE CX_FIELD(CONTEXT + 0x18, 15, 0)
#define RQT_LIST (CONTEXT + 0xf0)
#define RQT_ENTRY CX_FIELD(0x0, 23, 0)
#define RQT_MODIFY_LIST CX_BIT(0x14, 0)
#define MAX_SIZE (1u << 11) /* capability log_max_rqt_size */

static void unuse_all(struct cx *cx, const uint32_t *rq, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		cx_object_unuse(cx, CX_RQ, rq[i]);
}

static void list_release(struct cx *cx, struct cx_rqt *rqt)
{
	unuse_all(cx, rqt->rq, rqt->size);
	free(rqt->rq);
}

/* Reads and takes hold of the RQs of a command; *list is the caller's to free. */
static enum cx_status list_parse(struct cx *cx, struct cx_request *request, uint32_t max_size,
				 uint32_t **list, uint32_t *size)
{
	uint32_t count = cx_get(request->in, RQT_SIZE);
	struct cx_object *rq;

	if (count == 0 || count > max_size || (count & (count - 1)) != 0)
		return cx_refuse(request, CX_BAD_PARAM, "impossible RQT size");
	if (request->in_len < RQT_LIST + count * 4)
		return cx_refuse(request, CX_BAD_INPUT_LEN, "the list is shorter than it says");
	*list = malloc(max_size * sizeof(**list));
	if (*list == NULL)
		return CX_NO_RES;
	for (uint32_t i = 0; i < count; i++) {
		(*list)[i] = cx_get(request->in + RQT_LIST + i * 4, RQT_ENTRY);
		rq = cx_request_object(cx, request, CX_RQ, (*list)[i]);
		if (rq == NULL) {
			unuse_all(cx, *list, i);
			free(*list);
			return cx_refuse(request, CX_BAD_RES, "the list names an RQ not there");
		}
		rq->users++;
	}
	*size = count;
	return CX_OK;
}

static void rqt_clear(struct cx *cx, struct cx_object *object)
{
	list_release(cx, (struct cx_rqt *)object);
}

static const struct cx_object_kind rqt_kind = { CX_RQT, 1, 1u << 12, rqt_clear };

static enum cx_status create_rqt(struct cx *cx, struct cx_request *request)
{
	struct cx_rqt *rqt = calloc(1, sizeof(*rqt));
	enum cx_status status;

	if (rqt == NULL)
		return CX_NO_RES;
	rqt->max_size = cx_get(request->in, RQT_MAX_SIZE);
	if (rqt->max_size == 0 || rqt->max_size > MAX_SIZE) {
		status = cx_refuse(request, CX_BAD_PARAM, "impossible RQT size");
		goto err_free;
	}
	status = list_parse(cx, request, rqt->max_size, &rqt->rq, &rqt->size);
	if (status != CX_OK)
		goto err_free;
	status = cx_request_add(cx, request, &rqt->object, &rqt_kind);
	if (status != CX_OK)
		goto err_clear;
	return CX_OK;

err_clear:
	list_release(cx, rqt);
err_free:
	free(rqt);
	return status;
}

static enum cx_status modify_rqt(struct cx *cx, struct cx_request *request)
{
	struct cx_rqt *rqt = (struct cx_rqt *)cx_request_object(
		cx, request, CX_RQT, cx_get(request->in, CX_OBJECT_NUMBER));
	enum cx_status status;
	uint32_t *list, size;

	if (rqt == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such RQT");
	if (!cx_get(request->in, RQT_MODIFY_LIST))
		return CX_OK;
	status = list_parse(cx, request, rqt->max_size, &list, &size);
	if (status != CX_OK)
		return status;
	list_release(cx, rqt);
	rqt->rq = list;
	rqt->size = size;
	return CX_OK;
}

static enum cx_status destroy_rqt(struct cx *cx, struct cx_request *request)
{
	return cx_request_destroy(cx, request, CX_RQT);
}

const struct cx_operation cx_operations_rqt[] = {
	{ 0x916, CX_STAGE_READY, 272, 16, "CREATE_RQT", create_rqt },
	{ 0x917, CX_STAGE_READY, 272, 8, "MODIFY_RQT", modify_rqt },
	{ 0x918, CX_STAGE_READY, 16, 8, "DESTROY_RQT", destroy_rqt },
	{ 0 },
};
