// SPDX-License-Identifier: BSD-3-Clause
/*
 * Work queue contexts: geometry, memory, doorbell record, protection domain.
 * Source: docs/protocol.md 7.11 (WQ); UMEM fields as DPDK's PRM header names them.
 */
#include "wq.h"

#include "buffer.h"

#define WQ_TYPE CX_FIELD(CX_QUEUE_WQ + 0x0, 31, 28)
#define WQ_PAGE_OFFSET CX_FIELD(CX_QUEUE_WQ + 0x4, 20, 16)
#define WQ_PD CX_FIELD(CX_QUEUE_WQ + 0x8, 23, 0)
#define WQ_DBR_ADDRESS (CX_QUEUE_WQ + 0x10)
#define WQ_HW_COUNTER CX_DWORD(CX_QUEUE_WQ + 0x18)
#define WQ_LOG_STRIDE CX_FIELD(CX_QUEUE_WQ + 0x20, 19, 16)
#define WQ_LOG_PAGE CX_FIELD(CX_QUEUE_WQ + 0x20, 12, 8)
#define WQ_LOG_SIZE CX_FIELD(CX_QUEUE_WQ + 0x20, 4, 0)
#define WQ_DBR_UMEM_VALID CX_BIT(CX_QUEUE_WQ + 0x24, 31)
#define WQ_UMEM_VALID CX_BIT(CX_QUEUE_WQ + 0x24, 30)
#define WQ_DBR_UMEM CX_DWORD(CX_QUEUE_WQ + 0x28)
#define WQ_UMEM CX_DWORD(CX_QUEUE_WQ + 0x2c)
#define WQ_UMEM_OFFSET (CX_QUEUE_WQ + 0x30)
#define WQ_PAS (CX_QUEUE_WQ + 0xc0)

#define LOG_STRIDE_MIN 4 /* one data segment */
#define LOG_SIZE_MAX 15  /* capability log_max_wq_sz */

enum cx_status cx_wq_create(struct cx *cx, struct cx_request *request, struct cx_wq *wq)
{
	const uint8_t *in = request->in;
	unsigned int log_page = cx_get(in, WQ_LOG_PAGE) + 12;
	uint32_t pd = cx_get(in, WQ_PD);
	struct cx_buffer_source source = {
		.size = 1ull << (cx_get(in, WQ_LOG_SIZE) + cx_get(in, WQ_LOG_STRIDE)),
		.pas = in + WQ_PAS,
		.pas_count = cx_request_pas(request, WQ_PAS),
		.log_page = log_page,
		.offset = cx_get(in, WQ_PAGE_OFFSET) * ((1ull << log_page) / CX_PAGE_OFFSET_UNITS),
	};
	enum cx_status status;

	wq->type = (uint8_t)cx_get(in, WQ_TYPE);
	wq->log_stride = (uint8_t)cx_get(in, WQ_LOG_STRIDE);
	wq->log_size = (uint8_t)cx_get(in, WQ_LOG_SIZE);
	if (wq->type > CX_WQ_CYCLIC || wq->log_stride < LOG_STRIDE_MIN ||
	    wq->log_size > LOG_SIZE_MAX)
		return cx_refuse(request, CX_BAD_PARAM, "unsupported WQ type, stride or size");
	if (cx_get(in, WQ_UMEM_VALID)) {
		source.umem_valid = true;
		source.umem = cx_get(in, WQ_UMEM);
		source.offset = cx_get64(in, WQ_UMEM_OFFSET);
	}
	status = cx_buffer_create(cx, request, &source, &wq->buffer);
	if (status != CX_OK)
		return status;
	status = cx_doorbell_create(cx, request, cx_get(in, WQ_DBR_UMEM_VALID),
				    cx_get(in, WQ_DBR_UMEM), cx_get64(in, WQ_DBR_ADDRESS),
				    &wq->dbr, &wq->dbr_umem);
	if (status != CX_OK)
		goto err_release_buffer;
	status = cx_request_use(cx, request, CX_PD, pd);
	if (status != CX_OK)
		goto err_release_record;
	wq->pd = pd;
	return CX_OK;

err_release_record:
	if (wq->dbr_umem != NULL)
		wq->dbr_umem->users--;
err_release_buffer:
	cx_buffer_release(&wq->buffer);
	return status;
}

void cx_wq_release(struct cx *cx, struct cx_wq *wq)
{
	cx_object_unuse(cx, CX_PD, wq->pd);
	if (wq->dbr_umem != NULL)
		wq->dbr_umem->users--;
	cx_buffer_release(&wq->buffer);
}

void cx_wq_query(const struct cx_wq *wq, uint32_t counter, uint8_t *out)
{
	cx_set(out, WQ_TYPE, wq->type);
	cx_set(out, WQ_PD, wq->pd);
	cx_set64(out, WQ_DBR_ADDRESS, wq->dbr);
	cx_set(out, WQ_HW_COUNTER, counter);
	cx_set(out, WQ_LOG_STRIDE, wq->log_stride);
	cx_set(out, WQ_LOG_SIZE, wq->log_size);
}
