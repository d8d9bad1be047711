// SPDX-License-Identifier: BSD-3-Clause
/* Protection domains. */
#include "objects.h"

#include <errno.h>
#include <stdlib.h>

enum { OP_ALLOC_PD = 0x800, OP_DEALLOC_PD = 0x801 };

struct ibv_pd *ibv_alloc_pd(struct ibv_context *ibv)
{
	struct vb_context *context = vb_context(ibv);
	struct vb_pd *pd = calloc(1, sizeof(*pd));
	int err;

	if (pd == NULL)
		return NULL;
	err = vb_context_enter(context);
	if (err == 0)
		err = -vb_context_allocate(context, OP_ALLOC_PD, &pd->number);
	if (err != 0) {
		free(pd);
		return vb_context_refuse(context, err);
	}
	pd->ibv.context = ibv;
	pd->ibv.handle = pd->number;
	vb_context_leave(context);
	return &pd->ibv;
}

int ibv_dealloc_pd(struct ibv_pd *ibv)
{
	struct vb_context *context = vb_context(ibv->context);
	struct vb_pd *pd = (struct vb_pd *)ibv;
	int err;

	vb_context_enter(context);
	err = vb_context_destroy_command(context, OP_DEALLOC_PD, pd->number);
	vb_context_leave(context);
	if (err == 0)
		free(pd);
	return err;
}
