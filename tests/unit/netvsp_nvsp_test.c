// SPDX-License-Identifier: BSD-3-Clause
/* NVSP: versions, buffers, subchannels, and what becomes of malformed requests. */
#include "netvsp_guest.h"

#include <string.h>

static const uint32_t versions[] = { NVSP_VERSION_1, NVSP_VERSION_2, NVSP_VERSION_4,
				     NVSP_VERSION_5, NVSP_VERSION_6, NVSP_VERSION_61 };
#define VERSIONS (sizeof(versions) / sizeof(versions[0]))

static void setup(void)
{
	fake_start(NVSP_VERSION_61, 4);
}

/* As hv_netvsc: newest first until one is taken. */
static void every_version_is_negotiated(void)
{
	fake_stop();
	for (size_t host = 0; host < VERSIONS; host++) {
		fake_start(versions[host], 1);
		CU_ASSERT_EQUAL(fake_open(0), 0);
		CU_ASSERT_EQUAL(netvsp_version(fake.nic), 0);
		for (size_t v = VERSIONS; v-- > 0;)
			CU_ASSERT_EQUAL(fake_init(versions[v]), v == host);
		CU_ASSERT_EQUAL(netvsp_version(fake.nic), versions[host]);
		fake_stop();
	}
	setup();
}

static void version_refusals(void)
{
	static const struct {
		uint32_t min, max, status, version;
	} row[] = {
		{ 0x70000, 0x70000, NVSP_STATUS_TOO_NEW, NVSP_VERSION_INVALID },
		{ 3, 3, NVSP_STATUS_TOO_OLD, NVSP_VERSION_INVALID },
		{ 0x50000, 0x40000, NVSP_STATUS_TOO_OLD, NVSP_VERSION_INVALID },
		{ 0, UINT32_MAX, NVSP_STATUS_SUCCESS, NVSP_VERSION_61 },
		{ 2, 2, NVSP_STATUS_FAIL, NVSP_VERSION_INVALID }, /* agreed already */
	};

	fake_open(0);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct nvsp_message m = { .type = NVSP_INIT };

		m.init.min = row[i].min;
		m.init.max = row[i].max;
		m = fake_ask(&m, NVSP_INIT_COMPLETE);
		CU_ASSERT_EQUAL(m.init_complete.status, row[i].status);
		CU_ASSERT_EQUAL(m.init_complete.version, row[i].version);
	}
}

/* hv_netvsc refuses ranges larger than a section: it must hold the MTU and all that precedes it. */
static void sections_follow_the_mtu(void)
{
	static const struct {
		uint32_t version, mtu, least, most;
	} row[] = {
		{ NVSP_VERSION_1, 0, 1728, 1728 },
		{ NVSP_VERSION_61, 1500, 1728, 1728 },
		{ NVSP_VERSION_61, 0, 1728, 1728 },
		{ NVSP_VERSION_5, 9000, 9014 + 44, 9300 },
		{ NVSP_VERSION_61, 65521, 9014 + 44, 9300 },	  /* more than the switch has */
		{ NVSP_VERSION_61, UINT32_MAX - 3, 1728, 9300 }, /* wraps */
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct nvsp_message m;
		uint32_t size;

		fake_open(0);
		CU_ASSERT_TRUE(fake_init(row[i].version));
		if (row[i].version != NVSP_VERSION_1)
			fake_ndis_config(row[i].mtu, 0);
		m = fake_recv_buf();
		CU_ASSERT_EQUAL(m.recv_buf_complete.status, NVSP_STATUS_SUCCESS);
		CU_ASSERT_EQUAL(m.recv_buf_complete.num_sections, 1);
		CU_ASSERT_EQUAL(m.recv_buf_complete.offset, 0);
		size = m.recv_buf_complete.sub_alloc_size;
		CU_ASSERT(size >= row[i].least && size <= row[i].most);
		CU_ASSERT_EQUAL(m.recv_buf_complete.num_sub_allocs, FAKE_RECV_SIZE / size);
		CU_ASSERT_EQUAL(m.recv_buf_complete.end_offset,
				m.recv_buf_complete.num_sub_allocs * size);
		fake_close(0);
	}
}

static void buffers_are_checked(void)
{
	struct nvsp_message m;

	fake_open(0);
	CU_ASSERT_TRUE(fake_init(NVSP_VERSION_61));
	fake.recv_size = 1727; /* no section fits */
	CU_ASSERT_EQUAL(fake_recv_buf().recv_buf_complete.status, NVSP_STATUS_FAIL);
	fake.recv_size = FAKE_RECV_SIZE;
	m = (struct nvsp_message){ .type = NVSP_SEND_RECV_BUF };
	m.buffer.gpadl = 99; /* never established */
	m = fake_ask(&m, NVSP_SEND_RECV_BUF_COMPLETE);
	CU_ASSERT_EQUAL(m.recv_buf_complete.status, NVSP_STATUS_FAIL);
	m = (struct nvsp_message){ .type = NVSP_SEND_SEND_BUF };
	m.buffer.gpadl = 99;
	m = fake_ask(&m, NVSP_SEND_SEND_BUF_COMPLETE);
	CU_ASSERT_EQUAL(m.send_buf_complete.status, NVSP_STATUS_FAIL);

	fake.send_size = 6143;
	CU_ASSERT_EQUAL(fake_send_buf().send_buf_complete.status, NVSP_STATUS_FAIL);
	fake.send_size = FAKE_SEND_SIZE;

	CU_ASSERT_EQUAL(fake_recv_buf().recv_buf_complete.status, NVSP_STATUS_SUCCESS);
	CU_ASSERT_EQUAL(fake_recv_buf().recv_buf_complete.status, NVSP_STATUS_FAIL); /* twice */
	m = fake_send_buf();
	CU_ASSERT_EQUAL(m.send_buf_complete.status, NVSP_STATUS_SUCCESS);
	CU_ASSERT_EQUAL(m.send_buf_complete.section_size, 6144);
	CU_ASSERT_EQUAL(fake_send_buf().send_buf_complete.status, NVSP_STATUS_FAIL);

	m = (struct nvsp_message){ .type = NVSP_REVOKE_RECV_BUF };
	m.revoke.id = FAKE_RECV_ID;
	fake_put(0, VMBUS_PACKET_INBAND, 0, 0, NULL, 0, &m, sizeof(m));
	m = (struct nvsp_message){ .type = NVSP_REVOKE_SEND_BUF };
	fake_put(0, VMBUS_PACKET_INBAND, 0, 0, NULL, 0, &m, sizeof(m));
	CU_ASSERT_EQUAL(fake_waiting(0), 0); /* no completion asked for, none sent */
	CU_ASSERT_EQUAL(fake_recv_buf().recv_buf_complete.status, NVSP_STATUS_SUCCESS);
	CU_ASSERT_EQUAL(fake_send_buf().send_buf_complete.status, NVSP_STATUS_SUCCESS);
}

/* A guest that asked for a completion gets one, and the NIC goes on. */
static void malformed_requests_are_answered(void)
{
	static const struct {
		uint32_t type;
		size_t len;
		bool negotiated;
	} row[] = {
		{ 0, 0, false },
		{ NVSP_INIT, 8, false },
		{ NVSP_SEND_RECV_BUF, 40, false }, /* before INIT */
		{ NVSP_SEND_RNDIS, 40, false },
		{ NVSP_SUBCHANNEL, 40, false },
		{ 0, 4, true },
		{ 9999, 40, true },
		{ UINT32_MAX, 200, true },
		{ NVSP_INIT_COMPLETE, 40, true },
		{ NVSP_SEND_NDIS_CONFIG, 16, true },
		{ NVSP_SEND_RECV_BUF, 8, true },
		{ NVSP_SEND_SEND_BUF, 8, true },
		{ NVSP_SWITCH_DATA_PATH, 4, true },
		{ NVSP_SUBCHANNEL, 8, true },
	};
	uint8_t bytes[200];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const struct fake_packet *p;

		fake_open(0);
		if (row[i].negotiated)
			CU_ASSERT_TRUE(fake_init(NVSP_VERSION_61));
		memset(bytes, 0xff, sizeof(bytes));
		memcpy(bytes, &row[i].type, 4);
		fake_put(0, VMBUS_PACKET_INBAND, FAKE_WANTS, 5 + i, NULL, 0, bytes, row[i].len);
		p = fake_get(0);
		CU_ASSERT_PTR_NOT_NULL_FATAL(p);
		CU_ASSERT_EQUAL(p->type, VMBUS_PACKET_COMPLETION);
		CU_ASSERT_EQUAL(p->transaction, 5 + i);
		CU_ASSERT_EQUAL(p->len, 0);
		CU_ASSERT_EQUAL(fake_waiting(0), 0);
		fake_put(0, VMBUS_PACKET_INBAND, 0, 5, NULL, 0, bytes, row[i].len);
		CU_ASSERT_EQUAL(fake_waiting(0), 0);
		fake_close(0);
	}
}

static void unknown_packet_types(void)
{
	fake_open(0);
	fake_put(0, (enum vmbus_packet_type)4, FAKE_WANTS, 77, NULL, 0, "abcdefgh", 8);
	CU_ASSERT_EQUAL(fake_get(0)->transaction, 77);
	fake_put(0, (enum vmbus_packet_type)4, 0, 78, NULL, 0, NULL, 0);
	fake_put(0, VMBUS_PACKET_COMPLETION, 0, UINT64_MAX, NULL, 0, NULL, 0);
	fake_put(0, VMBUS_PACKET_COMPLETION, 0, 0, NULL, 0, NULL, 0);
	CU_ASSERT_EQUAL(fake_waiting(0), 0);
}

static void version_gates(void)
{
	struct nvsp_message m = { .type = NVSP_SUBCHANNEL };

	fake_open(0);
	CU_ASSERT_TRUE(fake_init(NVSP_VERSION_4));
	m.subchannel.op = NVSP_SUBCHANNEL_ALLOCATE;
	m.subchannel.count = 1;
	fake_ask(&m, 0); /* of version 5 */
	CU_ASSERT_EQUAL(fake_offered(), 1);
	fake_close(0);
	fake_open(0);
	CU_ASSERT_TRUE(fake_init(NVSP_VERSION_2));
	m = (struct nvsp_message){ .type = NVSP_SWITCH_DATA_PATH };
	fake_ask(&m, 0); /* of version 4 */
	CU_ASSERT_EQUAL(fake.datapath_events, 0);
}

static void subchannels_are_granted_and_offered(void)
{
	static const struct {
		uint32_t op, asked, status, granted;
	} row[] = {
		{ NVSP_SUBCHANNEL_ALLOCATE, 2, NVSP_STATUS_SUCCESS, 2 },
		{ NVSP_SUBCHANNEL_ALLOCATE, 3, NVSP_STATUS_SUCCESS, 3 },
		{ NVSP_SUBCHANNEL_ALLOCATE, 63, NVSP_STATUS_SUCCESS, 3 },
		{ NVSP_SUBCHANNEL_ALLOCATE, UINT32_MAX, NVSP_STATUS_SUCCESS, 3 },
		{ NVSP_SUBCHANNEL_ALLOCATE, 0, NVSP_STATUS_SUCCESS, 0 },
		{ 0, 3, NVSP_STATUS_FAIL, 0 },
		{ 2, 3, NVSP_STATUS_FAIL, 0 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct nvsp_message m = { .type = NVSP_SUBCHANNEL }, again;

		fake_open(0);
		CU_ASSERT_TRUE(fake_init(NVSP_VERSION_61));
		m.subchannel.op = row[i].op;
		m.subchannel.count = row[i].asked;
		again = m;
		m = fake_ask(&m, NVSP_SUBCHANNEL);
		CU_ASSERT_EQUAL(m.subchannel_complete.status, row[i].status);
		CU_ASSERT_EQUAL(m.subchannel_complete.count, row[i].granted);
		CU_ASSERT_EQUAL(fake_offered(), 1 + row[i].granted);
		if (row[i].granted != 0) {
			m = fake_ask(&again, NVSP_SUBCHANNEL); /* only once */
			CU_ASSERT_EQUAL(m.subchannel_complete.status, NVSP_STATUS_FAIL);
		}
		fake_close(0);
		CU_ASSERT_EQUAL(fake_offered(), 1);
		fake_release();
	}
}

/* netvsc.c netvsc_send_table(): 16 entries at the offset it computes itself up to version 6. */
static void send_table_when_all_are_open(void)
{
	struct nvsp_message m = { .type = NVSP_SUBCHANNEL };
	const struct fake_packet *p;
	uint32_t entry;

	fake_open(0);
	CU_ASSERT_TRUE(fake_init(NVSP_VERSION_5));
	m.subchannel.op = NVSP_SUBCHANNEL_ALLOCATE;
	m.subchannel.count = 2;
	fake_ask(&m, NVSP_SUBCHANNEL);
	CU_ASSERT_EQUAL(fake_open(2), 0);
	CU_ASSERT_EQUAL(fake_waiting(0), 0);
	CU_ASSERT_EQUAL(fake_open(1), 0);
	p = fake_get(0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->type, VMBUS_PACKET_INBAND);
	CU_ASSERT_EQUAL(p->flags, 0);
	CU_ASSERT_EQUAL(p->transaction, 0);
	CU_ASSERT_EQUAL(p->len, 40 + 64);
	memcpy(&m, p->payload, sizeof(m));
	CU_ASSERT_EQUAL(m.type, NVSP_SEND_INDIRECTION_TABLE);
	CU_ASSERT_EQUAL(m.send_table.count, 16);
	CU_ASSERT_EQUAL(m.send_table.offset, 40);
	for (uint32_t i = 0; i < 16; i++) {
		memcpy(&entry, p->payload + 40 + 4 * i, 4);
		CU_ASSERT_EQUAL(entry, i % 3);
	}
}

static void control_belongs_on_the_primary(void)
{
	struct nvsp_message m = { .type = NVSP_SWITCH_DATA_PATH };
	const struct fake_packet *p;

	fake_up(NVSP_VERSION_61);
	fake_subchannels(1);
	netvsp_associate_vf(fake.nic, true, 1);
	m.datapath.active = NVSP_DATAPATH_VF;
	fake_put(1, VMBUS_PACKET_INBAND, FAKE_WANTS, 5, NULL, 0, &m, sizeof(m));
	p = fake_get(1);
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->len, 0);
	CU_ASSERT_EQUAL(fake.datapath, FABRIC_SYNTHETIC);
	memcpy(fake.send, &(struct rndis_request){ { RNDIS_KEEPALIVE, 12 }, 1 }, 12);
	m = (struct nvsp_message){ .type = NVSP_SEND_RNDIS };
	m.rndis.channel_type = NVSP_CHANNEL_CONTROL;
	m.rndis.section_len = 12;
	fake_put(1, VMBUS_PACKET_INBAND, FAKE_WANTS, 6, NULL, 0, &m, sizeof(m));
	CU_ASSERT_EQUAL(fake_get_nvsp(1, VMBUS_PACKET_COMPLETION, NVSP_SEND_RNDIS_COMPLETE)
				.rndis_complete.status, NVSP_STATUS_FAIL);
}

static CU_TestInfo tests[] = {
	{ "every version is negotiated", every_version_is_negotiated },
	{ "version refusals", version_refusals },
	{ "receive sections follow the MTU", sections_follow_the_mtu },
	{ "buffers are checked", buffers_are_checked },
	{ "malformed requests are answered", malformed_requests_are_answered },
	{ "unknown packet types", unknown_packet_types },
	{ "messages of later versions", version_gates },
	{ "subchannels are granted and offered", subchannels_are_granted_and_offered },
	{ "send table when all are open", send_table_when_all_are_open },
	{ "control belongs on the primary", control_belongs_on_the_primary },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("netvsp/nvsp", setup, fake_stop, tests);
