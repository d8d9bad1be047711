/* SPDX-License-Identifier: BSD-3-Clause */
/* From the kernel's messages about interfaces to what has changed for a NIC and its VF. Pure. */
#ifndef TRACK_H
#define TRACK_H

#include "pair.h"
#include "rtlink.h"

#define AN_TRACK_VFS 4	/* the VF, one that is going while the next one comes, and strangers */

struct an_tracked {
	struct an_rtlink link;	/* as last told; ifindex 0: the place is free */
	bool known;		/* `link` holds; if not, the next message is all news */
	bool chosen;		/* the caller says that this is the VF */
};

struct an_track {
	struct an_tracked net;
	struct an_tracked vf[AN_TRACK_VFS];
	an_pair_notify notify;	/* NULL: nothing is told */
	void *ctx;
	int told;		/* how many events there were */
};

void an_track_init(struct an_track *track, uint32_t ifindex);

/* Takes in what is told of any interface. */
void an_track_link(struct an_track *track, const struct an_rtlink *link);

void an_track_set_vf(struct an_track *track, uint32_t vf_ifindex);

/* Messages were lost. */
void an_track_resync(struct an_track *track);

/* accelnet.ko's reporter says so. */
void an_track_health(struct an_track *track, bool healthy);

#endif
