// SPDX-License-Identifier: BSD-3-Clause
/*
 * Transport interfaces: TIS (what SQs send through) and TIR (where received flows end: one RQ, or
 * an RQ table and a hash).
 * Source: docs/protocol.md 7.3, 7.11.
 */
#include "command.h"

#include <stdlib.h>

#define CONTEXT 0x20
#define QUERY_CONTEXT 0x10
#define TIS_PRIO_AT(at) CX_FIELD((at) + 0x0, 19, 16)
#define TIS_TD_AT(at) CX_FIELD((at) + 0x24, 23, 0)
#define TIS_PD_AT(at) CX_FIELD((at) + 0x2c, 23, 0)
#define TIS_PRIO TIS_PRIO_AT(CONTEXT)
#define TIS_TD TIS_TD_AT(CONTEXT)
#define TIS_PD TIS_PD_AT(CONTEXT)
#define TIS_MODIFY_PRIO CX_BIT(0x14, 0)
#define TIR_DISPATCH CX_FIELD(CONTEXT + 0x4, 31, 28)
#define TIR_RQ CX_FIELD(CONTEXT + 0x1c, 23, 0)
#define TIR_SYMMETRIC CX_BIT(CONTEXT + 0x20, 31)
#define TIR_RQT CX_FIELD(CONTEXT + 0x20, 23, 0)
#define TIR_HASH_FN CX_FIELD(CONTEXT + 0x24, 31, 28)
#define TIR_SELF_LB_BLOCK CX_FIELD(CONTEXT + 0x24, 25, 24)
#define TIR_TD CX_FIELD(CONTEXT + 0x24, 23, 0)
#define TIR_KEY (CONTEXT + 0x28)
#define TIR_L3_IPV6 CX_BIT(CONTEXT + 0x50, 31)
#define TIR_L4_UDP CX_BIT(CONTEXT + 0x50, 30)
#define TIR_FIELDS CX_FIELD(CONTEXT + 0x50, 29, 0)
#define TIR_MODIFY_HASH CX_BIT(0x14, 2)
#define TIR_MODIFY_SELF_LB CX_BIT(0x14, 4)

enum { DISPATCH_DIRECT = 0, DISPATCH_INDIRECT = 1 };
enum { HASH_NONE = 0, HASH_XOR = 1, HASH_TOEPLITZ = 2 };

static void tis_clear(struct cx *cx, struct cx_object *object)
{
	struct cx_tis *tis = (struct cx_tis *)object;

	cx_object_unuse(cx, CX_TD, tis->td);
	cx_object_unuse(cx, CX_PD, tis->pd);
}

static const struct cx_object_kind tis_kind = { CX_TIS, 1, 1u << 16, tis_clear };

static enum cx_status create_tis(struct cx *cx, struct cx_request *request)
{
	uint32_t td = cx_get(request->in, TIS_TD), pd = cx_get(request->in, TIS_PD);
	struct cx_tis *tis = calloc(1, sizeof(*tis));
	enum cx_status status;

	if (tis == NULL)
		return CX_NO_RES;
	tis->prio = (uint8_t)cx_get(request->in, TIS_PRIO);
	tis->td = td;
	tis->pd = pd;
	status = cx_request_use(cx, request, CX_TD, td);
	if (status != CX_OK)
		goto err_free;
	status = cx_request_use(cx, request, CX_PD, pd);
	if (status != CX_OK)
		goto err_unuse_td;
	status = cx_request_add(cx, request, &tis->object, &tis_kind);
	if (status != CX_OK)
		goto err_unuse_pd;
	return CX_OK;

err_unuse_pd:
	cx_object_unuse(cx, CX_PD, pd);
err_unuse_td:
	cx_object_unuse(cx, CX_TD, td);
err_free:
	free(tis);
	return status;
}

static struct cx_tis *tis_find(struct cx *cx, const struct cx_request *request)
{
	return (struct cx_tis *)cx_request_object(cx, request, CX_TIS,
						  cx_get(request->in, CX_OBJECT_NUMBER));
}

/* net_mlx5 asks which transport domain the verbs layer gave a queue pair. */
static enum cx_status query_tis(struct cx *cx, struct cx_request *request)
{
	const struct cx_tis *tis = tis_find(cx, request);

	if (tis == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such TIS");
	cx_set(request->out, TIS_PRIO_AT(QUERY_CONTEXT), tis->prio);
	cx_set(request->out, TIS_TD_AT(QUERY_CONTEXT), tis->td);
	cx_set(request->out, TIS_PD_AT(QUERY_CONTEXT), tis->pd);
	return CX_OK;
}

static enum cx_status modify_tis(struct cx *cx, struct cx_request *request)
{
	struct cx_tis *tis = tis_find(cx, request);

	if (tis == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such TIS");
	if (cx_get(request->in, TIS_MODIFY_PRIO))
		tis->prio = (uint8_t)cx_get(request->in, TIS_PRIO);
	return CX_OK;
}

static enum cx_status destroy_tis(struct cx *cx, struct cx_request *request)
{
	return cx_request_destroy(cx, request, CX_TIS);
}

static enum cx_status hash_parse(struct cx_request *request, struct cx_tir *tir)
{
	const uint8_t *in = request->in;

	if (cx_get(in, TIR_HASH_FN) > HASH_TOEPLITZ)
		return cx_refuse(request, CX_BAD_PARAM, "unknown hash function");
	tir->hash_fn = (uint8_t)cx_get(in, TIR_HASH_FN);
	tir->symmetric = cx_get(in, TIR_SYMMETRIC);
	memcpy(tir->key, in + TIR_KEY, sizeof(tir->key));
	tir->l3_ipv6 = cx_get(in, TIR_L3_IPV6);
	tir->l4_udp = cx_get(in, TIR_L4_UDP);
	tir->fields = cx_get(in, TIR_FIELDS);
	return CX_OK;
}

/* Finds what the TIR leads to; *target gets a user more when the TIR is there to stay. */
static enum cx_status tir_target(struct cx *cx, struct cx_request *request, struct cx_tir *tir,
				 struct cx_object **target)
{
	switch (cx_get(request->in, TIR_DISPATCH)) {
	case DISPATCH_DIRECT:
		tir->rq = cx_get(request->in, TIR_RQ);
		*target = cx_request_object(cx, request, CX_RQ, tir->rq);
		break;
	case DISPATCH_INDIRECT:
		*target = cx_request_object(cx, request, CX_RQT, cx_get(request->in, TIR_RQT));
		tir->indirect = true;
		tir->rqt = (struct cx_rqt *)*target;
		break;
	default:
		return cx_refuse(request, CX_BAD_PARAM, "unknown dispatch type");
	}
	return *target != NULL ? CX_OK : cx_refuse(request, CX_BAD_RES, "no such RQ or RQT");
}

static void tir_clear(struct cx *cx, struct cx_object *object)
{
	struct cx_tir *tir = (struct cx_tir *)object;

	if (tir->indirect)
		cx_object_let_go(&tir->rqt->object);
	else
		cx_object_unuse(cx, CX_RQ, tir->rq);
	cx_object_unuse(cx, CX_TD, tir->td);
}

static const struct cx_object_kind tir_kind = { CX_TIR, 1, 1u << 16, tir_clear };

static enum cx_status create_tir(struct cx *cx, struct cx_request *request)
{
	struct cx_tir *tir = calloc(1, sizeof(*tir));
	uint32_t td = cx_get(request->in, TIR_TD);
	struct cx_object *target;
	enum cx_status status;

	if (tir == NULL)
		return CX_NO_RES;
	tir->td = td;
	tir->self_lb_block = (uint8_t)cx_get(request->in, TIR_SELF_LB_BLOCK);
	status = hash_parse(request, tir);
	if (status != CX_OK)
		goto err_free;
	status = tir_target(cx, request, tir, &target);
	if (status != CX_OK)
		goto err_free;
	status = cx_request_use(cx, request, CX_TD, td);
	if (status != CX_OK)
		goto err_free;
	status = cx_request_add(cx, request, &tir->object, &tir_kind);
	if (status != CX_OK)
		goto err_unuse_td;
	target->users++;
	return CX_OK;

err_unuse_td:
	cx_object_unuse(cx, CX_TD, td);
err_free:
	free(tir);
	return status;
}

static enum cx_status modify_tir(struct cx *cx, struct cx_request *request)
{
	struct cx_tir *tir = (struct cx_tir *)cx_request_object(
		cx, request, CX_TIR, cx_get(request->in, CX_OBJECT_NUMBER));
	enum cx_status status = CX_OK;

	if (tir == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such TIR");
	if (cx_get(request->in, TIR_MODIFY_HASH))
		status = hash_parse(request, tir);
	if (status == CX_OK && cx_get(request->in, TIR_MODIFY_SELF_LB))
		tir->self_lb_block = (uint8_t)cx_get(request->in, TIR_SELF_LB_BLOCK);
	return status;
}

static enum cx_status destroy_tir(struct cx *cx, struct cx_request *request)
{
	return cx_request_destroy(cx, request, CX_TIR);
}

const struct cx_operation cx_operations_tir[] = {
	{ 0x900, CX_STAGE_READY, 272, 16, "CREATE_TIR", create_tir },
	{ 0x901, CX_STAGE_READY, 272, 8, "MODIFY_TIR", modify_tir },
	{ 0x902, CX_STAGE_READY, 16, 8, "DESTROY_TIR", destroy_tir },
	{ 0x912, CX_STAGE_READY, 192, 16, "CREATE_TIS", create_tis },
	{ 0x913, CX_STAGE_READY, 192, 8, "MODIFY_TIS", modify_tis },
	{ 0x914, CX_STAGE_READY, 16, 8, "DESTROY_TIS", destroy_tis },
	{ 0x915, CX_STAGE_READY, 16, 176, "QUERY_TIS", query_tis },
	{ 0 },
};
