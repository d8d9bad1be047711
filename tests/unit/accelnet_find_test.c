// SPDX-License-Identifier: BSD-3-Clause
/* Which NIC a word means, where a recorded tree cannot say it; and whose namespace /sys shows. */
#include "../../tools/accelnet/find.h"
#include "../../tools/accelnet/namespace.h"
#include "../../tools/pair/netlink.h"
#include "../../tools/pair/rtlink.h"
#include "accelnet_world.h"
#include "pair_netns.h"
#include "unit.h"

#include <linux/netlink.h>
#include <string.h>

static char error[AN_TEXT];

static void setup(void)
{
	world_setup();
	nic->vf.ifindex = 3;
	error[0] = '\0';
}

/* An alternative name, which the kernel has told the index of. */
static void by_index(void)
{
	CU_ASSERT_PTR_EQUAL(an_find(&host, "enx00224876a401", 2, error), nic);
	CU_ASSERT_PTR_EQUAL(an_find(&host, "enP2p0s2", 3, error), nic);
	CU_ASSERT_PTR_NULL(an_find(&host, "lo", 1, error));
	CU_ASSERT_STRING_EQUAL(error, "lo is neither a synthetic NIC nor the VF of one; there are: "
			       "eth0 (VF enP2s1)");
	/* Without an index it is nobody's, not that of an interface whose index is unknown. */
	nic->net.ifindex = 0;
	CU_ASSERT_PTR_NULL(an_find(&host, "enP2p0s2", 0, error));
}

/* A name goes before an address, and what is not there has no name. */
static void odd_words(void)
{
	host.nic[1] = *nic;
	host.nics = 2;
	strcpy(host.nic[1].net.name, "0002:00:02.0");
	strcpy(host.nic[1].guid, "f8615163-0001-1000-2000-00224876b502");
	host.nic[1].vf = (struct an_link){ 0 };
	CU_ASSERT_PTR_EQUAL(an_find(&host, "0002:00:02.0", 0, error), &host.nic[1]);
	CU_ASSERT_PTR_NULL(an_find(&host, "", 0, error));
	/* In a bond both have one MAC address. */
	error[0] = '\0';
	CU_ASSERT_PTR_NULL(an_find(&host, "00:22:48:00:00:01", 0, error));
	CU_ASSERT_STRING_EQUAL(error, "00:22:48:00:00:01 is of several NICs: eth0 (VF enP2s1), "
			       "0002:00:02.0");
}

static void long_lists(void)
{
	char word[AN_TEXT * 2];

	memset(word, 'x', sizeof(word) - 1);
	word[sizeof(word) - 1] = '\0';
	for (size_t i = 1; i < AN_NICS_MAX; i++)
		host.nic[i] = *nic;
	host.nics = AN_NICS_MAX;
	CU_ASSERT_PTR_NULL(an_find(&host, word, 0, error));
	CU_ASSERT_TRUE(strlen(error) < AN_TEXT);
}

static void other_namespace(void)
{
	netns_veth("syn0", "syn1");
	strcpy(nic->net.name, "syn0");
	nic->net.ifindex = netns_index("syn0");
	netns_check(an_namespace_is_shown(&host));
	nic->net.ifindex = 999;
	netns_check(!an_namespace_is_shown(&host));
	nic->net.ifindex = netns_index("syn1");
	netns_check(!an_namespace_is_shown(&host));
	/* One that is being renamed does not decide alone. */
	host.nic[1] = *nic;
	host.nics = 2;
	strcpy(host.nic[1].net.name, "syn1");
	netns_check(an_namespace_is_shown(&host));
	/* None with an interface: nothing to compare. */
	host.nics = 1;
	nic->net = (struct an_link){ 0 };
	netns_check(an_namespace_is_shown(&host));
}

static void ask_alternative(void)
{
	static const char *const names[] = { "enp9", "a-name-too-long-to-be-the-first" };
	struct an_netlink netlink;
	struct an_rtlink link;

	netns_veth("syn0", "syn1");
	netns_check(an_netlink_open(&netlink, NETLINK_ROUTE) == 0);
	for (size_t i = 0; i < 2; i++) {
		netns_sh("ip link property add dev syn0 altname %s", names[i]);
		netns_check(an_rtlink_ask(&netlink, names[i], 0, &link) == 0);
		netns_check(link.ifindex == netns_index("syn0"));
	}
	an_netlink_close(&netlink);
}

static void alternative_names(void)
{
	netns_run(ask_alternative);
}

static void namespaces(void)
{
	netns_run(other_namespace);
}

static CU_TestInfo tests[] = {
	{ "by the index of an alternative name", by_index },
	{ "what the kernel says of alternative names", alternative_names },
	{ "odd words", odd_words },
	{ "long lists", long_lists },
	{ "whose namespace /sys shows", namespaces },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("accelnet/find", setup, NULL, tests);
