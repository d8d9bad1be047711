/* SPDX-License-Identifier: BSD-3-Clause */
/* Flows as verbs (flow.c) and mlx5dv (dr.c) make them: rules of steer.h with an owner. */
#ifndef LAB_VERBS_FLOW_H
#define LAB_VERBS_FLOW_H

#include "objects.h"
#include "steer.h"

struct vb_flow {
	struct ibv_flow ibv;
	struct vb_qp *qp;            /* counts it among its users; NULL: none does */
	struct steer_rule *rule[2];  /* the second: unicast leftovers */
};

/* match_criteria_enable for a mask. */
uint8_t flow_criteria(const uint8_t mask[CX_MATCH_SIZE]);
/* vb_context_enter(), and waits while the device is silent: for what is not one command. */
int vb_context_steer_enter(struct vb_context *context);

#endif
