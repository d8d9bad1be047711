// SPDX-License-Identifier: BSD-3-Clause
/*
 * The synthetic NICs, as sysfs shows them: devices of the network class on VMBus, the interface of
 * each, and that interface's lower device, which is the only proof of pairing: two interfaces with
 * one MAC address are not yet a pair.
 */
#include "nic.h"
#include "link.h"
#include "fail.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define DEVICE "bus/vmbus/devices/%s"
#define LOWER  "lower_"

static const char network_class[] = "{f8615163-df3e-46c5-913f-f2d2f965ed0e}";
static const char pci_class[] = "{44c4f61d-4444-4400-9d52-802e27ede19f}";

static void read_driver(const struct an_sysfs *fs, struct an_nic *nic)
{
	int ret;

	ret = an_sysfs_link(fs, nic->driver, sizeof(nic->driver), DEVICE "/driver", nic->guid);
	if (ret == 0)
		nic->bound = AN_YES;
	else if (ret == -ENOENT)
		nic->bound = AN_NO;
	else
		an_fail(nic->failed, ret, "cannot read the driver of VMBus device %s", nic->guid);
	ret = an_sysfs_read(fs, nic->override, sizeof(nic->override), DEVICE "/driver_override",
			    nic->guid);
	if (ret || strcmp(nic->override, "(null)") == 0)
		nic->override[0] = '\0';
	if (nic->override[0] != '\0' && strchr(nic->override, '/') == NULL)
		nic->override_loaded = an_sysfs_exists(fs, "bus/vmbus/drivers/%s",
						       nic->override) ? AN_YES : AN_NO;
}

static void read_lower(const struct an_sysfs *fs, const char *name, struct an_nic *nic)
{
	char address[AN_NAME];
	int ret;

	if (!an_link_is_name(name)) {
		an_fail(nic->failed, 0, "%s is no interface's name", name);
		return;
	}
	ret = an_sysfs_link(fs, address, sizeof(address), "class/net/%s/device", name);
	if (ret && !an_sysfs_exists(fs, "class/net/%s", name))
		return;		/* it has just gone */
	if (ret && ret != -ENOENT) {
		an_fail(nic->failed, ret, "cannot read the device of %s", name);
		return;
	}
	/* A lower device that is not on PCI is none of the host's doing. */
	if (ret || !an_sysfs_exists(fs, "bus/pci/devices/%s", address))
		return;
	snprintf(nic->vf_address, sizeof(nic->vf_address), "%s", address);
	an_link_read(fs, name, &nic->vf, nic->failed);
}

static void read_lowers(const struct an_sysfs *fs, struct an_nic *nic)
{
	struct an_sysfs_names names;
	int ret;

	ret = an_sysfs_list(fs, &names, "class/net/%s", nic->net.name);
	if (ret) {
		an_fail(nic->failed, ret, "cannot list what belongs to %s", nic->net.name);
		return;
	}
	for (size_t i = 0; i < names.count && nic->vf.name[0] == '\0'; i++)
		if (strncmp(names.name[i], LOWER, strlen(LOWER)) == 0)
			read_lower(fs, names.name[i] + strlen(LOWER), nic);
	an_sysfs_free(&names);
}

static void read_interface(const struct an_sysfs *fs, struct an_nic *nic)
{
	struct an_sysfs_names names;
	int ret;

	ret = an_sysfs_list(fs, &names, DEVICE "/net", nic->guid);
	if (ret == -ENOENT)
		return;
	if (ret) {
		an_fail(nic->failed, ret, "cannot list the interfaces of VMBus device %s",
			nic->guid);
		return;
	}
	/* The kernel keeps the folder for an interface that it shows in its own namespace only. */
	nic->hidden = names.count == 0 ? AN_YES : AN_NO;
	if (names.count > 0)
		an_link_read(fs, names.name[0], &nic->net, nic->failed);
	an_sysfs_free(&names);
	if (nic->net.name[0] != '\0')
		read_lowers(fs, nic);
}

static void read_nic(const struct an_sysfs *fs, const char *guid, struct an_host *host)
{
	struct an_nic *nic;

	if (host->nics == AN_NICS_MAX) {
		an_fail(host->failed, 0, "more than %d NICs", AN_NICS_MAX);
		return;
	}
	nic = &host->nic[host->nics++];
	*nic = (struct an_nic){ 0 };
	snprintf(nic->guid, sizeof(nic->guid), "%s", guid);
	read_driver(fs, nic);
	read_interface(fs, nic);
}

/* A PCI bus whose driver is missing hides what is on it, which may be a VF or a disk. */
static void read_bus(const struct an_sysfs *fs, const char *guid, struct an_host *host)
{
	char driver[AN_NAME];
	int ret;

	ret = an_sysfs_link(fs, driver, sizeof(driver), DEVICE "/driver", guid);
	if (ret == -ENOENT)
		host->idle_buses++;
	else if (ret)
		an_fail(host->failed, ret, "cannot read the driver of VMBus device %s", guid);
}

static void read_device(const struct an_sysfs *fs, const char *guid, struct an_host *host)
{
	char class[AN_NAME];
	int ret;

	if (strlen(guid) >= AN_NAME)
		return;		/* no GUID */
	ret = an_sysfs_read(fs, class, sizeof(class), DEVICE "/class_id", guid);
	if (ret) {
		if (an_sysfs_exists(fs, DEVICE, guid))
			an_fail(host->failed, ret, "cannot tell what VMBus device %s is", guid);
		return;
	}
	if (strcasecmp(class, network_class) == 0)
		read_nic(fs, guid, host);
	else if (strcasecmp(class, pci_class) == 0)
		read_bus(fs, guid, host);
}

void an_nic_read_all(const struct an_sysfs *fs, struct an_host *host)
{
	struct an_sysfs_names names;
	int ret;

	ret = an_sysfs_list(fs, &names, "bus/vmbus/devices");
	host->has_vmbus = ret != -ENOENT;
	if (ret == -ENOENT)
		return;
	if (ret) {
		an_fail(host->failed, ret, "cannot list the devices on VMBus");
		return;
	}
	for (size_t i = 0; i < names.count; i++)
		read_device(fs, names.name[i], host);
	an_sysfs_free(&names);
}
