// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts, state and data path of a VF. Facts change under vf.lock, from NAPI, notifiers and work;
 * every change ends in settle_state(), the only place that moves the state. Asking the host to
 * switch the path never blocks: the answer arrives in NAPI with the number of the question, and
 * an answer to anything but the last question is ignored. Only an_vf_retreat() waits, bounded.
 */
#include "devlink.h"
#include "nic.h"
#include "nvsp.h"
#include "trace.h"
#include "waits.h"

#include <linux/delay.h>
#include <net/sch_generic.h>

#define AN_FREE_LOSSES	10	/* of the VF in a calm period, before it counts as flapping */

static void record(struct an_nic *nic, enum an_vf_state to, enum an_vf_reason reason)
{
	struct an_vf *vf = &nic->vf;
	ktime_t now = ktime_get();
	struct an_event event = {
		.time = ktime_get_real(),
		.us = ktime_us_delta(now, vf->since),
		.lost = vf->lost,
		.from = vf->state,
		.to = to,
		.reason = reason,
	};

	an_event_add(&nic->events, &event);
	trace_an_vf_move(nic->net, &event);
	if (vf->state == AN_VF_ACTIVE)
		vf->was_active = true;
	vf->lost = 0;
	vf->since = now;
	vf->state = to;
}

/* Goes where the facts lead, by legal moves, and opens or shuts the VF for transmit. */
static void settle_state(struct an_nic *nic)
{
	struct an_vf *vf = &nic->vf;
	enum an_vf_state target = an_vf_state_of(&vf->facts);
	enum an_vf_reason reason = an_vf_reason_of(&vf->facts);
	struct net_device *netdev;
	bool moved = vf->state != target;

	lockdep_assert_held(&vf->lock);
	if (target == AN_VF_ACTIVE)
		vf->hint = AN_VF_OK;
	else if (vf->hint != AN_VF_OK && (reason == AN_VF_OK || target == AN_VF_SWITCHING))
		reason = vf->hint;
	moved |= vf->reason != reason;
	vf->reason = reason;
	while (vf->state != target)
		record(nic, an_vf_state_step(vf->state, target), reason);

	netdev = rcu_dereference_protected(vf->netdev, lockdep_is_held(&vf->lock));
	if (target != AN_VF_ACTIVE || !an_vf_is_ready(&vf->facts))
		netdev = NULL;
	rcu_assign_pointer(vf->tx, netdev);
	if (moved)
		an_devlink_report(nic);
}

/* The VF was lost in a way that speaks against using it again at once. */
static void hold_off(struct an_vf *vf, bool at_once)
{
	unsigned int doublings;

	if (time_after(jiffies, vf->last_loss + msecs_to_jiffies(AN_CALM_MS)))
		vf->losses = 0;
	vf->last_loss = jiffies;
	vf->losses++;
	if (!at_once && vf->losses <= AN_FREE_LOSSES)
		return;
	doublings = vf->losses > AN_FREE_LOSSES ? vf->losses - AN_FREE_LOSSES - 1 :
						  vf->losses - 1;
	doublings = min_t(unsigned int, doublings, AN_HOLD_DOUBLINGS);
	vf->hold_until = jiffies + msecs_to_jiffies(AN_HOLD_MS << doublings);
	vf->held = true;
}

static void ask(struct an_nic *nic, enum an_nvsp_path path)
{
	struct an_vf *vf = &nic->vf;
	int ret;

	lockdep_assert_held(&vf->lock);
	/* New packets leave the VF before the host hears of it. */
	if (path == AN_NVSP_PATH_SYNTHETIC) {
		RCU_INIT_POINTER(vf->tx, NULL);
		if (vf->hint != AN_VF_SEND_FAILED)	/* else it is the same loss, asked again */
			hold_off(vf, false);
	}
	ret = an_nvsp_switch(nic, path, vf->number + 1);
	if (ret == -ENODEV) {
		vf->facts.pending = false;
		vf->facts.path_vf = false;
		vf->hint = AN_VF_NIC_GONE;
		return;
	}
	if (ret) {
		vf->hint = AN_VF_SEND_FAILED;
		return;		/* an_vf_settle_path() tries again */
	}
	if (path == AN_NVSP_PATH_VF || vf->hint == AN_VF_SEND_FAILED)
		vf->hint = AN_VF_OK;	/* nothing is in the way any more */
	vf->number++;
	vf->asked = path;
	vf->deadline = jiffies + msecs_to_jiffies(AN_PATH_MS);
	vf->facts.pending = true;
	atomic_long_inc(&nic->stats.vf_path_moves);
}

/* Is the host's path on the VF, or on the way there? */
static bool is_towards_vf(const struct an_vf *vf)
{
	return vf->facts.pending ? vf->asked == AN_NVSP_PATH_VF : vf->facts.path_vf;
}

void an_vf_change_facts(struct an_nic *nic, an_vf_change change, const void *arg)
{
	struct an_vf *vf = &nic->vf;
	struct an_vf_facts was;
	bool changed;

	spin_lock_bh(&vf->lock);
	was = vf->facts;
	change(vf, arg);
	if (an_vf_is_ready(&vf->facts) && !an_vf_is_ready(&was))
		vf->ready_at = jiffies;
	if (!an_vf_is_ready(&vf->facts) && is_towards_vf(vf))
		ask(nic, AN_NVSP_PATH_SYNTHETIC);
	settle_state(nic);
	changed = memcmp(&was, &vf->facts, sizeof(was));
	spin_unlock_bh(&vf->lock);
	if (changed)	/* not always: the work itself calls this */
		an_vf_kick(nic);
}

struct association {
	bool allocated;
	u32 serial;
};

static void change_association(struct an_vf *vf, const void *arg)
{
	const struct association *association = arg;

	if (association->allocated && vf->serial != association->serial) {
		/* Another function: that of the old serial is not ours any more. */
		vf->facts.function = false;
		vf->facts.driver = false;
		vf->facts.joined = false;
		vf->module_asked = false;
	}
	vf->facts.associated = association->allocated;
	if (association->allocated)
		vf->serial = association->serial;
}

void an_vf_associate(struct an_nic *nic, bool allocated, u32 serial)
{
	struct association association = { allocated, serial };

	if (allocated && nic->vf.facts.associated && nic->vf.serial != serial)
		atomic_long_inc(&nic->stats.vf_reassociated);
	if (net_ratelimit())
		netdev_info(nic->net, "VF %u %s\n", serial,
			    allocated ? "associated" : "withdrawn");
	an_vf_change_facts(nic, change_association, &association);
	an_vf_pci_kick();
}

static void change_host_moved(struct an_vf *vf, const void *arg)
{
	vf->number++;		/* a question that is open has been overtaken */
	vf->facts.pending = false;
	vf->facts.path_vf = false;
	vf->hint = AN_VF_HOST_MOVED;
	hold_off(vf, true);
}

void an_vf_host_moved(struct an_nic *nic, enum an_nvsp_path path)
{
	/* Only this side knows when its VF is ready: an invitation is but a reason to look. */
	if (path == AN_NVSP_PATH_VF)
		an_vf_kick(nic);
	else
		an_vf_change_facts(nic, change_host_moved, NULL);
}

static void change_path_done(struct an_vf *vf, const void *arg)
{
	const u32 *number = arg;

	if (*number != vf->number)
		return;
	vf->facts.pending = false;
	vf->facts.path_vf = vf->asked == AN_NVSP_PATH_VF;
	if (vf->hint == AN_VF_HOST_SILENT)
		vf->held = false;	/* it was for want of this answer, which has come */
}

void an_vf_path_done(struct an_nic *nic, u32 number)
{
	if (READ_ONCE(nic->vf.number) != number)
		atomic_long_inc(&nic->stats.host_late_answer);
	an_vf_change_facts(nic, change_path_done, &number);
	wake_up_all(&nic->vf.path_wait);
}

/* The host is silent. It may or may not have moved; packets go synthetic, the VF still receives. */
static void give_up(struct an_nic *nic)
{
	struct an_vf *vf = &nic->vf;

	atomic_long_inc(&nic->stats.host_silent);
	if (net_ratelimit())
		netdev_warn(nic->net, "no answer from the host to a switch of the data path\n");
	vf->facts.pending = false;
	vf->facts.path_vf = false;
	vf->hint = AN_VF_HOST_SILENT;
	hold_off(vf, true);
}

/*
 * A VF that has just come up queues the set-up of its receive filters behind its carrier (mlx5e
 * set_rx_mode_work): moving the path at once loses what arrives before they stand.
 */
static bool is_settling(const struct an_vf *vf, unsigned int *again_ms)
{
	unsigned long settled = vf->ready_at + msecs_to_jiffies(AN_SETTLE_MS);

	if (time_after_eq(jiffies, settled))
		return false;
	*again_ms = jiffies_to_msecs(settled - jiffies) + 1;
	return true;
}

static bool wants_vf(struct an_vf *vf, unsigned int *again_ms)
{
	if (!an_vf_is_ready(&vf->facts))
		return false;
	if (vf->policy == AN_VF_SYNTHETIC) {
		vf->hint = AN_VF_USER;
		return false;
	}
	if (vf->held && time_after_eq(jiffies, vf->hold_until))
		vf->held = false;
	if (!vf->held || vf->policy == AN_VF_ALWAYS)
		return true;
	if (vf->hint == AN_VF_OK)
		vf->hint = AN_VF_HELD;
	*again_ms = jiffies_to_msecs(vf->hold_until - jiffies) + 1;
	return false;
}

unsigned int an_vf_settle_path(struct an_nic *nic)
{
	struct an_vf *vf = &nic->vf;
	unsigned int again_ms = 0;
	bool wants;

	spin_lock_bh(&vf->lock);
	if (vf->facts.pending && time_after_eq(jiffies, vf->deadline))
		give_up(nic);
	wants = wants_vf(vf, &again_ms);
	if (is_towards_vf(vf) && !wants)
		ask(nic, AN_NVSP_PATH_SYNTHETIC);
	else if (!vf->facts.pending && !vf->facts.path_vf && wants && !is_settling(vf, &again_ms))
		ask(nic, AN_NVSP_PATH_VF);
	if (vf->facts.pending)
		again_ms = jiffies_to_msecs(vf->deadline - jiffies) + 1;
	else if (vf->hint == AN_VF_SEND_FAILED)
		again_ms = AN_RETRY_MS;
	settle_state(nic);
	spin_unlock_bh(&vf->lock);
	return again_ms;
}

static u64 backlog(struct net_device *vf)
{
	struct Qdisc *qdisc;
	u64 packets = 0;
	u32 i;

	rcu_read_lock();
	for (i = 0; i < vf->real_num_tx_queues; i++) {
		qdisc = rcu_dereference(netdev_get_tx_queue(vf, i)->qdisc);
		if (qdisc)
			packets += qdisc_qlen_sum(qdisc);
	}
	rcu_read_unlock();
	return packets;
}

/* What is in the VF's qdiscs may still go out; the VF drops the rest when it goes down. */
static void drain(struct an_nic *nic, struct net_device *netdev)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(AN_DRAIN_RTNL_MS);
	struct an_vf *vf = &nic->vf;
	u64 left;

	synchronize_net();	/* whoever saw vf.tx has queued its packet */
	while ((left = backlog(netdev)) && time_before(jiffies, deadline))
		usleep_range(500, 1000);
	if (!left)
		return;
	atomic_long_add(left, &nic->stats.vf_tx_lost);
	spin_lock_bh(&vf->lock);
	vf->lost += left;
	spin_unlock_bh(&vf->lock);
}

static void change_retreat(struct an_vf *vf, const void *arg)
{
	vf->facts.running = false;
}

static bool is_settled(struct an_nic *nic)
{
	return !READ_ONCE(nic->vf.facts.pending) || an_is_gone(nic);
}

/* The host was not told for want of room in the ring. */
static bool is_untold(struct an_nic *nic)
{
	return READ_ONCE(nic->vf.facts.path_vf) && !READ_ONCE(nic->vf.facts.pending) &&
	       !an_is_gone(nic);
}

void an_vf_retreat(struct an_nic *nic, struct net_device *netdev, unsigned int ms)
{
	struct an_vf *vf = &nic->vf;
	unsigned long deadline;

	an_vf_change_facts(nic, change_retreat, NULL);

	if (netdev)
		drain(nic, netdev);
	deadline = jiffies + msecs_to_jiffies(ms);
	while (is_untold(nic) && time_before(jiffies, deadline)) {
		usleep_range(1000, 2000);
		an_vf_settle_path(nic);
	}
	while (!is_settled(nic) && time_before(jiffies, deadline))
		wait_event_timeout(vf->path_wait, is_settled(nic),
				   msecs_to_jiffies(AN_WAIT_SLICE_MS));
}

void an_vf_set_policy(struct an_nic *nic, enum an_vf_policy policy)
{
	spin_lock_bh(&nic->vf.lock);
	nic->vf.policy = policy;
	nic->vf.hint = AN_VF_OK;
	spin_unlock_bh(&nic->vf.lock);
	an_vf_kick(nic);
}
