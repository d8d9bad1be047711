// SPDX-License-Identifier: BSD-3-Clause
/* Looking before leaping: see precheck.h. */
#include "precheck.h"
#include "devargs.h"

#include "../tools/pair/pair.h"

#include <errno.h>
#include <inttypes.h>
#include <linux/capability.h>
#include <rte_version.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#define MEMLOCK_LEAST (64ull << 20) /* bytes; below that not even a small mempool registers */

static int __attribute__((format(printf, 4, 5))) precheck_refuse(int err, char *reason, size_t len,
								 const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vsnprintf(reason, len, format, list);
	va_end(list);
	return err;
}

int an_precheck_dpdk(char *reason, size_t len)
{
	if (rte_version_year() == RTE_VER_YEAR && rte_version_month() == RTE_VER_MONTH)
		return 0;
	return precheck_refuse(-ENOTSUP, reason, len,
			       "built for DPDK %u.%02u, but %s runs it: rebuild it against that "
			       "one", RTE_VER_YEAR, RTE_VER_MONTH, rte_version());
}

/* The effective capabilities from /proc: no library needed for one look. */
static uint64_t capabilities_read(void)
{
	uint64_t effective = 0;
	char line[256];
	FILE *file;

	file = fopen("/proc/self/status", "re");
	if (file == NULL)
		return UINT64_MAX; /* unknown is not "no": what needs one will say so */
	while (fgets(line, sizeof(line), file) != NULL)
		if (sscanf(line, "CapEff: %" SCNx64, &effective) == 1)
			break;
	fclose(file);
	return effective;
}

int an_precheck_privileges(char *reason, size_t len)
{
	uint64_t has = capabilities_read();

	if (!(has & 1ull << CAP_NET_RAW))
		return precheck_refuse(-EPERM, reason, len, "CAP_NET_RAW is missing (setcap "
				       "cap_net_raw,cap_net_admin,cap_ipc_lock+ep PROGRAM, or "
				       "root)");
	if (!(has & 1ull << CAP_NET_ADMIN))
		return precheck_refuse(-EPERM, reason, len, "CAP_NET_ADMIN is missing, with which "
				       "the kernel is kept from answering for the port (setcap "
				       "cap_net_raw,cap_net_admin,cap_ipc_lock+ep PROGRAM, or "
				       "root)");
	return 0;
}

int an_precheck_interface(const struct an_devargs *args, struct an_pair *pair, char *reason,
			  size_t len)
{
	int err = an_pair_find(args->iface, pair);

	if (err != 0)
		return precheck_refuse(err, reason, len, "%s", pair->reason);
	if (args->force)
		return 0;
	err = an_pair_has_route(pair->net.ifindex);
	if (err == 0)
		return 0;
	if (err < 0)
		return precheck_refuse(err, reason, len, "the routes of %s cannot be read: %s",
				       args->iface, strerror(-err));
	return precheck_refuse(-EBUSY, reason, len,
			       "%s carries a route: taking it would cut off what uses it, SSH "
			       "perhaps; force=1 takes it all the same", args->iface);
}

void an_precheck_vf(const struct an_pair *pair, char *warning, size_t len)
{
	struct rlimit limit;

	warning[0] = '\0';
	if (pair->pci[0] != '\0' && pair->rdma[0] == '\0')
		precheck_refuse(0, warning, len, "the VF %s has no RDMA device yet (modprobe -a "
				"ib_uverbs mlx5_ib)", pair->pci);
	else if (getrlimit(RLIMIT_MEMLOCK, &limit) == 0 && limit.rlim_cur < MEMLOCK_LEAST &&
		 !(capabilities_read() & 1ull << CAP_IPC_LOCK))
		precheck_refuse(0, warning, len, "only %llu KiB of memory may be locked, too "
				"little for the VF (ulimit -l unlimited, or LimitMEMLOCK=infinity)",
				(unsigned long long)limit.rlim_cur / 1024);
}
