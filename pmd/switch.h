/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Moving a port's queues between the VF and the synthetic side. Called with the port's lock held;
 * bursts go on meanwhile and see each queue move between two of them.
 */
#ifndef AN_SWITCH_H
#define AN_SWITCH_H

#include <stdbool.h>
#include <stddef.h>

struct an_port;

/* Opens the VF of port->pair, builds and steers its queues, moves to it. 0 or -errno, with
 * nothing left open and the queues where they were. */
int an_switch_enter(struct an_port *port, char *reason, size_t len);
/* Sends go synthetic from here on; the VF keeps its queues. */
void an_switch_suspend(struct an_port *port);
/* Sends go to the VF again. */
void an_switch_resume(struct an_port *port);
/*
 * Moves to the synthetic side and closes the VF. With `drain` a VF that still works gets a moment
 * to finish what was posted; what it does not finish is counted as lost.
 */
void an_switch_leave(struct an_port *port, bool drain);
/* The steering again, after addresses, hash or redirection table changed. 0 or -errno; after an
 * error the VF is not in use any more. Does nothing while no VF is in use. */
int an_switch_steer(struct an_port *port);

#endif
