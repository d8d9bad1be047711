/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for the kernel's: tracepoints that nobody listens to. */
#ifndef SHIM_LINUX_TRACEPOINT_H
#define SHIM_LINUX_TRACEPOINT_H

#define TP_PROTO(...) __VA_ARGS__
#define TRACE_EVENT(name, proto, ...)                                                              \
	static inline void trace_##name(proto)                                                     \
	{                                                                                          \
	}                                                                                          \
	struct trace_##name

#endif
