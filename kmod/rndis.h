/* SPDX-License-Identifier: GPL-2.0-only */
/* RNDIS control messages: start and halt, OIDs, packet filter, link. */
#ifndef AN_RNDIS_H
#define AN_RNDIS_H

#include "nic.h"

void an_rndis_init(struct an_nic *nic);
/* INITIALIZE, permanent address (into net), link. 0 or -errno. Not under RTNL. */
int an_rndis_start(struct an_nic *nic);
/* Packet filter 0, HALT. Not under RTNL. */
void an_rndis_halt(struct an_nic *nic);

/* *len: room in, length out. data (room bytes) goes along as the question. Errors as below. */
int an_rndis_query(struct an_nic *nic, enum an_oid oid, void *data, u32 *len, u32 question,
		   unsigned int ms);
/* 0, -ENOMEM, -ENODEV, -ETIMEDOUT, -EBADMSG, -EOPNOTSUPP (the host says no). */
int an_rndis_set(struct an_nic *nic, enum an_oid oid, const void *data, u32 len, unsigned int ms);
/* RTNL: AN_RTNL_MS at most. */
int an_rndis_set_mac(struct an_nic *nic, const u8 *mac);

/* Brings the host's packet filter to what the net_device's flags say, soon. Any context. */
void an_rndis_update_filter(struct an_nic *nic);
/* Brings the carrier to the host's link state. */
void an_rndis_update_carrier(struct an_nic *nic);

/* NAPI: an answer at message, which the host may still write to; a status indication. */
void an_rndis_answer(struct an_nic *nic, const void *message, const struct an_rndis_rx *rx);
void an_rndis_indicate(struct an_nic *nic, const struct an_rndis_rx *rx);

#endif
