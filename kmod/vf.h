/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VF of a NIC. vf.c joins and leaves its net_device, vf_frame.c carries its frames, vf_event.c
 * hears the stack, vf_pci.c looks at PCI; they tell vf_path.c what has changed, which keeps facts,
 * state and data path by what vf_decide.c says. devlink.c reports.
 *
 * Locks: RTNL for net_devices, then vf.lock for facts, state and path. tx is set to the VF exactly
 * while the state is active: clearing it is what takes new packets off the VF at once.
 */
#ifndef AN_VF_H
#define AN_VF_H

#include <linux/netdevice.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "vf_decide.h"

struct an_nic;

/* Do the names of VFs change after they register? Learnt from those that came. */
enum an_vf_naming {
	AN_VF_NAMING_UNKNOWN,
	AN_VF_NAMING_KERNEL,
	AN_VF_NAMING_USER,
};

struct an_vf {
	spinlock_t lock;		/* BH; protects all up to `tx` */
	struct an_vf_decision decision;
	enum an_vf_state state;
	enum an_vf_reason reason;	/* of the state */
	ktime_t since;			/* monotonic: state entered */
	u32 serial;			/* facts.associated */
	u64 lost;			/* packets, not yet in the event log */
	bool was_active;		/* since the last report */
	bool module_asked;		/* for this arrival of the function */
	struct net_device __rcu *netdev; /* joined; RTNL and lock to change */
	struct net_device __rcu *tx;

	/* vf.c; RTNL */
	unsigned long takeover_at;	/* jiffies; facts.fresh: when it is set up */
	unsigned long leave_at;		/* jiffies; not before: another serial each time */
	int refused;			/* ifindex of the VF's other master, which was named */
	bool own_address;		/* this driver is setting the VF's MAC address */
	enum an_vf_naming naming;

	wait_queue_head_t path_wait;
	struct delayed_work work;
	struct delayed_work report;	/* devlink.c */
};

void an_vf_init(struct an_nic *nic);
/* Leaves the VF and moves the path back. Not under RTNL; nothing of the VF runs afterwards. */
void an_vf_exit(struct an_nic *nic);
/* RTNL: joins vf if it is this NIC's and everything for it is known. */
void an_vf_seen(struct an_nic *nic, struct net_device *vf);
void an_vf_leave(struct an_nic *nic, struct net_device *vf);
/* The NIC that has joined vf; NULL: none. RTNL. */
struct an_nic *an_vf_owner_of(struct net_device *vf);
/* Is it what a VF looks like, and whose? No NIC's: NULL. RTNL. */
struct an_nic *an_vf_nic_of(struct net_device *vf);
void an_vf_hide(struct net_device *vf);
/* RTNL: somebody has given the VF its name. */
void an_vf_named(struct an_nic *nic, struct net_device *vf);
/* RTNL: gives the VF the NIC's address. 0 or -errno. */
int an_vf_set_address(struct an_nic *nic, struct net_device *vf, const u8 *mac);

#endif
