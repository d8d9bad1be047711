// SPDX-License-Identifier: BSD-3-Clause
/*
 * Completions through verbs: ibv_poll_cq(), the extended polling, arming. A program that reads the
 * ring itself (mlx5dv) uses none of this but the arming. Compressed entries are expanded only by
 * such programs: a CQ that compresses is refused here, as a program could not have asked for it
 * without mlx5dv.
 */
#include "objects.h"

#include "../connectx/cqe.h"
#include "../connectx/wqe.h"

#include <errno.h>

#define SYNDROMES 0x23
#define VLAN_STRIPPED CQE_VLAN_STRIPPED
#define FORMAT_COMPRESSED 0xc /* bits 3:2 of the last byte */

/* The next entry the device has handed over, or NULL. */
static const uint8_t *entry_next(const struct vb_cq *cq)
{
	uint32_t slot = cq->consumer & (cq->cqes - 1);
	const uint8_t *cqe = cq->ring.buffer + (size_t)slot * cq->cqe_size + cq->cqe_size - 64;
	uint8_t own = __atomic_load_n(cqe + CQE_OP_OWN, __ATOMIC_ACQUIRE);

	if (own >> CQE_OPCODE_SHIFT == 0xf ||
	    (own & CQE_OWNER) != (cq->consumer >> log2_up(cq->cqes) & 1))
		return NULL;
	return cqe;
}

static void entry_done(struct vb_cq *cq)
{
	cq->consumer++;
	__atomic_store_n(&cq->ring.record[0], htobe32(cq->consumer & 0xffffff), __ATOMIC_RELEASE);
}

static enum ibv_wc_status status_of(uint8_t syndrome)
{
	switch (syndrome) {
	case CQE_LOCAL_LENGTH: return IBV_WC_LOC_LEN_ERR;
	case CQE_LOCAL_OPERATION: return IBV_WC_LOC_QP_OP_ERR;
	case CQE_LOCAL_PROTECTION: return IBV_WC_LOC_PROT_ERR;
	case CQE_FLUSHED: return IBV_WC_WR_FLUSH_ERR;
	default: return IBV_WC_GENERAL_ERR;
	}
}

/* Whose queue the entry is about: by the number of the SQ, or for receives by the CQ. */
static struct vb_post *post_of(struct vb_cq *cq, const uint8_t *cqe, bool send, uint32_t *number)
{
	struct vb_context *context = vb_context(cq->ibv.context);

	*number = 0;
	for (struct vb_qp *qp = context->qps; qp != NULL; qp = qp->next) {
		if (send && qp->sqn == (cx_get32(cqe, CQE_OPCODE_QPN) & 0xffffff)) {
			*number = qp->ibv.qp_num;
			return &qp->send;
		}
		if (!send && qp->rqn != 0 && qp->ibv.recv_cq == &cq->ibv) {
			*number = qp->ibv.qp_num;
			return &qp->receive;
		}
	}
	for (struct vb_wq *wq = context->rwqs; wq != NULL && !send; wq = wq->next) {
		if (wq->ibv.cq == &cq->ibv) {
			*number = wq->number;
			return &wq->post;
		}
	}
	return NULL;
}

static void entry_read(struct vb_cq *cq, const uint8_t *cqe, struct ibv_wc *wc)
{
	uint8_t opcode = cqe[CQE_OP_OWN] >> CQE_OPCODE_SHIFT;
	uint16_t counter = cx_get16(cqe, CQE_WQE_COUNTER);
	bool send = opcode == CQE_REQUESTER || opcode == CQE_REQUESTER_ERROR;
	struct vb_post *post;

	*wc = (struct ibv_wc){ .status = IBV_WC_SUCCESS };
	post = post_of(cq, cqe, send, &wc->qp_num);
	if (opcode == CQE_REQUESTER_ERROR || opcode == CQE_RESPONDER_ERROR) {
		wc->status = status_of(cqe[CQE_SYNDROME]);
		wc->vendor_err = cqe[CQE_VENDOR_SYNDROME];
	}
	wc->opcode = send ? (cqe[CQE_OPCODE_QPN] == WQE_LSO ? IBV_WC_TSO : IBV_WC_SEND) :
			    IBV_WC_RECV;
	if (!send && wc->status == IBV_WC_SUCCESS) {
		const uint8_t ok = CQE_L3_OK | CQE_L4_OK;

		wc->byte_len = cx_get32(cqe, CQE_BYTE_COUNT);
		if ((cqe[CQE_HDS_IP_EXT] & ok) == ok)
			wc->wc_flags |= IBV_WC_IP_CSUM_OK;
	}
	if (post == NULL || post->max == 0)
		return;
	wc->wr_id = post->id[counter & (post->max - 1)];
	post->tail = send ? post->next[counter & (post->max - 1)] : post->tail + 1;
}

int cq_poll(struct ibv_cq *ibv, int count, struct ibv_wc *wc)
{
	struct vb_context *context = vb_context(ibv->context);
	struct vb_cq *cq = (struct vb_cq *)ibv;
	const uint8_t *cqe;
	int n = 0;

	machine_lock(context->device->machine);
	while (n < count && (cqe = entry_next(cq)) != NULL) {
		entry_read(cq, cqe, &wc[n++]);
		entry_done(cq);
	}
	machine_unlock(context->device->machine);
	return n;
}

int cq_arm(struct ibv_cq *ibv, int solicited)
{
	struct vb_cq *cq = (struct vb_cq *)ibv;
	uint32_t value = (cq->arm_sequence & 3) << 28 | (solicited ? 1u << 24 : 0) |
			 (cq->consumer & 0xffffff);

	__atomic_store_n(&cq->ring.record[1], htobe32(value), __ATOMIC_RELEASE);
	return 0;
}

/* ---------------------------------------------------------------------- extended polling ---- */

static int poll_next(struct ibv_cq_ex *ex)
{
	struct vb_cq *cq = (struct vb_cq *)ex;
	struct ibv_wc wc;

	if (cq->polled != NULL)
		entry_done(cq);
	cq->polled = entry_next(cq);
	if (cq->polled == NULL)
		return ENOENT;
	machine_lock(vb_context(ex->context)->device->machine);
	entry_read(cq, cq->polled, &wc);
	machine_unlock(vb_context(ex->context)->device->machine);
	ex->wr_id = wc.wr_id;
	ex->status = wc.status;
	return 0;
}

static int poll_start(struct ibv_cq_ex *ex, struct ibv_poll_cq_attr *attr)
{
	if (attr->comp_mask != 0)
		return EINVAL;
	((struct vb_cq *)ex)->polled = NULL;
	return poll_next(ex);
}

static void poll_end(struct ibv_cq_ex *ex)
{
	struct vb_cq *cq = (struct vb_cq *)ex;

	if (cq->polled != NULL)
		entry_done(cq);
	cq->polled = NULL;
}

static enum ibv_wc_opcode read_opcode(struct ibv_cq_ex *ex)
{
	const uint8_t *cqe = ((struct vb_cq *)ex)->polled;
	uint8_t opcode = cqe[CQE_OP_OWN] >> CQE_OPCODE_SHIFT;

	if (opcode == CQE_RESPONDER_SEND || opcode == CQE_RESPONDER_ERROR)
		return IBV_WC_RECV;
	return cqe[CQE_OPCODE_QPN] == WQE_LSO ? IBV_WC_TSO : IBV_WC_SEND;
}

static uint32_t read_vendor_err(struct ibv_cq_ex *ex)
{
	return ((struct vb_cq *)ex)->polled[CQE_VENDOR_SYNDROME];
}

static uint32_t read_byte_len(struct ibv_cq_ex *ex)
{
	return cx_get32(((struct vb_cq *)ex)->polled, CQE_BYTE_COUNT);
}

static uint32_t read_qp_num(struct ibv_cq_ex *ex)
{
	return cx_get32(((struct vb_cq *)ex)->polled, CQE_OPCODE_QPN) & 0xffffff;
}

static unsigned int read_wc_flags(struct ibv_cq_ex *ex)
{
	const uint8_t *cqe = ((struct vb_cq *)ex)->polled;
	const uint8_t ok = CQE_L3_OK | CQE_L4_OK;

	return (cqe[CQE_HDS_IP_EXT] & ok) == ok ? IBV_WC_IP_CSUM_OK : 0;
}

static uint64_t read_timestamp(struct ibv_cq_ex *ex)
{
	return cx_get64(((struct vb_cq *)ex)->polled, CQE_TIMESTAMP);
}

static uint16_t read_cvlan(struct ibv_cq_ex *ex)
{
	return cx_get16(((struct vb_cq *)ex)->polled, CQE_VLAN_TCI);
}

static uint32_t read_flow_tag(struct ibv_cq_ex *ex)
{
	return cx_get32(((struct vb_cq *)ex)->polled, CQE_OPCODE_QPN) & 0xffffff;
}

void cq_ex_init(struct vb_cq *cq)
{
	cq->ex.start_poll = poll_start;
	cq->ex.next_poll = poll_next;
	cq->ex.end_poll = poll_end;
	cq->ex.read_opcode = read_opcode;
	cq->ex.read_vendor_err = read_vendor_err;
	cq->ex.read_byte_len = read_byte_len;
	cq->ex.read_qp_num = read_qp_num;
	cq->ex.read_wc_flags = read_wc_flags;
	cq->ex.read_completion_ts = read_timestamp;
	cq->ex.read_cvlan = read_cvlan;
	cq->ex.read_flow_tag = read_flow_tag;
}
