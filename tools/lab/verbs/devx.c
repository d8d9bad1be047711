// SPDX-License-Identifier: BSD-3-Clause
/*
 * DevX: firmware commands of the program's own, in its user context; memory and UARs for the
 * objects they make. Source: rdma-core 44 providers/mlx5/verbs.c (mlx5dv_devx_*), kernel
 * infiniband/hw/mlx5/devx.c.
 */
#define _GNU_SOURCE
#include "devx.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

enum { OP_ALLOC_UAR = 0x802, OP_DEALLOC_UAR = 0x803, OP_ALLOC_FLOW_COUNTER = 0x939,
       OP_CREATE_UMEM = 0xa08, OP_DESTROY_UMEM = 0xa0a };
#define UAR_DOORBELL 0x800
#define UMEM_MTT 0x30

/* Which command undoes which; what is not here is not an object a program may make. */
static const struct { uint16_t create, destroy; } pairs[] = {
	{ 0x200, 0x202 }, /* memory key */
	{ 0x400, 0x401 }, /* CQ */
	{ 0x500, 0x501 }, /* QP */
	{ 0x771, 0x772 }, /* Q counter */
	{ 0x800, 0x801 }, /* PD */
	{ 0x816, 0x817 }, /* transport domain */
	{ 0x900, 0x902 }, /* TIR */
	{ 0x904, 0x906 }, /* SQ */
	{ 0x908, 0x90a }, /* RQ */
	{ 0x90c, 0x90e }, /* RMP */
	{ 0x912, 0x914 }, /* TIS */
	{ 0x916, 0x918 }, /* RQT */
	{ OP_ALLOC_FLOW_COUNTER, 0x93a },
};

static uint16_t destroyer_of(uint16_t create)
{
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		if (pairs[i].create == create)
			return pairs[i].destroy;
	return 0;
}

/* A command on a copy of the input: the kernel writes the uid into its own. Locked. */
static int command(struct vb_context *context, const void *in, size_t in_len, void *out,
		   size_t out_len)
{
	void *copy = malloc(in_len < 16 ? 16 : in_len);
	int err;

	if (copy == NULL)
		return -ENOMEM;
	memcpy(copy, in, in_len);
	err = vb_context_command(context, copy, in_len, out, out_len);
	free(copy);
	return err;
}

/* The same with the lock taken; only contexts opened for DevX have the right. */
static int command_of(struct ibv_context *ibv, const void *in, size_t in_len, void *out,
		      size_t out_len)
{
	struct vb_context *context = vb_context(ibv);
	int err = vb_context_enter(context);

	if (err == 0 && context->uid == 0)
		err = EINVAL;
	if (err == 0)
		err = -command(context, in, in_len, out, out_len);
	vb_context_leave(context);
	return err;
}

int mlx5dv_devx_general_cmd(struct ibv_context *context, const void *in, size_t in_len, void *out,
			    size_t out_len)
{
	return command_of(context, in, in_len, out, out_len);
}

struct mlx5dv_devx_obj *mlx5dv_devx_obj_create(struct ibv_context *context, const void *in,
					       size_t in_len, void *out, size_t out_len)
{
	struct mlx5dv_devx_obj *object = calloc(1, sizeof(*object));
	int err;

	if (object == NULL)
		return NULL;
	object->context = vb_context(context);
	object->opcode = (uint16_t)cx_get(in, CX_IN_OPCODE);
	err = destroyer_of(object->opcode) == 0 ? EINVAL :
		command_of(context, in, in_len, out, out_len);
	if (err != 0) {
		free(object);
		errno = err;
		return NULL;
	}
	object->number = object->opcode == OP_ALLOC_FLOW_COUNTER ? cx_get32(out, 0x8) :
								  cx_get(out, CX_OBJECT_NUMBER);
	return object;
}

int mlx5dv_devx_obj_query(struct mlx5dv_devx_obj *object, const void *in, size_t in_len, void *out,
			  size_t out_len)
{
	return command_of(&object->context->verbs.context, in, in_len, out, out_len);
}

int mlx5dv_devx_obj_modify(struct mlx5dv_devx_obj *object, const void *in, size_t in_len, void *out,
			   size_t out_len)
{
	return command_of(&object->context->verbs.context, in, in_len, out, out_len);
}

int mlx5dv_devx_obj_destroy(struct mlx5dv_devx_obj *object)
{
	struct vb_context *context = object->context;
	int err;

	vb_context_enter(context);
	err = vb_context_destroy_command(context, destroyer_of(object->opcode), object->number);
	vb_context_leave(context);
	if (err == 0)
		free(object);
	return err;
}

/* --------------------------------------------------- queries and changes of verbs objects ---- */

int mlx5dv_devx_qp_query(struct ibv_qp *qp, const void *in, size_t in_len, void *out,
			 size_t out_len)
{
	return command_of(qp->context, in, in_len, out, out_len);
}

int mlx5dv_devx_qp_modify(struct ibv_qp *qp, const void *in, size_t in_len, void *out,
			  size_t out_len)
{
	return command_of(qp->context, in, in_len, out, out_len);
}

int mlx5dv_devx_cq_query(struct ibv_cq *cq, const void *in, size_t in_len, void *out,
			 size_t out_len)
{
	return command_of(cq->context, in, in_len, out, out_len);
}

int mlx5dv_devx_cq_modify(struct ibv_cq *cq, const void *in, size_t in_len, void *out,
			  size_t out_len)
{
	return command_of(cq->context, in, in_len, out, out_len);
}

int mlx5dv_devx_wq_query(struct ibv_wq *wq, const void *in, size_t in_len, void *out,
			 size_t out_len)
{
	return command_of(wq->context, in, in_len, out, out_len);
}

int mlx5dv_devx_wq_modify(struct ibv_wq *wq, const void *in, size_t in_len, void *out,
			  size_t out_len)
{
	return command_of(wq->context, in, in_len, out, out_len);
}

int mlx5dv_devx_ind_tbl_query(struct ibv_rwq_ind_table *table, const void *in, size_t in_len,
			      void *out, size_t out_len)
{
	return command_of(table->context, in, in_len, out, out_len);
}

int mlx5dv_devx_ind_tbl_modify(struct ibv_rwq_ind_table *table, const void *in, size_t in_len,
			       void *out, size_t out_len)
{
	return command_of(table->context, in, in_len, out, out_len);
}

int mlx5dv_devx_query_eqn(struct ibv_context *ibv, uint32_t vector, uint32_t *eqn)
{
	struct vb_context *context = vb_context(ibv);
	int err = vb_context_enter(context);

	if (err == 0 && vector != 0)
		err = EINVAL;
	if (err == 0)
		*eqn = vb_kernel_eqn(context->device->machine);
	vb_context_leave(context);
	return err;
}

/* ---------------------------------------------------------------------- memory and UARs ---- */

struct vb_umem { struct mlx5dv_devx_umem dv; struct vb_context *context; };

static int umem_create(struct vb_context *context, uintptr_t address, size_t size, uint32_t *id)
{
	uintptr_t first = address & ~(uintptr_t)(LAB_PAGE_SIZE - 1);
	size_t pages = (address + size - first + LAB_PAGE_SIZE - 1) / LAB_PAGE_SIZE;
	size_t in_len = UMEM_MTT + pages * 8;
	uint8_t *in = calloc(1, in_len), out[16];
	int err;

	if (in == NULL)
		return ENOMEM;
	cx_set(in, CX_IN_OPCODE, OP_CREATE_UMEM);
	cx_set(in, CX_DWORD(0x24), (uint32_t)(address - first));
	cx_set64(in, 0x28, pages);
	for (size_t i = 0; i < pages; i++)
		cx_set64(in, (unsigned int)(UMEM_MTT + i * 8), first + i * LAB_PAGE_SIZE);
	err = -vb_context_command(context, in, in_len, out, sizeof(out));
	if (err == 0)
		*id = cx_get(out, CX_OBJECT_NUMBER);
	free(in);
	return err;
}

struct mlx5dv_devx_umem *mlx5dv_devx_umem_reg(struct ibv_context *ibv, void *address, size_t size,
					      uint32_t access)
{
	struct vb_context *context = vb_context(ibv);
	struct vb_umem *umem = calloc(1, sizeof(*umem));
	int err;

	(void)access;
	if (umem == NULL)
		return NULL;
	umem->context = context;
	err = vb_context_enter(context);
	if (err == 0 && (context->uid == 0 || size == 0))
		err = EINVAL;
	if (err == 0)
		err = umem_create(context, (uintptr_t)address, size, &umem->dv.umem_id);
	if (err != 0) {
		free(umem);
		return vb_context_refuse(context, err);
	}
	vb_context_leave(context);
	return &umem->dv;
}

struct mlx5dv_devx_umem *mlx5dv_devx_umem_reg_ex(struct ibv_context *context,
						 struct mlx5dv_devx_umem_in *in)
{
	if (in->comp_mask != 0) {
		errno = EOPNOTSUPP; /* dmabuf */
		return NULL;
	}
	return mlx5dv_devx_umem_reg(context, in->addr, in->size, in->access);
}

int mlx5dv_devx_umem_dereg(struct mlx5dv_devx_umem *dv)
{
	struct vb_umem *umem = (struct vb_umem *)dv;
	int err;

	vb_context_enter(umem->context);
	err = vb_context_destroy_command(umem->context, OP_DESTROY_UMEM, dv->umem_id);
	vb_context_leave(umem->context);
	if (err == 0)
		free(umem);
	return err;
}

struct vb_uar { struct mlx5dv_devx_uar dv; struct vb_context *context; };

struct mlx5dv_devx_uar *mlx5dv_devx_alloc_uar(struct ibv_context *ibv, uint32_t flags)
{
	struct vb_context *context = vb_context(ibv);
	struct vb_uar *uar = calloc(1, sizeof(*uar));
	int err;

	if (uar == NULL)
		return NULL;
	uar->context = context;
	err = vb_context_enter(context);
	/* BlueFlame is not there, as on an Azure VF: write combining does not work. */
	if (err == 0 && flags != MLX5_IB_UAPI_UAR_ALLOC_TYPE_NC)
		err = EOPNOTSUPP;
	if (err == 0)
		err = -vb_context_allocate(context, OP_ALLOC_UAR, &uar->dv.page_id);
	if (err != 0) {
		free(uar);
		return vb_context_refuse(context, err);
	}
	uar->dv.base_addr = vb_context_uar(context, uar->dv.page_id);
	uar->dv.reg_addr = (uint8_t *)uar->dv.base_addr + UAR_DOORBELL;
	uar->dv.mmap_off = (off_t)uar->dv.page_id * LAB_PAGE_SIZE;
	vb_context_leave(context);
	return &uar->dv;
}

void mlx5dv_devx_free_uar(struct mlx5dv_devx_uar *dv)
{
	struct vb_uar *uar = (struct vb_uar *)dv;

	vb_context_enter(uar->context);
	vb_context_destroy_command(uar->context, OP_DEALLOC_UAR, dv->page_id);
	vb_context_leave(uar->context);
	free(uar);
}

/* ---------------------------------------------------------------- asynchronous queries ---- */

/* Answers wait in a pipe: its read end is what the program polls. */
struct vb_answers { struct mlx5dv_devx_cmd_comp dv; int write; };
#define ANSWER_MAX 4000u /* below PIPE_BUF: whole or not at all */

struct mlx5dv_devx_cmd_comp *mlx5dv_devx_create_cmd_comp(struct ibv_context *context)
{
	struct vb_answers *answers = calloc(1, sizeof(*answers));
	int ends[2];

	(void)context;
	if (answers == NULL)
		return NULL;
	if (pipe2(ends, O_CLOEXEC | O_DIRECT) < 0) { /* one answer a read */
		free(answers);
		return NULL;
	}
	answers->dv.fd = ends[0];
	answers->write = ends[1];
	return &answers->dv;
}

void mlx5dv_devx_destroy_cmd_comp(struct mlx5dv_devx_cmd_comp *dv)
{
	struct vb_answers *answers = (struct vb_answers *)dv;

	close(dv->fd);
	close(answers->write);
	free(answers);
}

int mlx5dv_devx_obj_query_async(struct mlx5dv_devx_obj *object, const void *in, size_t in_len,
				size_t out_len, uint64_t wr_id, struct mlx5dv_devx_cmd_comp *dv)
{
	struct vb_answers *answers = (struct vb_answers *)dv;
	struct { uint64_t wr_id; uint8_t out[ANSWER_MAX - 8]; } answer = { .wr_id = wr_id };
	size_t len = sizeof(answer.wr_id) + out_len;
	int err;

	if (out_len > sizeof(answer.out))
		return EINVAL;
	err = command_of(&object->context->verbs.context, in, in_len, answer.out, out_len);
	if (err != 0)
		return err;
	return write(answers->write, &answer, len) == (ssize_t)len ? 0 : EAGAIN;
}

int mlx5dv_devx_get_async_cmd_comp(struct mlx5dv_devx_cmd_comp *dv,
				   struct mlx5dv_devx_async_cmd_hdr *answer, size_t len)
{
	ssize_t n = read(dv->fd, answer, len);

	if (n < 0)
		return errno;
	return (size_t)n < sizeof(*answer) ? EINVAL : 0;
}
