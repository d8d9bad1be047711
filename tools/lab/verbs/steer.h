/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel's receive steering: flow tables in a fixed order, made when the first rule needs one
 * and gone with the last, groups by mask, entries in them. Order and meaning of the places:
 * kernel mlx5/core/fs_core.c (NIC receive namespaces), infiniband/hw/mlx5/fs.c.
 */
#ifndef LAB_VERBS_STEER_H
#define LAB_VERBS_STEER_H

#include "machine.h"

#include "../connectx/objects.h"

/* First asked first. A program's priority p has two: rules that do not trap, rules that do. */
#define STEER_PRIORITIES 16
#define STEER_NORMAL(p) (2 * (p) + 1)
#define STEER_DONT_TRAP(p) (2 * (p))
enum steer_place {
	STEER_MULTICAST = 2 * STEER_PRIORITIES, /* rules for multicast only that do trap */
	STEER_KERNEL,                           /* what the kernel's netdev wants */
	STEER_LEFTOVERS,                        /* what nobody wanted */
	STEER_PLACES,
};

struct steer_match {
	uint8_t criteria; /* match_criteria_enable: bit n, section n */
	uint8_t mask[CX_MATCH_SIZE], value[CX_MATCH_SIZE];
};

#define STEER_TIRS_MAX 16
struct steer_actions {
	bool drop, go_on;  /* go_on: the next place gets it too */
	bool tagged;
	uint32_t tag;      /* 24 bits */
	unsigned int tirs;
	uint32_t tir[STEER_TIRS_MAX];
	uint32_t counter;  /* flow counter, 0: none */
};

struct steer_rule;

/* NULL and *err: -ENOSPC, -ENOMEM or what the firmware said. Locked, as the rest. */
struct steer_rule *vb_steer_add(struct machine *machine, unsigned int place,
			     const struct steer_match *match, const struct steer_actions *actions,
			     int *err);
void steer_remove(struct machine *machine, struct steer_rule *rule);
/* The function is gone, and its tables with it: forgets them. Rules stay the owners' to remove. */
void steer_forget(void);

#endif
