/* SPDX-License-Identifier: BSD-3-Clause */
/* A network interface as rtnetlink tells it: RTM_NEWLINK and RTM_DELLINK. */
#ifndef RTLINK_H
#define RTLINK_H

#include "netlink.h"

#include <net/if.h>
#include <stdbool.h>

struct an_rtlink {
	uint32_t ifindex;
	uint16_t type;		/* ARPHRD_* */
	char name[IFNAMSIZ];
	uint32_t mtu;		/* 0: not told */
	uint32_t master;	/* index of the upper device that owns it; 0: none */
	uint32_t lower;		/* what it stands on, or a veth's peer; 0: none */
	bool lower_is_foreign;	/* and that is in another network namespace */
	char kind[16];		/* "vlan", "veth"; "": a device of its own */
	uint8_t mac[6];
	bool has_mac;
	uint8_t permanent[6];
	bool has_permanent;	/* Linux 5.6 and later, if the driver has one */
	bool up;
	bool carrier;
	bool deleted;		/* RTM_DELLINK */
	bool moved;		/* deleted here, since it is in another network namespace now */
};

/*
 * Takes any bytes. 1: `link` is filled in; 0: the message is about something else (a bridge port,
 * an address); -EBADMSG: it is malformed.
 */
int an_rtlink_parse(const struct nlmsghdr *message, struct an_rtlink *link);

/* One interface, by name or alternative name, or by index if `name` is NULL. -ENODEV: none such. */
int an_rtlink_ask(struct an_netlink *netlink, const char *name, uint32_t ifindex,
		  struct an_rtlink *link);

/* All interfaces; `each` gets every one with `ctx`. */
int an_rtlink_dump(struct an_netlink *netlink,
		   void (*each)(const struct an_rtlink *link, void *ctx), void *ctx);

#endif
