// SPDX-License-Identifier: BSD-3-Clause
/* Looking one NIC up, over recorded trees; what is asked of this machine's kernel is at the end. */
#include "../../tools/pair/pair.h"
#include "pair_tree.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define NIC0 "bus/vmbus/devices/f8615163-0000-1000-2000-00224876a401/"
#define NIC1 "bus/vmbus/devices/f8615163-0001-1000-2000-00224876b502/"
#define VF0  "bus/pci/devices/0002:00:02.0/"
#define VF1  "bus/pci/devices/0003:00:02.0/"
#define GONE "class/net/eth0/lower_enP2s1 -\nclass/net/enP2s1 -\nbus/pci/devices/0002:00:02.0 -\n"
#define PCI0 "bus/vmbus/devices/44c4f61d-0001-0000-0002-000000000000/"

static struct an_pair pair;

static struct tree tree;

static void begin(const char *name, const char *changes)
{
	tree_unpack(&tree, name, changes);
	setenv("ACCELNET_SYSFS", tree.root, 1);
	memset(&pair, 0xa5, sizeof(pair));
}

static int end(int ret)
{
	unsetenv("ACCELNET_SYSFS");
	tree_remove(&tree);
	return ret;
}

static int find(const char *iface, const char *name, const char *changes)
{
	begin(name, changes);
	return end(an_pair_find(iface, &pair));
}

static int find_index(uint32_t ifindex, const char *name)
{
	begin(name, NULL);
	return end(an_pair_find_index(ifindex, &pair));
}

static void joined(void)
{
	CU_ASSERT_EQUAL_FATAL(find("eth0", "stock", VF0 "infiniband/mlx5_0 /\n"
				   VF0 "infiniband/mlx5_1 /\n" VF0 "numa_node = 1"), 0);
	CU_ASSERT_STRING_EQUAL(pair.net.name, "eth0");
	CU_ASSERT_EQUAL(pair.net.ifindex, 2);
	CU_ASSERT_EQUAL(pair.net.mtu, 1500);
	CU_ASSERT_TRUE(pair.net.has_mac && pair.net.up && pair.net.carrier);
	CU_ASSERT_EQUAL(memcmp(pair.net.mac, "\x00\x22\x48\x76\xa4\x01", 6), 0);
	CU_ASSERT_STRING_EQUAL(pair.vmbus, "f8615163-0000-1000-2000-00224876a401");
	CU_ASSERT_STRING_EQUAL(pair.driver, "hv_netvsc");
	CU_ASSERT_EQUAL(pair.how, AN_PAIR_BY_LOWER);
	CU_ASSERT_STRING_EQUAL(pair.vf.name, "enP2s1");
	CU_ASSERT_EQUAL(pair.vf.ifindex, 3);
	CU_ASSERT_STRING_EQUAL(pair.pci, "0002:00:02.0");
	CU_ASSERT_EQUAL(pair.vendor, 0x15b3);
	CU_ASSERT_EQUAL(pair.device, 0x1018);
	CU_ASSERT_STRING_EQUAL(pair.vf_driver, "mlx5_core");
	CU_ASSERT_STRING_EQUAL(pair.rdma, "mlx5_0");
	CU_ASSERT_EQUAL(pair.numa_node, 1);
	CU_ASSERT_EQUAL(pair.state, AN_VF_ACTIVE);
	CU_ASSERT_FALSE(pair.reported);
	CU_ASSERT_STRING_EQUAL(pair.reason, "");
}

/* The reason's first words, and what is there of a VF, in each state. */
static void states(void)
{
	static const struct {
		const char *changes;
		enum an_vf_state state;
		enum an_pair_how how;
		const char *vf, *pci, *reason;
	} row[] = {
		{ "class/net/enP2s1/flags = 0x1802", AN_VF_PAIRED, AN_PAIR_BY_LOWER, "enP2s1",
		  "0002:00:02.0", "the VF's interface is down" },
		{ "class/net/enP2s1/carrier = 0", AN_VF_PAIRED, AN_PAIR_BY_LOWER, "enP2s1",
		  "0002:00:02.0", "the VF has no carrier" },
		{ "class/net/eth0/flags = 0x1002", AN_VF_PAIRED, AN_PAIR_BY_LOWER, "enP2s1",
		  "0002:00:02.0", "eth0 is down" },
		{ VF0 "driver -", AN_VF_PAIRED, AN_PAIR_BY_LOWER, "enP2s1", "0002:00:02.0",
		  "no driver is bound to the function" },
		{ "class/net/eth0/lower_enP2s1 -", AN_VF_BOUND, AN_PAIR_BY_MAC, "enP2s1",
		  "0002:00:02.0", "the interface is not joined to this NIC" },
		{ "class/net/eth0/lower_enP2s1 -\n" VF0 "net -\nclass/net/enP2s1 -", AN_VF_BOUND,
		  AN_PAIR_BY_COUNT, "", "0002:00:02.0", "the function has no interface" },
		{ "class/net/eth0/lower_enP2s1 -\n" VF0 "net -\nclass/net/enP2s1 -\n"
		  VF0 "driver -", AN_VF_PRESENT, AN_PAIR_BY_COUNT, "", "0002:00:02.0",
		  "no driver is bound" },
		{ "class/net/eth0/lower_enP2s1 -\nclass/net/enP2s1/address = 00:22:48:00:00:09",
		  AN_VF_BOUND, AN_PAIR_BY_COUNT, "", "0002:00:02.0",
		  "the function has no interface with this NIC's MAC" },
		{ GONE, AN_VF_ABSENT, AN_PAIR_NO_VF, "", "", "the host offers no VF" },
		{ GONE PCI0 "driver -", AN_VF_ABSENT, AN_PAIR_NO_VF, "", "",
		  "a PCI bus that the host offers has no driver" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		CU_ASSERT_EQUAL(find("eth0", "stock", row[i].changes), 0);
		CU_ASSERT_EQUAL(pair.state, row[i].state);
		CU_ASSERT_EQUAL(pair.how, row[i].how);
		CU_ASSERT_STRING_EQUAL(pair.vf.name, row[i].vf);
		CU_ASSERT_EQUAL(pair.vf.ifindex, row[i].vf[0] != '\0' ? 3 : 0);
		CU_ASSERT_STRING_EQUAL(pair.pci, row[i].pci);
		CU_ASSERT_NSTRING_EQUAL(pair.reason, row[i].reason, strlen(row[i].reason));
		CU_ASSERT_EQUAL(pair.net.ifindex, 2);
	}
}

/* Each of two NICs gets its own, whichever is asked for. */
static void two_nics(void)
{
	CU_ASSERT_EQUAL(find("eth1", "second", NULL), 0);
	CU_ASSERT_STRING_EQUAL(pair.vmbus, "f8615163-0001-1000-2000-00224876b502");
	CU_ASSERT_EQUAL(pair.how, AN_PAIR_BY_COUNT);
	CU_ASSERT_EQUAL(pair.state, AN_VF_PRESENT);
	CU_ASSERT_STRING_EQUAL(pair.pci, "0003:00:02.0");
	CU_ASSERT_EQUAL(pair.device, 0x1016);
	CU_ASSERT_EQUAL(find("eth0", "second", NULL), 0);
	CU_ASSERT_STRING_EQUAL(pair.pci, "0002:00:02.0");
	CU_ASSERT_EQUAL(pair.state, AN_VF_ACTIVE);
	/* The first NIC's MAC on the second, as in a bond: who is joined stays where it is. */
	CU_ASSERT_EQUAL(find("eth1", "second", "class/net/eth1/address = 00:22:48:76:a4:01"), 0);
	CU_ASSERT_STRING_EQUAL(pair.pci, "0003:00:02.0");
	CU_ASSERT_EQUAL(pair.vf.ifindex, 0);
	/* Neither has a VF for certain: two functions without driver, or one for two NICs. */
	CU_ASSERT_EQUAL(find("eth1", "second", "class/net/eth0/lower_enP2s1 -\n"
			     "class/net/enP2s1 -\n" VF0 "net -\n" VF0 "driver -"), 0);
	CU_ASSERT_EQUAL(pair.how, AN_PAIR_NO_VF);
	CU_ASSERT_EQUAL(pair.state, AN_VF_PRESENT);
	CU_ASSERT_STRING_EQUAL(pair.pci, "");
	CU_ASSERT_EQUAL(find("eth1", "second", "class/net/eth0/lower_enP2s1 -\n"
			     "class/net/enP2s1 -\nbus/pci/devices/0002:00:02.0 -"), 0);
	CU_ASSERT_EQUAL(pair.how, AN_PAIR_NO_VF);
	CU_ASSERT_EQUAL(pair.state, AN_VF_ABSENT);
	CU_ASSERT_PTR_NOT_NULL(strstr(pair.reason, "may be this NIC's or another's"));
}

/* One function for all, as MANA's: the interface tells them apart. */
static void shared_function(void)
{
	CU_ASSERT_EQUAL(find("eth8", "mana-nine", NULL), 0);
	CU_ASSERT_STRING_EQUAL(pair.vf.name, "enP30832s1d8");
	CU_ASSERT_EQUAL(pair.state, AN_VF_ACTIVE);
	CU_ASSERT_EQUAL(pair.vendor, 0x1414);
	/* Not joined: by its MAC, among nine interfaces of the function. */
	CU_ASSERT_EQUAL(find("eth8", "mana-nine", "class/net/eth8/lower_enP30832s1d8 -"), 0);
	CU_ASSERT_STRING_EQUAL(pair.vf.name, "enP30832s1d8");
	CU_ASSERT_EQUAL(pair.how, AN_PAIR_BY_MAC);
	CU_ASSERT_EQUAL(pair.state, AN_VF_BOUND);
}

/* Functions that the tool's table does not know are joined all the same. */
static void unknown_function(void)
{
	CU_ASSERT_EQUAL(find("eth0", "stock", VF0 "vendor = 0x8086\n" VF0 "device = 0x1889"), 0);
	CU_ASSERT_EQUAL(pair.how, AN_PAIR_BY_LOWER);
	CU_ASSERT_EQUAL(pair.vendor, 0x8086);
	CU_ASSERT_EQUAL(pair.device, 0x1889);
	CU_ASSERT_EQUAL(pair.state, AN_VF_ACTIVE);
}

static void by_index(void)
{
	CU_ASSERT_EQUAL(find("2", "stock", NULL), 0);
	CU_ASSERT_STRING_EQUAL(pair.net.name, "eth0");
	CU_ASSERT_EQUAL(find("4", "second", NULL), 0);
	CU_ASSERT_STRING_EQUAL(pair.net.name, "eth1");
	CU_ASSERT_EQUAL(find_index(4, "second"), 0);
	CU_ASSERT_STRING_EQUAL(pair.net.name, "eth1");
	CU_ASSERT_EQUAL(find_index(9, "second"), -ENODEV);
	CU_ASSERT_STRING_EQUAL(pair.reason, "no interface 9 in this network namespace");
	CU_ASSERT_EQUAL(find_index(0, "second"), -ENODEV);
	/* An interface whose name is a number goes before one of that number. */
	CU_ASSERT_EQUAL(find("2", "second", "class/net/2/ifindex = 9"), -ENOTSUP);
}

static void refused(void)
{
	static const struct {
		const char *iface, *tree, *changes;
		int error;
		const char *reason;
	} row[] = {
		{ "eth9", "stock", NULL, -ENODEV, "no interface eth9 in this network namespace" },
		{ "9", "stock", NULL, -ENODEV, "no interface 9 in" },
		{ "99999999999999999999", "stock", NULL, -ENODEV, "no interface" },
		{ "../net/eth0", "stock", NULL, -ENODEV, "no interface" },
		{ ".", "stock", NULL, -ENODEV, "no interface" },
		{ "", "stock", NULL, -EINVAL, "no interface is named" },
		{ NULL, "stock", NULL, -EINVAL, "no interface is named" },
		{ "enP2s1", "stock", NULL, -ENOTSUP, "enP2s1 is the VF of eth0: name that one" },
		{ "veth0", "stock", "class/net/veth0/ifindex = 9", -ENOTSUP,
		  "veth0 is no synthetic NIC of Hyper-V" },
		{ "eth0", NULL, "class/net/eth0/ifindex = 2", -ENOTSUP,
		  "eth0 is no synthetic NIC: this is no Hyper-V guest" },
		{ "eth0", "stock", "class/net/eth0/ifindex -", -ENODEV, "eth0 has gone while" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		CU_ASSERT_EQUAL(find(row[i].iface, row[i].tree, row[i].changes), row[i].error);
		CU_ASSERT_NSTRING_EQUAL(pair.reason, row[i].reason, strlen(row[i].reason));
		CU_ASSERT_EQUAL(pair.pci[0], '\0');
		CU_ASSERT_EQUAL(pair.numa_node, -1);
	}
	setenv("ACCELNET_SYSFS", "/nonexistent", 1);
	CU_ASSERT_EQUAL(an_pair_find("eth0", &pair), -ENOENT);
	CU_ASSERT_STRING_EQUAL(pair.reason, "cannot open /nonexistent: No such file or directory");
	unsetenv("ACCELNET_SYSFS");
}

/* Of the VF first, of the NIC else. */
static void numa_node(void)
{
	static const struct {
		const char *changes;
		int node;
	} row[] = {
		{ NULL, -1 },
		{ VF0 "numa_node = 0", 0 },
		{ VF0 "numa_node = -1", -1 },
		{ VF0 "numa_node = -1\n" NIC0 "numa_node = 3", 3 },
		{ VF0 "numa_node = 1\n" NIC0 "numa_node = 3", 1 },
		{ NIC0 "numa_node = 2", 2 },
		{ VF0 "numa_node = 4294967295", -1 },
		{ VF0 "numa_node = x", -1 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		CU_ASSERT_EQUAL(find("eth0", "stock", row[i].changes), 0);
		CU_ASSERT_EQUAL(pair.numa_node, row[i].node);
	}
}

static void rdma_device(void)
{
	static const char *const without[] = {
		NULL, VF0 "infiniband /", VF0 "infiniband = x",
		VF0 "infiniband/"
		"a-name-of-more-than-sixty-three-characters-is-not-one-of-the-kernels /",
	};

	for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++) {
		CU_ASSERT_EQUAL(find("eth0", "stock", without[i]), 0);
		CU_ASSERT_STRING_EQUAL(pair.rdma, "");
	}
}

/* This machine's own: a loopback interface is there, and is no pair. */
static void live(void)
{
	CU_ASSERT_EQUAL(an_pair_find("lo", &pair), -ENOTSUP);
	CU_ASSERT_NSTRING_EQUAL(pair.reason, "lo is no synthetic NIC", 22);
	CU_ASSERT_EQUAL(an_pair_find("1", &pair), -ENOTSUP);
	CU_ASSERT_NSTRING_EQUAL(pair.reason, "lo is no synthetic NIC", 22);
	CU_ASSERT_EQUAL(an_pair_find("no-such-iface0", &pair), -ENODEV);
	CU_ASSERT_EQUAL(an_pair_find("no-such-interface-of-an-alternative-name", &pair), -ENODEV);
	CU_ASSERT_EQUAL(an_pair_find("2147483000", &pair), -ENODEV);
	CU_ASSERT_NSTRING_EQUAL(pair.reason, "no interface 2147483000", 23);
}

static CU_TestInfo tests[] = {
	{ "a joined VF", joined },
	{ "every state that can be inferred", states },
	{ "two NICs", two_nics },
	{ "one function of nine NICs", shared_function },
	{ "a VF of unknown make", unknown_function },
	{ "by index", by_index },
	{ "refused, with a reason", refused },
	{ "NUMA node", numa_node },
	{ "no RDMA device", rdma_device },
	{ "this machine", live },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pair/pair", NULL, NULL, tests);
