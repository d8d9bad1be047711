/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every time this driver waits for the host, and how long at most. Waits for an answer look at the
 * channel's rescind flag once a slice, those for room in the ring before it (nvsp.c, rndis.c) at
 * each try; they come on top. hv_vmbus's own waits (opening and closing channels, GPADLs) end with
 * an answer or a rescind; they are made in probe, remove and subchannel work, without RTNL. The
 * times of the data path are in vf_decide.h and vf_hold.h.
 */
#ifndef AN_WAITS_H
#define AN_WAITS_H

enum an_waits {
	AN_WAIT_SLICE_MS = 50,
	AN_STEP_MS = 10000,		/* probe: one answer of the host */
	AN_SUBCHANNELS_MS = 5000,	/* probe: all promised subchannels are offered and open */
	AN_FILTER_MS = 2000,		/* work: packet filter */
	AN_RTNL_MS = 1000,		/* RTNL: the stack's set_mac_address, set_rxfh */
	AN_PATH_RTNL_MS = 500,		/* RTNL: the switch back when a VF goes down */
	AN_DRAIN_RTNL_MS = 20,		/* RTNL: the VF's queues, before it goes down */
	AN_RECOVER_MS = 2000,		/* devlink: the VF is active after `recover` */
	AN_IDLE_MS = 2000,		/* remove: sends the host has not completed */

	AN_TAKEOVER_MS = 100,		/* VF joined, or renamed, to VF set up and opened */
	AN_RENAME_MS = 2000,		/* the same where udev is expected to rename it first */
	AN_LEAVE_MS = 2000,		/* between two VFs that the host says are this NIC's */
	AN_SLOT_MS = 100,		/* a function on PCI to the name of its slot */
	AN_RETRY_MS = 1000,		/* another try of what the host did not do, doubling */
	AN_RETRY_MAX_MS = 60000,	/* up to this */
	AN_LINK_BLINK_MS = 2000,	/* a network change shows as link down this long */
	AN_LINK_SPACE_MS = 2000,	/* between two changes of the carrier */
	AN_EXPECT_MS = 30000,		/* a VF on its way to active: degraded after */
};

#endif
