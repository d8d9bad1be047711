// SPDX-License-Identifier: BSD-3-Clause
#include "../../tools/lab/fabric/frame.h"
#include "fabric_frames.h"
#include "unit.h"

#include <stdlib.h>

static uint8_t frame[FRAMES_MAX];

static void known_sums(void)
{
	/* RFC 1071 section 3's example. */
	static const uint8_t rfc1071[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };
	/* An IPv4 header whose checksum b861 is widely printed. */
	static const uint8_t ipv4[] = {
		0x45, 0x00, 0x00, 0x73, 0x00, 0x00, 0x40, 0x00, 0x40, 0x11,
		0xb8, 0x61, 0xc0, 0xa8, 0x00, 0x01, 0xc0, 0xa8, 0x00, 0xc7,
	};

	CU_ASSERT_EQUAL(frame_sum(rfc1071, 8, 0), 0xddf2);
	CU_ASSERT_EQUAL(frame_sum(rfc1071, 7, 0), 0xddf2 - 0xf7);
	CU_ASSERT_EQUAL(frame_sum(ipv4, 20, 0), 0xffff);
	CU_ASSERT_EQUAL(frame_sum(ipv4, 0, 0), 0);
	CU_ASSERT_EQUAL(frame_sum(ipv4, 0, 0x1fffe), 0xffff);
	CU_ASSERT_EQUAL(frame_sum(ipv4, 1, 0xffffffff), 0x4500);
}

static void sums_like_the_textbook(void)
{
	static uint8_t data[600];

	srand(2);
	for (int i = 0; i < 3000; i++) {
		size_t at = (size_t)rand() % 9, len = (size_t)rand() % (sizeof(data) - at);
		uint32_t initial = (uint32_t)rand();

		for (size_t j = 0; j < len; j++)
			data[at + j] = i % 3 == 0 ? 0xff : (uint8_t)rand();
		CU_ASSERT_EQUAL(frame_sum(data + at, len, initial),
				frames_sum(data + at, len, initial));
	}
}

static const struct frame_spec spec[] = {
	{ .version = 4, .protocol = PROTO_UDP, .payload = 0, .src = { 10, 77, 0, 1 } },
	{ .version = 4, .protocol = PROTO_UDP, .payload = 333, .src = { 10, 77, 0, 1 } },
	{ .version = 4, .protocol = PROTO_TCP, .payload = 1448, .options = 12, .src = { 1 } },
	{ .version = 4, .protocol = PROTO_UDP, .payload = 7, .options = 8, .vlan = 5 },
	{ .version = 6, .protocol = PROTO_UDP, .payload = 1, .src = { 0xfd, 0x77 } },
	{ .version = 6, .protocol = PROTO_TCP, .payload = 8941, .dst = { 0xfd, 0x77 } },
};
#define SPECS (sizeof(spec) / sizeof(spec[0]))

static void every_flipped_bit_is_seen(void)
{
	for (size_t i = 0; i < SPECS; i++) {
		size_t len = frames_build(frame, &spec[i]);
		struct frame_info info;
		uint16_t field;

		CU_ASSERT_EQUAL(frame_parse(frame, len, &info), 0);
		CU_ASSERT_EQUAL(frame_check_l3(frame, &info), spec[i].version == 4 ?
				FRAME_CHECKSUM_GOOD : FRAME_CHECKSUM_NONE);
		CU_ASSERT_EQUAL(frame_check_l4(frame, &info), FRAME_CHECKSUM_GOOD);
		field = info.l4_offset + (info.l4 == FRAME_L4_TCP ? TCP_CHECKSUM : UDP_CHECKSUM);
		for (size_t at = info.payload_offset; at < len; at += 97) {
			frame[at] ^= 0x10;
			CU_ASSERT_EQUAL(frame_check_l4(frame, &info), FRAME_CHECKSUM_BAD);
			frame[at] ^= 0x10;
		}
		frame[info.l3_offset + (info.l3 == FRAME_L3_IPV4 ? IPV4_SRC : IPV6_SRC)] ^= 1;
		CU_ASSERT_EQUAL(frame_check_l4(frame, &info), FRAME_CHECKSUM_BAD);
		if (info.l3 == FRAME_L3_IPV4)
			CU_ASSERT_EQUAL(frame_check_l3(frame, &info), FRAME_CHECKSUM_BAD);
		/* Filling mends it, whatever stood in the fields. */
		frame[field] = 0x5a;
		frame_fill_l3(frame, &info);
		frame_fill_l4(frame, &info);
		CU_ASSERT_NOT_EQUAL(frame_check_l3(frame, &info), FRAME_CHECKSUM_BAD);
		CU_ASSERT_EQUAL(frame_check_l4(frame, &info), FRAME_CHECKSUM_GOOD);
		CU_ASSERT_EQUAL(frames_l4_sum(frame, info.l3_offset, info.l4_offset, len,
					      spec[i].version, info.ip_protocol), 0xffff);
	}
}

static void udp_zero(void)
{
	struct frame_info info;
	size_t len = frames_build(frame, &spec[1]);

	CU_ASSERT_EQUAL(frame_parse(frame, len, &info), 0);
	wire_put16(frame + info.l4_offset + UDP_CHECKSUM, 0);
	CU_ASSERT_EQUAL(frame_check_l4(frame, &info), FRAME_CHECKSUM_NONE);
	/* A sum that comes out as zero is sent as ffff: make one with the source port. */
	frame_fill_l4(frame, &info);
	wire_put16(frame + info.l4_offset,
		   wire_get16(frame + info.l4_offset + UDP_CHECKSUM));
	frame_fill_l4(frame, &info);
	CU_ASSERT_EQUAL(wire_get16(frame + info.l4_offset + UDP_CHECKSUM), 0xffff);
	CU_ASSERT_EQUAL(frame_check_l4(frame, &info), FRAME_CHECKSUM_GOOD);
	len = frames_build(frame, &spec[4]);
	CU_ASSERT_EQUAL(frame_parse(frame, len, &info), 0);
	wire_put16(frame + info.l4_offset + UDP_CHECKSUM, 0);
	CU_ASSERT_EQUAL(frame_check_l4(frame, &info), FRAME_CHECKSUM_BAD);
}

static void nothing_to_sum(void)
{
	uint8_t arp[60] = { [12] = 8, [13] = 6 }, before[60];
	struct frame_info info;

	memcpy(before, arp, sizeof(arp));
	CU_ASSERT_EQUAL(frame_parse(arp, sizeof(arp), &info), 0);
	CU_ASSERT_EQUAL(frame_check_l3(arp, &info), FRAME_CHECKSUM_NONE);
	CU_ASSERT_EQUAL(frame_check_l4(arp, &info), FRAME_CHECKSUM_NONE);
	frame_fill_l3(arp, &info);
	frame_fill_l4(arp, &info);
	CU_ASSERT_EQUAL(memcmp(arp, before, sizeof(arp)), 0);
}

static CU_TestInfo tests[] = {
	{ "known sums", known_sums },
	{ "any length, alignment and start value, as by the textbook", sums_like_the_textbook },
	{ "a flipped bit is seen, and filling mends it", every_flipped_bit_is_seen },
	{ "UDP and the checksum zero", udp_zero },
	{ "no layer, no checksum", nothing_to_sum },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("fabric/checksum", NULL, NULL, tests);
