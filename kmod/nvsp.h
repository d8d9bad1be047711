/* SPDX-License-Identifier: GPL-2.0-only */
/* NVSP with the host: version, capabilities, the two shared buffers, subchannels. */
#ifndef AN_NVSP_H
#define AN_NVSP_H

#include "nic.h"

/* Negotiates and sets up the buffers. hv_vmbus waits for GPADLs: never under RTNL. 0 or -errno. */
int an_nvsp_start(struct an_nic *nic);
/* Tells the host that the buffers will go. */
void an_nvsp_revoke(struct an_nic *nic);
/* Takes their GPADLs back, NAPI is quiet; hv_vmbus waits: never under RTNL. */
void an_nvsp_unshare(struct an_nic *nic);
void an_nvsp_free(struct an_nic *nic);

/* NVSP SUBCHANNEL: asks for `count`, returns how many were granted, or -errno. */
int an_nvsp_subchannels(struct an_nic *nic, u32 count);

#endif
