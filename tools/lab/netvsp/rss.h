/* SPDX-License-Identifier: BSD-3-Clause */
/* Receive-side scaling: which channel a frame goes to. */
#ifndef LAB_NETVSP_RSS_H
#define LAB_NETVSP_RSS_H

#include "nic.h"
#include "offload.h"

/* OID_GEN_RECEIVE_SCALE_PARAMETERS. Returns an RNDIS status; refused: nothing changed. */
uint32_t rss_set(struct netvsp *nic, const uint8_t *info, size_t len);
void rss_capabilities(const struct netvsp *nic, struct ndis_rss_caps *out);
/* The open channel for the frame; notes its hash for the guest in rx. */
unsigned int rss_channel(const struct netvsp *nic, struct offload_rx *rx);

#endif
