// SPDX-License-Identifier: GPL-2.0-only
/*
 * The VF's net_device under a NIC: found by PCI serial and MAC, hidden, joined (receive handler and
 * upper link), set up once udev has had its time to rename it while it is down, and left again.
 * All of it is repeatable: vf_work() looks at what is there and does what is missing.
 */
#include "vf.h"
#include "compat.h"
#include "netdev.h"
#include "nic.h"
#include "vf_frame.h"
#include "vf_path.h"
#include "vf_pci.h"
#include "waits.h"

#include <linux/etherdevice.h>
#include <linux/if_arp.h>
#include <linux/if_vlan.h>
#include <linux/pci.h>
#include <linux/rtnetlink.h>

static struct net_device *joined_vf(struct an_nic *nic)
{
	return rtnl_dereference(nic->vf.netdev);
}

struct an_nic *an_vf_owner_of(struct net_device *vf)
{
	struct net_device *master = netdev_master_upper_dev_get(vf);

	return master && an_netdev_is_ours(master) ? netdev_priv(master) : NULL;
}

static bool has_serial(const struct an_nic *nic, const struct net_device *vf)
{
	u32 serial;

	return READ_ONCE(nic->vf.decision.facts.associated) && !an_vf_pci_serial(vf, &serial) &&
	       serial == READ_ONCE(nic->vf.serial);
}

/* Neither side has its permanent address from the start, and none is not the same as none. */
static bool has_permanent_address(const struct an_nic *nic, const struct net_device *vf)
{
	return !is_zero_ether_addr(vf->perm_addr) &&
	       ether_addr_equal(vf->perm_addr, nic->net->perm_addr);
}

/* At NETDEV_POST_INIT the permanent address is not there yet. */
static bool has_address(const struct an_nic *nic, const struct net_device *vf)
{
	return !is_zero_ether_addr(vf->dev_addr) &&
	       ether_addr_equal(vf->dev_addr, nic->net->perm_addr);
}

static bool has_serial_and_address(const struct an_nic *nic, const struct net_device *vf)
{
	return has_serial(nic, vf) && (has_permanent_address(nic, vf) || has_address(nic, vf));
}

/* The NIC's own address is not known before it is registered: its VF may come sooner. */
static bool has_serial_alone(const struct an_nic *nic, const struct net_device *vf)
{
	return has_serial(nic, vf) && is_zero_ether_addr(nic->net->perm_addr);
}

/*
 * Whose it is stays so while it is joined, whatever its address has become: a bond gives all its
 * NICs, and they their VFs, the address of one. A new VF: serial first, since several functions may
 * have one address for a while, and address, since one function may have several interfaces.
 */
struct an_nic *an_vf_nic_of(struct net_device *vf)
{
	static bool (*const matches[])(const struct an_nic *nic, const struct net_device *vf) = {
		has_serial_and_address, has_permanent_address, has_address, has_serial_alone,
	};
	struct an_nic *nic;
	int i;

	ASSERT_RTNL();
	if (vf->type != ARPHRD_ETHER || vf->addr_len != ETH_ALEN)
		return NULL;
	/* A VLAN or a bond on top of the NIC has its MAC too, but no PCI parent. */
	if (!vf->dev.parent || !dev_is_pci(vf->dev.parent))
		return NULL;
	nic = an_vf_owner_of(vf);
	if (nic)
		return nic;
	for (i = 0; i < ARRAY_SIZE(matches); i++)
		list_for_each_entry(nic, &an_nics, list)
			if (matches[i](nic, vf))
				return nic;
	return NULL;
}

void an_vf_hide(struct net_device *vf)
{
	vf->flags |= IFF_SLAVE;
	an_no_addrconf(vf);
}

static void change_joined(struct an_vf *vf, const void *arg)
{
	struct net_device *netdev = (struct net_device *)arg;
	struct an_vf_facts *facts = &vf->decision.facts;

	rcu_assign_pointer(vf->netdev, netdev);
	facts->joined = netdev;
	facts->running = netdev && netif_running(netdev);
	facts->carrier = netdev && netif_carrier_ok(netdev);
	facts->fresh = netdev;
	facts->unfit = false;
	if (netdev)
		facts->netdev = true;
}

/* Its serial went and came back: it was no longer taken for this NIC's. */
static void change_joined_again(struct an_vf *vf, const void *arg)
{
	const struct net_device *netdev = arg;

	vf->decision.facts.joined = true;
	vf->decision.facts.running = netif_running(netdev);
	vf->decision.facts.carrier = netif_carrier_ok(netdev);
}

static void change_netdev(struct an_vf *vf, const void *arg)
{
	vf->decision.facts.netdev = arg;
}

/* arg: what is wrong, or NULL. */
static void change_set_up(struct an_vf *vf, const void *arg)
{
	const struct net_device *netdev = rcu_dereference_protected(vf->netdev, true);
	struct an_vf_facts *facts = &vf->decision.facts;

	facts->fresh = arg;
	facts->unfit = arg;
	facts->running = netdev && netif_running(netdev);
	facts->carrier = netdev && netif_carrier_ok(netdev);
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

/* It has another master already: said once for each, tried again when that has let go of it. */
static bool is_taken(struct an_nic *nic, struct net_device *vf)
{
	struct net_device *master = netdev_master_upper_dev_get(vf);

	if (!master) {
		nic->vf.refused = 0;
		return false;
	}
	if (nic->vf.refused != master->ifindex)
		netdev_warn(nic->net, "VF %s belongs to %s and is not used\n", vf->name,
			    master->name);
	nic->vf.refused = master->ifindex;
	return true;
}

/* Its name came from user space. */
static bool is_named(const struct net_device *vf)
{
	return vf->name_assign_type != NET_NAME_ENUM && vf->name_assign_type != NET_NAME_UNKNOWN;
}

/* How long udev may take to rename it. */
static unsigned int naming_ms(struct an_nic *nic, const struct net_device *vf)
{
	if (netif_running(vf))	/* one that is up cannot be renamed */
		return 0;
	if (is_named(vf) || nic->vf.naming == AN_VF_NAMING_KERNEL)
		return AN_TAKEOVER_MS;
	return AN_RENAME_MS;
}

void an_vf_named(struct an_nic *nic, struct net_device *vf)
{
	nic->vf.naming = AN_VF_NAMING_USER;
	if (!nic->vf.decision.facts.fresh)
		return;
	nic->vf.takeover_at = jiffies + msecs_to_jiffies(AN_TAKEOVER_MS);
	an_vf_kick(nic);
}

static void join_vf(struct an_nic *nic, struct net_device *vf)
{
	struct net_device *net = nic->net;
	int ret;

	if (is_taken(nic, vf))
		return;
	ret = netdev_rx_handler_register(vf, an_vf_receive, nic);
	if (ret) {
		netdev_err(net, "failed to receive from VF %s: %pe\n", vf->name, ERR_PTR(ret));
		return;
	}
	ret = netdev_master_upper_dev_link(vf, net, NULL, NULL, NULL);
	if (ret) {
		netdev_err(net, "failed to join VF %s: %pe\n", vf->name, ERR_PTR(ret));
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
	nic->vf.takeover_at = jiffies + msecs_to_jiffies(naming_ms(nic, vf));
	an_vf_change_facts(nic, change_joined, vf);
	call_netdevice_notifiers(NETDEV_JOIN, vf);
	netdev_info(net, "VF %s joined\n", vf->name);
}

void an_vf_leave(struct an_nic *nic, struct net_device *vf)
{
	struct net_device *net = nic->net;

	ASSERT_RTNL();
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

int an_vf_set_address(struct an_nic *nic, struct net_device *vf, const u8 *mac)
{
	struct sockaddr address = { .sa_family = vf->type };
	int ret;

	ether_addr_copy(address.sa_data, mac);
	nic->vf.own_address = true;
	ret = dev_set_mac_address(vf, &address, NULL);
	nic->vf.own_address = false;
	return ret;
}

/* Gives the VF the NIC's settings and brings it up, or down, with it. What fails, or NULL. */
static const char *set_up_vf(struct an_nic *nic, struct net_device *vf)
{
	struct net_device *net = nic->net;

	if (vf->mtu != net->mtu && dev_set_mtu(vf, net->mtu))
		return "the MTU";
	if (!ether_addr_equal(vf->dev_addr, net->dev_addr) &&
	    an_vf_set_address(nic, vf, net->dev_addr))
		return "the MAC address";
	netif_addr_lock_bh(net);
	dev_uc_sync(vf, net);
	dev_mc_sync(vf, net);
	netif_addr_unlock_bh(net);
	if (netif_running(net))
		return dev_open(vf, NULL) ? "to be up" : NULL;
	dev_close(vf);
	return NULL;
}

static void take_over(struct an_nic *nic, struct net_device *vf)
{
	bool was_unfit = nic->vf.decision.facts.unfit;
	const char *wrong;

	if (nic->vf.naming == AN_VF_NAMING_UNKNOWN && !netif_running(vf) && !is_named(vf))
		nic->vf.naming = AN_VF_NAMING_KERNEL;
	wrong = set_up_vf(nic, vf);
	if (wrong && !was_unfit)
		netdev_warn(nic->net, "VF %s does not take %s of the NIC and is not used\n",
			    vf->name, wrong);
	nic->vf.takeover_at = jiffies + msecs_to_jiffies(AN_RETRY_MS);
	an_vf_change_facts(nic, change_set_up, wrong);
}

void an_vf_seen(struct an_nic *nic, struct net_device *vf)
{
	ASSERT_RTNL();
	if (joined_vf(nic) || vf->reg_state != NETREG_REGISTERED)
		return;
	an_vf_hide(vf);
	an_vf_change_facts(nic, change_netdev, vf);
	if (has_serial(nic, vf) && nic->registered && net_eq(dev_net(vf), dev_net(nic->net)))
		join_vf(nic, vf);
}

/* In whatever namespace it is: somebody may have moved it alone. */
static struct net_device *find_vf(struct an_nic *nic)
{
	struct net_device *vf, *found = NULL;
	struct net *space;

	down_read(&net_rwsem);
	for_each_net(space) {
		for_each_netdev(space, vf)
			if (an_vf_nic_of(vf) == nic) {
				found = vf;
				break;
			}
		if (found)
			break;
	}
	up_read(&net_rwsem);
	return found;
}

/* The host has named another function. It may go on naming: not more than one change each time. */
static bool leave_old(struct an_nic *nic, struct net_device *vf, unsigned int *again_ms)
{
	unsigned long now = jiffies;
	u32 serial;

	if (an_vf_pci_serial(vf, &serial) || serial == READ_ONCE(nic->vf.serial))
		return false;
	if (time_before(now, nic->vf.leave_at)) {
		*again_ms = jiffies_to_msecs(nic->vf.leave_at - now) + 1;
		return false;
	}
	nic->vf.leave_at = now + msecs_to_jiffies(AN_LEAVE_MS);
	an_vf_leave(nic, vf);
	return true;
}

static void pair_vf(struct an_nic *nic, unsigned int *again_ms)
{
	struct net_device *vf = joined_vf(nic);

	if (vf && leave_old(nic, vf, again_ms))
		vf = NULL;
	if (!vf)
		vf = find_vf(nic);
	if (vf && !net_eq(dev_net(vf), dev_net(nic->net)) &&
	    dev_change_net_namespace(vf, dev_net(nic->net), "eth%d"))
		netdev_warn(nic->net, "failed to move VF %s into the NIC's namespace\n", vf->name);
	/* Moving it has left and joined it, through the notifier. */
	vf = joined_vf(nic) ? : vf;
	if (joined_vf(nic)) {
		if (!READ_ONCE(nic->vf.decision.facts.joined) && has_serial(nic, vf))
			an_vf_change_facts(nic, change_joined_again, vf);
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
	unsigned long now;

	rtnl_lock();
	if (!nic->registered)
		goto out;
	pair_vf(nic, &again_ms);
	vf = joined_vf(nic);
	if (vf && nic->vf.decision.facts.fresh) {
		if (time_after_eq(jiffies, nic->vf.takeover_at))
			take_over(nic, vf);
		now = jiffies;
		if (nic->vf.decision.facts.fresh)
			again_ms = time_before(now, nic->vf.takeover_at) ?
				jiffies_to_msecs(nic->vf.takeover_at - now) + 1 : 1;
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

void an_vf_init(struct an_nic *nic)
{
	struct an_vf *vf = &nic->vf;

	spin_lock_init(&vf->lock);
	init_waitqueue_head(&vf->path_wait);
	INIT_DELAYED_WORK(&vf->work, vf_work);
	vf->since = ktime_get();
	vf->leave_at = jiffies;
	vf->decision.facts.nic_down = true;
}

void an_vf_exit(struct an_nic *nic)
{
	struct net_device *vf;

	/* The path first, while the NIC is still there to carry the packets. */
	an_vf_leave_path(nic, NULL, AN_ASK_MS);
	rtnl_lock();
	/* A VF that registers from now on, or work that waits for RTNL, must not join again. */
	nic->registered = false;
	vf = joined_vf(nic);
	if (vf)
		an_vf_leave(nic, vf);
	rtnl_unlock();
	cancel_delayed_work_sync(&nic->vf.work);
}
