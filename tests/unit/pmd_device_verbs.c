// SPDX-License-Identifier: BSD-3-Clause
/* What queues and the memory table call of libibverbs and libmlx5, answered by pmd_device.c. */
#include "pmd_device.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#undef ibv_reg_mr

#define PAGE 4096u
#define SQ_NUMBER 0x123
#define CQE_SIZE 64u

static int destroy_wq(struct ibv_wq *wq);
static int modify_wq(struct ibv_wq *wq, struct ibv_wq_attr *attr);

static struct verbs_context verbs = {
	.sz = sizeof(verbs),
	.destroy_wq = destroy_wq,
	.modify_wq = modify_wq,
	.context = { .abi_compat = __VERBS_ABI_IS_EXTENDED },
};

/* The n-th call fails. */
static bool call_fails(void)
{
	if (device.fail_at == 0 || --device.fail_at > 0)
		return false;
	errno = device.fail_errno;
	return true;
}

static unsigned int log_of(uint32_t n)
{
	unsigned int log = 0;

	while (1u << log < n)
		log++;
	return log;
}

/* CQEs as libmlx5 leaves them: op_own says "invalid", with the first round's owner bit. */
#define FRESH_CQE 0xf0

static uint8_t *ring_create(size_t size, int fill)
{
	size_t whole = (size + PAGE - 1) / PAGE * PAGE;
	uint8_t *ring = aligned_alloc(PAGE, whole);

	CU_ASSERT_PTR_NOT_NULL_FATAL(ring);
	memset(ring, fill, whole);
	return ring;
}

/* ---------------------------------------------------------------------------------- memory -- */

struct ibv_mr *ibv_reg_mr(struct ibv_pd *pd, void *address, size_t len, int access)
{
	(void)access;
	return ibv_reg_mr_iova2(pd, address, len, (uintptr_t)address, (unsigned int)access);
}

struct ibv_mr *ibv_reg_mr_iova2(struct ibv_pd *pd, void *address, size_t len, uint64_t iova,
				unsigned int access)
{
	static uint32_t last_key = 0x1000;
	struct ibv_mr *mr;

	(void)pd;
	CU_ASSERT_EQUAL(iova, (uintptr_t)address);
	if (device.relaxed_refused && (access & IBV_ACCESS_RELAXED_ORDERING)) {
		errno = EOPNOTSUPP;
		return NULL;
	}
	if (call_fails())
		return NULL;
	mr = calloc(1, sizeof(*mr));
	CU_ASSERT_PTR_NOT_NULL_FATAL(mr);
	for (unsigned int i = 0; i < DEVICE_REGIONS; i++) {
		if (device.regions[i].key != 0)
			continue;
		last_key += 0x100;
		device.regions[i] = (struct device_region){ (uintptr_t)address, len, last_key };
		mr->lkey = last_key;
		mr->handle = i;
		device.registered++;
		return mr;
	}
	CU_FAIL_FATAL("too many regions for the test's device");
	return NULL;
}

int ibv_dereg_mr(struct ibv_mr *mr)
{
	device.regions[mr->handle].key = 0;
	device.registered--;
	free(mr);
	return 0;
}

/* ------------------------------------------------------------------------- completion queues -- */

struct ibv_cq_ex *mlx5dv_create_cq(struct ibv_context *context, struct ibv_cq_init_attr_ex *attr,
				   struct mlx5dv_cq_init_attr *mlx5)
{
	unsigned int i = device.cqs[0].there ? 1 : 0;
	struct ibv_cq_ex *cq;

	(void)context;
	if (call_fails())
		return NULL;
	cq = calloc(1, sizeof(*cq));
	CU_ASSERT_PTR_NOT_NULL_FATAL(cq);
	cq->context = &verbs.context;
	CU_ASSERT_TRUE(mlx5->comp_mask & MLX5DV_CQ_INIT_ATTR_MASK_CQE_SIZE);
	CU_ASSERT_EQUAL(mlx5->cqe_size, CQE_SIZE);
	/* A test with one queue has its CQ where it belongs: see the WQ and the QP below. */
	device.cqs[i] = (struct device_cq){
		.log = log_of(attr->cqe + 1), .there = true,
		.compressed = mlx5->comp_mask & MLX5DV_CQ_INIT_ATTR_MASK_COMPRESSED_CQE,
	};
	device.cqs[i].ring = ring_create((size_t)CQE_SIZE << device.cqs[i].log, FRESH_CQE);
	cq->handle = i;
	device.objects++;
	return cq;
}

int ibv_destroy_cq(struct ibv_cq *cq)
{
	struct device_cq *at = &device.cqs[cq->handle];

	free(at->ring);
	memset(at, 0, sizeof(*at));
	free(cq);
	device.objects--;
	return 0;
}

/* The send queue's is the first, the receive queue's the second. */
static void cq_place(struct ibv_cq *cq, uint32_t place)
{
	if (cq->handle == place)
		return;
	CU_ASSERT_FALSE_FATAL(device.cqs[place].there);
	device.cqs[place] = device.cqs[cq->handle];
	memset(&device.cqs[cq->handle], 0, sizeof(device.cqs[0]));
	cq->handle = place;
}

/* ----------------------------------------------------------------------------- send queues -- */

struct ibv_qp *mlx5dv_create_qp(struct ibv_context *context, struct ibv_qp_init_attr_ex *attr,
				struct mlx5dv_qp_init_attr *mlx5)
{
	struct ibv_qp *qp;

	(void)context;
	(void)mlx5;
	if (call_fails())
		return NULL;
	CU_ASSERT_EQUAL(attr->qp_type, IBV_QPT_RAW_PACKET);
	CU_ASSERT_EQUAL(attr->sq_sig_all, 0);
	qp = calloc(1, sizeof(*qp));
	CU_ASSERT_PTR_NOT_NULL_FATAL(qp);
	qp->context = &verbs.context;
	qp->qp_num = SQ_NUMBER;
	cq_place(attr->send_cq, 0);
	device.sq_log = log_of(attr->cap.max_send_wr);
	device.sq = ring_create((size_t)CQE_SIZE << device.sq_log, 0xa5);
	device.sq_consumer = 0;
	device.broken = false;
	memset(device.records, 0, sizeof(device.records));
	device.objects++;
	return qp;
}

int ibv_modify_qp(struct ibv_qp *qp, struct ibv_qp_attr *attr, int mask)
{
	(void)mask;
	if (call_fails())
		return errno;
	if (attr->qp_state == IBV_QPS_RESET)
		return device.modify_errno;
	/* RST, INIT, RTR, RTS, one after the other. */
	CU_ASSERT_EQUAL(attr->qp_state, qp->state + 1);
	qp->state = attr->qp_state;
	return 0;
}

int ibv_destroy_qp(struct ibv_qp *qp)
{
	if (device.destroy_errno != 0) {
		device.undestroyed = qp;
		return device.destroy_errno;
	}
	free(device.sq);
	device.sq = NULL;
	free(qp);
	device.objects--;
	return 0;
}

/* -------------------------------------------------------------------------- receive queues -- */

struct ibv_wq *mlx5dv_create_wq(struct ibv_context *context, struct ibv_wq_init_attr *attr,
				struct mlx5dv_wq_init_attr *mlx5)
{
	struct ibv_wq *wq;

	(void)context;
	(void)mlx5;
	if (call_fails())
		return NULL;
	CU_ASSERT_EQUAL(attr->wq_type, IBV_WQT_RQ);
	wq = calloc(1, sizeof(*wq));
	CU_ASSERT_PTR_NOT_NULL_FATAL(wq);
	wq->context = &verbs.context;
	cq_place(attr->cq, 1);
	device.stripping = (attr->comp_mask & IBV_WQ_INIT_ATTR_FLAGS) &&
			   (attr->create_flags & IBV_WQ_FLAGS_CVLAN_STRIPPING);
	device.rq_log = log_of(attr->max_wr);
	device.rq_stride = 16u << log_of(attr->max_sge);
	device.rq = ring_create((size_t)device.rq_stride << device.rq_log, 0xa5);
	device.rq_record = 0;
	device.rq_consumer = 0;
	device.objects++;
	return wq;
}

static int modify_wq(struct ibv_wq *wq, struct ibv_wq_attr *attr)
{
	(void)wq;
	if (call_fails())
		return errno;
	return attr->wq_state == IBV_WQS_ERR ? device.modify_errno : 0;
}

static int destroy_wq(struct ibv_wq *wq)
{
	if (device.destroy_errno != 0) {
		device.undestroyed = wq;
		return device.destroy_errno;
	}
	free(device.rq);
	device.rq = NULL;
	free(wq);
	device.objects--;
	return 0;
}

void device_abandon(void)
{
	CU_ASSERT_PTR_NOT_NULL(device.undestroyed);
	free(device.undestroyed);
	free(device.sq);
	free(device.rq);
	device.objects--;
}

/* ---------------------------------------------------------------------------------- mapping -- */

int mlx5dv_init_obj(struct mlx5dv_obj *obj, uint64_t type)
{
	if (call_fails())
		return errno;
	if (type & MLX5DV_OBJ_CQ) {
		struct device_cq *cq = &device.cqs[obj->cq.in->handle];

		obj->cq.out->buf = cq->ring;
		obj->cq.out->dbrec = cq->records;
		obj->cq.out->cqe_cnt = 1u << cq->log;
		obj->cq.out->cqe_size = CQE_SIZE;
	}
	if (type & MLX5DV_OBJ_QP) {
		obj->qp.out->dbrec = device.records;
		obj->qp.out->sq.buf = device.sq;
		obj->qp.out->sq.wqe_cnt = 1u << device.sq_log;
		obj->qp.out->sq.stride = 64;
		obj->qp.out->bf.reg = device.uar;
	}
	if (type & MLX5DV_OBJ_RWQ) {
		obj->rwq.out->buf = device.rq;
		obj->rwq.out->dbrec = &device.rq_record;
		obj->rwq.out->wqe_cnt = 1u << device.rq_log;
		obj->rwq.out->stride = device.rq_stride;
	}
	return 0;
}
