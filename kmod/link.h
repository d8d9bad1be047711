/* SPDX-License-Identifier: GPL-2.0-only */
/* The host's link, and the carrier that follows it. */
#ifndef AN_LINK_H
#define AN_LINK_H

#include "nic.h"

void an_link_init(struct an_nic *nic);
/* Probe: what the host answered. speed in units of 100 bit/s, 0: unknown. */
void an_link_start(struct an_nic *nic, bool up, u32 speed);
/* RTNL, registered: the carrier as the host has it. */
void an_link_update(struct an_nic *nic);
/* NAPI: a status indication. */
void an_link_indicate(struct an_nic *nic, const struct an_rndis_rx *rx);
/* Nothing of the link runs after this. NAPI is quiet; not under RTNL. */
void an_link_stop(struct an_nic *nic);

#endif
