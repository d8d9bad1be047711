/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The guest's synthetic NICs: found in sysfs by their VMBus class, put in the host's order, named
 * eth0 to ethN, given addresses, handed from one driver to another. All return 0 or -errno unless
 * they say otherwise.
 */
#ifndef LAB_GUEST_NIC_H
#define LAB_GUEST_NIC_H

#include "rtnl.h"

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>

#define NIC_MAX 16
#define NIC_CLASS "{f8615163-df3e-46c5-913f-f2d2f965ed0e}" /* hyperv.h HV_NIC_GUID */

struct nic {
	char name[IFNAMSIZ];
	char device[40];    /* instance GUID: its name on the VMBus */
	unsigned int relid; /* id of its channel; the host offers its NICs in order */
};

/* Lists the synthetic NICs under that sysfs ("/sys") in the host's order. Returns how many. */
unsigned int nic_scan(const char *sysfs, struct nic nics[NIC_MAX]);
/*
 * Names nics[i] eth<i>. An interface of another kind that sits on such a name gets a later one.
 * To be called before the NICs are up.
 */
int nic_name_all(struct rtnl *rt, const char *sysfs, struct nic *nics, unsigned int count);
/* Brings NIC n up as 10.<77+n>.0.<2+vm>/24 and fd<77+n>::<2+vm>/64. */
int nic_configure(struct rtnl *rt, const char *sysfs, const struct nic *nic, unsigned int n,
		  unsigned int vm);
/* True if the NIC has a lower device (its VF) and that is up. */
bool nic_is_paired(const char *sysfs, const struct nic *nic);
/* The driver the NIC is bound to, "" for none. */
void nic_driver(const char *sysfs, const struct nic *nic, char *driver, size_t size);
/* Moves it to that driver through driver_override, as driverctl(8) does. */
int nic_hand_over(const char *sysfs, const struct nic *nic, const char *driver);

#endif
