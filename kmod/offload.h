/* SPDX-License-Identifier: GPL-2.0-only */
/* What the host can do with checksums and segments, as net_device features. */
#ifndef AN_OFFLOAD_H
#define AN_OFFLOAD_H

#include "nic.h"

/* Asks the host, switches on what both have, sets net->features. Before registration. */
int an_offload_start(struct an_nic *nic);

#endif
