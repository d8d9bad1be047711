// SPDX-License-Identifier: BSD-3-Clause
/* Whose qdiscs and filters count: messages built here, whole and broken; and this kernel's. */
#include "../../tools/accelnet/qdisc.h"
#include "accelnet_world.h"
#include "pair_netns.h"
#include "unit.h"

#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

static char buf[256] __attribute__((aligned(8)));

static void setup(void)
{
	world_setup();
	nic->vf.ifindex = 3;
}

static struct nlmsghdr *build(uint16_t type, int ifindex, uint32_t handle, const char *kind)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
	struct tcmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	message->nlmsg_type = type;
	header->tcm_ifindex = ifindex;
	header->tcm_handle = handle;
	header->tcm_parent = TC_H_ROOT;
	if (kind != NULL)
		mnl_attr_put_strz(message, TCA_KIND, kind);
	return message;
}

static void qdiscs(void)
{
	static const struct {
		uint16_t type;
		int ifindex;
		uint32_t handle;
		const char *kind;
		const char *qdisc, *hook;
	} row[] = {
		{ RTM_NEWQDISC, 3, 0x80010000, "netem", "netem", "" },
		{ RTM_NEWQDISC, 3, 0x10000, "tbf", "tbf", "" },
		{ RTM_NEWQDISC, 3, 0x10000, "fq", "", "" },
		{ RTM_NEWQDISC, 3, 0, "mq", "", "" },
		{ RTM_NEWQDISC, 3, 0, "cake", "", "" },	/* net.core.default_qdisc */
		{ RTM_NEWQDISC, 3, 0xffff0000, "clsact", "", "clsact" },
		{ RTM_NEWQDISC, 3, 0xffff0000, "ingress", "", "ingress" },
		{ RTM_NEWQDISC, 3, 0x10000, NULL, "", "" },
		{ RTM_NEWQDISC, 2, 0x10000, "netem", "", "" },
		{ RTM_NEWQDISC, 0, 0x10000, "netem", "", "" },
		{ RTM_DELQDISC, 3, 0x10000, "netem", "", "" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		setup();
		CU_ASSERT_EQUAL(an_qdisc_parse(build(row[i].type, row[i].ifindex, row[i].handle,
						     row[i].kind), &host), MNL_CB_OK);
		CU_ASSERT_STRING_EQUAL(nic->vf_qdisc, row[i].qdisc);
		CU_ASSERT_STRING_EQUAL(nic->vf_hook, row[i].hook);
	}
}

static void filters(void)
{
	an_qdisc_parse_filter(build(RTM_NEWTFILTER, 3, 0, "matchall"), nic);
	an_qdisc_parse_filter(build(RTM_NEWTFILTER, 3, 0, "flower"), nic);
	CU_ASSERT_STRING_EQUAL(nic->vf_filter, "matchall");
	setup();
	an_qdisc_parse_filter(build(RTM_NEWQDISC, 3, 0, "matchall"), nic);
	CU_ASSERT_STRING_EQUAL(nic->vf_filter, "");
}

static void broken(void)
{
	struct nlmsghdr *whole = build(RTM_NEWQDISC, 3, 0x10000, "tbf"), *copy;

	/* libmnl reads to the alignment: up to there the kind's bytes count as there. */
	for (size_t i = sizeof(*whole); i <= whole->nlmsg_len - MNL_ALIGNTO; i++) {
		copy = calloc(1, MNL_ALIGN(i));
		memcpy(copy, whole, i);
		copy->nlmsg_len = (uint32_t)i;
		setup();
		an_qdisc_parse(copy, &host);
		CU_ASSERT_STRING_EQUAL(nic->vf_qdisc, "");
		copy->nlmsg_type = RTM_NEWTFILTER;
		an_qdisc_parse_filter(copy, nic);
		CU_ASSERT_STRING_EQUAL(nic->vf_filter, "");
		free(copy);
	}
}

static void read_now(void)
{
	nic->vf_qdisc[0] = nic->vf_hook[0] = nic->vf_filter[0] = '\0';
	an_qdisc_read_all(&host);
	netns_check(nic->failed[0] == '\0');
}

static bool can(const char *command)
{
	return system(command) == 0;
}

static void ask_the_kernel(void)
{
	netns_veth("vf0", "vf1");
	nic->vf.ifindex = netns_index("vf0");
	read_now();
	netns_check(nic->vf_qdisc[0] == '\0' && nic->vf_hook[0] == '\0');
	if (can("tc qdisc add dev vf0 root tbf rate 1mbit burst 10k latency 50ms 2>/dev/null")) {
		read_now();
		netns_check(strcmp(nic->vf_qdisc, "tbf") == 0);
	}
	if (can("tc qdisc add dev vf0 clsact 2>/dev/null")) {
		read_now();
		netns_check(strcmp(nic->vf_hook, "clsact") == 0 && nic->vf_filter[0] == '\0');
	}
	if (can("tc filter add dev vf0 egress protocol all u32 match u32 0 0 flowid 1:1 "
		"2>/dev/null")) {
		read_now();
		netns_check(strcmp(nic->vf_filter, "u32") == 0);
	}
}

static void this_kernel(void)
{
	netns_run(ask_the_kernel);
}

static CU_TestInfo tests[] = {
	{ "which qdiscs count", qdiscs },
	{ "filters", filters },
	{ "broken messages", broken },
	{ "what this kernel says", this_kernel },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("accelnet/qdisc", setup, NULL, tests);
