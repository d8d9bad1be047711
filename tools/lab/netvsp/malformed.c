// SPDX-License-Identifier: BSD-3-Clause
/*
 * What no host should send, for tests of what drivers survive: each kind is wrong in one thing and
 * right in all others, so that the check a driver lacks is the one that shows. What the guest
 * answers is of no interest: completions carry transactions that are nobody's (rx.c).
 */
#include "malformed.h"

#include "../vmbus/ring.h"
#include "rx.h"

#include <errno.h>
#include <string.h>

#define NOBODYS	    0xdead0000beefull /* a transaction of no receive buffer and no request */
#define UNKNOWN	    0x7ffu	      /* a type of no message */
#define FRAME	    64u
#define FRAME_AT    (sizeof(struct rndis_packet) + sizeof(struct rndis_ppi) + 4)

/* ------------------------------------------------------------------------------ packets ---- */

struct raw {
	struct ring_descriptor descriptor;
	struct nvsp_message m;
};

static int send_raw(struct netvsp *nic, uint16_t type, uint16_t offset8, uint16_t length8)
{
	struct raw raw = {
		.descriptor = { .type = type, .offset8 = offset8, .length8 = length8 },
		.m = { .type = UNKNOWN },
	};

	return vmbus_channel_send_raw(nic->channel[0].ch, &raw, sizeof(raw));
}

#define RAW_OFFSET8 (sizeof(struct ring_descriptor) / 8)
#define RAW_LENGTH8 (sizeof(struct raw) / 8)

static int packet_type(struct netvsp *nic)
{
	return send_raw(nic, UNKNOWN, RAW_OFFSET8, RAW_LENGTH8);
}

static int packet_offset(struct netvsp *nic)
{
	return send_raw(nic, VMBUS_PACKET_INBAND, RAW_LENGTH8 + 1, RAW_LENGTH8);
}

static int packet_long(struct netvsp *nic)
{
	return send_raw(nic, VMBUS_PACKET_INBAND, RAW_OFFSET8, UINT16_MAX);
}

static int packet_short(struct netvsp *nic)
{
	return send_raw(nic, VMBUS_PACKET_INBAND, RAW_OFFSET8, 0);
}

static int completion(struct netvsp *nic)
{
	struct nvsp_message m = { .type = NVSP_SEND_RNDIS_COMPLETE };

	m.rndis_complete.status = NVSP_STATUS_SUCCESS;
	return vmbus_channel_send(nic->channel[0].ch, VMBUS_PACKET_COMPLETION, 0, NOBODYS, NULL, 0,
				  &m, sizeof(m));
}

/* ------------------------------------------------------------------------ transfer pages ---- */

static int send_page(struct netvsp *nic, const struct nvsp_transfer_page *page)
{
	struct nvsp_message m = { .type = NVSP_SEND_RNDIS };

	m.rndis.channel_type = NVSP_CHANNEL_DATA;
	m.rndis.section = NVSP_NO_SECTION;
	return vmbus_channel_send(nic->channel[0].ch, VMBUS_PACKET_TRANSFER_PAGES,
				  VMBUS_FLAG_COMPLETION_REQUESTED, NOBODYS, page, sizeof(*page), &m,
				  sizeof(m));
}

static int page_set(struct netvsp *nic)
{
	return send_page(nic, &(struct nvsp_transfer_page){
		.pageset = nic->session.recv.id ^ 1, .ranges = 1, .len = FRAME });
}

static int page_ranges(struct netvsp *nic)
{
	return send_page(nic, &(struct nvsp_transfer_page){
		.pageset = nic->session.recv.id, .ranges = UINT32_MAX, .len = FRAME });
}

static int page_offset(struct netvsp *nic)
{
	return send_page(nic, &(struct nvsp_transfer_page){
		.pageset = nic->session.recv.id, .ranges = 1, .len = FRAME,
		.offset = UINT32_MAX - FRAME / 2 });
}

static int page_length(struct netvsp *nic)
{
	return send_page(nic, &(struct nvsp_transfer_page){
		.pageset = nic->session.recv.id, .ranges = 1, .len = UINT32_MAX });
}

/* -------------------------------------------------------------------------------- RNDIS ---- */

/* A sound packet, to be spoilt: the frame is for the NIC and of a type for experiments. */
struct data {
	struct rndis_packet packet;
	struct rndis_ppi ppi;
	uint32_t value;
	uint8_t frame[FRAME];
} __attribute__((packed));

static struct data sound(const struct netvsp *nic)
{
	struct data d = {
		.packet = {
			.header = { RNDIS_PACKET, sizeof(d) },
			.data_offset = FRAME_AT - sizeof(struct rndis_header),
			.data_len = FRAME,
			.ppi_offset = RNDIS_PACKET_BODY,
			.ppi_len = sizeof(struct rndis_ppi) + 4,
		},
		.ppi = { sizeof(struct rndis_ppi) + 4, NDIS_PPI_VLAN, sizeof(struct rndis_ppi) },
	};

	memcpy(d.frame, nic->mac, NIC_MAC);
	d.frame[12] = 0x88;
	d.frame[13] = 0xb5; /* IEEE 802: local experimental Ethertype 1 */
	return d;
}

static int send_data(struct netvsp *nic, const struct data *d)
{
	return rx_send_rndis(nic, NVSP_CHANNEL_DATA, d, sizeof(*d));
}

static int rndis_type(struct netvsp *nic)
{
	struct data d = sound(nic);

	d.packet.header.type = UNKNOWN;
	return send_data(nic, &d);
}

static int rndis_length(struct netvsp *nic)
{
	struct data d = sound(nic);

	d.packet.header.len = UINT32_MAX;
	return send_data(nic, &d);
}

static int rndis_data(struct netvsp *nic)
{
	struct data d = sound(nic);

	d.packet.data_offset = UINT32_MAX - FRAME / 2;
	return send_data(nic, &d);
}

static int rndis_data_length(struct netvsp *nic)
{
	struct data d = sound(nic);

	d.packet.data_len = FRAME + 1;
	return send_data(nic, &d);
}

static int rndis_ppi(struct netvsp *nic)
{
	struct data d = sound(nic);

	d.packet.ppi_len = UINT32_MAX - RNDIS_PACKET_BODY;
	return send_data(nic, &d);
}

static int rndis_ppi_size(struct netvsp *nic)
{
	struct data d = sound(nic);

	d.ppi.size = 0;
	return send_data(nic, &d);
}

static int rndis_answer(struct netvsp *nic)
{
	struct rndis_query_complete done = {
		.header = { RNDIS_QUERY_COMPLETE, sizeof(done) },
		.id = UNKNOWN,
		.info_len = UINT32_MAX,
		.info_offset = UINT32_MAX,
	};

	return rx_send_rndis(nic, NVSP_CHANNEL_CONTROL, &done, sizeof(done));
}

static int rndis_speed(struct netvsp *nic)
{
	struct rndis_indicate m = {
		.header = { RNDIS_INDICATE, sizeof(m) },
		.status = RNDIS_LINK_SPEED_CHANGE,
		.info_len = 4,
		.info_offset = UINT32_MAX - 2,
	};

	return rx_send_rndis(nic, NVSP_CHANNEL_CONTROL, &m, sizeof(m));
}

/* --------------------------------------------------------------------------------- NVSP ---- */

static int send_nvsp(struct netvsp *nic, const void *message, size_t len)
{
	return vmbus_channel_send(nic->channel[0].ch, VMBUS_PACKET_INBAND, 0, 0, NULL, 0, message,
				  len);
}

static int nvsp_type(struct netvsp *nic)
{
	return send_nvsp(nic, &(struct nvsp_message){ .type = UNKNOWN },
			 sizeof(struct nvsp_message));
}

static int nvsp_empty(struct netvsp *nic)
{
	return send_nvsp(nic, NULL, 0);
}

static int nvsp_association(struct netvsp *nic)
{
	/* Cut before the serial. */
	return send_nvsp(nic, &(uint32_t[]){ NVSP_SEND_VF_ASSOCIATION, 1 }, 8);
}

static int nvsp_path(struct netvsp *nic)
{
	struct nvsp_message m = { .type = NVSP_SWITCH_DATA_PATH };

	m.datapath.active = UNKNOWN;
	return send_nvsp(nic, &m, sizeof(m));
}

static int send_table(struct netvsp *nic, uint32_t offset, uint32_t channel)
{
	struct {
		struct nvsp_message m;
		uint32_t channel[NVSP_SEND_TABLE];
	} table = { .m = { .type = NVSP_SEND_INDIRECTION_TABLE } };

	table.m.send_table.count = NVSP_SEND_TABLE;
	table.m.send_table.offset = offset;
	for (unsigned int i = 0; i < NVSP_SEND_TABLE; i++)
		table.channel[i] = channel;
	return send_nvsp(nic, &table, sizeof(table));
}

static int nvsp_table(struct netvsp *nic)
{
	return send_table(nic, UINT32_MAX - 8, 0);
}

/* The table itself is in order. */
static int nvsp_table_entry(struct netvsp *nic)
{
	return send_table(nic, sizeof(struct nvsp_message), UINT32_MAX);
}

/* ---------------------------------------------------------------------------- interface ---- */

static const struct kind {
	const char *name;
	int (*send)(struct netvsp *nic);
} kinds[] = {
	{ "packet-type", packet_type },
	{ "packet-offset", packet_offset },
	{ "packet-long", packet_long },
	{ "packet-short", packet_short },
	{ "completion", completion },
	{ "page-set", page_set },
	{ "page-ranges", page_ranges },
	{ "page-offset", page_offset },
	{ "page-length", page_length },
	{ "rndis-type", rndis_type },
	{ "rndis-length", rndis_length },
	{ "rndis-data", rndis_data },
	{ "rndis-data-length", rndis_data_length },
	{ "rndis-ppi", rndis_ppi },
	{ "rndis-ppi-size", rndis_ppi_size },
	{ "rndis-answer", rndis_answer },
	{ "rndis-speed", rndis_speed },
	{ "nvsp-type", nvsp_type },
	{ "nvsp-empty", nvsp_empty },
	{ "nvsp-association", nvsp_association },
	{ "nvsp-path", nvsp_path },
	{ "nvsp-table", nvsp_table },
	{ "nvsp-table-entry", nvsp_table_entry },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

const char *malformed_name(unsigned int i)
{
	return i < KINDS ? kinds[i].name : NULL;
}

int malformed_send(struct netvsp *nic, const char *name)
{
	for (size_t i = 0; i < KINDS; i++) {
		if (strcmp(kinds[i].name, name) != 0)
			continue;
		if (!nic->channel[0].open)
			return -ENOTCONN;
		if (!nic->session.recv.set)
			return -ENOBUFS;
		lab_log(LAB_LOG_INFO, nic->name, "malformed on purpose: %s", name);
		return kinds[i].send(nic);
	}
	return -ENOENT;
}
