/* SPDX-License-Identifier: BSD-3-Clause */
/* Runs the tool's main() in this process, and keeps what it prints. */
#ifndef ACCELNET_RUN_H
#define ACCELNET_RUN_H

#define RUN_MAX 65536

struct run {
	int status;
	char out[RUN_MAX];
	char err[RUN_MAX];
};

/* `words` follow the program's name, with a blank between two; sysfs as for ACCELNET_SYSFS. */
void run(struct run *run, const char *sysfs, const char *words);

#endif
