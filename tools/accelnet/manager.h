/* SPDX-License-Identifier: BSD-3-Clause */
/* Which network manager configures a VF's interface: none should. */
#ifndef MANAGER_H
#define MANAGER_H

#include "../pair/model.h"

#define AN_NETWORKD	  "systemd-networkd"
#define AN_NETWORKMANAGER "NetworkManager"

/* Looks each VF's interface up in what the managers keep below `run`, which is /run. */
void an_manager_read_all(struct an_host *host, const char *run);

#endif
