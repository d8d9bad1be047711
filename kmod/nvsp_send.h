/* SPDX-License-Identifier: GPL-2.0-only */
/* NVSP messages to the host. */
#ifndef AN_NVSP_SEND_H
#define AN_NVSP_SEND_H

#include "nic.h"

/* Sends msg and waits for the completion that carries a message of type `want`. */
int an_nvsp_request(struct an_nic *nic, struct an_nvsp_message *msg, u32 want, unsigned int ms);
/* Sends msg; the host does not complete it. */
int an_nvsp_send(struct an_nic *nic, struct an_nvsp_message *msg);
/* Sends SWITCH_DATA_PATH; its completion ends transaction AN_XACT_PATH. Does not sleep. */
int an_nvsp_switch(struct an_nic *nic, enum an_nvsp_datapath path, u32 number);

#endif
