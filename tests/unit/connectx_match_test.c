// SPDX-License-Identifier: BSD-3-Clause
#include "../../tools/lab/connectx/match.h"
#include "connectx_world.h"

static uint8_t frame[FRAMES_MAX], value[CX_MATCH_SIZE];

/* Field notation of docs/protocol.md 7.6, match parameters. */
#define SMAC_HIGH CX_DWORD(0x00)
#define SMAC_LOW CX_FIELD(0x04, 31, 16)
#define ETHERTYPE CX_FIELD(0x04, 15, 0)
#define DMAC_HIGH CX_DWORD(0x08)
#define DMAC_LOW CX_FIELD(0x0c, 31, 16)
#define FIRST_PRIO CX_FIELD(0x0c, 15, 13)
#define FIRST_CFI CX_BIT(0x0c, 12)
#define FIRST_VID CX_FIELD(0x0c, 11, 0)
#define IP_PROTOCOL CX_FIELD(0x10, 31, 24)
#define IP_DSCP CX_FIELD(0x10, 23, 18)
#define IP_ECN CX_FIELD(0x10, 17, 16)
#define CVLAN CX_BIT(0x10, 15)
#define SVLAN CX_BIT(0x10, 14)
#define FRAG CX_BIT(0x10, 13)
#define IP_VERSION CX_FIELD(0x10, 12, 9)
#define TCP_FLAG_BITS CX_FIELD(0x10, 8, 0)
#define TCP_SPORT CX_FIELD(0x14, 31, 16)
#define TCP_DPORT CX_FIELD(0x14, 15, 0)
#define IHL CX_FIELD(0x18, 15, 12)
#define TTL CX_FIELD(0x18, 7, 0)
#define UDP_SPORT CX_FIELD(0x1c, 31, 16)
#define UDP_DPORT CX_FIELD(0x1c, 15, 0)
#define SRC_IP_LAST CX_DWORD(0x2c)
#define DST_IP_FIRST CX_DWORD(0x30)
#define DST_IP_LAST CX_DWORD(0x3c)
#define SECOND_PRIO CX_FIELD(0x48, 31, 29)
#define SECOND_VID CX_FIELD(0x48, 27, 16)
#define SECOND_CVLAN CX_BIT(0x4c, 31)
#define SECOND_SVLAN CX_BIT(0x4c, 29)
#define FLOW_LABEL CX_FIELD(0x5c, 19, 0)

struct expectation {
	struct cx_field field;
	uint32_t value;
};

static void build(size_t len)
{
	struct frame_info info;

	frame_parse(frame, len, &info);
	cx_match_build(frame, len, &info, value);
}

static void expect(const struct expectation *e, size_t count)
{
	for (size_t i = 0; i < count; i++)
		CU_ASSERT_EQUAL(cx_get(value, e[i].field), e[i].value);
}

static void tcp_over_ipv4(void)
{
	static const struct expectation want[] = {
		{ SMAC_HIGH, 0x02000000 }, { SMAC_LOW, 0x00bb }, { ETHERTYPE, 0x0800 },
		{ DMAC_HIGH, 0x02000000 }, { DMAC_LOW, 0x00aa }, { FIRST_VID, 0x345 },
		{ FIRST_PRIO, 5 }, { FIRST_CFI, 1 }, { IP_PROTOCOL, 6 }, { IP_DSCP, 0x2e },
		{ IP_ECN, 3 }, { CVLAN, 1 }, { SVLAN, 0 }, { FRAG, 0 }, { IP_VERSION, 4 },
		{ TCP_FLAG_BITS, 0x112 }, { TCP_SPORT, 1234 }, { TCP_DPORT, 80 }, { IHL, 5 },
		{ TTL, 64 }, { UDP_SPORT, 0 }, { UDP_DPORT, 0 }, { SRC_IP_LAST, 0x0a4d0001 },
		{ DST_IP_FIRST, 0 }, { DST_IP_LAST, 0x0a4d0002 }, { SECOND_CVLAN, 0 },
	};
	const struct frame_spec sp = {
		.version = 4, .protocol = PROTO_TCP, .src = { 10, 77, 0, 1 },
		.dst = { 10, 77, 0, 2 }, .sport = 1234, .dport = 80, .tcp_flags = 0x12,
		.payload = 10, .vlan = 0xb345, .dst_mac = world_vf_mac, .src_mac = world_peer_mac,
	};
	size_t len = frames_build(frame, &sp);

	frame[18 + 1] = 0xbb;  /* DSCP 0x2e, ECN 3 */
	frame[38 + 12] |= 1;   /* the ninth flag */
	build(len);
	expect(want, sizeof(want) / sizeof(want[0]));
}

static void udp_over_ipv6(void)
{
	static const struct expectation want[] = {
		{ ETHERTYPE, 0x86dd }, { CVLAN, 0 }, { SVLAN, 0 }, { FIRST_VID, 0 },
		{ IP_PROTOCOL, 17 }, { IP_DSCP, 0x2e }, { IP_ECN, 3 }, { IP_VERSION, 6 },
		{ TCP_FLAG_BITS, 0 }, { TCP_SPORT, 0 }, { UDP_SPORT, 53 }, { UDP_DPORT, 4444 },
		{ TTL, 64 }, { IHL, 0 }, { SRC_IP_LAST, 1 }, { DST_IP_FIRST, 0xfd770000 },
		{ DST_IP_LAST, 2 }, { FLOW_LABEL, 0xabcde },
	};
	const struct frame_spec sp = {
		.version = 6, .protocol = PROTO_UDP, .src = { 0xfd, 0x77, [15] = 1 },
		.dst = { 0xfd, 0x77, [15] = 2 }, .sport = 53, .dport = 4444, .payload = 10,
	};
	size_t len = frames_build(frame, &sp);

	wire_put32(frame + 14, 0x6bbabcde);
	build(len);
	expect(want, sizeof(want) / sizeof(want[0]));
}

static void two_tags(void)
{
	static const struct expectation want[] = {
		{ ETHERTYPE, 0x0806 }, { SVLAN, 1 }, { CVLAN, 0 }, { FIRST_VID, 7 },
		{ SECOND_CVLAN, 1 }, { SECOND_SVLAN, 0 }, { SECOND_VID, 8 }, { SECOND_PRIO, 1 },
		{ IP_VERSION, 0 }, { IP_PROTOCOL, 0 },
	};

	memset(frame, 0, 64);
	wire_put32(frame + 12, 0x88a80007);
	wire_put32(frame + 16, 0x81002008);
	wire_put16(frame + 20, 0x0806);
	build(64);
	expect(want, sizeof(want) / sizeof(want[0]));
}

static void a_fragment_has_no_ports(void)
{
	static const struct expectation want[] = {
		{ FRAG, 1 }, { IP_PROTOCOL, 17 }, { UDP_DPORT, 0 }, { IP_VERSION, 4 },
	};
	const struct frame_spec sp = { .version = 4, .protocol = PROTO_UDP, .payload = 100,
				       .dport = 5 };
	size_t len = frames_build(frame, &sp);

	wire_put16(frame + 14 + IPV4_FRAGMENT, 0x2000);
	build(len);
	expect(want, sizeof(want) / sizeof(want[0]));
}

/* Any prefix of a frame is a frame somebody may send: the sanitizers watch. */
static void truncated_frames(void)
{
	struct frame_spec sp = { .version = 6, .protocol = PROTO_TCP, .payload = 4, .vlan = 1 };

	for (int round = 0; round < 4; round++) {
		size_t len;

		sp.version = round & 1 ? 6 : 4;
		len = frames_build(frame, &sp);
		if (round & 2) /* a second tag, which takes the place of a layer */
			wire_put16(frame + 16, ETHER_TYPE_QINQ);
		for (size_t n = 14; n < len; n++) {
			uint8_t *copy = malloc(n);
			struct frame_info info;

			memcpy(copy, frame, n);
			frame_parse(copy, n, &info);
			cx_match_build(copy, n, &info, value);
			CU_ASSERT_EQUAL(cx_get(value, CVLAN), n >= 18);
			free(copy);
		}
	}
}

static void comparison(void)
{
	static const struct {
		uint8_t criteria;
		unsigned int at; /* the byte that is masked in and differs */
		bool matches;
	} row[] = {
		{ 0x00, 0x10, true },  { 0x01, 0x10, false }, { 0x01, 0x3f, false },
		{ 0x01, 0x40, true },  { 0x02, 0x40, false }, { 0x02, 0x7f, false },
		{ 0x04, 0x80, false }, { 0x08, 0xc0, false }, { 0x7f, 0x1ff, true },
		{ 0x80, 0x1ff, false }, { 0xfe, 0x00, true },
	};
	struct cx_flow_group group;
	struct cx_flow_entry entry;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		memset(&group, 0, sizeof(group));
		memset(&entry, 0, sizeof(entry));
		memset(value, 0x5a, sizeof(value)); /* what the mask leaves out may differ */
		group.criteria = row[i].criteria;
		group.mask[row[i].at] = 0x0f;
		entry.match[row[i].at] = 0x0b;
		CU_ASSERT_EQUAL(cx_match(&group, &entry, value), row[i].matches);
		entry.match[row[i].at] = 0x0a;
		CU_ASSERT_TRUE(cx_match(&group, &entry, value));
	}
}

static CU_TestInfo tests[] = {
	{ "TCP over IPv4", tcp_over_ipv4 },
	{ "UDP over IPv6", udp_over_ipv6 },
	{ "two tags", two_tags },
	{ "a fragment has no ports", a_fragment_has_no_ports },
	{ "truncated frames", truncated_frames },
	{ "comparison", comparison },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("connectx/match", world_setup, world_teardown, tests);
