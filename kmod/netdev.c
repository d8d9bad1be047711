// SPDX-License-Identifier: GPL-2.0-only
/*
 * net_device operations. A frame goes to the VF while vf.tx is set and the VF can carry it, else to
 * the synthetic side (tx.c). What users set on the NIC is carried over to the VF. Nothing here
 * waits for the host but set_mac_address (AN_RTNL_MS).
 */
#include "netdev.h"
#include "rndis.h"
#include "rndis_wire.h"
#include "settings.h"
#include "tx.h"
#include "vf_frame.h"
#include "vf_path.h"

#include <linux/etherdevice.h>
#include <linux/if_vlan.h>
#include <linux/netpoll.h>
#include <linux/rtnetlink.h>
#include <net/sch_generic.h>

static struct net_device *vf_of(struct an_nic *nic)
{
	return rtnl_dereference(nic->vf.netdev);
}

static int an_open(struct net_device *net)
{
	struct an_nic *nic = netdev_priv(net);
	struct net_device *vf = vf_of(nic);
	int ret;

	netif_tx_start_all_queues(net);
	an_settings_update(nic);
	/* One that has just been joined is opened when it has been set up. */
	if (vf && !nic->vf.decision.facts.fresh) {
		ret = dev_open(vf, NULL);
		if (ret)
			netdev_warn(net, "failed to open VF %s: %pe\n", vf->name, ERR_PTR(ret));
	}
	an_vf_nic_runs(nic, true);
	return 0;	/* the synthetic side is open */
}

static int an_stop(struct net_device *net)
{
	struct an_nic *nic = netdev_priv(net);
	struct net_device *vf = vf_of(nic);

	netif_tx_disable(net);
	an_settings_update(nic);
	an_vf_nic_runs(nic, false);	/* first: it is not the VF that is lost */
	if (vf)
		dev_close(vf);
	return 0;
}

static netdev_tx_t an_start_xmit(struct sk_buff *skb, struct net_device *net)
{
	struct an_nic *nic = netdev_priv(net);
	struct net_device *vf = rcu_dereference_bh(nic->vf.tx);

	if (vf && netif_running(vf) && netif_carrier_ok(vf) && !netpoll_tx_running(net))
		return an_vf_xmit(nic, vf, skb);
	return an_tx_send(nic, skb);
}

static u16 select_synthetic(struct an_nic *nic, struct sk_buff *skb)
{
	u32 queues = READ_ONCE(nic->queues);

	if (queues == 1)
		return 0;
	if (skb_rx_queue_recorded(skb))
		return skb_get_rx_queue(skb) % queues;
	return READ_ONCE(nic->send_table[skb_get_hash(skb) % AN_NVSP_SEND_TABLE]) % queues;
}

static u16 an_select_queue(struct net_device *net, struct sk_buff *skb, struct net_device *sb)
{
	struct an_nic *nic = netdev_priv(net);
	struct net_device *vf;
	u16 queue;

	rcu_read_lock();
	vf = rcu_dereference(nic->vf.tx);
	if (vf) {
		if (vf->netdev_ops->ndo_select_queue)
			queue = vf->netdev_ops->ndo_select_queue(vf, skb, sb);
		else
			queue = netdev_pick_tx(vf, skb, NULL);
		/* The VF may have more queues than the NIC: an_vf_xmit() looks here. */
		qdisc_skb_cb(skb)->slave_dev_queue_mapping = queue;
		queue %= net->real_num_tx_queues;
	} else {
		queue = select_synthetic(nic, skb);
	}
	rcu_read_unlock();
	return queue;
}

/* The synthetic channel was set up for the largest MTU: it is not touched. */
static int an_change_mtu(struct net_device *net, int mtu)
{
	struct net_device *vf = vf_of(netdev_priv(net));
	int ret;

	if (vf) {
		ret = dev_set_mtu(vf, mtu);
		if (ret)
			return ret;
	}
	WRITE_ONCE(net->mtu, mtu);
	return 0;
}

/* Atomic context. */
static void an_set_rx_mode(struct net_device *net)
{
	struct an_nic *nic = netdev_priv(net);
	struct net_device *vf;

	rcu_read_lock();
	vf = rcu_dereference(nic->vf.netdev);
	if (vf) {
		dev_uc_sync(vf, net);
		dev_mc_sync(vf, net);
	}
	rcu_read_unlock();
	an_settings_update(nic);
}

static void an_change_rx_flags(struct net_device *net, int change)
{
	struct net_device *vf = vf_of(netdev_priv(net));

	if (vf && change & IFF_PROMISC)
		dev_set_promiscuity(vf, net->flags & IFF_PROMISC ? 1 : -1);
	if (vf && change & IFF_ALLMULTI)
		dev_set_allmulti(vf, net->flags & IFF_ALLMULTI ? 1 : -1);
}

static int an_set_features(struct net_device *net, netdev_features_t features)
{
	struct net_device *vf = vf_of(netdev_priv(net));

	if (vf) {
		vf->wanted_features = features;
		netdev_update_features(vf);
	}
	return 0;
}

static int an_set_mac_address(struct net_device *net, void *addr)
{
	struct an_nic *nic = netdev_priv(net);
	struct net_device *vf = vf_of(nic);
	struct sockaddr *wanted = addr;
	int ret;

	ret = eth_prepare_mac_addr_change(net, addr);
	if (ret)
		return ret;
	if (vf) {
		ret = an_vf_set_address(nic, vf, wanted->sa_data);
		if (ret)
			return ret;
	}
	ret = an_rndis_set_mac(nic, wanted->sa_data);
	if (!ret) {
		eth_commit_mac_addr_change(net, addr);
		an_settings_note(nic);
		return 0;
	}
	if (ret == -ETIMEDOUT)
		an_settings_mark_unsynced(nic, AN_SETTING_MAC);
	if (vf)
		an_vf_set_address(nic, vf, net->dev_addr);
	return ret;
}

static void add_queue_stats(struct an_queue *queue, struct rtnl_link_stats64 *sum)
{
	u64 packets, bytes, multicast;
	unsigned int start;

	do {
		start = u64_stats_fetch_begin(&queue->tx.syncp);
		packets = u64_stats_read(&queue->tx.packets);
		bytes = u64_stats_read(&queue->tx.bytes);
	} while (u64_stats_fetch_retry(&queue->tx.syncp, start));
	sum->tx_packets += packets;
	sum->tx_bytes += bytes;

	do {
		start = u64_stats_fetch_begin(&queue->rx.syncp);
		packets = u64_stats_read(&queue->rx.packets);
		bytes = u64_stats_read(&queue->rx.bytes);
		multicast = u64_stats_read(&queue->rx.multicast);
	} while (u64_stats_fetch_retry(&queue->rx.syncp, start));
	sum->rx_packets += packets;
	sum->rx_bytes += bytes;
	sum->multicast += multicast;
}

static void an_get_stats64(struct net_device *net, struct rtnl_link_stats64 *sum)
{
	struct an_nic *nic = netdev_priv(net);
	struct an_vf_sum vf;
	u32 i;

	for (i = 0; i < nic->queues; i++)
		add_queue_stats(nic->queue[i], sum);
	an_vf_sum_stats(nic, &vf);
	sum->rx_packets += vf.rx_packets;
	sum->rx_bytes += vf.rx_bytes;
	sum->tx_packets += vf.tx_packets;
	sum->tx_bytes += vf.tx_bytes;
	sum->tx_dropped += vf.tx_dropped;
	sum->rx_errors += atomic_long_read(&nic->stats.host_bad_packet) +
			  atomic_long_read(&nic->stats.host_bad_range) +
			  atomic_long_read(&nic->stats.host_bad_rndis);
	sum->rx_dropped += atomic_long_read(&nic->stats.rx_no_memory);
	sum->tx_errors += atomic_long_read(&nic->stats.host_refused);
}

/* RNDIS has ten bits for where the TCP header is; extension headers of IPv6 can go beyond. */
static netdev_features_t an_features_check(struct sk_buff *skb, struct net_device *net,
					   netdev_features_t features)
{
	if (skb_is_gso(skb) && skb_transport_offset(skb) > AN_PPI_HEADER_MAX)
		features &= ~NETIF_F_GSO_MASK;
	return vlan_features_check(skb, features);
}

static const struct net_device_ops netdev_ops = {
	.ndo_open = an_open,
	.ndo_stop = an_stop,
	.ndo_start_xmit = an_start_xmit,
	.ndo_select_queue = an_select_queue,
	.ndo_features_check = an_features_check,
	.ndo_change_mtu = an_change_mtu,
	.ndo_set_rx_mode = an_set_rx_mode,
	.ndo_change_rx_flags = an_change_rx_flags,
	.ndo_set_features = an_set_features,
	.ndo_set_mac_address = an_set_mac_address,
	.ndo_validate_addr = eth_validate_addr,
	.ndo_get_stats64 = an_get_stats64,
};

bool an_netdev_is_ours(const struct net_device *net)
{
	return net->netdev_ops == &netdev_ops;
}

void an_netdev_setup(struct net_device *net)
{
	net->netdev_ops = &netdev_ops;
	net->ethtool_ops = &an_ethtool_ops;
	net->min_mtu = ETH_MIN_MTU;
	net->max_mtu = AN_MTU_MAX;
	net->priv_flags &= ~IFF_TX_SKB_SHARING;	/* tx.c keeps its own in skb->cb */
	netif_carrier_off(net);
}
