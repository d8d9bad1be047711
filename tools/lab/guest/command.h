/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs a program and forwards what it prints through the lab port as it comes.
 */
#ifndef LAB_GUEST_COMMAND_H
#define LAB_GUEST_COMMAND_H

#include "port.h"

#define COMMAND_NOT_FOUND 127
#define COMMAND_NOT_RUN   126
#define COMMAND_SIGNALLED 128 /* plus the signal's number */

/*
 * Runs argv (looked up in PATH, standard input empty) to its end, and takes the zombies of
 * others meanwhile: the caller is process 1 or has no other children. Returns its exit status as a
 * shell would say it, or -errno if it could not be started.
 */
int command_run(const struct lab_port *port, char *const argv[]);

#endif
