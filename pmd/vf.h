/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The VF as verbs shows it: an open device, its protection domain, what it can do, and the memory
 * registered with it. One lives from the moment a VF is taken into use until it is left for good;
 * a VF that returns gets a new one. Control's, except for what the queues copied out of it.
 */
#ifndef AN_VF_H
#define AN_VF_H

#include "mr.h"

#include <infiniband/mlx5dv.h>
#include <infiniband/verbs.h>
#include <stdbool.h>
#include <stdint.h>

struct an_vf {
	struct ibv_context *context;
	struct ibv_pd *pd;
	struct an_mr_table memory;
	uint8_t inline_bytes;        /* of each frame's head that the device wants in the WQE */
	bool mpw;                    /* enhanced multi-packet WQEs */
	bool compression;            /* compressed receive CQEs */
	bool vlan_insert, vlan_strip;
	bool csum_tx, csum_rx;
	uint32_t tso_max;            /* bytes of a frame to segment; 0: cannot */
	uint32_t max_wqe, max_cqe;   /* entries of a queue */
	uint32_t max_rwq_table;      /* entries of an indirection table */
	char firmware[64];           /* version as the card says it */
	bool gone;                   /* the device was lost: destroys may fail, nothing completes */
};

/*
 * Opens the RDMA device with that name (as in /sys/class/infiniband). 0 or -errno with a reason:
 * -ENODEV not there (yet), -ENOTSUP not a card this driver drives, -EPERM a missing privilege.
 */
int an_vf_open(struct an_vf *vf, const char *rdma_device, char *reason, size_t len);
/* Releases everything; queues and flows are gone already. */
void an_vf_close(struct an_vf *vf);

#endif
