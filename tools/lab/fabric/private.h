/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of the fabric share: the fabric itself. */
#ifndef LAB_FABRIC_PRIVATE_H
#define LAB_FABRIC_PRIVATE_H

#include "fabric.h"
#include "policy.h"
#include "switch.h"

#define FABRIC_PARTY "fabric" /* in the log */

struct fabric_peer;

struct fabric {
	const struct lab_clock *clock;
	char *pcap_dir; /* owned; NULL: no capture */
	struct fabric_port *ports;
	struct fabric_peer *peers;
	struct policy policy;
	struct lan_switch lan;
	uint8_t rx_frame[FABRIC_FRAME_MAX]; /* what was just read from a peer */
};

/* port.c */
void fabric_ports_destroy(struct fabric *fabric);
void fabric_ports_flush(struct fabric *fabric); /* captures to their files */

#endif
