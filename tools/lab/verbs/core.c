// SPDX-License-Identifier: BSD-3-Clause
/* See core.h. */
#define _GNU_SOURCE /* CPU sets */
#include "core.h"

#include <dirent.h>
#include <sched.h>
#include <stdlib.h>

/* As it was before the program (EAL) bound its threads. */
static cpu_set_t everywhere;

__attribute__((constructor)) static void everywhere_note(void)
{
	if (sched_getaffinity(0, sizeof(everywhere), &everywhere) < 0)
		CPU_ZERO(&everywhere);
}

void core_release(void)
{
	/* A thread made by a bound one would share its core, and only wait for it. */
	if (CPU_COUNT(&everywhere) > 0)
		sched_setaffinity(0, sizeof(everywhere), &everywhere);
}

/* Takes off the cores that have a thread of the program bound to them. */
static void take_off_bound(cpu_set_t *cores)
{
	DIR *folder = opendir("/proc/self/task");
	const struct dirent *entry;

	while (folder != NULL && (entry = readdir(folder)) != NULL) {
		pid_t thread = (pid_t)strtol(entry->d_name, NULL, 10);
		cpu_set_t its;

		if (thread <= 0 || sched_getaffinity(thread, sizeof(its), &its) < 0 ||
		    CPU_COUNT(&its) != 1)
			continue;
		CPU_AND(&its, &its, cores);
		CPU_XOR(cores, cores, &its);
	}
	if (folder != NULL)
		closedir(folder);
}

void core_take_free(void)
{
	cpu_set_t cores = everywhere, own;

	core_release();
	take_off_bound(&cores);
	for (int core = CPU_SETSIZE - 1; core >= 0; core--) {
		if (!CPU_ISSET(core, &cores))
			continue;
		CPU_ZERO(&own);
		CPU_SET(core, &own);
		sched_setaffinity(0, sizeof(own), &own);
		return;
	}
}
