// SPDX-License-Identifier: BSD-3-Clause
/*
 * Channels between guest and device: opening and closing on the guest's word, retargeting, and the
 * packets and signals of an open one. The guest's rings are distrusted in ring.c; here is what
 * follows when they lie: the channel takes and gives no more until it is reopened.
 */
#include "channel.h"

#include "../log.h"
#include "gpadl.h"
#include "offer.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void channel_set_state(struct vmbus_channel *ch, enum channel_state state)
{
	static const char *const name[] = {
		[CHANNEL_WAITING] = "waiting", [CHANNEL_OFFERED] = "offered",
		[CHANNEL_OPENING] = "opening", [CHANNEL_OPEN] = "open",
		[CHANNEL_CLOSING] = "closing",
	};

	lab_log(LAB_LOG_DEBUG, PARTY, "%s (relid %u): %s -> %s", ch->name, ch->relid,
		name[ch->state], name[state]);
	ch->state = state;
}

struct vmbus_channel *channel_by_relid(struct vmbus *bus, uint32_t relid)
{
	struct vmbus_channel *ch = relid < VMBUS_RELIDS ? bus->by_relid[relid] : NULL;

	return ch != NULL && ch->state != CHANNEL_WAITING ? ch : NULL;
}

/* ------------------------------------------------------------------------- open and close -- */

static void unmap_rings(struct vmbus_channel *ch)
{
	if (ch->in.header != NULL)
		ring_unmap(&ch->in);
	if (ch->out.header != NULL)
		ring_unmap(&ch->out);
	ch->ring_gpadl = NULL;
}

static void free_rings(struct vmbus_channel *ch)
{
	unmap_rings(ch);
	free(ch->packet);
	ch->packet = NULL;
}

/* Each ring takes a page for its header and at least one for data. */
static int map_rings(struct vmbus_channel *ch, uint32_t handle, uint32_t downstream)
{
	const struct vmbus_gpadl *gpadl = gpadl_of_channel(ch, handle);
	const struct lab_mem *mem = ch->bus->config.mem;
	int ret;

	if (gpadl == NULL)
		return -ENOENT;
	if (gpadl->offset != 0 || gpadl->size % LAB_PAGE_SIZE != 0 || downstream >= gpadl->pages)
		return -EINVAL;
	ret = ring_map(&ch->in, mem, gpadl->pfn, downstream, false);
	if (ret < 0)
		return ret;
	ret = ring_map(&ch->out, mem, gpadl->pfn + downstream, gpadl->pages - downstream, true);
	if (ret < 0)
		goto err_free_rings;
	ch->packet = malloc(ring_packet_max(&ch->in));
	if (ch->packet == NULL) {
		ret = -ENOMEM;
		goto err_free_rings;
	}
	ch->ring_gpadl = gpadl;
	return 0;

err_free_rings:
	free_rings(ch);
	return ret;
}

/* 0, or why the channel stays closed. */
static int open_channel(struct vmbus_channel *ch, const struct vmbus_msg_open *msg)
{
	int ret;

	if (ch->state != CHANNEL_OFFERED)
		return -EBUSY;
	if (msg->target_vp >= ch->bus->config.vps)
		return -ENXIO;
	ret = map_rings(ch, msg->gpadl, msg->downstream_page);
	if (ret < 0)
		return ret;
	ch->vp = msg->target_vp;
	memcpy(ch->user, msg->user, sizeof(ch->user));
	channel_set_state(ch, CHANNEL_OPENING);
	ret = ch->offer.ops->open(ch->offer.device, ch);
	if (ret < 0) {
		free_rings(ch);
		channel_set_state(ch, CHANNEL_OFFERED);
		return ret;
	}
	channel_set_state(ch, CHANNEL_OPEN);
	return 0;
}

void channel_on_open(struct vmbus *bus, const void *payload, size_t len)
{
	const struct vmbus_msg_open *msg = payload;
	struct vmbus_msg_open_result answer = {
		.header.type = VMBUS_MSG_OPEN_RESULT,
		.relid = msg->relid,
		.open_id = msg->open_id,
		.status = VMBUS_STATUS_UNSUCCESSFUL,
	};
	struct vmbus_channel *ch = channel_by_relid(bus, msg->relid);
	int ret;

	(void)len;
	/* The host does not answer then: vmbus_on_msg_dpc(), CHANNELMSG_RESCIND_CHANNELOFFER. */
	if (ch != NULL && ch->rescinded)
		return;
	ret = ch != NULL ? open_channel(ch, msg) : -ENOENT;
	if (ret < 0)
		bus_guest_error(bus, "OPENCHANNEL of relid %u (%s): %s", msg->relid,
				ch != NULL ? ch->name : "?", strerror(-ret));
	else
		answer.status = VMBUS_STATUS_SUCCESS;
	bus_post(bus, &answer, sizeof(answer));
}

void channel_close(struct vmbus_channel *ch)
{
	const struct vmbus_device_ops *ops = ch->offer.ops;

	channel_set_state(ch, CHANNEL_CLOSING);
	unmap_rings(ch);
	if (ops != NULL)
		ops->close(ch->offer.device, ch);
	free_rings(ch);
	channel_set_state(ch, CHANNEL_OFFERED);
	offer_rescind_subchannels(ch);
}

void channel_on_close(struct vmbus *bus, const void *payload, size_t len)
{
	const struct vmbus_msg_relid *msg = payload;
	struct vmbus_channel *ch = channel_by_relid(bus, msg->relid);

	(void)len;
	if (ch == NULL || ch->state != CHANNEL_OPEN) {
		bus_guest_error(bus, "CLOSECHANNEL of relid %u, which is not open", msg->relid);
		return;
	}
	channel_close(ch);
}

void channel_on_modify(struct vmbus *bus, const void *payload, size_t len)
{
	const struct vmbus_msg_modify *msg = payload;
	struct vmbus_msg_modify_response answer = {
		.header.type = VMBUS_MSG_MODIFY_RESPONSE,
		.relid = msg->relid,
		.status = VMBUS_STATUS_SUCCESS,
	};
	struct vmbus_channel *ch = channel_by_relid(bus, msg->relid);

	(void)len;
	if (bus->version < VMBUS_VERSION_V4_1) {
		bus_guest_error(bus, "MODIFYCHANNEL is not in version %#x", bus->version);
		return;
	}
	if (ch == NULL || ch->state != CHANNEL_OPEN || msg->target_vp >= bus->config.vps) {
		bus_guest_error(bus, "MODIFYCHANNEL of relid %u to VP %u", msg->relid,
				msg->target_vp);
		answer.status = VMBUS_STATUS_UNSUCCESSFUL;
	} else {
		ch->vp = msg->target_vp;
	}
	/* drivers/hv/channel.c, vmbus_send_modifychannel(): older guests do not wait for it. */
	if (bus->version >= VMBUS_VERSION_V5_3)
		bus_post(bus, &answer, sizeof(answer));
}

/* -------------------------------------------------------------------- packets and signals -- */

static void fail_rings(struct vmbus_channel *ch, const char *why)
{
	bus_guest_error(ch->bus, "%s: %s", ch->name, why);
	unmap_rings(ch);
}

void channel_gpadl_torn_down(struct vmbus_channel *ch, const struct vmbus_gpadl *gpadl)
{
	if (ch->ring_gpadl == gpadl)
		fail_rings(ch, "the guest tore down the rings of an open channel");
}

static void signal_guest(struct vmbus_channel *ch)
{
	const struct vmbus_config *config = &ch->bus->config;

	config->host->event(config->host_ctx, ch->vp, ch->relid);
}

bool channel_signal(struct vmbus_channel *ch)
{
	if (ch->state != CHANNEL_OPEN || ch->in.header == NULL)
		return false;
	/* It may be about room. A device that still finds none waits again. */
	ring_stop_waiting(&ch->out);
	ch->offer.ops->signal(ch->offer.device, ch);
	return true;
}

uint16_t vmbus_signal_event(struct vmbus *bus, uint32_t connection)
{
	uint32_t relid = VMBUS_CONNECTION_RELID(connection);
	struct vmbus_channel *ch = channel_by_relid(bus, relid);

	if (ch == NULL || connection != VMBUS_CONNECTION_CHANNEL(relid))
		return HV_STATUS_INVALID_CONNECTION_ID;
	channel_signal(ch);
	return HV_STATUS_SUCCESS;
}

int vmbus_channel_receive(struct vmbus_channel *ch, struct vmbus_packet *packet)
{
	struct ring_descriptor descriptor;
	bool signal;
	size_t offset;
	int len;

	if (ch->in.header == NULL)
		return ch->state == CHANNEL_OPEN ? -EPROTO : 0;
	len = ring_get(&ch->in, ch->packet, &signal);
	if (len < 0)
		fail_rings(ch, "impossible index or length in the ring from the guest");
	if (len <= 0)
		return len;
	if (signal)
		signal_guest(ch);
	memcpy(&descriptor, ch->packet, sizeof(descriptor));
	offset = descriptor.offset8 * 8u;
	*packet = (struct vmbus_packet){
		.type = descriptor.type,
		.flags = descriptor.flags,
		.transaction = descriptor.transaction,
		.extension = ch->packet + sizeof(descriptor),
		.extension_len = offset - sizeof(descriptor),
		.payload = ch->packet + offset,
		.len = (size_t)len - offset,
	};
	return 1;
}

/* Bytes of a packet without its trailer; 0: the guest or the ring could never take it. */
static uint32_t packet_size(const struct vmbus_channel *ch, size_t extension_len, size_t len)
{
	const uint32_t ring = ring_packet_max(&ch->out);
	const uint32_t max = ch->offer.max_packet < ring ? ch->offer.max_packet : ring;
	size_t total;

	if (extension_len > max || len > max)
		return 0;
	total = sizeof(struct ring_descriptor) + extension_len + (len + 7) / 8 * 8;
	return total <= max ? total : 0;
}

static int put(struct vmbus_channel *ch, const struct ring_piece *piece, unsigned int count)
{
	bool signal;
	int ret = ring_put(&ch->out, piece, count, &signal);

	if (ret == -EPROTO) {
		fail_rings(ch, "impossible index in the ring to the guest");
		return -ENOTCONN;
	}
	if (ret == 0 && signal)
		signal_guest(ch);
	return ret;
}

int vmbus_channel_send(struct vmbus_channel *ch, enum vmbus_packet_type type, uint16_t flags,
		       uint64_t transaction, const void *extension, size_t extension_len,
		       const void *payload, size_t len)
{
	static const uint8_t padding[7];
	struct ring_descriptor descriptor = {
		.type = type,
		.flags = flags,
		.transaction = transaction,
	};
	const struct ring_piece piece[] = {
		{ &descriptor, sizeof(descriptor) },
		{ extension, extension_len },
		{ payload, len },
		{ padding, -len % 8 },
	};
	uint32_t total;

	if (ch->out.header == NULL)
		return -ENOTCONN;
	total = packet_size(ch, extension_len, len);
	if (total == 0 || extension_len % 8 != 0)
		return -EMSGSIZE;
	descriptor.offset8 = (sizeof(descriptor) + extension_len) / 8;
	descriptor.length8 = total / 8;
	return put(ch, piece, sizeof(piece) / sizeof(piece[0]));
}

int vmbus_channel_send_raw(struct vmbus_channel *ch, const void *packet, size_t len)
{
	const struct ring_piece piece = { packet, len };

	if (ch->out.header == NULL)
		return -ENOTCONN;
	if (len < sizeof(struct ring_descriptor) || len % 8 != 0 || len > ring_packet_max(&ch->out))
		return -EMSGSIZE;
	return put(ch, &piece, 1);
}

bool vmbus_channel_has_room(const struct vmbus_channel *ch, size_t len)
{
	uint32_t total;

	if (ch->out.header == NULL)
		return false;
	total = packet_size(ch, 0, len);
	return total != 0 && ring_room(&ch->out, total) == 0;
}

bool vmbus_channel_set_polling(struct vmbus_channel *ch, bool polling)
{
	return ch->in.header != NULL && ring_mask(&ch->in, polling);
}
