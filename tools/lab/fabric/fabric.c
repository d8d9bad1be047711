// SPDX-License-Identifier: BSD-3-Clause
/*
 * The fabric as a whole: made empty, then ports (port.c) and peers (peer.c and one file a kind)
 * are put on its switch (switch.c), watched over by its policy (policy.c).
 */
#include "fabric.h"

#include "peer.h"
#include "private.h"

#include <stdlib.h>
#include <string.h>

struct fabric *fabric_create(const struct fabric_config *config)
{
	struct fabric *fabric = calloc(1, sizeof(*fabric));

	if (fabric == NULL)
		return NULL;
	fabric->clock = config->clock;
	if (config->pcap_dir != NULL) {
		fabric->pcap_dir = strdup(config->pcap_dir);
		if (fabric->pcap_dir == NULL)
			goto err_free;
	}
	return fabric;

err_free:
	free(fabric);
	return NULL;
}

void fabric_destroy(struct fabric *fabric)
{
	if (fabric == NULL)
		return;
	peers_destroy(fabric);
	fabric_ports_destroy(fabric);
	free(fabric->pcap_dir);
	free(fabric);
}
