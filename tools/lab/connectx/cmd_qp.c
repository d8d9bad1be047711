// SPDX-License-Identifier: BSD-3-Clause
/*
 * Queue pairs and shared receive queues of the InfiniBand transports. mlx5_ib creates a few for
 * itself before it registers; they keep their state and references, and move no data.
 * Source: docs/protocol.md 7.10, 7.11.
 */
#include "command.h"

#include <stdlib.h>

#define QP_CONTEXT 0x18
#define QP_STATE CX_FIELD(QP_CONTEXT + 0x0, 31, 28)
#define QP_PD CX_FIELD(QP_CONTEXT + 0x4, 23, 0)
#define QP_SEND_CQ CX_FIELD(QP_CONTEXT + 0x7c, 23, 0)
#define QP_RECV_CQ CX_FIELD(QP_CONTEXT + 0x9c, 23, 0)
#define SRQ_CONTEXT 0x10
#define SRQ_XRCD CX_FIELD(SRQ_CONTEXT + 0x4, 23, 0)
#define SRQ_CQ CX_FIELD(SRQ_CONTEXT + 0x8, 23, 0)
#define SRQ_PD CX_FIELD(SRQ_CONTEXT + 0x18, 23, 0)

enum { OP_RST2INIT = 0x502, OP_INIT2RTR = 0x503, OP_RTR2RTS = 0x504, OP_RTS2RTS = 0x505,
       OP_2ERR = 0x507, OP_2RST = 0x50a, OP_INIT2INIT = 0x50e };

/* The CQ a context names: 0 is none. */
static enum cx_status cq_use(struct cx *cx, struct cx_request *request, uint32_t number,
			     struct cx_cq **cq)
{
	enum cx_status status = cx_request_use(cx, request, CX_CQ, number);

	*cq = status == CX_OK ? (struct cx_cq *)cx_object_find(cx, CX_CQ, number) : NULL;
	return status;
}

static void qp_clear(struct cx *cx, struct cx_object *object)
{
	struct cx_qp *qp = (struct cx_qp *)object;

	cx_object_unuse(cx, CX_PD, qp->pd);
	if (qp->send_cq != NULL)
		cx_object_let_go(&qp->send_cq->object);
	if (qp->recv_cq != NULL)
		cx_object_let_go(&qp->recv_cq->object);
}

static const struct cx_object_kind qp_kind = { CX_QP, CX_QPN_FIRST, CX_QPN_LIMIT, qp_clear };

static enum cx_status create_qp(struct cx *cx, struct cx_request *request)
{
	struct cx_qp *qp = calloc(1, sizeof(*qp));
	uint32_t pd = cx_get(request->in, QP_PD), send_cq = cx_get(request->in, QP_SEND_CQ);
	uint32_t recv_cq = cx_get(request->in, QP_RECV_CQ);
	enum cx_status status;

	if (qp == NULL)
		return CX_NO_RES;
	qp->state = CX_QP_RST;
	qp->pd = pd;
	status = cx_request_use(cx, request, CX_PD, pd);
	if (status != CX_OK)
		goto err_free;
	status = cq_use(cx, request, send_cq, &qp->send_cq);
	if (status != CX_OK)
		goto err_unuse_pd;
	status = cq_use(cx, request, recv_cq, &qp->recv_cq);
	if (status != CX_OK)
		goto err_unuse_send_cq;
	status = cx_request_add(cx, request, &qp->object, &qp_kind);
	if (status != CX_OK)
		goto err_unuse_recv_cq;
	return CX_OK;

err_unuse_recv_cq:
	cx_object_unuse(cx, CX_CQ, recv_cq);
err_unuse_send_cq:
	cx_object_unuse(cx, CX_CQ, send_cq);
err_unuse_pd:
	cx_object_unuse(cx, CX_PD, pd);
err_free:
	free(qp);
	return status;
}

static struct cx_qp *qp_find(struct cx *cx, const struct cx_request *request)
{
	return (struct cx_qp *)cx_request_object(cx, request, CX_QP,
						 cx_get(request->in, CX_OBJECT_NUMBER));
}

static enum cx_status modify_qp(struct cx *cx, struct cx_request *request)
{
	static const struct {
		uint16_t opcode;
		uint8_t from; /* bit n: state n */
		enum cx_qp_state to;
	} step[] = {
		{ OP_RST2INIT, 1u << CX_QP_RST, CX_QP_INIT },
		{ OP_INIT2INIT, 1u << CX_QP_INIT, CX_QP_INIT },
		{ OP_INIT2RTR, 1u << CX_QP_INIT, CX_QP_RTR },
		{ OP_RTR2RTS, 1u << CX_QP_RTR, CX_QP_RTS },
		{ OP_RTS2RTS, 1u << CX_QP_RTS, CX_QP_RTS },
		{ OP_2ERR, 0xff, CX_QP_ERR },
		{ OP_2RST, 0xff, CX_QP_RST },
	};
	struct cx_qp *qp = qp_find(cx, request);

	if (qp == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such QP");
	for (size_t i = 0; i < sizeof(step) / sizeof(step[0]); i++) {
		if (step[i].opcode != request->opcode)
			continue;
		if ((step[i].from & 1u << qp->state) == 0)
			break;
		qp->state = step[i].to;
		return CX_OK;
	}
	return cx_refuse(request, CX_BAD_QP_STATE, "no such transition");
}

static enum cx_status destroy_qp(struct cx *cx, struct cx_request *request)
{
	return cx_request_destroy(cx, request, CX_QP);
}

static enum cx_status query_qp(struct cx *cx, struct cx_request *request)
{
	const struct cx_qp *qp = qp_find(cx, request);
	static const uint8_t state[] = { /* as the context counts them */
		[CX_QP_RST] = 0, [CX_QP_INIT] = 1, [CX_QP_RTR] = 2, [CX_QP_RTS] = 3,
		[CX_QP_ERR] = 6,
	};

	if (qp == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such QP");
	cx_set(request->out, QP_STATE, state[qp->state]);
	cx_set(request->out, QP_PD, qp->pd);
	return CX_OK;
}

static void srq_clear(struct cx *cx, struct cx_object *object)
{
	struct cx_srq *srq = (struct cx_srq *)object;

	cx_object_unuse(cx, CX_PD, srq->pd);
	cx_object_unuse(cx, CX_XRCD, srq->xrcd);
	if (srq->cq != NULL)
		cx_object_let_go(&srq->cq->object);
}

static const struct cx_object_kind srq_kind = { CX_SRQ, CX_SRQN_FIRST, CX_SRQN_LIMIT, srq_clear };

static enum cx_status create_xrc_srq(struct cx *cx, struct cx_request *request)
{
	uint32_t pd = cx_get(request->in, SRQ_PD), xrcd = cx_get(request->in, SRQ_XRCD);
	uint32_t cq = cx_get(request->in, SRQ_CQ);
	struct cx_srq *srq = calloc(1, sizeof(*srq));
	enum cx_status status;

	if (srq == NULL)
		return CX_NO_RES;
	srq->pd = pd;
	srq->xrcd = xrcd;
	status = cx_request_use(cx, request, CX_PD, pd);
	if (status != CX_OK)
		goto err_free;
	status = cx_request_use(cx, request, CX_XRCD, xrcd);
	if (status != CX_OK)
		goto err_unuse_pd;
	status = cq_use(cx, request, cq, &srq->cq);
	if (status != CX_OK)
		goto err_unuse_xrcd;
	status = cx_request_add(cx, request, &srq->object, &srq_kind);
	if (status != CX_OK)
		goto err_unuse_cq;
	return CX_OK;

err_unuse_cq:
	cx_object_unuse(cx, CX_CQ, cq);
err_unuse_xrcd:
	cx_object_unuse(cx, CX_XRCD, xrcd);
err_unuse_pd:
	cx_object_unuse(cx, CX_PD, pd);
err_free:
	free(srq);
	return status;
}

static enum cx_status destroy_xrc_srq(struct cx *cx, struct cx_request *request)
{
	return cx_request_destroy(cx, request, CX_SRQ);
}

const struct cx_operation cx_operations_qp[] = {
	{ 0x500, CX_STAGE_READY, 272, 16, "CREATE_QP", create_qp },
	{ 0x501, CX_STAGE_READY, 16, 8, "DESTROY_QP", destroy_qp },
	{ OP_RST2INIT, CX_STAGE_READY, 16, 8, "RST2INIT_QP", modify_qp },
	{ OP_INIT2RTR, CX_STAGE_READY, 16, 8, "INIT2RTR_QP", modify_qp },
	{ OP_RTR2RTS, CX_STAGE_READY, 16, 8, "RTR2RTS_QP", modify_qp },
	{ OP_RTS2RTS, CX_STAGE_READY, 16, 8, "RTS2RTS_QP", modify_qp },
	{ OP_2ERR, CX_STAGE_READY, 16, 8, "2ERR_QP", modify_qp },
	{ OP_2RST, CX_STAGE_READY, 16, 8, "2RST_QP", modify_qp },
	{ OP_INIT2INIT, CX_STAGE_READY, 16, 8, "INIT2INIT_QP", modify_qp },
	{ 0x50b, CX_STAGE_READY, 16, 0x100, "QUERY_QP", query_qp },
	{ 0x705, CX_STAGE_READY, 272, 16, "CREATE_XRC_SRQ", create_xrc_srq },
	{ 0x706, CX_STAGE_READY, 16, 8, "DESTROY_XRC_SRQ", destroy_xrc_srq },
	{ 0 },
};
