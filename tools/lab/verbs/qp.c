// SPDX-License-Identifier: BSD-3-Clause
/*
 * Queue pairs, of the one type a NIC without RoCE has: raw packet, with rings of its own, or as the
 * end of RSS with a table of receive queues. Source: rdma-core 44 providers/mlx5/verbs.c
 * (create_qp, mlx5_calc_sq_size), kernel mlx5/qp.c (create_raw_packet_qp, create_rss_raw_qp_tir,
 * modify_raw_packet_qp).
 */
#include "objects.h"
#include "rights.h"

#include <errno.h>
#include <stdlib.h>

enum { OP_ALLOC_UAR = 0x802, OP_DEALLOC_UAR = 0x803, OP_CREATE_TIR = 0x900,
       OP_DESTROY_TIR = 0x902, OP_CREATE_SQ = 0x904, OP_MODIFY_SQ = 0x905, OP_DESTROY_SQ = 0x906,
       OP_CREATE_RQ = 0x908, OP_MODIFY_RQ = 0x909, OP_DESTROY_RQ = 0x90a, OP_CREATE_TIS = 0x912,
       OP_DESTROY_TIS = 0x914 };
#define TIR 0x20
#define BLOCK 64u
#define SEGMENT 16u
#define OVERHEAD 48u      /* control and Ethernet segment with its inline header */
#define WQE_MAX 1024u     /* max_wqe_sz_sq */
#define INLINE_HEADER 4u  /* of an inline data segment */
#define LOG_SIZE_MAX 15
#define HASH_KEY 40u
enum { STATE_RST = 0, STATE_RDY = 1, STATE_ERR = 3 };

static int tir_create(struct vb_context *context, uint8_t *in, uint32_t *tirn)
{
	uint8_t out[16];
	int err;

	cx_set(in, CX_IN_OPCODE, OP_CREATE_TIR);
	cx_set(in, CX_FIELD(TIR + 0x24, 23, 0), context->td);
	err = vb_context_command(context, in, 0x110, out, sizeof(out));
	if (err == 0)
		*tirn = cx_get(out, CX_OBJECT_NUMBER);
	return -err;
}

/* ---------------------------------------------------------------------------------- RSS ---- */

static bool any(uint64_t mask, uint64_t bits)
{
	return (mask & bits) != 0;
}

/* The hash of a TIR hashes one kind of packet: 0 or EINVAL for a mask that means two. */
static int hash_fields(uint8_t *in, uint64_t mask)
{
	bool v4 = any(mask, IBV_RX_HASH_SRC_IPV4 | IBV_RX_HASH_DST_IPV4);
	bool v6 = any(mask, IBV_RX_HASH_SRC_IPV6 | IBV_RX_HASH_DST_IPV6);
	bool tcp = any(mask, IBV_RX_HASH_SRC_PORT_TCP | IBV_RX_HASH_DST_PORT_TCP);
	bool udp = any(mask, IBV_RX_HASH_SRC_PORT_UDP | IBV_RX_HASH_DST_PORT_UDP);
	uint32_t fields = 0;

	if ((v4 && v6) || (tcp && udp))
		return EINVAL;
	if (any(mask, IBV_RX_HASH_SRC_IPV4 | IBV_RX_HASH_SRC_IPV6))
		fields |= 1;
	if (any(mask, IBV_RX_HASH_DST_IPV4 | IBV_RX_HASH_DST_IPV6))
		fields |= 2;
	if (any(mask, IBV_RX_HASH_SRC_PORT_TCP | IBV_RX_HASH_SRC_PORT_UDP))
		fields |= 4;
	if (any(mask, IBV_RX_HASH_DST_PORT_TCP | IBV_RX_HASH_DST_PORT_UDP))
		fields |= 8;
	cx_set(in, CX_BIT(TIR + 0x50, 31), v6);
	cx_set(in, CX_BIT(TIR + 0x50, 30), udp);
	cx_set(in, CX_FIELD(TIR + 0x50, 29, 0), fields);
	return 0;
}

static int rss_start(struct vb_context *context, struct vb_qp *qp,
		     const struct ibv_qp_init_attr_ex *attr)
{
	const struct ibv_rx_hash_conf *hash = &attr->rx_hash_conf;
	uint8_t in[0x110] = { 0 };
	int err;

	qp->table = (struct vb_table *)attr->rwq_ind_tbl;
	if (hash->rx_hash_fields_mask & IBV_RX_HASH_INNER)
		return EOPNOTSUPP; /* no tunnel offloads */
	if (hash->rx_hash_function != IBV_RX_HASH_FUNC_TOEPLITZ)
		return EOPNOTSUPP;
	if (hash->rx_hash_key_len != HASH_KEY)
		return EINVAL;
	cx_set(in, CX_FIELD(TIR + 0x4, 31, 28), 1); /* indirect */
	cx_set(in, CX_FIELD(TIR + 0x20, 23, 0), qp->table->number);
	cx_set(in, CX_FIELD(TIR + 0x24, 31, 28), 2); /* Toeplitz */
	memcpy(in + TIR + 0x28, hash->rx_hash_key, HASH_KEY);
	if (hash->rx_hash_fields_mask == 0)
		err = qp->table->size == 1 ? 0 : EINVAL;
	else
		err = hash_fields(in, hash->rx_hash_fields_mask);
	return err != 0 ? err : tir_create(context, in, &qp->tirn);
}

/* --------------------------------------------------------------------------------- rings ---- */

static int send_geometry(struct vb_qp *qp, struct ibv_qp_init_attr_ex *attr)
{
	uint32_t plain = OVERHEAD, inlined = 0, size, blocks;
	struct ibv_qp_cap *cap = &attr->cap;

	if (attr->comp_mask & IBV_QP_INIT_ATTR_MAX_TSO_HEADER)
		plain += (attr->max_tso_header + 15u) & ~15u;
	if (cap->max_send_sge > WQE_MAX / SEGMENT || cap->max_inline_data > WQE_MAX)
		return EINVAL;
	plain += cap->max_send_sge * SEGMENT;
	if (cap->max_inline_data > 0)
		inlined = OVERHEAD + ((INLINE_HEADER + cap->max_inline_data + 15u) & ~15u);
	size = ((plain > inlined ? plain : inlined) + BLOCK - 1) & ~(BLOCK - 1);
	if (size < BLOCK || size > WQE_MAX || cap->max_send_wr > 1u << LOG_SIZE_MAX)
		return EINVAL;
	blocks = cap->max_send_wr * (size / BLOCK);
	qp->log_sq = log2_up(blocks);
	if (qp->log_sq > LOG_SIZE_MAX)
		return EINVAL;
	cap->max_send_wr = (1u << qp->log_sq) / (size / BLOCK);
	cap->max_inline_data = size - OVERHEAD - INLINE_HEADER;
	qp->max_inline = cap->max_inline_data;
	return 0;
}

static int receive_geometry(struct vb_qp *qp, struct ibv_qp_init_attr_ex *attr)
{
	struct ibv_qp_cap *cap = &attr->cap;
	uint32_t sges = cap->max_recv_sge > 0 ? cap->max_recv_sge : 1;

	if (sges > 32 || cap->max_recv_wr > 1u << LOG_SIZE_MAX)
		return EINVAL;
	qp->log_rq_stride = log2_up(sges * SEGMENT);
	qp->log_rq = log2_up(cap->max_recv_wr);
	while (1u << (qp->log_rq + qp->log_rq_stride) < BLOCK)
		qp->log_rq++;
	cap->max_recv_wr = 1u << qp->log_rq;
	cap->max_recv_sge = (1u << qp->log_rq_stride) / SEGMENT;
	return 0;
}

static int sq_start(struct vb_context *context, struct vb_qp *qp,
		    const struct ibv_qp_init_attr_ex *attr)
{
	uint8_t in[WQ_COMMAND_SIZE] = { 0 }, tis[192] = { 0 }, out[16];
	int err;

	err = -ring_create(&qp->sq, (size_t)BLOCK << qp->log_sq, 0);
	if (err == 0)
		err = -post_create(&qp->send, 1u << qp->log_sq, attr->cap.max_send_sge);
	if (err == 0)
		err = -vb_context_allocate(context, OP_ALLOC_UAR, &qp->uar);
	if (err != 0)
		return err;
	cx_set(tis, CX_IN_OPCODE, OP_CREATE_TIS);
	cx_set(tis, CX_FIELD(0x44, 23, 0), context->td);
	err = -vb_context_command(context, tis, sizeof(tis), out, sizeof(out));
	if (err != 0)
		return err;
	qp->tisn = cx_get(out, CX_OBJECT_NUMBER);
	cx_set(in, CX_IN_OPCODE, OP_CREATE_SQ);
	cx_set(in, CX_BIT(WQ_CONTEXT, 28), 1); /* flush in error */
	cx_set(in, CX_FIELD(WQ_CONTEXT + 0x8, 23, 0), ((struct vb_cq *)attr->send_cq)->number);
	cx_set(in, CX_FIELD(WQ_CONTEXT + 0x20, 31, 16), 1);
	cx_set(in, CX_FIELD(WQ_CONTEXT + 0x2c, 23, 0), qp->tisn);
	wq_describe(in, &qp->sq, qp->log_sq, 6, ((struct vb_pd *)attr->pd)->number, qp->uar, 0);
	err = -vb_context_command(context, in, sizeof(in), out, sizeof(out));
	if (err == 0)
		qp->sqn = cx_get(out, CX_OBJECT_NUMBER);
	return err;
}

static int rq_start(struct vb_context *context, struct vb_qp *qp,
		    const struct ibv_qp_init_attr_ex *attr)
{
	bool strip = (attr->comp_mask & IBV_QP_INIT_ATTR_CREATE_FLAGS) != 0 &&
		     (attr->create_flags & IBV_QP_CREATE_CVLAN_STRIPPING) != 0;
	uint8_t in[WQ_COMMAND_SIZE] = { 0 }, out[16];
	int err;

	err = -ring_create(&qp->rq, (size_t)1 << (qp->log_rq + qp->log_rq_stride), 0);
	if (err == 0 && qp->sq.record != NULL) { /* a queue pair has one record */
		free(qp->rq.record);
		qp->rq.record = qp->sq.record;
	}
	if (err == 0)
		err = -post_create(&qp->receive, attr->cap.max_recv_wr, attr->cap.max_recv_sge);
	if (err != 0)
		return err;
	cx_set(in, CX_IN_OPCODE, OP_CREATE_RQ);
	cx_set(in, CX_BIT(WQ_CONTEXT, 28), !strip);
	cx_set(in, CX_BIT(WQ_CONTEXT, 18), 1);
	cx_set(in, CX_FIELD(WQ_CONTEXT + 0x8, 23, 0), ((struct vb_cq *)attr->recv_cq)->number);
	wq_describe(in, &qp->rq, qp->log_rq, qp->log_rq_stride,
		    ((struct vb_pd *)attr->pd)->number, 0, 0);
	err = -vb_context_command(context, in, sizeof(in), out, sizeof(out));
	if (err != 0)
		return err;
	qp->rqn = cx_get(out, CX_OBJECT_NUMBER);
	memset(in, 0, sizeof(in));
	cx_set(in, CX_FIELD(TIR + 0x1c, 23, 0), qp->rqn);
	return tir_create(context, in, &qp->tirn);
}

/* ---------------------------------------------------------------------------- the whole ---- */

static int attributes_check(const struct ibv_qp_init_attr_ex *attr,
			    const struct mlx5dv_qp_init_attr *dv)
{
	const uint32_t flags = IBV_QP_CREATE_CVLAN_STRIPPING;

	/* RoCE is off: mlx5_ib offers raw packets alone (kernel mlx5/main.c, raw_eth_profile). */
	if (attr->qp_type != IBV_QPT_RAW_PACKET || attr->srq != NULL)
		return EOPNOTSUPP;
	if (!rights_raw())
		return EPERM;
	if (!(attr->comp_mask & IBV_QP_INIT_ATTR_PD) || attr->pd == NULL)
		return EINVAL;
	if ((attr->comp_mask & IBV_QP_INIT_ATTR_SEND_OPS_FLAGS) != 0)
		return EOPNOTSUPP;
	if ((attr->comp_mask & IBV_QP_INIT_ATTR_CREATE_FLAGS) != 0 &&
	    (attr->create_flags & ~flags) != 0)
		return EOPNOTSUPP;
	if (dv != NULL && (dv->comp_mask & ~(uint64_t)MLX5DV_QP_INIT_ATTR_MASK_QP_CREATE_FLAGS))
		return EINVAL;
	if (dv != NULL && (dv->comp_mask & MLX5DV_QP_INIT_ATTR_MASK_QP_CREATE_FLAGS) &&
	    (dv->create_flags & MLX5DV_QP_CREATE_TUNNEL_OFFLOADS))
		return EOPNOTSUPP;
	return 0;
}

static int qp_start(struct vb_context *context, struct vb_qp *qp,
		    struct ibv_qp_init_attr_ex *attr, const struct mlx5dv_qp_init_attr *dv)
{
	int err = attributes_check(attr, dv);

	if (err != 0)
		return err;
	if ((attr->comp_mask & IBV_QP_INIT_ATTR_RX_HASH) != 0 &&
	    (attr->comp_mask & IBV_QP_INIT_ATTR_IND_TABLE) != 0)
		return attr->rwq_ind_tbl != NULL ? rss_start(context, qp, attr) : EINVAL;
	if (attr->cap.max_send_wr > 0) {
		err = attr->send_cq != NULL ? send_geometry(qp, attr) : EINVAL;
		if (err == 0)
			err = sq_start(context, qp, attr);
	}
	if (err == 0 && attr->cap.max_recv_wr > 0) {
		err = attr->recv_cq != NULL ? receive_geometry(qp, attr) : EINVAL;
		if (err == 0)
			err = rq_start(context, qp, attr);
	}
	return err;
}

/* What there is of it, users first. 0 or a positive errno. */
static int qp_end(struct vb_context *context, struct vb_qp *qp)
{
	const struct { uint16_t opcode; uint32_t *number; } part[] = {
		{ OP_DESTROY_TIR, &qp->tirn }, { OP_DESTROY_RQ, &qp->rqn },
		{ OP_DESTROY_SQ, &qp->sqn }, { OP_DESTROY_TIS, &qp->tisn },
		{ OP_DEALLOC_UAR, &qp->uar },
	};

	for (size_t i = 0; i < sizeof(part) / sizeof(part[0]); i++) {
		int err = *part[i].number == 0 ? 0 :
			vb_context_destroy_command(context, part[i].opcode, *part[i].number);

		if (err != 0)
			return err;
		*part[i].number = 0;
	}
	return 0;
}

static void qp_free(struct vb_qp *qp)
{
	if (qp->rq.record == qp->sq.record)
		qp->rq.record = NULL;
	ring_destroy(&qp->sq);
	ring_destroy(&qp->rq);
	post_destroy(&qp->send);
	post_destroy(&qp->receive);
	pthread_mutex_destroy(&qp->ibv.mutex);
	pthread_cond_destroy(&qp->ibv.cond);
	free(qp);
}

static void cqs_use(const struct vb_qp *qp, int by)
{
	if (qp->sq.buffer != NULL)
		((struct vb_cq *)qp->ibv.send_cq)->users += (unsigned int)by;
	if (qp->rq.buffer != NULL)
		((struct vb_cq *)qp->ibv.recv_cq)->users += (unsigned int)by;
}

struct ibv_qp *vb_qp_create(struct ibv_context *ibv, struct ibv_qp_init_attr_ex *attr,
			 struct mlx5dv_qp_init_attr *dv)
{
	struct vb_context *context = vb_context(ibv);
	struct vb_qp *qp = calloc(1, sizeof(*qp));
	int err;

	if (qp == NULL)
		return NULL;
	pthread_mutex_init(&qp->ibv.mutex, NULL);
	pthread_cond_init(&qp->ibv.cond, NULL);
	err = vb_context_enter(context);
	if (err == 0)
		err = qp_start(context, qp, attr, dv);
	if (err != 0) {
		qp_end(context, qp);
		qp_free(qp);
		return vb_context_refuse(context, err);
	}
	qp->ibv.context = ibv;
	qp->ibv.qp_context = attr->qp_context;
	qp->ibv.pd = attr->pd;
	qp->ibv.send_cq = attr->send_cq;
	qp->ibv.recv_cq = attr->recv_cq;
	qp->ibv.qp_type = attr->qp_type;
	qp->ibv.qp_num = qp->sqn != 0 ? qp->sqn : qp->rqn;
	qp->ibv.handle = qp->ibv.qp_num;
	cqs_use(qp, 1);
	qp->next = context->qps;
	context->qps = qp;
	vb_context_leave(context);
	return &qp->ibv;
}

/*
 * From whatever state the queue is in: one that met an error has left the state its owner knows,
 * and mlx5_ib is not told. net_mlx5 and mlx5e reset such queues, so hardware lets them.
 */
static int queue_state(struct vb_context *context, uint16_t modify, uint32_t number,
		       unsigned int to)
{
	uint8_t in[WQ_COMMAND_SIZE] = { 0 }, out[16];
	int from;

	if (number == 0)
		return 0;
	from = vb_queue_state(context, modify, number);
	if (from < 0)
		return -from;
	cx_set(in, CX_IN_OPCODE, modify);
	cx_set(in, CX_OBJECT_NUMBER, number);
	cx_set(in, CX_FIELD(0x8, 31, 28), (uint32_t)from);
	cx_set(in, CX_FIELD(WQ_CONTEXT, 23, 20), to);
	return -vb_context_command(context, in, sizeof(in), out, sizeof(out));
}

static unsigned int rq_state_in(enum ibv_qp_state state)
{
	return state == IBV_QPS_RESET ? STATE_RST : state == IBV_QPS_ERR ? STATE_ERR : STATE_RDY;
}

static unsigned int sq_state_in(enum ibv_qp_state state)
{
	return state == IBV_QPS_RTS ? STATE_RDY : state == IBV_QPS_ERR ? STATE_ERR : STATE_RST;
}

/* What ib_modify_qp_is_ok() lets a raw packet QP do. */
static bool transition_is_legal(enum ibv_qp_state from, enum ibv_qp_state to)
{
	if (to == IBV_QPS_RESET || to == IBV_QPS_ERR)
		return true;
	switch (from) {
	case IBV_QPS_RESET: return to == IBV_QPS_INIT;
	case IBV_QPS_INIT: return to == IBV_QPS_INIT || to == IBV_QPS_RTR;
	case IBV_QPS_RTR:
	case IBV_QPS_RTS: return to == IBV_QPS_RTS;
	default: return false;
	}
}

static void rings_reset(struct vb_qp *qp)
{
	qp->send.head = qp->send.tail = 0;
	qp->receive.head = qp->receive.tail = 0;
	if (qp->sq.record != NULL)
		qp->sq.record[1] = 0;
	if (qp->rq.record != NULL)
		qp->rq.record[0] = 0;
}

int ibv_modify_qp(struct ibv_qp *ibv, struct ibv_qp_attr *attr, int mask)
{
	struct vb_context *context = vb_context(ibv->context);
	struct vb_qp *qp = (struct vb_qp *)ibv;
	enum ibv_qp_state from = ibv->state, to = from;
	int err;

	if (qp->table != NULL)
		return EOPNOTSUPP; /* RSS QPs have no state (mlx5_ib_modify_qp) */
	if (mask & IBV_QP_STATE)
		to = attr->qp_state;
	if ((mask & IBV_QP_CUR_STATE) && attr->cur_qp_state != from)
		return EINVAL;
	if (mask & ~(IBV_QP_STATE | IBV_QP_CUR_STATE | IBV_QP_PORT) ||
	    ((mask & IBV_QP_PORT) && attr->port_num != 1) || !transition_is_legal(from, to))
		return EINVAL;
	err = vb_context_enter(context);
	if (err == 0)
		err = queue_state(context, OP_MODIFY_RQ, qp->rqn, rq_state_in(to));
	if (err == 0)
		err = queue_state(context, OP_MODIFY_SQ, qp->sqn, sq_state_in(to));
	if (err == 0) {
		ibv->state = to;
		if (to == IBV_QPS_RESET)
			rings_reset(qp);
	}
	vb_context_leave(context);
	return err;
}

int ibv_query_qp(struct ibv_qp *ibv, struct ibv_qp_attr *attr, int mask,
		 struct ibv_qp_init_attr *init)
{
	struct vb_qp *qp = (struct vb_qp *)ibv;

	(void)mask;
	*attr = (struct ibv_qp_attr){ .qp_state = ibv->state, .cur_qp_state = ibv->state,
				      .port_num = 1 };
	attr->cap.max_send_wr = qp->send.max;
	attr->cap.max_send_sge = qp->send.max_sge;
	attr->cap.max_inline_data = qp->max_inline;
	attr->cap.max_recv_wr = qp->receive.max;
	attr->cap.max_recv_sge = qp->receive.max_sge;
	*init = (struct ibv_qp_init_attr){ .qp_context = ibv->qp_context, .send_cq = ibv->send_cq,
					   .recv_cq = ibv->recv_cq, .cap = attr->cap,
					   .qp_type = ibv->qp_type };
	return 0;
}

int ibv_destroy_qp(struct ibv_qp *ibv)
{
	struct vb_context *context = vb_context(ibv->context);
	struct vb_qp *qp = (struct vb_qp *)ibv, **at;
	int err;

	vb_context_enter(context);
	if (qp->users > 0 && context->device->state != VB_GONE) {
		vb_context_leave(context);
		return EBUSY; /* flows lead to it */
	}
	err = qp_end(context, qp);
	if (err == 0) {
		cqs_use(qp, -1);
		for (at = &context->qps; *at != qp; at = &(*at)->next)
			;
		*at = qp->next;
	}
	vb_context_leave(context);
	if (err == 0)
		qp_free(qp);
	return err;
}

struct ibv_qp *ibv_create_qp(struct ibv_pd *pd, struct ibv_qp_init_attr *attr)
{
	struct ibv_qp_init_attr_ex ex = {
		.qp_context = attr->qp_context, .send_cq = attr->send_cq,
		.recv_cq = attr->recv_cq, .srq = attr->srq, .cap = attr->cap,
		.qp_type = attr->qp_type, .sq_sig_all = attr->sq_sig_all,
		.comp_mask = IBV_QP_INIT_ATTR_PD, .pd = pd,
	};
	struct ibv_qp *qp = vb_qp_create(pd->context, &ex, NULL);

	if (qp != NULL)
		attr->cap = ex.cap;
	return qp;
}
