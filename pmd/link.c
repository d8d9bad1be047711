// SPDX-License-Identifier: BSD-3-Clause
/* Link status from what the kernel was last asked (look.h). */
#include "link.h"
#include "port.h"

#include <ethdev_driver.h>

int an_link_update(struct rte_eth_dev *dev, int wait_to_complete)
{
	struct an_port *port = dev->data->dev_private;
	struct rte_eth_link link = { .link_duplex = RTE_ETH_LINK_FULL_DUPLEX };

	(void)wait_to_complete;
	/* Read without the lock: each word stands for itself, and the next message mends it. */
	link.link_speed = port->speed != 0 ? port->speed : RTE_ETH_SPEED_NUM_UNKNOWN;
	link.link_autoneg = RTE_ETH_LINK_AUTONEG;
	if (dev->data->dev_started && port->pair.net.up && port->pair.net.carrier)
		link.link_status = RTE_ETH_LINK_UP;
	return rte_eth_linkstatus_set(dev, &link);
}
