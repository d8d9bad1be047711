// SPDX-License-Identifier: BSD-3-Clause
#include "../../tools/lab/fabric/frame.h"
#include "fabric_frames.h"
#include "unit.h"

#include <errno.h>
#include <stdlib.h>

static uint8_t frame[FRAMES_MAX];
static struct frame_info info;

/* Parses a copy of exactly len bytes, so that one byte too far is seen by ASan. */
static int parse_exact(const uint8_t *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	int ret;

	memcpy(copy, bytes, len);
	ret = frame_parse(copy, len, &info);
	free(copy);
	return ret;
}

static void layers(void)
{
	static const struct {
		struct frame_spec spec;
		uint16_t l3, l4, payload;
	} row[] = {
		{ { .version = 4, .protocol = PROTO_UDP, .payload = 5 }, 14, 34, 42 },
		{ { .version = 4, .protocol = PROTO_TCP, .payload = 5 }, 14, 34, 54 },
		{ { .version = 4, .protocol = PROTO_TCP, .options = 12 }, 14, 34, 66 },
		{ { .version = 4, .protocol = PROTO_UDP, .options = 40 }, 14, 74, 82 },
		{ { .version = 6, .protocol = PROTO_UDP, .payload = 1 }, 14, 54, 62 },
		{ { .version = 6, .protocol = PROTO_TCP, .vlan = 0x6064 }, 18, 58, 78 },
		{ { .version = 4, .protocol = PROTO_TCP, .vlan = 100 }, 18, 38, 58 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		size_t len = frames_build(frame, &row[i].spec);

		CU_ASSERT_EQUAL(parse_exact(frame, len), 0);
		CU_ASSERT_EQUAL(info.l3, row[i].spec.version == 4 ? FRAME_L3_IPV4 : FRAME_L3_IPV6);
		CU_ASSERT_EQUAL(info.l4, row[i].spec.protocol == PROTO_TCP ? FRAME_L4_TCP :
									      FRAME_L4_UDP);
		CU_ASSERT_EQUAL(info.l3_offset, row[i].l3);
		CU_ASSERT_EQUAL(info.l4_offset, row[i].l4);
		CU_ASSERT_EQUAL(info.payload_offset, row[i].payload);
		CU_ASSERT_EQUAL(info.l3_len, len - row[i].l3);
		CU_ASSERT_EQUAL(info.vlan, row[i].spec.vlan != 0);
		CU_ASSERT_EQUAL(info.vlan_tci, row[i].spec.vlan);
		CU_ASSERT_EQUAL(info.ip_protocol, row[i].spec.protocol);
		/* Every shorter frame is refused, without a look past its end. */
		for (size_t cut = 0; cut < len; cut++)
			CU_ASSERT_EQUAL(parse_exact(frame, cut), -EINVAL);
	}
}

static void padding_is_not_payload(void)
{
	struct frame_spec spec = { .version = 4, .protocol = PROTO_UDP, .payload = 1 };
	size_t len = frames_build(frame, &spec);

	memset(frame + len, 0xee, 60 - len);
	CU_ASSERT_EQUAL(parse_exact(frame, 60), 0);
	CU_ASSERT_EQUAL(info.l3_len, 29);
	CU_ASSERT_EQUAL(frame_check_l4(frame, &info), FRAME_CHECKSUM_GOOD);
}

struct lie {
	int version, protocol;
	size_t offset; /* from the IP header */
	uint8_t value;
};

static void lying_headers(void)
{
	static const struct lie row[] = {
		{ 4, PROTO_UDP, 0, 0x44 },  { 4, PROTO_UDP, 0, 0x65 },  { 4, PROTO_UDP, 0, 0x4f },
		{ 4, PROTO_UDP, 2, 1 },     { 4, PROTO_UDP, 3, 19 },    { 4, PROTO_UDP, 3, 27 },
		{ 4, PROTO_UDP, 24, 1 },    { 4, PROTO_UDP, 25, 7 },    { 4, PROTO_UDP, 25, 13 },
		{ 4, PROTO_TCP, 32, 0x40 }, { 4, PROTO_TCP, 32, 0x70 }, { 4, PROTO_TCP, 3, 39 },
		{ 6, PROTO_UDP, 0, 0x40 },  { 6, PROTO_UDP, 4, 1 },     { 6, PROTO_UDP, 5, 7 },
		{ 6, PROTO_UDP, 45, 0 },    { 6, PROTO_TCP, 52, 0xf0 }, { 6, PROTO_TCP, 5, 0 },
		{ 6, PROTO_UDP, 6, PROTO_DESTINATION }, { 6, PROTO_TCP, 6, PROTO_AUTH },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct frame_spec spec = { .version = row[i].version, .payload = 4,
					   .protocol = row[i].protocol, .dport = 0xff };
		size_t len = frames_build(frame, &spec);

		frame[ETHER_HEADER + row[i].offset] = row[i].value;
		if (row[i].offset == 6) /* an extension that says it is longer than the rest */
			frame[ETHER_HEADER + IPV6_HEADER + 1] = 0xff;
		CU_ASSERT_EQUAL(parse_exact(frame, len), -EINVAL);
		CU_ASSERT_EQUAL(info.l4, FRAME_L4_NONE);
	}
}

static void truncated_tags(void)
{
	static const uint8_t tagged[20] = { [12] = 0x81, [16] = 0x81, [18] = 0x12 };
	static const uint8_t qinq[26] = { [12] = 0x88, 0xa8, 0, 7, 0x81, 0, 0, 9, 8, 6 };

	for (size_t len = 14; len < 18; len++)
		CU_ASSERT_EQUAL(parse_exact(tagged, len), -EINVAL);
	CU_ASSERT_EQUAL(parse_exact(tagged, 18), -EINVAL);
	CU_ASSERT_EQUAL(parse_exact(qinq, sizeof(qinq)), 0);
	CU_ASSERT_EQUAL(info.ethertype, ETHER_TYPE_ARP);
	CU_ASSERT_FALSE(info.vlan);
	CU_ASSERT_EQUAL(info.l3_offset, 0);
}

static void ipv6_extensions(void)
{
	static const struct {
		uint8_t first, bytes[32];
		size_t len;
		enum frame_l4 l4;
		bool fragment;
		int ret;
	} row[] = {
		{ PROTO_HOP_BY_HOP, { PROTO_UDP, 0 }, 8, FRAME_L4_UDP, false, 0 },
		{ PROTO_DESTINATION, { PROTO_UDP, 1 }, 16, FRAME_L4_UDP, false, 0 },
		{ PROTO_ROUTING, { PROTO_UDP, 0, 0, 0 }, 8, FRAME_L4_UDP, false, 0 },
		{ PROTO_ROUTING, { PROTO_UDP, 0, 0, 1 }, 8, FRAME_L4_NONE, false, 0 },
		{ PROTO_AUTH, { PROTO_UDP, 1 }, 12, FRAME_L4_UDP, false, 0 },
		{ PROTO_FRAGMENT, { PROTO_UDP, 0, 0, 1 }, 8, FRAME_L4_NONE, true, 0 },
		{ PROTO_FRAGMENT, { PROTO_UDP, 0, 8, 0 }, 8, FRAME_L4_NONE, true, 0 },
		{ PROTO_HOP_BY_HOP, { PROTO_DESTINATION, 0, [8] = PROTO_UDP }, 16, FRAME_L4_UDP,
		  false, 0 },
		{ PROTO_HOP_BY_HOP, { PROTO_HOP_BY_HOP, 3 }, 8, FRAME_L4_NONE, false, -EINVAL },
		{ PROTO_AUTH, { PROTO_UDP, 3 }, 12, FRAME_L4_NONE, false, -EINVAL },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct frame_spec spec = { .version = 6, .protocol = PROTO_UDP, .src = { 0xfd },
					   .extensions = row[i].bytes, .payload = 3,
					   .extensions_len = row[i].len,
					   .first_extension = row[i].first };
		size_t len = frames_build(frame, &spec);

		CU_ASSERT_EQUAL(parse_exact(frame, len), row[i].ret);
		CU_ASSERT_EQUAL(info.l4, row[i].l4);
		CU_ASSERT_EQUAL(info.fragment, row[i].fragment);
		if (row[i].ret == 0)
			CU_ASSERT_EQUAL(info.ip_protocol, PROTO_UDP);
		if (info.l4 == FRAME_L4_UDP)
			CU_ASSERT_EQUAL(frame_check_l4(frame, &info), FRAME_CHECKSUM_GOOD);
	}
}

static void endless_extensions(void)
{
	static uint8_t chain[9 * 8]; /* nine hop-by-hop headers */
	struct frame_spec spec = { .version = 6, .protocol = PROTO_UDP, .extensions = chain,
				   .extensions_len = sizeof(chain) };

	chain[8 * 8] = PROTO_UDP; /* the last one tells the truth, but nobody reads that far */
	CU_ASSERT_EQUAL(parse_exact(frame, frames_build(frame, &spec)), -EINVAL);
	spec.extensions += 8;
	spec.extensions_len -= 8;
	CU_ASSERT_EQUAL(parse_exact(frame, frames_build(frame, &spec)), 0);
	CU_ASSERT_EQUAL(info.l4, FRAME_L4_UDP);
}

static void ipv4_fragments(void)
{
	static const uint8_t row[][2] = { { 0x20, 0 }, { 0, 1 }, { 0x20, 7 }, { 0x1f, 0xff } };
	struct frame_spec spec = { .version = 4, .protocol = PROTO_TCP, .payload = 8 };

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		size_t len = frames_build(frame, &spec);

		memcpy(frame + ETHER_HEADER + IPV4_FRAGMENT, row[i], 2);
		CU_ASSERT_EQUAL(parse_exact(frame, len), 0);
		CU_ASSERT_TRUE(info.fragment);
		CU_ASSERT_EQUAL(info.l4, FRAME_L4_NONE);
		CU_ASSERT_EQUAL(info.l4_offset, 0);
		CU_ASSERT_EQUAL(info.ip_protocol, PROTO_TCP);
		CU_ASSERT_EQUAL(frame_check_l4(frame, &info), FRAME_CHECKSUM_NONE);
	}
	frames_build(frame, &spec);
	frame[ETHER_HEADER + IPV4_FRAGMENT] = 0x40; /* DF alone is no fragment */
	CU_ASSERT_EQUAL(parse_exact(frame, 62), 0);
	CU_ASSERT_EQUAL(info.l4, FRAME_L4_TCP);
}

static void super_frames(void)
{
	struct frame_spec spec = { .version = 4, .protocol = PROTO_UDP, .payload = 40 };
	size_t len = frames_build(frame, &spec);
	uint8_t *exact = malloc(len);

	wire_put16(frame + 16, 0);
	wire_put16(frame + 38, 18);
	CU_ASSERT_EQUAL(parse_exact(frame, len), -EINVAL);
	CU_ASSERT_EQUAL(frame_parse_super(frame, len, &info), 0);
	CU_ASSERT_EQUAL(info.l3_len, len - 14);
	memcpy(exact, frame, len);
	wire_put16(exact + 38, 60000); /* a UDP length past the end is never followed */
	CU_ASSERT_EQUAL(frame_parse_super(exact, len, &info), 0);
	frame_fill_l4(exact, &info);
	free(exact);
	spec.version = 6;
	len = frames_build(frame, &spec);
	wire_put16(frame + 18, 0);
	CU_ASSERT_EQUAL(parse_exact(frame, len), -EINVAL);
	CU_ASSERT_EQUAL(frame_parse_super(frame, len, &info), 0);
	CU_ASSERT_EQUAL(info.l3_len, len - 14);
	wire_put16(frame + 18, 100);
	CU_ASSERT_EQUAL(frame_parse_super(frame, len, &info), -EINVAL);
}

static void random_bytes(void)
{
	static const uint8_t type[][2] = { { 8, 0 }, { 0x86, 0xdd }, { 0x81, 0 }, { 8, 6 } };
	uint8_t bytes[128];

	srand(1);
	for (int i = 0; i < 20000; i++) {
		size_t len = (size_t)rand() % sizeof(bytes);
		int t = rand() % 4;

		for (size_t j = 0; j < len; j++)
			bytes[j] = (uint8_t)rand();
		memcpy(bytes + 12, type[t], 2);
		bytes[14] = (uint8_t)(t == 0 ? 0x45 : 0x60);
		bytes[16] = bytes[18] = 0;
		if (parse_exact(bytes, len) == 0 && info.l4 != FRAME_L4_NONE)
			CU_ASSERT_TRUE(info.payload_offset <= info.l3_offset + info.l3_len &&
				       info.l3_offset + info.l3_len <= len);
	}
}

static void vlan(void)
{
	uint8_t buf[68];

	for (unsigned int i = 0; i < sizeof(buf); i++)
		buf[i] = (uint8_t)i;
	CU_ASSERT_EQUAL(frame_vlan_strip(buf, 64), 64);
	CU_ASSERT_EQUAL(frame_vlan_insert(buf, 64, 0xa064), 68);
	CU_ASSERT_EQUAL(wire_get16(buf + 12), ETHER_TYPE_VLAN);
	CU_ASSERT_EQUAL(wire_get16(buf + 14), 0xa064);
	CU_ASSERT_EQUAL(buf[16], 12);
	CU_ASSERT_EQUAL(buf[67], 63);
	CU_ASSERT_EQUAL(buf[11], 11);
	CU_ASSERT_EQUAL(frame_vlan_strip(buf, 68), 64);
	for (unsigned int i = 0; i < 64; i++)
		CU_ASSERT_EQUAL(buf[i], i);
	wire_put16(buf + 12, ETHER_TYPE_VLAN);
	CU_ASSERT_EQUAL(frame_vlan_strip(buf, 17), 17);
	CU_ASSERT_EQUAL(frame_vlan_insert(buf, 13, 1), 13);
}

static CU_TestInfo tests[] = {
	{ "layers are found, and no shorter frame passes", layers },
	{ "Ethernet padding is not payload", padding_is_not_payload },
	{ "lying lengths are refused", lying_headers },
	{ "truncated and double VLAN tags", truncated_tags },
	{ "IPv6 extension headers", ipv6_extensions },
	{ "an endless chain of extension headers is refused", endless_extensions },
	{ "IPv4 fragments have no transport layer", ipv4_fragments },
	{ "super-frames before segmentation", super_frames },
	{ "random bytes never lead past the end", random_bytes },
	{ "VLAN strip and insert", vlan },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("fabric/frame", NULL, NULL, tests);
