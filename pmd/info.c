// SPDX-License-Identifier: BSD-3-Clause
/*
 * What a port can do: the same on both sides, so that nothing an application relies on ends with a
 * failover. features/accelnet.ini says it for people.
 */
#include "ops.h"
#include "port.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define RX_QUEUE_OFFLOADS \
	(RTE_ETH_RX_OFFLOAD_VLAN_STRIP | RTE_ETH_RX_OFFLOAD_CHECKSUM | \
	 RTE_ETH_RX_OFFLOAD_SCATTER | RTE_ETH_RX_OFFLOAD_RSS_HASH)
#define TX_QUEUE_OFFLOADS \
	(RTE_ETH_TX_OFFLOAD_VLAN_INSERT | RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | \
	 RTE_ETH_TX_OFFLOAD_TCP_CKSUM | RTE_ETH_TX_OFFLOAD_UDP_CKSUM | \
	 RTE_ETH_TX_OFFLOAD_TCP_TSO | RTE_ETH_TX_OFFLOAD_MULTI_SEGS | \
	 RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE)
#define SEGMENTS_MAX 40u /* of a frame, on both sides */

static const struct {
	uint32_t mbps, capability;
} speeds[] = {
	{ 1000, RTE_ETH_LINK_SPEED_1G }, { 10000, RTE_ETH_LINK_SPEED_10G },
	{ 20000, RTE_ETH_LINK_SPEED_20G }, { 25000, RTE_ETH_LINK_SPEED_25G },
	{ 40000, RTE_ETH_LINK_SPEED_40G }, { 50000, RTE_ETH_LINK_SPEED_50G },
	{ 100000, RTE_ETH_LINK_SPEED_100G }, { 200000, RTE_ETH_LINK_SPEED_200G },
};

static uint32_t speed_capability(uint32_t mbps)
{
	for (size_t i = 0; i < RTE_DIM(speeds); i++)
		if (speeds[i].mbps == mbps)
			return speeds[i].capability;
	return 0;
}

static void info_queues(struct rte_eth_dev_info *info)
{
	info->max_rx_queues = AN_QUEUES_MAX;
	info->max_tx_queues = AN_QUEUES_MAX;
	info->rx_desc_lim = (struct rte_eth_desc_lim){
		.nb_min = AN_DESCRIPTORS_MIN, .nb_max = AN_DESCRIPTORS_MAX, .nb_align = 1,
	};
	info->tx_desc_lim = (struct rte_eth_desc_lim){
		.nb_min = AN_DESCRIPTORS_MIN, .nb_max = AN_DESCRIPTORS_MAX, .nb_align = 1,
		.nb_seg_max = SEGMENTS_MAX, .nb_mtu_seg_max = SEGMENTS_MAX,
	};
	info->default_rxportconf = (struct rte_eth_dev_portconf){
		.burst_size = 32, .ring_size = 1024, .nb_queues = 1,
	};
	info->default_txportconf = info->default_rxportconf;
}

int an_dev_infos_get(struct rte_eth_dev *dev, struct rte_eth_dev_info *info)
{
	struct an_port *port = dev->data->dev_private;

	info_queues(info);
	info->if_index = port->pair.net.ifindex;
	info->min_mtu = RTE_ETHER_MIN_MTU;
	info->max_mtu = AN_MTU_MAX;
	info->min_rx_bufsize = 64;
	info->max_rx_pktlen = AN_MTU_MAX + RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN;
	info->max_mac_addrs = AN_MAC_MAX;
	info->rx_offload_capa = info->rx_queue_offload_capa = RX_QUEUE_OFFLOADS;
	info->tx_offload_capa = info->tx_queue_offload_capa = TX_QUEUE_OFFLOADS;
	info->flow_type_rss_offloads = an_rss_types;
	info->hash_key_size = AN_RSS_KEY_LEN;
	info->reta_size = AN_RSS_RETA_SIZE;
	info->speed_capa = speed_capability(port->speed);
	/* Queues can be set up again only while the port is stopped: no RTE_ETH_DEV_CAPA_*. */
	info->dev_capa = 0;
	return 0;
}

const uint32_t *an_supported_ptypes_get(struct rte_eth_dev *dev)
{
	static const uint32_t ptypes[] = {
		RTE_PTYPE_L2_ETHER, RTE_PTYPE_L3_IPV4_EXT_UNKNOWN, RTE_PTYPE_L3_IPV6_EXT_UNKNOWN,
		RTE_PTYPE_L4_TCP, RTE_PTYPE_L4_UDP, RTE_PTYPE_UNKNOWN,
	};

	(void)dev;
	return ptypes;
}

int an_fw_version_get(struct rte_eth_dev *dev, char *version, size_t size)
{
	struct an_port *port = dev->data->dev_private;
	int len;

	pthread_mutex_lock(&port->lock);
	len = snprintf(version, size, "%s", port->vf_open ? port->vf.firmware : "no VF");
	pthread_mutex_unlock(&port->lock);
	if (len < 0)
		return -EINVAL;
	return (size_t)len < size ? 0 : len + 1; /* what ethdev wants: the size it would take */
}
