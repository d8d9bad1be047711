// SPDX-License-Identifier: BSD-3-Clause
/*
 * Does /sys show the network namespace that this process is in? `ip netns exec` mounts a /sys of
 * its own, `nsenter --net` and `unshare --net` do not: indices and names would then be those of one
 * namespace, addresses and counters those of another.
 */
#include "namespace.h"
#include "../pair/netlink.h"
#include "../pair/rtlink.h"

#include <errno.h>
#include <linux/netlink.h>
#include <string.h>

/* What could not be asked proves nothing. */
static bool is_here(struct an_netlink *netlink, const struct an_link *link)
{
	struct an_rtlink told;
	int ret = an_rtlink_ask(netlink, NULL, link->ifindex, &told);

	return ret == 0 ? strcmp(told.name, link->name) == 0 : ret != -ENODEV;
}

bool an_namespace_is_shown(const struct an_host *host)
{
	struct an_netlink netlink;
	bool asked = false, here = false;

	if (an_netlink_open(&netlink, NETLINK_ROUTE) != 0)
		return true;
	for (size_t i = 0; i < host->nics && !here; i++) {
		if (host->nic[i].net.ifindex == 0)
			continue;
		asked = true;
		here = is_here(&netlink, &host->nic[i].net);
	}
	an_netlink_close(&netlink);
	return here || !asked;
}
