// SPDX-License-Identifier: BSD-3-Clause
/* What the network managers' files say of a VF's interface. */
#include "../../tools/accelnet/manager.h"
#include "accelnet_world.h"
#include "pair_tree.h"
#include "unit.h"

#define NETWORKD "systemd/netif/links/3 = "
#define NM	 "NetworkManager/devices/3 = "

static void managers(void)
{
	static const struct {
		const char *files;
		const char *manager;
	} row[] = {
		{ NETWORKD "ADMIN_STATE=configured", AN_NETWORKD },
		{ NETWORKD "ADMIN_STATE=configuring", AN_NETWORKD },
		{ NETWORKD "ADMIN_STATE=failed", AN_NETWORKD },
		{ NETWORKD "ADMIN_STATE=unmanaged", "" },
		{ NETWORKD "ADMIN_STATE=initialized", "" },
		{ NETWORKD "OPER_STATE=configured", "" },
		{ NM "managed=true", AN_NETWORKMANAGER },
		{ NM "managed=false", "" },
		{ NM "managed=unknown", "" },
		{ NETWORKD "ADMIN_STATE=unmanaged\n" NM "managed=true", AN_NETWORKMANAGER },
		{ "systemd/netif/links/33 = ADMIN_STATE=configured", "" },
		{ "systemd/netif/links/3 !", "" },
		{ "", "" },
	};
	struct tree tree;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		world_setup();
		nic->vf.ifindex = 3;
		tree_unpack(&tree, NULL, row[i].files);
		an_manager_read_all(&host, tree.root);
		tree_remove(&tree);
		CU_ASSERT_STRING_EQUAL(nic->vf_manager, row[i].manager);
	}
	/* A NIC without a VF has nothing to be managed. */
	nic->vf.ifindex = 0;
	tree_unpack(&tree, NULL, "systemd/netif/links/0 = ADMIN_STATE=configured");
	an_manager_read_all(&host, tree.root);
	tree_remove(&tree);
	CU_ASSERT_STRING_EQUAL(nic->vf_manager, "");
}

static CU_TestInfo tests[] = {
	{ "who manages it", managers },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("accelnet/manager", NULL, NULL, tests);
