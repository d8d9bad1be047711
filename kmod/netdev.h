/* SPDX-License-Identifier: GPL-2.0-only */
/* The net_device that users see. */
#ifndef AN_NETDEV_H
#define AN_NETDEV_H

#include "nic.h"

void an_netdev_setup(struct net_device *net);
bool an_netdev_is_ours(const struct net_device *net);

/* ethtool.c */
extern const struct ethtool_ops an_ethtool_ops;

#endif
