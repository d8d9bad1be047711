/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for the kernel's. */
#ifndef SHIM_LINUX_COMPLETION_H
#define SHIM_LINUX_COMPLETION_H

#include <linux/wait.h>

struct completion {
	bool done;
};

#define init_completion(completion) ((void)((completion)->done = false))
#define complete(completion) ((void)((completion)->done = true))
#define wait_for_completion_timeout(completion, timeout)                                           \
	wait_event_timeout((completion)->done, (completion)->done, timeout)

#endif
