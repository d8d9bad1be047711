/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The AF_PACKET sockets of the synthetic side: one that receives, with a ring that the kernel
 * writes to (TPACKET_V2), and those that send. All are bound by interface index, so a new name
 * changes nothing for them.
 */
#ifndef AN_PACKET_RING_H
#define AN_PACKET_RING_H

#include <stddef.h>
#include <stdint.h>

#include <linux/if_packet.h>
#include <linux/virtio_net.h>

struct an_ring {
	int fd;                      /* -1: not open */
	uint8_t *map;
	size_t map_len;
	uint32_t slot_size;          /* bytes */
	uint32_t per_block, block_size, slots;
	uint32_t index;              /* of the slot to be looked at next */
	struct tpacket2_hdr *slot;   /* that slot; atomic */
	uint8_t *copy;               /* room for a frame longer than a slot */
};

/* A frame as the kernel hands it over. */
struct an_ring_frame {
	uint8_t *data;               /* in the ring or in `copy`; may be written to */
	uint32_t len;                /* 0: the kernel had no room for all of it */
	uint32_t status;             /* TP_STATUS_* */
	uint16_t vlan_tci, vlan_tpid;
	uint8_t type;                /* PACKET_HOST, PACKET_BROADCAST ... */
	struct virtio_net_hdr vnet;
};

/*
 * Opens and binds the receiving socket with at least `slots` slots (fewer if the kernel is short of
 * memory) for frames of `mtu` bytes without Ethernet header. 0 or -errno.
 */
int an_ring_open(struct an_ring *ring, int ifindex, unsigned int slots, unsigned int mtu);
void an_ring_close(struct an_ring *ring);
/* The frame in the current slot; the slot must be TP_STATUS_USER. */
void an_ring_frame(struct an_ring *ring, struct an_ring_frame *frame);
/* Gives the current slot back to the kernel and goes on to the next. */
void an_ring_advance(struct an_ring *ring);
/* Frames the kernel dropped for want of room since the last call. */
unsigned int an_ring_drops(struct an_ring *ring);

/* A socket that only sends on an interface: its descriptor, or -errno. */
int an_packet_sender(int ifindex);

static inline uint32_t an_ring_status(const struct tpacket2_hdr *slot)
{
	/* Pairs with the kernel's barrier between a frame and its status. */
	return __atomic_load_n(&slot->tp_status, __ATOMIC_ACQUIRE);
}

#endif
