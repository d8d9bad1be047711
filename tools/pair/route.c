// SPDX-License-Identifier: BSD-3-Clause
/*
 * Routes over an interface and over what stands on it. The kernel does the choosing by interface
 * where it can (NETLINK_GET_STRICT_CHK, Linux 4.20): the whole table of a router is long. Its
 * answer then says NLM_F_DUMP_FILTERED, and holds the routes through nexthop objects, which name
 * no interface when net.ipv4.nexthop_compat_mode is 0.
 */
#include "route.h"
#include "netlink.h"
#include "pair.h"
#include "rtlink.h"

#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* ------------------------------------------------------------------------------- a route -- */

static bool uses_hop(const struct nlattr *attr, uint32_t ifindex)
{
	const char *at = mnl_attr_get_payload(attr);
	size_t left = mnl_attr_get_payload_len(attr), length;
	struct rtnexthop hop;

	while (left >= sizeof(hop)) {
		memcpy(&hop, at, sizeof(hop));
		if (hop.rtnh_len < sizeof(hop) || hop.rtnh_len > left)
			return false;
		if (hop.rtnh_ifindex > 0 && (uint32_t)hop.rtnh_ifindex == ifindex)
			return true;
		length = RTNH_ALIGN(hop.rtnh_len);
		if (length >= left)
			return false;
		at += length;
		left -= length;
	}
	return false;
}

/* Link-local and multicast: fe80::/10, ff00::/8, 169.254.0.0/16, 224.0.0.0/4. */
static bool is_noise(uint8_t family, uint8_t length, const uint8_t *to)
{
	if (family == AF_INET6)
		return (length >= 10 && to[0] == 0xfe && (to[1] & 0xc0) == 0x80) ||
		       (length >= 8 && to[0] == 0xff);
	return (length >= 16 && to[0] == 169 && to[1] == 254) ||
	       (length >= 4 && (to[0] & 0xf0) == 224);
}

static bool is_of_kind(const struct rtmsg *route, const struct nlattr *const *attrs)
{
	uint32_t table = route->rtm_table;
	uint8_t to[16] = { 0 };
	size_t size = route->rtm_family == AF_INET6 ? 16 : 4;

	if (route->rtm_family != AF_INET && route->rtm_family != AF_INET6)
		return false;
	if (route->rtm_type != RTN_UNICAST || route->rtm_flags & RTM_F_CLONED)
		return false;
	if (attrs[RTA_TABLE] != NULL && mnl_attr_get_payload_len(attrs[RTA_TABLE]) >= 4)
		table = mnl_attr_get_u32(attrs[RTA_TABLE]);
	if (table == RT_TABLE_LOCAL)
		return false;
	if (attrs[RTA_DST] != NULL && mnl_attr_get_payload_len(attrs[RTA_DST]) >= size)
		memcpy(to, mnl_attr_get_payload(attrs[RTA_DST]), size);
	/* Behind a gateway they are somebody's: Azure's metadata service is 169.254.169.254. */
	return attrs[RTA_GATEWAY] != NULL || attrs[RTA_VIA] != NULL ||
	       !is_noise(route->rtm_family, route->rtm_dst_len, to);
}

bool an_route_counts(const struct nlmsghdr *message, uint32_t ifindex)
{
	const struct rtmsg *route = mnl_nlmsg_get_payload(message);
	const struct nlattr *attrs[RTA_MAX + 1] = { 0 }, *attr;
	uint16_t type;

	if (message->nlmsg_type != RTM_NEWROUTE ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(*route))
		return false;
	mnl_attr_for_each(attr, message, sizeof(*route)) {
		type = mnl_attr_get_type(attr);
		if (type <= RTA_MAX)
			attrs[type] = attr;
	}
	if (!is_of_kind(route, attrs))
		return false;
	if (message->nlmsg_flags & NLM_F_DUMP_FILTERED)
		return true;
	if (attrs[RTA_OIF] != NULL && mnl_attr_get_payload_len(attrs[RTA_OIF]) >= 4 &&
	    mnl_attr_get_u32(attrs[RTA_OIF]) == ifindex)
		return true;
	return attrs[RTA_MULTIPATH] != NULL && uses_hop(attrs[RTA_MULTIPATH], ifindex);
}

struct count {
	uint32_t ifindex;
	bool found;
};

static int take_route(const struct nlmsghdr *message, void *ctx)
{
	struct count *count = ctx;

	count->found |= an_route_counts(message, count->ifindex);
	return MNL_CB_OK;
}

static int read_routes(struct an_netlink *netlink, uint8_t family, struct count *count)
{
	char buf[128] __attribute__((aligned(8)));
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
	struct rtmsg *route;

	message->nlmsg_type = RTM_GETROUTE;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	route = mnl_nlmsg_put_extra_header(message, sizeof(*route));
	route->rtm_family = family;
	mnl_attr_put_u32(message, RTA_OIF, count->ifindex);
	return an_netlink_ask(netlink, message, take_route, count);
}

/* 1, 0 or -errno. */
static int has_route(uint32_t ifindex)
{
	static const uint8_t families[] = { AF_INET, AF_INET6 };
	struct count count = { .ifindex = ifindex };
	struct an_netlink netlink;
	int ret = 0, on = 1;

	for (size_t i = 0; i < sizeof(families) && ret == 0 && !count.found; i++) {
		ret = an_netlink_open(&netlink, NETLINK_ROUTE);
		if (ret)
			return ret;
		/* Where there is no such thing, all routes come and are chosen from here. */
		(void)mnl_socket_setsockopt(netlink.socket, NETLINK_GET_STRICT_CHK, &on,
					    sizeof(on));
		ret = read_routes(&netlink, families[i], &count);
		an_netlink_close(&netlink);
	}
	return ret ? ret : count.found;
}

/* ----------------------------------------------------------------------- what stands on it -- */

struct stack {
	struct an_rtlink *link;
	size_t links;
	bool failed;		/* out of memory */
};

static void add_link(const struct an_rtlink *link, void *ctx)
{
	struct stack *stack = ctx;
	struct an_rtlink *more;

	more = realloc(stack->link, (stack->links + 1) * sizeof(*more));
	if (more == NULL) {
		stack->failed = true;
		return;
	}
	stack->link = more;
	more[stack->links++] = *link;
}

static int read_stack(struct stack *stack)
{
	struct an_netlink netlink;
	int ret;

	ret = an_netlink_open(&netlink, NETLINK_ROUTE);
	if (ret)
		return ret;
	ret = an_rtlink_dump(&netlink, add_link, stack);
	an_netlink_close(&netlink);
	return ret == 0 && stack->failed ? -ENOMEM : ret;
}

static struct an_rtlink *find_link(const struct stack *stack, uint32_t ifindex)
{
	for (size_t i = 0; i < stack->links; i++)
		if (stack->link[i].ifindex == ifindex)
			return &stack->link[i];
	return NULL;
}

/* A veth names its peer as what it stands on. */
static bool stands_on(const struct an_rtlink *upper, const struct an_rtlink *lower)
{
	return lower->master == upper->ifindex ||
	       (upper->lower == lower->ifindex && !upper->lower_is_foreign &&
		strcmp(upper->kind, "veth") != 0);
}

/* `deleted` marks those that have been looked at: each is looked at once, whatever the circle. */
static int look_at(struct stack *stack, struct an_rtlink *link)
{
	int ret;

	link->deleted = true;
	ret = has_route(link->ifindex);
	/* One that has gone since has no routes any more. */
	if (ret == -ENODEV)
		ret = 0;
	for (size_t i = 0; i < stack->links && ret == 0; i++)
		if (!stack->link[i].deleted && stands_on(&stack->link[i], link))
			ret = look_at(stack, &stack->link[i]);
	return ret;
}

int an_pair_has_route(uint32_t ifindex)
{
	struct stack stack = { 0 };
	struct an_rtlink *link;
	int ret;

	ret = read_stack(&stack);
	if (ret == 0) {
		link = find_link(&stack, ifindex);
		ret = link != NULL ? look_at(&stack, link) : -ENODEV;
	}
	free(stack.link);
	return ret;
}
