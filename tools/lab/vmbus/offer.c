// SPDX-License-Identifier: BSD-3-Clause
/*
 * Offers: a relid and a connection id for each, sent when the guest wants to hear of them, taken
 * back with RESCIND, forgotten when the guest says RELID_RELEASED. A guest finds the old channel by
 * its instance and takes a second offer of it for a resume from hibernation (vmbus_onoffer), so
 * nothing is offered again before that. Source: docs/protocol.md 3.2.
 */
#include "offer.h"

#include "../log.h"
#include "gpadl.h"
#include "monitor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_MAX_PACKET 4096 /* VMBUS_DEFAULT_MAX_PKT_SIZE */

static bool same_guid(const struct vmbus_guid *a, const struct vmbus_guid *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

/* The channel that stands in the way of this offer, or NULL. */
static struct vmbus_channel *find_twin(struct vmbus *bus, const struct vmbus_offer *offer)
{
	struct vmbus_channel *ch;

	for (ch = bus->channels; ch != NULL; ch = ch->next)
		if (same_guid(&ch->offer.instance, &offer->instance) &&
		    ch->offer.subchannel == offer->subchannel &&
		    (offer->subchannel == 0 || !ch->rescinded))
			break;
	return ch;
}

static struct vmbus_channel *find_primary(struct vmbus *bus, const struct vmbus_offer *offer)
{
	struct vmbus_channel *ch;

	for (ch = bus->channels; ch != NULL; ch = ch->next)
		if (same_guid(&ch->offer.instance, &offer->instance) &&
		    same_guid(&ch->offer.type, &offer->type) && ch->offer.subchannel == 0 &&
		    !ch->rescinded)
			break;
	return ch;
}

/* The next free relid after the last one given, so that a stale one is noticed; 0: none left. */
static uint32_t take_relid(struct vmbus *bus)
{
	for (uint32_t i = 1; i < VMBUS_RELIDS; i++) {
		uint32_t relid = (bus->last_relid + i - 1) % (VMBUS_RELIDS - 1) + 1;

		if (bus->by_relid[relid] == NULL) {
			bus->last_relid = relid;
			return relid;
		}
	}
	return 0;
}

void offer_send(struct vmbus_channel *ch)
{
	struct vmbus_msg_offer msg = {
		.header.type = VMBUS_MSG_OFFERCHANNEL,
		.type = ch->offer.type,
		.instance = ch->offer.instance,
		.flags = ch->offer.flags,
		.mmio_megabytes = ch->offer.mmio_megabytes,
		.subchannel = ch->offer.subchannel,
		.relid = ch->relid,
		.dedicated_interrupt = 1,
		.connection = VMBUS_CONNECTION_CHANNEL(ch->relid),
	};

	if (monitor_is_used(ch)) {
		msg.monitor_id = (uint8_t)ch->monitor;
		msg.monitor_allocated = 1;
	}
	memcpy(msg.user, ch->offer.user, sizeof(msg.user));
	channel_set_state(ch, CHANNEL_OFFERED);
	bus_post(ch->bus, &msg, sizeof(msg));
}

int vmbus_offer(struct vmbus *bus, const struct vmbus_offer *offer, struct vmbus_channel **out)
{
	struct vmbus_channel *primary = NULL, *ch, **link;
	uint32_t relid;

	if (bus->dying)
		return -ENODEV;
	if (find_twin(bus, offer) != NULL)
		return -EEXIST;
	if (offer->subchannel != 0) {
		primary = bus->state == BUS_OFFERING ? find_primary(bus, offer) : NULL;
		if (primary == NULL)
			return -ENODEV;
	}
	relid = take_relid(bus);
	if (relid == 0)
		return -ENOSPC;
	ch = calloc(1, sizeof(*ch));
	if (ch == NULL)
		return -ENOMEM;

	ch->bus = bus;
	ch->primary = primary;
	ch->offer = *offer;
	if (ch->offer.max_packet == 0)
		ch->offer.max_packet = DEFAULT_MAX_PACKET;
	snprintf(ch->name, sizeof(ch->name), "%s", offer->name != NULL ? offer->name : "?");
	ch->offer.name = ch->name;
	ch->relid = relid;
	bus->by_relid[relid] = ch;
	monitor_assign(ch);
	for (link = &bus->channels; *link != NULL; link = &(*link)->next)
		;
	*link = ch;
	*out = ch;
	if (bus->state == BUS_OFFERING)
		offer_send(ch);
	return 0;
}

/* A subchannel of ch; with `known`, only one whose rescind has not begun. */
static struct vmbus_channel *find_subchannel(const struct vmbus_channel *ch, bool known)
{
	struct vmbus_channel *sub;

	for (sub = ch->bus->channels; sub != NULL; sub = sub->next)
		if (sub->primary == ch && !(known && sub->rescinded))
			break;
	return sub;
}

void offer_rescind_subchannels(struct vmbus_channel *ch)
{
	struct vmbus_channel *sub;

	/* From the start each time: released() may do anything to the list. */
	while ((sub = find_subchannel(ch, true)) != NULL)
		vmbus_rescind(sub);
}

void vmbus_rescind(struct vmbus_channel *ch)
{
	struct vmbus *bus = ch->bus;
	struct vmbus_msg_relid msg = {
		.header.type = VMBUS_MSG_RESCIND,
		.relid = ch->relid,
	};

	if (ch->rescinded)
		return;
	ch->rescinded = true;
	/*
	 * Subchannels first. Linux works rescinds off one by one: after the primary's it would find
	 * them with a primary that is freed (vmbus_onoffer_rescind, hv_process_channel_removal).
	 */
	offer_rescind_subchannels(ch);

	if (bus->state == BUS_OFFERING && ch->state != CHANNEL_WAITING) {
		if (bus->config.pending != NULL)
			ch->pending = lab_pending_add(bus->config.pending, "%s: RELID_RELEASED",
						      ch->name);
		bus_post(bus, &msg, sizeof(msg));
		return;
	}
	/* The guest does not know it, or went away and is being forgotten. */
	if (ch->state == CHANNEL_OPEN)
		channel_close(ch);
	if (ch->state == CHANNEL_WAITING || ch->state == CHANNEL_OFFERED)
		offer_release(ch);
	/* Else its device is on the stack, in a close that bus_disconnect() ordered and ends. */
}

void vmbus_withdraw(struct vmbus_channel *ch)
{
	struct vmbus_channel *sub;

	for (sub = ch->bus->channels; sub != NULL; sub = sub->next)
		if (sub->primary == ch)
			sub->offer.ops = NULL;
	ch->offer.ops = NULL;
	for (sub = ch->bus->channels; sub != NULL; sub = sub->next)
		if ((sub->primary == ch || sub == ch) && sub->state == CHANNEL_OPEN)
			channel_close(sub);
	vmbus_rescind(ch);
}

void offer_release(struct vmbus_channel *ch)
{
	const struct vmbus_device_ops *ops = ch->offer.ops;
	struct vmbus *bus = ch->bus;
	struct vmbus_channel **link = &bus->channels, *sub;

	while (*link != ch)
		link = &(*link)->next;
	*link = ch->next;
	bus->by_relid[ch->relid] = NULL;
	monitor_release(ch);
	while ((sub = find_subchannel(ch, false)) != NULL)
		sub->primary = NULL;
	gpadl_drop_all(ch);
	if (bus->config.pending != NULL)
		lab_pending_done(bus->config.pending, ch->pending);
	if (ops != NULL && ops->released != NULL)
		ops->released(ch->offer.device, ch);
	free(ch);
}

void offer_on_released(struct vmbus *bus, const void *payload, size_t len)
{
	const struct vmbus_msg_relid *msg = payload;
	struct vmbus_channel *ch = channel_by_relid(bus, msg->relid);

	(void)len;
	if (ch == NULL) {
		bus_guest_error(bus, "RELID_RELEASED of unknown relid %u", msg->relid);
		return;
	}
	/* A guest tears nothing down once it saw the rescind (vmbus_teardown_gpadl). */
	if (ch->state == CHANNEL_OPEN)
		channel_close(ch);
	if (ch->rescinded) {
		offer_release(ch);
		return;
	}
	/* Guests that cannot use an offer say so (vmbus_onoffer, out of memory); its next
	 * connection hears of it again. */
	lab_log(LAB_LOG_INFO, PARTY, "%s: the guest does not want it", ch->name);
	gpadl_drop_all(ch);
	channel_set_state(ch, CHANNEL_WAITING);
}

void *vmbus_channel_device(const struct vmbus_channel *ch)
{
	return ch->offer.device;
}

const char *vmbus_channel_name(const struct vmbus_channel *ch)
{
	return ch->name;
}

uint32_t vmbus_channel_relid(const struct vmbus_channel *ch)
{
	return ch->relid;
}

uint16_t vmbus_channel_subchannel(const struct vmbus_channel *ch)
{
	return ch->offer.subchannel;
}

unsigned int vmbus_channel_vp(const struct vmbus_channel *ch)
{
	return ch->vp;
}

bool vmbus_channel_is_open(const struct vmbus_channel *ch)
{
	return ch->state == CHANNEL_OPEN;
}

bool vmbus_channel_is_rescinded(const struct vmbus_channel *ch)
{
	return ch->rescinded;
}

const uint8_t *vmbus_channel_userdata(const struct vmbus_channel *ch)
{
	return ch->user;
}
