/* SPDX-License-Identifier: BSD-3-Clause */
/* What the host does to frames for the guest, and tells it about them. */
#ifndef LAB_NETVSP_OFFLOAD_H
#define LAB_NETVSP_OFFLOAD_H

#include "../fabric/frame.h"
#include "nic.h"

/* The per-packet information of a frame the guest sends. */
struct offload_tx {
	bool has_checksum, has_lso, has_vlan;
	uint32_t checksum, lso, vlan;
};

/* A frame on its way to the guest. */
struct offload_rx {
	const uint8_t *frame;
	struct frame_info info;
	bool sound; /* the headers are all there */
	bool hashed;
	uint32_t hash;
};

#define OFFLOAD_RX_PPI_MAX (3 * (sizeof(struct rndis_ppi) + sizeof(uint32_t)))

/* Reads a per-packet-information list. 0, or -EINVAL: its sizes are impossible. */
int offload_parse(const uint8_t *list, size_t len, struct offload_tx *tx);
/* Carries the request out and gives the frames to the fabric. NIC_VLAN_TAG bytes in front of the
 * frame are overwritten. */
void offload_send(struct netvsp *nic, uint8_t *frame, size_t len, const struct offload_tx *tx);
/* Writes the list for a frame to the guest, OFFLOAD_RX_PPI_MAX bytes at most. Returns how many. */
size_t offload_rx_ppis(const struct netvsp *nic, const struct offload_rx *rx, uint8_t *out);

/* OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES, cut to what the request's header (may be missing) knows.
 * Returns the length. */
size_t offload_capabilities(const struct netvsp *nic, const uint8_t *request, size_t request_len,
			    struct ndis_offload *out);
/* OID_TCP_OFFLOAD_PARAMETERS. Returns an RNDIS status. */
uint32_t offload_set(struct netvsp *nic, const uint8_t *info, size_t len);

#endif
