// SPDX-License-Identifier: GPL-2.0-only
/*
 * devlink instance of a NIC (vmbus/<instance GUID>): info; health reporter "vf" (diagnose: state,
 * since, reason and its code; dump: the event log; recover: look again); parameter "datapath".
 * Locks: devlink's before RTNL, so nothing here is called under RTNL: vf_path.c queues vf.report
 * when it has moved.
 */
#include "compat.h"
#include "devlink.h"
#include "nic.h"
#include "vf_path.h"
#include "vf_pci.h"
#include "waits.h"

#include <net/devlink.h>

enum an_param {
	AN_PARAM_DATAPATH = DEVLINK_PARAM_GENERIC_ID_MAX + 1,
};

struct an_devlink {
	struct an_nic *nic;
	struct devlink_health_reporter *vf;
};

static const char *const policy_name[] = {
	[AN_VF_AUTO] = "auto",
	[AN_VF_SYNTHETIC] = "synthetic",
	[AN_VF_ALWAYS] = "vf",
};

static struct an_nic *nic_of(struct devlink *devlink)
{
	struct an_devlink *an = devlink_priv(devlink);

	return an->nic;
}

static int info_get(struct devlink *devlink, struct devlink_info_req *req,
		    struct netlink_ext_ack *extack)
{
	struct an_nic *nic = nic_of(devlink);
	char version[16];
	int ret;

	ret = an_devlink_driver_name(req, AN_DRIVER_NAME);
	if (ret)
		return ret;
	ret = devlink_info_version_running_put(req, "driver", AN_DRIVER_VERSION);
	if (ret)
		return ret;
	snprintf(version, sizeof(version), "%u.%u", nic->nvsp_version >> 16,
		 nic->nvsp_version & 0xffff);
	return devlink_info_version_running_put(req, "nvsp", version);
}

static const struct devlink_ops ops = { .info_get = info_get };

static void put_state(struct devlink_fmsg *fmsg, struct an_nic *nic)
{
	struct an_vf *vf = &nic->vf;
	enum an_vf_reason reason;
	enum an_vf_state state;
	u64 us, moves;
	u32 serial;

	spin_lock_bh(&vf->lock);
	state = vf->state;
	reason = vf->reason;
	us = ktime_us_delta(ktime_get(), vf->since);
	serial = vf->decision.facts.associated ? vf->serial : 0;
	moves = nic->events.count;
	spin_unlock_bh(&vf->lock);

	devlink_fmsg_string_pair_put(fmsg, "state", an_vf_state_name(state));
	devlink_fmsg_u64_pair_put(fmsg, "since_us", us);
	devlink_fmsg_string_pair_put(fmsg, "reason", an_vf_reason_text(reason));
	devlink_fmsg_string_pair_put(fmsg, "reason_code", an_vf_reason_code(reason));
	devlink_fmsg_u32_pair_put(fmsg, "serial", serial);
	devlink_fmsg_u64_pair_put(fmsg, "moves", moves);
}

static int diagnose(struct devlink_health_reporter *reporter, struct devlink_fmsg *fmsg,
		    struct netlink_ext_ack *extack)
{
	put_state(fmsg, devlink_health_reporter_priv(reporter));
	return 0;
}

static void put_event(struct devlink_fmsg *fmsg, const struct an_event *event)
{
	devlink_fmsg_obj_nest_start(fmsg);
	devlink_fmsg_u64_pair_put(fmsg, "time_us", ktime_to_us(event->time));
	devlink_fmsg_string_pair_put(fmsg, "from", an_vf_state_name(event->from));
	devlink_fmsg_string_pair_put(fmsg, "to", an_vf_state_name(event->to));
	devlink_fmsg_string_pair_put(fmsg, "reason", an_vf_reason_text(event->reason));
	devlink_fmsg_u64_pair_put(fmsg, "us", event->us);
	devlink_fmsg_u64_pair_put(fmsg, "lost", event->lost);
	devlink_fmsg_obj_nest_end(fmsg);
}

static int dump(struct devlink_health_reporter *reporter, struct devlink_fmsg *fmsg, void *ctx,
		struct netlink_ext_ack *extack)
{
	struct an_nic *nic = devlink_health_reporter_priv(reporter);
	struct an_event *events;
	u32 count, i;

	events = kcalloc(AN_EVENTS, sizeof(*events), GFP_KERNEL);
	if (!events)
		return -ENOMEM;
	spin_lock_bh(&nic->vf.lock);
	count = an_event_copy(&nic->events, events);
	spin_unlock_bh(&nic->vf.lock);

	devlink_fmsg_arr_pair_nest_start(fmsg, "events");
	for (i = 0; i < count; i++)
		put_event(fmsg, &events[i]);
	devlink_fmsg_arr_pair_nest_end(fmsg);
	kfree(events);
	return 0;
}

/*
 * Nothing to repair by force: look at everything again, and say whether that was enough. devlink's
 * own try, when it is told of a loss, has no extack; it must not wait: with the instance's lock
 * held, nobody could ask what has happened.
 */
static int recover(struct devlink_health_reporter *reporter, void *ctx,
		   struct netlink_ext_ack *extack)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(AN_RECOVER_MS);
	struct an_nic *nic = devlink_health_reporter_priv(reporter);

	an_vf_pci_kick();
	an_vf_kick(nic);
	while (READ_ONCE(nic->vf.state) != AN_VF_ACTIVE) {
		if (!extack || time_after(jiffies, deadline))
			return -EINPROGRESS;
		msleep(AN_WAIT_SLICE_MS);
	}
	return 0;
}

static const struct devlink_health_reporter_ops vf_ops = {
	.name = "vf",
	.recover = recover,
	.diagnose = diagnose,
	.dump = dump,
};

static int datapath_get(struct devlink *devlink, u32 id, struct devlink_param_gset_ctx *ctx)
{
	enum an_vf_policy policy = READ_ONCE(nic_of(devlink)->vf.decision.policy);

	strscpy(ctx->val.vstr, policy_name[policy], sizeof(ctx->val.vstr));
	return 0;
}

static int datapath_set(struct devlink *devlink, u32 id,
			struct devlink_param_gset_ctx *ctx AN_PARAM_SET_EXTACK)
{
	int policy = match_string(policy_name, ARRAY_SIZE(policy_name), ctx->val.vstr);

	if (policy < 0)
		return -EINVAL;
	an_vf_set_policy(nic_of(devlink), policy);
	return 0;
}

static int datapath_validate(struct devlink *devlink, u32 id, union devlink_param_value val,
			     struct netlink_ext_ack *extack)
{
	if (match_string(policy_name, ARRAY_SIZE(policy_name), val.vstr) >= 0)
		return 0;
	NL_SET_ERR_MSG_MOD(extack, "datapath is auto, synthetic or vf");
	return -EINVAL;
}

static const struct devlink_param params[] = {
	DEVLINK_PARAM_DRIVER(AN_PARAM_DATAPATH, "datapath", DEVLINK_PARAM_TYPE_STRING,
			     BIT(DEVLINK_PARAM_CMODE_RUNTIME), datapath_get, datapath_set,
			     datapath_validate),
};

/*
 * Losing an active VF is reported at once; one that is on its way to active only if it does not
 * get there.
 */
static void report_work(struct work_struct *work)
{
	struct an_nic *nic = container_of(to_delayed_work(work), struct an_nic, vf.report);
	struct an_vf *vf = &nic->vf;
	struct devlink_health_reporter *reporter;
	enum an_vf_reason reason;
	enum an_vf_state state;
	bool was_active;
	s64 left_ms;

	if (READ_ONCE(nic->removing))
		return;
	spin_lock_bh(&vf->lock);
	state = vf->state;
	reason = vf->reason;
	was_active = vf->was_active;
	vf->was_active = false;
	left_ms = AN_EXPECT_MS - ktime_ms_delta(ktime_get(), vf->since);
	spin_unlock_bh(&vf->lock);

	reporter = nic->devlink->vf;
	if (state == AN_VF_ACTIVE || state == AN_VF_ABSENT || reason == AN_VF_USER ||
	    !netif_running(nic->net))
		devlink_health_reporter_state_update(reporter,
						     DEVLINK_HEALTH_REPORTER_STATE_HEALTHY);
	else if (was_active || left_ms <= 0)
		devlink_health_report(reporter, an_vf_reason_text(reason), NULL);
	else if (!READ_ONCE(nic->removing))
		queue_delayed_work(nic->work, &vf->report, msecs_to_jiffies(left_ms));
}

int an_devlink_create(struct an_nic *nic)
{
	struct devlink *devlink;
	struct an_devlink *an;
	int ret;

	devlink = devlink_alloc(&ops, sizeof(*an), &nic->device->device);
	if (!devlink)
		return -ENOMEM;
	an = devlink_priv(devlink);
	an->nic = nic;
	INIT_DELAYED_WORK(&nic->vf.report, report_work);
	an->vf = devlink_health_reporter_create(devlink, &vf_ops, 0, nic);
	if (IS_ERR(an->vf)) {
		ret = PTR_ERR(an->vf);
		goto err_free;
	}
	ret = devlink_params_register(devlink, params, ARRAY_SIZE(params));
	if (ret)
		goto err_destroy_reporter;
	devlink_register(devlink);
	nic->devlink = an;
	return 0;

err_destroy_reporter:
	devlink_health_reporter_destroy(an->vf);
err_free:
	devlink_free(devlink);
	return ret;
}

void an_devlink_unregister(struct an_nic *nic)
{
	/* A report that is queued from here on sees `removing`: devlink wants none any more. */
	cancel_delayed_work_sync(&nic->vf.report);
	devlink_unregister(priv_to_devlink(nic->devlink));
}

void an_devlink_destroy(struct an_nic *nic)
{
	struct devlink *devlink = priv_to_devlink(nic->devlink);
	struct an_devlink *an = nic->devlink;

	cancel_delayed_work_sync(&nic->vf.report);
	devlink_params_unregister(devlink, params, ARRAY_SIZE(params));
	devlink_health_reporter_destroy(an->vf);
	devlink_free(devlink);
}
