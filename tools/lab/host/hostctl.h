/* SPDX-License-Identifier: BSD-3-Clause */
/* One call of `hostctl`, for the files that carry them out. */
#ifndef LAB_HOSTCTL_H
#define LAB_HOSTCTL_H

#include "host.h"

#define EXIT_BAD_USE 64

struct call;

/* A command: one row. */
struct hostctl_command {
	const char *word, *second; /* second may be NULL; a table ends where word is */
	int args_min, args_max;    /* of the words behind these */
	const char *usage, *text;
	int (*run)(struct call *call); /* the exit status */
	size_t data;               /* run's own */
};

struct call {
	const struct hostctl_command *command;
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

/* hostctl_fault.c: what a host can do wrong. */
extern const struct hostctl_command hostctl_faults[];

#endif
