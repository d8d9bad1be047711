// SPDX-License-Identifier: BSD-3-Clause
/* Which routes count: messages built here, whole and broken, and routes of a fresh namespace. */
#include "../../tools/pair/route.h"
#include "../../tools/pair/pair.h"
#include "pair_netns.h"
#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char buf[512] __attribute__((aligned(8)));

struct row {
	int family;
	const char *to;		/* NULL: the default route */
	uint8_t length;
	uint8_t type;
	uint32_t table;
	uint32_t flags;
	const char *gateway;
	bool counts;
};

static struct nlmsghdr *build(const struct row *row)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(message, sizeof(*route));
	size_t size = row->family == AF_INET ? 4 : 16;
	uint8_t address[16];

	message->nlmsg_type = RTM_NEWROUTE;
	route->rtm_family = (unsigned char)row->family;
	route->rtm_dst_len = row->length;
	route->rtm_type = row->type;
	route->rtm_table = row->table < 256 ? (unsigned char)row->table : RT_TABLE_COMPAT;
	route->rtm_flags = row->flags;
	mnl_attr_put_u32(message, RTA_TABLE, row->table);
	if (row->to != NULL && inet_pton(row->family, row->to, address) == 1)
		mnl_attr_put(message, RTA_DST, size, address);
	if (row->gateway != NULL && inet_pton(row->family, row->gateway, address) == 1)
		mnl_attr_put(message, RTA_GATEWAY, size, address);
	return message;
}

static void which_count(void)
{
	static const struct row rows[] = {
		{ AF_INET, NULL, 0, RTN_UNICAST, RT_TABLE_MAIN, 0, "10.0.0.1", true },
		{ AF_INET, NULL, 0, RTN_UNICAST, RT_TABLE_MAIN, 0, NULL, true },
		{ AF_INET, "10.0.0.0", 24, RTN_UNICAST, RT_TABLE_MAIN, 0, NULL, true },
		{ AF_INET, "10.0.0.0", 24, RTN_UNICAST, 1000, 0, NULL, true },
		{ AF_INET, "10.0.0.5", 32, RTN_LOCAL, RT_TABLE_LOCAL, 0, NULL, false },
		{ AF_INET, "10.0.0.5", 32, RTN_UNICAST, RT_TABLE_LOCAL, 0, NULL, false },
		{ AF_INET, "10.0.0.255", 32, RTN_BROADCAST, RT_TABLE_MAIN, 0, NULL, false },
		{ AF_INET, "10.0.0.0", 24, RTN_BLACKHOLE, RT_TABLE_MAIN, 0, NULL, false },
		{ AF_INET, "169.254.0.0", 16, RTN_UNICAST, RT_TABLE_MAIN, 0, NULL, false },
		{ AF_INET, "169.254.169.254", 32, RTN_UNICAST, RT_TABLE_MAIN, 0, "10.0.0.1", true },
		{ AF_INET, "169.0.0.0", 8, RTN_UNICAST, RT_TABLE_MAIN, 0, NULL, true },
		{ AF_INET, "224.0.0.0", 4, RTN_UNICAST, RT_TABLE_MAIN, 0, NULL, false },
		{ AF_INET, "192.0.0.0", 3, RTN_UNICAST, RT_TABLE_MAIN, 0, NULL, true },
		{ AF_INET6, "fe80::", 64, RTN_UNICAST, RT_TABLE_MAIN, 0, NULL, false },
		{ AF_INET6, "fe00::", 8, RTN_UNICAST, RT_TABLE_MAIN, 0, NULL, true },
		{ AF_INET6, "fec0::", 10, RTN_UNICAST, RT_TABLE_MAIN, 0, NULL, true },
		{ AF_INET6, "ff00::", 8, RTN_UNICAST, RT_TABLE_MAIN, 0, NULL, false },
		{ AF_INET6, "ff00::", 8, RTN_MULTICAST, RT_TABLE_MAIN, 0, NULL, false },
		{ AF_INET6, NULL, 0, RTN_UNICAST, RT_TABLE_MAIN, 0, "fe80::1", true },
		{ AF_INET6, "2001:db8::", 64, RTN_UNICAST, RT_TABLE_MAIN, 0, NULL, true },
		{ AF_INET6, "2001:db8::", 64, RTN_UNICAST, RT_TABLE_MAIN, RTM_F_CLONED, NULL,
		  false },
		{ AF_INET6, "2001:db8::9", 128, RTN_ANYCAST, RT_TABLE_MAIN, 0, NULL, false },
		{ AF_UNIX, NULL, 0, RTN_UNICAST, RT_TABLE_MAIN, 0, NULL, false },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct nlmsghdr *message = build(&rows[i]);
		bool counts;

		mnl_attr_put_u32(message, RTA_OIF, 7);
		counts = an_route_counts(message, 7);
		CU_ASSERT_EQUAL(counts, rows[i].counts);
		if (counts != rows[i].counts)
			printf("row %zu\n", i);
		CU_ASSERT_FALSE(an_route_counts(message, 8));
	}
}

static void put_hops(struct nlmsghdr *message, uint32_t first, uint32_t second)
{
	struct {
		struct rtnexthop hop;
		struct nlattr gateway;
		uint8_t address[4];
	} hops[2];

	memset(hops, 0, sizeof(hops));
	for (size_t i = 0; i < 2; i++) {
		hops[i].hop.rtnh_len = sizeof(hops[i]);
		hops[i].hop.rtnh_ifindex = (int)(i == 0 ? first : second);
		hops[i].gateway.nla_len = sizeof(hops[i].gateway) + 4;
		hops[i].gateway.nla_type = RTA_GATEWAY;
	}
	mnl_attr_put(message, RTA_MULTIPATH, sizeof(hops), hops);
}

static const struct row plain = {
	AF_INET, "10.0.0.0", 24, RTN_UNICAST, RT_TABLE_MAIN, 0, NULL, true,
};

static void several_hops(void)
{
	struct nlmsghdr *message = build(&plain);

	put_hops(message, 3, 7);
	CU_ASSERT_TRUE(an_route_counts(message, 3));
	CU_ASSERT_TRUE(an_route_counts(message, 7));
	CU_ASSERT_FALSE(an_route_counts(message, 4));
}

/* The kernel has chosen: through a nexthop object, which names no interface. */
static void filtered(void)
{
	struct nlmsghdr *message = build(&plain);

	mnl_attr_put_u32(message, RTA_NH_ID, 1);
	CU_ASSERT_FALSE(an_route_counts(message, 7));
	message->nlmsg_flags |= NLM_F_DUMP_FILTERED;
	CU_ASSERT_TRUE(an_route_counts(message, 7));
}

/* Cut off at every byte, and every byte changed: ASan watches. */
static void broken(void)
{
	struct nlmsghdr *message = build(&plain), *copy;
	size_t length;

	put_hops(message, 3, 7);
	length = message->nlmsg_len;
	for (size_t cut = sizeof(*message); cut < length; cut++) {
		copy = calloc(1, MNL_ALIGN(cut));	/* as the kernel pads */
		memcpy(copy, buf, cut);
		copy->nlmsg_len = (uint32_t)cut;
		an_route_counts(copy, 7);
		free(copy);
	}
	for (size_t at = sizeof(*message); at < length; at++) {
		for (unsigned int value = 0; value < 256; value++) {
			copy = malloc(length);
			memcpy(copy, buf, length);
			((uint8_t *)copy)[at] = (uint8_t)value;
			an_route_counts(copy, 7);
			free(copy);
		}
	}
	CU_PASS("survived");
}

/* --------------------------------------------------------------------------- this kernel's -- */

static int has(const char *name)
{
	return an_pair_has_route(netns_index(name));
}

static void kernel_body(void)
{
	netns_check(an_pair_has_route(4711) == -ENODEV);
	netns_check(has("lo") == 0);
	netns_veth("d0", "p0");
	netns_veth("d1", "p1");
	netns_check(has("d0") == 0);	/* with fe80::/64 and ff00::/8 there */
	netns_sh("ip route add 169.254.0.0/16 dev d0 scope link");
	netns_check(has("d0") == 0);
	netns_sh("ip addr add 10.1.0.1/32 dev d0");
	netns_check(has("d0") == 0);
	netns_sh("ip addr add 10.2.0.1/24 dev d0");
	netns_check(has("d0") == 1);
	netns_check(has("d1") == 0);
	netns_sh("ip addr flush dev d0 && ip route flush dev d0");
	netns_check(has("d0") == 0);
	netns_sh("ip route add default dev d1 table 1234");
	netns_check(has("d0") == 0);
	netns_check(has("d1") == 1);
	netns_sh("ip route flush table 1234");
	netns_check(has("d1") == 0);
	netns_sh("ip -6 route add 2001:db8::/64 dev d1");
	netns_check(has("d0") == 0);
	netns_check(has("d1") == 1);
	netns_sh("ip -6 route del 2001:db8::/64 dev d1");
	netns_sh("ip route add 10.9.0.0/16 nexthop dev d0 nexthop dev d1");
	netns_check(has("d0") == 1);
	netns_check(has("d1") == 1);
}

static void of_this_kernel(void)
{
	netns_run(kernel_body);
}

/* Routes of what stands on the interface. */
static void stacked_body(void)
{
	netns_veth("d0", "p0");
	netns_add("br0 type bridge");
	netns_add("link d0 name m0 type macvlan mode bridge");
	netns_sh("ip link set br0 up && ip link set m0 up");
	netns_sh("ip addr add 10.5.0.1/24 dev br0");
	netns_check(has("d0") == 0);
	netns_sh("ip link set m0 master br0");
	netns_check(has("d0") == 1);
	netns_check(has("m0") == 1);
	netns_sh("ip link set m0 nomaster");
	netns_check(has("d0") == 0);
	/* A veth's peer does not stand on it, though each names the other. */
	netns_sh("ip addr add 10.6.0.1/24 dev p0");
	netns_check(has("d0") == 0);
	netns_check(has("p0") == 1);
}

static void stacked(void)
{
	netns_run(stacked_body);
}

/* Routes through nexthop objects, which may name no interface. */
static void object_body(void)
{
	if (system("ip nexthop add id 5 dev lo 2>/dev/null") != 0) {
		puts("skip: this kernel or ip has no nexthop objects");
		return;
	}
	netns_veth("d0", "p0");
	netns_veth("d1", "p1");
	netns_sh("ip addr add 10.7.0.1/32 dev d0");
	netns_sh("ip nexthop add id 6 dev d0 && ip route add 10.8.0.0/16 nhid 6");
	netns_check(has("d0") == 1);
	netns_check(has("d1") == 0);
	if (system("echo 0 2>/dev/null >/proc/sys/net/ipv4/nexthop_compat_mode") != 0)
		return;
	netns_check(has("d0") == 1);
	netns_check(has("d1") == 0);
}

static void objects(void)
{
	netns_run(object_body);
}

static CU_TestInfo tests[] = {
	{ "which routes count", which_count },
	{ "several next hops", several_hops },
	{ "chosen by the kernel", filtered },
	{ "broken messages", broken },
	{ "routes of this kernel", of_this_kernel },
	{ "routes of what stands on an interface", stacked },
	{ "nexthop objects", objects },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pair/route", NULL, NULL, tests);
