/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the host still owes the guest: requests whose answer was held back, dropped by a fault, or
 * not sent yet. The watchdog and `hostctl stats` (outstanding[]) name them when a guest waits.
 */
#ifndef LAB_PENDING_H
#define LAB_PENDING_H

#include "clock.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LAB_PENDING_MAX 64

struct lab_pending_entry {
	uint32_t id; /* 0: free */
	uint64_t since; /* clock, ns */
	char what[80];
};

struct lab_pending {
	const struct lab_clock *clock;
	uint32_t last_id;
	struct lab_pending_entry entry[LAB_PENDING_MAX];
};

/* Notes a request. Returns its id (never 0), or 0 when the table is full. */
uint32_t lab_pending_add(struct lab_pending *p, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Forgets it; id 0 and unknown ids are ignored. */
void lab_pending_done(struct lab_pending *p, uint32_t id);
/* The oldest entry, or NULL. */
const struct lab_pending_entry *lab_pending_oldest(const struct lab_pending *p);

#endif
