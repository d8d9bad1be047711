/* SPDX-License-Identifier: BSD-3-Clause */
/* Which modules the running kernel has, loaded or not. */
#ifndef MODULES_H
#define MODULES_H

#include "../pair/model.h"

/*
 * Is there a module of that name in `folder`, /lib/modules/RELEASE of some kernel, as a file or
 * built in? Unknown: depmod's index cannot be read there. '-' and '_' are the same.
 */
enum an_fact an_module_find(const char *folder, const char *name);

/* Asks that for every driver that a NIC or a function of this machine lacks. */
void an_modules_read_all(struct an_host *host);

#endif
