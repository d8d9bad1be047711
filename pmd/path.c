// SPDX-License-Identifier: BSD-3-Clause
/* Control's side of a queue's path: see path.h. */
#include "path.h"

#include <sched.h>
#include <time.h>

#define SPINS 1024u /* tries before each look at the clock */
#define NS_PER_MS 1000000ull

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

int an_path_take(struct an_path *path, unsigned int ms)
{
	uint64_t until = now_ns() + ms * NS_PER_MS;

	for (;;) {
		for (unsigned int i = 0; i < SPINS; i++) {
			uint32_t owner = AN_PATH_FREE;

			if (__atomic_compare_exchange_n(&path->owner, &owner, AN_PATH_CONTROL,
							false, __ATOMIC_ACQUIRE, __ATOMIC_RELAXED))
				return 0;
		}
		if (now_ns() >= until)
			return -ETIMEDOUT;
		sched_yield(); /* the burst's thread may need this core */
	}
}
