/* SPDX-License-Identifier: GPL-2.0-only */
/* NVSP with the host: version, capabilities, the two shared buffers, messages of the host's own. */
#ifndef AN_NVSP_H
#define AN_NVSP_H

#include "nic.h"

struct an_request;

/* Negotiates and sets up the buffers. hv_vmbus waits for GPADLs: never under RTNL. 0 or -errno. */
int an_nvsp_start(struct an_nic *nic);
/* Tells the host that the buffers will go. */
void an_nvsp_revoke(struct an_nic *nic);
/* Takes their GPADLs back, NAPI is quiet; hv_vmbus waits: never under RTNL. */
void an_nvsp_unshare(struct an_nic *nic);
void an_nvsp_free(struct an_nic *nic);

/* Sends msg and waits for the completion that carries a message of type `want`. */
int an_nvsp_ask(struct an_nic *nic, struct an_nvsp_msg *msg, u32 want, unsigned int ms);
/* Sends msg; the host does not complete it. */
int an_nvsp_tell(struct an_nic *nic, struct an_nvsp_msg *msg);
/* Sends SWITCH_DATA_PATH; an_vf_path_done(nic, number) follows. Does not sleep. */
int an_nvsp_switch(struct an_nic *nic, enum an_nvsp_path path, u32 number);
/* NVSP SUBCHANNEL: asks for `count`, returns how many were granted, or -errno. */
int an_nvsp_subchannels(struct an_nic *nic, u32 count);

/* NAPI: an in-band packet, and an answer to an_nvsp_ask(). */
void an_nvsp_receive(struct an_nic *nic, const void *data, u32 len);
void an_nvsp_answer(struct an_nic *nic, struct an_request *request, const void *data, u32 len);

#endif
