// SPDX-License-Identifier: BSD-3-Clause
/*
 * Direct verbs: the rings behind verbs objects, objects with the vendor's options, what the
 * vendor's part of the device can do. Source: mlx5dv.h, rdma-core 44 providers/mlx5/mlx5.c.
 */
#include "objects.h"

#include <errno.h>

#define UAR_DOORBELL 0x800
#define CAP_CQE_COMPRESSION CX_BIT(0xb4, 0)
#define CAP_CQE_COMPRESSION_MAX CX_FIELD(0xb8, 15, 0)
#define GROUP_ETHERNET 1
#define ETH_MPW CX_FIELD(0x0, 15, 14)
#define ETH_ENHANCED_MPW CX_BIT(0x0, 5)
#define KNOWN (MLX5DV_CONTEXT_MASK_CQE_COMPRESION | MLX5DV_CONTEXT_MASK_SWP | \
	       MLX5DV_CONTEXT_MASK_STRIDING_RQ | MLX5DV_CONTEXT_MASK_TUNNEL_OFFLOADS | \
	       MLX5DV_CONTEXT_MASK_DYN_BFREGS | MLX5DV_CONTEXT_MASK_FLOW_ACTION_FLAGS | \
	       MLX5DV_CONTEXT_MASK_NUM_LAG_PORTS)

bool mlx5dv_is_supported(struct ibv_device *device)
{
	(void)device;
	return true;
}

struct ibv_context *mlx5dv_open_device(struct ibv_device *device, struct mlx5dv_context_attr *attr)
{
	if (attr->comp_mask != 0 || (attr->flags & ~(uint32_t)MLX5DV_CONTEXT_FLAGS_DEVX) != 0) {
		errno = EINVAL;
		return NULL;
	}
	return vb_context_open(device, attr->flags != 0);
}

int mlx5dv_query_device(struct ibv_context *ibv, struct mlx5dv_context *attr)
{
	struct vb_context *context = vb_context(ibv);
	uint64_t asked = attr->comp_mask;
	uint8_t general[256], ethernet[256];
	int err = vb_context_enter(context);

	if (err == 0)
		err = -vb_context_caps(context, 0, general);
	if (err == 0)
		err = -vb_context_caps(context, GROUP_ETHERNET, ethernet);
	vb_context_leave(context);
	if (err != 0)
		return err;
	attr->version = 0;
	attr->flags = MLX5DV_CONTEXT_FLAGS_CQE_V1;
	attr->comp_mask = asked & KNOWN;
	if (cx_get(ethernet, ETH_MPW) != 0)
		attr->flags |= MLX5DV_CONTEXT_FLAGS_MPW_ALLOWED;
	if (cx_get(ethernet, ETH_ENHANCED_MPW))
		attr->flags |= MLX5DV_CONTEXT_FLAGS_ENHANCED_MPW;
	if (asked & MLX5DV_CONTEXT_MASK_CQE_COMPRESION) {
		attr->cqe_comp_caps = (struct mlx5dv_cqe_comp_caps){ 0 };
		if (cx_get(general, CAP_CQE_COMPRESSION)) {
			attr->cqe_comp_caps.max_num = cx_get(general, CAP_CQE_COMPRESSION_MAX);
			attr->cqe_comp_caps.supported_format = MLX5DV_CQE_RES_FORMAT_HASH |
							       MLX5DV_CQE_RES_FORMAT_CSUM;
		}
	}
	/* The rest is asked for by number, and there is none of it. */
	if (asked & MLX5DV_CONTEXT_MASK_SWP)
		attr->sw_parsing_caps = (struct mlx5dv_sw_parsing_caps){ 0 };
	if (asked & MLX5DV_CONTEXT_MASK_STRIDING_RQ)
		attr->striding_rq_caps = (struct mlx5dv_striding_rq_caps){ 0 };
	if (asked & MLX5DV_CONTEXT_MASK_TUNNEL_OFFLOADS)
		attr->tunnel_offloads_caps = 0;
	if (asked & MLX5DV_CONTEXT_MASK_DYN_BFREGS)
		attr->max_dynamic_bfregs = 0;
	if (asked & MLX5DV_CONTEXT_MASK_FLOW_ACTION_FLAGS)
		attr->flow_action_flags = 0;
	if (asked & MLX5DV_CONTEXT_MASK_NUM_LAG_PORTS)
		attr->num_lag_ports = 0;
	return 0;
}

int _mlx5dv_query_port(struct ibv_context *context, uint32_t port, struct mlx5dv_port *info,
		       size_t len)
{
	(void)context;
	(void)port;
	memset(info, 0, len);
	return EOPNOTSUPP; /* what it tells is about switch ports */
}

int mlx5dv_set_context_attr(struct ibv_context *context, enum mlx5dv_set_ctx_attr_type type,
			    void *attr)
{
	(void)context;
	(void)attr;
	/* The program's allocators would place rings on its socket; ours are placed here. */
	return type == MLX5DV_CTX_ATTR_BUF_ALLOCATORS ? 0 : EOPNOTSUPP;
}

int mlx5dv_get_clock_info(struct ibv_context *context, struct mlx5dv_clock_info *info)
{
	(void)context;
	(void)info;
	return EOPNOTSUPP;
}

struct ibv_cq_ex *mlx5dv_create_cq(struct ibv_context *context, struct ibv_cq_init_attr_ex *attr,
				   struct mlx5dv_cq_init_attr *dv)
{
	return vb_cq_create(context, attr, dv);
}

struct ibv_wq *mlx5dv_create_wq(struct ibv_context *context, struct ibv_wq_init_attr *attr,
				struct mlx5dv_wq_init_attr *dv)
{
	struct ibv_wq *wq = vb_wq_create(context, attr, dv);

	if (wq != NULL) { /* ibv_create_wq() does this for its callers */
		pthread_mutex_init(&wq->mutex, NULL);
		pthread_cond_init(&wq->cond, NULL);
	}
	return wq;
}

struct ibv_qp *mlx5dv_create_qp(struct ibv_context *context, struct ibv_qp_init_attr_ex *attr,
				struct mlx5dv_qp_init_attr *dv)
{
	return vb_qp_create(context, attr, dv);
}

static void describe_qp(const struct vb_qp *qp, struct mlx5dv_qp *out)
{
	uint64_t asked = out->comp_mask, given = 0;

	out->dbrec = (__be32 *)(qp->sq.record != NULL ? qp->sq.record : qp->rq.record);
	out->sq.buf = qp->sq.buffer;
	out->sq.wqe_cnt = qp->sq.buffer != NULL ? 1u << qp->log_sq : 0;
	out->sq.stride = 64;
	out->rq.buf = qp->rq.buffer;
	out->rq.wqe_cnt = qp->rq.buffer != NULL ? 1u << qp->log_rq : 0;
	out->rq.stride = 1u << qp->log_rq_stride;
	out->bf.reg = NULL;
	out->bf.size = 0; /* no BlueFlame: doorbells of 8 bytes only */
	if (qp->uar != 0)
		out->bf.reg = vb_context_uar(vb_context(qp->ibv.context), qp->uar) + UAR_DOORBELL;
	if (asked & MLX5DV_QP_MASK_UAR_MMAP_OFFSET) {
		out->uar_mmap_offset = (off_t)qp->uar * LAB_PAGE_SIZE;
		given |= MLX5DV_QP_MASK_UAR_MMAP_OFFSET;
	}
	if (asked & MLX5DV_QP_MASK_RAW_QP_HANDLES) {
		out->tirn = qp->tirn;
		out->tisn = qp->tisn;
		out->rqn = qp->rqn;
		out->sqn = qp->sqn;
		given |= MLX5DV_QP_MASK_RAW_QP_HANDLES;
	}
	out->comp_mask = given;
}

static void describe_cq(const struct vb_cq *cq, struct mlx5dv_cq *out)
{
	struct vb_context *context = vb_context(cq->ibv.context);

	out->buf = cq->ring.buffer;
	out->dbrec = (__be32 *)cq->ring.record;
	out->cqe_cnt = cq->cqes;
	out->cqe_size = cq->cqe_size;
	out->cq_uar = vb_context_uar(context, context->uar);
	out->cqn = cq->number;
	out->comp_mask = 0;
}

static void describe_rwq(const struct vb_wq *wq, struct mlx5dv_rwq *out)
{
	out->buf = wq->ring.buffer;
	out->dbrec = (__be32 *)wq->ring.record;
	out->wqe_cnt = 1u << wq->log_size;
	out->stride = 1u << wq->log_stride;
	out->comp_mask = 0;
}

int mlx5dv_init_obj(struct mlx5dv_obj *obj, uint64_t type)
{
	if (type & ~(uint64_t)(MLX5DV_OBJ_QP | MLX5DV_OBJ_CQ | MLX5DV_OBJ_RWQ | MLX5DV_OBJ_PD))
		return EOPNOTSUPP;
	if (type & MLX5DV_OBJ_QP)
		describe_qp((struct vb_qp *)obj->qp.in, obj->qp.out);
	if (type & MLX5DV_OBJ_CQ)
		describe_cq((struct vb_cq *)obj->cq.in, obj->cq.out);
	if (type & MLX5DV_OBJ_RWQ)
		describe_rwq((struct vb_wq *)obj->rwq.in, obj->rwq.out);
	if (type & MLX5DV_OBJ_PD) {
		obj->pd.out->pdn = ((struct vb_pd *)obj->pd.in)->number;
		obj->pd.out->comp_mask = 0;
	}
	return 0;
}
