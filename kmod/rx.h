/* SPDX-License-Identifier: GPL-2.0-only */
/* Receive: the walk over a channel's ring, in NAPI. */
#ifndef AN_RX_H
#define AN_RX_H

struct napi_struct;

int an_rx_poll(struct napi_struct *napi, int budget);

#endif
