// SPDX-License-Identifier: BSD-3-Clause
/*
 * The PCI functions that can be a VF, of whatever kind, as sysfs shows them: bus/pci/devices, and
 * bus/pci/slots, whose names are the host's serial numbers (pci-hyperv gives them, netvsc and
 * accelnet read them).
 * An interface that nic.c has read already is not read again: one report says one thing about it.
 */
#include "function.h"
#include "link.h"
#include "pciids.h"
#include "fail.h"

#include <errno.h>
#include <net/if_arp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEVICE "bus/pci/devices/%s"

/* InfiniBand functions have the same ids but another class: they are no NIC's. */
#define CLASS_SHIFT    8
#define CLASS_ETHERNET 0x0200

/*
 * A network function of another kind can be a VF too, if it is on a virtual PCI bus: those never
 * have domain 0 (linux: pci-hyperv.c, HVPCI_DOM_INVALID), where a generation 1 VM has its emulated
 * cards.
 */
static bool is_of_other_kind(const char *address)
{
	return strtoul(address, NULL, 16) != 0;
}

/* Returns 1 if it can be a VF, 0 if not, or -errno. */
static int identify(const struct an_sysfs *fs, const char *address, struct an_function *function)
{
	uint32_t vendor, device, class;
	const struct an_pciid *id;
	int ret;

	ret = an_sysfs_number(fs, &vendor, 16, DEVICE "/vendor", address);
	if (ret == 0)
		ret = an_sysfs_number(fs, &device, 16, DEVICE "/device", address);
	if (ret == 0)
		ret = an_sysfs_number(fs, &class, 16, DEVICE "/class", address);
	if (ret)
		return ret;
	id = an_pciid_find(vendor, device);
	if (class >> CLASS_SHIFT != CLASS_ETHERNET || (id == NULL && !is_of_other_kind(address)))
		return 0;
	if (id != NULL)
		function->id = *id;
	else
		function->id = (struct an_pciid){
			(uint16_t)vendor, (uint16_t)device, "network function of no known kind", "",
		};
	return 1;
}

static void read_driver(const struct an_sysfs *fs, struct an_function *function)
{
	int ret;

	ret = an_sysfs_link(fs, function->driver, sizeof(function->driver), DEVICE "/driver",
			    function->address);
	if (ret == 0)
		function->bound = AN_YES;
	else if (ret == -ENOENT)
		function->bound = AN_NO;
	else
		an_fail(function->failed, ret, "cannot read the driver of %s", function->address);
	if (function->id.module[0] != '\0')
		function->loaded = an_sysfs_exists(fs, "bus/pci/drivers/%s", function->id.module) ?
					   AN_YES : AN_NO;
	/* Kernels without the attribute have no overrides. */
	ret = an_sysfs_read(fs, function->override, sizeof(function->override),
			    DEVICE "/driver_override", function->address);
	if (ret || strcmp(function->override, "(null)") == 0)
		function->override[0] = '\0';
}

/* The interface of that name, if it has been read as a lower device at this address. */
static const struct an_link *lower_device(const struct an_host *host, const char *name,
					  const char *address)
{
	for (size_t i = 0; i < host->nics; i++)
		if (strcmp(host->nic[i].vf.name, name) == 0 &&
		    strcmp(host->nic[i].vf_address, address) == 0)
			return &host->nic[i].vf;
	return NULL;
}

static void read_port(const struct an_sysfs *fs, const char *name, const struct an_host *host,
		      struct an_function *function)
{
	const struct an_link *lower = lower_device(host, name, function->address);
	struct an_link *more;
	uint32_t type;
	int ret;

	ret = an_sysfs_number(fs, &type, 10, "class/net/%s/type", name);
	if (ret) {
		an_fail(function->failed, ret, "cannot read the type of %s", name);
		return;
	}
	if (type != ARPHRD_ETHER)
		return;
	more = realloc(function->port, (function->ports + 1) * sizeof(*more));
	if (more == NULL) {
		an_fail(function->failed, ENOMEM, "cannot read %s", name);
		return;
	}
	function->port = more;
	if (lower != NULL)
		function->port[function->ports++] = *lower;
	else
		an_link_read(fs, name, &function->port[function->ports++], function->failed);
}

static void read_ports(const struct an_sysfs *fs, const struct an_host *host,
		       struct an_function *function)
{
	struct an_sysfs_names names;
	int ret;

	ret = an_sysfs_list(fs, &names, DEVICE "/net", function->address);
	if (ret == -ENOENT)
		return;
	if (ret) {
		an_fail(function->failed, ret, "cannot list the interfaces of %s",
			function->address);
		return;
	}
	function->hidden = names.count == 0 ? AN_YES : AN_NO;	/* as in nic.c */
	for (size_t i = 0; i < names.count; i++)
		read_port(fs, names.name[i], host, function);
	an_sysfs_free(&names);
}

static void read_one(const struct an_sysfs *fs, const char *address, struct an_host *host)
{
	struct an_function *function, found = { 0 };
	int ret;

	if (strlen(address) >= sizeof(found.address))
		return;		/* no PCI address */
	snprintf(found.address, sizeof(found.address), "%s", address);
	ret = identify(fs, address, &found);
	if (ret < 0) {
		/* One that has just been ejected is not there; that is no failure. */
		if (an_sysfs_exists(fs, DEVICE, address))
			an_fail(host->failed, ret, "cannot tell what PCI function %s is", address);
		return;
	}
	if (ret == 0)
		return;
	if (host->functions == AN_FUNCTIONS_MAX) {
		an_fail(host->failed, 0, "more than %d virtual functions", AN_FUNCTIONS_MAX);
		return;
	}
	function = &host->function[host->functions++];
	*function = found;
	read_driver(fs, function);
	read_ports(fs, host, function);
}

/* slots/SERIAL/address is "DOMAIN:BUS:DEVICE", without a function number. */
static void read_slot(const struct an_sysfs *fs, const char *name, struct an_host *host)
{
	struct an_function *function;
	char address[AN_NAME], *end;
	unsigned long serial;
	size_t length;

	errno = 0;
	serial = strtoul(name, &end, 10);
	if (name[0] < '0' || name[0] > '9' || *end != '\0' || errno || serial > UINT32_MAX)
		return;
	if (an_sysfs_read(fs, address, sizeof(address), "bus/pci/slots/%s/address", name) != 0)
		return;
	length = strlen(address);
	for (size_t i = 0; i < host->functions; i++) {
		function = &host->function[i];
		if (strncmp(function->address, address, length) != 0 ||
		    function->address[length] != '.')
			continue;
		function->serial = (uint32_t)serial;
		function->has_serial = true;
	}
}

void an_function_read_all(const struct an_sysfs *fs, struct an_host *host)
{
	struct an_sysfs_names names;
	int ret;

	ret = an_sysfs_list(fs, &names, "bus/pci/devices");
	if (ret == -ENOENT)
		return;		/* a kernel without PCI */
	if (ret) {
		an_fail(host->failed, ret, "cannot list the PCI functions");
		return;
	}
	for (size_t i = 0; i < names.count; i++)
		read_one(fs, names.name[i], host);
	an_sysfs_free(&names);

	/* The serial is a help, not a need: without it matching falls back to the MAC. */
	if (an_sysfs_list(fs, &names, "bus/pci/slots") != 0)
		return;
	for (size_t i = 0; i < names.count; i++)
		read_slot(fs, names.name[i], host);
	an_sysfs_free(&names);
}

void an_function_free_all(struct an_host *host)
{
	for (size_t i = 0; i < host->functions; i++) {
		free(host->function[i].port);
		host->function[i].port = NULL;
		host->function[i].ports = 0;
	}
}
