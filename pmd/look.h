/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Asking the kernel about the pair and the link, in a thread of its own: while a VF is torn out the
 * kernel holds RTNL for seconds, and the control thread, which watches completions, must not wait
 * for that. The answer is published under the port's lock.
 */
#ifndef AN_LOOK_H
#define AN_LOOK_H

#include "../tools/pair/pair.h"

#include <stdbool.h>
#include <stdint.h>

struct an_port;
struct an_look; /* the thread and what it waits for */

struct an_look_answer {
	int err;             /* of an_pair_find: -ENODEV: the interface is gone */
	struct an_pair pair; /* valid if err is 0 */
	uint32_t speed;      /* Mbit/s; 0: unknown */
};

/* Mbit/s of an interface's link as ethtool has it; 0: unknown. May wait for RTNL. */
uint32_t an_look_speed(const char *iface);
/* Asks at once, in the calling thread; port->lock not needed. */
void an_look_now(uint32_t ifindex, struct an_look_answer *answer);

/* 0 or -errno. Looks when asked to and once a second, and wakes control with each answer. */
int an_look_start(struct an_look **look, struct an_port *port, uint32_t ifindex);
void an_look_stop(struct an_look *look);
void an_look_ask(struct an_look *look);
/* The newest answer, once. Called with the port's lock; false if there is none since the last. */
bool an_look_take(struct an_look *look, struct an_look_answer *answer);

#endif
