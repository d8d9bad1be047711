// SPDX-License-Identifier: BSD-3-Clause
/* All there is to know about this machine's NICs, read, attributed and judged. */
#define _GNU_SOURCE /* secure_getenv */
#include "collect.h"
#include "../pair/address.h"
#include "../pair/attribute.h"
#include "../pair/devlink.h"
#include "../pair/ethtool_stats.h"
#include "../pair/function.h"
#include "../pair/nic.h"
#include "../pair/sysfs.h"
#include "modules.h"
#include "text.h"
#include "verdict.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static struct an_nic *find(struct an_host *host, const char *name)
{
	for (size_t i = 0; i < host->nics; i++) {
		struct an_nic *nic = &host->nic[i];

		if (strcasecmp(nic->guid, name) == 0 || strcmp(nic->net.name, name) == 0 ||
		    strcmp(nic->vf.name, name) == 0)
			return nic;
	}
	return NULL;
}

static void find_error(struct an_report *report, const char *device)
{
	const struct an_host *host = report->host;
	char clean[AN_NAME];

	if (host->nics == 0 && host->failed[0] != '\0') {
		an_text_clean(report->error, sizeof(report->error), host->failed);
	} else if (!host->has_vmbus) {
		an_fail(report->error, 0, "no synthetic NIC: this is no Hyper-V guest (no VMBus)");
	} else if (host->nics == 0) {
		an_fail(report->error, 0, "no synthetic NIC on VMBus");
	} else if (device != NULL && report->nic == NULL) {
		an_text_clean(clean, sizeof(clean), device);
		an_fail(report->error, 0, "%s is neither a synthetic NIC nor the VF of one", clean);
	}
}

/* Azure's machines have the same asset tag, all of them. */
static void read_platform(const struct an_sysfs *fs, struct an_host *host)
{
	char tag[AN_NAME];

	host->azure = an_sysfs_read(fs, tag, sizeof(tag), "class/dmi/id/chassis_asset_tag") == 0 &&
		      strcmp(tag, "7783-7084-3265-9085-8269-3286-77") == 0;
}

int an_collect(struct an_report *report, const char *device)
{
	const char *recorded = secure_getenv(AN_SYSFS_ENV);
	const char *root = recorded ? recorded : "/sys";
	struct an_host *host;
	struct an_sysfs fs;
	int ret;

	*report = (struct an_report){ .result = AN_CANNOT_TELL };
	ret = an_sysfs_open(&fs, root);
	if (ret) {
		fprintf(stderr, "accelnet: cannot open %s: %s\n", root, strerror(-ret));
		return ret;
	}
	host = calloc(1, sizeof(*host));
	if (host == NULL) {
		fputs("accelnet: out of memory\n", stderr);
		an_sysfs_close(&fs);
		return -ENOMEM;
	}
	an_nic_read_all(&fs, host);
	an_function_read_all(&fs, host);
	read_platform(&fs, host);
	an_sysfs_close(&fs);
	if (recorded == NULL) {
		an_devlink_read_all(host);
		an_address_read_all(host);
		an_stats_sample(host);
		an_modules_read_all(host);
	}
	an_attribute(host);
	an_verdict(host);

	report->host = host;
	if (device != NULL)
		report->nic = find(host, device);
	find_error(report, device);
	if (report->error[0] == '\0')
		report->result = an_verdict_result(host, report->nic);
	return 0;
}

void an_collect_free(struct an_report *report)
{
	if (report->host != NULL)
		an_function_free_all(report->host);
	free(report->host);
	report->host = NULL;
}
