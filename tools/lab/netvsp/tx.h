/* SPDX-License-Identifier: BSD-3-Clause */
/* Guest to fabric: NVSP messages that carry RNDIS. */
#ifndef LAB_NETVSP_TX_H
#define LAB_NETVSP_TX_H

#include "nic.h"

/* A SEND_RNDIS_PKT packet: carried out and completed. m: its NVSP message, copied. */
void tx_packet(struct nic_channel *c, const struct nvsp_message *m,
	       const struct vmbus_packet *packet);

#endif
