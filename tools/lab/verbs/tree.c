// SPDX-License-Identifier: BSD-3-Clause
/*
 * Files, links and folders of the made-up sysfs, as tables: PATH, and what is there. One letter
 * says what: '/' a folder, '=' a file, '>' a symbolic link. Paths are relative to the root, and
 * links are made before or after what they lead to alike.
 */
#define _GNU_SOURCE /* nftw */
#include "tree.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define VMBUS "devices/ACPI0004:00/VMBUS:00/"
#define NIC_GUID "f8615163-0000-1000-2000-000d3a112233"
#define BUS_GUID "44c4f61d-0001-0000-ac00-000000000000"
#define NIC VMBUS NIC_GUID
#define BUS VMBUS BUS_GUID
#define FUNCTION BUS "/pciac00:00/" TREE_FUNCTION
#define VF FUNCTION "/net/" TREE_VF
#define RDMA FUNCTION "/infiniband/mlx5_0"
#define UP3 "../../../"
#define UP5 UP3 "../../"
#define UP6 UP3 UP3

struct row {
	char kind;
	const char *path, *content;
};

/* Files of an interface that the kernel keeps: real ones. */
static const char *const kept[] = { "address", "carrier", "dev_id", "dev_port", "flags", "ifindex",
				    "mtu", "operstate", "speed", "type" };

static const struct row nic_rows[] = {
	{ '/', "bus/vmbus/devices", NULL },
	{ '/', "bus/vmbus/drivers/hv_netvsc", NULL },
	{ '/', "bus/vmbus/drivers/hv_pci", NULL },
	{ '/', "bus/pci/devices", NULL },
	{ '/', "bus/pci/drivers/mlx5_core", NULL },
	{ '/', "bus/pci/slots", NULL },
	{ '/', "class/net", NULL },
	{ '/', "class/infiniband", NULL },
	{ '/', "class/infiniband_verbs", NULL },
	{ '/', NIC "/net/" TREE_NIC, NULL },
	{ '=', NIC "/class_id", "{f8615163-df3e-46c5-913f-f2d2f965ed0e}" },
	{ '=', NIC "/numa_node", "0" },
	{ '>', NIC "/driver", UP3 "../bus/vmbus/drivers/hv_netvsc" },
	{ '=', NIC "/driver_override", "(null)" },
	{ '>', NIC "/net/" TREE_NIC "/device", UP3 NIC_GUID },
	{ '>', "class/net/" TREE_NIC, "../../" NIC "/net/" TREE_NIC },
	{ '>', "bus/vmbus/devices/" NIC_GUID, UP3 NIC },
};

static const struct row vf_rows[] = {
	{ '/', VF, NULL },
	{ '/', RDMA "/ports/1/hw_counters", NULL },
	{ '/', FUNCTION "/infiniband_verbs/uverbs0", NULL },
	{ '=', BUS "/class_id", "{44c4f61d-4444-4400-9d52-802e27ede19f}" },
	{ '>', BUS "/driver", UP3 "../bus/vmbus/drivers/hv_pci" },
	{ '=', FUNCTION "/vendor", "0x15b3" },
	{ '=', FUNCTION "/device", "0x1018" },
	{ '=', FUNCTION "/subsystem_vendor", "0x15b3" },
	{ '=', FUNCTION "/subsystem_device", "0x1018" },
	{ '=', FUNCTION "/class", "0x020000" },
	{ '=', FUNCTION "/revision", "0x80" },
	{ '=', FUNCTION "/numa_node", "0" },
	{ '=', FUNCTION "/max_vfs", "0" },
	{ '=', FUNCTION "/uevent", "DRIVER=mlx5_core\nPCI_CLASS=20000\nPCI_ID=15B3:1018\n"
				   "PCI_SUBSYS_ID=15B3:1018\nPCI_SLOT_NAME=" TREE_FUNCTION },
	/* BAR0 alone; start, end, flags */
	{ '=', FUNCTION "/resource",
	  "0x0000000fe0000000 0x0000000fe03fffff 0x000000000014220c\n"
	  "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
	  "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
	  "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
	  "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
	  "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
	  "0x0000000000000000 0x0000000000000000 0x0000000000000000" },
	{ '>', FUNCTION "/driver", UP3 "../../../bus/pci/drivers/mlx5_core" },
	{ '=', FUNCTION "/driver_override", "(null)" },
	{ '>', VF "/device", UP3 TREE_FUNCTION },
	{ '>', VF "/upper_" TREE_NIC, UP5 NIC_GUID "/net/" TREE_NIC },
	{ '>', RDMA "/device", UP3 TREE_FUNCTION },
	{ '=', RDMA "/node_type", "1: CA" },
	{ '=', RDMA "/ports/1/hw_counters/out_of_buffer", "0" },
	{ '=', FUNCTION "/infiniband_verbs/uverbs0/ibdev", "mlx5_0" },
	{ '=', FUNCTION "/infiniband_verbs/uverbs0/abi_version", "1" },
	{ '>', FUNCTION "/infiniband_verbs/uverbs0/device", UP3 TREE_FUNCTION },
	{ '/', "bus/pci/slots/2", NULL },
	{ '=', "bus/pci/slots/2/address", "ac00:00:02" },
	{ '>', "class/infiniband_verbs/uverbs0", "../../" FUNCTION "/infiniband_verbs/uverbs0" },
	{ '>', "class/infiniband/mlx5_0", "../../" RDMA },
	{ '>', "class/net/" TREE_VF, "../../" VF },
	{ '>', "bus/vmbus/devices/" BUS_GUID, UP3 BUS },
	{ '>', "bus/pci/devices/" TREE_FUNCTION, UP3 FUNCTION },
	/* Last: from here on the NIC has a VF. */
	{ '>', NIC "/net/" TREE_NIC "/lower_" TREE_VF, UP6 VF },
};
#define ROWS(rows) rows, sizeof(rows) / sizeof((rows)[0])

static int folder(int root, const char *path)
{
	char part[512];

	for (size_t i = 1; path[i - 1] != '\0'; i++) {
		if (path[i] != '/' && path[i] != '\0')
			continue;
		if (i >= sizeof(part))
			return -ENAMETOOLONG;
		snprintf(part, sizeof(part), "%.*s", (int)i, path);
		if (mkdirat(root, part, 0755) < 0 && errno != EEXIST)
			return -errno;
	}
	return 0;
}

static int file(int root, const char *path, const char *content)
{
	int fd = openat(root, path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644), ret;

	if (fd < 0)
		return -errno;
	ret = dprintf(fd, "%s\n", content) < 0 ? -errno : 0;
	close(fd);
	return ret;
}

static int row_make(int root, const struct row *row)
{
	switch (row->kind) {
	case '/': return folder(root, row->path);
	case '=': return file(root, row->path, row->content);
	default: return symlinkat(row->content, root, row->path) < 0 ? -errno : 0;
	}
}

static int rows_make(int root, const struct row *rows, size_t count)
{
	int err = 0;

	for (size_t i = 0; i < count && err == 0; i++)
		err = row_make(root, &rows[i]);
	return err;
}

static int kept_link(int root, const char *folder_of, const char *name)
{
	char path[512], real[256];
	int err = 0;

	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]) && err == 0; i++) {
		snprintf(path, sizeof(path), "%s/%s", folder_of, kept[i]);
		snprintf(real, sizeof(real), "/sys/class/net/%s/%s", name, kept[i]);
		err = symlinkat(real, root, path) < 0 ? -errno : 0;
	}
	return err;
}

static int make(const char *root, const struct row *rows, size_t count, const char *folder_of,
		const char *name)
{
	int fd = open(root, O_RDONLY | O_DIRECTORY | O_CLOEXEC), err;

	if (fd < 0)
		return -errno;
	err = folder(fd, folder_of);
	if (err == 0)
		err = kept_link(fd, folder_of, name);
	if (err == 0)
		err = rows_make(fd, rows, count);
	close(fd);
	return err;
}

int tree_create(const char *root)
{
	return make(root, ROWS(nic_rows), NIC "/net/" TREE_NIC, TREE_NIC);
}

int tree_vf_add(const char *root)
{
	return make(root, ROWS(vf_rows), VF, TREE_VF);
}

static int entry_remove(const char *path, const struct stat *st, int type, struct FTW *where)
{
	(void)st;
	(void)where;
	if (type == FTW_DP || type == FTW_D)
		rmdir(path);
	else
		unlink(path);
	return 0; /* what cannot be removed is not there */
}

static void remove_all(const char *path)
{
	nftw(path, entry_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* The newest first, so that what leads there is gone before it is. */
void tree_vf_remove(const char *root)
{
	const struct row *rows = vf_rows;
	char path[1024];

	for (size_t i = sizeof(vf_rows) / sizeof(vf_rows[0]); i-- > 0;) {
		snprintf(path, sizeof(path), "%s/%s", root, rows[i].path);
		if (rows[i].kind != '/')
			unlink(path);
	}
	snprintf(path, sizeof(path), "%s/bus/pci/slots/2", root);
	rmdir(path);
	snprintf(path, sizeof(path), "%s/%s", root, BUS);
	remove_all(path);
}

void tree_destroy(const char *root)
{
	remove_all(root);
}
