/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * One offered channel, internal to vmbus/. What its ring does is a state, what became of its offer
 * is a flag beside it: a rescinded channel still closes in its own time.
 *
 *	WAITING -> OFFERED          the offer is sent (REQUESTOFFERS, hot offer)
 *	OFFERED -> OPENING          OPENCHANNEL; not when rescinded: the host ignores that
 *	OPENING -> OPEN, OFFERED    the device accepts, refuses
 *	OPEN    -> CLOSING -> OFFERED  CLOSECHANNEL, RELID_RELEASED, the guest went away
 *	OFFERED -> WAITING          RELID_RELEASED without a rescind, the guest went away
 *	WAITING, OFFERED -> freed   offer_release(); never from OPENING or CLOSING: the device is
 *	                            on the stack and holds the channel
 */
#ifndef LAB_VMBUS_CHANNEL_H
#define LAB_VMBUS_CHANNEL_H

#include "bus.h"
#include "ring.h"

enum channel_state {
	CHANNEL_WAITING, /* the guest does not know it */
	CHANNEL_OFFERED, /* it does; closed */
	CHANNEL_OPENING, /* in the device's open(), rings mapped */
	CHANNEL_OPEN,
	CHANNEL_CLOSING, /* in the device's close(), rings gone */
};

struct vmbus_channel {
	struct vmbus_channel *next;
	struct vmbus *bus;
	struct vmbus_channel *primary; /* NULL: is one, or its primary was released before it */
	struct vmbus_offer offer; /* .ops NULL: withdrawn, never to be open again */
	char name[32];
	uint32_t relid;
	uint32_t monitor; /* id; VMBUS_MONITORS: none */
	enum channel_state state;
	bool rescinded;
	uint32_t pending; /* lab_pending id: RELID_RELEASED is awaited */

	/* Valid while open. */
	uint32_t vp;
	uint8_t user[120];
	struct ring in, out; /* from and to the guest; unmapped before close if the guest lied */
	const struct vmbus_gpadl *ring_gpadl; /* compared only */
	uint8_t *packet; /* where receive copies to */

	struct vmbus_gpadl *gpadls; /* finished ones */
};

void channel_set_state(struct vmbus_channel *ch, enum channel_state state);
/* The channel the guest calls by that relid: NULL for those it does not know. */
struct vmbus_channel *channel_by_relid(struct vmbus *bus, uint32_t relid);
/* Closes an open channel, and rescinds what subchannels it has. */
void channel_close(struct vmbus_channel *ch);
/* A GPADL of the channel is about to go: if its rings are in there, they go first. */
void channel_gpadl_torn_down(struct vmbus_channel *ch, const struct vmbus_gpadl *gpadl);

/* The guest signalled it, in whichever way. False: it is not open, and nobody was told. */
bool channel_signal(struct vmbus_channel *ch);

/* Message handlers, see bus.c. */
void channel_on_open(struct vmbus *bus, const void *msg, size_t len);
void channel_on_close(struct vmbus *bus, const void *msg, size_t len);
void channel_on_modify(struct vmbus *bus, const void *msg, size_t len);

#endif
