/* SPDX-License-Identifier: BSD-3-Clause */
/* The lab's one clock: monotonic nanoseconds. Unit tests put their own in its place. */
#ifndef LAB_CLOCK_H
#define LAB_CLOCK_H

#include <stdint.h>
#include <time.h>

#define LAB_MS 1000000ull /* nanoseconds */
#define LAB_S  1000000000ull

struct lab_clock {
	uint64_t (*now)(void *ctx); /* NULL: CLOCK_MONOTONIC */
	void *ctx;
};

static inline uint64_t lab_clock_now(const struct lab_clock *clock)
{
	struct timespec ts;

	if (clock != NULL && clock->now != NULL)
		return clock->now(clock->ctx);
	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * LAB_S + (uint64_t)ts.tv_nsec;
}

#endif
