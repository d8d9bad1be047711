// SPDX-License-Identifier: BSD-3-Clause
/*
 * Which network manager configures a VF's interface. Both keep a file for each interface, by its
 * index: systemd-networkd in systemd/netif/links, with ADMIN_STATE, which is "unmanaged" for those
 * it leaves alone and "pending" or "initialized" for those it has not decided on;
 * NetworkManager in NetworkManager/devices, with "managed=true" for those it has.
 */
#include "manager.h"

#include <stdio.h>
#include <string.h>

/* Has the file one of these lines? One that is not there has none. */
static bool has_line(const char *run, const char *file, uint32_t ifindex,
		     const char *const *lines)
{
	char path[512], line[1024];
	bool found = false;
	FILE *from;

	if (snprintf(path, sizeof(path), "%s/%s/%u", run, file, ifindex) >= (int)sizeof(path))
		return false;
	from = fopen(path, "re");
	if (from == NULL)
		return false;
	while (!found && fgets(line, sizeof(line), from) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		for (size_t i = 0; lines[i] != NULL; i++)
			found |= strcmp(line, lines[i]) == 0;
	}
	fclose(from);
	return found;
}

void an_manager_read_all(struct an_host *host, const char *run)
{
	static const char *const networkd[] = {
		"ADMIN_STATE=configuring", "ADMIN_STATE=configured", "ADMIN_STATE=failed", NULL,
	};
	static const char *const networkmanager[] = { "managed=true", NULL };

	for (struct an_nic *nic = host->nic; nic < host->nic + host->nics; nic++) {
		uint32_t ifindex = nic->vf.ifindex;
		const char *manager = "";

		if (ifindex == 0)
			continue;
		if (has_line(run, "NetworkManager/devices", ifindex, networkmanager))
			manager = AN_NETWORKMANAGER;
		else if (has_line(run, "systemd/netif/links", ifindex, networkd))
			manager = AN_NETWORKD;
		snprintf(nic->vf_manager, sizeof(nic->vf_manager), "%s", manager);
	}
}
