/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The VMBus as the host keeps it: protocol version, offers, channels, GPADLs, rings. A pure state
 * machine: guest messages come in through vmbus_post_message() and vmbus_signal_event(), host
 * messages and events go out through struct vmbus_host_ops. No KVM, no threads, no locks: the
 * caller serialises. Source: docs/protocol.md 3, include/linux/hyperv.h.
 */
#ifndef LAB_VMBUS_H
#define LAB_VMBUS_H

#include "../clock.h"
#include "../mem.h"
#include "../pending.h"

#include <stdbool.h>
#include <stdint.h>

struct vmbus;
struct vmbus_channel;
struct vmbus_gpadl;

struct vmbus_guid {
	uint8_t b[16]; /* as on the wire */
};

/* How the bus reaches the guest's virtual processors. */
struct vmbus_host_ops {
	/* Queue a channel message (len <= 240) for the SINT2 message slot of processor vp. */
	void (*post)(void *ctx, unsigned int vp, const void *msg, size_t len);
	/* Set event flag `relid` of vp's SINT2 and interrupt it. */
	void (*event)(void *ctx, unsigned int vp, uint32_t relid);
};

struct vmbus_config {
	const struct lab_mem *mem;
	const struct lab_clock *clock;
	struct lab_pending *pending; /* may be NULL */
	const struct vmbus_host_ops *host;
	void *host_ctx;
	uint32_t max_version; /* newest accepted, (major << 16) | minor: 0x00050003 */
	unsigned int vps;     /* number of virtual processors */
};

/* Returns the bus or NULL (out of memory). */
struct vmbus *vmbus_create(const struct vmbus_config *config);
/* Closes and releases every channel, then frees. A device that is freed before its bus calls
 * vmbus_withdraw() first. */
void vmbus_destroy(struct vmbus *bus);
/*
 * Guest reset: every channel is closed and forgotten, offers stay and will be made again; but not
 * those of subchannels, which a guest has to ask for, nor rescinded ones: these are released.
 * UNLOAD and a new INITIATE_CONTACT (kexec) do the same.
 */
void vmbus_reset(struct vmbus *bus);

/*
 * The guest's HVCALL_POST_MESSAGE and HVCALL_SIGNAL_EVENT. Return an HV_STATUS: 0 success,
 * 0x0005 invalid parameter, 0x0012 invalid connection id.
 */
uint16_t vmbus_post_message(struct vmbus *bus, uint32_t connection, uint32_t type,
			    const void *payload, size_t len);
uint16_t vmbus_signal_event(struct vmbus *bus, uint32_t connection);

/*
 * Looks at the monitor page, where the guest signals monitored channels; to be called every 100 us
 * or so while vmbus_is_monitored(). Returns true if a channel was signalled.
 */
bool vmbus_poll(struct vmbus *bus);
bool vmbus_is_monitored(const struct vmbus *bus); /* is such a channel open? */

/* Negotiated version, 0 while not connected. */
uint32_t vmbus_version(const struct vmbus *bus);
/* How many messages and rings of the guest were refused since vmbus_create(). */
uint64_t vmbus_guest_errors(const struct vmbus *bus);

/* ------------------------------------------------------------------ devices behind channels -- */

/* All are called on the caller's thread, from inside a vmbus_* call. */
struct vmbus_device_ops {
	/* The guest opens the channel; rings are mapped. 0 accepts, -errno refuses. */
	int (*open)(void *device, struct vmbus_channel *ch);
	/* The guest closed it, or went away; its rings already take and give nothing. Subchannels
	 * that are still offered when a primary has closed are rescinded by the bus. */
	void (*close)(void *device, struct vmbus_channel *ch);
	/* The guest signalled: packets wait, or room appeared in the ring to the guest. */
	void (*signal)(void *device, struct vmbus_channel *ch);
	/* The guest released the relid after a rescind (or was reset). ch is freed on return; only
	 * now, and from here on, may the same instance be offered again. May be NULL. */
	void (*released)(void *device, struct vmbus_channel *ch);
};

struct vmbus_offer {
	struct vmbus_guid type, instance;
	uint16_t flags;
	uint16_t mmio_megabytes;
	uint16_t subchannel; /* 0: primary */
	uint8_t user[120];
	uint32_t max_packet; /* largest packet the guest takes, bytes with header; 0: 4096 */
	bool monitored; /* the guest is to signal through the monitor page, if it has one */
	const struct vmbus_device_ops *ops;
	void *device;
	const char *name; /* "nic0", "vf0", "nic0/1"; copied */
};

/*
 * Offers a channel: at once when the guest has asked for offers, else when it does.
 * 0, -ENOSPC (no relid left), -EEXIST (same type, instance and subchannel still not released;
 * a rescinded subchannel is not in the way, guests tell subchannels apart by relid), -ENODEV (a
 * subchannel without its primary or its guest; the bus is being destroyed), -ENOMEM.
 */
int vmbus_offer(struct vmbus *bus, const struct vmbus_offer *offer, struct vmbus_channel **ch);
/* Takes the offer back, its subchannels' first. The rings work until the guest closes. A guest that
 * never knew the offer (not connected): released() comes before this returns. Twice is harmless. */
void vmbus_rescind(struct vmbus_channel *ch);
/* The device goes away for good: closes, rescinds, and never calls the device again. */
void vmbus_withdraw(struct vmbus_channel *ch);

void *vmbus_channel_device(const struct vmbus_channel *ch);
const char *vmbus_channel_name(const struct vmbus_channel *ch);
uint32_t vmbus_channel_relid(const struct vmbus_channel *ch);
uint16_t vmbus_channel_subchannel(const struct vmbus_channel *ch);
unsigned int vmbus_channel_vp(const struct vmbus_channel *ch); /* target of its interrupts */
bool vmbus_channel_is_open(const struct vmbus_channel *ch);
bool vmbus_channel_is_rescinded(const struct vmbus_channel *ch);
/* The 120 bytes of OPENCHANNEL's user data; valid while open. */
const uint8_t *vmbus_channel_userdata(const struct vmbus_channel *ch);

/* ---------------------------------------------------------------------------------- rings -- */

enum vmbus_packet_type {
	VMBUS_PACKET_INBAND = 6,
	VMBUS_PACKET_TRANSFER_PAGES = 7,
	VMBUS_PACKET_GPA_DIRECT = 9,
	VMBUS_PACKET_COMPLETION = 11,
};
#define VMBUS_FLAG_COMPLETION_REQUESTED 1u

/* A packet the guest sent, copied out of the ring; valid until the channel's next receive. */
struct vmbus_packet {
	uint16_t type, flags;
	uint64_t transaction;
	const uint8_t *extension; /* between the 16-byte descriptor and offset8 * 8 */
	size_t extension_len;
	const uint8_t *payload; /* length as on the wire: padded to 8 */
	size_t len;
};

/*
 * Takes the next packet. 1: got one; 0: ring empty; -EPROTO: the guest's indices or lengths are
 * impossible, the channel takes no more packets until it is reopened.
 * Advances the read index and signals a guest that waits for room (pending_send_sz).
 */
int vmbus_channel_receive(struct vmbus_channel *ch, struct vmbus_packet *packet);

/*
 * Puts a packet into the ring to the guest and signals it on empty -> non-empty, unless masked.
 * extension (may be NULL) is what stands between descriptor and payload, a multiple of 8 bytes.
 * 0, -EAGAIN (no room: try again from signal() or from a poll), -EMSGSIZE, -ENOTCONN.
 */
int vmbus_channel_send(struct vmbus_channel *ch, enum vmbus_packet_type type, uint16_t flags,
		       uint64_t transaction, const void *extension, size_t extension_len,
		       const void *payload, size_t len);

/* The same for a packet, 16-byte descriptor included, whose descriptor may claim anything: for a
 * host that means harm. len: a multiple of 8, or -EMSGSIZE. */
int vmbus_channel_send_raw(struct vmbus_channel *ch, const void *packet, size_t len);

/* True if the ring to the guest has room for a packet of that many bytes, header excluded. If
 * not, the guest is asked to signal when there is (pending_send_sz), as after -EAGAIN. */
bool vmbus_channel_has_room(const struct vmbus_channel *ch, size_t len);
/* While set, the guest need not signal this channel: its device polls. Clearing re-checks and
 * returns true if packets wait. Source: ring_buffer.c hv_begin_read/hv_end_read. */
bool vmbus_channel_set_polling(struct vmbus_channel *ch, bool polling);

/* --------------------------------------------------------------------------------- GPADLs -- */

/* The GPADL with that handle on that channel (or its primary), or NULL. Look it up for each use:
 * the guest may tear it down between two packets. */
struct vmbus_gpadl *vmbus_gpadl_find(struct vmbus_channel *ch, uint32_t handle);
uint32_t vmbus_gpadl_size(const struct vmbus_gpadl *gpadl); /* bytes */
/* Copy out of / into it. 0 or -EFAULT, whole or nothing. */
int vmbus_gpadl_read(const struct vmbus_gpadl *gpadl, uint32_t offset, void *dst, size_t len);
int vmbus_gpadl_write(const struct vmbus_gpadl *gpadl, uint32_t offset, const void *src,
		      size_t len);

#endif
