/* SPDX-License-Identifier: BSD-3-Clause */
/* One call of `hostctl`, for the files that carry them out. */
#ifndef LAB_HOSTCTL_H
#define LAB_HOSTCTL_H

#include "host.h"

#define EXIT_BAD_USE 64

struct call {
	struct host *host;
	uint32_t caller;
	int argc;
	const char *const *argv; /* behind the command's own words */
	FILE *out;
};

/* 0, or -EINVAL, having said what is wanted. */
int hostctl_number(struct call *call, const char *text, unsigned long max, unsigned long *value);
/* The NIC of that number, or NULL, having said what is wanted. */
struct nic *hostctl_nic(struct call *call, const char *text);
/* An operation of the host on a NIC: its -errno becomes a line of text. The exit status. */
int hostctl_done(struct call *call, const struct nic *nic, int ret);

/* hostctl_fault.c: a host that misbehaves. They return the exit status. */
int hostctl_fault_drop(struct call *call);
int hostctl_fault_delay(struct call *call);
int hostctl_fault_association(struct call *call);
int hostctl_fault_serial(struct call *call);
int hostctl_fault_mac(struct call *call);
int hostctl_fault_silent(struct call *call);
int hostctl_fault_stalled(struct call *call);
int hostctl_fault_cqe(struct call *call);
int hostctl_fault_slow(struct call *call);
int hostctl_fault_clear(struct call *call);
int hostctl_malformed(struct call *call);
int hostctl_associate(struct call *call);

#endif
