// SPDX-License-Identifier: BSD-3-Clause
/*
 * Completion queues: rings of the program's, described to the firmware. Polling through verbs is
 * poll.c's. Source: rdma-core 44 providers/mlx5/verbs.c (create_cq), kernel mlx5/cq.c.
 */
#include "objects.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

enum { OP_CREATE_CQ = 0x400, OP_DESTROY_CQ = 0x401 };
#define CQE_NOT_YET 0xf1 /* invalid opcode, the device's */
#define CQES_MAX (1u << 22)
#define DV_MASK (MLX5DV_CQ_INIT_ATTR_MASK_COMPRESSED_CQE | MLX5DV_CQ_INIT_ATTR_MASK_FLAGS | \
		 MLX5DV_CQ_INIT_ATTR_MASK_CQE_SIZE)
#define CAP_CQE_COMPRESSION CX_BIT(0xb4, 0)
#define FORMATS (MLX5DV_CQE_RES_FORMAT_HASH | MLX5DV_CQE_RES_FORMAT_CSUM)

struct vb_cq *cq_find(struct vb_context *context, uint32_t number)
{
	struct vb_cq *cq = context->cqs;

	while (cq != NULL && cq->number != number)
		cq = cq->next;
	return cq;
}

/* What the attributes ask for beyond the ring: 0 or a positive errno. */
static int attributes_check(struct vb_context *context, const struct ibv_cq_init_attr_ex *attr,
			    const struct mlx5dv_cq_init_attr *dv, uint32_t *cqe_size, int *format)
{
	const char *size = getenv("MLX5_CQE_SIZE");
	uint8_t caps[256];

	*cqe_size = size != NULL ? (uint32_t)strtoul(size, NULL, 10) : 64;
	*format = 0;
	if (attr->cqe == 0 || attr->cqe >= CQES_MAX || attr->comp_vector != 0)
		return EINVAL;
	if (dv == NULL)
		return *cqe_size == 64 || *cqe_size == 128 ? 0 : EINVAL;
	if (dv->comp_mask & ~(uint64_t)DV_MASK)
		return EINVAL;
	if (dv->comp_mask & MLX5DV_CQ_INIT_ATTR_MASK_CQE_SIZE)
		*cqe_size = dv->cqe_size;
	if (*cqe_size != 64 && *cqe_size != 128)
		return EINVAL;
	if ((dv->comp_mask & MLX5DV_CQ_INIT_ATTR_MASK_FLAGS) && dv->flags != 0)
		return EINVAL; /* 128-byte padding is not offered */
	if (!(dv->comp_mask & MLX5DV_CQ_INIT_ATTR_MASK_COMPRESSED_CQE))
		return 0;
	if (vb_context_caps(context, 0, caps) < 0 || !cx_get(caps, CAP_CQE_COMPRESSION) ||
	    *cqe_size != 64)
		return EINVAL;
	*format = dv->cqe_comp_res_format;
	return *format == MLX5DV_CQE_RES_FORMAT_HASH || *format == MLX5DV_CQE_RES_FORMAT_CSUM ?
		       0 : EINVAL;
}

static int command_create(struct vb_context *context, struct vb_cq *cq, int format)
{
	uint8_t in[0x118] = { 0 }, out[16];
	int err;

	cx_set(in, CX_IN_OPCODE, OP_CREATE_CQ);
	cx_set(in, CX_FIELD(0x10, 23, 21), cq->cqe_size == 128);
	cx_set(in, CX_FIELD(0x1c, 28, 24), log2_up(cq->cqes));
	cx_set(in, CX_FIELD(0x1c, 23, 0), context->uar);
	cx_set(in, CX_DWORD(0x24), vb_kernel_eqn(context->device->machine));
	cx_set(in, CX_FIELD(0x28, 28, 24), log2_up((uint32_t)cq->ring.size) - 12);
	cx_set64(in, 0x48, (uintptr_t)cq->ring.record);
	cx_set64(in, 0x110, (uintptr_t)cq->ring.buffer);
	if (format != 0) {
		cx_set(in, CX_BIT(0x10, 14), 1);       /* cqe_comp_en */
		cx_set(in, CX_FIELD(0x10, 13, 12), format == MLX5DV_CQE_RES_FORMAT_CSUM);
	}
	err = vb_context_command(context, in, sizeof(in), out, sizeof(out));
	if (err == 0)
		cq->number = cx_get(out, CX_OBJECT_NUMBER);
	return err;
}

static int cq_start(struct vb_context *context, struct vb_cq *cq,
		    const struct ibv_cq_init_attr_ex *attr, const struct mlx5dv_cq_init_attr *dv)
{
	int format, err = attributes_check(context, attr, dv, &cq->cqe_size, &format);

	if (err != 0)
		return err;
	cq->cqes = 1u << log2_up(attr->cqe + 1);
	err = ring_create(&cq->ring, (size_t)cq->cqes * cq->cqe_size, CQE_NOT_YET);
	if (err < 0)
		return -err;
	return -command_create(context, cq, format);
}

static void cq_free(struct vb_cq *cq)
{
	ring_destroy(&cq->ring);
	pthread_mutex_destroy(&cq->ibv.mutex);
	pthread_cond_destroy(&cq->ibv.cond);
	free(cq);
}

struct ibv_cq_ex *vb_cq_create(struct ibv_context *ibv, struct ibv_cq_init_attr_ex *attr,
			    struct mlx5dv_cq_init_attr *dv)
{
	struct vb_context *context = vb_context(ibv);
	struct vb_cq *cq = calloc(1, sizeof(*cq));
	int err;

	if (cq == NULL)
		return NULL;
	pthread_mutex_init(&cq->ibv.mutex, NULL);
	pthread_cond_init(&cq->ibv.cond, NULL);
	err = vb_context_enter(context);
	if (err == 0)
		err = cq_start(context, cq, attr, dv);
	if (err != 0) {
		cq_free(cq);
		return vb_context_refuse(context, err);
	}
	cq->ibv.context = ibv;
	cq->ibv.channel = attr->channel;
	cq->ibv.cq_context = attr->cq_context;
	cq->ibv.handle = cq->number;
	cq->ibv.cqe = (int)cq->cqes - 1;
	cq_ex_init(cq);
	if (attr->channel != NULL)
		attr->channel->refcnt++;
	cq->next = context->cqs;
	context->cqs = cq;
	vb_context_leave(context);
	return &cq->ex;
}

struct ibv_cq *ibv_create_cq(struct ibv_context *context, int cqe, void *cq_context,
			     struct ibv_comp_channel *channel, int comp_vector)
{
	struct ibv_cq_init_attr_ex attr = {
		.cqe = cqe < 0 ? 0 : (uint32_t)cqe, .cq_context = cq_context, .channel = channel,
		.comp_vector = comp_vector < 0 ? UINT32_MAX : (uint32_t)comp_vector,
	};

	return (struct ibv_cq *)vb_cq_create(context, &attr, NULL);
}

int ibv_destroy_cq(struct ibv_cq *ibv)
{
	struct vb_context *context = vb_context(ibv->context);
	struct vb_cq *cq = (struct vb_cq *)ibv, **at;
	int err;

	vb_context_enter(context);
	err = cq->users > 0 && context->device->state != VB_GONE ? EBUSY :
		vb_context_destroy_command(context, OP_DESTROY_CQ, cq->number);
	if (err != 0) {
		vb_context_leave(context);
		return err;
	}
	for (at = &context->cqs; *at != cq; at = &(*at)->next)
		;
	*at = cq->next;
	if (ibv->channel != NULL)
		ibv->channel->refcnt--;
	vb_context_leave(context);
	/* Events that were given out must be acknowledged first (ibv_get_cq_event(3)). */
	pthread_mutex_lock(&ibv->mutex);
	while (ibv->comp_events_completed != cq->comp_events ||
	       ibv->async_events_completed != cq->async_events)
		pthread_cond_wait(&ibv->cond, &ibv->mutex);
	pthread_mutex_unlock(&ibv->mutex);
	cq_free(cq);
	return 0;
}
