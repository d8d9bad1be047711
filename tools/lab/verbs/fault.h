/* SPDX-License-Identifier: BSD-3-Clause */
/* What the host does to the function: takes it away, announced or not, and gives it back. */
#ifndef LAB_VERBS_FAULT_H
#define LAB_VERBS_FAULT_H

#include "machine.h"

void fault_init(struct machine *machine);
/* What is due by now. Locked, as all of these; what changes the VF lets go of it for a while. */
void fault_advance(struct machine *machine, uint64_t now);
/* The next time something is due; UINT64_MAX: nothing is. */
uint64_t fault_deadline(const struct machine *machine);
/* Waits until a silent device has been given up by the kernel; lets go of the lock meanwhile. */
void fault_wait(struct machine *machine);

/* 0, -ENODEV (there is none), -EALREADY (there is one). */
int fault_eject(struct machine *machine);
int fault_surprise(struct machine *machine);
int fault_add(struct machine *machine);
void fault_link(struct machine *machine, bool up);
/* Ejects the VF and gives it back, n times, each time once it has carried traffic for a while. */
void fault_flap(struct machine *machine, unsigned int n);
/* The function is there and the kernel knows it. */
bool fault_present(const struct machine *machine);
/* No more faults: delays are the usual ones again, nothing completes with an error or late. */
void fault_clear(struct machine *machine);

#endif
