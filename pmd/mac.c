// SPDX-License-Identifier: BSD-3-Clause
/*
 * Which frames are the port's. Its unicast addresses are steered on the VF and listened to on the
 * synthetic side; multicast, promiscuous and all-multicast mode are memberships of the synthetic
 * side's socket, which the kernel's driver carries to both paths and which vanish with the process.
 * ethdev keeps the list of addresses itself (mac_addrs), before or after it calls these.
 */
#include "ops.h"
#include "port.h"
#include "switch.h"

#include <errno.h>
#include <string.h>

int an_mac_addr_add(struct rte_eth_dev *dev, struct rte_ether_addr *address, uint32_t index,
		    uint32_t pool)
{
	struct an_port *port = dev->data->dev_private;
	struct rte_ether_addr before;
	int err;

	(void)pool;
	if (index >= AN_MAC_MAX)
		return -ENOSPC;
	pthread_mutex_lock(&port->lock);
	err = port->slow_ops->add_address(port->slow, address);
	if (err == 0) {
		/* ethdev writes it into the list only after this, but the steering reads it. */
		before = dev->data->mac_addrs[index];
		dev->data->mac_addrs[index] = *address;
		err = an_switch_steer(port);
		if (err != 0) {
			dev->data->mac_addrs[index] = before;
			port->slow_ops->remove_address(port->slow, address);
		}
	}
	pthread_mutex_unlock(&port->lock);
	return err;
}

void an_mac_addr_remove(struct rte_eth_dev *dev, uint32_t index)
{
	struct an_port *port = dev->data->dev_private;
	struct rte_ether_addr address;

	if (index >= AN_MAC_MAX)
		return;
	pthread_mutex_lock(&port->lock);
	address = dev->data->mac_addrs[index];
	memset(&dev->data->mac_addrs[index], 0, sizeof(address));
	port->slow_ops->remove_address(port->slow, &address);
	if (an_switch_steer(port) != 0)
		AN_LOG(WARNING, port, "the VF's steering could not be renewed");
	pthread_mutex_unlock(&port->lock);
}

/*
 * The kernel's interface keeps its own address: the port listens to another one. ethdev also calls
 * this with the address that is set already, at each start.
 */
int an_mac_addr_set(struct rte_eth_dev *dev, struct rte_ether_addr *address)
{
	struct an_port *port = dev->data->dev_private;
	struct rte_ether_addr before;
	int err;

	if (rte_is_same_ether_addr(&dev->data->mac_addrs[0], address))
		return 0;

	pthread_mutex_lock(&port->lock);
	before = dev->data->mac_addrs[0];
	err = port->slow_ops->add_address(port->slow, address);
	if (err == 0) {
		dev->data->mac_addrs[0] = *address;
		err = an_switch_steer(port);
		if (err == 0) {
			port->slow_ops->remove_address(port->slow, &before);
		} else {
			dev->data->mac_addrs[0] = before;
			port->slow_ops->remove_address(port->slow, address);
		}
	}
	pthread_mutex_unlock(&port->lock);
	return err;
}

static bool list_has(const struct rte_ether_addr *list, uint32_t count,
		     const struct rte_ether_addr *address)
{
	for (uint32_t i = 0; i < count; i++)
		if (rte_is_same_ether_addr(&list[i], address))
			return true;
	return false;
}

/* Leaves the groups of one list that are not in the other. */
static void groups_leave(struct an_port *port, const struct rte_ether_addr *list, uint32_t count,
			 const struct rte_ether_addr *other, uint32_t other_count)
{
	for (uint32_t i = 0; i < count; i++)
		if (!list_has(other, other_count, &list[i]))
			port->slow_ops->remove_address(port->slow, &list[i]);
}

/* New groups are joined before old ones are left: one that is in both lists is never without. */
int an_set_mc_addr_list(struct rte_eth_dev *dev, struct rte_ether_addr *addresses, uint32_t count)
{
	struct an_port *port = dev->data->dev_private;
	uint32_t joined = 0;
	int err = 0;

	if (count > AN_MULTICAST_MAX)
		return -ENOSPC;
	pthread_mutex_lock(&port->lock);
	while (joined < count && err == 0) {
		err = port->slow_ops->add_address(port->slow, &addresses[joined]);
		joined += err == 0;
	}
	if (err != 0) {
		groups_leave(port, addresses, joined, port->multicast, port->multicast_count);
	} else {
		groups_leave(port, port->multicast, port->multicast_count, addresses, count);
		memcpy(port->multicast, addresses, count * sizeof(*addresses));
		port->multicast_count = count;
	}
	pthread_mutex_unlock(&port->lock);
	return err;
}

static int mode_set(struct rte_eth_dev *dev,
		    int (*set)(struct an_synthetic *synthetic, bool on), bool on)
{
	struct an_port *port = dev->data->dev_private;
	int err;

	pthread_mutex_lock(&port->lock);
	err = set(port->slow, on);
	pthread_mutex_unlock(&port->lock);
	return err;
}

static const struct an_synthetic_ops *slow_ops(struct rte_eth_dev *dev)
{
	return ((struct an_port *)dev->data->dev_private)->slow_ops;
}

int an_promiscuous_enable(struct rte_eth_dev *dev)
{
	return mode_set(dev, slow_ops(dev)->set_promiscuous, true);
}

int an_promiscuous_disable(struct rte_eth_dev *dev)
{
	return mode_set(dev, slow_ops(dev)->set_promiscuous, false);
}

int an_allmulticast_enable(struct rte_eth_dev *dev)
{
	return mode_set(dev, slow_ops(dev)->set_allmulticast, true);
}

int an_allmulticast_disable(struct rte_eth_dev *dev)
{
	return mode_set(dev, slow_ops(dev)->set_allmulticast, false);
}
