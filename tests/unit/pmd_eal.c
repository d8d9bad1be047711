// SPDX-License-Identifier: BSD-3-Clause
/* EAL cannot be started twice, nor after its end: it stays until the process ends. */
#include "pmd_eal.h"

#include <errno.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <stdio.h>
#include <unistd.h>

bool eal_open(void)
{
	static bool started;
	char prefix[64];
	char *argv[] = { "unit", "--no-huge", "-m", "64", "--no-pci", "--no-telemetry",
			 "--no-shconf", "-l", "0", "--log-level", "error", "--file-prefix",
			 prefix };

	if (started)
		return true;
	snprintf(prefix, sizeof(prefix), "accelnet-unit-%d", (int)getpid());
	started = rte_eal_init(sizeof(argv) / sizeof(argv[0]), argv) >= 0 ||
		  rte_errno == EALREADY;
	if (!started)
		fprintf(stderr, "EAL does not start: %s\n", rte_strerror(rte_errno));
	return started;
}
