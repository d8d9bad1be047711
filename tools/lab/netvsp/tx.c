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

/* The ranges of a packet's extension that have not been looked at yet. */
struct ranges {
	const uint8_t *at;
	size_t left; /* bytes of the extension */
	uint32_t count;
};

static int ranges_start(struct ranges *r, const struct vmbus_packet *packet)
{
	struct nvsp_gpa_direct header;

	*r = (struct ranges){ 0 };
	if (packet->type != VMBUS_PACKET_GPA_DIRECT)
		return 0;
	if (packet->extension_len < sizeof(header))
		return -EINVAL;
	memcpy(&header, packet->extension, sizeof(header));
	r->at = packet->extension + sizeof(header);
	r->left = packet->extension_len - sizeof(header);
	r->count = header.ranges;
	return 0;
}

/* The next of them, of which count is not 0, and its list of pages. */
static int ranges_next(struct ranges *r, struct nvsp_gpa_range *range, const uint8_t **list)
{
	uint64_t pages;

	if (r->left < sizeof(*range))
		return -EINVAL;
	memcpy(range, r->at, sizeof(*range));
	r->at += sizeof(*range);
	r->left -= sizeof(*range);
	pages = ((uint64_t)range->offset + range->len + LAB_PAGE_SIZE - 1) / LAB_PAGE_SIZE;
	if (range->offset >= LAB_PAGE_SIZE || pages > r->left / sizeof(uint64_t))
		return -EINVAL;
	*list = r->at;
	r->at += pages * sizeof(uint64_t);
	r->left -= pages * sizeof(uint64_t);
	r->count--;
	return 0;
}

static int gather_ranges(struct netvsp *nic, const struct vmbus_packet *packet, size_t *filled)
{
	struct ranges r;
	int ret = ranges_start(&r, packet);

	while (ret == 0 && r.count > 0) {
		struct nvsp_gpa_range range;
		const uint8_t *list;

		ret = ranges_next(&r, &range, &list);
		if (ret == 0)
			ret = gather_range(nic, &range, list, filled);
	}
	return ret;
}

/* Where the piece ends that byte `at` of the gathered bytes came from: the section or a range. */
static size_t piece_end(const struct vmbus_packet *packet, size_t section_len, size_t at)
{
	size_t end = section_len;
	struct ranges r;

	if (ranges_start(&r, packet) != 0)
		return end;
	while (end <= at && r.count > 0) {
		struct nvsp_gpa_range range;
		const uint8_t *list;

		if (ranges_next(&r, &range, &list) != 0)
			break;
		end += range.len;
	}
	return end;
}

/*
 * Hyper-V reads a packet's header in place, with its per-packet information: both lie in one piece
 * or the packet is refused. It takes neither out-of-band data nor virtual circuits, and no frame
 * of nothing. Source: what Hyper-V answers hv_netvsc before Linux 6.15, whose header may cross a
 * page in two ranges; OpenVMM's netvsp, handle_rndis_packet_message.
 */
static bool is_refused(const struct rndis_packet *packet, size_t piece)
{
	size_t head = sizeof(*packet);

	if (packet->ppi_len != 0)
		head = sizeof(struct rndis_header) + (size_t)packet->ppi_offset + packet->ppi_len;
	return piece < head || packet->oob_offset != 0 || packet->oob_len != 0 ||
	       packet->oob_count != 0 || packet->vc != 0 || packet->data_len == 0;
}

/* The length of a TCP header to be repeated in each segment is in its thirteenth byte. */
static bool is_lso_refused(const struct offload_tx *tx, uint32_t data_len)
{
	uint32_t at = tx->lso >> NDIS_LSO_OFFSET_SHIFT & NDIS_LSO_OFFSET_MASK;

	return tx->has_lso && (at < NIC_ETHER_HEADER || at + 12 >= data_len);
}

/* One RNDIS packet of message_len bytes, of which the first `piece` are in one piece. */
static int send_frame(struct netvsp *nic, uint8_t *message, uint32_t message_len, size_t piece)
{
	uint32_t body = message_len - (uint32_t)sizeof(struct rndis_header);
	struct rndis_packet packet;
	struct offload_tx tx = { 0 };
	int ret = 0;

	if (message_len < sizeof(packet) || piece < sizeof(packet))
		return -EINVAL;
	memcpy(&packet, message, sizeof(packet));
	if (packet.header.type != RNDIS_PACKET || packet.data_offset < RNDIS_PACKET_BODY ||
	    packet.data_offset > body || packet.data_len > body - packet.data_offset)
		return -EINVAL;
	if (is_refused(&packet, piece))
		return -EINVAL;
	message += sizeof(struct rndis_header);
	if (packet.ppi_len != 0) {
		if (packet.ppi_offset < RNDIS_PACKET_BODY || packet.ppi_offset > body ||
		    packet.ppi_len > body - packet.ppi_offset)
			return -EINVAL;
		ret = offload_parse(message + packet.ppi_offset, packet.ppi_len, &tx);
	}
	if (ret == 0 && is_lso_refused(&tx, packet.data_len))
		ret = -EINVAL;
	if (ret == 0)
		offload_send(nic, message + packet.data_offset, packet.data_len, &tx);
	return ret;
}

static int send_frames(struct netvsp *nic, const struct vmbus_packet *packet, size_t section_len,
		       size_t filled)
{
	size_t at = 0;

	if (!nic->session.rndis_ready)
		return -EINVAL;
	do {
		struct rndis_header header;
		int ret;

		if (filled - at < sizeof(header))
			return -EINVAL;
		memcpy(&header, nic->tx + at, sizeof(header));
		if (header.len > filled - at)
			return -EINVAL;
		ret = send_frame(nic, nic->tx + at, header.len,
				 piece_end(packet, section_len, at) - at);
		if (ret != 0)
			return ret;
		at += header.len;
	} while (at < filled);
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
	size_t filled = 0, section_len;
	int ret;

	ret = gather_section(c, m, &filled);
	section_len = filled;
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
		ret = send_frames(nic, packet, section_len, filled);
	if (!control)
		nic_keep_polling(c);
	if (ret != 0) {
		nic_warn(nic, "impossible %s in a packet of channel %u: %s",
			 control ? "control message" : "RNDIS packet", c->index, strerror(-ret));
		status = NVSP_STATUS_FAIL; /* not INVALID_RNDIS, says Hyper-V */
	}
	if (!(packet->flags & VMBUS_FLAG_COMPLETION_REQUESTED))
		return;
	done.rndis_complete.status = status;
	if (control)
		answer_completion(c, packet->transaction, &done, sizeof(done), what);
	else
		answer_data(c, packet->transaction, status);
}
