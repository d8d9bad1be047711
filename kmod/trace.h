/* SPDX-License-Identifier: GPL-2.0-only */
/* Tracepoints: one per move of a VF's state. */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM accelnet

#if !defined(AN_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define AN_TRACE_H

#include <linux/netdevice.h>
#include <linux/tracepoint.h>

#include "event.h"

TRACE_EVENT(an_vf_move,
	TP_PROTO(const struct net_device *net, const struct an_event *event),
	TP_ARGS(net, event),
	TP_STRUCT__entry(
		__string(name, net->name)
		__field(int, from)
		__field(int, to)
		__field(int, reason)
		__field(u64, us)
		__field(u64, lost)
	),
	TP_fast_assign(
		AN_ASSIGN_STR(name, net->name);
		__entry->from = event->from;
		__entry->to = event->to;
		__entry->reason = event->reason;
		__entry->us = event->us;
		__entry->lost = event->lost;
	),
	TP_printk("%s: %s -> %s after %llu us, lost %llu: %s", __get_str(name),
		  an_vf_state_name(__entry->from), an_vf_state_name(__entry->to), __entry->us,
		  __entry->lost, an_vf_reason_text(__entry->reason))
);

#endif

#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH .
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
