/* SPDX-License-Identifier: GPL-2.0-only */
/* RNDIS control messages: start and halt, OIDs. */
#ifndef AN_RNDIS_H
#define AN_RNDIS_H

#include "nic.h"

void an_rndis_init(struct an_nic *nic);
/* INITIALIZE, permanent address (into net), link. 0 or -errno. Not under RTNL. */
int an_rndis_start(struct an_nic *nic);
/* HALT. Not under RTNL. */
void an_rndis_halt(struct an_nic *nic);

/* *len: room in, length out. data (room bytes) goes along as the question. Errors as below. */
int an_rndis_query(struct an_nic *nic, enum an_oid oid, void *data, u32 *len, u32 question,
		   unsigned int ms);
/* 0, -ENOMEM, -ENODEV, -ETIMEDOUT, -EBADMSG, -EOPNOTSUPP (the host says no). */
int an_rndis_set(struct an_nic *nic, enum an_oid oid, const void *data, u32 len, unsigned int ms);
/* RTNL: AN_RTNL_MS at most. */
int an_rndis_set_mac(struct an_nic *nic, const u8 *mac);

/* NAPI: an answer at message, which the host may still write to. */
void an_rndis_answer(struct an_nic *nic, const void *message, const struct an_rndis_rx *rx);

#endif
