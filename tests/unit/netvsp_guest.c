// SPDX-License-Identifier: BSD-3-Clause
/* See netvsp_guest.h. */
#include "netvsp_guest.h"

#include <string.h>

/* ------------------------------------------------------------------- the guest's protocol -- */

static uint64_t last_transaction;

struct nvsp_message fake_ask(const struct nvsp_message *m, uint32_t answer_type)
{
	const struct fake_packet *p;
	struct nvsp_message answer = { 0 };

	fake_put(0, VMBUS_PACKET_INBAND, FAKE_WANTS, ++last_transaction, NULL, 0, m, sizeof(*m));
	p = fake_get(0);
	CU_ASSERT_PTR_NOT_NULL(p);
	if (p == NULL)
		return answer;
	CU_ASSERT_EQUAL(p->type, VMBUS_PACKET_COMPLETION);
	CU_ASSERT_EQUAL(p->transaction, last_transaction);
	if (answer_type == 0) {
		CU_ASSERT_EQUAL(p->len, 0);
		return answer;
	}
	CU_ASSERT_EQUAL(p->len, sizeof(answer));
	memcpy(&answer, p->payload, sizeof(answer));
	CU_ASSERT_EQUAL(answer.type, answer_type);
	return answer;
}

bool fake_init(uint32_t version)
{
	struct nvsp_message m = { .type = NVSP_INIT };

	m.init.min = version;
	m.init.max = version;
	return fake_ask(&m, NVSP_INIT_COMPLETE).init_complete.status == NVSP_STATUS_SUCCESS;
}

void fake_ndis_config(uint32_t mtu, uint64_t capabilities)
{
	struct nvsp_message m = { .type = NVSP_SEND_NDIS_CONFIG };

	m.ndis_config.mtu = mtu + 14;
	m.ndis_config.capabilities = capabilities;
	fake_put(0, VMBUS_PACKET_INBAND, 0, 0, NULL, 0, &m, sizeof(m));
}

struct nvsp_message fake_recv_buf(void)
{
	struct nvsp_message m = { .type = NVSP_SEND_RECV_BUF };

	m.buffer.gpadl = FAKE_RECV_GPADL;
	m.buffer.id = FAKE_RECV_ID;
	return fake_ask(&m, NVSP_SEND_RECV_BUF_COMPLETE);
}

struct nvsp_message fake_send_buf(void)
{
	struct nvsp_message m = { .type = NVSP_SEND_SEND_BUF };

	m.buffer.gpadl = FAKE_SEND_GPADL;
	return fake_ask(&m, NVSP_SEND_SEND_BUF_COMPLETE);
}

/* One range of whole pages at the start of RAM: enough for every control message. */
uint32_t fake_control(const void *message, size_t len)
{
	struct {
		struct nvsp_gpa_direct head;
		struct nvsp_gpa_range range;
		uint64_t pfn[2];
	} extension = { { 0, 1 }, { (uint32_t)len, 8 },
			{ FAKE_RAM / LAB_PAGE_SIZE, FAKE_RAM / LAB_PAGE_SIZE + 1 } };
	struct nvsp_message m = { .type = NVSP_SEND_RNDIS };
	const struct fake_packet *p;
	uint32_t status = 0;

	CU_ASSERT_FATAL(len <= 4000);
	memcpy(fake.ram + 8, message, len);
	m.rndis.channel_type = NVSP_CHANNEL_CONTROL;
	m.rndis.section = NVSP_NO_SECTION;
	fake_put(0, VMBUS_PACKET_GPA_DIRECT, FAKE_WANTS, ++last_transaction, &extension,
		 sizeof(extension), &m, sizeof(m));
	/* The answer may have come first. */
	for (unsigned int i = fake_waiting(0); i > 0; i--) {
		p = fake_get(0);
		if (p->type == VMBUS_PACKET_COMPLETION) {
			memcpy(&m, p->payload, sizeof(m));
			CU_ASSERT_EQUAL(p->transaction, last_transaction);
			CU_ASSERT_EQUAL(m.type, NVSP_SEND_RNDIS_COMPLETE);
			status = m.rndis_complete.status;
		} else { /* to the back, for fake_receive() */
			fake_put_back(0, p);
		}
	}
	return status;
}

size_t fake_receive(unsigned int index, uint8_t *out, size_t size, bool give_back)
{
	const struct fake_packet *p = fake_get(index);
	struct nvsp_transfer_page page;
	struct nvsp_message m = { .type = NVSP_SEND_RNDIS_COMPLETE };

	CU_ASSERT_PTR_NOT_NULL(p);
	if (p == NULL)
		return 0;
	CU_ASSERT_EQUAL(p->type, VMBUS_PACKET_TRANSFER_PAGES);
	CU_ASSERT_EQUAL(p->extension_len, sizeof(page));
	/* DPDK keeps a table of the sections it was told of, and takes this for an index. */
	CU_ASSERT_TRUE(p->transaction < fake.recv_size / NVSP_RECV_SECTION_MIN);
	memcpy(&page, p->extension, sizeof(page));
	CU_ASSERT_EQUAL(page.pageset, FAKE_RECV_ID);
	CU_ASSERT_EQUAL(page.ranges, 1);
	CU_ASSERT_FATAL(page.offset <= fake.recv_size && page.len <= fake.recv_size - page.offset);
	CU_ASSERT_FATAL(page.len <= size);
	memcpy(out, fake.recv + page.offset, page.len);
	m.rndis_complete.status = NVSP_STATUS_SUCCESS;
	if (give_back)
		fake_put(index, VMBUS_PACKET_COMPLETION, 0, p->transaction, NULL, 0, &m, 8);
	return page.len;
}

static uint32_t oid_request(uint32_t type, uint32_t oid, const void *info, uint32_t info_len)
{
	static uint32_t id;
	struct {
		struct rndis_oid_request head;
		uint8_t info[1024];
	} request = { .head = { { type, (uint32_t)sizeof(request.head) + info_len }, ++id, oid,
				info_len, sizeof(request.head) - 8, 0 } };

	CU_ASSERT_FATAL(info_len <= sizeof(request.info));
	if (info_len > 0)
		memcpy(request.info, info, info_len);
	CU_ASSERT_EQUAL(fake_control(&request, request.head.header.len), NVSP_STATUS_SUCCESS);
	return id;
}

uint32_t fake_query(uint32_t oid, const void *info, uint32_t info_len, uint8_t *out,
		    size_t *out_len)
{
	uint32_t id = oid_request(RNDIS_QUERY, oid, info, info_len);
	struct rndis_query_complete done = { 0 };
	uint8_t message[512];
	size_t len = fake_receive(0, message, sizeof(message), true);

	*out_len = 0;
	CU_ASSERT(len >= sizeof(done));
	memcpy(&done, message, sizeof(done));
	CU_ASSERT_EQUAL(done.header.type, RNDIS_QUERY | RNDIS_COMPLETION);
	CU_ASSERT_EQUAL(done.header.len, len);
	CU_ASSERT_EQUAL(done.id, id);
	if (done.status != RNDIS_SUCCESS) {
		CU_ASSERT_EQUAL(done.info_len, 0);
		return done.status;
	}
	/* rndis_filter_query_device(): behind the answer's head and inside the message. */
	CU_ASSERT_EQUAL(done.info_offset, 16);
	CU_ASSERT_EQUAL_FATAL(len, sizeof(done) + done.info_len);
	memcpy(out, message + 8 + done.info_offset, done.info_len);
	*out_len = done.info_len;
	return done.status;
}

uint32_t fake_set(uint32_t oid, const void *info, uint32_t info_len)
{
	uint32_t id = oid_request(RNDIS_SET, oid, info, info_len);
	struct rndis_set_complete done = { 0 };

	CU_ASSERT_EQUAL(fake_receive(0, (uint8_t *)&done, sizeof(done), true), sizeof(done));
	CU_ASSERT_EQUAL(done.header.type, RNDIS_SET | RNDIS_COMPLETION);
	CU_ASSERT_EQUAL(done.header.len, sizeof(done));
	CU_ASSERT_EQUAL(done.id, id);
	return done.status;
}

void fake_buffers(void)
{
	CU_ASSERT_EQUAL(fake_recv_buf().recv_buf_complete.status, NVSP_STATUS_SUCCESS);
	CU_ASSERT_EQUAL(fake_send_buf().send_buf_complete.status, NVSP_STATUS_SUCCESS);
}

void fake_up(uint32_t version)
{
	struct rndis_init init = { { RNDIS_INIT, sizeof(init) }, 7, 1, 0, 0x4000 };
	struct rndis_init_complete done = { 0 };
	uint32_t filter = RNDIS_FILTER_DIRECTED | RNDIS_FILTER_ALL_MULTICAST |
			  RNDIS_FILTER_BROADCAST;

	CU_ASSERT_EQUAL(fake_open(0), 0);
	CU_ASSERT_TRUE(fake_init(version));
	if (version >= NVSP_VERSION_2)
		fake_ndis_config(1500, NVSP_CAPABILITY_TEAMING);
	fake_buffers();
	CU_ASSERT_EQUAL(fake_control(&init, sizeof(init)), NVSP_STATUS_SUCCESS);
	CU_ASSERT_EQUAL(fake_receive(0, (uint8_t *)&done, sizeof(done), true), sizeof(done));
	CU_ASSERT_EQUAL(done.status, RNDIS_SUCCESS);
	CU_ASSERT_EQUAL(fake_set(OID_GEN_CURRENT_PACKET_FILTER, &filter, 4), RNDIS_SUCCESS);
	CU_ASSERT_TRUE(netvsp_is_up(fake.nic));
}

void fake_subchannels(unsigned int count)
{
	struct nvsp_message m = { .type = NVSP_SUBCHANNEL }, answer;

	m.subchannel.op = NVSP_SUBCHANNEL_ALLOCATE;
	m.subchannel.count = count;
	answer = fake_ask(&m, NVSP_SUBCHANNEL);
	CU_ASSERT_EQUAL(answer.subchannel_complete.status, NVSP_STATUS_SUCCESS);
	CU_ASSERT_EQUAL(answer.subchannel_complete.count, count);
	for (unsigned int i = 1; i <= count; i++)
		CU_ASSERT_EQUAL(fake_open(i), 0);
}

/* -------------------------------------------------------------------------------- frames -- */

size_t fake_build(uint8_t *out, const struct fake_flow *flow)
{
	static const uint8_t peer[6] = { 0x02, 0, 0, 0, 0, 1 };
	size_t l3 = flow->vlan ? 18 : 14, l4 = l3 + (flow->v6 ? 40 : 20);
	size_t len = l4 + (flow->udp ? 8 : 20) + flow->payload;
	size_t datagram = len - l3;
	struct frame_info info;

	memset(out, 0, len);
	memcpy(out, fake.config.mac, 6);
	memcpy(out + 6, peer, 6);
	if (flow->vlan)
		memcpy(out + 12, "\x81\x00\x60\x05", 4); /* priority 3, VLAN 5 */
	memcpy(out + l3 - 2, flow->v6 ? "\x86\xdd" : "\x08\x00", 2);
	if (flow->v6) {
		out[l3] = 0x60;
		out[l3 + 4] = (uint8_t)((datagram - 40) >> 8);
		out[l3 + 5] = (uint8_t)(datagram - 40);
		out[l3 + 6] = flow->udp ? 17 : 6;
		out[l3 + 8] = 0xfd;
		out[l3 + 23] = flow->host;
		out[l3 + 24] = 0xfd;
		out[l3 + 39] = 2;
	} else {
		out[l3] = 0x45;
		out[l3 + 2] = (uint8_t)(datagram >> 8);
		out[l3 + 3] = (uint8_t)datagram;
		out[l3 + 8] = 64;
		out[l3 + 9] = flow->udp ? 17 : 6;
		memcpy(out + l3 + 12, "\x0a\x4d\x00\x00\x0a\x4d\x00\x02", 8);
		out[l3 + 15] = flow->host;
	}
	out[l4] = (uint8_t)(flow->port >> 8);
	out[l4 + 1] = (uint8_t)flow->port;
	out[l4 + 3] = 80;
	if (flow->udp) {
		out[l4 + 4] = (uint8_t)((8 + flow->payload) >> 8);
		out[l4 + 5] = (uint8_t)(8 + flow->payload);
	} else {
		out[l4 + 12] = 0x50;
		out[l4 + 13] = 0x18;
	}
	for (size_t i = 0; i < flow->payload; i++)
		out[len - flow->payload + i] = (uint8_t)(i * 7 + flow->host);
	CU_ASSERT_EQUAL(frame_parse(out, len, &info), 0);
	frame_fill_l3(out, &info);
	frame_fill_l4(out, &info);
	return len;
}

size_t fake_ppi(uint8_t *out, uint32_t type, uint32_t value)
{
	struct rndis_ppi ppi = { sizeof(ppi) + 4, type, sizeof(ppi) };

	memcpy(out, &ppi, sizeof(ppi));
	memcpy(out + sizeof(ppi), &value, 4);
	return ppi.size;
}

size_t fake_wrap(uint8_t *out, const void *ppi, size_t ppi_len, const uint8_t *frame, size_t len)
{
	struct rndis_packet packet = {
		.header = { RNDIS_PACKET, 0 },
		.data_offset = RNDIS_PACKET_BODY + (uint32_t)ppi_len,
		.data_len = (uint32_t)len,
		.ppi_offset = RNDIS_PACKET_BODY,
		.ppi_len = (uint32_t)ppi_len,
	};
	size_t total = sizeof(packet) + ppi_len + len, padded = (total + 7) / 8 * 8;

	packet.header.len = (uint32_t)padded;
	memcpy(out, &packet, sizeof(packet));
	if (ppi_len > 0)
		memcpy(out + sizeof(packet), ppi, ppi_len);
	memcpy(out + sizeof(packet) + ppi_len, frame, len);
	memset(out + total, 0, padded - total);
	return padded;
}

uint32_t fake_send_section(unsigned int index, const void *bytes, size_t len)
{
	struct nvsp_message m = { .type = NVSP_SEND_RNDIS };

	CU_ASSERT_FATAL(len <= NVSP_SEND_SECTION);
	memcpy(fake.send, bytes, len);
	m.rndis.section_len = (uint32_t)len;
	fake_put(index, VMBUS_PACKET_INBAND, FAKE_WANTS, ++last_transaction, NULL, 0, &m,
		 sizeof(m));
	return fake_get_nvsp(index, VMBUS_PACKET_COMPLETION, NVSP_SEND_RNDIS_COMPLETE)
		.rndis_complete.status;
}

uint32_t fake_send_ranges(uint32_t section, uint32_t section_len, const void *extension,
			  size_t extension_len)
{
	struct nvsp_message m = { .type = NVSP_SEND_RNDIS };
	const struct fake_packet *p;

	m.rndis.section = section;
	m.rndis.section_len = section_len;
	fake_put(0, VMBUS_PACKET_GPA_DIRECT, FAKE_WANTS, 99, extension, extension_len, &m,
		 sizeof(m));
	p = fake_get(0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->transaction, 99);
	memcpy(&m, p->payload, sizeof(m));
	CU_ASSERT_EQUAL(m.type, NVSP_SEND_RNDIS_COMPLETE);
	return m.rndis_complete.status;
}

uint32_t fake_switch(uint32_t path, uint64_t transaction)
{
	struct nvsp_message m = { .type = NVSP_SWITCH_DATA_PATH };
	const struct fake_packet *p;

	m.datapath.active = path;
	fake_put(0, VMBUS_PACKET_INBAND, FAKE_WANTS, transaction, NULL, 0, &m, sizeof(m));
	p = fake_get(0);
	/* hv_netvsc only knows the completion without payload. */
	return p != NULL && p->type == VMBUS_PACKET_COMPLETION && p->len == 0 &&
	       p->transaction == transaction;
}
