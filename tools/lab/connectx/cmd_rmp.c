// SPDX-License-Identifier: BSD-3-Clause
/*
 * Receive memory pools: shared receive queues of user space and of mlx5_ib. They are kept and
 * checked; no RQ takes its memory from one, so they carry no packets.
 * Source: docs/protocol.md 7.10.
 */
#include "wq.h"

#include <stdlib.h>

#define MODIFY_FROM CX_FIELD(0x8, 31, 28)

static void rmp_clear(struct cx *cx, struct cx_object *object)
{
	cx_wq_release(cx, &((struct cx_rmp *)object)->wq);
}

static const struct cx_object_kind rmp_kind = { CX_RMP, CX_SRQN_FIRST, CX_SRQN_LIMIT, rmp_clear };

static enum cx_status create_rmp(struct cx *cx, struct cx_request *request)
{
	uint32_t state = cx_get(request->in, CX_QUEUE_STATE);
	enum cx_status status;
	struct cx_rmp *rmp;

	if (state != CX_QUEUE_RST && state != CX_QUEUE_RDY)
		return cx_refuse(request, CX_BAD_PARAM, "an RMP starts in RST or RDY");
	rmp = calloc(1, sizeof(*rmp));
	if (rmp == NULL)
		return CX_NO_RES;
	rmp->state = (enum cx_queue_state)state;
	status = cx_wq_create(cx, request, &rmp->wq);
	if (status != CX_OK)
		goto err_free;
	status = cx_request_add(cx, request, &rmp->object, &rmp_kind);
	if (status != CX_OK)
		goto err_release_wq;
	return CX_OK;

err_release_wq:
	cx_wq_release(cx, &rmp->wq);
err_free:
	free(rmp);
	return status;
}

static struct cx_rmp *rmp_find(struct cx *cx, const struct cx_request *request)
{
	return (struct cx_rmp *)cx_request_object(cx, request, CX_RMP,
						  cx_get(request->in, CX_OBJECT_NUMBER));
}

static enum cx_status modify_rmp(struct cx *cx, struct cx_request *request)
{
	struct cx_rmp *rmp = rmp_find(cx, request);
	uint32_t to = cx_get(request->in, CX_QUEUE_STATE);

	if (rmp == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such RMP");
	if (cx_get(request->in, MODIFY_FROM) != rmp->state)
		return cx_refuse(request, CX_BAD_RES_STATE, "the RMP is in another state");
	if (to != CX_QUEUE_RST && to != CX_QUEUE_RDY && to != CX_QUEUE_ERR)
		return cx_refuse(request, CX_BAD_RES_STATE, "no such state");
	rmp->state = (enum cx_queue_state)to;
	return CX_OK;
}

static enum cx_status destroy_rmp(struct cx *cx, struct cx_request *request)
{
	return cx_request_destroy(cx, request, CX_RMP);
}

static enum cx_status query_rmp(struct cx *cx, struct cx_request *request)
{
	const struct cx_rmp *rmp = rmp_find(cx, request);

	if (rmp == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such RMP");
	cx_set(request->out, CX_QUEUE_STATE, rmp->state);
	cx_wq_query(&rmp->wq, 0, request->out);
	return CX_OK;
}

const struct cx_operation cx_operations_rmp[] = {
	{ 0x90c, CX_STAGE_READY, 272, 16, "CREATE_RMP", create_rmp },
	{ 0x90d, CX_STAGE_READY, 272, 8, "MODIFY_RMP", modify_rmp },
	{ 0x90e, CX_STAGE_READY, 16, 8, "DESTROY_RMP", destroy_rmp },
	{ 0x90f, CX_STAGE_READY, 16, 272, "QUERY_RMP", query_rmp },
	{ 0 },
};
