/* SPDX-License-Identifier: BSD-3-Clause */
/* Objects a program makes by firmware commands of its own. */
#ifndef LAB_VERBS_DEVX_H
#define LAB_VERBS_DEVX_H

#include "objects.h"

struct mlx5dv_devx_obj {
	struct vb_context *context;
	uint16_t opcode;   /* that made it */
	uint32_t number;
};

#endif
