// SPDX-License-Identifier: BSD-3-Clause
/*
 * Packets to the guest: completions of its requests, and the notices the bus sends unasked
 * (relations, eject, invalidate), built when there is room for them.
 */
#include "outbox.h"

#include "../log.h"
#include "bus.h"

#include <errno.h>
#include <string.h>

#define PARTY "vpci"

static int send_notice(struct vpci *bus, const void *payload, size_t len)
{
	return vmbus_channel_send(bus->channel, VMBUS_PACKET_INBAND, 0, 0, NULL, 0, payload, len);
}

/* The list has one entry, the function: a function that is going away has its EJECT instead. */
static int send_relations(struct vpci *bus)
{
	const struct pci_function *f = bus->function;
	bool second = bus->version >= VPCI_VERSION_1_4;
	struct {
		struct vpci_relations_header header;
		struct vpci_description function;
	} message = {
		.header = {
			.type = second ? VPCI_BUS_RELATIONS2 : VPCI_BUS_RELATIONS,
			.count = 1,
		},
		.function = {
			.vendor = f->vendor,
			.device = f->device,
			.revision = f->revision,
			.prog_if = f->prog_if,
			.subclass = f->subclass,
			.base_class = f->base_class,
			.subsystem = (uint32_t)f->subsystem_device << 16 | f->subsystem_vendor,
			.slot = VPCI_SLOT,
			.serial = bus->serial,
			.flags = VPCI_FUNCTION_NUMA_VALID,
		},
	};
	size_t description = second ? sizeof(message.function) : VPCI_DESCRIPTION_V1;

	return send_notice(bus, &message, sizeof(message.header) + description);
}

static int send_eject(struct vpci *bus)
{
	struct vpci_child_message message = { VPCI_EJECT, VPCI_SLOT };

	return send_notice(bus, &message, sizeof(message));
}

static int send_invalidate(struct vpci *bus)
{
	struct vpci_invalidate_block message = {
		.child = { VPCI_INVALIDATE_BLOCK, VPCI_SLOT },
		.mask = bus->outbox.invalid_blocks,
	};

	return send_notice(bus, &message, sizeof(message));
}

/* Anything but a full ring means that the channel is no more: there is nobody left to tell. */
static bool is_settled(struct vpci *bus, int ret)
{
	if (ret != 0 && ret != -EAGAIN)
		lab_log(LAB_LOG_WARN, PARTY, "%s: cannot send: %d", bus->name, ret);
	return ret != -EAGAIN;
}

static int send_answer(struct vpci *bus, const struct vpci_answer *answer)
{
	return vmbus_channel_send(bus->channel, VMBUS_PACKET_COMPLETION, 0, answer->transaction,
				  NULL, 0, answer->bytes, answer->len);
}

void vpci_outbox_answer(struct vpci *bus, const struct vpci_answer *answer)
{
	struct vpci_outbox *out = &bus->outbox;

	if (is_settled(bus, send_answer(bus, answer)))
		return;
	out->held = *answer;
	if (bus->config.pending != NULL)
		out->held_pending = lab_pending_add(bus->config.pending,
						    "%s: an answer waits for ring room", bus->name);
}

static bool flush_held(struct vpci *bus)
{
	struct vpci_outbox *out = &bus->outbox;

	if (out->held.len == 0)
		return true;
	if (!is_settled(bus, send_answer(bus, &out->held)))
		return false;
	out->held.len = 0;
	if (bus->config.pending != NULL)
		lab_pending_done(bus->config.pending, out->held_pending);
	return true;
}

bool vpci_outbox_flush(struct vpci *bus)
{
	struct vpci_outbox *out = &bus->outbox;

	if (!flush_held(bus))
		return false;
	if (out->owes_relations && is_settled(bus, send_relations(bus)))
		out->owes_relations = false;
	if (out->owes_eject && is_settled(bus, send_eject(bus)))
		out->owes_eject = false;
	if (out->invalid_blocks != 0 && is_settled(bus, send_invalidate(bus)))
		out->invalid_blocks = 0;
	return true;
}

void vpci_outbox_reset(struct vpci *bus)
{
	if (bus->config.pending != NULL && bus->outbox.held.len != 0)
		lab_pending_done(bus->config.pending, bus->outbox.held_pending);
	bus->outbox = (struct vpci_outbox){ 0 };
}
