/* SPDX-License-Identifier: GPL-2.0-only */
/* Subchannels, and how the host spreads received flows over them. */
#ifndef AN_RSS_H
#define AN_RSS_H

#include "nic.h"

void an_rss_init(struct an_nic *nic);
/* Gets as many queues as host, processors and memory allow; at least the one there is. */
int an_rss_start(struct an_nic *nic);
/* No subchannel comes up after this. */
void an_rss_stop(struct an_nic *nic);
struct an_rss_message;
/* RTNL after probe: the message that gives table and key to the host, or ERR_PTR(); kfree() it. */
struct an_rss_message *an_rss_build(const struct an_nic *nic);
/* Sends it; not to be sent twice. Errors as of an_rndis_set(). */
int an_rss_send(struct an_nic *nic, struct an_rss_message *message, unsigned int ms);
/* Both. */
int an_rss_apply(struct an_nic *nic, unsigned int ms);

#endif
