// SPDX-License-Identifier: BSD-3-Clause
/* Fabric to guest: filter, sections, what the header tells, spreading over channels. */
#include "netvsp_guest.h"

#include <string.h>

#define RSS_SIZE (40 + 128 * 4 + 40)

static uint8_t frame[10000], message[10000];

static void setup(void)
{
	fake_start(NVSP_VERSION_61, 4);
	fake_up(NVSP_VERSION_61);
}

struct received {
	struct rndis_packet packet;
	const uint8_t *data;
	bool has_checksum, has_vlan, has_hash;
	uint32_t checksum, vlan, hash;
};

/* As rndis_filter_receive_data() checks and takes it apart. */
static struct received receive(unsigned int channel)
{
	size_t len = fake_receive(channel, message, sizeof(message), true);
	struct received r = { 0 };
	uint32_t at, end;

	CU_ASSERT_FATAL(len >= sizeof(r.packet));
	memcpy(&r.packet, message, sizeof(r.packet));
	CU_ASSERT_EQUAL(r.packet.header.type, RNDIS_PACKET);
	CU_ASSERT_EQUAL(r.packet.header.len, len);
	CU_ASSERT_EQUAL_FATAL(8 + r.packet.data_offset + r.packet.data_len, len);
	r.data = message + 8 + r.packet.data_offset;
	at = 8 + r.packet.ppi_offset;
	end = at + r.packet.ppi_len;
	if (r.packet.ppi_offset == 0)
		CU_ASSERT_EQUAL(r.packet.ppi_len, 0);
	while (r.packet.ppi_offset != 0 && at < end) {
		struct rndis_ppi ppi;
		uint32_t value;

		CU_ASSERT_FATAL(end - at >= 16);
		memcpy(&ppi, message + at, sizeof(ppi));
		CU_ASSERT_EQUAL(ppi.size, 16);
		memcpy(&value, message + at + ppi.offset, 4);
		if (ppi.type == NDIS_PPI_CHECKSUM) {
			r.has_checksum = true;
			r.checksum = value;
		} else if (ppi.type == NDIS_PPI_VLAN) {
			r.has_vlan = true;
			r.vlan = value;
		} else {
			CU_ASSERT_EQUAL(ppi.type, NDIS_PPI_HASH);
			r.has_hash = true;
			r.hash = value;
		}
		at += ppi.size;
	}
	return r;
}

static void a_frame_arrives(void)
{
	size_t len = fake_build(frame, &(struct fake_flow){ .payload = 1460 });
	struct received r;

	CU_ASSERT_EQUAL(fake_deliver(frame, len), FABRIC_DELIVERED);
	r = receive(0);
	CU_ASSERT_EQUAL(r.packet.data_len, len);
	CU_ASSERT_EQUAL(memcmp(r.data, frame, len), 0);
	CU_ASSERT_FALSE(r.has_vlan);
	CU_ASSERT_FALSE(r.has_hash);
}

static void the_filter_is_honoured(void)
{
	enum { NO = FABRIC_DROP_FILTER, YES = FABRIC_DELIVERED, DOWN = FABRIC_DROP_PATH_DOWN };
	static const struct {
		uint32_t filter;
		int mine, other, listed, group, broadcast;
	} row[] = {
		{ 0x00, DOWN, DOWN, DOWN, DOWN, DOWN },
		{ 0x01, YES, NO, NO, NO, NO },
		{ 0x02, NO, NO, YES, NO, NO },
		{ 0x04, NO, NO, YES, YES, NO },
		{ 0x08, NO, NO, NO, NO, YES },
		{ 0x0d, YES, NO, YES, YES, YES },
		{ 0x20, YES, YES, YES, YES, YES },
		{ 0x40, NO, NO, NO, NO, NO },
	};
	static const uint8_t dst[5][6] = {
		{ 0x00, 0x15, 0x5d, 0x01, 0x02, 0x03 }, { 0x00, 0x15, 0x5d, 0x01, 0x02, 0x04 },
		{ 0x01, 0x00, 0x5e, 0, 0, 1 }, { 0x01, 0x00, 0x5e, 0, 0, 2 },
		{ 0xff, 0xff, 0xff, 0xff, 0xff, 0xff },
	};

	CU_ASSERT_EQUAL(fake_set(OID_802_3_MULTICAST_LIST, dst[2], 6), 0);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const int expected[5] = { row[i].mine, row[i].other, row[i].listed, row[i].group,
					  row[i].broadcast };

		CU_ASSERT_EQUAL(fake_set(OID_GEN_CURRENT_PACKET_FILTER, &row[i].filter, 4), 0);
		CU_ASSERT_EQUAL(netvsp_is_up(fake.nic), row[i].filter != 0);
		for (int d = 0; d < 5; d++) {
			memset(frame, 0, 60);
			memcpy(frame, dst[d], 6);
			CU_ASSERT_EQUAL((int)fake_deliver(frame, 60), expected[d]);
			if (expected[d] == YES)
				CU_ASSERT_EQUAL(receive(0).packet.data_len, 60);
		}
	}
}

static void sizes(void)
{
	memcpy(frame, fake.config.mac, 6);
	memset(frame + 6, 0, sizeof(frame) - 6);
	CU_ASSERT_EQUAL(fake_deliver(frame, 0), FABRIC_DROP_MALFORMED);
	CU_ASSERT_EQUAL(fake_deliver(frame, 13), FABRIC_DROP_MALFORMED);
	CU_ASSERT_EQUAL(fake_deliver(frame, 14), FABRIC_DELIVERED);
	CU_ASSERT_EQUAL(receive(0).packet.data_len, 14);
	CU_ASSERT_EQUAL(fake_deliver(frame, 1514), FABRIC_DELIVERED);
	CU_ASSERT_EQUAL(receive(0).packet.data_len, 1514);
	CU_ASSERT_EQUAL(fake_deliver(frame, 1515), FABRIC_DROP_TOO_BIG);
	memcpy(frame + 12, "\x81\x00\x60\x05", 4); /* a tag is not counted */
	CU_ASSERT_EQUAL(fake_deliver(frame, 1518), FABRIC_DELIVERED);
	CU_ASSERT_EQUAL(receive(0).packet.data_len, 1514);
	CU_ASSERT_EQUAL(fake_deliver(frame, 1519), FABRIC_DROP_TOO_BIG);
	/* A guest that raises its MTU behind its sections gets no more than they hold. */
	fake_ndis_config(9000, 0);
	CU_ASSERT_EQUAL(fake_deliver(frame, 9000), FABRIC_DROP_TOO_BIG);
}

static void checksums_are_verified(void)
{
	for (unsigned int i = 0; i < 16; i++) {
		bool v6 = i & 1, udp = i & 2, bad = i & 4, vlan = i & 8;
		struct fake_flow flow = { v6, udp, vlan, 1, 2, 99 };
		size_t len = fake_build(frame, &flow);
		uint32_t good_l4 = udp ? NDIS_RX_UDP_GOOD : NDIS_RX_TCP_GOOD;
		uint32_t bad_l4 = udp ? NDIS_RX_UDP_FAILED : NDIS_RX_TCP_FAILED;
		struct received r;

		if (bad)
			frame[len - 1] ^= 1;
		CU_ASSERT_EQUAL(fake_deliver(frame, len), FABRIC_DELIVERED);
		r = receive(0);
		CU_ASSERT_TRUE(r.has_checksum);
		CU_ASSERT_EQUAL(r.checksum, (bad ? bad_l4 : good_l4) | (v6 ? 0 : NDIS_RX_IP_GOOD));
		CU_ASSERT_EQUAL(r.has_vlan, vlan);
		if (vlan) {
			CU_ASSERT_EQUAL(r.vlan, 3 | 5 << 4);
			CU_ASSERT_EQUAL(r.packet.data_len, len - 4);
			CU_ASSERT_EQUAL(memcmp(r.data, frame, 12), 0);
			CU_ASSERT_EQUAL(memcmp(r.data + 12, frame + 16, len - 16), 0);
		}
	}
}

/* An IPv4 datagram too short for the TCP header it announces. */
static void short_tcp(void)
{
	struct frame_info info;

	fake_build(frame, &(struct fake_flow){ .payload = 99 });
	frame[17] = 30;
	frame_parse(frame, 60, &info);
	frame_fill_l3(frame, &info);
}

static void only_wanted_verdicts(void)
{
	uint8_t on[22] = { 0x80, 3, 22, 0, 4, 4, 4, 4, 4 };
	uint8_t off[22] = { 0x80, 3, 22, 0, 1, 2, 1, 3, 0 }; /* TCP over IPv6 yes, UDP as before */
	static const struct {
		bool v6, udp;
		uint32_t value;
	} row[] = { { false, false, 0 }, { false, true, 0 }, { true, false, NDIS_RX_TCP_GOOD },
		    { true, true, NDIS_RX_UDP_GOOD } };

	CU_ASSERT_EQUAL(fake_set(OID_TCP_OFFLOAD_PARAMETERS, off, sizeof(off)), 0);
	for (size_t i = 0; i < 4; i++) {
		struct fake_flow flow = { row[i].v6, row[i].udp, false, 1, 2, 99 };
		size_t len = fake_build(frame, &flow);
		struct received r;

		CU_ASSERT_EQUAL(fake_deliver(frame, len), FABRIC_DELIVERED);
		r = receive(0);
		CU_ASSERT_EQUAL(r.has_checksum, row[i].value != 0);
		CU_ASSERT_EQUAL(r.checksum, row[i].value);
	}
	/* Headers that are cut short get no verdict at all. */
	fake_build(frame, &(struct fake_flow){ .v6 = true, .payload = 99 });
	CU_ASSERT_EQUAL(fake_deliver(frame, 60), FABRIC_DELIVERED);
	CU_ASSERT_FALSE(receive(0).has_checksum);
	short_tcp();
	CU_ASSERT_EQUAL(fake_set(OID_TCP_OFFLOAD_PARAMETERS, on, sizeof(on)), 0);
	CU_ASSERT_EQUAL(fake_deliver(frame, 60), FABRIC_DELIVERED);
	CU_ASSERT_FALSE(receive(0).has_checksum);
}

static void sections_run_out_and_come_back(void)
{
	unsigned int sections = FAKE_RECV_SIZE / 1728, placed = 0;
	size_t len = fake_build(frame, &(struct fake_flow){ .payload = 10 });
	struct nvsp_transfer_page page;
	uint64_t transaction[64];
	bool used[64] = { false };
	const struct fake_packet *p;

	while (fake_deliver(frame, len) == FABRIC_DELIVERED)
		placed++;
	CU_ASSERT_EQUAL(placed, sections - 2); /* two are kept for control */
	CU_ASSERT_EQUAL(fake_deliver(frame, len), FABRIC_DROP_NO_BUFFER);
	for (unsigned int i = 0; i < placed; i++) {
		p = fake_get(0);
		memcpy(&page, p->extension, sizeof(page));
		CU_ASSERT_EQUAL(page.offset % 1728, 0);
		CU_ASSERT_FALSE(used[page.offset / 1728]); /* no two at once */
		used[page.offset / 1728] = true;
		transaction[i] = p->transaction;
	}
	/* Control still gets through. */
	netvsp_set_link(fake.nic, false);
	CU_ASSERT_EQUAL(fake_receive(0, message, sizeof(message), true), 20);
	/* One back, one frame; given back twice is given back once. */
	fake_put(0, VMBUS_PACKET_COMPLETION, 0, transaction[7], NULL, 0, NULL, 0);
	fake_put(0, VMBUS_PACKET_COMPLETION, 0, transaction[7], NULL, 0, NULL, 0);
	fake_put(0, VMBUS_PACKET_COMPLETION, 0, transaction[7] | 0xffff0000, NULL, 0, NULL, 0);
	CU_ASSERT_EQUAL(fake_deliver(frame, len), FABRIC_DELIVERED);
	CU_ASSERT_EQUAL(fake_deliver(frame, len), FABRIC_DROP_NO_BUFFER);
	CU_ASSERT_EQUAL(fake_get(0)->transaction, transaction[7]);
	for (unsigned int i = 0; i < placed; i++)
		fake_put(0, VMBUS_PACKET_COMPLETION, 0, transaction[i], NULL, 0, NULL, 0);
	for (unsigned int i = 0; i < 3 * sections; i++) {
		CU_ASSERT_EQUAL(fake_deliver(frame, len), FABRIC_DELIVERED);
		CU_ASSERT_EQUAL(receive(0).packet.data_len, len);
	}
}

/* Completions of a revoked buffer's sections do not free what the next has not lent. */
static void late_completions_miss(void)
{
	size_t len = fake_build(frame, &(struct fake_flow){ .payload = 10 });
	struct nvsp_message m = { .type = NVSP_REVOKE_RECV_BUF };
	uint64_t old;

	CU_ASSERT_EQUAL(fake_deliver(frame, len), FABRIC_DELIVERED);
	old = fake_get(0)->transaction;
	m.revoke.id = FAKE_RECV_ID;
	fake_put(0, VMBUS_PACKET_INBAND, 0, 0, NULL, 0, &m, sizeof(m));
	CU_ASSERT_EQUAL(fake_deliver(frame, len), FABRIC_DROP_PATH_DOWN);
	fake_put(0, VMBUS_PACKET_COMPLETION, 0, old, NULL, 0, NULL, 0);
	fake_recv_buf();
	fake_put(0, VMBUS_PACKET_COMPLETION, 0, old, NULL, 0, NULL, 0);
	for (unsigned int i = 0; i < FAKE_RECV_SIZE / 1728 - 2; i++)
		CU_ASSERT_EQUAL(fake_deliver(frame, len), FABRIC_DELIVERED);
	CU_ASSERT_EQUAL(fake_deliver(frame, len), FABRIC_DROP_NO_BUFFER);
}

static void no_room_and_no_gpadl(void)
{
	size_t len = fake_build(frame, &(struct fake_flow){ .payload = 10 });

	fake.room = 0;
	CU_ASSERT_EQUAL(fake_deliver(frame, len), FABRIC_DROP_NO_BUFFER);
	fake.reserve = 2; /* the last of the ring is for completions and control */
	fake.room = 2;
	CU_ASSERT_EQUAL(fake_deliver(frame, len), FABRIC_DROP_NO_BUFFER);
	CU_ASSERT_EQUAL(fake.room, 2);
	fake.room = 100;
	fake.recv_torn_down = true;
	CU_ASSERT_EQUAL(fake_deliver(frame, len), FABRIC_DROP_NO_BUFFER);
	netvsp_set_link(fake.nic, false); /* nowhere to put it: gone, not stuck */
	fake_calm();
	CU_ASSERT_EQUAL(netvsp_deadline(fake.nic), UINT64_MAX);
	fake.recv_torn_down = false;
	CU_ASSERT_EQUAL(fake_deliver(frame, len), FABRIC_DELIVERED);
}

static void jumbo_frames_fit(void)
{
	size_t len;

	fake_close(0);
	fake_open(0);
	CU_ASSERT_TRUE(fake_init(NVSP_VERSION_61));
	fake_ndis_config(9000, 0);
	fake_recv_buf();
	fake_send_buf();
	fake_control(&(struct rndis_init){ { RNDIS_INIT, 24 }, 7, 1, 0, 0 }, 24);
	fake_receive(0, message, sizeof(message), true);
	CU_ASSERT_EQUAL(fake_set(OID_GEN_CURRENT_PACKET_FILTER, &(uint32_t){ 13 }, 4), 0);
	len = fake_build(frame, &(struct fake_flow){ .vlan = true, .payload = 9000 - 40 });
	CU_ASSERT_EQUAL(len, 9018);
	CU_ASSERT_EQUAL(fake_deliver(frame, len), FABRIC_DELIVERED);
	CU_ASSERT_EQUAL(receive(0).packet.data_len, 9014);
}

/* ----------------------------------------------------------------------------------- RSS -- */

/* The key of Microsoft's verification suite; entry i of the table names channel i % channels. */
static uint8_t *rss_parameters(uint8_t *p, uint16_t flags, uint32_t channels)
{
	static const uint8_t key[40] = {
		0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
		0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
		0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
	};
	struct ndis_rss_params head = {
		.header = { NDIS_OBJECT_RSS_PARAMETERS, 2, sizeof(head) },
		.flags = flags,
		.table_size = 128 * 4,
		.table_offset = sizeof(head),
		.key_size = 40,
		.key_offset = sizeof(head) + 128 * 4,
	};

	memcpy(p, &head, sizeof(head));
	for (uint32_t i = 0; i < 128; i++)
		memcpy(p + sizeof(head) + 4 * i, &(uint32_t){ i % channels }, 4);
	memcpy(p + head.key_offset, key, sizeof(key));
	return p;
}

static unsigned int channel_of(const struct fake_flow *flow, struct received *r)
{
	size_t len = fake_build(frame, flow);

	CU_ASSERT_EQUAL(fake_deliver(frame, len), FABRIC_DELIVERED);
	for (unsigned int i = 0; i < 4; i++)
		if (fake_channel(i) != NULL && fake_waiting(i) != 0) {
			*r = receive(i);
			return i;
		}
	CU_FAIL("the frame went nowhere");
	return 0;
}

static void flows_are_spread(void)
{
	unsigned int hits[4] = { 0 };
	uint8_t p[RSS_SIZE];
	struct received r, again;

	fake_subchannels(3);
	fake_get(0); /* the send table */
	CU_ASSERT_EQUAL(fake_set(OID_GEN_RECEIVE_SCALE_PARAMETERS,
				 rss_parameters(p, NDIS_RSS_DISABLE, 4), RSS_SIZE), 0);
	CU_ASSERT_EQUAL(channel_of(&(struct fake_flow){ .port = 7 }, &r), 0);
	CU_ASSERT_FALSE(r.has_hash);
	CU_ASSERT_EQUAL(fake_set(OID_GEN_RECEIVE_SCALE_PARAMETERS, rss_parameters(p, 0, 4),
				 RSS_SIZE), 0);
	for (unsigned int i = 0; i < 256; i++) {
		struct fake_flow flow = { .v6 = i & 1, .udp = i & 2, .vlan = i & 4,
					  .host = (uint8_t)i, .port = (uint16_t)(1000 + i) };
		unsigned int c = channel_of(&flow, &r);

		hits[c]++;
		CU_ASSERT_TRUE(r.has_hash);
		CU_ASSERT_EQUAL(c, r.hash % 128 % 4);
		CU_ASSERT_EQUAL(channel_of(&flow, &again), c); /* a flow stays */
		CU_ASSERT_EQUAL(again.hash, r.hash);
	}
	for (unsigned int i = 0; i < 4; i++)
		CU_ASSERT(hits[i] > 32);
	/* A closed channel's flows fall back to the primary. */
	fake_close(3);
	for (unsigned int i = 0; i < 64; i++)
		CU_ASSERT_NOT_EQUAL(channel_of(&(struct fake_flow){ .port = (uint16_t)i }, &r), 3);
}

static void ports_count_and_fragments_have_none(void)
{
	uint8_t p[RSS_SIZE];
	struct received a, b;
	size_t len;

	fake_set(OID_GEN_RECEIVE_SCALE_PARAMETERS, rss_parameters(p, 0, 1), RSS_SIZE);
	channel_of(&(struct fake_flow){ .udp = true, .port = 1 }, &a);
	channel_of(&(struct fake_flow){ .udp = true, .port = 2 }, &b);
	CU_ASSERT_NOT_EQUAL(a.hash, b.hash);
	for (int i = 0; i < 2; i++) {
		len = fake_build(frame, &(struct fake_flow){ .udp = true, .port = 1 + i,
							      .payload = 80 });
		frame[20] = 0x20; /* more fragments */
		CU_ASSERT_EQUAL(fake_deliver(frame, len), FABRIC_DELIVERED);
		b = receive(0);
		CU_ASSERT_TRUE(b.has_hash);
		if (i == 0)
			a = b;
	}
	CU_ASSERT_EQUAL(a.hash, b.hash);
	memset(frame, 0, 60);
	memset(frame, 0xff, 6);
	CU_ASSERT_EQUAL(fake_deliver(frame, 60), FABRIC_DELIVERED); /* not IP */
	CU_ASSERT_FALSE(receive(0).has_hash);
	short_tcp();
	CU_ASSERT_EQUAL(fake_deliver(frame, 60), FABRIC_DELIVERED);
	CU_ASSERT_FALSE(receive(0).has_hash);
}

static void rss_parameters_are_checked(void)
{
	static const struct {
		size_t at, size; /* of the field changed */
		uint32_t value;
		size_t len;
		uint32_t status;
	} row[] = {
		{ 0, 1, NDIS_OBJECT_RSS_PARAMETERS, RSS_SIZE, RNDIS_SUCCESS },
		{ 0, 1, 0x88, RSS_SIZE, RNDIS_INVALID_DATA },
		{ 12, 2, 0, RSS_SIZE, RNDIS_INVALID_LENGTH },	/* no table */
		{ 12, 2, 3, RSS_SIZE, RNDIS_INVALID_LENGTH },
		{ 12, 2, 516, RSS_SIZE, RNDIS_INVALID_LENGTH }, /* 129 entries */
		{ 12, 2, 0xfffc, RSS_SIZE, RNDIS_INVALID_LENGTH },
		{ 16, 4, RSS_SIZE - 500, RSS_SIZE, RNDIS_INVALID_LENGTH },
		{ 16, 4, UINT32_MAX, RSS_SIZE, RNDIS_INVALID_LENGTH },
		{ 20, 2, 39, RSS_SIZE, RNDIS_INVALID_LENGTH },
		{ 20, 2, 41, RSS_SIZE, RNDIS_INVALID_LENGTH },
		{ 24, 4, RSS_SIZE - 39, RSS_SIZE, RNDIS_INVALID_LENGTH },
		{ 24, 4, UINT32_MAX, RSS_SIZE, RNDIS_INVALID_LENGTH },
		{ 44, 4, 4, RSS_SIZE, RNDIS_INVALID_DATA }, /* channels are 0 to 3 */
		{ 44, 4, UINT32_MAX, RSS_SIZE, RNDIS_INVALID_DATA },
		{ 0, 1, NDIS_OBJECT_RSS_PARAMETERS, RSS_SIZE - 1, RNDIS_INVALID_LENGTH },
		{ 0, 1, NDIS_OBJECT_RSS_PARAMETERS, 39, RNDIS_INVALID_LENGTH },
		{ 0, 1, NDIS_OBJECT_RSS_PARAMETERS, 0, RNDIS_INVALID_LENGTH },
		{ 6, 2, 0, RSS_SIZE, RNDIS_SUCCESS },
	};
	uint8_t p[RSS_SIZE];

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		rss_parameters(p, 0, 4);
		memcpy(p + row[i].at, &row[i].value, row[i].size);
		CU_ASSERT_EQUAL(fake_set(OID_GEN_RECEIVE_SCALE_PARAMETERS, p,
					 (uint32_t)row[i].len), row[i].status);
	}
}

static void unchanged_parts_stay(void)
{
	const uint16_t keep = NDIS_RSS_TABLE_UNCHANGED | NDIS_RSS_KEY_UNCHANGED;
	uint8_t p[RSS_SIZE];
	struct received a, b;

	rss_parameters(p, keep, 4);
	CU_ASSERT_EQUAL(fake_set(OID_GEN_RECEIVE_SCALE_PARAMETERS, p, 40), RNDIS_INVALID_DATA);
	rss_parameters(p, 0, 4);
	CU_ASSERT_EQUAL(fake_set(OID_GEN_RECEIVE_SCALE_PARAMETERS, p, RSS_SIZE), 0);
	channel_of(&(struct fake_flow){ .port = 7 }, &a);
	rss_parameters(p, keep, 4);
	CU_ASSERT_EQUAL(fake_set(OID_GEN_RECEIVE_SCALE_PARAMETERS, p, 40), 0);
	channel_of(&(struct fake_flow){ .port = 7 }, &b);
	CU_ASSERT_EQUAL(a.hash, b.hash);
}

static CU_TestInfo tests[] = {
	{ "a frame arrives", a_frame_arrives },
	{ "the filter is honoured", the_filter_is_honoured },
	{ "sizes", sizes },
	{ "checksums are verified", checksums_are_verified },
	{ "only wanted verdicts", only_wanted_verdicts },
	{ "sections run out and come back", sections_run_out_and_come_back },
	{ "late completions miss", late_completions_miss },
	{ "no room and no GPADL", no_room_and_no_gpadl },
	{ "jumbo frames fit", jumbo_frames_fit },
	{ "flows are spread", flows_are_spread },
	{ "ports count and fragments have none", ports_count_and_fragments_have_none },
	{ "RSS parameters are checked", rss_parameters_are_checked },
	{ "unchanged parts stay", unchanged_parts_stay },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("netvsp/rx", setup, fake_stop, tests);
