// SPDX-License-Identifier: BSD-3-Clause
/* The guest's interfaces and sysfs, changed with the VF; see guest.h. */
#include "guest.h"
#include "links.h"
#include "machine.h"
#include "tree.h"

#include "../log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void guest_mac(uint8_t mac[6])
{
	memcpy(mac, (const uint8_t[]){ 0x00, 0x0d, 0x3a, 0x11, 0x22, 0x33 }, 6);
}

void guest_no_ipv6(const char *name)
{
	char path[128];
	int fd;

	snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return; /* no IPv6 here */
	if (write(fd, "1", 1) != 1)
		lab_log(LAB_LOG_INFO, "verbs", "%s keeps IPv6", name);
	close(fd);
}

int guest_vf_link(bool up)
{
	uint8_t mac[6];
	struct links_pair pair = { .name = TREE_VF, .peer = GUEST_VF_WIRE, .mac = mac,
				   .mtu = GUEST_MTU, .peer_mtu = GUEST_WIRE_MTU, .queues = 1 };
	int err;

	guest_mac(mac);
	err = links_create(&pair);
	if (err < 0)
		return err;
	guest_no_ipv6(TREE_VF); /* joined, it has no addresses, nor asks for any (IFF_SLAVE) */
	guest_no_ipv6(GUEST_VF_WIRE);
	err = up ? links_set_up(GUEST_VF_WIRE, true) : 0;
	return err < 0 ? err : links_set_up(TREE_VF, true);
}

static void complain(const char *what, int err)
{
	if (err < 0)
		lab_log(LAB_LOG_WARN, "verbs", "%s: %s", what, strerror(-err));
}

void guest_vf_add(void)
{
	const char *root = getenv(MACHINE_ENV_SYSFS);

	if (getenv(MACHINE_ENV_VF) == NULL)
		return;
	complain("the VF's interface", guest_vf_link(true));
	if (root != NULL)
		complain("the VF's part of sysfs", tree_vf_add(root));
}

void guest_vf_remove(void)
{
	const char *root = getenv(MACHINE_ENV_SYSFS);

	if (getenv(MACHINE_ENV_VF) == NULL)
		return;
	complain("the VF's interface", links_delete(TREE_VF));
	if (root != NULL)
		tree_vf_remove(root);
}

void guest_link(bool up)
{
	if (getenv(MACHINE_ENV_WIRE) != NULL)
		complain("the NIC's carrier", links_set_up(GUEST_WIRE, up));
	if (getenv(MACHINE_ENV_VF) != NULL && links_set_up(GUEST_VF_WIRE, up) == -ENODEV)
		lab_log(LAB_LOG_INFO, "verbs", "there is no VF to connect");
}
