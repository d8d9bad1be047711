/* SPDX-License-Identifier: BSD-3-Clause */
/* All there is to know about this machine's NICs, read, attributed and judged. */
#ifndef COLLECT_H
#define COLLECT_H

#include "../pair/model.h"
#include "command.h"

/* Names a folder to read instead of /sys; for tests. Nothing but the folder is asked then. */
#define AN_SYSFS_ENV "ACCELNET_SYSFS"

struct an_report {
	struct an_host *host;
	struct an_nic *nic;		/* the one asked for; NULL: all */
	enum an_result result;
	char error[AN_TEXT];		/* why there is nothing to report, or "" */
};

/* There is always a report; one that is empty says why. One at a time: the host is static. */
void an_collect(struct an_report *report, const struct an_options *options);
void an_collect_free(struct an_report *report);

#endif
