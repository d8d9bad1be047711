// SPDX-License-Identifier: BSD-3-Clause
/* What depmod's index says of a module. */
#include "../../tools/accelnet/modules.h"
#include "pair_tree.h"
#include "unit.h"

#include <stdio.h>

static void names(void)
{
	static const struct {
		const char *name;
		enum an_fact found;
	} row[] = {
		{ "mlx5_core", AN_YES },
		{ "vfio-pci", AN_YES },
		{ "vfio_pci", AN_YES },
		{ "pci_hyperv", AN_YES },	/* built in */
		{ "mlx5", AN_NO },
		{ "x5_core", AN_NO },
		{ "mlxfw", AN_NO },		/* another's dependency only */
		{ "mana", AN_NO },
		{ "", AN_NO },
	};
	struct tree tree;
	char path[128];
	FILE *file;

	tree_unpack(&tree, NULL, "modules.builtin = kernel/pci/pci-hyperv.ko");
	snprintf(path, sizeof(path), "%s/modules.dep", tree.root);
	file = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	fputs("kernel/mlx5/mlx5_core.ko.xz: kernel/mlxfw/mlxfw.ko\n"
	      "kernel/vfio/vfio-pci.ko:\n", file);
	fclose(file);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		CU_ASSERT_EQUAL(an_module_find(tree.root, row[i].name), row[i].found);
	tree_remove(&tree);
}

static void no_index(void)
{
	struct tree tree;

	tree_unpack(&tree, NULL, "modules.builtin = kernel/pci/pci-hyperv.ko");
	CU_ASSERT_EQUAL(an_module_find(tree.root, "pci-hyperv"), AN_YES);
	CU_ASSERT_EQUAL(an_module_find(tree.root, "mana"), AN_UNKNOWN);
	CU_ASSERT_EQUAL(an_module_find("/nonexistent", "mana"), AN_UNKNOWN);
	tree_remove(&tree);
}

static CU_TestInfo tests[] = {
	{ "modules by name", names },
	{ "no index", no_index },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("accelnet/modules", NULL, NULL, tests);
