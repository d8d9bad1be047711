// SPDX-License-Identifier: GPL-2.0-only
/*
 * Facts, state and data path of a VF. Facts change under vf.lock, from NAPI, notifiers and work;
 * every change ends in settle_state(), the only place that moves the state. What to ask the host
 * for is vf_decide.c's; asking never blocks: the answer arrives in NAPI with the number of the
 * question, and an answer to anything but the last question is ignored. Only an_vf_leave_path()
 * waits, bounded.
 */
#include "vf_path.h"
#include "nic.h"
#include "nvsp_send.h"
#include "trace.h"
#include "waits.h"

#include <linux/delay.h>
#include <net/sch_generic.h>

static u64 now_ms(void)
{
	return ktime_to_ms(ktime_get());
}

static void record_move(struct an_nic *nic, enum an_vf_state to, enum an_vf_reason reason)
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

static void kick_report(struct an_nic *nic)
{
	if (nic->devlink && !READ_ONCE(nic->removing))
		mod_delayed_work(nic->work, &nic->vf.report, 0);
}

/* Goes where the facts lead, by legal moves, and opens or shuts the VF for transmit. */
static void settle_state(struct an_nic *nic)
{
	struct an_vf *vf = &nic->vf;
	enum an_vf_state target = an_vf_state_of(&vf->decision.facts);
	enum an_vf_reason reason = an_vf_decide_reason(&vf->decision, target);
	bool moved = vf->state != target || vf->reason != reason;
	struct net_device *netdev;

	lockdep_assert_held(&vf->lock);
	vf->reason = reason;
	while (vf->state != target)
		record_move(nic, an_vf_state_step(vf->state, target), reason);

	netdev = rcu_dereference_protected(vf->netdev, lockdep_is_held(&vf->lock));
	if (target != AN_VF_ACTIVE || !an_vf_is_ready(&vf->decision.facts))
		netdev = NULL;
	rcu_assign_pointer(vf->tx, netdev);
	if (moved)
		kick_report(nic);
}

static void ask_host(struct an_nic *nic, enum an_vf_question question)
{
	enum an_nvsp_datapath path = AN_NVSP_DATAPATH_VF;
	struct an_vf *vf = &nic->vf;
	int ret;

	lockdep_assert_held(&vf->lock);
	if (question == AN_VF_ASK_NOTHING)
		return;
	/* New packets leave the VF before the host hears of it. */
	if (question == AN_VF_ASK_SYNTHETIC) {
		RCU_INIT_POINTER(vf->tx, NULL);
		path = AN_NVSP_DATAPATH_SYNTHETIC;
	}
	ret = an_nvsp_switch(nic, path, vf->decision.number + 1);
	an_vf_decide_asked(&vf->decision, question, ret, now_ms());
	if (!ret)
		atomic_long_inc(&nic->stats.vf_path_moves);
}

void an_vf_change_facts(struct an_nic *nic, an_vf_change change, const void *arg)
{
	struct an_vf *vf = &nic->vf;
	struct an_vf_facts was;
	bool changed;

	spin_lock_bh(&vf->lock);
	was = vf->decision.facts;
	change(vf, arg);
	ask_host(nic, an_vf_decide_change(&vf->decision, &was, now_ms()));
	settle_state(nic);
	changed = memcmp(&was, &vf->decision.facts, sizeof(was));
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
	struct an_vf_facts *facts = &vf->decision.facts;

	if (association->allocated && vf->serial != association->serial) {
		/* Another function: that of the old serial is not ours any more. */
		facts->function = false;
		facts->driver = false;
		facts->joined = false;
		vf->module_asked = false;
	}
	facts->associated = association->allocated;
	if (association->allocated)
		vf->serial = association->serial;
}

void an_vf_associate(struct an_nic *nic, bool allocated, u32 serial)
{
	struct association association = { allocated, serial };

	if (allocated && nic->vf.decision.facts.associated && nic->vf.serial != serial)
		atomic_long_inc(&nic->stats.vf_reassociated);
	if (net_ratelimit())
		netdev_info(nic->net, "VF %u %s\n", serial,
			    allocated ? "associated" : "withdrawn");
	an_vf_change_facts(nic, change_association, &association);
}

static void change_host_moved(struct an_vf *vf, const void *arg)
{
	an_vf_decide_host_moved(&vf->decision, now_ms());
}

void an_vf_host_moved(struct an_nic *nic, enum an_nvsp_datapath path)
{
	/* Only this side knows when its VF is ready: an invitation is but a reason to look. */
	if (path == AN_NVSP_DATAPATH_VF)
		an_vf_kick(nic);
	else
		an_vf_change_facts(nic, change_host_moved, NULL);
}

struct answer {
	struct an_nic *nic;
	u32 number;
};

static void change_path_done(struct an_vf *vf, const void *arg)
{
	const struct answer *answer = arg;

	if (!an_vf_decide_answered(&vf->decision, answer->number, now_ms()))
		atomic_long_inc(&answer->nic->stats.host_late_answer);
}

void an_vf_path_done(struct an_nic *nic, u32 number)
{
	struct answer answer = { nic, number };

	an_vf_change_facts(nic, change_path_done, &answer);
	wake_up_all(&nic->vf.path_wait);
}

unsigned int an_vf_settle_path(struct an_nic *nic)
{
	struct an_vf *vf = &nic->vf;
	bool silent;
	u64 again;

	spin_lock_bh(&vf->lock);
	/* It may or may not have moved; packets go synthetic, the VF still receives. */
	silent = an_vf_decide_expired(&vf->decision, now_ms());
	ask_host(nic, an_vf_decide(&vf->decision, now_ms()));
	again = an_vf_decide_wait(&vf->decision, now_ms());
	settle_state(nic);
	spin_unlock_bh(&vf->lock);
	if (silent) {
		atomic_long_inc(&nic->stats.host_silent);
		if (net_ratelimit())
			netdev_warn(nic->net,
				    "no answer from the host to a switch of the data path\n");
	}
	return again;
}

static void change_nic_runs(struct an_vf *vf, const void *arg)
{
	vf->decision.facts.nic_down = !arg;
}

void an_vf_nic_runs(struct an_nic *nic, bool runs)
{
	an_vf_change_facts(nic, change_nic_runs, runs ? nic : NULL);
}

static u64 count_backlog(struct net_device *vf)
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
static void drain_vf(struct an_nic *nic, struct net_device *netdev)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(AN_DRAIN_RTNL_MS);
	struct an_vf *vf = &nic->vf;
	u64 left;

	synchronize_net();	/* whoever saw vf.tx has queued its packet */
	while ((left = count_backlog(netdev)) && time_before(jiffies, deadline))
		usleep_range(500, 1000);
	if (!left)
		return;
	atomic_long_add(left, &nic->stats.vf_tx_lost);
	spin_lock_bh(&vf->lock);
	vf->lost += left;
	spin_unlock_bh(&vf->lock);
}

static void change_leave_path(struct an_vf *vf, const void *arg)
{
	vf->decision.facts.running = false;
}

static bool is_settled(struct an_nic *nic)
{
	return !READ_ONCE(nic->vf.decision.facts.pending) || an_is_gone(nic);
}

/* The host was not told for want of room in the ring. */
static bool is_untold(struct an_nic *nic)
{
	const struct an_vf_facts *facts = &nic->vf.decision.facts;

	return READ_ONCE(facts->path_vf) && !READ_ONCE(facts->pending) && !an_is_gone(nic);
}

void an_vf_leave_path(struct an_nic *nic, struct net_device *netdev, unsigned int ms)
{
	struct an_vf *vf = &nic->vf;
	unsigned long deadline;

	an_vf_change_facts(nic, change_leave_path, NULL);

	if (netdev)
		drain_vf(nic, netdev);
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
	an_vf_decide_policy(&nic->vf.decision, policy);
	spin_unlock_bh(&nic->vf.lock);
	an_vf_kick(nic);
}

void an_vf_kick(struct an_nic *nic)
{
	if (!READ_ONCE(nic->removing))
		mod_delayed_work(nic->work, &nic->vf.work, 0);
}
