// SPDX-License-Identifier: BSD-3-Clause
/*
 * nic.c against a made-up sysfs in a temporary folder. The rtnl_* functions here are the kernel:
 * they rename what stands in that folder, under the kernel's rules.
 */
#include "../../tools/lab/guest/nic.h"
#include "unit.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[] = "/tmp/guest_nic_test.XXXXXX";
static char configured[1024];

__attribute__((format(printf, 2, 3)))
static void put(const char *value, const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;
	FILE *file;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	file = fopen(path, "w");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	fputs(value, file);
	fclose(file);
}

__attribute__((format(printf, 1, 2)))
static void make_dir(const char *format, ...)
{
	char path[PATH_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(path, sizeof(path), format, args);
	va_end(args);
	CU_ASSERT_FATAL(mkdir(path, 0755) == 0 || errno == EEXIST);
}

static void make_link(const char *target, const char *at)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", root, at);
	unlink(path);
	CU_ASSERT_FATAL(symlink(target, path) == 0);
}

static void get(char *value, size_t size, const char *at)
{
	char path[PATH_MAX];
	FILE *file;

	snprintf(path, sizeof(path), "%s/%s", root, at);
	file = fopen(path, "r");
	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	value[fread(value, 1, size - 1, file)] = '\0';
	fclose(file);
}

static void setup(void)
{
	strcpy(root + sizeof(root) - 7, "XXXXXX");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(root));
	make_dir("%s/class", root);
	make_dir("%s/class/net", root);
	make_dir("%s/bus", root);
	make_dir("%s/bus/vmbus", root);
	make_dir("%s/bus/vmbus/devices", root);
	make_dir("%s/bus/vmbus/drivers", root);
	make_dir("%s/bus/vmbus/drivers/hv_netvsc", root);
	make_dir("%s/bus/vmbus/drivers/accelnet", root);
	put("", "%s/bus/vmbus/drivers_probe", root);
	put("", "%s/bus/vmbus/drivers/hv_netvsc/unbind", root);
	configured[0] = '\0';
}

static void teardown(void)
{
	char command[PATH_MAX];

	snprintf(command, sizeof(command), "rm -r %s", root);
	CU_ASSERT_EQUAL(system(command), 0);
}

/* An interface on a device; class is what class_id says, NULL for a device of another bus. */
static void add_interface(const char *name, unsigned int ifindex, const char *class,
			  unsigned int relid, bool up)
{
	char text[64], at[64], target[64];

	make_dir("%s/class/net/%s", root, name);
	snprintf(text, sizeof(text), "%u\n", ifindex);
	put(text, "%s/class/net/%s/ifindex", root, name);
	put(up ? "0x1003\n" : "0x1002\n", "%s/class/net/%s/flags", root, name);
	make_dir("%s/bus/vmbus/devices/guid-%u", root, relid);
	snprintf(at, sizeof(at), "class/net/%s/device", name);
	snprintf(target, sizeof(target), "../../../bus/vmbus/devices/guid-%u", relid);
	make_link(target, at);
	if (class == NULL)
		return;
	snprintf(text, sizeof(text), "%s\n", class);
	put(text, "%s/bus/vmbus/devices/guid-%u/class_id", root, relid);
	snprintf(text, sizeof(text), "%u\n", relid);
	put(text, "%s/bus/vmbus/devices/guid-%u/id", root, relid);
}

/* ----------------------------------------------------------------------------- the kernel -- */

static bool find_name(unsigned int ifindex, char *name)
{
	char text[16], at[64];

	for (unsigned int i = 0; i < 2 * NIC_MAX; i++) {
		static const char *const form[] = { "eth%u", "lab%u", "x%u" };

		for (size_t f = 0; f < 3; f++) {
			char path[PATH_MAX];

			snprintf(name, IFNAMSIZ, form[f], i);
			snprintf(at, sizeof(at), "class/net/%s/ifindex", name);
			snprintf(path, sizeof(path), "%s/%s", root, at);
			if (access(path, F_OK) != 0)
				continue;
			get(text, sizeof(text), at);
			if (strtoul(text, NULL, 10) == ifindex)
				return true;
		}
	}
	return false;
}

int rtnl_set_up(struct rtnl *rt, unsigned int ifindex, bool up)
{
	char name[IFNAMSIZ];

	(void)rt;
	if (!find_name(ifindex, name))
		return -ENODEV;
	put(up ? "0x1003\n" : "0x1002\n", "%s/class/net/%s/flags", root, name);
	return 0;
}

int rtnl_rename(struct rtnl *rt, unsigned int ifindex, const char *to)
{
	char name[IFNAMSIZ], at[64], flags[16], from_path[PATH_MAX], to_path[PATH_MAX];

	(void)rt;
	if (!find_name(ifindex, name))
		return -ENODEV;
	snprintf(at, sizeof(at), "class/net/%s/flags", name);
	get(flags, sizeof(flags), at);
	if (strtoul(flags, NULL, 0) & IFF_UP)
		return -EBUSY;
	snprintf(from_path, sizeof(from_path), "%s/class/net/%s", root, name);
	snprintf(to_path, sizeof(to_path), "%s/class/net/%s", root, to);
	if (access(to_path, F_OK) == 0)
		return -EEXIST;
	return rename(from_path, to_path) == 0 ? 0 : -errno;
}

int rtnl_add_address(struct rtnl *rt, unsigned int ifindex, const char *address, int prefix)
{
	size_t used = strlen(configured);

	(void)rt;
	snprintf(configured + used, sizeof(configured) - used, "%u:%s/%d ", ifindex, address,
		 prefix);
	return 0;
}

/* ---------------------------------------------------------------------------------- tests -- */

static void synthetic_nics_are_found_in_order(void)
{
	struct nic nics[NIC_MAX];

	CU_ASSERT_EQUAL(nic_scan("/nonexistent", nics), 0);
	CU_ASSERT_EQUAL(nic_scan(root, nics), 0);
	add_interface("eth0", 2, NIC_CLASS, 12, false);
	add_interface("eth1", 3, NIC_CLASS, 9, false);
	add_interface("eth2", 4, NULL, 3, true);
	add_interface("eth3", 5, "{44c4f61d-4444-4400-9d52-802e27ede19f}", 4, true);
	make_dir("%s/class/net/lo", root);
	CU_ASSERT_EQUAL(nic_scan(root, nics), 2);
	CU_ASSERT_STRING_EQUAL(nics[0].name, "eth1");
	CU_ASSERT_STRING_EQUAL(nics[0].device, "guid-9");
	CU_ASSERT_EQUAL(nics[1].relid, 12);
}

static void too_many_nics_are_cut(void)
{
	struct nic nics[NIC_MAX];
	char name[16];

	for (unsigned int i = 0; i < NIC_MAX + 3; i++) {
		snprintf(name, sizeof(name), "eth%u", i);
		add_interface(name, i + 2, NIC_CLASS, i + 20, false);
	}
	CU_ASSERT_EQUAL(nic_scan(root, nics), NIC_MAX);
}

/* Names all and tells what sits on a name by its index, 0 for nothing. */
static unsigned int name_and_look(const char *name)
{
	struct nic nics[NIC_MAX];
	char text[16], at[64];
	unsigned int count = nic_scan(root, nics);
	struct rtnl rt;

	CU_ASSERT_EQUAL(nic_name_all(&rt, root, nics, count), 0);
	for (unsigned int i = 0; i < count; i++) {
		char want[IFNAMSIZ + 8];

		snprintf(want, sizeof(want), "eth%u", i);
		CU_ASSERT_STRING_EQUAL(nics[i].name, want);
	}
	snprintf(at, sizeof(at), "class/net/%s/ifindex", name);
	get(text, sizeof(text), at);
	return (unsigned int)strtoul(text, NULL, 10);
}

static void names_that_are_right_stay(void)
{
	add_interface("eth0", 2, NIC_CLASS, 5, true);
	add_interface("eth1", 3, NIC_CLASS, 6, true);
	CU_ASSERT_EQUAL(name_and_look("eth0"), 2);
	CU_ASSERT_EQUAL(name_and_look("eth1"), 3);
}

static void exchanged_names_are_put_right(void)
{
	add_interface("eth0", 2, NIC_CLASS, 6, false);
	add_interface("eth1", 3, NIC_CLASS, 5, false);
	CU_ASSERT_EQUAL(name_and_look("eth0"), 3);
	CU_ASSERT_EQUAL(name_and_look("eth1"), 2);
}

static void a_vf_gives_way(void)
{
	char flags[16];

	add_interface("eth0", 2, NIC_CLASS, 5, false);
	add_interface("eth1", 3, NULL, 7, true);
	add_interface("eth2", 4, NIC_CLASS, 6, false);
	add_interface("eth3", 5, NULL, 8, true);
	CU_ASSERT_EQUAL(name_and_look("eth1"), 4);
	CU_ASSERT_EQUAL(name_and_look("eth2"), 3);
	CU_ASSERT_EQUAL(name_and_look("eth3"), 5);
	get(flags, sizeof(flags), "class/net/eth2/flags");
	CU_ASSERT_EQUAL(strtoul(flags, NULL, 0) & IFF_UP, IFF_UP);
}

static void addresses_follow_nic_and_vm(void)
{
	struct nic nics[NIC_MAX];
	struct rtnl rt;

	add_interface("eth0", 2, NIC_CLASS, 5, false);
	add_interface("eth1", 3, NIC_CLASS, 6, false);
	CU_ASSERT_EQUAL(nic_scan(root, nics), 2);
	CU_ASSERT_EQUAL(nic_configure(&rt, root, &nics[0], 0, 0), 0);
	CU_ASSERT_EQUAL(nic_configure(&rt, root, &nics[1], 1, 1), 0);
	CU_ASSERT_STRING_EQUAL(configured, "2:10.77.0.2/24 2:fd77::2/64 "
					   "3:10.78.0.3/24 3:fd78::3/64 ");
	strcpy(nics[0].name, "gone");
	CU_ASSERT_EQUAL(nic_configure(&rt, root, &nics[0], 0, 0), -ENODEV);
}

static void paired_means_a_lower_device_that_is_up(void)
{
	struct nic nics[NIC_MAX];

	add_interface("eth0", 2, NIC_CLASS, 5, true);
	add_interface("eth1", 3, NULL, 7, false);
	CU_ASSERT_EQUAL(nic_scan(root, nics), 1);
	CU_ASSERT_FALSE(nic_is_paired(root, &nics[0]));
	make_link("../eth1", "class/net/eth0/lower_eth1");
	CU_ASSERT_FALSE(nic_is_paired(root, &nics[0]));
	put("0x1803\n", "%s/class/net/eth1/flags", root);
	CU_ASSERT_TRUE(nic_is_paired(root, &nics[0]));
	strcpy(nics[0].name, "gone");
	CU_ASSERT_FALSE(nic_is_paired(root, &nics[0]));
}

static void handing_over_goes_through_driver_override(void)
{
	struct nic nics[NIC_MAX];
	char text[64];

	add_interface("eth0", 2, NIC_CLASS, 5, true);
	put("(null)\n", "%s/bus/vmbus/devices/guid-5/driver_override", root);
	make_link("../../drivers/hv_netvsc", "bus/vmbus/devices/guid-5/driver");
	CU_ASSERT_EQUAL(nic_scan(root, nics), 1);
	nic_driver(root, &nics[0], text, sizeof(text));
	CU_ASSERT_STRING_EQUAL(text, "hv_netvsc");
	/* Nobody acts on drivers_probe here: the old driver stays, which must be noticed. */
	CU_ASSERT_EQUAL(nic_hand_over(root, &nics[0], "accelnet"), -ENODEV);
	get(text, sizeof(text), "bus/vmbus/devices/guid-5/driver_override");
	CU_ASSERT_PTR_EQUAL(strstr(text, "accelnet"), text);
	get(text, sizeof(text), "bus/vmbus/drivers/hv_netvsc/unbind");
	CU_ASSERT_STRING_EQUAL(text, "guid-5");
	get(text, sizeof(text), "bus/vmbus/drivers_probe");
	CU_ASSERT_STRING_EQUAL(text, "guid-5");
	/* Once the new driver has it, asking again is no harm. */
	put("", "%s/bus/vmbus/drivers/accelnet/unbind", root);
	make_link("../../drivers/accelnet", "bus/vmbus/devices/guid-5/driver");
	CU_ASSERT_EQUAL(nic_hand_over(root, &nics[0], "accelnet"), 0);
}

static void handing_over_fails_with_the_reason(void)
{
	struct nic nics[NIC_MAX];

	add_interface("eth0", 2, NIC_CLASS, 5, true);
	CU_ASSERT_EQUAL(nic_scan(root, nics), 1);
	/* A kernel whose VMBus knows no driver_override. */
	CU_ASSERT_EQUAL(nic_hand_over(root, &nics[0], "accelnet"), -ENOENT);
}

static CU_TestInfo tests[] = {
	{ "synthetic NICs are found in order", synthetic_nics_are_found_in_order },
	{ "too many NICs are cut", too_many_nics_are_cut },
	{ "names that are right stay", names_that_are_right_stay },
	{ "exchanged names are put right", exchanged_names_are_put_right },
	{ "a VF gives way", a_vf_gives_way },
	{ "addresses follow NIC and VM", addresses_follow_nic_and_vm },
	{ "paired means a lower device that is up", paired_means_a_lower_device_that_is_up },
	{ "handing over goes through driver_override", handing_over_goes_through_driver_override },
	{ "handing over fails with the reason", handing_over_fails_with_the_reason },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("guest/nic", setup, teardown, tests);
