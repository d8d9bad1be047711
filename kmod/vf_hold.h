/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flap damping: how long a VF that is lost again and again is left alone. One level rises with each
 * loss and falls with each calm minute after the hold; the hold doubles with the level. Pure: time
 * comes in as milliseconds of any clock that does not go back. The caller locks.
 */
#ifndef AN_VF_HOLD_H
#define AN_VF_HOLD_H

#include <linux/types.h>

#define AN_HOLD_FREE		10	/* losses without a hold: servicing, tests */
#define AN_HOLD_MS		1000	/* the first hold; */
#define AN_HOLD_DOUBLINGS	6	/* it doubles so often at most */
#define AN_HOLD_CALM_MS		60000	/* after the end of a hold, to forget one loss */

struct an_vf_hold {
	unsigned int level;	/* losses that are remembered */
	u64 until;		/* ms; the end of the last hold, or the last loss */
};

/*
 * The VF was lost. `bad`: in a way that speaks against using it again at once (the host moved the
 * path, or did not answer); then there is a hold even for the first one.
 */
void an_vf_hold_loss(struct an_vf_hold *hold, bool bad, u64 now);
/* Ms until the VF may be used again; 0: now. */
u64 an_vf_hold_left(const struct an_vf_hold *hold, u64 now);
/* What the hold was for has come after all. The level stays: it can happen again. */
void an_vf_hold_end(struct an_vf_hold *hold, u64 now);

#endif
