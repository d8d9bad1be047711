// SPDX-License-Identifier: BSD-3-Clause
/*
 * Replay: every WQE that was posted completes, without work. Of a send WQE its control segment is
 * read, and of one in a round how long its frame is; receives complete as UDP over IPv4 of that
 * length, in CQEs made beforehand. No frame, and no key, is touched; what is in the buffers stays
 * there. So what is counted or timed is the program, at a device that is never the slower one.
 */
#include "replay.h"

#include "../connectx/cqe.h"
#include "../connectx/doorbell.h"
#include "../connectx/ifc.h"
#include "../connectx/objects.h"
#include "../connectx/record.h"
#include "../connectx/wqe.h"

#define BATCH 256u       /* WQEs of one queue in one round */
#define LENGTH_FIRST 64u /* bytes of a frame before any was sent */
#define HASH 0x5bd1e995u
#define OPCODE_SHIFT 24

/* One machine a process: the length of the last frame sent. */
static uint32_t length = LENGTH_FIRST;

static uint32_t posted(struct cx *cx, gpa_t dbr, enum cx_record which, uint16_t consumer)
{
	uint32_t producer;

	if (!cx_record_read(cx->config.mem, dbr, which, &producer))
		return 0;
	return (uint16_t)(producer - consumer);
}

/* The frame of a WQE, or the first of several. */
static void length_learn(struct cx *cx, const struct cx_sq *sq, unsigned int blocks)
{
	unsigned int at, end, total = 0;
	struct cx_wqe wqe;

	if (cx_wqe_fetch(cx, sq, blocks, &wqe) != 0)
		return;
	at = wqe.opcode == WQE_ENHANCED_MPW ? WQE_ETH_END : cx_wqe_data(&wqe);
	end = wqe.ds * CX_WQE_DS;
	if (wqe.opcode == WQE_SEND)
		total = cx_get16(wqe.bytes, WQE_INLINE_SIZE) & WQE_INLINE_SIZE_MASK;
	for (; at + CX_WQE_DS <= end; at += CX_WQE_DS) {
		uint32_t count = cx_get32(wqe.bytes, at + WQE_DATA_COUNT);

		total += count & WQE_DATA_COUNT_MASK;
		if (wqe.opcode == WQE_ENHANCED_MPW || (count & WQE_DATA_INLINE))
			break;
	}
	if (total >= LENGTH_FIRST - 4 && total <= FABRIC_FRAME_MAX)
		length = total;
}

static void send_complete(struct cx *cx, struct cx_sq *sq, uint8_t opcode)
{
	uint8_t cqe[CX_CQE_SIZE] = { [CQE_OP_OWN] = CQE_REQUESTER << CQE_OPCODE_SHIFT };

	cx_set32(cqe, CQE_USER_INDEX, sq->user_index);
	cx_set32(cqe, CQE_OPCODE_QPN, (uint32_t)opcode << OPCODE_SHIFT | sq->object.number);
	cx_set16(cqe, CQE_WQE_COUNTER, sq->consumer);
	if (cx_cq_room(cx, sq->cq) != 0)
		cx_cq_write(cx, sq->cq, cqe, 1);
}

static bool send_replay(struct cx *cx, struct cx_sq *sq)
{
	uint32_t blocks = posted(cx, sq->wq.dbr, CX_RECORD_SQ, sq->consumer);
	unsigned int n = 0, allowed = 0;

	if (sq->state != CX_QUEUE_RDY || blocks == 0 || blocks > 1u << sq->wq.log_size)
		return false;
	allowed = cx_doorbell_allows(cx, sq, blocks);
	if (allowed != 0)
		length_learn(cx, sq, allowed);
	while (allowed != 0 && n < BATCH) {
		uint8_t control[CX_WQE_DS];
		unsigned int size;

		if (cx_wq_read(cx, &sq->wq, sq->consumer, 0, control, sizeof(control)) != 0)
			break;
		size = ((control[WQE_DS] & CX_WQE_DS_MAX) * CX_WQE_DS + CX_WQE_BLOCK - 1) /
		       CX_WQE_BLOCK;
		if (size == 0 || size > allowed)
			break;
		if ((control[WQE_FM_CE_SE] >> WQE_CE_SHIFT & WQE_CE_MASK) >= WQE_CE_ALWAYS)
			send_complete(cx, sq, control[WQE_OPCODE]);
		sq->consumer = (uint16_t)(sq->consumer + size);
		allowed -= size;
		n++;
	}
	return n != 0;
}

static void receive_prepare(const struct cx_rq *rq, uint8_t cqe[CX_CQE_SIZE])
{
	memset(cqe, 0, CX_CQE_SIZE);
	cx_set32(cqe, CQE_RSS_HASH, HASH);
	cqe[CQE_RSS_HASH_TYPE] = CQE_HASH_IPV4 << CQE_HASH_SRC_IP_SHIFT |
				 CQE_HASH_IPV4 << CQE_HASH_DST_IP_SHIFT;
	cqe[CQE_HDS_IP_EXT] = CQE_L2_OK | CQE_L3_OK | CQE_L4_OK;
	cqe[CQE_L4_L3_TYPE] = CQE_L3_IPV4 | CQE_L4_UDP;
	cx_set32(cqe, CQE_USER_INDEX, rq->user_index);
	cx_set32(cqe, CQE_BYTE_COUNT, length);
	cqe[CQE_OP_OWN] = CQE_RESPONDER_SEND << CQE_OPCODE_SHIFT;
}

static bool receive_replay(struct cx *cx, struct cx_rq *rq)
{
	uint32_t count = posted(cx, rq->wq.dbr, CX_RECORD_RQ, rq->consumer);
	uint32_t room = cx_cq_room(cx, rq->cq);
	uint8_t cqe[CX_CQE_SIZE];

	if (rq->state != CX_QUEUE_RDY || count > 1u << rq->wq.log_size)
		return false;
	count = count < room ? count : room;
	count = count < BATCH ? count : BATCH;
	if (count == 0)
		return false;
	receive_prepare(rq, cqe);
	for (uint32_t i = 0; i < count; i++) {
		cx_set16(cqe, CQE_WQE_COUNTER, rq->consumer);
		if (rq->cq->session == NULL || !cx_session_add(cx, rq->cq, cqe))
			cx_cq_write(cx, rq->cq, cqe, 1);
		rq->consumer++;
	}
	cx_session_end(cx, rq->cq);
	return true;
}

bool replay_round(struct machine *machine)
{
	uint32_t kernels = kernel_rqn(machine);
	struct cx_object *object = NULL;
	struct cx *cx = machine->cx;
	bool moved = false;

	if (!cx->in_service)
		return false;
	cx_doorbell_poll(cx);
	while ((object = cx_object_next(cx, CX_SQ, object)) != NULL)
		moved |= send_replay(cx, (struct cx_sq *)object);
	while ((object = cx_object_next(cx, CX_RQ, object)) != NULL)
		if (object->number != kernels)
			moved |= receive_replay(cx, (struct cx_rq *)object);
	return moved;
}
