// SPDX-License-Identifier: BSD-3-Clause
/*
 * Synthetic NICs as sysfs shows them: /sys/class/net/X/device/{class_id,id} are the VMBus
 * device's (kernel: drivers/hv/vmbus_drv.c). A VF's interface hangs on a PCI device, which has no
 * class_id, and appears as lower_X in the directory of the interface it serves.
 */
#include "nic.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Reads a sysfs attribute, without its line end. Returns false if it is not there. */
__attribute__((format(printf, 3, 4)))
static bool read_attribute(char *value, size_t size, const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;
	ssize_t n;
	int fd;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	n = read(fd, value, size - 1);
	close(fd);
	if (n < 0)
		return false;
	value[n] = '\0';
	value[strcspn(value, "\n")] = '\0';
	return true;
}

__attribute__((format(printf, 2, 3)))
static int write_attribute(const char *value, const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;
	int fd, err = 0;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, value, strlen(value)) < 0)
		err = -errno;
	close(fd);
	return err;
}

/* The last part of what the link points to; "" if there is no such link. */
__attribute__((format(printf, 3, 4)))
static void read_link_name(char *name, size_t size, const char *format, ...)
{
	char path[PATH_MAX], target[PATH_MAX];
	const char *last;
	va_list args;
	ssize_t n;

	name[0] = '\0';
	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	n = readlink(path, target, sizeof(target) - 1);
	if (n < 0)
		return;
	target[n] = '\0';
	last = strrchr(target, '/');
	snprintf(name, size, "%s", last != NULL ? last + 1 : target);
}

static bool read_nic(const char *sysfs, const char *name, struct nic *nic)
{
	char class[64], id[16];

	if (strlen(name) >= sizeof(nic->name))
		return false;
	if (!read_attribute(class, sizeof(class), "%s/class/net/%s/device/class_id", sysfs, name) ||
	    strcmp(class, NIC_CLASS) != 0 ||
	    !read_attribute(id, sizeof(id), "%s/class/net/%s/device/id", sysfs, name))
		return false;
	snprintf(nic->name, sizeof(nic->name), "%s", name);
	nic->relid = (unsigned int)strtoul(id, NULL, 10);
	read_link_name(nic->device, sizeof(nic->device), "%s/class/net/%s/device", sysfs, name);
	return nic->device[0] != '\0';
}

static int by_relid(const void *a, const void *b)
{
	const struct nic *left = a, *right = b;

	return (left->relid > right->relid) - (left->relid < right->relid);
}

unsigned int nic_scan(const char *sysfs, struct nic nics[NIC_MAX])
{
	char path[PATH_MAX];
	struct dirent *entry;
	unsigned int count = 0;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/class/net", sysfs);
	dir = opendir(path);
	if (dir == NULL)
		return 0;
	while (count < NIC_MAX && (entry = readdir(dir)) != NULL)
		if (entry->d_name[0] != '.' && read_nic(sysfs, entry->d_name, &nics[count]))
			count++;
	closedir(dir);
	qsort(nics, count, sizeof(nics[0]), by_relid);
	return count;
}

static unsigned int ifindex_of(const char *sysfs, const char *name)
{
	char text[16];

	if (!read_attribute(text, sizeof(text), "%s/class/net/%s/ifindex", sysfs, name))
		return 0;
	return (unsigned int)strtoul(text, NULL, 10);
}

static bool interface_is_up(const char *sysfs, const char *name)
{
	char flags[16];

	return read_attribute(flags, sizeof(flags), "%s/class/net/%s/flags", sysfs, name) &&
	       (strtoul(flags, NULL, 0) & IFF_UP);
}

static int rename_interface(struct rtnl *rt, const char *sysfs, const char *from, const char *to)
{
	unsigned int ifindex = ifindex_of(sysfs, from);
	bool up = interface_is_up(sysfs, from);
	int err, err_up;

	if (ifindex == 0)
		return -ENODEV;
	if (up) {
		err = rtnl_set_up(rt, ifindex, false);
		if (err < 0)
			return err;
	}
	err = rtnl_rename(rt, ifindex, to);
	err_up = up ? rtnl_set_up(rt, ifindex, true) : 0;
	return err < 0 ? err : err_up;
}

/* Gives the interface called `name` the first free name after eth<count - 1>. */
static int move_aside(struct rtnl *rt, const char *sysfs, const char *name, unsigned int count)
{
	char free_name[IFNAMSIZ];

	for (unsigned int n = count; n < count + 2 * NIC_MAX; n++) {
		snprintf(free_name, sizeof(free_name), "eth%u", n);
		if (ifindex_of(sysfs, free_name) == 0)
			return rename_interface(rt, sysfs, name, free_name);
	}
	return -EEXIST;
}

int nic_name_all(struct rtnl *rt, const char *sysfs, struct nic *nics, unsigned int count)
{
	char name[IFNAMSIZ];
	int err;

	/* Two steps, since the names may have to be exchanged: off the wanted names first. */
	for (unsigned int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "eth%u", i);
		if (strcmp(nics[i].name, name) == 0)
			continue;
		snprintf(name, sizeof(name), "lab%u", i);
		err = rename_interface(rt, sysfs, nics[i].name, name);
		if (err < 0)
			return err;
		snprintf(nics[i].name, sizeof(nics[i].name), "%s", name);
	}
	for (unsigned int i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "eth%u", i);
		if (strcmp(nics[i].name, name) == 0)
			continue;
		err = ifindex_of(sysfs, name) != 0 ? move_aside(rt, sysfs, name, count) : 0;
		if (err == 0)
			err = rename_interface(rt, sysfs, nics[i].name, name);
		if (err < 0)
			return err;
		snprintf(nics[i].name, sizeof(nics[i].name), "%s", name);
	}
	return 0;
}

int nic_configure(struct rtnl *rt, const char *sysfs, const struct nic *nic, unsigned int n,
		  unsigned int vm)
{
	unsigned int ifindex = ifindex_of(sysfs, nic->name);
	char address[64];
	int err;

	if (ifindex == 0)
		return -ENODEV;
	err = rtnl_set_up(rt, ifindex, true);
	if (err < 0)
		return err;
	snprintf(address, sizeof(address), "10.%u.0.%u", 77 + n, 2 + vm);
	err = rtnl_add_address(rt, ifindex, address, 24);
	if (err < 0)
		return err;
	snprintf(address, sizeof(address), "fd%u::%u", 77 + n, 2 + vm);
	return rtnl_add_address(rt, ifindex, address, 64);
}

bool nic_is_paired(const char *sysfs, const struct nic *nic)
{
	static const char prefix[] = "lower_";
	char path[PATH_MAX];
	struct dirent *entry;
	bool paired = false;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/class/net/%s", sysfs, nic->name);
	dir = opendir(path);
	if (dir == NULL)
		return false;
	while (!paired && (entry = readdir(dir)) != NULL)
		paired = strncmp(entry->d_name, prefix, strlen(prefix)) == 0 &&
			 interface_is_up(sysfs, entry->d_name + strlen(prefix));
	closedir(dir);
	return paired;
}

void nic_driver(const char *sysfs, const struct nic *nic, char *driver, size_t size)
{
	read_link_name(driver, size, "%s/bus/vmbus/devices/%s/driver", sysfs, nic->device);
}

int nic_hand_over(const char *sysfs, const struct nic *nic, const char *driver)
{
	char now[64];
	int err;

	err = write_attribute(driver, "%s/bus/vmbus/devices/%s/driver_override", sysfs,
			      nic->device);
	if (err < 0)
		return err;
	nic_driver(sysfs, nic, now, sizeof(now));
	if (now[0] != '\0') {
		err = write_attribute(nic->device, "%s/bus/vmbus/drivers/%s/unbind", sysfs, now);
		if (err < 0)
			return err;
	}
	err = write_attribute(nic->device, "%s/bus/vmbus/drivers_probe", sysfs);
	if (err < 0)
		return err;
	nic_driver(sysfs, nic, now, sizeof(now));
	return strcmp(now, driver) == 0 ? 0 : -ENODEV;
}
