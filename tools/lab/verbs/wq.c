// SPDX-License-Identifier: BSD-3-Clause
/*
 * Receive work queues and the tables RSS picks one from. Source: rdma-core 44
 * providers/mlx5/verbs.c (create_wq, mlx5_calc_rwq_size), kernel mlx5/qp.c (mlx5_ib_create_wq).
 */
#include "objects.h"

#include <errno.h>
#include <stdlib.h>

enum { OP_CREATE_RQ = 0x908, OP_MODIFY_RQ = 0x909, OP_DESTROY_RQ = 0x90a, OP_CREATE_RQT = 0x916,
       OP_DESTROY_RQT = 0x918 };
#define WQ 0x50
#define SEGMENT 16u
#define LOG_WQE_MAX 9       /* max_wqe_sz_rq: 512 bytes */
#define LOG_SIZE_MAX 15     /* log_max_wq_sz */
#define LOG_TABLE_MAX 11    /* log_max_rqt_size */
#define QUERY_AFTER_MODIFY 2 /* QUERY_SQ and QUERY_RQ: opcode of MODIFY plus this */
#define RQ_STATE CX_FIELD(WQ_CONTEXT, 23, 20)
#define RQ_FROM CX_FIELD(0x8, 31, 28)
#define RQ_VSD CX_BIT(WQ_CONTEXT, 28)
#define MODIFY_VSD CX_BIT(0x14, 1)

void wq_describe(uint8_t *in, const struct vb_ring *ring, uint32_t log_size, uint32_t log_stride,
		 uint32_t pd, uint32_t uar, unsigned int record_offset)
{
	cx_set(in, CX_FIELD(WQ + 0x0, 31, 28), 1); /* cyclic */
	cx_set(in, CX_FIELD(WQ + 0x8, 23, 0), pd);
	cx_set(in, CX_FIELD(WQ + 0xc, 23, 0), uar);
	cx_set64(in, WQ + 0x10, (uintptr_t)ring->record + record_offset);
	cx_set(in, CX_FIELD(WQ + 0x20, 19, 16), log_stride);
	cx_set(in, CX_FIELD(WQ + 0x20, 12, 8), log2_up((uint32_t)ring->size) - 12);
	cx_set(in, CX_FIELD(WQ + 0x20, 4, 0), log_size);
	cx_set64(in, WQ + 0xc0, (uintptr_t)ring->buffer);
}

static int geometry(struct vb_wq *wq, struct ibv_wq_init_attr *attr,
		    const struct mlx5dv_wq_init_attr *dv)
{
	uint32_t sges = attr->max_sge > 0 ? attr->max_sge : 1;

	/* Striding receive queues are not offered (mlx5dv_query_device says so). */
	if (dv != NULL && dv->comp_mask != 0)
		return dv->comp_mask & ~(uint64_t)MLX5DV_WQ_INIT_ATTR_MASK_STRIDING_RQ ?
			       EINVAL : EOPNOTSUPP;
	if (attr->wq_type != IBV_WQT_RQ || attr->max_wr == 0 || sges > 1u << (LOG_WQE_MAX - 4))
		return EINVAL;
	if ((attr->comp_mask & IBV_WQ_INIT_ATTR_FLAGS) != 0)
		wq->flags = attr->create_flags;
	if ((wq->flags & ~(uint32_t)IBV_WQ_FLAGS_CVLAN_STRIPPING) != 0)
		return EOPNOTSUPP;
	wq->log_stride = log2_up(sges * SEGMENT);
	wq->log_size = log2_up(attr->max_wr);
	while (1u << (wq->log_size + wq->log_stride) < 64)
		wq->log_size++;
	if (wq->log_size > LOG_SIZE_MAX)
		return EINVAL;
	attr->max_wr = 1u << wq->log_size;
	attr->max_sge = (1u << wq->log_stride) / SEGMENT;
	return 0;
}

static int wq_start(struct vb_context *context, struct vb_wq *wq, struct ibv_wq_init_attr *attr,
		    const struct mlx5dv_wq_init_attr *dv)
{
	uint8_t in[WQ_COMMAND_SIZE] = { 0 }, out[16];
	int err = geometry(wq, attr, dv);

	if (err != 0)
		return err;
	err = -ring_create(&wq->ring, (size_t)1 << (wq->log_size + wq->log_stride), 0);
	if (err == 0)
		err = -post_create(&wq->post, attr->max_wr, attr->max_sge);
	if (err != 0)
		return err;
	cx_set(in, CX_IN_OPCODE, OP_CREATE_RQ);
	cx_set(in, RQ_VSD, (wq->flags & IBV_WQ_FLAGS_CVLAN_STRIPPING) == 0);
	cx_set(in, CX_BIT(WQ_CONTEXT, 18), 1); /* flush in error */
	cx_set(in, CX_FIELD(WQ_CONTEXT + 0x8, 23, 0), ((struct vb_cq *)attr->cq)->number);
	wq_describe(in, &wq->ring, wq->log_size, wq->log_stride,
		    ((struct vb_pd *)attr->pd)->number, 0, 0);
	err = -vb_context_command(context, in, sizeof(in), out, sizeof(out));
	if (err == 0)
		wq->number = cx_get(out, CX_OBJECT_NUMBER);
	return err;
}

static void wq_free(struct vb_wq *wq)
{
	ring_destroy(&wq->ring);
	post_destroy(&wq->post);
	free(wq);
}

struct ibv_wq *vb_wq_create(struct ibv_context *ibv, struct ibv_wq_init_attr *attr,
			 struct mlx5dv_wq_init_attr *dv)
{
	struct vb_context *context = vb_context(ibv);
	struct vb_wq *wq = calloc(1, sizeof(*wq));
	int err;

	if (wq == NULL)
		return NULL;
	err = vb_context_enter(context);
	if (err == 0)
		err = wq_start(context, wq, attr, dv);
	if (err != 0) {
		wq_free(wq);
		return vb_context_refuse(context, err);
	}
	wq->ibv = (struct ibv_wq){ .context = ibv, .pd = attr->pd, .cq = attr->cq,
				   .wq_num = wq->number, .handle = wq->number,
				   .wq_context = attr->wq_context, .state = IBV_WQS_RESET,
				   .wq_type = IBV_WQT_RQ, .post_recv = post_wq_receive };
	((struct vb_cq *)attr->cq)->users++;
	wq->next = context->rwqs;
	context->rwqs = wq;
	vb_context_leave(context);
	return &wq->ibv;
}

int vb_queue_state(struct vb_context *context, uint16_t modify, uint32_t number)
{
	uint8_t in[16] = { 0 }, out[272];
	int err;

	cx_set(in, CX_IN_OPCODE, modify + QUERY_AFTER_MODIFY);
	cx_set(in, CX_OBJECT_NUMBER, number);
	err = vb_context_command(context, in, sizeof(in), out, sizeof(out));
	return err < 0 ? err : (int)cx_get(out, RQ_STATE);
}

int wq_modify(struct ibv_wq *ibv, struct ibv_wq_attr *attr)
{
	static const uint8_t state[] = { [IBV_WQS_RESET] = 0, [IBV_WQS_RDY] = 1,
					 [IBV_WQS_ERR] = 3 };
	struct vb_context *context = vb_context(ibv->context);
	struct vb_wq *wq = (struct vb_wq *)ibv;
	uint8_t in[WQ_COMMAND_SIZE] = { 0 }, out[16];
	enum ibv_wq_state from = ibv->state, to = from;
	int err, real;

	if (attr->attr_mask & IBV_WQ_ATTR_CURR_STATE)
		from = attr->curr_wq_state;
	if (attr->attr_mask & IBV_WQ_ATTR_STATE)
		to = attr->wq_state;
	if (from > IBV_WQS_ERR || to > IBV_WQS_ERR)
		return EINVAL;
	if (from == IBV_WQS_ERR && to == IBV_WQS_RDY)
		return EINVAL;
	err = vb_context_enter(context);
	real = err == 0 ? vb_queue_state(context, OP_MODIFY_RQ, wq->number) : 0;
	if (real < 0)
		err = -real;
	cx_set(in, CX_IN_OPCODE, OP_MODIFY_RQ);
	cx_set(in, CX_OBJECT_NUMBER, wq->number);
	cx_set(in, RQ_FROM, (uint32_t)real);
	cx_set(in, RQ_STATE, state[to]);
	if (attr->attr_mask & IBV_WQ_ATTR_FLAGS) {
		if (attr->flags_mask & ~(uint32_t)IBV_WQ_FLAGS_CVLAN_STRIPPING)
			err = EOPNOTSUPP;
		cx_set(in, MODIFY_VSD, 1);
		cx_set(in, RQ_VSD, (attr->flags & IBV_WQ_FLAGS_CVLAN_STRIPPING) == 0);
	}
	if (err == 0)
		err = -vb_context_command(context, in, sizeof(in), out, sizeof(out));
	if (err == 0) {
		ibv->state = to;
		if (to == IBV_WQS_RESET) {
			wq->post.head = wq->post.tail = 0;
			wq->ring.record[0] = 0;
		}
	}
	vb_context_leave(context);
	return err;
}

int wq_destroy(struct ibv_wq *ibv)
{
	struct vb_context *context = vb_context(ibv->context);
	struct vb_wq *wq = (struct vb_wq *)ibv, **at;
	int err;

	vb_context_enter(context);
	err = vb_context_destroy_command(context, OP_DESTROY_RQ, wq->number);
	if (err == 0) {
		for (at = &context->rwqs; *at != wq; at = &(*at)->next)
			;
		*at = wq->next;
		((struct vb_cq *)ibv->cq)->users--;
	}
	vb_context_leave(context);
	if (err == 0)
		wq_free(wq);
	return err;
}

/* ------------------------------------------------------------------------------- tables ---- */

static int table_command(struct vb_context *context, struct vb_table *table)
{
	uint8_t in[0x110 + (4u << LOG_TABLE_MAX)] = { 0 }, out[16];
	int err;

	cx_set(in, CX_IN_OPCODE, OP_CREATE_RQT);
	cx_set(in, CX_FIELD(0x34, 15, 0), table->size); /* at most */
	cx_set(in, CX_FIELD(0x38, 15, 0), table->size);
	for (uint32_t i = 0; i < table->size; i++)
		cx_set32(in, 0x110 + i * 4, table->wq[i]->number);
	err = vb_context_command(context, in, 0x110 + table->size * 4, out, sizeof(out));
	if (err == 0)
		table->number = cx_get(out, CX_OBJECT_NUMBER);
	return -err;
}

static void table_free(struct vb_table *table)
{
	free(table->wq);
	free(table);
}

struct ibv_rwq_ind_table *table_create(struct ibv_context *ibv,
				       struct ibv_rwq_ind_table_init_attr *attr)
{
	struct vb_context *context = vb_context(ibv);
	struct vb_table *table = calloc(1, sizeof(*table));
	int err;

	if (table == NULL)
		return NULL;
	err = vb_context_enter(context);
	if (err == 0 && (attr->log_ind_tbl_size > LOG_TABLE_MAX || attr->comp_mask != 0))
		err = EINVAL;
	if (err == 0) {
		table->size = 1u << attr->log_ind_tbl_size;
		table->wq = calloc(table->size, sizeof(struct vb_wq *));
		if (table->wq == NULL)
			err = ENOMEM;
	}
	if (err == 0) {
		for (uint32_t i = 0; i < table->size; i++)
			table->wq[i] = (struct vb_wq *)attr->ind_tbl[i];
		err = table_command(context, table);
	}
	if (err != 0) {
		table_free(table);
		return vb_context_refuse(context, err);
	}
	table->ibv.context = ibv;
	table->ibv.ind_tbl_handle = (int)table->number;
	table->ibv.ind_tbl_num = (int)table->number;
	vb_context_leave(context);
	return &table->ibv;
}

int table_destroy(struct ibv_rwq_ind_table *ibv)
{
	struct vb_context *context = vb_context(ibv->context);
	struct vb_table *table = (struct vb_table *)ibv;
	int err;

	vb_context_enter(context);
	err = vb_context_destroy_command(context, OP_DESTROY_RQT, table->number);
	vb_context_leave(context);
	if (err == 0)
		table_free(table);
	return err;
}
