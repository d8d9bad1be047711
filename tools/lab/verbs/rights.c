// SPDX-License-Identifier: BSD-3-Clause
/*
 * Capabilities and the limit of pinned memory, checked where the kernel checks them: core/
 * uverbs_cmd.c (create_qp, ib_uverbs_ex_create_flow), core/umem.c (ib_umem_get). Memory counts in
 * whole pages; of what verbs pin, regions are counted, rings are small beside them.
 */
#define _GNU_SOURCE /* syscall */
#include "rights.h"

#include <errno.h>
#include <linux/capability.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool is_capable(unsigned int capability)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[_LINUX_CAPABILITY_U32S_3] = { 0 };

	if (syscall(SYS_capget, &header, data) < 0)
		return false;
	return data[capability / 32].effective >> capability % 32 & 1;
}

bool rights_raw(void)
{
	return is_capable(CAP_NET_RAW);
}

static uint64_t pages(uint64_t size)
{
	return (size + LAB_PAGE_SIZE - 1) / LAB_PAGE_SIZE + 1; /* both ends may be in part */
}

int rights_pin(struct machine *machine, uint64_t size)
{
	uint64_t pinned = machine->pinned + pages(size);
	struct rlimit limit;

	if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY &&
	    pinned > limit.rlim_cur / LAB_PAGE_SIZE && !is_capable(CAP_IPC_LOCK))
		return -ENOMEM;
	machine->pinned = pinned;
	return 0;
}

void rights_unpin(struct machine *machine, uint64_t size)
{
	machine->pinned -= pages(size);
}
