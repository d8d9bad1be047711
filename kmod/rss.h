/* SPDX-License-Identifier: GPL-2.0-only */
/* Subchannels, and how the host spreads received flows over them. */
#ifndef AN_RSS_H
#define AN_RSS_H

#include "nic.h"

/* Gets as many queues as host, processors and memory allow; at least the one there is. */
int an_rss_start(struct an_nic *nic);
/* No subchannel comes up after this. */
void an_rss_stop(struct an_nic *nic);
/* Gives table and key to the host. */
int an_rss_apply(struct an_nic *nic, unsigned int ms);

#endif
