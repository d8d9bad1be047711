/* SPDX-License-Identifier: BSD-3-Clause */
/* The port's link is the synthetic NIC's: up while the kernel's interface is up and has carrier. */
#ifndef AN_LINK_H
#define AN_LINK_H

struct rte_eth_dev;

/* ethdev's link_update: never waits. 0 if it changed, -1 if not. */
int an_link_update(struct rte_eth_dev *dev, int wait_to_complete);

#endif
