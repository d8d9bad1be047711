// SPDX-License-Identifier: BSD-3-Clause
/*
 * What `accelnet check` says of machines as they are found in use: its first line, its exit status,
 * and what its line on one of the NICs has in it.
 */
#include "accelnet_run.h"
#include "pair_tree.h"
#include "unit.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NIC0 "bus/vmbus/devices/f8615163-0000-1000-2000-002248a1b201"
#define NIC1 "bus/vmbus/devices/f8615163-0001-1000-2000-002248a1b202"
#define VF0  "bus/pci/devices/0002:00:02.0"
#define VF1  "bus/pci/devices/0003:00:02.0"

static const struct {
	const char *tree;
	const char *changes;
	int status;
	const char *first;	/* line */
	const char *of_nic;	/* a part of what follows */
} row[] = {
	{ "one", NULL, 0, "OK - 1 NIC: 1 ok", "eth0: ok: VF active" },
	{ "cx3", NULL, 0, "OK - 1 NIC: 1 ok", "eth0: ok: VF active" },
	{ "bridged", NULL, 0, "OK - 1 NIC: 1 ok", "eth0: ok: VF active" },
	{ "tap-beside", NULL, 0, "OK - 2 NICs: 2 ok", "eth1: ok: VF active" },
	{ "mana-nine", NULL, 0, "OK - 9 NICs: 9 ok", "eth8: ok: VF active" },
	{ "mana-fifteen", NULL, 0, "OK - 15 NICs: 15 ok", "eth14: ok: VF active" },
	{ "odd-names", NULL, 2, "DEGRADED - 1 NIC: 1 degraded",
	  "next: ip link set dev '$(reboot)' up" },

	/* None, as it was ordered, is less than one that is broken. */
	{ "an-off", NULL, 1, "UNACCELERATED - 1 NIC: 1 unaccelerated", "the host offers no VF" },
	{ "mana-one", NULL, 1, "UNACCELERATED - 2 NICs: 1 ok, 1 unaccelerated",
	  "eth1: unaccelerated: VF absent" },
	{ "mana-half", NULL, 2, "DEGRADED - 2 NICs: 1 ok, 1 degraded", "eth1: degraded: VF bound" },
	{ "an-off", NULL, 1, "UNACCELERATED - 1 NIC: 1 unaccelerated",
	  "next: Get-VMNetworkAdapter" },
	{ "an-off", "class/dmi/id/chassis_asset_tag = 7783-7084-3265-9085-8269-3286-77", 1,
	  "UNACCELERATED - 1 NIC: 1 unaccelerated", "next: az network nic show" },

	/* A network function of any kind is a VF that is offered. */
	{ "intel-vf", NULL, 2, "DEGRADED - 1 NIC: 1 degraded",
	  "a1b2:00:02.0, a network function of no known kind (8086:1515)" },
	{ "mana-pf", NULL, 2, "DEGRADED - 1 NIC: 1 degraded",
	  "a1b2:00:02.0, a network function of no known kind (1414:00c1)" },
	{ "bluefield-vf", NULL, 2, "DEGRADED - 1 NIC: 1 degraded",
	  "no driver bound to a1b2:00:02.0, though mlx5_core is loaded" },
	{ "broadcom-vf", NULL, 2, "DEGRADED - 1 NIC: 1 degraded",
	  "eth1 has this NIC's MAC but is not joined to it" },
	/* One with an interface of its own is none; nor are the emulated cards of domain 0. */
	{ "broadcom-vf", "class/net/eth1/address = 00:22:48:a1:b2:77", 1,
	  "UNACCELERATED - 1 NIC: 1 unaccelerated", "the host offers no VF" },
	{ "intel-vf", "bus/pci/devices/0000:00:0a.0/class = 0x020000\n"
		      "bus/pci/devices/0000:00:0a.0/vendor = 0x1011\n"
		      "bus/pci/devices/0000:00:0a.0/device = 0x0009\n"
		      "bus/pci/devices/a1b2:00:02.0 -", 1,
	  "UNACCELERATED - 1 NIC: 1 unaccelerated", "the host offers no VF" },

	/* Advice that cures. */
	{ "vfio", NULL, 2, "DEGRADED - 1 NIC: 1 degraded",
	  "next: modprobe mlx5_core; echo 0002:00:02.0 >/sys/bus/pci/drivers/vfio-pci/unbind; "
	  "echo 0002:00:02.0 >/sys/bus/pci/drivers/mlx5_core/bind\n" },
	{ "mana-half", NULL, 2, "DEGRADED - 2 NICs: 1 ok, 1 degraded",
	  "ip link set dev enP30832s1d1 netns accelnet &&" },

	/* Nobody has configured it. */
	{ "spare-down", NULL, 0, "OK - 2 NICs: 1 ok, 1 down", "eth1: down: VF paired" },
	{ "an-off", "class/net/eth0/flags = 0x1002", 0, "DOWN - 1 NIC: 1 down", "eth0: down" },

	/* One NIC with DPDK or two: the same answer. */
	{ "dpdk-one", NULL, 0, "OK - 2 NICs: 1 ok, 1 foreign", "in the hands of uio_hv_generic" },
	{ "dpdk-two", NULL, 0, "OK - 3 NICs: 1 ok, 2 foreign", "in the hands of uio_hv_generic" },
	{ "dpdk-mana", NULL, 0, "OK - 3 NICs: 1 ok, 2 foreign", "in the hands of uio_hv_generic" },
	/* The function with an interface is the foreign NIC's, not that of the NIC without a VF. */
	{ "dpdk-one", "class/net/eth0/lower_enP2s1 -\nclass/net/enP2s1 -\n"
		      "bus/pci/devices/0002:00:02.0 -", 1,
	  "UNACCELERATED - 2 NICs: 1 unaccelerated, 1 foreign", "eth0: unaccelerated: VF absent" },
	/* Without driver it may be either's; that is no proof of a fault. */
	{ "dpdk-one", "class/net/eth0/lower_enP2s1 -\nclass/net/enP2s1 -\n"
		      "bus/pci/devices/0002:00:02.0 -\nclass/net/enP3s1 -\n"
		      "bus/pci/devices/0003:00:02.0/net -\nbus/pci/devices/0003:00:02.0/driver -",
	  3, "UNKNOWN - 2 NICs: 1 unknown, 1 foreign", "may be this NIC's or another's" },

	/* From a network namespace that has eth0 and its VF, but not eth1. */
	{ "spare-down", NIC1 "/net/eth1 -\nclass/net/eth1 -\n"
			VF1 "/net/enP3s1 -\nclass/net/enP3s1 -", 0,
	  "OK - 2 NICs: 1 ok, 1 elsewhere", "is in another network namespace; next: lsns" },
	/* On accelnet.ko, and of a namespace that has neither. */
	{ "spare-down", NIC1 "/net/eth1 -\nclass/net/eth1 -\n"
			VF1 "/net/enP3s1 -\nclass/net/enP3s1 -\n"
			NIC0 "/net/eth0 -\nclass/net/eth0 -\n"
			VF0 "/net/enP2s1 -\nclass/net/enP2s1 -\n"
			NIC0 "/driver -> ../../drivers/accelnet", 3,
	  "ELSEWHERE - 2 NICs: 2 elsewhere", "is in another network namespace" },
	/* The VF was moved alone. */
	{ "one", "class/net/eth0/lower_enP2s1 -\nclass/net/enP2s1 -\n" VF0 "/net/enP2s1 -", 2,
	  "DEGRADED - 1 NIC: 1 degraded", "of 0002:00:02.0 is in another network namespace" },
};

static void machines(void)
{
	static struct run result;
	struct tree tree;
	const char *end;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		bool right;

		tree_unpack(&tree, row[i].tree, row[i].changes);
		run(&result, tree.root, "check");
		tree_remove(&tree);
		end = strchr(result.out, '\n');
		right = result.status == row[i].status && end != NULL &&
			(size_t)(end - result.out) == strlen(row[i].first) &&
			strncmp(result.out, row[i].first, strlen(row[i].first)) == 0 &&
			strstr(end, row[i].of_nic) != NULL && result.err[0] == '\0';
		if (!right)
			printf("row %zu, %s: %d\n%s%s", i, row[i].tree, result.status, result.out,
			       result.err);
		CU_ASSERT_TRUE(right);
	}
}

static CU_TestInfo tests[] = {
	{ "machines as they are found", machines },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("accelnet/field", NULL, NULL, tests);
