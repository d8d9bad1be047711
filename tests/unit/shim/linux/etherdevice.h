/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for the kernel's: addresses. */
#ifndef SHIM_LINUX_ETHERDEVICE_H
#define SHIM_LINUX_ETHERDEVICE_H

#include <linux/netdevice.h>

#define ether_addr_copy(to, from) ((void)memcpy(to, from, ETH_ALEN))
#define eth_hw_addr_set(net, mac) ether_addr_copy((net)->dev_addr, mac)

static inline bool is_valid_ether_addr(const u8 *mac)
{
	static const u8 zero[ETH_ALEN];

	return !(mac[0] & 1) && memcmp(mac, zero, ETH_ALEN);
}

#endif
