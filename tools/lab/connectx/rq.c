// SPDX-License-Identifier: BSD-3-Clause
/*
 * Receive queues: a frame is scattered into the next posted WQE and described in a CQE. Cyclic
 * queues only (mlx5e without striding, raw packet queues of rdma-core); a queue of another type
 * never has a buffer. Source: docs/protocol.md 7.7, 7.8, core/en_rx.c.
 */
#include "cqe.h"
#include "ifc.h"
#include "objects.h"
#include "record.h"
#include "wqe.h"

#include "../fabric/frame.h"
#include "../log.h"

#include <errno.h>
#include <string.h>

#define PARTY "connectx"
#define TYPE_CYCLIC 1
#define FLOW_TAG_MASK 0xffffffu
#define TCP_ACK 0x10

/* A frame on its way into a WQE. */
struct delivery {
	const uint8_t *frame;
	size_t len;
	struct frame_info info; /* of the frame as written, without a stripped tag */
	bool stripped;
	uint16_t tci;
	uint32_t tag, hash;
	uint8_t hash_type;
};

static unsigned int posted(struct cx *cx, const struct cx_rq *rq)
{
	uint32_t producer;
	uint16_t count;

	if (rq->wq.type != TYPE_CYCLIC ||
	    !cx_record_read(cx->config.mem, rq->wq.dbr, CX_RECORD_RQ, &producer))
		return 0;
	count = (uint16_t)(producer - rq->consumer);
	return count <= 1u << rq->wq.log_size ? count : 0;
}

static void count_out_of_buffer(struct cx *cx, const struct cx_rq *rq)
{
	struct cx_q_counter *counter;

	counter = (struct cx_q_counter *)cx_object_find(cx, CX_Q_COUNTER, rq->counter_set);
	if (counter != NULL)
		counter->out_of_buffer++;
}

/* 0, -EMSGSIZE: the WQE's buffers are too small, -EACCES or -EFAULT: one is not accessible. */
static int scatter(struct cx *cx, const struct cx_rq *rq, const uint8_t *data, size_t len)
{
	uint32_t size = 1u << rq->wq.log_stride;

	for (uint32_t at = 0; len > 0 && at + CX_WQE_DS <= size; at += CX_WQE_DS) {
		uint8_t segment[CX_WQE_DS];
		uint32_t count, key;
		int err;

		err = cx_wq_read(cx, &rq->wq, rq->consumer, at, segment, sizeof(segment));
		if (err != 0)
			return err;
		count = cx_get32(segment, WQE_DATA_COUNT) & WQE_DATA_COUNT_MASK;
		key = cx_get32(segment, WQE_DATA_KEY);
		if (key == WQE_INVALID_KEY || count == 0)
			break;
		if (count > len)
			count = (uint32_t)len;
		err = cx_mkey_write(cx, key, cx_get64(segment, WQE_DATA_ADDRESS), data, count);
		if (err != 0)
			return err;
		data += count;
		len -= count;
	}
	return len == 0 ? 0 : -EMSGSIZE;
}

static uint8_t layers(const struct delivery *d)
{
	const struct frame_info *info = &d->info;
	uint8_t type = d->stripped ? CQE_VLAN_STRIPPED : 0;

	if (info->l3 == FRAME_L3_IPV4)
		type |= CQE_L3_IPV4;
	else if (info->l3 == FRAME_L3_IPV6)
		type |= CQE_L3_IPV6;
	if (info->l4 == FRAME_L4_UDP)
		return type | CQE_L4_UDP;
	if (info->l4 != FRAME_L4_TCP)
		return type;
	if (!(info->tcp_flags & TCP_ACK))
		return type | CQE_L4_TCP;
	if ((uint32_t)info->payload_offset < info->l3_offset + info->l3_len)
		return type | CQE_L4_TCP_DATA;
	return type | CQE_L4_TCP_ACK;
}

/* A header without a checksum (IPv6; UDP with 0) has none that is wrong. */
static uint8_t verdict(const struct delivery *d)
{
	uint8_t ok = CQE_L2_OK;

	if (d->info.l3 != FRAME_L3_NONE &&
	    frame_check_l3(d->frame, &d->info) != FRAME_CHECKSUM_BAD)
		ok |= CQE_L3_OK;
	if (d->info.l4 != FRAME_L4_NONE &&
	    frame_check_l4(d->frame, &d->info) != FRAME_CHECKSUM_BAD)
		ok |= CQE_L4_OK;
	return ok;
}

static void complete(struct cx *cx, struct cx_rq *rq, const struct delivery *d)
{
	const struct frame_info *info = &d->info;
	uint8_t cqe[CX_CQE_SIZE] = { 0 };

	cx_set32(cqe, CQE_RSS_HASH, d->hash);
	cqe[CQE_RSS_HASH_TYPE] = d->hash_type;
	if (info->l3 != FRAME_L3_NONE) /* the driver itself adds VLAN header and padding */
		cx_set16(cqe, CQE_CHECKSUM,
			 frame_sum(d->frame + info->l3_offset, info->l3_len, 0));
	cqe[CQE_HDS_IP_EXT] = verdict(d);
	cqe[CQE_L4_L3_TYPE] = layers(d);
	cx_set16(cqe, CQE_VLAN_TCI, d->tci);
	cx_set32(cqe, CQE_USER_INDEX, rq->user_index);
	cx_set32(cqe, CQE_BYTE_COUNT, (uint32_t)d->len);
	cx_set32(cqe, CQE_OPCODE_QPN, d->tag & FLOW_TAG_MASK);
	cx_set16(cqe, CQE_WQE_COUNTER, rq->consumer);
	cqe[CQE_OP_OWN] = CQE_RESPONDER_SEND << CQE_OPCODE_SHIFT;
	cx_cq_push(cx, rq->cq, cqe);
}

static void complete_error(struct cx *cx, struct cx_rq *rq, enum cx_cqe_syndrome syndrome)
{
	uint8_t cqe[CX_CQE_SIZE] = { 0 };

	cx_set32(cqe, CQE_USER_INDEX, rq->user_index);
	cx_set32(cqe, CQE_OPCODE_QPN, rq->object.number);
	cx_set16(cqe, CQE_WQE_COUNTER, rq->consumer);
	cqe[CQE_SYNDROME] = (uint8_t)syndrome;
	cqe[CQE_OP_OWN] = CQE_RESPONDER_ERROR << CQE_OPCODE_SHIFT;
	cx_cq_push(cx, rq->cq, cqe);
}

static enum fabric_drop fail(struct cx *cx, struct cx_rq *rq, int err)
{
	const char *what = "not accessible";
	uint8_t syndrome = CQE_LOCAL_PROTECTION;

	if (err == -EMSGSIZE) {
		what = "too small for the frame";
		syndrome = CQE_LOCAL_LENGTH;
	} else if (err == -EIO) {
		what = "fails as it was told to";
		syndrome = CQE_LOCAL_OPERATION;
	}
	lab_log(LAB_LOG_WARN, PARTY, "RQ 0x%x: WQE 0x%x: %s", rq->object.number, rq->consumer,
		what);
	complete_error(cx, rq, syndrome);
	rq->consumer++;
	cx_rq_set_state(cx, rq, CX_QUEUE_ERR);
	return err == -EMSGSIZE ? FABRIC_DROP_TOO_BIG : FABRIC_DROP_NO_BUFFER;
}

enum fabric_drop cx_rq_deliver(struct cx *cx, struct cx_rq *rq, const uint8_t *frame, size_t len,
			       uint32_t tag, uint32_t hash, uint8_t hash_type)
{
	struct delivery d = { .frame = frame, .len = len, .tag = tag, .hash = hash,
			      .hash_type = hash_type };
	uint8_t untagged[FABRIC_FRAME_MAX];
	int err;

	if (rq->state != CX_QUEUE_RDY || rq->cq->error)
		return FABRIC_DROP_PATH_DOWN;
	if (len > sizeof(untagged))
		return FABRIC_DROP_TOO_BIG;
	if (posted(cx, rq) == 0) {
		count_out_of_buffer(cx, rq);
		return FABRIC_DROP_NO_BUFFER;
	}
	frame_parse(frame, len, &d.info); /* what is unsound in it is not offered, only passed on */
	if (d.info.vlan && !rq->vlan_strip_off) {
		memcpy(untagged, frame, len);
		d.stripped = true;
		d.tci = d.info.vlan_tci;
		d.len = frame_vlan_strip(untagged, len);
		d.frame = untagged;
		frame_parse(d.frame, d.len, &d.info);
	}
	err = cx_fault_take(cx, CX_FAULT_RECEIVE) ? -EIO : scatter(cx, rq, d.frame, d.len);
	if (err != 0)
		return fail(cx, rq, err);
	complete(cx, rq, &d);
	rq->consumer++;
	return FABRIC_DELIVERED;
}

bool cx_rq_flush(struct cx *cx, struct cx_rq *rq)
{
	unsigned int n = 0;

	if (!rq->flush_in_error)
		return false;
	for (unsigned int left = posted(cx, rq); left > 0 && cx_cq_room(cx, rq->cq) != 0; left--) {
		complete_error(cx, rq, CQE_FLUSHED);
		rq->consumer++;
		n++;
	}
	return n != 0;
}

void cx_rq_set_state(struct cx *cx, struct cx_rq *rq, enum cx_queue_state state)
{
	rq->state = state;
	cx_session_end(cx, rq->cq); /* no completion comes after the command that changed it */
	switch (state) {
	case CX_QUEUE_RST:
		rq->consumer = 0;
		cx_record_clear(cx->config.mem, rq->wq.dbr, CX_RECORD_RQ);
		break;
	case CX_QUEUE_RDY:
		break;
	case CX_QUEUE_ERR:
		cx_rq_flush(cx, rq);
		break;
	}
}
