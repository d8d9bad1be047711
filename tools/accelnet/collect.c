// SPDX-License-Identifier: BSD-3-Clause
/* All there is to know about this machine's NICs, read, attributed and judged. */
#define _GNU_SOURCE /* secure_getenv, strsep */
#include "collect.h"
#include "../pair/address.h"
#include "../pair/attribute.h"
#include "../pair/devlink.h"
#include "../pair/ethtool_stats.h"
#include "../pair/function.h"
#include "../pair/nic.h"
#include "../pair/netlink.h"
#include "../pair/rtlink.h"
#include "../pair/sysfs.h"
#include "find.h"
#include "manager.h"
#include "modules.h"
#include "namespace.h"
#include "qdisc.h"
#include "text.h"
#include "verdict.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct an_host only;	/* too large for the stack */

/* Why there is nothing to say, or nothing more. */
static void find_error(struct an_report *report)
{
	const struct an_host *host = report->host;

	if (host->nics == 0 && host->failed[0] != '\0')
		an_text_clean(report->error, sizeof(report->error), host->failed);
	else if (!host->has_vmbus)
		an_fail(report->error, 0, "no synthetic NIC: this is no Hyper-V guest (no VMBus)");
	else if (host->nics == 0)
		an_fail(report->error, 0, "no synthetic NIC on VMBus");
}

/* Azure's machines have the same asset tag, all of them. */
static void read_platform(const struct an_sysfs *fs, struct an_host *host)
{
	char tag[AN_NAME];

	host->azure = an_sysfs_read(fs, tag, sizeof(tag), "class/dmi/id/chassis_asset_tag") == 0 &&
		      strcmp(tag, "7783-7084-3265-9085-8269-3286-77") == 0;
}

/* The index of an interface that has the word as its name or one of its alternative names. */
static uint32_t index_of(const char *word, bool live)
{
	struct an_netlink netlink;
	struct an_rtlink link;
	uint32_t ifindex = 0;

	if (!live || an_netlink_open(&netlink, NETLINK_ROUTE) != 0)
		return 0;
	if (an_rtlink_ask(&netlink, word, 0, &link) == 0)
		ifindex = link.ifindex;
	an_netlink_close(&netlink);
	return ifindex;
}

static void allow_none(struct an_nic *nic)
{
	if (nic->verdict.result == AN_NOT_ACCELERATED)
		an_verdict_allow(nic);
}

/* NICs that have no VF on purpose: those in the list, or all. */
static void allow(struct an_report *report, const struct an_options *options, bool live)
{
	char list[1024], *rest = list, *word;
	struct an_host *host = report->host;
	struct an_nic *nic;

	if (options->none == NULL) {
		for (nic = host->nic; nic < host->nic + host->nics; nic++)
			allow_none(nic);
		return;
	}
	snprintf(list, sizeof(list), "%s", options->none);
	while ((word = strsep(&rest, ",")) != NULL) {
		nic = an_find(host, word, index_of(word, live), report->error);
		if (nic == NULL)
			return;
		allow_none(nic);
	}
}

static void read_all(struct an_report *report, const char *root, bool live)
{
	struct an_host *host = report->host;
	struct an_sysfs fs;
	int ret;

	ret = an_sysfs_open(&fs, root);
	if (ret) {
		an_fail(report->error, ret, "cannot open %s", root);
		return;
	}
	an_nic_read_all(&fs, host);
	an_function_read_all(&fs, host);
	read_platform(&fs, host);
	an_sysfs_close(&fs);
	if (live && !an_namespace_is_shown(host)) {
		an_fail(report->error, 0, "/sys shows another network namespace than this one: "
			"ip netns exec mounts the right one");
		return;
	}
	if (live) {
		an_devlink_read_all(host);
		an_address_read_all(host);
		an_manager_read_all(host, "/run");
		an_qdisc_read_all(host);
		an_stats_sample(host);
		an_modules_read_all(host);
	}
	an_attribute(host);
	an_verdict(host);
}

void an_collect(struct an_report *report, const struct an_options *options)
{
	const char *recorded = secure_getenv(AN_SYSFS_ENV);
	bool live = recorded == NULL;
	struct an_host *host = &only;

	*report = (struct an_report){ .host = host, .result = AN_CANNOT_TELL };
	memset(host, 0, sizeof(*host));
	read_all(report, live ? "/sys" : recorded, live);
	if (report->error[0] == '\0')
		find_error(report);
	if (report->error[0] == '\0' && options->allow_none)
		allow(report, options, live);
	if (report->error[0] == '\0' && options->device != NULL)
		report->nic = an_find(host, options->device, index_of(options->device, live),
				      report->error);
	if (report->error[0] == '\0')
		report->result = an_verdict_result(host, report->nic);
}

void an_collect_free(struct an_report *report)
{
	an_function_free_all(report->host);
	report->host = NULL;
}
