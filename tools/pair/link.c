// SPDX-License-Identifier: BSD-3-Clause
/* A network interface as sysfs shows it: class/net/NAME. */
#include "link.h"
#include "fail.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

bool an_link_is_name(const char *name)
{
	return name[0] != '\0' && strlen(name) < IFNAMSIZ && strchr(name, '/') == NULL &&
	       strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

static int read_mac(const struct an_sysfs *fs, struct an_link *link)
{
	uint8_t mac[6];
	char text[96];	/* the longest hardware address, InfiniBand's, has 59 characters */
	int ret, end = 0;

	ret = an_sysfs_read(fs, text, sizeof(text), "class/net/%s/address", link->name);
	if (ret)
		return ret;
	if (sscanf(text, "%2hhx:%2hhx:%2hhx:%2hhx:%2hhx:%2hhx%n", &mac[0], &mac[1], &mac[2],
		   &mac[3], &mac[4], &mac[5], &end) != 6 || text[end] != '\0')
		return -EINVAL;
	memcpy(link->mac, mac, sizeof(mac));
	link->has_mac = true;
	return 0;
}

static int read_flags(const struct an_sysfs *fs, struct an_link *link)
{
	uint32_t value;
	int ret;

	ret = an_sysfs_number(fs, &value, 16, "class/net/%s/flags", link->name);
	if (ret)
		return ret;
	link->up = value & IFF_UP ? AN_YES : AN_NO;
	if (link->up == AN_NO)	/* the kernel answers EINVAL for the carrier then */
		return 0;
	ret = an_sysfs_number(fs, &value, 10, "class/net/%s/carrier", link->name);
	if (ret == 0)
		link->carrier = value ? AN_YES : AN_NO;
	return ret;
}

void an_link_read(const struct an_sysfs *fs, const char *name, struct an_link *link, char *failed)
{
	int ret;

	*link = (struct an_link){ 0 };
	if (!an_link_is_name(name)) {
		an_fail(failed, 0, "%s is no interface's name", name);
		return;
	}
	snprintf(link->name, sizeof(link->name), "%s", name);
	ret = an_sysfs_number(fs, &link->ifindex, 10, "class/net/%s/ifindex", name);
	if (ret)
		an_fail(failed, ret, "cannot read the index of %s", name);
	ret = an_sysfs_number(fs, &link->mtu, 10, "class/net/%s/mtu", name);
	if (ret)
		an_fail(failed, ret, "cannot read the MTU of %s", name);
	ret = read_mac(fs, link);
	if (ret)
		an_fail(failed, ret, "cannot read the MAC address of %s", name);
	ret = read_flags(fs, link);
	if (ret)
		an_fail(failed, ret, "cannot read whether %s is up", name);
}
