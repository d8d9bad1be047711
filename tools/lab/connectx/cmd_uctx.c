// SPDX-License-Identifier: BSD-3-Clause
/*
 * User contexts and the memory they register (DevX).
 * Source: docs/protocol.md 7.12, kernel drivers/infiniband/hw/mlx5/devx.c.
 */
#include "buffer.h"
#include "command.h"

#include <stdlib.h>

#define UCTX_CAP CX_DWORD(0x10)
#define UCTX_ID CX_FIELD(0x8, 15, 0)
#define UMEM_LOG_PAGE CX_FIELD(0x20, 4, 0)
#define UMEM_PAGE_OFFSET CX_DWORD(0x24)
#define UMEM_PAGES 0x28
#define UMEM_MTT 0x30
#define MTT_ACCESS_BITS 0x7ull
#define PAGES_MAX (1u << 21)

static const struct cx_object_kind uctx_kind = { CX_UCTX, 1, 1u << CX_LOG_UCTX, NULL };

static enum cx_status create_uctx(struct cx *cx, struct cx_request *request)
{
	struct cx_object *uctx;
	enum cx_status status;

	if (cx_get(request->in, UCTX_CAP) & ~CX_UCTX_CAPS)
		return cx_refuse(request, CX_BAD_PARAM, "a capability that is not offered");
	uctx = calloc(1, sizeof(*uctx));
	if (uctx == NULL)
		return CX_NO_RES;
	status = cx_request_add(cx, request, uctx, &uctx_kind);
	if (status != CX_OK)
		free(uctx);
	return status;
}

static bool uid_owns_something(struct cx *cx, uint16_t uid)
{
	for (enum cx_object_type type = 0; type < CX_OBJECT_TYPES; type++) {
		struct cx_object *object = NULL;

		while ((object = cx_object_next(cx, type, object)) != NULL)
			if (object->uid == uid)
				return true;
	}
	return false;
}

static enum cx_status destroy_uctx(struct cx *cx, struct cx_request *request)
{
	struct cx_object *uctx = cx_object_find(cx, CX_UCTX, cx_get(request->in, UCTX_ID));

	if (uctx == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such user context");
	if (uid_owns_something(cx, (uint16_t)uctx->number))
		return cx_refuse(request, CX_RES_BUSY, "the user context owns objects");
	cx_object_release(cx, uctx);
	return CX_OK;
}

static void umem_clear(struct cx *cx, struct cx_object *object)
{
	(void)cx;
	cx_buffer_release(&((struct cx_umem *)object)->buffer);
}

static const struct cx_object_kind umem_kind = { CX_UMEM, 1, 1u << CX_LOG_UMEM, umem_clear };

static enum cx_status create_umem(struct cx *cx, struct cx_request *request)
{
	const uint8_t *in = request->in;
	uint64_t pages = cx_get64(in, UMEM_PAGES), offset = cx_get(in, UMEM_PAGE_OFFSET);
	unsigned int log_page = cx_get(in, UMEM_LOG_PAGE) + 12;
	enum cx_status status;
	struct cx_umem *umem;

	if (pages == 0 || pages > PAGES_MAX || offset >> log_page != 0)
		return cx_refuse(request, CX_BAD_PARAM, "impossible number of pages or offset");
	umem = calloc(1, sizeof(*umem));
	if (umem == NULL)
		return CX_NO_RES;
	status = cx_buffer_create(cx, request, &(struct cx_buffer_source){
		.size = (pages << log_page) - offset, .offset = offset, .pas = in + UMEM_MTT,
		.pas_count = cx_request_pas(request, UMEM_MTT), .log_page = log_page,
		.address_flags = MTT_ACCESS_BITS }, &umem->buffer);
	if (status != CX_OK)
		goto err_free;
	status = cx_request_add(cx, request, &umem->object, &umem_kind);
	if (status != CX_OK)
		goto err_release_buffer;
	return CX_OK;

err_release_buffer:
	cx_buffer_release(&umem->buffer);
err_free:
	free(umem);
	return status;
}

static enum cx_status destroy_umem(struct cx *cx, struct cx_request *request)
{
	return cx_request_destroy(cx, request, CX_UMEM);
}

const struct cx_operation cx_operations_uctx[] = {
	{ 0xa04, CX_STAGE_READY, 64, 16, "CREATE_UCTX", create_uctx },
	{ 0xa06, CX_STAGE_READY, 16, 8, "DESTROY_UCTX", destroy_uctx },
	{ 0xa08, CX_STAGE_READY, 48, 16, "CREATE_UMEM", create_umem },
	{ 0xa0a, CX_STAGE_READY, 16, 8, "DESTROY_UMEM", destroy_umem },
	{ 0 },
};
