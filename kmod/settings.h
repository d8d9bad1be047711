/* SPDX-License-Identifier: GPL-2.0-only */
/* What the host is told of the net_device: packet filter, and what it may have missed. */
#ifndef AN_SETTINGS_H
#define AN_SETTINGS_H

#include "nic.h"

/* Of what it is not known whether the host has it; bits of nic->unsynced. */
enum an_setting {
	AN_SETTING_MAC,
	AN_SETTING_RSS,
	AN_SETTINGS,
};

void an_settings_init(struct an_nic *nic);
/* Brings the host's packet filter to what the net_device's flags say, soon. Any context. */
void an_settings_update(struct an_nic *nic);
/* RTNL: the user has set one, and the host has answered. */
void an_settings_note(struct an_nic *nic);
/* RTNL: the host may or may not have taken the setting; it is told again until it answers. */
void an_settings_mark_unsynced(struct an_nic *nic, enum an_setting setting);
/* Nothing of this runs any more; packet filter 0. Not under RTNL. */
void an_settings_halt(struct an_nic *nic);

#endif
