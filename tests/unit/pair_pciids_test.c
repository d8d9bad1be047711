// SPDX-License-Identifier: BSD-3-Clause
#include "../../tools/pair/pciids.h"
#include "unit.h"

static void pci_ids(void)
{
	CU_ASSERT_STRING_EQUAL(an_pciid_find(0x15b3, 0x1004)->module, "mlx4_core");
	CU_ASSERT_STRING_EQUAL(an_pciid_find(0x15b3, 0x101e)->module, "mlx5_core");
	CU_ASSERT_STRING_EQUAL(an_pciid_find(0x1414, 0x00ba)->module, "mana");
	CU_ASSERT_PTR_NULL(an_pciid_find(0x15b3, 0x1017));	/* the physical function */
	CU_ASSERT_PTR_NULL(an_pciid_find(0x1414, 0x1018));
	CU_ASSERT_PTR_NULL(an_pciid_find(0x15b3, 0x11018));
}

static CU_TestInfo tests[] = {
	{ "PCI ids", pci_ids },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pair/pciids", NULL, NULL, tests);
