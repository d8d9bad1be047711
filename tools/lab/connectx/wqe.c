// SPDX-License-Identifier: BSD-3-Clause
/*
 * Reading work queue entries. The guest may rewrite them while we look, so a send WQE is copied
 * once, block by block (it may wrap at the ring's end), and only the copy is parsed.
 */
#include "wqe.h"

#include "ifc.h"

#include <errno.h>
#include <string.h>

_Static_assert(CX_WQE_DS_MAX * CX_WQE_DS <= CX_WQE_MAX, "the longest WQE fits");
_Static_assert(CX_WQE_MAX % CX_WQE_BLOCK == 0, "WQEs are copied in whole blocks");

int cx_wq_read(struct cx *cx, const struct cx_wq *wq, uint32_t counter, uint32_t offset, void *dst,
	       size_t len)
{
	uint64_t slot = counter & ((1u << wq->log_size) - 1);
	gpa_t address;
	int err;

	err = cx_buffer_address(&wq->buffer, (slot << wq->log_stride) + offset, len, &address);
	return err != 0 ? err : lab_mem_read(cx->config.mem, address, dst, len);
}

int cx_wqe_fetch(struct cx *cx, const struct cx_sq *sq, unsigned int posted, struct cx_wqe *wqe)
{
	int err;

	wqe->blocks = 1;
	wqe->opcode = WQE_NOP;
	wqe->opmod = 0;
	err = cx_wq_read(cx, &sq->wq, sq->consumer, 0, wqe->bytes, CX_WQE_BLOCK);
	if (err != 0)
		return err;
	wqe->opcode = wqe->bytes[WQE_OPCODE];
	wqe->opmod = wqe->bytes[WQE_OPMOD];
	wqe->ds = wqe->bytes[WQE_DS] & CX_WQE_DS_MAX;
	wqe->signalled = (wqe->bytes[WQE_FM_CE_SE] >> WQE_CE_SHIFT & WQE_CE_MASK) >= WQE_CE_ALWAYS;
	if (wqe->ds == 0 || (wqe->ds * CX_WQE_DS + CX_WQE_BLOCK - 1) / CX_WQE_BLOCK > posted)
		return -EINVAL;
	wqe->blocks = (wqe->ds * CX_WQE_DS + CX_WQE_BLOCK - 1) / CX_WQE_BLOCK;
	for (unsigned int i = 1; i < wqe->blocks; i++) {
		err = cx_wq_read(cx, &sq->wq, sq->consumer + i, 0, wqe->bytes + i * CX_WQE_BLOCK,
				 CX_WQE_BLOCK);
		if (err != 0)
			return err;
	}
	return 0;
}

unsigned int cx_wqe_data(const struct cx_wqe *wqe)
{
	uint16_t size = cx_get16(wqe->bytes, WQE_INLINE_SIZE);
	unsigned int end;

	if (size & WQE_INSERT_VLAN)
		return WQE_ETH_END;
	end = WQE_INLINE_START + (size & WQE_INLINE_SIZE_MASK);
	if (end < WQE_ETH_END)
		return WQE_ETH_END;
	return (end + CX_WQE_DS - 1) / CX_WQE_DS * CX_WQE_DS;
}

int cx_wqe_gather(struct cx *cx, const struct cx_wqe *wqe, unsigned int *at, uint8_t *dst,
		  size_t *len, size_t room)
{
	unsigned int left = wqe->ds * CX_WQE_DS - *at;
	const uint8_t *segment = wqe->bytes + *at;
	uint32_t field, count;
	int err;

	if (*at > wqe->ds * CX_WQE_DS || left < CX_WQE_DS)
		return -EINVAL;
	field = cx_get32(segment, WQE_DATA_COUNT);
	count = field & WQE_DATA_COUNT_MASK;
	if (count == 0) /* to hardware 2 GiB; no driver means it */
		return -EINVAL;
	if (count > room - *len)
		return -EMSGSIZE;
	if (field & WQE_DATA_INLINE) {
		if (count > left - WQE_INLINE_DATA)
			return -EINVAL;
		memcpy(dst + *len, segment + WQE_INLINE_DATA, count);
		*at += (WQE_INLINE_DATA + count + CX_WQE_DS - 1) / CX_WQE_DS * CX_WQE_DS;
	} else {
		err = cx_mkey_read(cx, cx_get32(segment, WQE_DATA_KEY),
				   cx_get64(segment, WQE_DATA_ADDRESS), dst + *len, count);
		if (err != 0)
			return err;
		*at += CX_WQE_DS;
	}
	*len += count;
	return 0;
}
