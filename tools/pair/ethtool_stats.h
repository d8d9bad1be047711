/* SPDX-License-Identifier: BSD-3-Clause */
/* Packet counters of a synthetic NIC, by path, from its driver's ethtool statistics. */
#ifndef ETHTOOL_STATS_H
#define ETHTOOL_STATS_H

#include "model.h"

#define AN_STATS_NAME 32	/* bytes of a name, ETH_GSTRING_LEN */

/* Two readings of every NIC whose VF could be in use, a short while apart. */
void an_stats_sample(struct an_host *host);

/* Names are AN_STATS_NAME bytes each, not necessarily ended by a NUL. */
void an_stats_add_up(struct an_counters *counters, const char *names, const uint64_t *values,
		     size_t count);

#endif
