/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The few things init asks of the kernel's routing netlink (rtnetlink(7)) itself: a run of `ip`
 * costs a tenth of a second in a nested guest. All return 0 or -errno.
 */
#ifndef LAB_GUEST_RTNL_H
#define LAB_GUEST_RTNL_H

#include <stdbool.h>

struct rtnl {
	int request; /* socket for requests and their answers */
	int events;  /* socket subscribed to link changes */
	unsigned int sequence;
};

int rtnl_open(struct rtnl *rt);
int rtnl_set_up(struct rtnl *rt, unsigned int ifindex, bool up);
/* The kernel wants the interface down for it. */
int rtnl_rename(struct rtnl *rt, unsigned int ifindex, const char *name);
/* Adds ADDRESS/PREFIX, IPv4 or IPv6 in text; IPv6 without duplicate address detection. */
int rtnl_add_address(struct rtnl *rt, unsigned int ifindex, const char *address, int prefix);
/* Waits at most that long for any link to change. */
void rtnl_wait_change(struct rtnl *rt, int milliseconds);

#endif
