// SPDX-License-Identifier: BSD-3-Clause
/* The primitives, and what the readers make of recorded trees, whole and broken. */
#include "../../tools/pair/function.h"
#include "../../tools/pair/nic.h"
#include "../../tools/pair/pciids.h"
#include "../../tools/pair/sysfs.h"
#include "pair_tree.h"
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PORTS 40

static struct tree tree;
static struct an_sysfs fs;
static struct an_host host;

static void free_host(void)
{
	an_function_free_all(&host);
	memset(&host, 0, sizeof(host));
}

static void read_tree(const char *name, const char *changes)
{
	tree_unpack(&tree, name, changes);
	free_host();
	CU_ASSERT_EQUAL(an_sysfs_open(&fs, tree.root), 0);
	an_nic_read_all(&fs, &host);
	an_function_read_all(&fs, &host);
	an_sysfs_close(&fs);
	tree_remove(&tree);
}

static void numbers(void)
{
	static const struct {
		const char *text;
		int base;
		int ret;
		uint32_t value;
	} row[] = {
		{ "a = 1500", 10, 0, 1500 },
		{ "a = 0x15b3", 16, 0, 0x15b3 },
		{ "a = 4294967295", 10, 0, UINT32_MAX },
		{ "a = 4294967296", 10, -EINVAL, 0 },
		{ "a = 99999999999999999999999", 10, -EINVAL, 0 },
		{ "a = 9999999999999999999999999999999999", 10, -EOVERFLOW, 0 },
		{ "a = -1", 10, -EINVAL, 0 },
		{ "a = 12x", 10, -EINVAL, 0 },
		{ "a = 1 2", 10, -EINVAL, 0 },
		{ "a = ", 10, -EINVAL, 0 },
		{ "a !", 10, -EISDIR, 0 },
		{ "a -> a", 10, -ELOOP, 0 },
		{ "b = 1", 10, -ENOENT, 0 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint32_t value = 0;

		tree_unpack(&tree, NULL, row[i].text);
		CU_ASSERT_EQUAL(an_sysfs_open(&fs, tree.root), 0);
		CU_ASSERT_EQUAL(an_sysfs_number(&fs, &value, row[i].base, "%s", "a"), row[i].ret);
		CU_ASSERT_EQUAL(value, row[i].value);
		an_sysfs_close(&fs);
		tree_remove(&tree);
	}
}

static void buffers_are_not_overrun(void)
{
	char text[8], path[AN_SYSFS_PATH + 8];

	tree_unpack(&tree, NULL, "seven = 1234567\nsix = 123456\nlink -> a/b/1234567\n"
				 "long -> a/b/12345678\nbare -> x");
	CU_ASSERT_EQUAL(an_sysfs_open(&fs, tree.root), 0);
	CU_ASSERT_EQUAL(an_sysfs_read(&fs, text, sizeof(text), "six"), 0);
	CU_ASSERT_STRING_EQUAL(text, "123456");
	/* With its newline it fills the buffer: it could be longer. */
	CU_ASSERT_EQUAL(an_sysfs_read(&fs, text, sizeof(text), "seven"), -EOVERFLOW);
	CU_ASSERT_STRING_EQUAL(text, "");
	CU_ASSERT_EQUAL(an_sysfs_link(&fs, text, sizeof(text), "link"), 0);
	CU_ASSERT_STRING_EQUAL(text, "1234567");
	CU_ASSERT_EQUAL(an_sysfs_link(&fs, text, sizeof(text), "bare"), 0);
	CU_ASSERT_STRING_EQUAL(text, "x");
	CU_ASSERT_EQUAL(an_sysfs_link(&fs, text, sizeof(text), "long"), -EOVERFLOW);
	CU_ASSERT_EQUAL(an_sysfs_link(&fs, text, sizeof(text), "six"), -EINVAL);
	memset(path, 'a', sizeof(path));
	path[sizeof(path) - 1] = '\0';
	CU_ASSERT_EQUAL(an_sysfs_read(&fs, text, sizeof(text), "%s", path), -ENAMETOOLONG);
	CU_ASSERT_FALSE(an_sysfs_exists(&fs, "%s", path));
	an_sysfs_close(&fs);
	CU_ASSERT_EQUAL(an_sysfs_open(&fs, "/nonexistent"), -ENOENT);
	tree_remove(&tree);
}

static void lists_are_sorted(void)
{
	struct an_sysfs_names names;

	tree_unpack(&tree, NULL, "d/b = 1\nd/c = 1\nd/a = 1\nd/.hidden = 1\ne /\nf = 1");
	CU_ASSERT_EQUAL(an_sysfs_open(&fs, tree.root), 0);
	CU_ASSERT_EQUAL_FATAL(an_sysfs_list(&fs, &names, "d"), 0);
	CU_ASSERT_EQUAL_FATAL(names.count, 3);
	CU_ASSERT_STRING_EQUAL(names.name[0], "a");
	CU_ASSERT_STRING_EQUAL(names.name[2], "c");
	an_sysfs_free(&names);
	CU_ASSERT_EQUAL(an_sysfs_list(&fs, &names, "e"), 0);
	CU_ASSERT_EQUAL(names.count, 0);
	an_sysfs_free(&names);
	CU_ASSERT_EQUAL(an_sysfs_list(&fs, &names, "f"), -ENOTDIR);
	CU_ASSERT_EQUAL(an_sysfs_list(&fs, &names, "g"), -ENOENT);
	an_sysfs_close(&fs);
	tree_remove(&tree);
}

static void whole_tree(void)
{
	const struct an_nic *nic = &host.nic[0];
	const struct an_function *function = &host.function[0];

	read_tree("second", NULL);
	CU_ASSERT_TRUE(host.has_vmbus);
	CU_ASSERT_STRING_EQUAL(host.failed, "");
	CU_ASSERT_EQUAL(host.idle_buses, 0);
	CU_ASSERT_EQUAL_FATAL(host.nics, 2);
	CU_ASSERT_STRING_EQUAL(nic->guid, "f8615163-0000-1000-2000-00224876a401");
	CU_ASSERT_STRING_EQUAL(nic->driver, "hv_netvsc");
	CU_ASSERT_STRING_EQUAL(nic->override, "");
	CU_ASSERT_STRING_EQUAL(nic->failed, "");
	CU_ASSERT_STRING_EQUAL(nic->net.name, "eth0");
	CU_ASSERT_EQUAL(nic->net.up, AN_YES);
	CU_ASSERT_EQUAL(nic->net.carrier, AN_YES);
	CU_ASSERT_EQUAL(nic->net.mtu, 1500);
	CU_ASSERT_EQUAL(nic->net.ifindex, 2);
	CU_ASSERT_TRUE(nic->net.has_mac);
	CU_ASSERT_EQUAL(memcmp(nic->net.mac, "\x00\x22\x48\x76\xa4\x01", 6), 0);
	CU_ASSERT_STRING_EQUAL(nic->vf.name, "enP2s1");
	CU_ASSERT_STRING_EQUAL(nic->vf_address, "0002:00:02.0");
	CU_ASSERT_STRING_EQUAL(host.nic[1].net.name, "eth1");
	CU_ASSERT_STRING_EQUAL(host.nic[1].vf.name, "");

	/* Neither the disk nor the InfiniBand function. */
	CU_ASSERT_EQUAL_FATAL(host.functions, 2);
	CU_ASSERT_STRING_EQUAL(function->address, "0002:00:02.0");
	CU_ASSERT_STRING_EQUAL(function->id.name, "ConnectX-5 VF");
	CU_ASSERT_EQUAL(function->bound, AN_YES);
	CU_ASSERT_EQUAL(function->loaded, AN_YES);
	CU_ASSERT_TRUE(function->has_serial);
	CU_ASSERT_EQUAL(function->serial, 1);
	CU_ASSERT_EQUAL_FATAL(function->ports, 1);
	CU_ASSERT_STRING_EQUAL(function->port[0].name, "enP2s1");
	CU_ASSERT_EQUAL(host.function[1].bound, AN_NO);
	CU_ASSERT_EQUAL(host.function[1].serial, 2);
	CU_ASSERT_STRING_EQUAL(host.function[1].id.name, "ConnectX-4 Lx VF");
}

#define NIC0 "bus/vmbus/devices/f8615163-0000-1000-2000-00224876a401"
#define BUS0 "bus/vmbus/devices/44c4f61d-0001-0000-0002-000000000000"
#define VF0  "bus/pci/devices/0002:00:02.0"

/* Which of the three notes a broken tree's failure, and in what words. */
static void broken_trees(void)
{
	static const struct {
		const char *change;
		const char *host;
		const char *nic;
		const char *function;
	} row[] = {
		{ NIC0 "/class_id !", "VMBus device f8615163", NULL, NULL },
		{ NIC0 "/class_id -", "VMBus device f8615163", NULL, NULL },
		{ NIC0 "/driver = x", NULL, "driver of VMBus device", NULL },
		{ NIC0 "/net = x", NULL, "interfaces of VMBus device", NULL },
		{ "class/net -", NULL, "the index of eth0", "type of enP2s1" },
		{ "class/net/eth0/ifindex -", NULL, "the index of eth0", NULL },
		{ "class/net/eth0/mtu = x", NULL, "the MTU of eth0", NULL },
		{ "class/net/eth0/flags !", NULL, "eth0 is up", NULL },
		{ "class/net/eth0/carrier !", NULL, "eth0 is up", NULL },
		{ "class/net/eth0/address = 00:22:48:76:a4", NULL, "MAC address of eth0", NULL },
		{ "class/net/eth0/address = 00:22:48:76:a4:01:02", NULL, "MAC address of eth0",
		  NULL },
		{ "class/net/enP2s1/device = x", NULL, "the device of enP2s1", NULL },
		{ "class/net/enP2s1/flags = up", NULL, "enP2s1 is up", NULL },
		{ "class/net/enP2s1/type -", NULL, NULL, "type of enP2s1" },
		{ VF0 "/driver = x", NULL, NULL, "driver of 0002:00:02.0" },
		{ VF0 "/net -\n" VF0 "/net = x", NULL, NULL, "interfaces of 0002:00:02.0" },
		{ VF0 "/vendor !", "PCI function 0002:00:02.0", NULL, NULL },
		{ VF0 "/device = mlx", "PCI function 0002:00:02.0", NULL, NULL },
		{ VF0 "/class -", "PCI function 0002:00:02.0", NULL, NULL },
		{ BUS0 "/driver = x", "driver of VMBus device 44c4f61d", NULL, NULL },
		{ "bus/pci/devices -\nbus/pci/devices = x", "list the PCI functions", NULL, NULL },
		{ "bus/vmbus/devices -\nbus/vmbus/devices = x", "list the devices on VMBus", NULL,
		  NULL },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const char *found[] = { host.failed, host.nic[0].failed, host.function[0].failed };
		const char *wanted[] = { row[i].host, row[i].nic, row[i].function };

		read_tree("stock", row[i].change);
		for (size_t j = 0; j < 3; j++) {
			if (wanted[j] != NULL && strstr(found[j], wanted[j]) != NULL)
				continue;
			if (wanted[j] == NULL && found[j][0] == '\0')
				continue;
			printf("row %zu, %zu: \"%s\"\n", i, j, found[j]);
			CU_FAIL("another failure");
		}
	}
}

/* What is simply not there is a fact, and no failure. */
static void absences(void)
{
	read_tree(NULL, NULL);
	CU_ASSERT_FALSE(host.has_vmbus);
	CU_ASSERT_STRING_EQUAL(host.failed, "");

	read_tree("stock", VF0 "/driver -\n" VF0 "/net -\nclass/net/enP2s1 -\n"
			       "class/net/eth0/lower_enP2s1 -\nbus/pci/drivers/mlx5_core -\n"
			       "bus/pci/slots -");
	CU_ASSERT_STRING_EQUAL(host.failed, "");
	CU_ASSERT_STRING_EQUAL(host.nic[0].failed, "");
	CU_ASSERT_STRING_EQUAL(host.function[0].failed, "");
	CU_ASSERT_EQUAL(host.function[0].bound, AN_NO);
	CU_ASSERT_EQUAL(host.function[0].loaded, AN_NO);
	CU_ASSERT_FALSE(host.function[0].has_serial);

	read_tree("stock", "bus/pci -");
	CU_ASSERT_STRING_EQUAL(host.failed, "");
	CU_ASSERT_EQUAL(host.functions, 0);
	CU_ASSERT_STRING_EQUAL(host.nic[0].vf.name, "");

	read_tree("stock", BUS0 "/driver -");
	CU_ASSERT_EQUAL(host.idle_buses, 1);
	CU_ASSERT_STRING_EQUAL(host.failed, "");

	/* Down: the kernel refuses to tell the carrier, and nobody asks for it. */
	read_tree("stock", "class/net/eth0/flags = 0x1002\nclass/net/eth0/carrier !");
	CU_ASSERT_EQUAL(host.nic[0].net.up, AN_NO);
	CU_ASSERT_EQUAL(host.nic[0].net.carrier, AN_UNKNOWN);
	CU_ASSERT_STRING_EQUAL(host.nic[0].failed, "");
}

static void lower_devices(void)
{
	/* A lower device that has gone since, and one that is not on PCI. */
	read_tree("stock", "class/net/eth0/lower_enP2s1 -\nclass/net/eth0/lower_gone -> x");
	CU_ASSERT_STRING_EQUAL(host.nic[0].vf.name, "");
	CU_ASSERT_STRING_EQUAL(host.nic[0].failed, "");

	read_tree("stock", "class/net/eth0/lower_dummy0 -> x\nclass/net/dummy0/flags = 0x1");
	CU_ASSERT_STRING_EQUAL(host.nic[0].vf.name, "enP2s1");
	CU_ASSERT_STRING_EQUAL(host.nic[0].failed, "");

	/* Same MAC address, not joined: not a pair. */
	read_tree("stock", "class/net/eth0/lower_enP2s1 -");
	CU_ASSERT_STRING_EQUAL(host.nic[0].vf.name, "");

	read_tree("stock", "class/net/eth0/lower_ -> x");
	CU_ASSERT_PTR_NOT_NULL(strstr(host.nic[0].failed, "is no interface's name"));

	/* One byte longer than the kernel allows. */
	read_tree("stock", "class/net/eth0/lower_0123456789abcdef -> x\n"
			   "class/net/0123456789abcdef/device -> ../0002:00:02.0");
	CU_ASSERT_PTR_NOT_NULL(strstr(host.nic[0].failed, "is no interface's name"));
}

static void slots(void)
{
	static const struct {
		const char *change;
		bool known;
		uint32_t serial;
	} row[] = {
		{ "bus/pci/slots/4294967295/address = 0002:00:02", true, UINT32_MAX },
		{ "bus/pci/slots/4294967296/address = 0002:00:02", false, 0 },
		{ "bus/pci/slots/1-1/address = 0002:00:02", false, 0 },
		{ "bus/pci/slots/-1/address = 0002:00:02", false, 0 },
		{ "bus/pci/slots/7/address = 0002:00:0", false, 0 },
		{ "bus/pci/slots/7/address = 0002:00:02.0", false, 0 },
		{ "bus/pci/slots/7/address = ", false, 0 },
		{ "bus/pci/slots/7/address !", false, 0 },
	};
	char change[256];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		snprintf(change, sizeof(change), "bus/pci/slots/1 -\n%s", row[i].change);
		read_tree("stock", change);
		CU_ASSERT_EQUAL(host.function[0].has_serial, row[i].known);
		CU_ASSERT_EQUAL(host.function[0].serial, row[i].serial);
		CU_ASSERT_STRING_EQUAL(host.failed, "");
	}
}

static void too_many(void)
{
	static char many[(AN_NICS_MAX + AN_FUNCTIONS_MAX) * 256];
	int used = 0;

	for (int i = 0; i < AN_NICS_MAX; i++)
		used += snprintf(many + used, sizeof(many) - (size_t)used,
				 "bus/vmbus/devices/%d/class_id = "
				 "{f8615163-df3e-46c5-913f-f2d2f965ed0e}\n", i);
	read_tree("stock", many);
	CU_ASSERT_EQUAL(host.nics, AN_NICS_MAX);
	CU_ASSERT_PTR_NOT_NULL(strstr(host.failed, "more than 64 NICs"));

	for (int i = used = 0; i < AN_FUNCTIONS_MAX; i++)
		used += snprintf(many + used, sizeof(many) - (size_t)used,
				 "bus/pci/devices/1%03d:00:00.0/vendor = 0x1414\n"
				 "bus/pci/devices/1%03d:00:00.0/device = 0x00ba\n"
				 "bus/pci/devices/1%03d:00:00.0/class = 0x020000\n", i, i, i);
	read_tree("stock", many);
	CU_ASSERT_EQUAL(host.functions, AN_FUNCTIONS_MAX);
	CU_ASSERT_PTR_NOT_NULL(strstr(host.failed, "more than 64 virtual functions"));
}

/* One function, as MANA's, for all NICs of the machine. */
static void many_interfaces(void)
{
	static char many[PORTS * 256];
	size_t used = 0;

	for (int i = 0; i < PORTS; i++)
		used += (size_t)snprintf(many + used, sizeof(many) - used,
					 VF0 "/net/p%d /\nclass/net/p%d -> ../../" VF0 "/net/p%d\n"
					 "class/net/p%d/type = 1\nclass/net/p%d/ifindex = %d\n",
					 i, i, i, i, i, 100 + i);
	read_tree("stock", many);
	CU_ASSERT_EQUAL_FATAL(host.function[0].ports, PORTS + 1);	/* and enP2s1 */
	CU_ASSERT_STRING_EQUAL(host.function[0].port[0].name, "enP2s1");
	for (size_t i = 1; i <= PORTS; i++)
		CU_ASSERT_EQUAL(host.function[0].port[i].name[0], 'p');
}

static CU_TestInfo tests[] = {
	{ "numbers", numbers },
	{ "buffers are not overrun", buffers_are_not_overrun },
	{ "lists are sorted", lists_are_sorted },
	{ "a whole tree", whole_tree },
	{ "a failed read is noted where it matters", broken_trees },
	{ "what is not there is no failure", absences },
	{ "only a lower device on PCI is a VF", lower_devices },
	{ "slots name serials", slots },
	{ "too many of anything", too_many },
	{ "many interfaces of one function", many_interfaces },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pair/sysfs", NULL, free_host, tests);
