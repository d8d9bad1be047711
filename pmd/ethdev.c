// SPDX-License-Identifier: BSD-3-Clause
/*
 * net_accelnet: a DPDK port over a synthetic NIC of Hyper-V and the VF beside it. The driver's
 * entry: --vdev net_accelnet0,iface=eth0 makes a port, its removal takes everything back. The
 * kernel keeps its interface all the time.
 */
#include "control.h"
#include "link.h"
#include "look.h"
#include "ops.h"
#include "port.h"
#include "precheck.h"

#include <errno.h>
#include <ethdev_vdev.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <string.h>

#define REASON 320

RTE_LOG_REGISTER(an_log_type, pmd.net.accelnet, NOTICE);

static int dev_close(struct rte_eth_dev *dev)
{
	struct an_port *port = dev->data->dev_private;

	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return 0;
	an_dev_stop(dev);
	an_control_stop(port);
	for (unsigned int i = 0; i < dev->data->nb_rx_queues; i++)
		an_rxq_release(dev, (uint16_t)i);
	for (unsigned int i = 0; i < dev->data->nb_tx_queues; i++)
		an_txq_release(dev, (uint16_t)i);
	port->slow_ops->close(port->slow);
	pthread_mutex_destroy(&port->lock);
	return 0; /* ethdev frees mac_addrs and the private data */
}

/* ethdev asks only for what leaves the whole port unusable: the NIC itself is gone. */
static int dev_is_removed(struct rte_eth_dev *dev)
{
	struct an_port *port = dev->data->dev_private;

	return an_control_is_removed(port);
}

static const struct eth_dev_ops dev_ops = {
	.dev_configure = an_dev_configure,
	.dev_start = an_dev_start,
	.dev_stop = an_dev_stop,
	.dev_close = dev_close,
	.is_removed = dev_is_removed,
	.link_update = an_link_update,
	.promiscuous_enable = an_promiscuous_enable,
	.promiscuous_disable = an_promiscuous_disable,
	.allmulticast_enable = an_allmulticast_enable,
	.allmulticast_disable = an_allmulticast_disable,
	.mac_addr_add = an_mac_addr_add,
	.mac_addr_remove = an_mac_addr_remove,
	.mac_addr_set = an_mac_addr_set,
	.set_mc_addr_list = an_set_mc_addr_list,
	.mtu_set = an_mtu_set,
	.stats_get = an_stats_get,
	.stats_reset = an_stats_reset,
	.xstats_get = an_xstats_get,
	.xstats_reset = an_stats_reset,
	.xstats_get_names = an_xstats_get_names,
	.dev_infos_get = an_dev_infos_get,
	.dev_supported_ptypes_get = an_supported_ptypes_get,
	.fw_version_get = an_fw_version_get,
	.rxq_info_get = an_rxq_info_get,
	.txq_info_get = an_txq_info_get,
	.rx_burst_mode_get = an_rx_burst_mode_get,
	.tx_burst_mode_get = an_tx_burst_mode_get,
	.rx_queue_start = an_rx_queue_start,
	.rx_queue_stop = an_rx_queue_stop,
	.tx_queue_start = an_tx_queue_start,
	.tx_queue_stop = an_tx_queue_stop,
	.rx_queue_setup = an_rxq_setup,
	.rx_queue_release = an_rxq_release,
	.tx_queue_setup = an_txq_setup,
	.tx_queue_release = an_txq_release,
	.tx_done_cleanup = an_tx_done_cleanup,
	.reta_update = an_rss_reta_update,
	.reta_query = an_rss_reta_query,
	.rss_hash_update = an_rss_hash_update,
	.rss_hash_conf_get = an_rss_hash_conf_get,
};

static void bursts_set(struct rte_eth_dev *dev)
{
	dev->rx_pkt_burst = an_rx_burst;
	dev->tx_pkt_burst = an_tx_burst;
	dev->tx_pkt_prepare = an_tx_prepare;
	dev->rx_queue_count = an_rx_queue_count;
	dev->rx_descriptor_status = an_rx_descriptor_status;
	dev->tx_descriptor_status = an_tx_descriptor_status;
}

static int synthetic_open(struct an_port *port, char *reason)
{
	struct an_synthetic_config config = {
		.iface = port->pair.net.name,
		.ifindex = (int)port->pair.net.ifindex,
		.port = port->data->port_id,
		.socket = port->data->numa_node,
		.keep_from_kernel = true,
	};

	port->slow_ops = &an_synthetic_packet; /* the only mode that devargs.c lets through */
	return port->slow_ops->open(&port->slow, &config, reason);
}

static int port_open(struct rte_eth_dev *dev, const struct an_devargs *args,
		     const struct an_pair *pair, char *reason, size_t len)
{
	struct an_port *port = dev->data->dev_private;
	char why[AN_SYNTHETIC_REASON] = "";
	int err;

	port->data = dev->data;
	port->args = *args;
	port->pair = *pair;
	an_rss_reset(&port->rss, 1);
	pthread_mutex_init(&port->lock, NULL);
	dev->data->mac_addrs = rte_zmalloc("an_mac", AN_MAC_MAX * sizeof(struct rte_ether_addr), 0);
	if (dev->data->mac_addrs == NULL) {
		err = -ENOMEM;
		goto err_destroy_lock;
	}
	memcpy(&dev->data->mac_addrs[0], pair->net.mac, sizeof(struct rte_ether_addr));
	port->speed = an_look_speed(pair->net.name);
	dev->data->mtu = RTE_MIN(pair->net.mtu, AN_MTU_MAX);
	err = synthetic_open(port, why);
	if (err != 0) {
		snprintf(reason, len, "%s", why);
		goto err_destroy_lock;
	}
	err = an_control_start(port);
	if (err == 0)
		return 0;
	snprintf(reason, len, "control thread: %s", strerror(-err));
	port->slow_ops->close(port->slow);
err_destroy_lock:
	pthread_mutex_destroy(&port->lock);
	return err;
}

static int device_create(struct rte_vdev_device *vdev, const struct an_devargs *args,
			 const struct an_pair *pair, char *reason, size_t len)
{
	struct rte_eth_dev *dev;
	int err;

	if (pair->numa_node >= 0)
		vdev->device.numa_node = pair->numa_node;
	dev = rte_eth_vdev_allocate(vdev, sizeof(struct an_port));
	if (dev == NULL) {
		snprintf(reason, len, "no memory for the port");
		return -ENOMEM;
	}
	err = port_open(dev, args, pair, reason, len);
	if (err != 0) {
		rte_eth_dev_release_port(dev);
		return err;
	}
	dev->data->dev_flags |= RTE_ETH_DEV_INTR_LSC | RTE_ETH_DEV_INTR_RMV;
	dev->dev_ops = &dev_ops;
	bursts_set(dev);
	rte_eth_dev_probing_finish(dev);
	return 0;
}

static int vdev_probe(struct rte_vdev_device *vdev)
{
	const char *name = rte_vdev_device_name(vdev);
	char reason[REASON] = "", warning[REASON];
	struct an_devargs args;
	struct an_pair pair;
	int err;

	err = an_precheck_dpdk(reason, sizeof(reason));
	if (err == 0 && rte_eal_process_type() != RTE_PROC_PRIMARY) {
		snprintf(reason, sizeof(reason), "secondary processes are not supported yet");
		err = -ENOTSUP;
	}
	if (err == 0)
		err = an_devargs_parse(rte_vdev_device_args(vdev), &args, reason, sizeof(reason));
	if (err == 0)
		err = an_precheck_privileges(reason, sizeof(reason));
	if (err == 0)
		err = an_precheck_interface(&args, &pair, reason, sizeof(reason));
	if (err == 0)
		err = device_create(vdev, &args, &pair, reason, sizeof(reason));
	if (err != 0) {
		AN_LOG_EARLY(ERR, "%s: %s", name, reason);
		return err;
	}
	an_precheck_vf(&pair, warning, sizeof(warning));
	if (warning[0] != '\0')
		AN_LOG_EARLY(WARNING, "%s: %s", name, warning);
	return 0;
}

static int vdev_remove(struct rte_vdev_device *vdev)
{
	struct rte_eth_dev *dev = rte_eth_dev_allocated(rte_vdev_device_name(vdev));

	if (dev == NULL)
		return 0;
	dev_close(dev);
	return rte_eth_dev_release_port(dev);
}

static struct rte_vdev_driver net_accelnet = {
	.probe = vdev_probe,
	.remove = vdev_remove,
};

RTE_PMD_REGISTER_VDEV(net_accelnet, net_accelnet);
RTE_PMD_REGISTER_PARAM_STRING(net_accelnet,
			      "iface=<name> slow=af_packet force=<0|1> mpw=<0|1> cqe_comp=<0|1>");
