/* SPDX-License-Identifier: BSD-3-Clause */
/* Fabric to guest: the receive buffer and its sections. */
#ifndef LAB_NETVSP_RX_H
#define LAB_NETVSP_RX_H

#include "nic.h"

/* Cuts a receive buffer of `size` bytes into sections that hold a frame of frame_max bytes. */
int rx_set_buffer(struct netvsp *nic, uint32_t gpadl, uint16_t id, uint32_t size);
void rx_revoke_buffer(struct netvsp *nic);

/* The fabric's delivery function; ctx is the NIC. */
enum fabric_drop rx_deliver(void *ctx, const uint8_t *frame, size_t len);
/* An RNDIS message to the guest, of an enum nvsp_channel_type. 0; -EBUSY: no section, -EAGAIN: no
 * room; other: never. */
int rx_send_rndis(struct netvsp *nic, uint32_t channel_type, const void *message, size_t len);
/* The guest gave the sections of that transaction back. */
void rx_completed(struct netvsp *nic, uint64_t transaction);

#endif
