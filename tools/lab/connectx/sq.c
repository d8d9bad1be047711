// SPDX-License-Identifier: BSD-3-Clause
/*
 * Send queues: what was posted is read, gathered, finished (VLAN tag, checksums, segmentation) and
 * handed to the port. A WQE that makes no sense completes with an error and stops the queue, which
 * then flushes; drivers reset it (en/reporter_tx.c waits for the flush to reach its producer).
 * Source: docs/protocol.md 7.7 to 7.9, core/en_tx.c.
 */
#include "cqe.h"
#include "doorbell.h"
#include "ifc.h"
#include "objects.h"
#include "record.h"
#include "wqe.h"

#include "../fabric/frame.h"
#include "../log.h"

#include <errno.h>
#include <string.h>

#define PARTY "connectx"
#define BATCH 64u /* WQEs of one queue in one round: its neighbours want a turn */

#define VLAN_TAG 4u
#define TPID_OFFSET 12
#define TPID_SVLAN 0x88a8
#define OPCODE_SHIFT 24

enum inline_mode { INLINE_NONE = 0, INLINE_L2 = 1, INLINE_IP = 2, INLINE_TCP_UDP = 3 };
_Static_assert((int)INLINE_TCP_UDP == CX_INLINE_MODE_MAX, "inline modes");

/* What the doorbell record announces, rung or not. */
static bool posted(struct cx *cx, const struct cx_sq *sq, unsigned int *blocks)
{
	uint32_t producer;

	if (!cx_record_read(cx->config.mem, sq->wq.dbr, CX_RECORD_SQ, &producer))
		return false;
	*blocks = (uint16_t)(producer - sq->consumer);
	return *blocks != 0;
}

static void complete(struct cx *cx, struct cx_sq *sq, enum cx_cqe_opcode opcode, uint8_t syndrome,
		     uint8_t wqe_opcode)
{
	uint8_t cqe[CX_CQE_SIZE] = { 0 };

	cx_set32(cqe, CQE_USER_INDEX, sq->user_index);
	cx_set32(cqe, CQE_OPCODE_QPN, (uint32_t)wqe_opcode << OPCODE_SHIFT | sq->object.number);
	cx_set16(cqe, CQE_WQE_COUNTER, sq->consumer);
	if (opcode == CQE_REQUESTER_ERROR)
		cqe[CQE_SYNDROME] = syndrome;
	cqe[CQE_OP_OWN] = (uint8_t)(opcode << CQE_OPCODE_SHIFT);
	cx_cq_push(cx, sq->cq, cqe);
}

static uint8_t syndrome_of(int err)
{
	switch (err) {
	case -EMSGSIZE:
		return CQE_LOCAL_LENGTH;
	case -EACCES:
	case -EFAULT:
		return CQE_LOCAL_PROTECTION;
	default:
		return CQE_LOCAL_OPERATION;
	}
}

static void fail(struct cx *cx, struct cx_sq *sq, const struct cx_wqe *wqe, int err)
{
	lab_log(LAB_LOG_WARN, PARTY, "SQ 0x%x: WQE 0x%x, opcode 0x%x: refused, error %d",
		sq->object.number, sq->consumer, wqe->opcode, -err);
	complete(cx, sq, CQE_REQUESTER_ERROR, syndrome_of(err), wqe->opcode);
	sq->consumer += wqe->blocks;
	cx_sq_set_state(cx, sq, CX_QUEUE_ERR);
}

static void emit(void *ctx, const uint8_t *frame, size_t len)
{
	cx_port_send(ctx, frame, len);
}

/* What the Ethernet segment asks for, on a whole frame with room for a tag behind it. */
static int finish(struct cx *cx, const struct cx_wqe *wqe, uint8_t *frame, size_t len)
{
	uint16_t insert = cx_get16(wqe->bytes, WQE_INLINE_SIZE);
	uint8_t flags = wqe->bytes[WQE_CS_FLAGS];
	struct frame_info info;

	if (insert & WQE_INSERT_VLAN) {
		size_t tagged = frame_vlan_insert(frame, len,
						  cx_get16(wqe->bytes, WQE_VLAN_TCI));

		if (tagged != len && (insert & WQE_INSERT_SVLAN))
			cx_set16(frame, TPID_OFFSET, TPID_SVLAN);
		len = tagged;
	}
	if (wqe->opcode == WQE_LSO && wqe->opmod == 0)
		return frame_segment(frame, len, cx_get16(wqe->bytes, WQE_MSS), emit, cx);
	/* What does not parse is sent as it is: the sender's business. */
	if ((flags & (WQE_CS_L3 | WQE_CS_L4)) && frame_parse(frame, len, &info) == 0) {
		if (flags & WQE_CS_L3)
			frame_fill_l3(frame, &info);
		if (flags & WQE_CS_L4)
			frame_fill_l4(frame, &info);
	}
	cx_port_send(cx, frame, len);
	return 0;
}

/* Inline header, then every data segment, is one frame. */
static int send_frame(struct cx *cx, const struct cx_wqe *wqe)
{
	uint16_t size = cx_get16(wqe->bytes, WQE_INLINE_SIZE);
	unsigned int at = cx_wqe_data(wqe), end = wqe->ds * CX_WQE_DS;
	size_t len = 0;

	if (at > end)
		return -EINVAL;
	if (!(size & WQE_INSERT_VLAN)) {
		len = size & WQE_INLINE_SIZE_MASK;
		memcpy(cx->send_frame, wqe->bytes + WQE_INLINE_START, len);
	}
	while (at < end) {
		int err = cx_wqe_gather(cx, wqe, &at, cx->send_frame, &len,
					CX_SEND_MAX - VLAN_TAG);

		if (err != 0)
			return err;
	}
	return finish(cx, wqe, cx->send_frame, len);
}

/* Enhanced multi-packet WQE: every data segment, inline or not, is a frame. */
static int send_many(struct cx *cx, const struct cx_wqe *wqe)
{
	unsigned int at = WQE_ETH_END, end = wqe->ds * CX_WQE_DS;

	if (at > end)
		return -EINVAL;
	while (at < end) {
		size_t len = 0;
		int err = cx_wqe_gather(cx, wqe, &at, cx->send_frame, &len,
					CX_SEND_MAX - VLAN_TAG);

		if (err == 0)
			err = finish(cx, wqe, cx->send_frame, len);
		if (err != 0)
			return err;
	}
	return 0;
}

/* The older form: all data segments are one run of bytes, and every WQE_MSS of them a frame. */
static int send_equal(struct cx *cx, const struct cx_wqe *wqe)
{
	unsigned int at = WQE_ETH_END, end = wqe->ds * CX_WQE_DS;
	uint16_t size = cx_get16(wqe->bytes, WQE_MSS);
	uint8_t frame[FABRIC_FRAME_MAX];
	size_t len = 0;

	if (at > end || size == 0)
		return -EINVAL;
	if (size > sizeof(frame) - VLAN_TAG)
		return -EMSGSIZE;
	while (at < end) {
		int err = cx_wqe_gather(cx, wqe, &at, cx->send_frame, &len, CX_SEND_MAX);

		if (err != 0)
			return err;
	}
	if (len % size != 0)
		return -EMSGSIZE;
	for (size_t from = 0; from < len; from += size) {
		memcpy(frame, cx->send_frame + from, size);
		finish(cx, wqe, frame, size);
	}
	return 0;
}

/* The headers the queue was made to have inline; modes of wqe_inline_mode and up. */
static bool inlines_enough(const struct cx_sq *sq, const struct cx_wqe *wqe)
{
	static const uint8_t least[] = {
		[INLINE_NONE] = 0, [INLINE_L2] = 14, [INLINE_IP] = 34, [INLINE_TCP_UDP] = 42,
	};
	uint16_t size = cx_get16(wqe->bytes, WQE_INLINE_SIZE);

	if (size & WQE_INSERT_VLAN)
		size = 0;
	return sq->min_inline == INLINE_NONE ||
	       (size & WQE_INLINE_SIZE_MASK) >= least[sq->min_inline];
}

static int transmit(struct cx *cx, const struct cx_sq *sq, const struct cx_wqe *wqe)
{
	if (sq->tis == NULL || !inlines_enough(sq, wqe))
		return -EINVAL;
	if (wqe->opcode == WQE_LSO && wqe->opmod == WQE_OPMOD_MPW)
		return sq->multi_packet ? send_equal(cx, wqe) : -EINVAL;
	if (wqe->opmod != 0)
		return -EINVAL;
	return wqe->opcode == WQE_ENHANCED_MPW ? send_many(cx, wqe) : send_frame(cx, wqe);
}

static int execute(struct cx *cx, const struct cx_sq *sq, const struct cx_wqe *wqe)
{
	switch (wqe->opcode) {
	case WQE_NOP:
	case WQE_UMR: /* of keys that give access to nothing (mkey.c) */
		return 0;
	case WQE_SEND:
	case WQE_LSO:
	case WQE_ENHANCED_MPW:
		return transmit(cx, sq, wqe);
	default:
		return -EINVAL;
	}
}

bool cx_sq_waits(struct cx *cx, const struct cx_sq *sq)
{
	unsigned int blocks;

	return sq->state == CX_QUEUE_RDY && posted(cx, sq, &blocks) &&
	       cx_doorbell_allows(cx, sq, blocks) != 0;
}

bool cx_sq_poll(struct cx *cx, struct cx_sq *sq)
{
	unsigned int blocks, n = 0;
	struct cx_wqe wqe;
	int err;

	while (n < BATCH && sq->state == CX_QUEUE_RDY && posted(cx, sq, &blocks)) {
		unsigned int allowed = cx_doorbell_allows(cx, sq, blocks);

		if (allowed == 0)
			break;
		n++;
		if (blocks > 1u << sq->wq.log_size) {
			wqe.blocks = 0;
			wqe.opcode = WQE_NOP;
			fail(cx, sq, &wqe, -EINVAL);
			break;
		}
		err = cx_wqe_fetch(cx, sq, allowed, &wqe);
		if (err == 0 && sq->tis != NULL && cx_fault_take(cx, CX_FAULT_SEND))
			err = -EIO;
		if (err == 0)
			err = execute(cx, sq, &wqe);
		if (err != 0) {
			fail(cx, sq, &wqe, err);
			break;
		}
		if (wqe.signalled)
			complete(cx, sq, CQE_REQUESTER, 0, wqe.opcode);
		sq->consumer += wqe.blocks;
	}
	return n != 0;
}

/*
 * Every WQE gets its flush error, asked for or not: mlx5e counts its ring empty by them. A CQ that
 * is sized for fewer (DPDK) is not overrun: the rest follows when its consumer made room.
 */
bool cx_sq_flush(struct cx *cx, struct cx_sq *sq)
{
	unsigned int blocks, n = 0;
	struct cx_wqe wqe;

	while (sq->flush_in_error && posted(cx, sq, &blocks) && blocks <= 1u << sq->wq.log_size &&
	       n <= 1u << sq->wq.log_size && cx_cq_room(cx, sq->cq) != 0) {
		cx_wqe_fetch(cx, sq, blocks, &wqe); /* only its size matters; at worst, one block */
		complete(cx, sq, CQE_REQUESTER_ERROR, CQE_FLUSHED, wqe.opcode);
		sq->consumer += wqe.blocks;
		n++;
	}
	return n != 0;
}

void cx_sq_set_state(struct cx *cx, struct cx_sq *sq, enum cx_queue_state state)
{
	sq->state = state;
	switch (state) {
	case CX_QUEUE_RST:
		sq->consumer = 0;
		sq->rung = 0;
		cx_record_clear(cx->config.mem, sq->wq.dbr, CX_RECORD_SQ);
		break;
	case CX_QUEUE_RDY:
		break;
	case CX_QUEUE_ERR:
		cx_sq_flush(cx, sq);
		break;
	}
}
