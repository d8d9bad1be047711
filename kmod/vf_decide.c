// SPDX-License-Identifier: GPL-2.0-only
/*
 * The host has the data path; this side asks it to move, and hears that it did. Three rules:
 * a VF that is not ready is left at once; what is not known of the host is asked again, more and
 * more rarely; losses that the host or the VF cause are held against it, those of the user are not.
 */
#include "vf_decide.h"

#ifdef __KERNEL__
#include <linux/errno.h>
#else
#include <errno.h>
#endif

/* Is the host's path on the VF, or on the way there, as far as this side knows? */
static bool is_towards_vf(const struct an_vf_decision *decision, const struct an_vf_facts *facts)
{
	return facts->pending ? decision->asked == AN_VF_ASK_VF : facts->path_vf;
}

enum an_vf_question an_vf_decide_change(struct an_vf_decision *decision,
					const struct an_vf_facts *was, u64 now)
{
	const struct an_vf_facts *facts = &decision->facts;
	bool ready = an_vf_is_ready(facts), was_ready = an_vf_is_ready(was);

	if (ready && !was_ready)
		decision->ready_at = now;
	if (ready)
		return AN_VF_ASK_NOTHING;
	if (was_ready && is_towards_vf(decision, was) && !facts->nic_down)
		an_vf_hold_loss(&decision->hold, false, now);
	/* An unknown path may be on the VF as well. */
	if (is_towards_vf(decision, facts) || (was_ready && facts->path_unknown))
		return AN_VF_ASK_SYNTHETIC;
	return AN_VF_ASK_NOTHING;
}

static bool wants_vf(struct an_vf_decision *decision, u64 now)
{
	if (!an_vf_is_ready(&decision->facts))
		return false;
	if (decision->policy == AN_VF_SYNTHETIC) {
		decision->hint = AN_VF_USER;
		return false;
	}
	if (decision->policy == AN_VF_ALWAYS || !an_vf_hold_left(&decision->hold, now))
		return true;
	if (decision->hint == AN_VF_OK)
		decision->hint = AN_VF_HELD;
	return false;
}

/*
 * A VF that has just come up queues the set-up of its receive filters behind its carrier (mlx5e
 * set_rx_mode_work): moving the path at once loses what arrives before they stand.
 */
static bool is_settling(const struct an_vf_decision *decision, u64 now)
{
	return now < decision->ready_at + AN_SETTLE_MS;
}

static enum an_vf_question question_of(struct an_vf_decision *decision, u64 now)
{
	const struct an_vf_facts *facts = &decision->facts;
	bool wants = wants_vf(decision, now);

	if (!wants && is_towards_vf(decision, facts))
		return AN_VF_ASK_SYNTHETIC;
	if (facts->pending || facts->path_vf)
		return AN_VF_ASK_NOTHING;
	if (facts->path_unknown && now < decision->again_at)
		return AN_VF_ASK_NOTHING;
	if (wants && !is_settling(decision, now))
		return AN_VF_ASK_VF;
	return facts->path_unknown ? AN_VF_ASK_SYNTHETIC : AN_VF_ASK_NOTHING;
}

enum an_vf_question an_vf_decide(struct an_vf_decision *decision, u64 now)
{
	enum an_vf_question question = question_of(decision, now);

	/* What could not be sent is not wanted any more. */
	if (question == AN_VF_ASK_NOTHING && decision->hint == AN_VF_SEND_FAILED &&
	    !decision->facts.path_unknown)
		decision->hint = AN_VF_OK;
	return question;
}

static u64 sooner(u64 wait, u64 at, u64 now)
{
	u64 left = at > now ? at - now : 1;

	return wait && wait < left ? wait : left;
}

u64 an_vf_decide_wait(const struct an_vf_decision *decision, u64 now)
{
	const struct an_vf_facts *facts = &decision->facts;
	u64 wait = 0;

	if (facts->pending)
		return sooner(0, decision->deadline, now);
	if (facts->path_unknown)
		wait = sooner(wait, decision->again_at, now);
	if (decision->hint == AN_VF_SEND_FAILED)
		wait = sooner(wait, now + AN_ASK_AGAIN_MS, now);
	if (!an_vf_is_ready(facts) || facts->path_vf || decision->policy == AN_VF_SYNTHETIC)
		return wait;
	if (is_settling(decision, now))
		wait = sooner(wait, decision->ready_at + AN_SETTLE_MS, now);
	if (an_vf_hold_left(&decision->hold, now))
		wait = sooner(wait, decision->hold.until, now);
	return wait;
}

void an_vf_decide_asked(struct an_vf_decision *decision, enum an_vf_question question, int error,
			u64 now)
{
	struct an_vf_facts *facts = &decision->facts;

	if (error == -ENODEV) {
		facts->pending = false;
		facts->path_vf = false;
		facts->path_unknown = false;
		decision->hint = AN_VF_NIC_GONE;
		return;
	}
	if (error) {
		decision->hint = AN_VF_SEND_FAILED;
		return;
	}
	if (question == AN_VF_ASK_VF || decision->hint == AN_VF_SEND_FAILED)
		decision->hint = AN_VF_OK;	/* nothing is in the way any more */
	decision->number++;
	decision->asked = question;
	decision->deadline = now + AN_ASK_MS;
	facts->pending = true;
}

bool an_vf_decide_answered(struct an_vf_decision *decision, u32 number, u64 now)
{
	struct an_vf_facts *facts = &decision->facts;

	if (number != decision->number || (!facts->pending && !facts->path_unknown))
		return false;
	facts->pending = false;
	facts->path_unknown = false;
	facts->path_vf = decision->asked == AN_VF_ASK_VF;
	decision->unanswered = 0;
	if (decision->hint == AN_VF_HOST_SILENT)
		an_vf_hold_end(&decision->hold, now);	/* it was for want of this answer */
	return true;
}

static u64 pause_of(unsigned int unanswered)
{
	unsigned int doublings = unanswered < 6 ? unanswered : 6;
	u64 pause = (u64)AN_ASK_AGAIN_MS << doublings;

	return pause < AN_ASK_AGAIN_MAX_MS ? pause : AN_ASK_AGAIN_MAX_MS;
}

bool an_vf_decide_expired(struct an_vf_decision *decision, u64 now)
{
	struct an_vf_facts *facts = &decision->facts;

	if (!facts->pending || now < decision->deadline)
		return false;
	facts->pending = false;
	facts->path_vf = false;
	facts->path_unknown = true;
	decision->hint = AN_VF_HOST_SILENT;
	if (!decision->unanswered)	/* one silence is one loss */
		an_vf_hold_loss(&decision->hold, true, now);
	decision->again_at = now + pause_of(decision->unanswered++);
	return true;
}

void an_vf_decide_host_moved(struct an_vf_decision *decision, u64 now)
{
	struct an_vf_facts *facts = &decision->facts;

	/* Did the host move before it saw an open question, or after? It is asked again. */
	facts->path_unknown |= facts->pending;
	facts->pending = false;
	facts->path_vf = false;
	decision->number++;
	decision->again_at = now;
	decision->hint = AN_VF_HOST_MOVED;
	an_vf_hold_loss(&decision->hold, true, now);
}

void an_vf_decide_policy(struct an_vf_decision *decision, enum an_vf_policy policy)
{
	decision->policy = policy;
	decision->hint = AN_VF_OK;
}

enum an_vf_reason an_vf_decide_reason(struct an_vf_decision *decision, enum an_vf_state state)
{
	enum an_vf_reason reason = an_vf_reason_of(&decision->facts);

	if (state == AN_VF_ACTIVE)
		decision->hint = AN_VF_OK;
	else if (decision->hint != AN_VF_OK && (reason == AN_VF_OK || state == AN_VF_SWITCHING))
		reason = decision->hint;
	return reason;
}
