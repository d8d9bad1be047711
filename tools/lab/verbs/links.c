// SPDX-License-Identifier: BSD-3-Clause
/*
 * Routing netlink by hand, one request and its acknowledgement on a socket of its own: seldom
 * enough, and callable from any thread. Source: rtnetlink(7), linux/if_link.h, linux/veth.h.
 */
#include "links.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct request {
	struct nlmsghdr header;
	char body[1024]; /* far more than any request here */
};

static void *append(struct request *request, size_t len)
{
	size_t at = NLMSG_ALIGN(request->header.nlmsg_len);

	request->header.nlmsg_len = (uint32_t)(at + NLMSG_ALIGN(len));
	return (char *)request + at;
}

static void attribute(struct request *request, unsigned short type, const void *data, size_t len)
{
	struct rtattr *a = append(request, RTA_LENGTH(len));

	a->rta_type = type;
	a->rta_len = (unsigned short)RTA_LENGTH(len);
	memcpy(RTA_DATA(a), data, len);
}

static struct rtattr *nest_begin(struct request *request, unsigned short type)
{
	struct rtattr *a = append(request, RTA_LENGTH(0));

	a->rta_type = type;
	return a;
}

static void nest_end(struct request *request, struct rtattr *a)
{
	a->rta_len = (unsigned short)((char *)request + request->header.nlmsg_len - (char *)a);
}

union reply {
	struct nlmsghdr header;
	char bytes[4096];
};

/* Bytes of the answer, or -errno. */
static ssize_t ask(struct request *request, union reply *reply)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	ssize_t n;

	if (fd < 0)
		return -errno;
	request->header.nlmsg_flags |= NLM_F_REQUEST;
	n = send(fd, request, request->header.nlmsg_len, 0);
	if (n >= 0)
		n = recv(fd, reply, sizeof(*reply), 0);
	if (n < 0)
		n = -errno;
	close(fd);
	return n;
}

static int transact(struct request *request)
{
	union reply reply = { .header = { 0 } };
	const struct nlmsgerr *error = NLMSG_DATA(&reply.header);
	ssize_t n;

	request->header.nlmsg_flags |= NLM_F_ACK;
	n = ask(request, &reply);
	if (n < 0)
		return (int)n;
	if (n >= (ssize_t)NLMSG_LENGTH(sizeof(*error)) && reply.header.nlmsg_type == NLMSG_ERROR)
		return error->error;
	return -EPROTO;
}

static struct ifinfomsg *link_request(struct request *request, unsigned short type)
{
	struct ifinfomsg *link;

	memset(request, 0, sizeof(*request));
	request->header.nlmsg_len = NLMSG_LENGTH(0);
	request->header.nlmsg_type = type;
	link = append(request, sizeof(*link));
	return link;
}

/* Name, MTU and queues: what both ends say of themselves. */
static void describe(struct request *request, const char *name, uint32_t mtu, uint32_t queues)
{
	attribute(request, IFLA_IFNAME, name, strlen(name) + 1);
	attribute(request, IFLA_MTU, &mtu, sizeof(mtu));
	attribute(request, IFLA_NUM_TX_QUEUES, &queues, sizeof(queues));
	attribute(request, IFLA_NUM_RX_QUEUES, &queues, sizeof(queues));
}

int links_create(const struct links_pair *pair)
{
	struct rtattr *info, *data, *peer;
	struct request request;

	if (strlen(pair->name) >= IFNAMSIZ || strlen(pair->peer) >= IFNAMSIZ)
		return -ENAMETOOLONG;
	link_request(&request, RTM_NEWLINK);
	request.header.nlmsg_flags = NLM_F_CREATE | NLM_F_EXCL;
	describe(&request, pair->name, pair->mtu, pair->queues);
	attribute(&request, IFLA_ADDRESS, pair->mac, 6);
	info = nest_begin(&request, IFLA_LINKINFO);
	attribute(&request, IFLA_INFO_KIND, "veth", 4);
	data = nest_begin(&request, IFLA_INFO_DATA);
	peer = nest_begin(&request, VETH_INFO_PEER);
	memset(append(&request, sizeof(struct ifinfomsg)), 0, sizeof(struct ifinfomsg));
	describe(&request, pair->peer, pair->peer_mtu, pair->queues);
	nest_end(&request, peer);
	nest_end(&request, data);
	nest_end(&request, info);
	return transact(&request);
}

int links_delete(const char *name)
{
	unsigned int index = if_nametoindex(name);
	struct request request;

	if (index == 0)
		return -ENODEV;
	link_request(&request, RTM_DELLINK)->ifi_index = (int)index;
	return transact(&request);
}

/* The attribute of that type in the kernel's description of the interface, or NULL. */
static const void *describe_get(const char *name, unsigned short type, size_t size,
				union reply *reply)
{
	struct request request;
	const struct rtattr *a;
	ssize_t n;
	int left;

	memset(reply, 0, sizeof(reply->header));
	link_request(&request, RTM_GETLINK)->ifi_index = (int)if_nametoindex(name);
	n = ask(&request, reply);
	if (n < (ssize_t)NLMSG_LENGTH(sizeof(struct ifinfomsg)) ||
	    reply->header.nlmsg_type != RTM_NEWLINK || (size_t)n < reply->header.nlmsg_len)
		return NULL;
	a = IFLA_RTA(NLMSG_DATA(&reply->header));
	left = (int)IFLA_PAYLOAD(&reply->header);
	for (; RTA_OK(a, left); a = RTA_NEXT(a, left))
		if (a->rta_type == type && RTA_PAYLOAD(a) >= size)
			return RTA_DATA(a);
	return NULL;
}

bool links_is_promiscuous(const char *name)
{
	union reply reply;
	const uint32_t *count = describe_get(name, IFLA_PROMISCUITY, sizeof(*count), &reply);

	return count != NULL && *count != 0;
}

uint64_t links_sent(const char *name)
{
	struct rtnl_link_stats64 stats = { 0 };
	union reply reply;
	/* Not aligned for 64 bits. */
	const void *data = describe_get(name, IFLA_STATS64, sizeof(stats), &reply);

	if (data != NULL)
		memcpy(&stats, data, sizeof(stats));
	return stats.tx_packets;
}

int links_set_up(const char *name, bool up)
{
	unsigned int index = if_nametoindex(name);
	struct request request;
	struct ifinfomsg *link;

	if (index == 0)
		return -ENODEV;
	link = link_request(&request, RTM_NEWLINK);
	link->ifi_index = (int)index;
	link->ifi_change = IFF_UP;
	link->ifi_flags = up ? IFF_UP : 0;
	return transact(&request);
}

int links_add_address(const char *name, const char *address)
{
	const char *slash = strchr(address, '/');
	bool v6 = strchr(address, ':') != NULL;
	struct ifaddrmsg *message;
	struct request request;
	struct in6_addr binary;
	char text[INET6_ADDRSTRLEN];
	size_t len = v6 ? 16 : 4;
	unsigned long prefix;
	char *end;

	if (slash == NULL || (size_t)(slash - address) >= sizeof(text))
		return -EINVAL;
	snprintf(text, sizeof(text), "%.*s", (int)(slash - address), address);
	if (inet_pton(v6 ? AF_INET6 : AF_INET, text, &binary) != 1)
		return -EINVAL;
	prefix = strtoul(slash + 1, &end, 10);
	if (end == slash + 1 || *end != '\0' || prefix > 8 * len)
		return -EINVAL;
	memset(&request, 0, sizeof(request));
	request.header.nlmsg_len = NLMSG_LENGTH(0);
	request.header.nlmsg_type = RTM_NEWADDR;
	request.header.nlmsg_flags = NLM_F_CREATE | NLM_F_REPLACE;
	message = append(&request, sizeof(*message));
	message->ifa_family = v6 ? AF_INET6 : AF_INET;
	message->ifa_prefixlen = (unsigned char)prefix;
	message->ifa_flags = v6 ? IFA_F_NODAD : 0;
	message->ifa_index = if_nametoindex(name);
	attribute(&request, IFA_LOCAL, &binary, len);
	attribute(&request, IFA_ADDRESS, &binary, len);
	return transact(&request);
}
