// SPDX-License-Identifier: BSD-3-Clause
/*
 * Routing netlink by hand: one request, one acknowledgement. Layout and meaning of the messages:
 * rtnetlink(7), linux/rtnetlink.h.
 */
#include "rtnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ANSWER_MS 10000 /* an interface coming up may talk to the host under RTNL */

struct request {
	struct nlmsghdr header;
	union {
		struct ifinfomsg link;
		struct ifaddrmsg address;
	};
	char attributes[64];
};

static int open_socket(unsigned int groups)
{
	struct sockaddr_nl self = { .nl_family = AF_NETLINK, .nl_groups = groups };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	int err;

	if (fd < 0)
		return -errno;
	if (bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

int rtnl_open(struct rtnl *rt)
{
	*rt = (struct rtnl){ .request = open_socket(0) };
	if (rt->request < 0)
		return rt->request;
	rt->events = open_socket(RTMGRP_LINK);
	if (rt->events < 0) {
		close(rt->request);
		return rt->events;
	}
	return 0;
}

/* Room for every attribute used here is in struct request: an address or a name. */
static void add_attribute(struct request *request, unsigned short type, const void *data,
			  size_t length)
{
	size_t at = NLMSG_ALIGN(request->header.nlmsg_len);
	struct rtattr *attribute = (struct rtattr *)((char *)request + at);

	attribute->rta_type = type;
	attribute->rta_len = RTA_LENGTH(length);
	memcpy(RTA_DATA(attribute), data, length);
	request->header.nlmsg_len = at + RTA_ALIGN(attribute->rta_len);
}

static int receive_ack(struct rtnl *rt)
{
	union {
		struct nlmsghdr header;
		char bytes[8192];
	} reply;
	struct pollfd wait = { .fd = rt->request, .events = POLLIN };

	for (;;) {
		const struct nlmsgerr *error = NLMSG_DATA(&reply.header);
		ssize_t n;

		n = poll(&wait, 1, ANSWER_MS);
		if (n == 0)
			return -ETIMEDOUT;
		if (n > 0)
			n = recv(rt->request, &reply, sizeof(reply), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if ((size_t)n < NLMSG_LENGTH(sizeof(*error)) ||
		    reply.header.nlmsg_type != NLMSG_ERROR)
			return -EPROTO;
		if (reply.header.nlmsg_seq == rt->sequence)
			return error->error;
	}
}

static int transact(struct rtnl *rt, struct request *request)
{
	request->header.nlmsg_seq = ++rt->sequence;
	if (send(rt->request, request, request->header.nlmsg_len, 0) < 0)
		return -errno;
	return receive_ack(rt);
}

static struct request link_request(unsigned int ifindex)
{
	return (struct request){
		.header = {
			.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifinfomsg)),
			.nlmsg_type = RTM_NEWLINK,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK,
		},
		.link = { .ifi_family = AF_UNSPEC, .ifi_index = (int)ifindex },
	};
}

int rtnl_set_up(struct rtnl *rt, unsigned int ifindex, bool up)
{
	struct request request = link_request(ifindex);

	request.link.ifi_change = IFF_UP;
	request.link.ifi_flags = up ? IFF_UP : 0;
	return transact(rt, &request);
}

int rtnl_rename(struct rtnl *rt, unsigned int ifindex, const char *name)
{
	struct request request = link_request(ifindex);

	if (strlen(name) >= IFNAMSIZ)
		return -ENAMETOOLONG;
	add_attribute(&request, IFLA_IFNAME, name, strlen(name) + 1);
	return transact(rt, &request);
}

int rtnl_add_address(struct rtnl *rt, unsigned int ifindex, const char *address, int prefix)
{
	bool v6 = strchr(address, ':') != NULL;
	size_t length = v6 ? sizeof(struct in6_addr) : sizeof(struct in_addr);
	struct request request = {
		.header = {
			.nlmsg_len = NLMSG_LENGTH(sizeof(struct ifaddrmsg)),
			.nlmsg_type = RTM_NEWADDR,
			.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE,
		},
		.address = {
			.ifa_family = v6 ? AF_INET6 : AF_INET,
			.ifa_prefixlen = (unsigned char)prefix,
			.ifa_flags = v6 ? IFA_F_NODAD : 0,
			.ifa_index = ifindex,
		},
	};
	struct in6_addr binary;

	if (inet_pton(request.address.ifa_family, address, &binary) != 1)
		return -EINVAL;
	add_attribute(&request, IFA_LOCAL, &binary, length);
	add_attribute(&request, IFA_ADDRESS, &binary, length);
	return transact(rt, &request);
}

void rtnl_wait_change(struct rtnl *rt, int milliseconds)
{
	struct pollfd wait = { .fd = rt->events, .events = POLLIN };
	char events[8192];

	if (poll(&wait, 1, milliseconds) <= 0)
		return;
	/* What changed is looked up in sysfs; an overrun (ENOBUFS) is a change as well. */
	while (recv(rt->events, events, sizeof(events), MSG_DONTWAIT) > 0)
		;
}
