// SPDX-License-Identifier: BSD-3-Clause
/*
 * One NIC and its VF. The readers take in all NICs and functions, since only all of them together
 * tell which function is whose (attribute.c); then what belongs to the one asked for is picked out,
 * and what only a user of the VF wants is added: RDMA device, NUMA node, PCI ids of any kind.
 */
#define _GNU_SOURCE /* secure_getenv */
#include "pair.h"
#include "attribute.h"
#include "devlink.h"
#include "fail.h"
#include "function.h"
#include "link.h"
#include "nic.h"
#include "rtlink.h"
#include "sysfs.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RENAMES_MAX 3	/* in a row */

#define VMBUS "bus/vmbus/devices/%s"
#define PCI   "bus/pci/devices/%s"

_Static_assert(AN_PAIR_IFNAME == IFNAMSIZ, "names are the kernel's");
_Static_assert(AN_PAIR_NAME == AN_NAME && AN_PAIR_TEXT == AN_TEXT, "texts are the model's");

static const char sysfs_root[] = "/sys";
static const char no_vf[] = "the host offers no VF";

struct look_up {
	struct an_sysfs fs;
	struct an_netlink route;
	bool live;			/* the kernel may be asked: no recorded sysfs */
	struct an_rtlink link;		/* the interface asked for */
	struct an_host *host;
};

/* ------------------------------------------------------------------------- the interface -- */

/* The index that the digits say; 0: they are none. */
static uint32_t index_of(const char *iface)
{
	char *end;
	unsigned long value;

	if (iface[0] < '0' || iface[0] > '9')
		return 0;
	errno = 0;
	value = strtoul(iface, &end, 10);
	return errno || *end != '\0' || value > INT32_MAX ? 0 : (uint32_t)value;
}

/* In a recorded sysfs: by name, else by index. */
static int resolve_recorded(struct look_up *look, const char *iface, uint32_t ifindex)
{
	const struct an_sysfs *fs = &look->fs;
	struct an_sysfs_names names;
	int ret = -ENODEV;
	uint32_t number;

	if (iface != NULL && an_link_is_name(iface) &&
	    an_sysfs_exists(fs, "class/net/%s", iface)) {
		snprintf(look->link.name, sizeof(look->link.name), "%s", iface);
		return 0;
	}
	if (ifindex == 0 || an_sysfs_list(fs, &names, "class/net") != 0)
		return -ENODEV;
	for (size_t i = 0; i < names.count && ret; i++) {
		if (!an_link_is_name(names.name[i]) ||
		    an_sysfs_number(fs, &number, 10, "class/net/%s/ifindex", names.name[i]) != 0 ||
		    number != ifindex)
			continue;
		snprintf(look->link.name, sizeof(look->link.name), "%s", names.name[i]);
		ret = 0;
	}
	an_sysfs_free(&names);
	return ret;
}

static int resolve_live(struct look_up *look, const char *iface, uint32_t ifindex)
{
	int ret = -ENODEV;

	if (iface != NULL)
		ret = an_rtlink_ask(&look->route, iface, 0, &look->link);
	if (ret == -ENODEV && ifindex != 0)
		ret = an_rtlink_ask(&look->route, NULL, ifindex, &look->link);
	return ret;
}

static int resolve(struct look_up *look, const char *iface, uint32_t ifindex, struct an_pair *pair)
{
	char number[12];
	uint32_t shown;
	int ret;

	ret = look->live ? resolve_live(look, iface, ifindex) :
			   resolve_recorded(look, iface, ifindex);
	snprintf(number, sizeof(number), "%u", ifindex);
	if (ret == -ENODEV)
		an_fail(pair->reason, 0, "no interface %s in this network namespace",
			iface != NULL ? iface : number);
	else if (ret)
		an_fail(pair->reason, ret, "cannot look up %s", iface != NULL ? iface : number);
	if (ret || !look->live)
		return ret;
	/* What /sys shows depends on who mounted it. */
	if (!an_link_is_name(look->link.name) ||
	    an_sysfs_number(&look->fs, &shown, 10, "class/net/%s/ifindex", look->link.name) ||
	    shown != look->link.ifindex) {
		an_fail(pair->reason, 0, "%s is not in /sys, which is of another network namespace",
			look->link.name);
		return -ENODEV;
	}
	return 0;
}

/* ------------------------------------------------------------------------------- the NIC -- */

static void read_permanent(struct look_up *look, struct an_link *link)
{
	struct an_rtlink told;

	if (link->ifindex == 0 || an_rtlink_ask(&look->route, NULL, link->ifindex, &told) != 0)
		return;
	memcpy(link->permanent, told.permanent, sizeof(link->permanent));
	link->has_permanent = told.has_permanent;
}

/* A MAC is asked for only where it decides. */
static void read_permanents(struct look_up *look)
{
	struct an_host *host = look->host;

	for (size_t i = 0; i < host->nics; i++)
		read_permanent(look, &host->nic[i].net);
	for (size_t i = 0; i < host->functions; i++)
		for (size_t port = 0; port < host->function[i].ports; port++)
			read_permanent(look, &host->function[i].port[port]);
}

static void refuse(const struct look_up *look, struct an_pair *pair)
{
	const struct an_host *host = look->host;
	const char *name = look->link.name;

	for (size_t i = 0; i < host->nics; i++)
		if (strcmp(host->nic[i].vf.name, name) == 0)
			an_fail(pair->reason, 0, "%s is the VF of %s: name that one", name,
				host->nic[i].net.name);
	if (!host->has_vmbus)
		an_fail(pair->reason, 0,
			"%s is no synthetic NIC: this is no Hyper-V guest (no VMBus)", name);
	an_fail(pair->reason, 0, "%s is no synthetic NIC of Hyper-V (hv_netvsc, accelnet)", name);
}

/* NULL: it is no synthetic NIC. */
static struct an_nic *read_nic(struct look_up *look)
{
	struct an_host *host = look->host;
	struct an_nic *nic;

	an_nic_read_all(&look->fs, host);
	an_function_read_all(&look->fs, host);
	for (nic = host->nic; nic < host->nic + host->nics; nic++)
		if (strcmp(nic->net.name, look->link.name) == 0)
			break;
	if (nic == host->nic + host->nics)
		return NULL;
	if (look->live) {
		an_devlink_read(nic);
		if (nic->vf.name[0] == '\0')
			read_permanents(look);
	}
	an_attribute(host);
	return nic;
}

/* -------------------------------------------------------------------------------- the VF -- */

static void copy_link(struct an_pair_link *to, const struct an_link *from)
{
	/* An interface that has gone while it was read has no index. */
	if (from->name[0] == '\0' || from->ifindex == 0)
		return;
	memcpy(to->name, from->name, sizeof(to->name));
	memcpy(to->mac, from->mac, sizeof(to->mac));
	to->ifindex = from->ifindex;
	to->mtu = from->mtu;
	to->has_mac = from->has_mac;
	to->up = from->up == AN_YES;
	to->carrier = from->carrier == AN_YES;
}

/* A function has one RDMA device; where a driver makes several the first by name is taken. */
static void read_rdma(const struct an_sysfs *fs, struct an_pair *pair)
{
	struct an_sysfs_names names;

	if (an_sysfs_list(fs, &names, PCI "/infiniband", pair->pci) != 0)
		return;
	if (names.count > 0 && strlen(names.name[0]) < sizeof(pair->rdma))
		snprintf(pair->rdma, sizeof(pair->rdma), "%s", names.name[0]);
	an_sysfs_free(&names);
}

static void read_function(const struct an_sysfs *fs, struct an_pair *pair)
{
	uint32_t vendor = 0, device = 0;

	if (an_sysfs_number(fs, &vendor, 16, PCI "/vendor", pair->pci) == 0 &&
	    an_sysfs_number(fs, &device, 16, PCI "/device", pair->pci) == 0) {
		pair->vendor = (uint16_t)vendor;
		pair->device = (uint16_t)device;
	}
	an_sysfs_link(fs, pair->vf_driver, sizeof(pair->vf_driver), PCI "/driver", pair->pci);
	read_rdma(fs, pair);
}

/* The kernel writes -1, which is no number to an_sysfs_number(), for a node it does not know. */
static void read_node(const struct an_sysfs *fs, struct an_pair *pair)
{
	uint32_t node;

	pair->numa_node = -1;
	if (pair->pci[0] == '\0' ||
	    an_sysfs_number(fs, &node, 10, PCI "/numa_node", pair->pci) != 0)
		if (an_sysfs_number(fs, &node, 10, VMBUS "/numa_node", pair->vmbus) != 0)
			return;
	if (node <= INT32_MAX)
		pair->numa_node = (int)node;
}

static enum an_pair_how how_of(const struct an_nic *nic)
{
	switch (nic->claim) {
	case AN_CLAIM_JOINED:
		return AN_PAIR_BY_LOWER;
	case AN_CLAIM_SERIAL:
		return AN_PAIR_BY_SERIAL;
	case AN_CLAIM_MAC:
		return AN_PAIR_BY_MAC;
	case AN_CLAIM_ONLY:
		return AN_PAIR_BY_COUNT;
	case AN_CLAIM_NONE:
	case AN_CLAIM_SHARED:	/* whichever it is, it has no driver yet */
	case AN_CLAIM_UNSURE:
		break;
	}
	return AN_PAIR_NO_VF;
}

static void take_vf(const struct an_sysfs *fs, const struct an_nic *nic, struct an_pair *pair)
{
	pair->how = how_of(nic);
	switch (pair->how) {
	case AN_PAIR_NO_VF:
		return;
	case AN_PAIR_BY_LOWER:
		copy_link(&pair->vf, &nic->vf);
		memcpy(pair->pci, nic->vf_address, sizeof(pair->pci));
		break;
	case AN_PAIR_BY_SERIAL:
	case AN_PAIR_BY_MAC:
	case AN_PAIR_BY_COUNT:
		if (nic->vf_candidate != NULL)
			copy_link(&pair->vf, nic->vf_candidate);
		memcpy(pair->pci, nic->function->address, sizeof(pair->pci));
		break;
	}
	read_function(fs, pair);
}

/* The module knows best, but of a function that came before its association it knows nothing. */
static bool is_reported(const struct an_nic *nic, const struct an_pair *pair)
{
	if (!nic->module.diagnosed || nic->module.state == AN_VF_UNKNOWN)
		return false;
	return nic->module.state != AN_VF_ABSENT || pair->how == AN_PAIR_NO_VF ||
	       pair->how == AN_PAIR_BY_LOWER;
}

static void explain(const struct an_host *host, const struct an_nic *nic,
		    const struct an_vf_facts *facts, struct an_pair *pair)
{
	enum an_vf_reason why = an_vf_reason_of(facts);

	if (nic->failed[0] != '\0')
		an_fail(pair->reason, 0, "%s", nic->failed);
	else if (nic->claim == AN_CLAIM_UNSURE)
		an_fail(pair->reason, 0,
			"a function that is not in use may be this NIC's or another's");
	else if (pair->state == AN_VF_ABSENT && host->idle_buses > 0)
		an_fail(pair->reason, 0, "a PCI bus that the host offers has no driver");
	else if (pair->state == AN_VF_ABSENT)
		an_fail(pair->reason, 0, "%s", no_vf);
	else if (pair->state == AN_VF_PAIRED && !facts->driver)
		an_fail(pair->reason, 0, "%s", an_vf_reason_text(AN_VF_NO_DRIVER));
	else if (pair->state == AN_VF_PAIRED && !pair->net.up)
		an_fail(pair->reason, 0, "%s is down", pair->net.name);
	else if (why != AN_VF_OK)
		an_fail(pair->reason, 0, "%s", an_vf_reason_text(why));
}

/* The module's own function of the facts, as far as they are seen from outside. */
static void take_state(const struct an_host *host, const struct an_nic *nic, struct an_pair *pair)
{
	bool netdev = pair->vf.name[0] != '\0';
	struct an_vf_facts facts = {
		.function = pair->pci[0] != '\0' || nic->claim == AN_CLAIM_SHARED,
		.driver = pair->vf_driver[0] != '\0',
		.netdev = netdev,
		.joined = netdev && pair->how == AN_PAIR_BY_LOWER,
		.running = pair->net.up && pair->vf.up,
		.carrier = pair->vf.carrier,
	};

	/* When the host takes a VF, its interface outlives its function by some milliseconds. */
	facts.running &= facts.driver;

	if (is_reported(nic, pair)) {
		pair->reported = true;
		pair->state = nic->module.state;
		if (pair->state == AN_VF_ABSENT)
			an_fail(pair->reason, 0, "%s", no_vf);
		else if (pair->state != AN_VF_ACTIVE)
			an_fail(pair->reason, 0, "%s", nic->module.reason);
		return;
	}
	facts.associated = facts.function;	/* the host's word is not seen */
	facts.path_vf = an_vf_is_ready(&facts);
	pair->state = an_vf_state_of(&facts);
	explain(host, nic, &facts, pair);
}

/* ---------------------------------------------------------------------------- the look-up -- */

static int look_up(struct look_up *look, const char *iface, uint32_t ifindex, struct an_pair *pair)
{
	struct an_nic *nic;
	int ret;

	look->link = (struct an_rtlink){ 0 };
	ret = resolve(look, iface, ifindex, pair);
	if (ret)
		return ret;
	nic = read_nic(look);
	if (nic == NULL) {
		refuse(look, pair);
		return -ENOTSUP;
	}
	copy_link(&pair->net, &nic->net);
	memcpy(pair->vmbus, nic->guid, sizeof(pair->vmbus));
	memcpy(pair->driver, nic->driver, sizeof(pair->driver));
	if (pair->net.ifindex == 0 || (look->live && pair->net.ifindex != look->link.ifindex)) {
		an_fail(pair->reason, 0, "%s has gone while it was looked up", look->link.name);
		return -ENODEV;
	}
	take_vf(&look->fs, nic, pair);
	read_node(&look->fs, pair);
	take_state(look->host, nic, pair);
	return 0;
}

/* Paths in sysfs have the interface's name: was it another's while they were read? */
static bool was_renamed(struct look_up *look)
{
	struct an_rtlink now;

	return look->live && look->link.ifindex != 0 &&
	       an_rtlink_ask(&look->route, NULL, look->link.ifindex, &now) == 0 &&
	       strcmp(now.name, look->link.name) != 0;
}

/* By name if there is one, else by index. */
static int find(const char *iface, uint32_t ifindex, struct an_pair *pair)
{
	const char *recorded = secure_getenv("ACCELNET_SYSFS");
	const char *root = recorded ? recorded : sysfs_root;
	struct look_up look = { .live = recorded == NULL };
	int ret;

	*pair = (struct an_pair){ .numa_node = -1 };
	ret = an_sysfs_open(&look.fs, root);
	if (ret) {
		an_fail(pair->reason, ret, "cannot open %s", root);
		return ret;
	}
	ret = look.live ? an_netlink_open(&look.route, NETLINK_ROUTE) : 0;
	if (ret) {
		an_fail(pair->reason, ret, "cannot ask the kernel");
		goto out_close_sysfs;
	}
	look.host = calloc(1, sizeof(*look.host));
	if (look.host == NULL) {
		ret = -ENOMEM;
		an_fail(pair->reason, ret, "cannot look the NIC up");
		goto out_close_route;
	}
	for (int tries = 0; tries < RENAMES_MAX; tries++) {
		*pair = (struct an_pair){ .numa_node = -1 };
		memset(look.host, 0, sizeof(*look.host));
		ret = look_up(&look, iface, ifindex, pair);
		an_function_free_all(look.host);
		if (ret == 0 || !was_renamed(&look))
			break;
	}
	free(look.host);
out_close_route:
	an_netlink_close(&look.route);
out_close_sysfs:
	an_sysfs_close(&look.fs);
	return ret;
}

int an_pair_find(const char *iface, struct an_pair *pair)
{
	if (iface == NULL || iface[0] == '\0') {
		*pair = (struct an_pair){ .numa_node = -1 };
		an_fail(pair->reason, 0, "no interface is named");
		return -EINVAL;
	}
	return find(iface, index_of(iface), pair);
}

int an_pair_find_index(uint32_t ifindex, struct an_pair *pair)
{
	return find(NULL, ifindex, pair);
}
