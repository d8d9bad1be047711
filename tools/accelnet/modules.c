// SPDX-License-Identifier: BSD-3-Clause
/*
 * Which modules the running kernel has: depmod's index modules.dep, a line "PATH/NAME.ko[.xz]: ..."
 * for each, and modules.builtin, a line "PATH/NAME.ko". A command that loads a module which is not
 * there is no advice.
 */
#define _GNU_SOURCE /* getline */
#include "modules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

static bool is_module(const char *line, const char *name)
{
	size_t length = strcspn(line, ":\n");
	const char *at = line + length;

	while (at > line && at[-1] != '/')
		at--;
	for (; *name != '\0'; name++, at++)
		if (*at != *name && !((*at == '-' || *at == '_') && (*name == '-' || *name == '_')))
			return false;
	return strncmp(at, ".ko", 3) == 0;
}

static enum an_fact find(const char *folder, const char *index, const char *name)
{
	enum an_fact found = AN_NO;
	char *line = NULL, path[512];
	size_t size = 0;
	FILE *file;

	if (snprintf(path, sizeof(path), "%s/%s", folder, index) >= (int)sizeof(path))
		return AN_UNKNOWN;
	file = fopen(path, "re");
	if (file == NULL)
		return AN_UNKNOWN;
	while (found == AN_NO && getline(&line, &size, file) > 0)
		if (is_module(line, name))
			found = AN_YES;
	if (ferror(file))
		found = AN_UNKNOWN;
	free(line);
	fclose(file);
	return found;
}

enum an_fact an_module_find(const char *folder, const char *name)
{
	enum an_fact file = find(folder, "modules.dep", name);

	if (file == AN_YES || find(folder, "modules.builtin", name) == AN_YES)
		return AN_YES;
	return file;
}

void an_modules_read_all(struct an_host *host)
{
	struct utsname kernel;
	char folder[sizeof(kernel.release) + 32];

	if (uname(&kernel) != 0)
		return;
	snprintf(folder, sizeof(folder), "/lib/modules/%s", kernel.release);
	for (struct an_nic *nic = host->nic; nic < host->nic + host->nics; nic++)
		if (nic->bound == AN_NO && nic->override[0] != '\0')
			nic->override_available = an_module_find(folder, nic->override);
	for (size_t i = 0; i < host->functions; i++) {
		struct an_function *function = &host->function[i];

		if (function->loaded == AN_NO)
			function->available = an_module_find(folder, function->id.module);
	}
}
