/* SPDX-License-Identifier: BSD-3-Clause */
/* SIGINT, SIGTERM and SIGHUP end a run in good order: whoever waits looks here. */
#ifndef LAB_STOP_H
#define LAB_STOP_H

#include <sys/types.h>

/* Before the first file, child or VM of a run. What was ignored (nohup, a shell's &) stays so. */
void lab_stop_install(void);
/* The first signal that came, 0: none. Children that are forked and go on inherit it. */
int lab_stop_signal(void);
/*
 * Forks a child that will be another program, in a process group of its own: a terminal's Ctrl-C
 * reaches us only, and signals have their default action in it from its first instruction on. It
 * gets `death` when we die. As fork().
 */
pid_t lab_stop_fork(int death);

#endif
