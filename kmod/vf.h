/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The VF of a NIC. vf.c joins and leaves the VF's net_device, vf_path.c keeps the facts, the state
 * and the data path, vf_event.c hears the stack, vf_pci.c looks at PCI.
 *
 * Locks: RTNL for net_devices, then vf.lock for facts, state and path. tx is set to the VF exactly
 * while the state is active: clearing it is what takes new packets off the VF at once.
 */
#ifndef AN_VF_H
#define AN_VF_H

#include <linux/netdevice.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "nvsp_wire.h"
#include "vf_state.h"

struct an_nic;
struct an_vf_sum;

enum an_vf_policy {
	AN_VF_AUTO,		/* the VF whenever it is there, unless it flaps */
	AN_VF_SYNTHETIC,	/* never the VF */
	AN_VF_ALWAYS,		/* the VF whenever it is there */
};

struct an_vf {
	spinlock_t lock;		/* BH; protects all up to `tx` */
	struct an_vf_facts facts;
	enum an_vf_state state;
	enum an_vf_reason hint;		/* what happened last, where the facts do not say */
	enum an_vf_reason reason;	/* of the state */
	enum an_vf_policy policy;
	ktime_t since;			/* monotonic: state entered */
	u32 serial;			/* facts.associated */
	u64 lost;			/* packets, not yet in the event log */
	bool was_active;		/* since the last report */
	bool module_asked;		/* for this arrival of the function */
	enum an_nvsp_path asked;	/* the last switch asked for, */
	u32 number;			/* its number, */
	unsigned long deadline;		/* and when its answer is late (facts.pending) */
	unsigned long ready_at;		/* the VF could carry traffic from then on */
	unsigned int losses;		/* in the current calm period */
	unsigned long last_loss;
	unsigned long hold_until;
	bool held;
	struct net_device __rcu *netdev; /* joined; RTNL and lock to change */
	struct net_device __rcu *tx;

	bool takeover;			/* RTNL: joined, not yet set up */
	unsigned long takeover_at;
	wait_queue_head_t path_wait;
	struct delayed_work work;
	struct delayed_work report;
};

/* vf.c */
void an_vf_init(struct an_nic *nic);
/* Leaves the VF and moves the path back. Not under RTNL; nothing of the VF runs afterwards. */
void an_vf_exit(struct an_nic *nic);
/* RTNL: joins vf if it is this NIC's and everything for it is known. */
void an_vf_seen(struct an_nic *nic, struct net_device *vf);
void an_vf_leave(struct an_nic *nic, struct net_device *vf);
/* Looks at everything again, soon. Any context. */
void an_vf_kick(struct an_nic *nic);
/* Is it what a VF looks like, and the NIC's? No NIC: NULL. RTNL. */
struct an_nic *an_vf_nic_of(const struct net_device *vf);
void an_vf_hide(struct net_device *vf);
netdev_tx_t an_vf_xmit(struct an_nic *nic, struct net_device *vf, struct sk_buff *skb);
void an_vf_sum_stats(const struct an_nic *nic, struct an_vf_sum *sum);

/* vf_path.c; any context unless said */
void an_vf_associate(struct an_nic *nic, bool allocated, u32 serial);
void an_vf_host_moved(struct an_nic *nic, enum an_nvsp_path path);
void an_vf_path_done(struct an_nic *nic, u32 number);
/* Changes facts under the lock, then goes where they lead. */
typedef void (*an_vf_change)(struct an_vf *vf, const void *arg);
void an_vf_change_facts(struct an_nic *nic, an_vf_change change, const void *arg);
/* Asks the host for the path the facts call for. Returns ms until it wants to be called again. */
unsigned int an_vf_settle_path(struct an_nic *nic);
/* Takes traffic off the VF, drains vf (may be NULL), waits at most ms for the host to follow. */
void an_vf_retreat(struct an_nic *nic, struct net_device *vf, unsigned int ms);
void an_vf_set_policy(struct an_nic *nic, enum an_vf_policy policy);

/* vf_event.c */
int an_vf_event_init(void);
void an_vf_event_exit(void);

/* vf_pci.c */
int an_vf_pci_init(void);
void an_vf_pci_exit(void);
/* Looks for functions on PCI again, soon; may ask for their driver. Any context. */
void an_vf_pci_kick(void);
/* The serial in the name of its PCI slot. RTNL and vf registered. 0 or -ENOENT. */
int an_vf_pci_serial(const struct net_device *vf, u32 *serial);

#endif
