/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Frames inside the veth pair that stands for eth0 and its wire. A veth hands a frame to the other
 * end's backlog, which a softirq empties: on a busy machine milliseconds later, while VMBus and a
 * VF have their frames in the ring at once. Where the data path changes, the machine waits for the
 * backlog, so that the busy machine is not taken for the host's order.
 */
#ifndef LAB_VERBS_BACKLOG_H
#define LAB_VERBS_BACKLOG_H

#include <stdint.h>

struct backlog {
	const char *interface, *peer;
	int probe;                 /* packet socket on the interface, counts what comes; or -1 */
	uint64_t arrived;          /* at the interface, as the probe counts */
	uint64_t interface_before; /* what each had sent when counting began; modulo 1 << 64 */
	uint64_t peer_before;
};

/* Opens the probe on `interface`, whose far end is `peer`. 0 or -errno. */
int backlog_open(struct backlog *backlog, const char *interface, const char *peer);
void backlog_close(struct backlog *backlog);

/* Frames that the interface has sent so far: as many has the far end taken or lost when none of
 * them is under way any more. 0: not known. */
uint64_t backlog_sent(const struct backlog *backlog);
/* Frames that the far end sent and that have not reached eth0's sockets. */
uint64_t backlog_to_guest(struct backlog *backlog);
/* What is missing has not come in time and never will (the interface was down): from here on. */
void backlog_forget(struct backlog *backlog, uint64_t taken);

#endif
