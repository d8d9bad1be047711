// SPDX-License-Identifier: BSD-3-Clause
/*
 * Commands that allocate a number and nothing else: protection domains, transport domains, XRC
 * domains, and UARs, whose number is a page of BAR0.
 * Source: docs/protocol.md 7.3, 7.7 (UAR layout).
 */
#include "command.h"

#include <stdlib.h>

static const struct cx_object_kind pd_kind = { CX_PD, 1, 1u << 16, NULL };
static const struct cx_object_kind td_kind = { CX_TD, 1, 1u << 10, NULL };
static const struct cx_object_kind xrcd_kind = { CX_XRCD, 1, 1u << 10, NULL };
static const struct cx_object_kind uar_kind = {
	CX_UAR, CX_UAR_FIRST, CX_UAR_FIRST + CX_UAR_COUNT, NULL,
};

static enum cx_status allocate(struct cx *cx, struct cx_request *request,
			       const struct cx_object_kind *kind)
{
	struct cx_object *object = calloc(1, sizeof(*object));
	enum cx_status status;

	if (object == NULL)
		return CX_NO_RES;
	status = cx_request_add(cx, request, object, kind);
	if (status != CX_OK)
		free(object);
	return status;
}

static enum cx_status alloc_pd(struct cx *cx, struct cx_request *request)
{
	return allocate(cx, request, &pd_kind);
}

static enum cx_status dealloc_pd(struct cx *cx, struct cx_request *request)
{
	return cx_request_destroy(cx, request, CX_PD);
}

static enum cx_status alloc_transport_domain(struct cx *cx, struct cx_request *request)
{
	return allocate(cx, request, &td_kind);
}

static enum cx_status dealloc_transport_domain(struct cx *cx, struct cx_request *request)
{
	return cx_request_destroy(cx, request, CX_TD);
}

static enum cx_status alloc_xrcd(struct cx *cx, struct cx_request *request)
{
	return allocate(cx, request, &xrcd_kind);
}

static enum cx_status dealloc_xrcd(struct cx *cx, struct cx_request *request)
{
	return cx_request_destroy(cx, request, CX_XRCD);
}

static enum cx_status alloc_uar(struct cx *cx, struct cx_request *request)
{
	enum cx_status status = allocate(cx, request, &uar_kind);
	uint32_t page;

	if (status == CX_OK) {
		page = cx_get(request->out, CX_OBJECT_NUMBER) - CX_UAR_FIRST;
		memset(cx->uar + page * LAB_PAGE_SIZE, 0, LAB_PAGE_SIZE);
	}
	return status;
}

static enum cx_status dealloc_uar(struct cx *cx, struct cx_request *request)
{
	return cx_request_destroy(cx, request, CX_UAR);
}

const struct cx_operation cx_operations_alloc[] = {
	{ 0x800, CX_STAGE_READY, 8, 16, "ALLOC_PD", alloc_pd },
	{ 0x801, CX_STAGE_READY, 16, 8, "DEALLOC_PD", dealloc_pd },
	{ 0x802, CX_STAGE_READY, 8, 16, "ALLOC_UAR", alloc_uar },
	{ 0x803, CX_STAGE_READY, 16, 8, "DEALLOC_UAR", dealloc_uar },
	{ 0x80e, CX_STAGE_READY, 8, 16, "ALLOC_XRCD", alloc_xrcd },
	{ 0x80f, CX_STAGE_READY, 16, 8, "DEALLOC_XRCD", dealloc_xrcd },
	{ 0x816, CX_STAGE_READY, 8, 16, "ALLOC_TRANSPORT_DOMAIN", alloc_transport_domain },
	{ 0x817, CX_STAGE_READY, 16, 8, "DEALLOC_TRANSPORT_DOMAIN", dealloc_transport_domain },
	{ 0 },
};
