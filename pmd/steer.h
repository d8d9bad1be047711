/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the VF delivers to the port: the port's own unicast addresses, spread over its queues as the
 * application set it (rss.h). Multicast and broadcast are not steered: they go on to the kernel's
 * driver and come back through the synthetic side, so kernel and port both see each frame once.
 * Every rule is an object of this process and vanishes with it.
 */
#ifndef AN_STEER_H
#define AN_STEER_H

#include "rss.h"
#include "vf.h"

#include <rte_ether.h>

struct an_steer;

struct an_steer_config {
	struct an_vf *vf;
	const struct an_rss *rss;
	struct ibv_wq *const *wqs;                /* the receive queues, by number */
	unsigned int queues;
	const struct rte_ether_addr *addresses;   /* all-zero ones are left out */
	unsigned int address_count;
};

/* Frames arrive in the queues when this returns. 0 or -errno, with nothing left behind. */
int an_steer_create(struct an_steer **steer, const struct an_steer_config *config);
/* The kernel's driver gets what was steered, from now on. NULL does nothing. */
void an_steer_destroy(struct an_steer *steer);

#endif
