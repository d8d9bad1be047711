// SPDX-License-Identifier: BSD-3-Clause
/*
 * The watch on this kernel, in a namespace of its own: a bridge plays the synthetic NIC, a veth its
 * VF. And devlink's messages as a 6.1 kernel builds them, whole and broken.
 */
#include "../../tools/pair/watch.h"
#include "../../tools/pair/pair.h"
#include "pair_netns.h"
#include "unit.h"

#include <errno.h>
#include <linux/devlink.h>
#include <linux/genetlink.h>
#include <linux/rtnetlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define EVENTS 256
#define FAMILY 0x17
#define GUID   "f8615163-0000-1000-2000-00224876a401"

static struct an_pair_event events[EVENTS];
static size_t count;
static struct an_pair_watch *watch;

static void note(const struct an_pair_event *event, void *ctx)
{
	(void)ctx;
	if (count < EVENTS)
		events[count++] = *event;
}

/* Reads until nothing comes for a while. */
static void read_all(void)
{
	struct pollfd fd = { .fd = an_pair_watch_fd(watch), .events = POLLIN };

	count = 0;
	while (poll(&fd, 1, 100) > 0)
		netns_check(an_pair_watch_read(watch, note, NULL) >= 0);
	netns_check(an_pair_watch_read(watch, note, NULL) == 0);
}

/* The event of that kind, or NULL. */
static const struct an_pair_event *seen(enum an_pair_what what, bool vf)
{
	for (size_t i = 0; i < count; i++)
		if (events[i].what == what && events[i].vf == vf)
			return &events[i];
	return NULL;
}

static bool lost(enum an_pair_what what)
{
	const struct an_pair_event *event = seen(what, true);

	return event != NULL && event->vf_is_lost;
}

static void begin(void)
{
	netns_add("br0 type bridge");
	netns_sh("ip link set br0 address 02:00:00:00:00:01 up");
	netns_veth("v0", "p0");
	netns_sh("ip link set v0 down");
}

static void start(uint32_t vf_ifindex, const char *vmbus)
{
	netns_check(an_pair_watch_create(&watch, netns_index("br0"), vf_ifindex, vmbus) == 0);
	if (watch == NULL)
		exit(1);
	read_all();
	netns_check(count == 0);
}

/* ------------------------------------------------------------------------- this kernel's -- */

static void life_body(void)
{
	const struct an_pair_event *event;
	uint32_t v0;

	begin();
	v0 = netns_index("v0");
	start(0, GUID);
	netns_sh("ip link set v0 address 02:00:00:00:00:01");
	read_all();
	event = seen(AN_PAIR_APPEARED, true);
	netns_check(event != NULL && event->link.ifindex == v0 && !event->vf_is_lost);
	netns_sh("ip link set v0 master br0");
	read_all();
	event = seen(AN_PAIR_JOINED, true);
	netns_check(event != NULL && event->link.ifindex == v0 && !event->link.up);
	netns_sh("ip link set v0 up");
	read_all();
	netns_check(seen(AN_PAIR_UP, true) != NULL);
	netns_sh("ip link set v0 down && ip link set v0 name vf9 && ip link set vf9 up");
	read_all();
	event = seen(AN_PAIR_RENAMED, true);
	netns_check(event != NULL && strcmp(event->link.name, "vf9") == 0);
	netns_check(lost(AN_PAIR_DOWN));
	netns_sh("ip link set vf9 mtu 1400");
	read_all();
	event = seen(AN_PAIR_MTU, true);
	netns_check(event != NULL && event->link.mtu == 1400 && event->link.ifindex == v0);
	netns_sh("ip link set p0 down");
	read_all();
	netns_check(lost(AN_PAIR_NO_CARRIER));
	netns_check(seen(AN_PAIR_DOWN, true) == NULL);
	netns_sh("ip link set p0 up");
	read_all();
	netns_check(seen(AN_PAIR_CARRIER, true) != NULL);
	netns_sh("ip link set vf9 address 02:00:00:00:00:09");
	read_all();
	event = seen(AN_PAIR_MAC, true);
	netns_check(event != NULL && event->link.mac[5] == 9);
	netns_sh("ip link set vf9 nomaster");
	read_all();
	netns_check(lost(AN_PAIR_LEFT));
	netns_sh("ip link set vf9 master br0");
	read_all();
	netns_check(seen(AN_PAIR_JOINED, true) != NULL);
	netns_sh("ip link del vf9");
	read_all();
	/* The kernel does not tell of an upper link that goes with its interface. */
	netns_check(lost(AN_PAIR_DOWN) && lost(AN_PAIR_DELETED));
	an_pair_watch_destroy(watch);
}

static void life(void)
{
	netns_run(life_body);
}

static void nic_body(void)
{
	const struct an_pair_event *event;

	begin();
	netns_sh("ip link set v0 master br0 && ip link set v0 up");
	start(0, NULL);
	netns_sh("ip link set br0 down");
	read_all();
	event = seen(AN_PAIR_DOWN, false);
	netns_check(event != NULL && !event->vf_is_lost);
	netns_sh("ip link set br0 name lan0 && ip link set lan0 up");
	read_all();
	event = seen(AN_PAIR_RENAMED, false);
	netns_check(event != NULL && strcmp(event->link.name, "lan0") == 0);
	netns_check(seen(AN_PAIR_UP, false) != NULL);
	/* It was joined before the watch began. */
	netns_sh("ip link set v0 down");
	read_all();
	netns_check(lost(AN_PAIR_DOWN));
	netns_sh("ip link del lan0");
	read_all();
	netns_check(seen(AN_PAIR_DELETED, false) != NULL);
	netns_check(lost(AN_PAIR_LEFT));
	an_pair_watch_destroy(watch);
}

static void nic(void)
{
	netns_run(nic_body);
}

/* Another namespace has interfaces of the same index, name and address. */
static void foreign_body(void)
{
	uint32_t v0;

	begin();
	v0 = netns_index("v0");
	start(v0, NULL);
	netns_sh("unshare -n sh -c 'ip link add br0 type bridge && ip link set br0 "
		 "address 02:00:00:00:00:01 up && ip link add v0 type veth peer name p0 && "
		 "ip link set v0 master br0 && ip link set v0 up && ip link del br0'");
	read_all();
	netns_check(count == 0);
	/* Moved there, it is lost. */
	netns_sh("unshare -n sleep 5 & pid=$!; sleep 0.3; ip link set v0 netns $pid; kill $pid");
	read_all();
	netns_check(lost(AN_PAIR_MOVED));
	netns_check(seen(AN_PAIR_DELETED, true) == NULL);
	an_pair_watch_destroy(watch);
}

static void foreign(void)
{
	netns_run(foreign_body);
}

/* More messages than the socket holds, then one more. */
static void overrun_body(void)
{
	begin();
	netns_sh("ip link set v0 master br0");
	start(0, NULL);
	netns_sh("i=0; while [ $i -lt 4000 ]; do echo \"link set v0 mtu $((1000 + i %% 400))\"; "
		 "i=$((i + 1)); done | ip -batch -");
	read_all();
	netns_check(seen(AN_PAIR_RESYNC, false) != NULL);
	netns_sh("ip link set v0 up");
	read_all();
	netns_check(seen(AN_PAIR_UP, true) != NULL);
	netns_check(seen(AN_PAIR_RESYNC, false) == NULL);
	an_pair_watch_destroy(watch);
}

static void overrun(void)
{
	netns_run(overrun_body);
}

/* Who is not the kernel is not listened to; the port is guessed as any program could. */
static void forged_body(void)
{
	char buf[256] __attribute__((aligned(8)));
	struct sockaddr_nl to = { .nl_family = AF_NETLINK, .nl_pid = (uint32_t)getpid() };
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *header;
	int fd;

	begin();
	start(0, NULL);
	message->nlmsg_type = RTM_DELLINK;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->ifi_index = (int)netns_index("br0");
	fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	netns_check(fd >= 0);
	/* The watch has the first port of this process, which is its id. */
	netns_check(sendto(fd, message, message->nlmsg_len, 0, (struct sockaddr *)&to,
			   sizeof(to)) > 0);
	read_all();
	netns_check(count == 0);
	close(fd);
	an_pair_watch_destroy(watch);
}

static void forged(void)
{
	netns_run(forged_body);
}

static void no_such_nic(void)
{
	watch = (struct an_pair_watch *)&watch;
	CU_ASSERT_EQUAL(an_pair_watch_create(&watch, 2147483000, 0, NULL), -ENODEV);
	CU_ASSERT_PTR_NULL(watch);
	CU_ASSERT_EQUAL(an_pair_watch_create(&watch, 0, 0, GUID), -ENODEV);
	CU_ASSERT_PTR_NULL(watch);
	an_pair_watch_destroy(NULL);
}

/* -------------------------------------------------------------------------------- devlink -- */

static char buf[1024] __attribute__((aligned(8)));

static struct nlmsghdr *build(uint8_t command, const char *bus, const char *device,
			      const char *reporter, uint8_t state)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *generic;
	struct nlattr *nest;

	message->nlmsg_type = FAMILY;
	generic = mnl_nlmsg_put_extra_header(message, sizeof(*generic));
	generic->cmd = command;
	mnl_attr_put_strz(message, DEVLINK_ATTR_BUS_NAME, bus);
	mnl_attr_put_strz(message, DEVLINK_ATTR_DEV_NAME, device);
	nest = mnl_attr_nest_start(message, DEVLINK_ATTR_HEALTH_REPORTER);
	mnl_attr_put_strz(message, DEVLINK_ATTR_HEALTH_REPORTER_NAME, reporter);
	mnl_attr_put_u8(message, DEVLINK_ATTR_HEALTH_REPORTER_STATE, state);
	mnl_attr_put_u64(message, DEVLINK_ATTR_HEALTH_REPORTER_ERR_COUNT, 1);
	mnl_attr_nest_end(message, nest);
	return message;
}

#define RECOVER DEVLINK_CMD_HEALTH_REPORTER_RECOVER

static void health(void)
{
	static const struct {
		uint8_t command;
		const char *bus, *device, *reporter;
		uint8_t state;
		int result;
	} row[] = {
		{ RECOVER, "vmbus", GUID, "vf", 0, 1 },
		{ RECOVER, "vmbus", GUID, "vf", 1, 0 },
		{ RECOVER, "vmbus", GUID, "vf", 9, 0 },
		{ RECOVER, "vmbus", GUID, "tx", 1, -ENOMSG },
		{ RECOVER, "vmbus", "f8615163-0001-1000-2000-00224876b502", "vf", 1, -ENOMSG },
		{ RECOVER, "pci", GUID, "vf", 1, -ENOMSG },
		{ DEVLINK_CMD_PORT_NEW, "vmbus", GUID, "vf", 1, -ENOMSG },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct nlmsghdr *message = build(row[i].command, row[i].bus, row[i].device,
						 row[i].reporter, row[i].state);

		CU_ASSERT_EQUAL(an_watch_parse_health(message, FAMILY, GUID), row[i].result);
		CU_ASSERT_EQUAL(an_watch_parse_health(message, FAMILY + 1, GUID), -ENOMSG);
	}
}

static void attack(size_t length, size_t allocated)
{
	struct an_watch_group group = { 0 };
	struct nlmsghdr *copy;

	for (size_t at = sizeof(*copy); at < length; at++) {
		for (unsigned int value = 0; value < 256; value++) {
			copy = calloc(1, allocated);
			memcpy(copy, buf, length);
			((uint8_t *)copy)[at] = (uint8_t)value;
			an_watch_parse_health(copy, FAMILY, GUID);
			an_watch_parse_group(copy, &group);
			free(copy);
		}
	}
}

static void put_groups(struct nlmsghdr *message)
{
	struct nlattr *groups = mnl_attr_nest_start(message, CTRL_ATTR_MCAST_GROUPS), *one;
	static const char *const names[] = { "other", "config" };

	for (uint32_t i = 0; i < 2; i++) {
		one = mnl_attr_nest_start(message, (uint16_t)(i + 1));
		mnl_attr_put_strz(message, CTRL_ATTR_MCAST_GRP_NAME, names[i]);
		mnl_attr_put_u32(message, CTRL_ATTR_MCAST_GRP_ID, 40 + i);
		mnl_attr_nest_end(message, one);
	}
	mnl_attr_nest_end(message, groups);
}

static struct nlmsghdr *build_groups(void)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *generic;

	message->nlmsg_type = GENL_ID_CTRL;
	generic = mnl_nlmsg_put_extra_header(message, sizeof(*generic));
	generic->cmd = CTRL_CMD_NEWFAMILY;
	mnl_attr_put_u16(message, CTRL_ATTR_FAMILY_ID, FAMILY);
	put_groups(message);
	return message;
}

static void groups(void)
{
	struct an_watch_group group = { 0 };

	CU_ASSERT_EQUAL(an_watch_parse_group(build_groups(), &group), MNL_CB_OK);
	CU_ASSERT_EQUAL(group.family, FAMILY);
	CU_ASSERT_EQUAL(group.group, 41);
}

static void broken(void)
{
	struct nlmsghdr *message = build(RECOVER, "vmbus", GUID, "vf", 1), *copy;
	struct an_watch_group group = { 0 };
	size_t length = message->nlmsg_len;

	for (size_t cut = sizeof(*message); cut < length; cut++) {
		copy = calloc(1, MNL_ALIGN(cut));
		memcpy(copy, buf, cut);
		copy->nlmsg_len = (uint32_t)cut;
		an_watch_parse_health(copy, FAMILY, GUID);
		an_watch_parse_group(copy, &group);
		free(copy);
	}
	attack(length, MNL_ALIGN(length));
	message = build_groups();
	attack(message->nlmsg_len, MNL_ALIGN(message->nlmsg_len));
	CU_PASS("survived");
}

static CU_TestInfo tests[] = {
	{ "a VF comes and goes", life },
	{ "the synthetic NIC", nic },
	{ "another namespace", foreign },
	{ "more messages than there is room for", overrun },
	{ "messages that are not the kernel's", forged },
	{ "no such NIC", no_such_nic },
	{ "health of the NIC, and of others", health },
	{ "devlink's multicast group", groups },
	{ "broken messages", broken },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pair/watch", NULL, NULL, tests);
