// SPDX-License-Identifier: BSD-3-Clause
/* The decision between VF and synthetic side: see failover.h. */
#include "failover.h"

static bool failover_may_enter(const struct an_failover *failover,
			       const struct an_failover_facts *facts)
{
	return facts->usable && !(failover->lost && failover->instance == facts->instance);
}

/* The VF is of no use any more, and why; false while nothing speaks against it. */
static bool failover_must_leave(struct an_failover *failover, const struct an_failover_facts *facts)
{
	if (facts->gone)
		failover->reason = AN_FAILOVER_BY_DEVICE;
	else if (!facts->usable || facts->instance != failover->instance)
		failover->reason = AN_FAILOVER_BY_KERNEL;
	else if (facts->failed)
		failover->reason = AN_FAILOVER_BY_ERROR;
	else
		return false;
	return true;
}

enum an_failover_action an_failover_next(struct an_failover *failover,
					 const struct an_failover_facts *facts, uint64_t now)
{
	switch (failover->state) {
	case AN_FAILOVER_NONE:
		if (failover_may_enter(failover, facts) && now >= failover->retry_at)
			return AN_FAILOVER_ENTER;
		return AN_FAILOVER_STAY;
	case AN_FAILOVER_USED:
		if (failover_must_leave(failover, facts))
			return AN_FAILOVER_LEAVE;
		if (!facts->stalled)
			return AN_FAILOVER_STAY;
		failover->reason = AN_FAILOVER_BY_STALL;
		return AN_FAILOVER_SUSPEND;
	case AN_FAILOVER_SUSPECT:
		if (failover_must_leave(failover, facts))
			return AN_FAILOVER_LEAVE;
		return facts->stalled ? AN_FAILOVER_STAY : AN_FAILOVER_RESUME;
	}
	return AN_FAILOVER_STAY;
}

static void failover_wait(struct an_failover *failover, uint64_t now)
{
	failover->retry_ns *= 2;
	if (failover->retry_ns < AN_FAILOVER_RETRY_MIN_NS)
		failover->retry_ns = AN_FAILOVER_RETRY_MIN_NS;
	if (failover->retry_ns > AN_FAILOVER_RETRY_MAX_NS)
		failover->retry_ns = AN_FAILOVER_RETRY_MAX_NS;
	failover->retry_at = now + failover->retry_ns;
}

static void failover_left(struct an_failover *failover, uint64_t now)
{
	failover->state = AN_FAILOVER_NONE;
	failover->lost = failover->reason == AN_FAILOVER_BY_DEVICE;
	if (failover->reason != AN_FAILOVER_BY_ERROR) {
		failover->retry_ns = 0;
		failover->retry_at = 0;
		return;
	}
	if (now - failover->entered_at >= AN_FAILOVER_PROVEN_NS)
		failover->retry_ns = 0;
	failover_wait(failover, now);
}

void an_failover_done(struct an_failover *failover, enum an_failover_action action,
		      const struct an_failover_facts *facts, bool worked, uint64_t now)
{
	switch (action) {
	case AN_FAILOVER_STAY:
		break;
	case AN_FAILOVER_ENTER:
		if (!worked) {
			failover_wait(failover, now);
			break;
		}
		failover->state = AN_FAILOVER_USED;
		failover->instance = facts->instance;
		failover->lost = false;
		failover->entered_at = now;
		break;
	case AN_FAILOVER_SUSPEND:
		failover->state = AN_FAILOVER_SUSPECT;
		break;
	case AN_FAILOVER_RESUME:
		failover->state = AN_FAILOVER_USED;
		break;
	case AN_FAILOVER_LEAVE:
		failover_left(failover, now);
		break;
	}
}

uint64_t an_failover_deadline(const struct an_failover *failover,
			      const struct an_failover_facts *facts)
{
	if (failover->state == AN_FAILOVER_NONE && failover_may_enter(failover, facts))
		return failover->retry_at;
	return UINT64_MAX;
}

const char *an_failover_reason_name(enum an_failover_reason reason)
{
	switch (reason) {
	case AN_FAILOVER_BY_KERNEL:
		return "the kernel's driver left it";
	case AN_FAILOVER_BY_DEVICE:
		return "the device reported that it is lost";
	case AN_FAILOVER_BY_ERROR:
		return "a queue ended with an error";
	case AN_FAILOVER_BY_STALL:
		return "completions stopped coming";
	}
	return "unknown";
}
