// SPDX-License-Identifier: BSD-3-Clause
/*
 * Completion queue commands.
 * Source: docs/protocol.md 7.3, 7.11; UMEM fields as in DPDK's PRM header.
 */
#include "buffer.h"
#include "command.h"

#include <stdlib.h>

#define CONTEXT 0x10
#define PAS 0x110
#define CQ_DBR_UMEM_VALID CX_BIT(CONTEXT + 0x0, 25)
#define CQ_CQE_SIZE CX_FIELD(CONTEXT + 0x0, 23, 21)
#define CQ_COMPRESS CX_BIT(CONTEXT + 0x0, 14)
#define CQ_MINI_FORMAT CX_FIELD(CONTEXT + 0x0, 13, 12)
#define CQ_COMPRESS_LAYOUT CX_FIELD(CONTEXT + 0x0, 1, 0) /* 1: "enhanced", not offered */
#define CQ_MINI_FORMAT_HIGH CX_FIELD(CONTEXT + 0x8, 3, 2) /* as DPDK's PRM header has it */
#define CQ_IGNORE_OVERRUN CX_BIT(CONTEXT + 0x0, 17)
#define CQ_DBR_UMEM CX_DWORD(CONTEXT + 0x4)
#define CQ_PAGE_OFFSET CX_FIELD(CONTEXT + 0x8, 11, 6)
#define CQ_LOG_SIZE CX_FIELD(CONTEXT + 0xc, 28, 24)
#define CQ_UAR CX_FIELD(CONTEXT + 0xc, 23, 0)
#define CQ_EQ CX_DWORD(CONTEXT + 0x14)
#define CQ_LOG_PAGE CX_FIELD(CONTEXT + 0x18, 28, 24)
#define CQ_PRODUCER CX_FIELD(CONTEXT + 0x2c, 23, 0)
#define CQ_STATUS CX_FIELD(CONTEXT + 0x0, 31, 28)
#define CQ_STATUS_OVERFLOW 0x9
#define CQ_DBR_ADDRESS (CONTEXT + 0x38)
#define CQ_UMEM_OFFSET 0x50
#define CQ_UMEM CX_DWORD(0x58)
#define CQ_UMEM_VALID CX_BIT(0x5c, 31)
#define LOG_SIZE_MAX 22
#define MODIFY_FIELDS CX_DWORD(0xc)
#define MODIFY_OVERRUN (1u << 2)

enum { CQE_64 = 0, CQE_128 = 1 };

static struct cx_buffer_source cq_source(const struct cx_request *request)
{
	const uint8_t *in = request->in;
	unsigned int log_page = cx_get(in, CQ_LOG_PAGE) + 12;
	struct cx_buffer_source source = {
		.size = (cx_get(in, CQ_CQE_SIZE) == CQE_128 ? 128ull : 64ull)
			<< cx_get(in, CQ_LOG_SIZE),
		.pas = in + PAS,
		.pas_count = cx_request_pas(request, PAS),
		.log_page = log_page,
		.offset = cx_get(in, CQ_PAGE_OFFSET) * ((1ull << log_page) / CX_PAGE_OFFSET_UNITS),
	};

	if (cx_get(in, CQ_UMEM_VALID)) {
		source.umem_valid = true;
		source.umem = cx_get(in, CQ_UMEM);
		source.offset = cx_get64(in, CQ_UMEM_OFFSET);
	}
	return source;
}

static bool is_offered(uint32_t format)
{
	return format == CX_MINI_HASH || format == CX_MINI_CHECKSUM ||
	       format == CX_MINI_CHECKSUM_STRIDE;
}

/* Other formats and sizes have capabilities of their own, which are not set. */
static enum cx_status compression_parse(struct cx_request *request, struct cx_cq *cq)
{
	const uint8_t *in = request->in;

	if (!cx_get(in, CQ_COMPRESS))
		return CX_OK;
	if (cq->cqe128 || !is_offered(cx_get(in, CQ_MINI_FORMAT)) ||
	    cx_get(in, CQ_MINI_FORMAT_HIGH) != 0 || cx_get(in, CQ_COMPRESS_LAYOUT) != 0)
		return cx_refuse(request, CX_BAD_PARAM, "a compression that is not offered");
	cq->session = calloc(1, sizeof(*cq->session));
	if (cq->session == NULL)
		return CX_NO_RES;
	cq->session->format = cx_get(in, CQ_MINI_FORMAT);
	return CX_OK;
}

static void cq_clear(struct cx *cx, struct cx_object *object)
{
	struct cx_cq *cq = (struct cx_cq *)object;

	cx_late_forget(cx, cq);
	cx_object_let_go(&cq->eq->object);
	cx_object_let_go(cq->dbr_umem);
	cx_buffer_release(&cq->buffer);
	free(cq->session);
}

static const struct cx_object_kind cq_kind = { CX_CQ, 1, 1u << 17, cq_clear };

static enum cx_status create_cq(struct cx *cx, struct cx_request *request)
{
	const uint8_t *in = request->in;
	const struct cx_buffer_source source = cq_source(request);
	struct cx_eq *eq = (struct cx_eq *)cx_object_find(cx, CX_EQ, cx_get(in, CQ_EQ));
	enum cx_status status;
	struct cx_cq *cq;

	if (cx_get(in, CQ_CQE_SIZE) > CQE_128 || cx_get(in, CQ_LOG_SIZE) > LOG_SIZE_MAX)
		return cx_refuse(request, CX_BAD_PARAM, "impossible CQE or CQ size");
	/* EQs and UARs are the kernel's; user contexts name them freely. */
	if (eq == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such EQ");
	if (cx_object_find(cx, CX_UAR, cx_get(in, CQ_UAR)) == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such UAR");
	cq = calloc(1, sizeof(*cq));
	if (cq == NULL)
		return CX_NO_RES;
	cq->eq = eq;
	cq->log_size = (uint8_t)cx_get(in, CQ_LOG_SIZE);
	cq->cqe128 = cx_get(in, CQ_CQE_SIZE) == CQE_128;
	cq->ignore_overrun = cx_get(in, CQ_IGNORE_OVERRUN);
	status = compression_parse(request, cq);
	if (status != CX_OK)
		goto err_free;
	status = cx_buffer_create(cx, request, &source, &cq->buffer);
	if (status != CX_OK)
		goto err_free_session;
	status = cx_doorbell_create(cx, request, cx_get(in, CQ_DBR_UMEM_VALID),
				    cx_get(in, CQ_DBR_UMEM), cx_get64(in, CQ_DBR_ADDRESS),
				    &cq->dbr, &cq->dbr_umem);
	if (status != CX_OK)
		goto err_release_buffer;
	status = cx_request_add(cx, request, &cq->object, &cq_kind);
	if (status != CX_OK)
		goto err_release_record;
	eq->object.users++;
	return CX_OK;

err_release_record:
	if (cq->dbr_umem != NULL)
		cq->dbr_umem->users--;
err_release_buffer:
	cx_buffer_release(&cq->buffer);
err_free_session:
	free(cq->session);
err_free:
	free(cq);
	return status;
}

static enum cx_status destroy_cq(struct cx *cx, struct cx_request *request)
{
	return cx_request_destroy(cx, request, CX_CQ);
}

static struct cx_cq *cq_find(struct cx *cx, const struct cx_request *request)
{
	return (struct cx_cq *)cx_request_object(cx, request, CX_CQ,
						 cx_get(request->in, CX_OBJECT_NUMBER));
}

static enum cx_status query_cq(struct cx *cx, struct cx_request *request)
{
	struct cx_cq *cq = cq_find(cx, request);

	if (cq == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such CQ");
	cx_session_end(cx, cq);
	if (cq->session != NULL) {
		cx_set(request->out, CQ_COMPRESS, 1);
		cx_set(request->out, CQ_MINI_FORMAT, cq->session->format);
	}
	cx_set(request->out, CQ_STATUS, cq->error ? CQ_STATUS_OVERFLOW : 0);
	cx_set(request->out, CQ_CQE_SIZE, cq->cqe128 ? CQE_128 : CQE_64);
	cx_set(request->out, CQ_IGNORE_OVERRUN, cq->ignore_overrun);
	cx_set(request->out, CQ_LOG_SIZE, cq->log_size);
	cx_set(request->out, CQ_EQ, cq->eq->object.number);
	cx_set(request->out, CQ_PRODUCER, cq->producer);
	cx_set64(request->out, CQ_DBR_ADDRESS, cq->dbr);
	return CX_OK;
}

/* Moderation is accepted and ignored: an event too many is harmless. Resizing is not offered. */
static enum cx_status modify_cq(struct cx *cx, struct cx_request *request)
{
	struct cx_cq *cq = cq_find(cx, request);

	if (cq == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such CQ");
	if (request->op_mod != 0)
		return cx_refuse(request, CX_BAD_PARAM, "CQs cannot be resized");
	if (cx_get(request->in, MODIFY_FIELDS) & MODIFY_OVERRUN)
		cq->ignore_overrun = cx_get(request->in, CQ_IGNORE_OVERRUN);
	return CX_OK;
}

const struct cx_operation cx_operations_cq[] = {
	{ 0x400, CX_STAGE_READY, 272, 16, "CREATE_CQ", create_cq },
	{ 0x401, CX_STAGE_READY, 16, 8, "DESTROY_CQ", destroy_cq },
	{ 0x402, CX_STAGE_READY, 16, 0x50, "QUERY_CQ", query_cq },
	{ 0x403, CX_STAGE_READY, 80, 8, "MODIFY_CQ", modify_cq },
	{ 0 },
};
