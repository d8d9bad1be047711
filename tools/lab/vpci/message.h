/* SPDX-License-Identifier: BSD-3-Clause */
/* The guest's requests on a vPCI channel. */
#ifndef LAB_VPCI_MESSAGE_H
#define LAB_VPCI_MESSAGE_H

struct vpci;
struct vmbus_packet;

/* Handles one packet and answers it if it asks for that. The channel may be gone on return. */
void vpci_message_handle(struct vpci *bus, const struct vmbus_packet *packet);

#endif
