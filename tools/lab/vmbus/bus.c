// SPDX-License-Identifier: BSD-3-Clause
/*
 * The connection: which version, on which id the guest posts, to which processor the host answers,
 * and which handler a message goes to. A message is checked here for its length and for being
 * possible at all now; what it says is checked by its handler. Source: docs/protocol.md
 * 3.1 and 3.2, drivers/hv/connection.c.
 */
#include "bus.h"

#include "../log.h"
#include "channel.h"
#include "gpadl.h"
#include "monitor.h"
#include "offer.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GUEST_ERRORS_LOGGED 100 /* then only counted: a guest must not fill the host's disk */

void bus_post(struct vmbus *bus, const void *msg, size_t len)
{
	bus->config.host->post(bus->config.host_ctx, bus->vp, msg, len);
}

void bus_guest_error(struct vmbus *bus, const char *format, ...)
{
	char text[256];
	va_list ap;

	bus->guest_errors++;
	if (bus->errors_logged == GUEST_ERRORS_LOGGED)
		return;
	bus->errors_logged++;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	lab_log(LAB_LOG_WARN, PARTY, "%s%s", text,
		bus->errors_logged == GUEST_ERRORS_LOGGED ? " (more will not be logged)" : "");
}

static void set_state(struct vmbus *bus, enum bus_state state)
{
	static const char *const name[] = {
		[BUS_DISCONNECTED] = "disconnected",
		[BUS_CONNECTED] = "connected",
		[BUS_OFFERING] = "offering",
	};

	lab_log(LAB_LOG_DEBUG, PARTY, "%s -> %s", name[bus->state], name[state]);
	bus->state = state;
}

/* An open channel, subchannels first, as a guest would close them. */
static struct vmbus_channel *find_open(struct vmbus *bus)
{
	struct vmbus_channel *found = NULL;

	for (struct vmbus_channel *ch = bus->channels; ch != NULL; ch = ch->next)
		if (ch->state == CHANNEL_OPEN && (found == NULL || ch->offer.subchannel != 0))
			found = ch;
	return found;
}

/* A channel that does not outlive the connection. */
static struct vmbus_channel *find_leaving(struct vmbus *bus)
{
	struct vmbus_channel *ch = bus->channels;

	while (ch != NULL && !ch->rescinded && ch->offer.subchannel == 0)
		ch = ch->next;
	return ch;
}

void bus_disconnect(struct vmbus *bus)
{
	struct vmbus_channel *ch;

	set_state(bus, BUS_DISCONNECTED);
	bus->version = 0;
	monitor_set_page(bus, 0);
	/* Devices first lose the guest's memory, which may be somebody else's already (kexec),
	 * then hear of it. */
	for (ch = bus->channels; ch != NULL; ch = ch->next)
		gpadl_drop_all(ch);
	/* From the start each time: a device's close() and released() may change the list. */
	while ((ch = find_open(bus)) != NULL)
		channel_close(ch);
	while ((ch = find_leaving(bus)) != NULL)
		offer_release(ch);
	for (ch = bus->channels; ch != NULL; ch = ch->next)
		if (ch->state != CHANNEL_WAITING)
			channel_set_state(ch, CHANNEL_WAITING);
}

/* ------------------------------------------------------------------------------ messages -- */

static bool version_is_known(uint32_t version)
{
	static const uint32_t known[] = {
		VMBUS_VERSION_V2_4, VMBUS_VERSION_V3_0, VMBUS_VERSION_V4_0, VMBUS_VERSION_V4_1,
		VMBUS_VERSION_V5_0, VMBUS_VERSION_V5_1, VMBUS_VERSION_V5_2, VMBUS_VERSION_V5_3,
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i] == version)
			return true;
	return false;
}

/* INITIATE_CONTACT: whatever was before, this guest knows nothing of it. */
static void on_contact(struct vmbus *bus, uint32_t connection,
		       const struct vmbus_msg_contact *msg)
{
	struct vmbus_msg_version answer = { .header.type = VMBUS_MSG_VERSION_RESPONSE };
	const bool modern = msg->version >= VMBUS_VERSION_V5_0;
	const char *flaw = NULL;

	bus_disconnect(bus);
	bus->errors_logged = 0;
	bus->vp = msg->target_vp;
	if (msg->target_vp >= bus->config.vps) {
		flaw = "no such virtual processor";
		bus->vp = 0;
	} else if (connection != (modern ? VMBUS_CONNECTION_NEW : VMBUS_CONNECTION_OLD)) {
		flaw = "wrong connection id for that version";
	} else if (modern && msg->sint != VMBUS_SINT) {
		flaw = "messages wanted on another SINT";
	}
	if (flaw != NULL)
		bus_guest_error(bus, "INITIATE_CONTACT %#x, VP %u: %s", msg->version,
				msg->target_vp, flaw);

	/* An unknown or too new version is no mistake: guests try the next one. */
	if (flaw == NULL && msg->version <= bus->config.max_version &&
	    version_is_known(msg->version)) {
		bus->version = msg->version;
		bus->connection = connection;
		set_state(bus, BUS_CONNECTED);
		monitor_set_page(bus, msg->monitor_page[1]);
		answer.supported = 1;
		answer.connection = connection;
	}
	bus_post(bus, &answer, sizeof(answer));
}

static void on_request_offers(struct vmbus *bus, const void *payload, size_t len)
{
	const struct vmbus_msg done = { .type = VMBUS_MSG_ALLOFFERS };

	(void)payload;
	(void)len;
	if (bus->state != BUS_CONNECTED) {
		bus_guest_error(bus, "REQUESTOFFERS again");
		return;
	}
	set_state(bus, BUS_OFFERING);
	for (struct vmbus_channel *ch = bus->channels; ch != NULL; ch = ch->next)
		offer_send(ch);
	bus_post(bus, &done, sizeof(done));
}

static void on_unload(struct vmbus *bus, const void *payload, size_t len)
{
	const struct vmbus_msg answer = { .type = VMBUS_MSG_UNLOAD_RESPONSE };

	(void)payload;
	(void)len;
	bus_disconnect(bus);
	bus_post(bus, &answer, sizeof(answer));
}

static const struct {
	size_t min; /* bytes; the handler sees zeros up to VMBUS_MESSAGE_MAX */
	void (*handle)(struct vmbus *bus, const void *msg, size_t len);
} handlers[VMBUS_MSG_TYPES] = {
	[VMBUS_MSG_REQUESTOFFERS] = { sizeof(struct vmbus_msg), on_request_offers },
	[VMBUS_MSG_OPEN] = { sizeof(struct vmbus_msg_open), channel_on_open },
	[VMBUS_MSG_CLOSE] = { sizeof(struct vmbus_msg_relid), channel_on_close },
	[VMBUS_MSG_GPADL_HEADER] = { offsetof(struct vmbus_msg_gpadl_header, pfn), gpadl_header },
	[VMBUS_MSG_GPADL_BODY] = { offsetof(struct vmbus_msg_gpadl_body, pfn), gpadl_body },
	[VMBUS_MSG_GPADL_TEARDOWN] = { sizeof(struct vmbus_msg_gpadl_teardown), gpadl_teardown },
	[VMBUS_MSG_RELID_RELEASED] = { sizeof(struct vmbus_msg_relid), offer_on_released },
	[VMBUS_MSG_UNLOAD] = { sizeof(struct vmbus_msg), on_unload },
	[VMBUS_MSG_MODIFY] = { sizeof(struct vmbus_msg_modify), channel_on_modify },
};

/* Everything but INITIATE_CONTACT. */
static uint16_t dispatch(struct vmbus *bus, uint32_t connection, const struct vmbus_msg *msg,
			 size_t len)
{
	if (msg->type >= VMBUS_MSG_TYPES || handlers[msg->type].handle == NULL) {
		bus_guest_error(bus, "message of unknown type %u", msg->type);
		return HV_STATUS_SUCCESS;
	}
	if (len < handlers[msg->type].min) {
		bus_guest_error(bus, "message of type %u: %zu bytes, at least %zu", msg->type, len,
				handlers[msg->type].min);
		return HV_STATUS_SUCCESS;
	}
	if (bus->state == BUS_DISCONNECTED) {
		/* A guest that panics while it shuts down asks twice and waits for the answer. */
		if (msg->type == VMBUS_MSG_UNLOAD)
			on_unload(bus, msg, len);
		else
			bus_guest_error(bus, "message of type %u while not connected", msg->type);
		return HV_STATUS_SUCCESS;
	}
	if (connection != bus->connection) {
		bus_guest_error(bus, "message of type %u on connection id %u", msg->type,
				connection);
		return HV_STATUS_INVALID_CONNECTION_ID;
	}
	handlers[msg->type].handle(bus, msg, len);
	return HV_STATUS_SUCCESS;
}

uint16_t vmbus_post_message(struct vmbus *bus, uint32_t connection, uint32_t type,
			    const void *payload, size_t len)
{
	/* Aligned, and zero behind the end. */
	union {
		struct vmbus_msg header;
		struct vmbus_msg_contact contact;
		uint64_t longest[VMBUS_MESSAGE_MAX / sizeof(uint64_t)];
	} msg = { .longest = { 0 } };

	/* Hosts below 5.0 have no port 4: connection.c, vmbus_post_msg(), counts on the status. */
	if (connection != VMBUS_CONNECTION_OLD &&
	    (connection != VMBUS_CONNECTION_NEW || bus->config.max_version < VMBUS_VERSION_V5_0))
		return HV_STATUS_INVALID_CONNECTION_ID;
	if (type != VMBUS_MESSAGE_TYPE || len > sizeof(msg))
		return HV_STATUS_INVALID_PARAMETER;
	if (len > 0)
		memcpy(&msg, payload, len);
	if (len < sizeof(msg.header)) {
		bus_guest_error(bus, "message of %zu bytes", len);
		return HV_STATUS_SUCCESS;
	}
	if (msg.header.type != VMBUS_MSG_INITIATE_CONTACT)
		return dispatch(bus, connection, &msg.header, len);
	if (len < sizeof(msg.contact))
		bus_guest_error(bus, "INITIATE_CONTACT of %zu bytes", len);
	else
		on_contact(bus, connection, &msg.contact);
	return HV_STATUS_SUCCESS;
}

/* ---------------------------------------------------------------------------------- life -- */

struct vmbus *vmbus_create(const struct vmbus_config *config)
{
	struct vmbus *bus = calloc(1, sizeof(*bus));

	if (bus != NULL)
		bus->config = *config;
	return bus;
}

void vmbus_destroy(struct vmbus *bus)
{
	if (bus == NULL)
		return;
	bus->dying = true; /* released() may want to offer again */
	bus_disconnect(bus);
	while (bus->channels != NULL)
		vmbus_rescind(bus->channels);
	free(bus);
}

void vmbus_reset(struct vmbus *bus)
{
	bus_disconnect(bus);
}

uint32_t vmbus_version(const struct vmbus *bus)
{
	return bus->version;
}

uint64_t vmbus_guest_errors(const struct vmbus *bus)
{
	return bus->guest_errors;
}
