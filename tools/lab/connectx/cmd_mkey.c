// SPDX-License-Identifier: BSD-3-Clause
/*
 * Memory key commands. A key is physical (addresses are guest physical) or has a page list (MTT);
 * keys that start free are empty containers for work requests this model does not offer.
 * Source: docs/protocol.md 7.3, 7.10, 7.11.
 */
#include "buffer.h"
#include "command.h"

#include <stdlib.h>

#define CONTEXT 0x10
#define PAS 0x110
#define MKEY_UMEM_VALID CX_BIT(0xc, 30)
#define MKEY_UMEM CX_DWORD(0x64)
#define MKEY_UMEM_OFFSET 0x68
#define MKEY_FREE CX_BIT(CONTEXT + 0x0, 30)
#define MKEY_MODE_HIGH CX_FIELD(CONTEXT + 0x0, 28, 26)
#define MKEY_LOCAL_WRITE CX_BIT(CONTEXT + 0x0, 11)
#define MKEY_MODE_LOW CX_FIELD(CONTEXT + 0x0, 9, 8)
#define MKEY_VARIANT CX_FIELD(CONTEXT + 0x4, 7, 0)
#define MKEY_LENGTH64 CX_BIT(CONTEXT + 0xc, 31)
#define MKEY_PD CX_FIELD(CONTEXT + 0xc, 23, 0)
#define MKEY_START (CONTEXT + 0x10)
#define MKEY_LEN (CONTEXT + 0x18)
#define MKEY_LOG_PAGE CX_FIELD(CONTEXT + 0x38, 4, 0)
#define MTT_ACCESS_BITS 0x7ull /* low bits of a translation: read, write */

/* A key's addresses keep their offset into a page: `start` says where in the first it begins. */
static enum cx_status mkey_translation(struct cx *cx, struct cx_request *request,
				       struct cx_mkey *mkey)
{
	const uint8_t *in = request->in;
	unsigned int log_page = cx_get(in, MKEY_LOG_PAGE);
	struct cx_buffer_source source = {
		.size = mkey->len,
		.pas = in + PAS,
		.pas_count = cx_request_pas(request, PAS),
		.log_page = log_page,
		.offset = mkey->start & ((1ull << log_page) - 1),
		.address_flags = MTT_ACCESS_BITS,
	};

	if (cx_get(in, MKEY_UMEM_VALID)) {
		source.umem_valid = true;
		source.umem = cx_get(in, MKEY_UMEM);
		source.offset = cx_get64(in, MKEY_UMEM_OFFSET);
	}
	if (mkey->whole)
		return cx_refuse(request, CX_BAD_PARAM, "a translated key needs a length");
	if (mkey->start + mkey->len < mkey->start)
		return cx_refuse(request, CX_BAD_PARAM, "the key's range wraps");
	return cx_buffer_create(cx, request, &source, &mkey->buffer);
}

static enum cx_status mkey_parse(struct cx *cx, struct cx_request *request, struct cx_mkey *mkey)
{
	const uint8_t *in = request->in;
	uint32_t mode = cx_get(in, MKEY_MODE_HIGH) << 2 | cx_get(in, MKEY_MODE_LOW);

	mkey->mode = (enum cx_mkey_mode)mode;
	mkey->variant = (uint8_t)cx_get(in, MKEY_VARIANT);
	mkey->local_write = cx_get(in, MKEY_LOCAL_WRITE);
	mkey->free = cx_get(in, MKEY_FREE);
	mkey->whole = cx_get(in, MKEY_LENGTH64);
	mkey->start = cx_get64(in, MKEY_START);
	mkey->len = cx_get64(in, MKEY_LEN);
	if (mode > CX_MKEY_KSM)
		return cx_refuse(request, CX_BAD_PARAM, "unsupported access mode");
	if (mkey->free || mode == CX_MKEY_PA)
		return CX_OK;
	if (mode != CX_MKEY_MTT)
		return cx_refuse(request, CX_BAD_PARAM, "indirect keys are not supported");
	return mkey_translation(cx, request, mkey);
}

static void mkey_clear(struct cx *cx, struct cx_object *object)
{
	struct cx_mkey *mkey = (struct cx_mkey *)object;

	cx_buffer_release(&mkey->buffer);
	cx_object_unuse(cx, CX_PD, mkey->pd);
}

static const struct cx_object_kind mkey_kind = { CX_MKEY, 16, 1u << 20, mkey_clear };

static enum cx_status create_mkey(struct cx *cx, struct cx_request *request)
{
	struct cx_mkey *mkey = calloc(1, sizeof(*mkey));
	uint32_t pd = cx_get(request->in, MKEY_PD);
	enum cx_status status;

	if (mkey == NULL)
		return CX_NO_RES;
	status = mkey_parse(cx, request, mkey);
	if (status != CX_OK)
		goto err_free;
	status = cx_request_use(cx, request, CX_PD, pd);
	if (status != CX_OK)
		goto err_release_buffer;
	mkey->pd = pd;
	status = cx_request_add(cx, request, &mkey->object, &mkey_kind);
	if (status != CX_OK)
		goto err_unuse_pd;
	return CX_OK;

err_unuse_pd:
	cx_object_unuse(cx, CX_PD, pd);
err_release_buffer:
	cx_buffer_release(&mkey->buffer);
err_free:
	free(mkey);
	return status;
}

static enum cx_status destroy_mkey(struct cx *cx, struct cx_request *request)
{
	return cx_request_destroy(cx, request, CX_MKEY);
}

static enum cx_status query_mkey(struct cx *cx, struct cx_request *request)
{
	const struct cx_mkey *mkey = (struct cx_mkey *)cx_request_object(
		cx, request, CX_MKEY, cx_get(request->in, CX_OBJECT_NUMBER));

	if (mkey == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such key");
	cx_set(request->out, MKEY_FREE, mkey->free);
	cx_set(request->out, MKEY_LOCAL_WRITE, mkey->local_write);
	cx_set(request->out, MKEY_MODE_LOW, mkey->mode & 3);
	cx_set(request->out, MKEY_VARIANT, mkey->variant);
	cx_set(request->out, MKEY_LENGTH64, mkey->whole);
	cx_set(request->out, MKEY_PD, mkey->pd);
	cx_set64(request->out, MKEY_START, mkey->start);
	cx_set64(request->out, MKEY_LEN, mkey->len);
	return CX_OK;
}

const struct cx_operation cx_operations_mkey[] = {
	{ 0x200, CX_STAGE_READY, 272, 16, "CREATE_MKEY", create_mkey },
	{ 0x201, CX_STAGE_READY, 16, 0x50, "QUERY_MKEY", query_mkey },
	{ 0x202, CX_STAGE_READY, 16, 8, "DESTROY_MKEY", destroy_mkey },
	{ 0 },
};
