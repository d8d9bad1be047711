/* SPDX-License-Identifier: GPL-2.0-only */
/* devlink: info, the health reporter of the VF, the parameter `datapath`. */
#ifndef AN_DEVLINK_H
#define AN_DEVLINK_H

struct an_nic;

/*
 * None under RTNL: devlink's lock comes first. Unregister after nic->removing is set, destroy when
 * nothing of the NIC runs any more.
 */
int an_devlink_create(struct an_nic *nic);
void an_devlink_unregister(struct an_nic *nic);
void an_devlink_destroy(struct an_nic *nic);

#endif
