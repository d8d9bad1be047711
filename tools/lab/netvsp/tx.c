// SPDX-License-Identifier: BSD-3-Clause
/*
 * Guest to fabric. The RNDIS bytes of a packet are what it put into a section of the send buffer
 * followed by the GPA ranges it names; they are copied once into the NIC's buffer, then looked at.
 * On the data channel they are one or several RNDIS packets, one behind the other.
 * Source: netvsc.c netvsc_send and netvsc_copy_to_send_buf.
 */
#include "tx.h"

#include "../log.h"
#include "answer.h"
#include "control.h"
#include "offload.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int gather_section(struct nic_channel *c, const struct nvsp_message *m, size_t *filled)
{
	struct netvsp *nic = c->nic;
	const struct nic_buffer *send = &nic->session.send;
	uint32_t section = m->rndis.section, len = m->rndis.section_len;
	const struct vmbus_gpadl *gpadl;

	if (section == NVSP_NO_SECTION)
		return 0;
	if (!send->set || section >= send->sections || len > send->section_size)
		return -EINVAL;
	gpadl = vmbus_gpadl_find(c->ch, send->gpadl);
	if (gpadl == NULL)
		return -EINVAL;
	*filled = len;
	return vmbus_gpadl_read(gpadl, section * send->section_size, nic->tx, len);
}

/* One range: `len` bytes that start `offset` into the first of its pages. */
static int gather_range(struct netvsp *nic, const struct nvsp_gpa_range *range,
			const uint8_t *pages, size_t *filled)
{
	uint32_t offset = range->offset, left = range->len;

	if (left > sizeof(nic->tx) - *filled)
		return -EINVAL;
	for (; left > 0; pages += sizeof(uint64_t), offset = 0) {
		uint32_t part = LAB_PAGE_SIZE - offset;
		uint64_t pfn;

		if (part > left)
			part = left;
		memcpy(&pfn, pages, sizeof(pfn));
		if (pfn > UINT64_MAX / LAB_PAGE_SIZE ||
		    lab_mem_read(nic->config.mem, pfn * LAB_PAGE_SIZE + offset, nic->tx + *filled,
				 part) != 0)
			return -EFAULT;
		*filled += part;
		left -= part;
	}
	return 0;
}

static int gather_ranges(struct netvsp *nic, const struct vmbus_packet *packet, size_t *filled)
{
	const uint8_t *at = packet->extension;
	size_t left = packet->extension_len;
	struct nvsp_gpa_direct header;

	if (packet->type != VMBUS_PACKET_GPA_DIRECT)
		return 0;
	if (left < sizeof(header))
		return -EINVAL;
	memcpy(&header, at, sizeof(header));
	at += sizeof(header);
	left -= sizeof(header);
	for (uint32_t i = 0; i < header.ranges; i++) {
		struct nvsp_gpa_range range;
		uint64_t pages;
		int ret;

		if (left < sizeof(range))
			return -EINVAL;
		memcpy(&range, at, sizeof(range));
		at += sizeof(range);
		left -= sizeof(range);
		pages = ((uint64_t)range.offset + range.len + LAB_PAGE_SIZE - 1) / LAB_PAGE_SIZE;
		if (range.offset >= LAB_PAGE_SIZE || pages > left / sizeof(uint64_t))
			return -EINVAL;
		ret = gather_range(nic, &range, at, filled);
		if (ret != 0)
			return ret;
		at += pages * sizeof(uint64_t);
		left -= pages * sizeof(uint64_t);
	}
	return 0;
}

/* One RNDIS packet of message_len bytes. */
static int send_frame(struct netvsp *nic, uint8_t *message, uint32_t message_len)
{
	uint32_t body = message_len - (uint32_t)sizeof(struct rndis_header);
	struct rndis_packet packet;
	struct offload_tx tx = { 0 };
	int ret = 0;

	if (message_len < sizeof(packet))
		return -EINVAL;
	memcpy(&packet, message, sizeof(packet));
	if (packet.header.type != RNDIS_PACKET || packet.data_offset < RNDIS_PACKET_BODY ||
	    packet.data_offset > body || packet.data_len > body - packet.data_offset)
		return -EINVAL;
	message += sizeof(struct rndis_header);
	if (packet.ppi_len != 0) {
		if (packet.ppi_offset < RNDIS_PACKET_BODY || packet.ppi_offset > body ||
		    packet.ppi_len > body - packet.ppi_offset)
			return -EINVAL;
		ret = offload_parse(message + packet.ppi_offset, packet.ppi_len, &tx);
	}
	if (ret == 0)
		offload_send(nic, message + packet.data_offset, packet.data_len, &tx);
	return ret;
}

static int send_frames(struct netvsp *nic, size_t filled)
{
	uint8_t *message = nic->tx;

	if (!nic->session.rndis_ready)
		return -EINVAL;
	do {
		struct rndis_header header;
		int ret;

		if (filled < sizeof(header))
			return -EINVAL;
		memcpy(&header, message, sizeof(header));
		if (header.len > filled)
			return -EINVAL;
		ret = send_frame(nic, message, header.len);
		if (ret != 0)
			return ret;
		message += header.len;
		filled -= header.len;
	} while (filled > 0);
	return 0;
}

void tx_packet(struct nic_channel *c, const struct nvsp_message *m,
	       const struct vmbus_packet *packet)
{
	struct netvsp *nic = c->nic;
	bool control = m->rndis.channel_type == NVSP_CHANNEL_CONTROL;
	uint32_t status = NVSP_STATUS_SUCCESS;
	struct nvsp_message done = { .type = NVSP_SEND_RNDIS_COMPLETE };
	char what[48] = "RNDIS message";
	size_t filled = 0;
	int ret;

	ret = gather_section(c, m, &filled);
	if (ret == 0)
		ret = gather_ranges(nic, packet, &filled);
	if (control && ret == 0) {
		control_name(nic->tx, filled, what, sizeof(what));
		lab_log(LAB_LOG_DEBUG, nic->name, "%s", what);
	}
	if (control && (nic->faults.silent || nic->faults.silent_rndis)) {
		answer_none(nic, what);
		return;
	}
	if (ret == 0 && control)
		ret = c->index == 0 ? control_message(nic, nic->tx, filled) : -EINVAL;
	else if (ret == 0)
		ret = send_frames(nic, filled);
	if (!control)
		nic_linger(c);
	if (ret != 0) {
		nic_warn(nic, "impossible %s in a packet of channel %u: %s",
			 control ? "control message" : "RNDIS packet", c->index, strerror(-ret));
		status = NVSP_STATUS_INVALID_RNDIS;
	}
	if (!(packet->flags & VMBUS_FLAG_COMPLETION_REQUESTED))
		return;
	done.rndis_complete.status = status;
	if (control)
		answer_completion(c, packet->transaction, &done, sizeof(done), what);
	else
		answer_data(c, packet->transaction, status);
}
