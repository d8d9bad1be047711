/* SPDX-License-Identifier: BSD-3-Clause */
/* A program that is run with a log, a time limit, and nothing of it left afterwards. */
#ifndef TESTS_LAB_PROCESS_H
#define TESTS_LAB_PROCESS_H

#include <stdbool.h>

struct process_end {
	int status;	       /* exit status, or 128 + the signal that ended it */
	bool timed_out;	       /* the limit was reached; it has been killed */
	unsigned int orphans;  /* processes it left behind; they have been killed */
	double seconds;
};

/* Once, before the first run: orphans of children become ours, and Ctrl-C is noted. */
int process_set_up(void);
/* The signal that asked us to stop, or 0. */
int process_stopped(void);
/* Appends standard output and error to `log`. 0, or -errno if it could not be run at all. */
int process_run(char *const argv[], const char *log, unsigned int limit, struct process_end *end);

#endif
