// SPDX-License-Identifier: GPL-2.0-only
/*
 * Calm is counted from the end of a hold, not from the loss: the longest hold is longer than the
 * calm time, and would be forgotten by the time it ends.
 */
#include "vf_hold.h"

/* Calm time since the last hold takes the level down, one loss at a time; free losses at once. */
static void decay_level(struct an_vf_hold *hold, u64 now)
{
	u64 calm = now > hold->until ? now - hold->until : 0;

	while (hold->level && calm >= AN_HOLD_CALM_MS) {
		calm -= AN_HOLD_CALM_MS;
		hold->level = hold->level > AN_HOLD_FREE ? hold->level - 1 : 0;
	}
}

void an_vf_hold_loss(struct an_vf_hold *hold, bool bad, u64 now)
{
	unsigned int doublings;
	u64 until = now;

	decay_level(hold, now);
	if (bad && hold->level < AN_HOLD_FREE)
		hold->level = AN_HOLD_FREE;
	if (hold->level < AN_HOLD_FREE + 1 + AN_HOLD_DOUBLINGS)
		hold->level++;
	if (hold->level > AN_HOLD_FREE) {
		doublings = hold->level - AN_HOLD_FREE - 1;
		until = now + ((u64)AN_HOLD_MS << doublings);
	}
	if (until > hold->until)
		hold->until = until;
}

u64 an_vf_hold_left(const struct an_vf_hold *hold, u64 now)
{
	return hold->until > now ? hold->until - now : 0;
}

void an_vf_hold_end(struct an_vf_hold *hold, u64 now)
{
	if (hold->until > now)
		hold->until = now;
}
