// SPDX-License-Identifier: GPL-2.0-only
/*
 * What the stack says about net_devices that may be VFs of ours. Under RTNL: facts are noted,
 * joining and leaving happens here, everything that can wait is left to the NIC's work. The one
 * wait is the switch back when a VF goes down: AN_PATH_RTNL_MS at most, so that the host stops
 * delivering to the VF before its queues are gone.
 */
#include "vf_event.h"
#include "netdev.h"
#include "nic.h"
#include "vf_path.h"
#include "vf_pci.h"
#include "waits.h"

#include <linux/etherdevice.h>
#include <linux/netdevice.h>
#include <linux/rtnetlink.h>

struct link {
	bool running;
	bool carrier;
};

static void change_link(struct an_vf *vf, const void *arg)
{
	const struct link *link = arg;

	vf->decision.facts.running = link->running;
	vf->decision.facts.carrier = link->carrier;
}

static void change_gone(struct an_vf *vf, const void *arg)
{
	vf->decision.facts.netdev = false;
}

static void event_of_vf(struct an_nic *nic, struct net_device *vf, unsigned long event)
{
	bool joined = rtnl_dereference(nic->vf.netdev) == vf;
	struct link link = { netif_running(vf), netif_carrier_ok(vf) };

	switch (event) {
	case NETDEV_POST_INIT:
		an_vf_hide(vf);
		break;
	case NETDEV_REGISTER:
		an_vf_seen(nic, vf);
		an_vf_kick(nic);
		an_vf_pci_kick();
		break;
	case NETDEV_UP:
	case NETDEV_DOWN:
	case NETDEV_CHANGE:
		if (joined)
			an_vf_change_facts(nic, change_link, &link);
		break;
	case NETDEV_GOING_DOWN:
		if (joined)
			an_vf_leave_path(nic, vf, AN_PATH_RTNL_MS);
		break;
	case NETDEV_CHANGENAME:
		if (joined)
			an_vf_named(nic, vf);
		break;
	case NETDEV_CHANGEUPPER:
		if (!joined)	/* its other master may have let go of it */
			an_vf_kick(nic);
		break;
	case NETDEV_UNREGISTER:
		if (joined)
			an_vf_leave(nic, vf);
		an_vf_change_facts(nic, change_gone, NULL);
		an_vf_pci_kick();
		break;
	}
}

/* The VF's address is the NIC's: on another one no frame would reach the NIC. */
static int check_address(struct an_nic *nic, const struct net_device *vf,
			 const struct netdev_notifier_pre_changeaddr_info *info)
{
	if (rtnl_dereference(nic->vf.netdev) != vf || nic->vf.own_address ||
	    ether_addr_equal(info->dev_addr, nic->net->dev_addr))
		return 0;
	netdev_warn(nic->net, "refused another address for VF %s: change the NIC's\n", vf->name);
	return -EBUSY;
}

static int netdev_event(struct notifier_block *block, unsigned long event, void *info)
{
	struct net_device *net = netdev_notifier_info_to_dev(info);
	struct an_nic *nic;

	if (an_netdev_is_ours(net)) {
		/* Also after a move to another namespace: the VF follows. */
		if (event == NETDEV_REGISTER)
			an_vf_kick(netdev_priv(net));
		return NOTIFY_DONE;
	}
	nic = an_vf_nic_of(net);
	if (!nic)
		return NOTIFY_DONE;
	if (event == NETDEV_PRE_CHANGEADDR)
		return notifier_from_errno(check_address(nic, net, info));
	event_of_vf(nic, net, event);
	return NOTIFY_DONE;
}

static struct notifier_block notifier = { .notifier_call = netdev_event };

int an_vf_event_init(void)
{
	return register_netdevice_notifier(&notifier);
}

void an_vf_event_exit(void)
{
	unregister_netdevice_notifier(&notifier);
}
