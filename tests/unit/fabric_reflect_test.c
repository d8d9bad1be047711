// SPDX-License-Identifier: BSD-3-Clause
#include "../../tools/lab/fabric/frame.h"
#include "fabric_fixture.h"

static const uint8_t peer_mac[6] = { 2, 0x77, 0, 0, 0, 1 };
static struct guest_path *const me = &guest[0][FABRIC_SYNTHETIC];

static void setup(void)
{
	fixture_up();
	CU_ASSERT_EQUAL(fabric_peer_reflect(fabric), 0);
}

/* Swaps what the peer must have swapped, back in a copy: it must be the frame that was sent. */
static void expect_same(size_t l3, int version, size_t len)
{
	static const struct { size_t src, dst, size; } address[] = {
		[4] = { IPV4_SRC, IPV4_DST, 4 }, [6] = { IPV6_SRC, IPV6_DST, 16 },
	};
	static uint8_t back[FABRIC_FRAME_MAX];
	const uint8_t *got = me->last;
	size_t l4 = l3 + (version == 4 ? IPV4_HEADER : IPV6_HEADER), n = address[version].size;

	memcpy(back, got, len);
	memcpy(back, got + 6, 6);
	memcpy(back + 6, got, 6);
	memcpy(back + l3 + address[version].src, got + l3 + address[version].dst, n);
	memcpy(back + l3 + address[version].dst, got + l3 + address[version].src, n);
	memcpy(back + l4, got + l4 + 2, 2);
	memcpy(back + l4 + 2, got + l4, 2);
	CU_ASSERT_EQUAL(memcmp(back, frame, len), 0);
}

static void swaps_and_changes_nothing_else(void)
{
	static const struct { int version, protocol, vlan; size_t payload; bool broken; } row[] = {
		{ 4, PROTO_UDP, 0, 0, false },      { 4, PROTO_UDP, 0, 8972, false },
		{ 4, PROTO_TCP, 0, 100, false },    { 4, PROTO_TCP, 0x2064, 1000, false },
		{ 6, PROTO_UDP, 0, 1, false },      { 6, PROTO_TCP, 100, 500, false },
		{ 4, PROTO_UDP, 0, 33, true },      { 6, PROTO_TCP, 0, 33, true },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct frame_spec spec = { .version = row[i].version, .protocol = row[i].protocol,
					   .vlan = row[i].vlan, .payload = row[i].payload,
					   .sport = 1234, .dport = 80, .src = { 10, 1, 2, 3 },
					   .dst = { 10, 9, 8, 7 }, .dst_mac = peer_mac,
					   .src_mac = nic_mac[0] };
		size_t len = frames_build(frame, &spec);

		if (row[i].broken)
			frame[len - 1] ^= 0x55; /* its checksum is wrong, and stays so */
		me->frames = 0;
		fabric_send(nic[0], FABRIC_VF, frame, len);
		CU_ASSERT_EQUAL_FATAL(me->frames, 1);
		CU_ASSERT_EQUAL(me->len, len);
		expect_same(ETHER_HEADER + (row[i].vlan ? 4 : 0), row[i].version, len);
	}
}

static void fragments_keep_their_bytes(void)
{
	struct frame_spec spec = { .version = 4, .protocol = PROTO_UDP, .payload = 64, .sport = 1,
				   .dport = 2, .src = { 10, 1, 2, 3 }, .dst = { 10, 9, 8, 7 },
				   .dst_mac = peer_mac, .src_mac = nic_mac[0] };
	size_t len = frames_build(frame, &spec);

	wire_put16(frame + ETHER_HEADER + IPV4_FRAGMENT, 185); /* no ports in it, only data */
	fabric_send(nic[0], FABRIC_VF, frame, len);
	CU_ASSERT_EQUAL_FATAL(me->frames, 1);
	CU_ASSERT_EQUAL(memcmp(me->last + 34, frame + 34, len - 34), 0);
	CU_ASSERT_EQUAL(memcmp(me->last + 26, frame + 30, 4), 0);
}

static void what_is_nobodys_or_no_ip_stays(void)
{
	static const uint8_t broadcast[6] = { 255, 255, 255, 255, 255, 255 };
	struct frame_spec spec = { .version = 4, .protocol = PROTO_UDP, .payload = 64,
				   .dst_mac = broadcast, .src_mac = nic_mac[0] };
	size_t len = frames_build(frame, &spec);

	fabric_send(nic[0], FABRIC_VF, frame, len);
	memcpy(frame, peer_mac, 6);
	wire_put16(frame + ETHER_TYPE, ETHER_TYPE_ARP);
	fabric_send(nic[0], FABRIC_VF, frame, len);
	CU_ASSERT_EQUAL(me->frames, 0);
}

static CU_TestInfo tests[] = {
	{ "swaps, and changes nothing else", swaps_and_changes_nothing_else },
	{ "fragments keep their bytes", fragments_keep_their_bytes },
	{ "what is nobody's, or no IP, stays", what_is_nobodys_or_no_ip_stays },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("fabric/reflect", setup, fixture_down, tests);
