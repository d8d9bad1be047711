/* SPDX-License-Identifier: BSD-3-Clause */
/* A netlink socket that asks one question at a time and does not wait for ever. */
#ifndef NETLINK_H
#define NETLINK_H

#include <libmnl/libmnl.h>
#include <stdint.h>

struct an_netlink {
	struct mnl_socket *socket;
	uint32_t seq;
};

/* bus: NETLINK_ROUTE or NETLINK_GENERIC. 0 or -errno. */
int an_netlink_open(struct an_netlink *netlink, int bus);
void an_netlink_close(struct an_netlink *netlink);

/*
 * Sends the request and gives every answer to `answer`, as mnl_cb_run() does, up to the one that
 * ends them: the request is a dump, has NLM_F_ACK, or is one that the kernel answers with
 * NLMSG_DONE. 0, the kernel's -errno, or -ETIMEDOUT after a second.
 */
int an_netlink_ask(struct an_netlink *netlink, struct nlmsghdr *request, mnl_cb_t answer,
		   void *ctx);

/* Starts a generic netlink message in `buf`. */
struct nlmsghdr *an_netlink_start(void *buf, uint16_t family, uint16_t flags, uint8_t command,
				  uint8_t version);

#endif
