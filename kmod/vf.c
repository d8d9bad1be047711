// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VF's net_device under a NIC: found by MAC and PCI serial, hidden, joined (receive handler and
 * upper link), set up 100 ms later so that udev can rename it while it is down, and left again.
 * Everything here is repeatable: vf_work() looks at what is there and does what is missing.
 */
#include "compat.h"
#include "nic.h"
#include "rndis.h"
#include "waits.h"

#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/if_vlan.h>
#include <linux/pci.h>
#include <linux/rtnetlink.h>
#include <net/sch_generic.h>

static struct net_device *joined(struct an_nic *nic)
{
	return rtnl_dereference(nic->vf.netdev);
}

struct an_nic *an_vf_nic_of(const struct net_device *vf)
{
	struct an_nic *nic;

	ASSERT_RTNL();
	if (vf->type != ARPHRD_ETHER || vf->addr_len != ETH_ALEN)
		return NULL;
	/* A VLAN or a bond on top of the NIC has its MAC too, but no PCI parent. */
	if (!vf->dev.parent || !dev_is_pci(vf->dev.parent))
		return NULL;
	/* dev_addr: at NETDEV_POST_INIT the permanent address is not there yet. */
	list_for_each_entry(nic, &an_nics, list)
		if (ether_addr_equal(vf->dev_addr, nic->net->perm_addr) ||
		    ether_addr_equal(vf->perm_addr, nic->net->perm_addr))
			return nic;
	return NULL;
}

void an_vf_hide(struct net_device *vf)
{
	vf->flags |= IFF_SLAVE;
	an_no_addrconf(vf);
}

/* The VF's frames are the NIC's. RCU. */
static rx_handler_result_t handle_frame(struct sk_buff **pskb)
{
	struct sk_buff *skb = skb_share_check(*pskb, GFP_ATOMIC);
	struct an_vf_stats *stats;
	struct an_nic *nic;

	if (!skb)
		return RX_HANDLER_CONSUMED;
	*pskb = skb;
	nic = rcu_dereference(skb->dev->rx_handler_data);
	skb->dev = nic->net;
	stats = this_cpu_ptr(nic->vf_stats);
	u64_stats_update_begin(&stats->syncp);
	u64_stats_inc(&stats->rx_packets);
	u64_stats_add(&stats->rx_bytes, skb->len);
	u64_stats_update_end(&stats->syncp);
	return RX_HANDLER_ANOTHER;
}

netdev_tx_t an_vf_xmit(struct an_nic *nic, struct net_device *vf, struct sk_buff *skb)
{
	struct an_vf_stats *stats;
	unsigned int len = skb->len;
	int ret;

	skb->dev = vf;
	skb_record_rx_queue(skb, qdisc_skb_cb(skb)->slave_dev_queue_mapping);
	ret = dev_queue_xmit(skb);

	stats = this_cpu_ptr(nic->vf_stats);
	u64_stats_update_begin(&stats->syncp);
	if (ret == NET_XMIT_SUCCESS || ret == NET_XMIT_CN) {
		u64_stats_inc(&stats->tx_packets);
		u64_stats_add(&stats->tx_bytes, len);
	} else {
		u64_stats_inc(&stats->tx_dropped);
	}
	u64_stats_update_end(&stats->syncp);
	return ret;
}

void an_vf_sum_stats(const struct an_nic *nic, struct an_vf_sum *sum)
{
	const struct an_vf_stats *stats;
	struct an_vf_sum one;
	unsigned int start;
	int cpu;

	memset(sum, 0, sizeof(*sum));
	for_each_possible_cpu(cpu) {
		stats = per_cpu_ptr(nic->vf_stats, cpu);
		do {
			start = u64_stats_fetch_begin(&stats->syncp);
			one.rx_packets = u64_stats_read(&stats->rx_packets);
			one.rx_bytes = u64_stats_read(&stats->rx_bytes);
			one.tx_packets = u64_stats_read(&stats->tx_packets);
			one.tx_bytes = u64_stats_read(&stats->tx_bytes);
			one.tx_dropped = u64_stats_read(&stats->tx_dropped);
		} while (u64_stats_fetch_retry(&stats->syncp, start));
		sum->rx_packets += one.rx_packets;
		sum->rx_bytes += one.rx_bytes;
		sum->tx_packets += one.tx_packets;
		sum->tx_bytes += one.tx_bytes;
		sum->tx_dropped += one.tx_dropped;
	}
}

static void change_joined(struct an_vf *vf, const void *arg)
{
	struct net_device *netdev = (struct net_device *)arg;

	rcu_assign_pointer(vf->netdev, netdev);
	vf->facts.joined = netdev;
	vf->facts.running = netdev && netif_running(netdev);
	vf->facts.carrier = netdev && netif_carrier_ok(netdev);
	if (netdev)
		vf->facts.netdev = true;
}

static void change_netdev(struct an_vf *vf, const void *arg)
{
	vf->facts.netdev = arg;
}

/* What applies to the NIC's frames on either path. */
static void adopt_limits(struct an_nic *nic, struct net_device *vf)
{
	struct net_device *net = nic->net;

	net->needed_headroom = max(net->needed_headroom, vf->needed_headroom);
	/* A frame segmented for one path may have to take the other. */
	netif_set_tso_max_size(net, min(nic->tso_max, vf->tso_max_size));
	vf->wanted_features = net->features;
	netdev_update_features(vf);
}

static void join(struct an_nic *nic, struct net_device *vf)
{
	struct net_device *net = nic->net;
	int ret;

	ret = netdev_rx_handler_register(vf, handle_frame, nic);
	if (ret) {
		netdev_err(net, "cannot receive from %s: %d\n", vf->name, ret);
		return;
	}
	ret = netdev_master_upper_dev_link(vf, net, NULL, NULL, NULL);
	if (ret) {
		netdev_err(net, "cannot join %s: %d\n", vf->name, ret);
		netdev_rx_handler_unregister(vf);
		return;
	}
	an_vf_hide(vf);
	dev_hold(vf);
	if (net->flags & IFF_PROMISC)
		dev_set_promiscuity(vf, 1);
	if (net->flags & IFF_ALLMULTI)
		dev_set_allmulti(vf, 1);
	adopt_limits(nic, vf);
	an_vf_change_facts(nic, change_joined, vf);
	nic->vf.takeover = true;
	nic->vf.takeover_at = jiffies;
	if (!netif_running(vf))	/* one that is up has its name */
		nic->vf.takeover_at += msecs_to_jiffies(AN_TAKEOVER_MS);
	call_netdevice_notifiers(NETDEV_JOIN, vf);
	netdev_info(net, "VF %s joined\n", vf->name);
}

void an_vf_leave(struct an_nic *nic, struct net_device *vf)
{
	struct net_device *net = nic->net;

	ASSERT_RTNL();
	nic->vf.takeover = false;
	an_vf_change_facts(nic, change_joined, NULL);
	netdev_rx_handler_unregister(vf);	/* nobody transmits on it either, after this */
	netdev_upper_dev_unlink(vf, net);
	/* These take both address locks; their sync() counterparts do not. */
	dev_uc_unsync(vf, net);
	dev_mc_unsync(vf, net);
	if (net->flags & IFF_PROMISC)
		dev_set_promiscuity(vf, -1);
	if (net->flags & IFF_ALLMULTI)
		dev_set_allmulti(vf, -1);
	netif_set_tso_max_size(net, nic->tso_max);
	net->needed_headroom = 0;
	dev_put(vf);
	netdev_info(net, "VF %s left\n", vf->name);
}

/* Gives the VF the NIC's settings and brings it up with it. */
static void take_over(struct an_nic *nic, struct net_device *vf)
{
	struct net_device *net = nic->net;
	struct sockaddr mac;
	int ret;

	nic->vf.takeover = false;
	ret = dev_set_mtu(vf, net->mtu);
	if (ret)
		netdev_warn(net, "VF %s does not take an MTU of %u: %d\n", vf->name, net->mtu,
			    ret);
	if (!ether_addr_equal(vf->dev_addr, net->dev_addr)) {
		mac.sa_family = vf->type;
		ether_addr_copy(mac.sa_data, net->dev_addr);
		ret = dev_set_mac_address(vf, &mac, NULL);
		if (ret)
			netdev_warn(net, "VF %s does not take the NIC's MAC: %d\n", vf->name, ret);
	}
	netif_addr_lock_bh(net);
	dev_uc_sync(vf, net);
	dev_mc_sync(vf, net);
	netif_addr_unlock_bh(net);
	if (!netif_running(net) || netif_running(vf))
		return;
	ret = dev_open(vf, NULL);
	if (ret)
		netdev_warn(net, "VF %s does not open: %d\n", vf->name, ret);
}

void an_vf_seen(struct an_nic *nic, struct net_device *vf)
{
	u32 serial;
	bool ours;

	ASSERT_RTNL();
	if (joined(nic) || vf->reg_state != NETREG_REGISTERED)
		return;
	an_vf_hide(vf);
	spin_lock_bh(&nic->vf.lock);
	ours = nic->vf.facts.associated && !an_vf_pci_serial(vf, &serial) &&
	       serial == nic->vf.serial;
	spin_unlock_bh(&nic->vf.lock);
	an_vf_change_facts(nic, change_netdev, vf);
	if (ours && nic->registered && net_eq(dev_net(vf), dev_net(nic->net)))
		join(nic, vf);
}

/* The net_device with the NIC's MAC: beside the NIC, or where VFs are born. */
static struct net_device *find(struct an_nic *nic)
{
	struct net *const where[] = { dev_net(nic->net), &init_net };
	struct net_device *vf;
	int i;

	for (i = 0; i < ARRAY_SIZE(where); i++)
		for_each_netdev(where[i], vf)
			if (an_vf_nic_of(vf) == nic)
				return vf;
	return NULL;
}

static void pair(struct an_nic *nic)
{
	struct net_device *vf = joined(nic);
	u32 serial;

	if (vf && !an_vf_pci_serial(vf, &serial) && serial != READ_ONCE(nic->vf.serial)) {
		an_vf_leave(nic, vf);
		vf = NULL;
	}
	if (!vf)
		vf = find(nic);
	if (vf && !net_eq(dev_net(vf), dev_net(nic->net)) &&
	    dev_change_net_namespace(vf, dev_net(nic->net), "eth%d"))
		netdev_warn(nic->net, "cannot bring VF %s into the NIC's namespace\n", vf->name);
	/* Moving it has left and joined it, through the notifier. */
	if (joined(nic)) {
		/* Its serial went and came back: it was no longer taken for this NIC's. */
		if (!READ_ONCE(nic->vf.facts.joined))
			an_vf_change_facts(nic, change_joined, joined(nic));
		return;
	}
	if (vf)
		an_vf_seen(nic, vf);
	else
		an_vf_change_facts(nic, change_netdev, NULL);
}

/* Returns ms until it wants to be called again, 0: not by itself. */
static unsigned int settle_netdev(struct an_nic *nic)
{
	unsigned int again_ms = 0;
	struct net_device *vf;

	rtnl_lock();
	if (!nic->registered)
		goto out;
	pair(nic);
	vf = joined(nic);
	if (vf && nic->vf.takeover) {
		if (time_after_eq(jiffies, nic->vf.takeover_at))
			take_over(nic, vf);
		else
			again_ms = jiffies_to_msecs(nic->vf.takeover_at - jiffies) + 1;
	}
out:
	rtnl_unlock();
	return again_ms;
}

static void vf_work(struct work_struct *work)
{
	struct an_nic *nic = container_of(to_delayed_work(work), struct an_nic, vf.work);
	unsigned int netdev_ms, path_ms;

	if (READ_ONCE(nic->removing))
		return;
	netdev_ms = settle_netdev(nic);
	path_ms = an_vf_settle_path(nic);
	if (netdev_ms && (!path_ms || netdev_ms < path_ms))
		path_ms = netdev_ms;
	/* Does nothing if somebody wants it sooner. */
	if (path_ms && !READ_ONCE(nic->removing))
		queue_delayed_work(nic->work, &nic->vf.work, msecs_to_jiffies(path_ms));
}

void an_vf_kick(struct an_nic *nic)
{
	if (!READ_ONCE(nic->removing))
		mod_delayed_work(nic->work, &nic->vf.work, 0);
}

void an_vf_init(struct an_nic *nic)
{
	struct an_vf *vf = &nic->vf;

	spin_lock_init(&vf->lock);
	init_waitqueue_head(&vf->path_wait);
	INIT_DELAYED_WORK(&vf->work, vf_work);
	vf->since = ktime_get();
	vf->last_loss = jiffies;
}

void an_vf_exit(struct an_nic *nic)
{
	struct net_device *vf;

	/* The path first, while the NIC is still there to carry the packets. */
	an_vf_retreat(nic, NULL, AN_PATH_MS);
	rtnl_lock();
	/* A VF that registers from now on, or work that waits for RTNL, must not join again. */
	nic->registered = false;
	vf = joined(nic);
	if (vf)
		an_vf_leave(nic, vf);
	rtnl_unlock();
	cancel_delayed_work_sync(&nic->vf.work);
}
