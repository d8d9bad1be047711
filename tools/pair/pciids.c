// SPDX-License-Identifier: BSD-3-Clause
/*
 * The PCI functions that can be a synthetic NIC's VF: the virtual functions of mlx4's and mlx5's
 * id tables, and MANA, of which one function may serve several NICs.
 */
#include "pciids.h"

#include <stddef.h>

#define MELLANOX  0x15b3
#define MICROSOFT 0x1414

static const struct an_pciid ids[] = {
	{ MELLANOX, 0x1004, "ConnectX-3 Pro VF", "mlx4_core" },
	{ MELLANOX, 0x1014, "ConnectX-4 VF", "mlx5_core" },
	{ MELLANOX, 0x1016, "ConnectX-4 Lx VF", "mlx5_core" },
	{ MELLANOX, 0x1018, "ConnectX-5 VF", "mlx5_core" },
	{ MELLANOX, 0x101a, "ConnectX-5 Ex VF", "mlx5_core" },
	{ MELLANOX, 0x101c, "ConnectX-6 VF", "mlx5_core" },
	{ MELLANOX, 0x101e, "ConnectX mlx5Gen VF", "mlx5_core" },
	{ MELLANOX, 0xa2d3, "BlueField VF", "mlx5_core" },
	{ MICROSOFT, 0x00ba, "MANA VF", "mana" },
};

const struct an_pciid *an_pciid_find(uint32_t vendor, uint32_t device)
{
	for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
		if (ids[i].vendor == vendor && ids[i].device == device)
			return &ids[i];
	return NULL;
}
