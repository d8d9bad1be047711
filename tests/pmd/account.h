/* SPDX-License-Identifier: BSD-3-Clause */
/* The account of a traffic test: every frame is delivered, or somebody counted its loss. */
#ifndef TESTS_PMD_ACCOUNT_H
#define TESTS_PMD_ACCOUNT_H

#include "check.h"
#include "control.h"
#include "port.h"

#include <stdio.h>

struct account {
	uint16_t tx_port, rx_port;
	bool host;                 /* there is a host, and it could be asked at the start */
	struct control_stats before;
	char interface[16];        /* the kernel's below the port; "": none */
	uint64_t interface_drops;  /* of it, at the start */
};

/* Before the first frame: the ports' counters are cleared and the host's noted. */
void account_open(struct account *account, uint16_t tx_port, uint16_t rx_port);

/* Losses that somebody counted, in frames. */
struct account_losses {
	uint64_t tx_errors;        /* rte_eth_stats.oerrors: refused, or lost with a VF */
	uint64_t rx_missed, rx_errors, rx_nombuf;
	uint64_t host;             /* drops of the host's switch */
	uint64_t interface;        /* of the kernel's interface, as while its link is down */
};
uint64_t account_sum(const struct account_losses *losses);
/*
 * After the last frame, the ports still open: what was counted. Prints it, with the extended
 * statistics that are not 0. 0 or -errno.
 */
int account_close(const struct account *account, struct account_losses *losses, FILE *out);

#endif
