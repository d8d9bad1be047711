/* SPDX-License-Identifier: GPL-2.0-only */
/* The last moves of a NIC's VF state, for the dump of the devlink health reporter. */
#ifndef AN_EVENT_H
#define AN_EVENT_H

#include <linux/ktime.h>

#include "vf_state.h"

#define AN_EVENTS 64	/* power of 2 */

struct an_event {
	ktime_t time;		/* wall clock */
	u64 us;			/* how long `from` had lasted */
	u64 lost;		/* packets known to be lost on the way */
	enum an_vf_state from;
	enum an_vf_state to;
	enum an_vf_reason reason;
};

struct an_event_log {
	struct an_event event[AN_EVENTS];
	u32 count;		/* ever; the last AN_EVENTS are there */
};

void an_event_add(struct an_event_log *log, const struct an_event *event);
/* Copies the oldest first; returns how many. to has room for AN_EVENTS. */
u32 an_event_copy(const struct an_event_log *log, struct an_event *to);

#endif
