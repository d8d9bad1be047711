// SPDX-License-Identifier: BSD-3-Clause
/*
 * Posting through verbs: work requests become WQEs in the program's rings, as a provider library
 * writes them. Programs that write their rings themselves come by here never.
 * Source: docs/protocol.md 7.7, rdma-core 44 providers/mlx5/qp.c.
 */
#include "objects.h"

#include "../connectx/wqe.h"

#include <errno.h>

#define BLOCK CX_WQE_BLOCK
#define SEGMENT CX_WQE_DS
#define INLINE_HEADER 18u /* what rdma-core puts into the WQE of a raw packet */
#define TSO_HEADER_MAX 512u
#define UAR_DOORBELL 0x800

static void segment_write(uint8_t *at, const struct ibv_sge *sge, uint32_t skip)
{
	cx_set32(at, WQE_DATA_COUNT, sge->length - skip);
	cx_set32(at, WQE_DATA_KEY, sge->lkey);
	cx_set64(at, WQE_DATA_ADDRESS, sge->addr + skip);
}

/* ------------------------------------------------------------------------------ receive ---- */

static int receive_one(const struct vb_ring *ring, struct vb_post *post, uint32_t log_stride,
		       const struct ibv_recv_wr *wr)
{
	uint32_t slot = post->head & (post->max - 1);
	uint8_t *wqe = ring->buffer + ((size_t)slot << log_stride);
	unsigned int n = 0;

	if (post->head - post->tail >= post->max)
		return ENOMEM;
	if (wr->num_sge < 0 || (unsigned int)wr->num_sge > post->max_sge)
		return EINVAL;
	for (int i = 0; i < wr->num_sge; i++)
		if (wr->sg_list[i].length != 0)
			segment_write(wqe + SEGMENT * n++, &wr->sg_list[i], 0);
	if (n < (1u << log_stride) / SEGMENT) {
		memset(wqe + SEGMENT * n, 0, SEGMENT);
		cx_set32(wqe + SEGMENT * n, WQE_DATA_KEY, WQE_INVALID_KEY);
	}
	post->id[slot] = wr->wr_id;
	post->head++;
	return 0;
}

static int receive_all(struct vb_context *context, struct vb_ring *ring, struct vb_post *post,
		       uint32_t log_stride, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad)
{
	int err = 0;

	machine_lock(context->device->machine);
	for (; wr != NULL && err == 0; wr = wr->next) {
		err = ring->buffer == NULL ? EINVAL : receive_one(ring, post, log_stride, wr);
		if (err != 0)
			*bad = wr;
	}
	if (ring->record != NULL)
		__atomic_store_n(&ring->record[0], htobe32(post->head & 0xffff),
				 __ATOMIC_RELEASE);
	machine_unlock(context->device->machine);
	return err;
}

int post_receive(struct ibv_qp *ibv, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad)
{
	struct vb_qp *qp = (struct vb_qp *)ibv;

	return receive_all(vb_context(ibv->context), &qp->rq, &qp->receive, qp->log_rq_stride, wr,
			   bad);
}

int post_wq_receive(struct ibv_wq *ibv, struct ibv_recv_wr *wr, struct ibv_recv_wr **bad)
{
	struct vb_wq *wq = (struct vb_wq *)ibv;

	return receive_all(vb_context(ibv->context), &wq->ring, &wq->post, wq->log_stride, wr,
			   bad);
}

/* --------------------------------------------------------------------------------- send ---- */

/* Control and Ethernet segment with the inline header, from the front of the first pieces. */
static int header_write(uint8_t *wqe, const struct ibv_send_wr *wr, int *sge, uint32_t *skip)
{
	uint8_t *to = wqe + WQE_INLINE_START;
	uint32_t want = INLINE_HEADER, have = 0;

	if (wr->opcode == IBV_WR_TSO) {
		if (wr->tso.hdr_sz < 14 || wr->tso.hdr_sz > TSO_HEADER_MAX)
			return EINVAL;
		memcpy(to, wr->tso.hdr, wr->tso.hdr_sz);
		cx_set16(wqe, WQE_MSS, wr->tso.mss);
		cx_set16(wqe, WQE_INLINE_SIZE, wr->tso.hdr_sz);
		return 0;
	}
	while (have < want && *sge < wr->num_sge) {
		uint32_t part = wr->sg_list[*sge].length;

		if (part > want - have)
			part = want - have;
		memcpy(to + have, (const void *)(uintptr_t)wr->sg_list[*sge].addr, part);
		have += part;
		*skip = part;
		if (part == wr->sg_list[*sge].length) {
			*skip = 0;
			(*sge)++;
		}
	}
	cx_set16(wqe, WQE_INLINE_SIZE, (uint16_t)have);
	return have == 0 ? EINVAL : 0;
}

static int payload_write(struct vb_qp *qp, uint8_t *wqe, unsigned int *at,
			 const struct ibv_send_wr *wr, int sge, uint32_t skip)
{
	uint8_t *inlined = wqe + *at;
	uint32_t len = 0;

	for (; sge < wr->num_sge; sge++, skip = 0) {
		const struct ibv_sge *s = &wr->sg_list[sge];

		if (s->length <= skip)
			continue;
		if (!(wr->send_flags & IBV_SEND_INLINE)) {
			segment_write(wqe + *at, s, skip);
			*at += SEGMENT;
			continue;
		}
		if (len + s->length - skip > qp->max_inline)
			return ENOMEM;
		memcpy(inlined + WQE_INLINE_DATA + len,
		       (const uint8_t *)(uintptr_t)s->addr + skip, s->length - skip);
		len += s->length - skip;
	}
	if (len > 0) {
		cx_set32(inlined, WQE_DATA_COUNT, WQE_DATA_INLINE | len);
		*at += (WQE_INLINE_DATA + len + SEGMENT - 1) & ~(SEGMENT - 1);
	}
	return 0;
}

/* Into the ring, which the WQE may wrap around in. */
static void ring_write(struct vb_qp *qp, const uint8_t *wqe, unsigned int len)
{
	for (unsigned int done = 0; done < len; done += BLOCK) {
		uint32_t slot = (qp->send.head + done / BLOCK) & (qp->send.max - 1);
		unsigned int part = len - done < BLOCK ? len - done : BLOCK;

		memcpy(qp->sq.buffer + (size_t)slot * BLOCK, wqe + done, part);
	}
}

static int send_one(struct vb_qp *qp, const struct ibv_send_wr *wr, uint8_t control[8])
{
	uint8_t wqe[CX_WQE_MAX + 64] = { 0 };
	uint32_t skip = 0, slot = qp->send.head & (qp->send.max - 1), blocks;
	bool lso = wr->opcode == IBV_WR_TSO;
	unsigned int at;
	int sge = 0, err;

	if ((wr->opcode != IBV_WR_SEND && !lso) || wr->num_sge < 0 ||
	    (unsigned int)wr->num_sge > qp->send.max_sge)
		return EINVAL;
	err = header_write(wqe, wr, &sge, &skip);
	if (err != 0)
		return err;
	at = WQE_INLINE_START + cx_get16(wqe, WQE_INLINE_SIZE);
	at = at < WQE_ETH_END ? WQE_ETH_END : (at + SEGMENT - 1) & ~(SEGMENT - 1);
	err = payload_write(qp, wqe, &at, wr, sge, skip);
	if (err != 0)
		return err;
	blocks = (at + BLOCK - 1) / BLOCK;
	if (at > CX_WQE_MAX || qp->send.head - qp->send.tail + blocks > qp->send.max)
		return ENOMEM;
	cx_set32(wqe, 0, (qp->send.head & 0xffff) << 8 | (lso ? WQE_LSO : WQE_SEND));
	cx_set32(wqe, 4, qp->sqn << 8 | at / SEGMENT);
	if (wr->send_flags & IBV_SEND_SIGNALED)
		wqe[WQE_FM_CE_SE] = WQE_CE_ALWAYS << WQE_CE_SHIFT;
	if (wr->send_flags & IBV_SEND_IP_CSUM)
		wqe[WQE_CS_FLAGS] = WQE_CS_L3 | WQE_CS_L4;
	ring_write(qp, wqe, at);
	memcpy(control, wqe, 8);
	qp->send.id[slot] = wr->wr_id;
	qp->send.head += blocks;
	qp->send.next[slot] = qp->send.head;
	return 0;
}

int post_send(struct ibv_qp *ibv, struct ibv_send_wr *wr, struct ibv_send_wr **bad)
{
	struct vb_context *context = vb_context(ibv->context);
	struct vb_qp *qp = (struct vb_qp *)ibv;
	uint8_t control[8] = { 0 }, *doorbell;
	unsigned int n = 0;
	uint64_t ring;
	int err = 0;

	machine_lock(context->device->machine);
	for (; wr != NULL && err == 0; wr = wr->next) {
		err = qp->sq.buffer == NULL || ibv->state < IBV_QPS_RTS ? EINVAL :
			send_one(qp, wr, control);
		if (err != 0)
			*bad = wr;
		else
			n++;
	}
	if (n > 0) {
		memcpy(&ring, control, sizeof(ring));
		__atomic_store_n(&qp->sq.record[1], htobe32(qp->send.head & 0xffff),
				 __ATOMIC_RELEASE);
		doorbell = vb_context_uar(context, qp->uar) + UAR_DOORBELL;
		__atomic_store_n((uint64_t *)doorbell, ring, __ATOMIC_RELEASE);
	}
	machine_unlock(context->device->machine);
	return err;
}
