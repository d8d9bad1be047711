/* SPDX-License-Identifier: BSD-3-Clause */
/* All there is to know about this machine's NICs, read, attributed and judged. */
#ifndef COLLECT_H
#define COLLECT_H

#include "../pair/model.h"

/* Names a folder to read instead of /sys; for tests. Nothing but the folder is asked then. */
#define AN_SYSFS_ENV "ACCELNET_SYSFS"

struct an_report {
	struct an_host *host;
	struct an_nic *nic;		/* the one asked for; NULL: all */
	enum an_result result;
	char error[AN_TEXT];		/* why there is nothing to report, or "" */
};

/*
 * device: an interface, its VF's interface or a VMBus GUID; NULL: all. 0, or -errno without a
 * report. A report that says why it is empty is one.
 */
int an_collect(struct an_report *report, const char *device);
void an_collect_free(struct an_report *report);

#endif
