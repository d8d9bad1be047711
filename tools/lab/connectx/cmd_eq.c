// SPDX-License-Identifier: BSD-3-Clause
/*
 * Event queue commands. The driver names the MSI-X vector and the event types it wants; completion
 * events go to the EQ a CQ names, whatever its mask. Entries are initialised by software.
 * Source: docs/protocol.md 7.3, 7.11.
 */
#include "buffer.h"
#include "command.h"

#include <stdlib.h>

#define CONTEXT 0x10
#define EVENT_BITMASK 0x58
#define PAS 0x110
#define EQ_PAGE_OFFSET CX_FIELD(CONTEXT + 0x8, 11, 6)
#define EQ_LOG_SIZE CX_FIELD(CONTEXT + 0xc, 28, 24)
#define EQ_UAR CX_FIELD(CONTEXT + 0xc, 23, 0)
#define EQ_VECTOR CX_FIELD(CONTEXT + 0x14, 11, 0)
#define EQ_LOG_PAGE CX_FIELD(CONTEXT + 0x18, 28, 24)
#define EQ_PRODUCER CX_FIELD(CONTEXT + 0x2c, 23, 0)
#define EQ_OUT_NUMBER CX_FIELD(0x8, 7, 0)
#define QUERY_BITMASK 0x58 /* query_eq_out: behind the context and 8 reserved bytes */
#define EQE_SIZE 64
#define LOG_SIZE_MAX 22

static void eq_clear(struct cx *cx, struct cx_object *object)
{
	(void)cx;
	cx_buffer_release(&((struct cx_eq *)object)->buffer);
}

static const struct cx_object_kind eq_kind = { CX_EQ, 1, 1u << 7, eq_clear };

static enum cx_status create_eq(struct cx *cx, struct cx_request *request)
{
	const uint8_t *in = request->in;
	unsigned int log_page = cx_get(in, EQ_LOG_PAGE) + 12;
	unsigned int log_size = cx_get(in, EQ_LOG_SIZE);
	const struct cx_buffer_source source = {
		.size = (uint64_t)EQE_SIZE << log_size,
		.pas = in + PAS,
		.pas_count = cx_request_pas(request, PAS),
		.log_page = log_page,
		.offset = cx_get(in, EQ_PAGE_OFFSET) * ((1ull << log_page) / CX_PAGE_OFFSET_UNITS),
	};
	enum cx_status status;
	struct cx_eq *eq;

	if (log_size > LOG_SIZE_MAX)
		return cx_refuse(request, CX_BAD_PARAM, "the EQ is too large");
	if (cx_get(in, EQ_VECTOR) >= CX_MSIX_VECTORS)
		return cx_refuse(request, CX_BAD_PARAM, "no such MSI-X vector");
	if (cx_object_find(cx, CX_UAR, cx_get(in, EQ_UAR)) == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such UAR");
	eq = calloc(1, sizeof(*eq));
	if (eq == NULL)
		return CX_NO_RES;
	eq->log_size = (uint8_t)log_size;
	eq->vector = (uint16_t)cx_get(in, EQ_VECTOR);
	eq->event_mask = cx_get64(in, EVENT_BITMASK);
	status = cx_buffer_create(cx, request, &source, &eq->buffer);
	if (status != CX_OK)
		goto err_free;
	status = cx_request_add(cx, request, &eq->object, &eq_kind);
	if (status != CX_OK)
		goto err_release_buffer;
	return CX_OK;

err_release_buffer:
	cx_buffer_release(&eq->buffer);
err_free:
	free(eq);
	return status;
}

static enum cx_status destroy_eq(struct cx *cx, struct cx_request *request)
{
	return cx_request_destroy(cx, request, CX_EQ);
}

static enum cx_status query_eq(struct cx *cx, struct cx_request *request)
{
	const struct cx_eq *eq = (struct cx_eq *)cx_request_object(
		cx, request, CX_EQ, cx_get(request->in, EQ_OUT_NUMBER));

	if (eq == NULL)
		return CX_BAD_RES;
	cx_set(request->out, EQ_LOG_SIZE, eq->log_size);
	cx_set(request->out, EQ_VECTOR, eq->vector);
	cx_set(request->out, EQ_PRODUCER, eq->producer);
	cx_set64(request->out, QUERY_BITMASK, eq->event_mask);
	return CX_OK;
}

const struct cx_operation cx_operations_eq[] = {
	{ 0x301, CX_STAGE_READY, 272, 16, "CREATE_EQ", create_eq },
	{ 0x302, CX_STAGE_READY, 16, 8, "DESTROY_EQ", destroy_eq },
	{ 0x303, CX_STAGE_READY, 16, 0x60, "QUERY_EQ", query_eq },
	{ 0 },
};
