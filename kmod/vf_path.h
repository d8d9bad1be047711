/* SPDX-License-Identifier: GPL-2.0-only */
/* Facts, state and data path of a NIC's VF. Any context unless said. */
#ifndef AN_VF_PATH_H
#define AN_VF_PATH_H

#include "nvsp_wire.h"
#include "vf.h"

/* What the host says. */
void an_vf_associate(struct an_nic *nic, bool allocated, u32 serial);
void an_vf_host_moved(struct an_nic *nic, enum an_nvsp_datapath path);
void an_vf_path_done(struct an_nic *nic, u32 number);

/* Changes facts under the lock, then goes where they lead. */
typedef void (*an_vf_change)(struct an_vf *vf, const void *arg);
void an_vf_change_facts(struct an_nic *nic, an_vf_change change, const void *arg);
/* Asks the host for the path the facts call for. Returns ms until it wants to be called again. */
unsigned int an_vf_settle_path(struct an_nic *nic);
/* RTNL: the NIC itself goes up or down. */
void an_vf_nic_runs(struct an_nic *nic, bool runs);
/* Takes traffic off the VF, drains vf (may be NULL), waits at most ms for the host to follow. */
void an_vf_leave_path(struct an_nic *nic, struct net_device *vf, unsigned int ms);
void an_vf_set_policy(struct an_nic *nic, enum an_vf_policy policy);
/* Looks at everything again, soon: vf.work, which is vf.c's. */
void an_vf_kick(struct an_nic *nic);

#endif
