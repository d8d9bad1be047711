// SPDX-License-Identifier: BSD-3-Clause
/* RNDIS control messages and OIDs, as hv_netvsc asks them and as it must never. */
#include "netvsp_guest.h"

#include <string.h>

static uint8_t answer[512];
static size_t len;

static void setup(void)
{
	fake_start(NVSP_VERSION_61, 4);
}

static uint32_t word(size_t at)
{
	uint32_t v;

	memcpy(&v, answer + at, sizeof(v));
	return v;
}

static void initialize(void)
{
	struct rndis_init init = { { RNDIS_INIT, sizeof(init) }, 7, 1, 0, 0x4000 };
	struct rndis_init_complete done;
	uint32_t filter = 1;

	fake_open(0);
	fake_init(NVSP_VERSION_61);
	fake_recv_buf();
	CU_ASSERT_EQUAL(fake_set(OID_GEN_CURRENT_PACKET_FILTER, &filter, 4), RNDIS_NOT_READY);
	CU_ASSERT_EQUAL(fake_query(OID_GEN_LINK_SPEED, NULL, 0, answer, &len), RNDIS_NOT_READY);
	init.major = 2;
	fake_control(&init, sizeof(init));
	fake_receive(0, (uint8_t *)&done, sizeof(done), true);
	CU_ASSERT_EQUAL(done.status, RNDIS_BAD_VERSION);
	init.major = 1;
	fake_control(&init, sizeof(init));
	CU_ASSERT_EQUAL(fake_receive(0, (uint8_t *)&done, sizeof(done), true), 52);
	CU_ASSERT_EQUAL(done.header.type, 0x80000002);
	CU_ASSERT_EQUAL(done.header.len, 52);
	CU_ASSERT_EQUAL(done.id, 7);
	CU_ASSERT_EQUAL(done.status, 0);
	CU_ASSERT_EQUAL(done.packets_per_message, 8);
	CU_ASSERT_EQUAL(done.alignment_log2, 3);
	CU_ASSERT_EQUAL(fake_query(OID_GEN_LINK_SPEED, NULL, 0, answer, &len), 0);
}

static void numbers(void)
{
	static const struct {
		uint32_t oid, value;
	} row[] = {
		{ OID_GEN_HARDWARE_STATUS, 0 },
		{ OID_GEN_MEDIA_SUPPORTED, 0 },
		{ OID_GEN_MEDIA_IN_USE, 0 },
		{ OID_GEN_MAXIMUM_LOOKAHEAD, 9000 },
		{ OID_GEN_MAXIMUM_FRAME_SIZE, 9000 },
		{ OID_GEN_LINK_SPEED, 400000000 },
		{ OID_GEN_TRANSMIT_BLOCK_SIZE, 9014 },
		{ OID_GEN_RECEIVE_BLOCK_SIZE, 9014 },
		{ OID_GEN_VENDOR_ID, 0xffffff },
		{ OID_GEN_CURRENT_PACKET_FILTER, 13 },
		{ OID_GEN_CURRENT_LOOKAHEAD, 9000 },
		{ OID_GEN_DRIVER_VERSION, 0x61e },
		{ OID_GEN_MAXIMUM_TOTAL_SIZE, 9014 },
		{ OID_GEN_MAC_OPTIONS, 0xd },
		{ OID_GEN_MEDIA_CONNECT_STATUS, 0 },
		{ OID_GEN_MAXIMUM_SEND_PACKETS, 8 },
		{ OID_GEN_VENDOR_DRIVER_VERSION, 0x61e },
		{ OID_GEN_XMIT_OK, 11 },
		{ OID_GEN_RCV_OK, 22 },
		{ OID_GEN_XMIT_ERROR, 3 },
		{ OID_GEN_RCV_ERROR, 9 },
		{ OID_GEN_RCV_NO_BUFFER, 5 },
		{ OID_802_3_MAXIMUM_LIST_SIZE, 32 },
	};

	fake_up(NVSP_VERSION_61);
	fake.counters[FABRIC_TX].packets = 11;
	fake.counters[FABRIC_TX].drops[FABRIC_DROP_POLICY] = 3;
	fake.counters[FABRIC_RX].packets = 22;
	fake.counters[FABRIC_RX].drops[FABRIC_DROP_NO_BUFFER] = 5;
	fake.counters[FABRIC_RX].drops[FABRIC_DROP_FILTER] = 4;
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		CU_ASSERT_EQUAL(fake_query(row[i].oid, NULL, 0, answer, &len), 0);
		CU_ASSERT_EQUAL(len, 4);
		CU_ASSERT_EQUAL(word(0), row[i].value);
	}
}

static void addresses_and_names(void)
{
	static const uint8_t groups[] = { 1, 0, 0x5e, 0, 0, 1, 0x33, 0x33, 0, 0, 0, 1 };
	uint8_t many[33 * 6] = { 1 };

	fake_up(NVSP_VERSION_61);
	CU_ASSERT_EQUAL(fake_query(OID_802_3_PERMANENT_ADDRESS, NULL, 0, answer, &len), 0);
	CU_ASSERT_EQUAL(len, 6);
	CU_ASSERT_EQUAL(memcmp(answer, fake.config.mac, 6), 0);
	CU_ASSERT_EQUAL(fake_query(OID_802_3_CURRENT_ADDRESS, NULL, 0, answer, &len), 0);
	CU_ASSERT_EQUAL(memcmp(answer, fake.config.mac, 6), 0);
	/* hv_netvsc reads it as a terminated string into 256 characters. */
	CU_ASSERT_EQUAL(fake_query(OID_GEN_FRIENDLY_NAME, NULL, 0, answer, &len), 0);
	CU_ASSERT_EQUAL(len, 32);
	CU_ASSERT_EQUAL(memcmp(answer, "N\0e\0t", 5), 0);
	CU_ASSERT(answer[30] == 0 && answer[31] == 0);
	CU_ASSERT_EQUAL(fake_query(OID_GEN_VENDOR_DESCRIPTION, NULL, 0, answer, &len), 0);
	CU_ASSERT_EQUAL(answer[len - 1], 0);
	CU_ASSERT_EQUAL(fake_set(OID_802_3_MULTICAST_LIST, groups, 12), 0);
	CU_ASSERT_EQUAL(fake_query(OID_802_3_MULTICAST_LIST, NULL, 0, answer, &len), 0);
	CU_ASSERT_EQUAL(len, 12);
	CU_ASSERT_EQUAL(memcmp(answer, groups, 12), 0);
	CU_ASSERT_EQUAL(fake_set(OID_802_3_MULTICAST_LIST, groups, 7), RNDIS_INVALID_LENGTH);
	CU_ASSERT_EQUAL(fake_set(OID_802_3_MULTICAST_LIST, many, sizeof(many)),
			RNDIS_INVALID_LENGTH);
	CU_ASSERT_EQUAL(fake_set(OID_802_3_MULTICAST_LIST, NULL, 0), 0);
	CU_ASSERT_EQUAL(fake_query(OID_802_3_MULTICAST_LIST, NULL, 0, answer, &len), 0);
	CU_ASSERT_EQUAL(len, 0);
}

/* Whatever the list names is really answered, to queries or to sets. */
static void the_supported_list_is_true(void)
{
	uint8_t list[256], info[64] = { 0 };
	size_t bytes;

	fake_up(NVSP_VERSION_61);
	CU_ASSERT_EQUAL(fake_query(OID_GEN_SUPPORTED_LIST, NULL, 0, list, &bytes), 0);
	CU_ASSERT(bytes >= 30 * 4);
	for (size_t i = 0; i < bytes / 4; i++) {
		uint32_t oid, got, put;

		memcpy(&oid, list + 4 * i, 4);
		got = fake_query(oid, NULL, 0, answer, &len);
		put = fake_set(oid, info, sizeof(info));
		CU_ASSERT(got != RNDIS_NOT_SUPPORTED || put != RNDIS_NOT_SUPPORTED ||
			  oid == OID_GEN_RNDIS_CONFIG_PARAMETER);
	}
}

static void unknown_oids_are_refused_aloud(void)
{
	static const uint32_t oids[] = { 0, 0x00010200, 0x00020217, 0xfc01020f, 0xffffffff };

	fake_up(NVSP_VERSION_61);
	for (size_t i = 0; i < sizeof(oids) / sizeof(oids[0]); i++) {
		CU_ASSERT_EQUAL(fake_query(oids[i], NULL, 0, answer, &len), RNDIS_NOT_SUPPORTED);
		CU_ASSERT_EQUAL(fake_set(oids[i], "x", 1), RNDIS_NOT_SUPPORTED);
	}
	CU_ASSERT_EQUAL(fake_set(OID_GEN_LINK_SPEED, "xxxx", 4), RNDIS_NOT_SUPPORTED);
	CU_ASSERT_EQUAL(fake_query(OID_TCP_OFFLOAD_PARAMETERS, NULL, 0, answer, &len),
			RNDIS_NOT_SUPPORTED);
}

/* rndis_filter.c rndis_query_hwcaps() and rndis_netdev_set_hwcaps(). */
static void offload_capabilities(void)
{
	static const struct {
		uint8_t revision;
		uint16_t size, got;
		uint8_t got_revision;
	} row[] = {
		{ 1, 112, 112, 1 }, { 2, 144, 144, 2 }, { 3, 156, 156, 3 },
		{ 200, 156, 156, 3 }, { 0, 0, 156, 3 }, /* no header: by the version */
	};

	fake_up(NVSP_VERSION_61);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct ndis_offload ask = { .header = { 0xa7, row[i].revision, row[i].size } };
		struct ndis_offload caps = { 0 };

		CU_ASSERT_EQUAL(fake_query(OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES,
					   row[i].size != 0 ? &ask : NULL, row[i].size, answer,
					   &len), 0);
		CU_ASSERT_EQUAL_FATAL(len, row[i].got);
		memcpy(&caps, answer, len);
		CU_ASSERT_EQUAL(caps.header.type, 0xa7);
		CU_ASSERT_EQUAL(caps.header.revision, row[i].got_revision);
		CU_ASSERT_EQUAL(caps.header.size, len);
		CU_ASSERT_EQUAL(caps.checksum[0].tx, 0x155);
		CU_ASSERT_EQUAL(caps.checksum[0].rx, 0x155);
		CU_ASSERT_EQUAL(caps.checksum[1].tx, 0x55);
		CU_ASSERT_EQUAL(caps.checksum[1].rx, 0x55);
		CU_ASSERT_EQUAL(caps.lsov2.ip4_encap & 2, 2);
		CU_ASSERT_EQUAL(caps.lsov2.ip6_encap & 2, 2);
		CU_ASSERT_EQUAL(caps.lsov2.ip6_options, 5);
		CU_ASSERT_EQUAL(caps.lsov2.ip4_max, 62768);
		CU_ASSERT_EQUAL(caps.lsov2.ip6_max, 62768);
		CU_ASSERT_EQUAL(caps.rsc4 + caps.rsc6, 0);
	}
	/* A header shorter than a header is no header. */
	CU_ASSERT_EQUAL(fake_query(OID_TCP_OFFLOAD_HARDWARE_CAPABILITIES, "\xa7\x01\x70", 3,
				   answer, &len), 0);
	CU_ASSERT_EQUAL(len, 156);
}

static void offload_parameters(void)
{
	uint8_t p[28] = { 0x80, 3, 28, 0, 1, 4, 4, 4, 4 };

	fake_up(NVSP_VERSION_61);
	CU_ASSERT_EQUAL(fake_set(OID_TCP_OFFLOAD_PARAMETERS, p, 28), 0);
	CU_ASSERT_EQUAL(fake_set(OID_TCP_OFFLOAD_PARAMETERS, p, 22), 0); /* version 4 */
	CU_ASSERT_EQUAL(fake_set(OID_TCP_OFFLOAD_PARAMETERS, p, 21), RNDIS_INVALID_LENGTH);
	p[5] = 5;
	CU_ASSERT_EQUAL(fake_set(OID_TCP_OFFLOAD_PARAMETERS, p, 28), RNDIS_INVALID_DATA);
}

static void rss_capabilities(void)
{
	struct ndis_rss_caps caps;

	fake_up(NVSP_VERSION_61);
	CU_ASSERT_EQUAL(fake_query(OID_GEN_RECEIVE_SCALE_CAPABILITIES, "\x88\x02\x12", 3, answer,
				   &len), 0);
	CU_ASSERT_EQUAL_FATAL(len, 18);
	memcpy(&caps, answer, sizeof(caps));
	CU_ASSERT_EQUAL(caps.header.type, 0x88);
	CU_ASSERT_EQUAL(caps.queues, 4);
	CU_ASSERT_EQUAL(caps.table_entries, 128);
}

static uint32_t set_mac(const char *name, const char *mac, uint32_t type)
{
	struct {
		struct rndis_config_parameter head;
		uint8_t text[28 + 24];
	} p = { .head = { 20, 28, type, 48, 24 } };

	for (size_t i = 0; i < 14 && name[i] != 0; i++)
		p.text[2 * i] = (uint8_t)name[i];
	for (size_t i = 0; i < 12 && mac[i] != 0; i++)
		p.text[28 + 2 * i] = (uint8_t)mac[i];
	return fake_set(OID_GEN_RNDIS_CONFIG_PARAMETER, &p, sizeof(p));
}

static void mac_address_is_set(void)
{
	static const struct {
		struct rndis_config_parameter head;
		uint32_t status;
	} lies[] = {
		{ { 20, 28, 2, 48, 24 }, RNDIS_SUCCESS },
		{ { 20, 28, 2, 49, 24 }, RNDIS_INVALID_LENGTH },
		{ { 20, 28, 2, UINT32_MAX, 24 }, RNDIS_INVALID_LENGTH },
		{ { 20, 28, 2, 48, UINT32_MAX }, RNDIS_INVALID_LENGTH },
		{ { 20, 28, 2, 48, 22 }, RNDIS_INVALID_DATA },
		{ { 45, 28, 2, 48, 24 }, RNDIS_INVALID_LENGTH },
		{ { UINT32_MAX, 28, 2, 48, 24 }, RNDIS_INVALID_LENGTH },
		{ { 20, UINT32_MAX, 2, 48, 24 }, RNDIS_INVALID_LENGTH },
		{ { 20, 26, 2, 48, 24 }, RNDIS_NOT_SUPPORTED },
	};
	uint8_t p[72] = { 0 };
	uint8_t frame[60] = { 0x02, 0xab, 0xcd, 0xef, 0x01, 0x23 };

	fake_up(NVSP_VERSION_61);
	CU_ASSERT_EQUAL(fake_deliver(frame, sizeof(frame)), FABRIC_DROP_FILTER);
	CU_ASSERT_EQUAL(set_mac("NetworkAddress", "02abCDef0123", 2), 0);
	CU_ASSERT_EQUAL(fake_deliver(frame, sizeof(frame)), FABRIC_DELIVERED);
	CU_ASSERT_EQUAL(fake_receive(0, answer, sizeof(answer), true), 44 + 60);
	CU_ASSERT_EQUAL(fake_query(OID_802_3_CURRENT_ADDRESS, NULL, 0, answer, &len), 0);
	CU_ASSERT_EQUAL(memcmp(answer, frame, 6), 0);
	CU_ASSERT_EQUAL(fake_query(OID_802_3_PERMANENT_ADDRESS, NULL, 0, answer, &len), 0);
	CU_ASSERT_EQUAL(memcmp(answer, fake.config.mac, 6), 0);
	CU_ASSERT_EQUAL(set_mac("NetworkAddress", "02abCDef012g", 2), RNDIS_INVALID_DATA);
	CU_ASSERT_EQUAL(set_mac("NetworkAddress", "03abCDef0123", 2), RNDIS_INVALID_DATA);
	CU_ASSERT_EQUAL(set_mac("NetworkAddress", "02abCDef0123", 0), RNDIS_INVALID_DATA);
	CU_ASSERT_EQUAL(set_mac("NetworkAddres_", "02abCDef0123", 2), RNDIS_NOT_SUPPORTED);
	for (size_t i = 0; i < 14; i++)
		p[20 + 2 * i] = (uint8_t)"NetworkAddress"[i];
	for (size_t i = 0; i < 12; i++)
		p[48 + 2 * i] = '2';
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		memcpy(p, &lies[i].head, sizeof(lies[i].head));
		CU_ASSERT_EQUAL(fake_set(OID_GEN_RNDIS_CONFIG_PARAMETER, p, sizeof(p)),
				lies[i].status);
	}
	CU_ASSERT_EQUAL(fake_set(OID_GEN_RNDIS_CONFIG_PARAMETER, p, 19), RNDIS_INVALID_LENGTH);
}

/* Lengths and offsets that point elsewhere: an error status, or an error completion. */
static void lying_control_messages(void)
{
	static const struct {
		uint32_t type, len, info_len, info_offset;
		size_t sent;
		uint32_t status; /* 0: the message is not answerable, its packet is refused */
	} row[] = {
		{ RNDIS_SET, 32, 4, 20, 32, RNDIS_SUCCESS },
		{ RNDIS_SET, 32, 4, 21, 32, RNDIS_INVALID_LENGTH },
		{ RNDIS_SET, 32, 5, 20, 32, RNDIS_INVALID_LENGTH },
		{ RNDIS_SET, 32, UINT32_MAX, 20, 32, RNDIS_INVALID_LENGTH },
		{ RNDIS_SET, 32, 4, UINT32_MAX, 32, RNDIS_INVALID_LENGTH },
		{ RNDIS_SET, 32, 3, 20, 32, RNDIS_INVALID_LENGTH },
		{ RNDIS_SET, 28, 0, UINT32_MAX, 32, RNDIS_INVALID_LENGTH },
		{ RNDIS_SET, 24, 0, 0, 32, RNDIS_INVALID_LENGTH },
		{ RNDIS_SET, 12, 0, 0, 12, RNDIS_INVALID_LENGTH },
		{ RNDIS_INIT, 12, 0, 0, 12, RNDIS_INVALID_LENGTH },
		{ 0x1234, 28, 0, 0, 28, RNDIS_NOT_SUPPORTED },
		{ RNDIS_PACKET, 28, 0, 0, 28, RNDIS_NOT_SUPPORTED },
		{ RNDIS_SET, 33, 4, 20, 32, 0 },
		{ RNDIS_SET, UINT32_MAX, 4, 20, 32, 0 },
		{ RNDIS_SET, 11, 4, 20, 32, 0 },
		{ RNDIS_SET, 0, 4, 20, 32, 0 },
		{ RNDIS_SET, 32, 4, 20, 8, 0 },
		{ RNDIS_SET, 32, 4, 20, 0, 0 },
	};

	fake_up(NVSP_VERSION_61);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct {
			struct rndis_oid_request head;
			uint32_t info;
		} m = { { { row[i].type, row[i].len }, 70, OID_GEN_CURRENT_PACKET_FILTER,
			  row[i].info_len, row[i].info_offset, 0 }, 13 };
		struct rndis_set_complete done = { 0 };

		if (i != 0 && row[i].status == 0) {
			CU_ASSERT_EQUAL(fake_control(&m, row[i].sent), NVSP_STATUS_FAIL);
			CU_ASSERT_EQUAL(fake_waiting(0), 0);
			continue;
		}
		CU_ASSERT_EQUAL(fake_control(&m, row[i].sent), NVSP_STATUS_SUCCESS);
		CU_ASSERT_EQUAL(fake_receive(0, (uint8_t *)&done, sizeof(done), true), 16);
		CU_ASSERT_EQUAL(done.header.type, row[i].type | RNDIS_COMPLETION);
		CU_ASSERT_EQUAL(done.id, 70);
		CU_ASSERT_EQUAL(done.status, row[i].status);
	}
}

static void reset_keepalive_halt(void)
{
	struct rndis_request m = { { RNDIS_KEEPALIVE, sizeof(m) }, 31 };
	struct rndis_set_complete done = { 0 };

	fake_up(NVSP_VERSION_61);
	CU_ASSERT_EQUAL(fake_control(&m, sizeof(m)), NVSP_STATUS_SUCCESS);
	CU_ASSERT_EQUAL(fake_receive(0, (uint8_t *)&done, sizeof(done), true), 16);
	CU_ASSERT_EQUAL(done.header.type, RNDIS_KEEPALIVE | RNDIS_COMPLETION);
	CU_ASSERT_EQUAL(done.id, 31);
	m.header.type = RNDIS_RESET;
	CU_ASSERT_EQUAL(fake_control(&m, sizeof(m)), NVSP_STATUS_SUCCESS);
	CU_ASSERT_EQUAL(fake_receive(0, (uint8_t *)&done, sizeof(done), true), 16);
	CU_ASSERT_EQUAL(done.header.type, RNDIS_RESET | RNDIS_COMPLETION);
	CU_ASSERT_EQUAL(done.id, RNDIS_SUCCESS); /* the status stands there */
	m.header.type = RNDIS_HALT;
	CU_ASSERT_EQUAL(fake_control(&m, sizeof(m)), NVSP_STATUS_SUCCESS);
	CU_ASSERT_EQUAL(fake_waiting(0), 0); /* its completion is all */
	CU_ASSERT_FALSE(netvsp_is_up(fake.nic));
}

static void link_is_indicated(void)
{
	struct rndis_indicate m;

	fake_up(NVSP_VERSION_61);
	netvsp_set_link(fake.nic, true); /* no news */
	CU_ASSERT_EQUAL(fake_waiting(0), 0);
	netvsp_set_link(fake.nic, false);
	CU_ASSERT_EQUAL(fake_receive(0, (uint8_t *)&m, sizeof(m), true), 20);
	CU_ASSERT_EQUAL(m.header.type, RNDIS_INDICATE);
	CU_ASSERT_EQUAL(m.header.len, 20);
	CU_ASSERT_EQUAL(m.status, RNDIS_MEDIA_DISCONNECT);
	CU_ASSERT_EQUAL(fake_query(OID_GEN_MEDIA_CONNECT_STATUS, NULL, 0, answer, &len), 0);
	CU_ASSERT_EQUAL(word(0), 1);
	netvsp_set_link(fake.nic, true);
	CU_ASSERT_EQUAL(fake_receive(0, (uint8_t *)&m, sizeof(m), true), 20);
	CU_ASSERT_EQUAL(m.status, RNDIS_MEDIA_CONNECT);
	/* netvsc_linkstatus_callback(): offset from the status on, in 100 bit/s. */
	CU_ASSERT_EQUAL(fake_receive(0, answer, sizeof(answer), true), 24);
	CU_ASSERT_EQUAL(word(8), RNDIS_LINK_SPEED_CHANGE);
	CU_ASSERT_EQUAL(word(12), 4);
	CU_ASSERT_EQUAL(word(16), 12);
	CU_ASSERT_EQUAL(word(20), 400000000);
}

static CU_TestInfo tests[] = {
	{ "initialize", initialize },
	{ "every number", numbers },
	{ "addresses and names", addresses_and_names },
	{ "the supported list is true", the_supported_list_is_true },
	{ "unknown OIDs are refused aloud", unknown_oids_are_refused_aloud },
	{ "offload capabilities", offload_capabilities },
	{ "offload parameters", offload_parameters },
	{ "RSS capabilities", rss_capabilities },
	{ "the MAC address is set", mac_address_is_set },
	{ "lying control messages", lying_control_messages },
	{ "reset, keepalive, halt", reset_keepalive_halt },
	{ "the link is indicated", link_is_indicated },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("netvsp/control", setup, fake_stop, tests);
