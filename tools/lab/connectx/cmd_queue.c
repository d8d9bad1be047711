// SPDX-License-Identifier: BSD-3-Clause
/*
 * Send and receive queue commands. The state machine is RST -> RDY -> ERR -> RST, with RST always
 * reachable; a MODIFY that is wrong about the present state is refused.
 * Source: docs/protocol.md 7.3, 7.10, 7.11.
 */
#include "wq.h"

#include <stdlib.h>

#define SQ_FLUSH_IN_ERROR CX_BIT(CX_QUEUE_CONTEXT + 0x0, 28)
#define SQ_MULTI_PACKET CX_BIT(CX_QUEUE_CONTEXT + 0x0, 27)
#define SQ_MIN_INLINE CX_FIELD(CX_QUEUE_CONTEXT + 0x0, 26, 24)
#define SQ_TIS_COUNT CX_FIELD(CX_QUEUE_CONTEXT + 0x20, 31, 16)
#define SQ_TIS CX_FIELD(CX_QUEUE_CONTEXT + 0x2c, 23, 0)
#define SQ_LOG_STRIDE 6 /* the WQE building block, 64 bytes */
#define SQ_UAR CX_FIELD(CX_QUEUE_WQ + 0xc, 23, 0)
#define RQ_VLAN_STRIP_OFF CX_BIT(CX_QUEUE_CONTEXT + 0x0, 28)
#define RQ_MEMORY_TYPE CX_FIELD(CX_QUEUE_CONTEXT + 0x0, 27, 24)
#define RQ_FLUSH_IN_ERROR CX_BIT(CX_QUEUE_CONTEXT + 0x0, 18)
#define RQ_COUNTER CX_FIELD(CX_QUEUE_CONTEXT + 0xc, 31, 24)
#define QUEUE_USER_INDEX CX_FIELD(CX_QUEUE_CONTEXT + 0x4, 23, 0)
#define QUEUE_CQ CX_FIELD(CX_QUEUE_CONTEXT + 0x8, 23, 0)
#define MODIFY_FROM CX_FIELD(0x8, 31, 28)
#define MODIFY_BITS 0x10
#define MODIFY_RQ_VSD (1u << 1)
#define MODIFY_RQ_COUNTER (1u << 3)

/* Which states MODIFY may lead to: bit n of the row is state n. */
static bool transition_is_legal(enum cx_queue_state from, uint32_t to)
{
	static const uint8_t legal[] = {
		[CX_QUEUE_RST] = 1u << CX_QUEUE_RST | 1u << CX_QUEUE_RDY | 1u << CX_QUEUE_ERR,
		[CX_QUEUE_RDY] = 1u << CX_QUEUE_RST | 1u << CX_QUEUE_RDY | 1u << CX_QUEUE_ERR,
		/* Not back to RDY: what was flushed must not be sent after all. */
		[CX_QUEUE_ERR] = 1u << CX_QUEUE_RST | 1u << CX_QUEUE_ERR,
	};

	return (legal[from] & 1u << to) != 0;
}

static enum cx_status transition_check(struct cx_request *request, enum cx_queue_state state)
{
	if (cx_get(request->in, MODIFY_FROM) != state)
		return cx_refuse(request, CX_BAD_RES_STATE, "the queue is in another state");
	if (!transition_is_legal(state, cx_get(request->in, CX_QUEUE_STATE)))
		return cx_refuse(request, CX_BAD_RES_STATE, "no such transition");
	return CX_OK;
}

static struct cx_cq *queue_cq(struct cx *cx, const struct cx_request *request)
{
	return (struct cx_cq *)cx_request_object(cx, request, CX_CQ,
						 cx_get(request->in, QUEUE_CQ));
}

static enum cx_status sq_check(struct cx *cx, struct cx_request *request, struct cx_sq *sq)
{
	const uint8_t *in = request->in;
	uint32_t tis_count = cx_get(in, SQ_TIS_COUNT);

	if (cx_get(in, CX_QUEUE_STATE) != CX_QUEUE_RST)
		return cx_refuse(request, CX_BAD_PARAM, "a queue starts in RST");
	sq->cq = queue_cq(cx, request);
	if (sq->cq == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such CQ");
	if (cx_object_find(cx, CX_UAR, cx_get(in, SQ_UAR)) == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such UAR");
	if (cx_get(in, SQ_MIN_INLINE) > CX_INLINE_MODE_MAX)
		return cx_refuse(request, CX_BAD_PARAM, "unknown inline mode");
	if (tis_count > 1)
		return cx_refuse(request, CX_BAD_PARAM, "more than one TIS");
	if (tis_count == 1) {
		sq->tis = (struct cx_tis *)cx_request_object(cx, request, CX_TIS,
							     cx_get(in, SQ_TIS));
		if (sq->tis == NULL)
			return cx_refuse(request, CX_BAD_RES, "no such TIS");
	}
	return CX_OK;
}

static void sq_clear(struct cx *cx, struct cx_object *object)
{
	struct cx_sq *sq = (struct cx_sq *)object;

	cx_object_let_go(&sq->cq->object);
	if (sq->tis != NULL)
		cx_object_let_go(&sq->tis->object);
	cx_wq_release(cx, &sq->wq);
}

static const struct cx_object_kind sq_kind = { CX_SQ, CX_QPN_FIRST, CX_QPN_LIMIT, sq_clear };

static enum cx_status create_sq(struct cx *cx, struct cx_request *request)
{
	struct cx_sq *sq = calloc(1, sizeof(*sq));
	enum cx_status status;

	if (sq == NULL)
		return CX_NO_RES;
	status = sq_check(cx, request, sq);
	if (status != CX_OK)
		goto err_free;
	status = cx_wq_create(cx, request, &sq->wq);
	if (status != CX_OK)
		goto err_free;
	if (sq->wq.log_stride != SQ_LOG_STRIDE || sq->wq.type != CX_WQ_CYCLIC) {
		status = cx_refuse(request, CX_BAD_PARAM, "an SQ is cyclic, 64 bytes a block");
		goto err_release_wq;
	}
	status = cx_request_add(cx, request, &sq->object, &sq_kind);
	if (status != CX_OK)
		goto err_release_wq;
	sq->user_index = cx_get(request->in, QUEUE_USER_INDEX);
	sq->flush_in_error = cx_get(request->in, SQ_FLUSH_IN_ERROR);
	sq->multi_packet = cx_get(request->in, SQ_MULTI_PACKET);
	sq->uar = cx_get(request->in, SQ_UAR);
	sq->min_inline = (uint8_t)cx_get(request->in, SQ_MIN_INLINE);
	sq->cq->object.users++;
	if (sq->tis != NULL)
		sq->tis->object.users++;
	return CX_OK;

err_release_wq:
	cx_wq_release(cx, &sq->wq);
err_free:
	free(sq);
	return status;
}

static struct cx_sq *sq_find(struct cx *cx, const struct cx_request *request)
{
	return (struct cx_sq *)cx_request_object(cx, request, CX_SQ,
						 cx_get(request->in, CX_OBJECT_NUMBER));
}

static enum cx_status modify_sq(struct cx *cx, struct cx_request *request)
{
	struct cx_sq *sq = sq_find(cx, request);
	enum cx_status status;

	if (sq == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such SQ");
	status = transition_check(request, sq->state);
	if (status == CX_OK)
		cx_sq_set_state(cx, sq, cx_get(request->in, CX_QUEUE_STATE));
	return status;
}

static enum cx_status destroy_sq(struct cx *cx, struct cx_request *request)
{
	return cx_request_destroy(cx, request, CX_SQ);
}

static enum cx_status query_sq(struct cx *cx, struct cx_request *request)
{
	const struct cx_sq *sq = sq_find(cx, request);

	if (sq == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such SQ");
	cx_set(request->out, CX_QUEUE_STATE, sq->state);
	cx_set(request->out, SQ_FLUSH_IN_ERROR, sq->flush_in_error);
	cx_set(request->out, SQ_MULTI_PACKET, sq->multi_packet);
	cx_set(request->out, SQ_MIN_INLINE, sq->min_inline);
	cx_set(request->out, QUEUE_USER_INDEX, sq->user_index);
	cx_set(request->out, QUEUE_CQ, sq->cq->object.number);
	if (sq->tis != NULL) {
		cx_set(request->out, SQ_TIS_COUNT, 1);
		cx_set(request->out, SQ_TIS, sq->tis->object.number);
	}
	cx_wq_query(&sq->wq, sq->consumer, request->out);
	return CX_OK;
}

static enum cx_status rq_check(struct cx *cx, struct cx_request *request, struct cx_rq *rq)
{
	if (cx_get(request->in, CX_QUEUE_STATE) != CX_QUEUE_RST)
		return cx_refuse(request, CX_BAD_PARAM, "a queue starts in RST");
	if (cx_get(request->in, RQ_MEMORY_TYPE) != 0)
		return cx_refuse(request, CX_BAD_PARAM, "RQs have their own memory");
	rq->cq = queue_cq(cx, request);
	if (rq->cq == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such CQ");
	return CX_OK;
}

static void rq_clear(struct cx *cx, struct cx_object *object)
{
	struct cx_rq *rq = (struct cx_rq *)object;

	cx_object_let_go(&rq->cq->object);
	cx_object_unuse(cx, CX_Q_COUNTER, rq->counter_set);
	cx_wq_release(cx, &rq->wq);
}

static const struct cx_object_kind rq_kind = { CX_RQ, CX_QPN_FIRST, CX_QPN_LIMIT, rq_clear };

static enum cx_status create_rq(struct cx *cx, struct cx_request *request)
{
	struct cx_rq *rq = calloc(1, sizeof(*rq));
	uint32_t counter = cx_get(request->in, RQ_COUNTER);
	enum cx_status status;

	if (rq == NULL)
		return CX_NO_RES;
	status = rq_check(cx, request, rq);
	if (status != CX_OK)
		goto err_free;
	status = cx_wq_create(cx, request, &rq->wq);
	if (status != CX_OK)
		goto err_free;
	if (rq->wq.type != CX_WQ_CYCLIC) {
		status = cx_refuse(request, CX_BAD_PARAM, "an RQ is cyclic");
		goto err_release_wq;
	}
	status = cx_request_use(cx, request, CX_Q_COUNTER, counter);
	if (status != CX_OK)
		goto err_release_wq;
	status = cx_request_add(cx, request, &rq->object, &rq_kind);
	if (status != CX_OK)
		goto err_unuse_counter;
	rq->user_index = cx_get(request->in, QUEUE_USER_INDEX);
	rq->vlan_strip_off = cx_get(request->in, RQ_VLAN_STRIP_OFF);
	rq->flush_in_error = cx_get(request->in, RQ_FLUSH_IN_ERROR);
	rq->counter_set = (uint8_t)counter;
	rq->cq->object.users++;
	return CX_OK;

err_unuse_counter:
	cx_object_unuse(cx, CX_Q_COUNTER, counter);
err_release_wq:
	cx_wq_release(cx, &rq->wq);
err_free:
	free(rq);
	return status;
}

static struct cx_rq *rq_find(struct cx *cx, const struct cx_request *request)
{
	return (struct cx_rq *)cx_request_object(cx, request, CX_RQ,
						 cx_get(request->in, CX_OBJECT_NUMBER));
}

static enum cx_status modify_rq(struct cx *cx, struct cx_request *request)
{
	uint64_t bits = cx_get64(request->in, MODIFY_BITS);
	uint32_t counter = cx_get(request->in, RQ_COUNTER);
	struct cx_rq *rq = rq_find(cx, request);
	enum cx_status status;

	if (rq == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such RQ");
	status = transition_check(request, rq->state);
	if (status != CX_OK)
		return status;
	if (bits & MODIFY_RQ_COUNTER) {
		status = cx_request_use(cx, request, CX_Q_COUNTER, counter);
		if (status != CX_OK)
			return status;
		cx_object_unuse(cx, CX_Q_COUNTER, rq->counter_set);
		rq->counter_set = (uint8_t)counter;
	}
	if (bits & MODIFY_RQ_VSD)
		rq->vlan_strip_off = cx_get(request->in, RQ_VLAN_STRIP_OFF);
	cx_rq_set_state(cx, rq, cx_get(request->in, CX_QUEUE_STATE));
	return CX_OK;
}

static enum cx_status destroy_rq(struct cx *cx, struct cx_request *request)
{
	const struct cx_rq *rq = rq_find(cx, request);

	if (rq != NULL)
		cx_session_end(cx, rq->cq);
	return cx_request_destroy(cx, request, CX_RQ);
}

static enum cx_status query_rq(struct cx *cx, struct cx_request *request)
{
	const struct cx_rq *rq = rq_find(cx, request);

	if (rq == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such RQ");
	cx_set(request->out, CX_QUEUE_STATE, rq->state);
	cx_set(request->out, RQ_VLAN_STRIP_OFF, rq->vlan_strip_off);
	cx_set(request->out, RQ_FLUSH_IN_ERROR, rq->flush_in_error);
	cx_set(request->out, QUEUE_USER_INDEX, rq->user_index);
	cx_set(request->out, QUEUE_CQ, rq->cq->object.number);
	cx_set(request->out, RQ_COUNTER, rq->counter_set);
	cx_wq_query(&rq->wq, rq->consumer, request->out);
	return CX_OK;
}

const struct cx_operation cx_operations_queue[] = {
	{ 0x904, CX_STAGE_READY, 272, 16, "CREATE_SQ", create_sq },
	{ 0x905, CX_STAGE_READY, 272, 8, "MODIFY_SQ", modify_sq },
	{ 0x906, CX_STAGE_READY, 16, 8, "DESTROY_SQ", destroy_sq },
	{ 0x907, CX_STAGE_READY, 16, 272, "QUERY_SQ", query_sq },
	{ 0x908, CX_STAGE_READY, 272, 16, "CREATE_RQ", create_rq },
	{ 0x909, CX_STAGE_READY, 272, 8, "MODIFY_RQ", modify_rq },
	{ 0x90a, CX_STAGE_READY, 16, 8, "DESTROY_RQ", destroy_rq },
	{ 0x90b, CX_STAGE_READY, 16, 272, "QUERY_RQ", query_rq },
	{ 0 },
};
