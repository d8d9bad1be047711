// SPDX-License-Identifier: BSD-3-Clause
/*
 * Fabric to guest. A frame takes one section of the receive buffer, in front of it an RNDIS
 * packet header with what the host knows about the frame, and goes out as a transfer-pages packet
 * with one range; the guest's completion frees the section. hv_netvsc refuses a range larger than
 * a section, so sections are made to hold the MTU the guest announced (netvsc.c netvsc_receive).
 */
#include "rx.h"

#include "../fabric/frame.h"
#include "offload.h"
#include "rss.h"

#include <errno.h>
#include <string.h>

#define SECTION_ALIGN	 64
#define CONTROL_SECTIONS 2   /* no flood of frames may keep control answers out */
#define RING_RESERVE	 512 /* bytes: nor out of the ring, nor completions of what was sent */
#define HEADER_MAX	 (sizeof(struct rndis_packet) + OFFLOAD_RX_PPI_MAX)
#define ETHER_TYPE_OFFSET (2 * NIC_MAC)

int rx_set_buffer(struct netvsp *nic, uint32_t gpadl, uint16_t id, uint32_t size)
{
	struct nic_session *s = &nic->session;
	struct nic_sections *sections = &nic->sections;
	uint32_t section = (uint32_t)HEADER_MAX + s->frame_max, count;

	section = (section + SECTION_ALIGN - 1) / SECTION_ALIGN * SECTION_ALIGN;
	if (section < NVSP_RECV_SECTION_MIN)
		section = NVSP_RECV_SECTION_MIN;
	count = size / section;
	if (count == 0)
		return -EINVAL;
	if (count > NIC_RX_SECTIONS_MAX)
		count = NIC_RX_SECTIONS_MAX;
	s->recv = (struct nic_buffer){
		.set = true, .gpadl = gpadl, .id = id, .section_size = section, .sections = count,
	};
	sections->count = count;
	sections->free_count = count;
	sections->reserved = count / 4 < CONTROL_SECTIONS ? count / 4 : CONTROL_SECTIONS;
	for (uint32_t i = 0; i < count; i++) {
		sections->free[i] = (uint16_t)(count - 1 - i); /* the lowest goes first */
		sections->busy[i] = false;
	}
	return 0;
}

void rx_revoke_buffer(struct netvsp *nic)
{
	nic->session.recv.set = false;
	nic->sections.count = 0;
	nic->sections.free_count = 0;
}

static uint32_t section_take(struct nic_sections *sections)
{
	uint32_t section = sections->free[--sections->free_count];

	sections->busy[section] = true;
	return section;
}

static void section_give(struct nic_sections *sections, uint32_t section)
{
	sections->busy[section] = false;
	sections->free[sections->free_count++] = (uint16_t)section;
}

void rx_completed(struct netvsp *nic, uint64_t transaction)
{
	struct nic_sections *sections = &nic->sections;

	if (transaction >= sections->count || !sections->busy[transaction]) {
		nic_warn(nic, "completion of transaction %#llx, which is not outstanding",
			 (unsigned long long)transaction);
		return;
	}
	section_give(sections, (uint32_t)transaction);
}

/*
 * Announces what lies in the section. Its number is the transaction: DPDK drops one that is more
 * than the number of sections it was told (hn_rxtx.c, hn_nvs_handle_rxbuf).
 */
static int send_section(struct nic_channel *c, uint32_t type, uint32_t section, uint32_t len)
{
	struct netvsp *nic = c->nic;
	const struct nic_buffer *recv = &nic->session.recv;
	struct nvsp_transfer_page page = {
		.pageset = recv->id, .ranges = 1, .len = len,
		.offset = section * recv->section_size,
	};
	struct nvsp_message m = { .type = NVSP_SEND_RNDIS };

	m.rndis.channel_type = type;
	m.rndis.section = NVSP_NO_SECTION;
	return vmbus_channel_send(c->ch, VMBUS_PACKET_TRANSFER_PAGES,
				  VMBUS_FLAG_COMPLETION_REQUESTED, section, &page, sizeof(page),
				  &m, sizeof(m));
}

int rx_send_rndis(struct netvsp *nic, uint32_t channel_type, const void *message, size_t len)
{
	const struct nic_buffer *recv = &nic->session.recv;
	struct nic_channel *primary = &nic->channel[0];
	const struct vmbus_gpadl *gpadl;
	uint32_t section;
	int ret;

	if (!primary->open)
		return -ENOTCONN;
	if (!recv->set || len > recv->section_size)
		return -ENOBUFS;
	if (nic->sections.free_count == 0)
		return -EBUSY;
	gpadl = vmbus_gpadl_find(primary->ch, recv->gpadl);
	if (gpadl == NULL)
		return -ENOBUFS;
	section = section_take(&nic->sections);
	ret = vmbus_gpadl_write(gpadl, section * recv->section_size, message, len);
	if (ret == 0)
		ret = send_section(primary, channel_type, section, (uint32_t)len);
	if (ret != 0)
		section_give(&nic->sections, section);
	return ret;
}

/* ------------------------------------------------------------------------------- frames -- */

static bool multicast_wanted(const struct nic_session *s, const uint8_t *dst)
{
	if (s->filter & RNDIS_FILTER_ALL_MULTICAST)
		return true;
	if (!(s->filter & RNDIS_FILTER_MULTICAST))
		return false;
	for (unsigned int i = 0; i < s->multicasts; i++)
		if (memcmp(s->multicast[i], dst, NIC_MAC) == 0)
			return true;
	return false;
}

static bool is_wanted(const struct netvsp *nic, const uint8_t *dst)
{
	static const uint8_t broadcast[NIC_MAC] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	const struct nic_session *s = &nic->session;

	if (s->filter & RNDIS_FILTER_PROMISCUOUS)
		return true;
	if (memcmp(dst, broadcast, NIC_MAC) == 0)
		return (s->filter & RNDIS_FILTER_BROADCAST) != 0;
	if (dst[0] & 1)
		return multicast_wanted(s, dst);
	return (s->filter & RNDIS_FILTER_DIRECTED) && memcmp(dst, nic->mac, NIC_MAC) == 0;
}

/* Header, then the frame without its VLAN tag: that one travels in the header. */
static int write_frame(const struct vmbus_gpadl *gpadl, uint32_t offset, const uint8_t *header,
		       uint32_t header_len, const uint8_t *frame, size_t len, bool tagged)
{
	uint32_t at = offset + header_len;
	int ret = vmbus_gpadl_write(gpadl, offset, header, header_len);

	if (ret != 0)
		return ret;
	if (!tagged)
		return vmbus_gpadl_write(gpadl, at, frame, len);
	ret = vmbus_gpadl_write(gpadl, at, frame, ETHER_TYPE_OFFSET);
	if (ret != 0)
		return ret;
	frame += ETHER_TYPE_OFFSET + NIC_VLAN_TAG;
	return vmbus_gpadl_write(gpadl, at + ETHER_TYPE_OFFSET, frame,
				 len - ETHER_TYPE_OFFSET - NIC_VLAN_TAG);
}

/* Fills a section and announces it. */
static enum fabric_drop place(struct nic_channel *c, const uint8_t *header, uint32_t header_len,
			      const uint8_t *frame, size_t len, bool tagged)
{
	struct netvsp *nic = c->nic;
	const struct nic_buffer *recv = &nic->session.recv;
	uint32_t payload = (uint32_t)(tagged ? len - NIC_VLAN_TAG : len), section;
	const struct vmbus_gpadl *gpadl;
	int ret;

	if (nic->sections.free_count <= nic->sections.reserved ||
	    !vmbus_channel_has_room(c->ch, RING_RESERVE))
		return FABRIC_DROP_NO_BUFFER;
	gpadl = vmbus_gpadl_find(c->ch, recv->gpadl);
	if (gpadl == NULL)
		return FABRIC_DROP_NO_BUFFER;
	section = section_take(&nic->sections);
	ret = write_frame(gpadl, section * recv->section_size, header, header_len, frame, len,
			  tagged);
	if (ret == 0)
		ret = send_section(c, NVSP_CHANNEL_DATA, section, header_len + payload);
	if (ret == 0)
		return FABRIC_DELIVERED;
	section_give(&nic->sections, section);
	return FABRIC_DROP_NO_BUFFER;
}

enum fabric_drop rx_deliver(void *ctx, const uint8_t *frame, size_t len)
{
	struct netvsp *nic = ctx;
	const struct nic_session *s = &nic->session;
	struct nic_channel *c = &nic->channel[0];
	struct offload_rx rx = { .frame = frame };
	struct rndis_packet packet;
	uint8_t header[HEADER_MAX];
	size_t payload, ppi_len;

	if (!c->open || s->filter == 0 || !s->recv.set)
		return FABRIC_DROP_PATH_DOWN;
	if (len < NIC_ETHER_HEADER)
		return FABRIC_DROP_MALFORMED;
	if (!is_wanted(nic, frame))
		return FABRIC_DROP_FILTER;
	rx.sound = frame_parse(frame, len, &rx.info) == 0;
	payload = rx.info.vlan ? len - NIC_VLAN_TAG : len;
	if (payload > s->frame_max || payload + HEADER_MAX > s->recv.section_size)
		return FABRIC_DROP_TOO_BIG;
	c = &nic->channel[rss_channel(nic, &rx)];
	ppi_len = offload_rx_ppis(nic, &rx, header + sizeof(packet));
	packet = (struct rndis_packet){
		.header = { RNDIS_PACKET, (uint32_t)(sizeof(packet) + ppi_len + payload) },
		.data_offset = (uint32_t)(RNDIS_PACKET_BODY + ppi_len),
		.data_len = (uint32_t)payload,
		.ppi_offset = ppi_len != 0 ? RNDIS_PACKET_BODY : 0,
		.ppi_len = (uint32_t)ppi_len,
	};
	memcpy(header, &packet, sizeof(packet));
	return place(c, header, (uint32_t)(sizeof(packet) + ppi_len), frame, len, rx.info.vlan);
}
