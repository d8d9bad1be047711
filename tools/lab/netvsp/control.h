/* SPDX-License-Identifier: BSD-3-Clause */
/* RNDIS control messages of the guest, and indications to it. */
#ifndef LAB_NETVSP_CONTROL_H
#define LAB_NETVSP_CONTROL_H

#include "nic.h"

/* Carries one message out and queues its answer. 0, or -EINVAL: not even answerable. */
int control_message(struct netvsp *nic, const uint8_t *message, size_t len);
/* What to call the answer in the watchdog's report: "RNDIS QUERY 0x00010107". */
void control_name(const uint8_t *message, size_t len, char *name, size_t size);
/* INDICATE_STATUS messages that say what the link is now. False: no room, try again. */
bool control_indicate_link(struct netvsp *nic);

#endif
