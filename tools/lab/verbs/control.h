/* SPDX-License-Identifier: BSD-3-Clause */
/* The words of hostctl, over the machine's socket. */
#ifndef LAB_VERBS_CONTROL_H
#define LAB_VERBS_CONTROL_H

#include "machine.h"

/* Listens if the launcher named a socket. 0 or -errno. */
int control_start(struct machine *machine);
void control_stop(struct machine *machine);
/* There is a thread that gives and takes the VF, and the caller is another. */
bool control_is_elsewhere(const struct machine *machine);

#endif
