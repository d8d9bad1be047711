/* SPDX-License-Identifier: BSD-3-Clause */
/* The process a tap peer lives in: a network namespace of its own, a tap, addresses, servers. */
#ifndef LAB_FABRIC_NETNS_H
#define LAB_FABRIC_NETNS_H

#include <stdbool.h>

struct netns_config {
	unsigned int net, mtu;
	bool servers;
	int control; /* SOCK_SEQPACKET to the parent; when the parent closes it, all ends */
	int parent;  /* its process id */
};

/* The child's one message, with the tap's descriptor beside it (SCM_RIGHTS) if error is 0. */
struct netns_report {
	int error;      /* errno */
	char what[60];  /* the step that failed */
};

/* What the forked child runs. */
_Noreturn void netns_main(const struct netns_config *config);

#endif
