/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The port's control thread: it learns what the host does with the VF, from the kernel's messages,
 * the device's asynchronous events and the watchdog, decides (failover.h) and moves the queues
 * (switch.h). It runs from probe to close; no burst function waits for it.
 */
#ifndef AN_CONTROL_H
#define AN_CONTROL_H

struct an_port;

/* 0 or -errno. */
int an_control_start(struct an_port *port);
void an_control_stop(struct an_port *port);
/* Looks again soon: something changed that is no file descriptor's business. Any thread. */
void an_control_wake(struct an_port *port);
/* The synthetic interface itself is gone: nothing will work again. Any thread. */
int an_control_is_removed(struct an_port *port);
/*
 * dev_start and dev_stop, with the port's lock held: a VF that is there is in use when the first
 * returns, if that takes one try; later tries are the thread's. After the second none is.
 */
void an_control_port_started(struct an_port *port);
void an_control_port_stopping(struct an_port *port);

#endif
