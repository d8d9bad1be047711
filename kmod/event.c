// SPDX-License-Identifier: GPL-2.0-only
/* A ring of the last AN_EVENTS moves. The caller locks. */
#include "event.h"

void an_event_add(struct an_event_log *log, const struct an_event *event)
{
	log->event[log->count++ % AN_EVENTS] = *event;
}

u32 an_event_copy(const struct an_event_log *log, struct an_event *to)
{
	u32 count = log->count < AN_EVENTS ? log->count : AN_EVENTS;
	u32 first = log->count - count;
	u32 i;

	for (i = 0; i < count; i++)
		to[i] = log->event[(first + i) % AN_EVENTS];
	return count;
}
