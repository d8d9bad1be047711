/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Who may touch a queue's rings right now: its burst function or control. One word a queue, moved
 * by compare-and-swap: a burst that finds its queue taken moves nothing and returns at once, so the
 * data path never waits; control waits until the burst in progress has returned, which is bounded
 * by the length of a burst. What control changes while it owns a queue (which side its bursts use,
 * the VF's rings) is seen by the next burst, because taking and giving back are acquire and release
 * on the same word.
 */
#ifndef AN_PATH_H
#define AN_PATH_H

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>

enum an_path_owner {
	AN_PATH_FREE = 0,
	AN_PATH_BURST,   /* a burst function is at work */
	AN_PATH_CONTROL, /* control changes the queue */
};

struct an_path {
	uint32_t owner; /* enum an_path_owner, atomic */
};

/* Data path: false means that control owns the queue and the burst moves nothing. */
static inline bool an_path_enter(struct an_path *path)
{
	uint32_t owner = AN_PATH_FREE;

	return __atomic_compare_exchange_n(&path->owner, &owner, AN_PATH_BURST, false,
					   __ATOMIC_ACQUIRE, __ATOMIC_RELAXED);
}

static inline void an_path_leave(struct an_path *path)
{
	__atomic_store_n(&path->owner, AN_PATH_FREE, __ATOMIC_RELEASE);
}

/*
 * Control: waits until no burst is at work and owns the queue. 0, or -ETIMEDOUT after `ms`
 * milliseconds (a burst thread that was descheduled in the middle of a burst). Threads that control
 * serialise each other by the port's lock.
 */
int an_path_take(struct an_path *path, unsigned int ms);

static inline void an_path_give(struct an_path *path)
{
	__atomic_store_n(&path->owner, AN_PATH_FREE, __ATOMIC_RELEASE);
}

#endif
