// SPDX-License-Identifier: BSD-3-Clause
/* Where headers are found, where not, and what is said of their checksums. */
#include "../../pmd/frame.h"
#include "fabric_frames.h"
#include "unit.h"

#include <stdlib.h>

static uint8_t frame[FRAMES_MAX];

static void headers_found(void)
{
	static const uint8_t two[16] = { 60, 0, [8] = PROTO_UDP }; /* options, options */
	static const struct {
		struct frame_spec spec;
		uint8_t l3, l4;
		uint16_t l3_offset, l4_offset, payload;
	} rows[] = {
		{ { .version = 4, .protocol = PROTO_TCP }, AN_L3_IPV4, AN_L4_TCP, 14, 34, 54 },
		{ { .version = 4, .protocol = PROTO_TCP, .options = 12, .vlan = 5 },
		  AN_L3_IPV4, AN_L4_TCP, 18, 38, 70 },
		{ { .version = 4, .protocol = PROTO_UDP, .options = 8 },
		  AN_L3_IPV4, AN_L4_UDP, 14, 42, 50 },
		{ { .version = 6, .protocol = PROTO_UDP }, AN_L3_IPV6, AN_L4_UDP, 14, 54, 62 },
		{ { .version = 6, .protocol = PROTO_UDP, .extensions = two, .extensions_len = 16 },
		  AN_L3_IPV6, AN_L4_UDP, 14, 70, 78 },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct frame_spec spec = rows[i].spec;
		struct an_frame h;
		size_t len;

		spec.payload = 101;
		len = frames_build(frame, &spec);
		memset(frame + len, 0xee, 20); /* padding is not the packet's */
		an_frame_parse(frame, len + 20, false, &h);
		CU_ASSERT_EQUAL(h.l3, rows[i].l3);
		CU_ASSERT_EQUAL(h.l4, rows[i].l4);
		CU_ASSERT_EQUAL(h.l3_offset, rows[i].l3_offset);
		CU_ASSERT_EQUAL(h.l4_offset, rows[i].l4_offset);
		CU_ASSERT_EQUAL(h.payload, rows[i].payload);
		CU_ASSERT_EQUAL(h.end, len);
		CU_ASSERT_FALSE(h.fragment);
		CU_ASSERT_TRUE(an_frame_l4_is_good(frame, &h));
		frame[len - 1] ^= 1;
		CU_ASSERT_FALSE(an_frame_l4_is_good(frame, &h));
	}
}

static void checksum_of_ipv4(void)
{
	struct frame_spec spec = { .version = 4, .protocol = PROTO_UDP, .options = 4 };

	frames_build(frame, &spec);
	CU_ASSERT_TRUE(an_frame_ipv4_is_good(frame + 14, 24));
	frame[14 + 8]++;
	CU_ASSERT_FALSE(an_frame_ipv4_is_good(frame + 14, 24));
}

static void udp_without_checksum(void)
{
	struct frame_spec spec = { .version = 4, .protocol = PROTO_UDP, .payload = 9 };
	struct an_frame h;
	size_t len = frames_build(frame, &spec);

	wire_put16(frame + 34 + UDP_CHECKSUM, 0);
	an_frame_parse(frame, len, false, &h);
	CU_ASSERT_TRUE(an_frame_l4_is_good(frame, &h));
	spec.version = 6; /* there it is not allowed [RFC 8200, 8.1] */
	len = frames_build(frame, &spec);
	wire_put16(frame + 54 + UDP_CHECKSUM, 0);
	an_frame_parse(frame, len, false, &h);
	CU_ASSERT_FALSE(an_frame_l4_is_good(frame, &h));
}

static void fragments(void)
{
	static const uint8_t fragment[8] = { PROTO_UDP, 0, 0, 1 };
	struct frame_spec spec = { .version = 4, .protocol = PROTO_UDP, .payload = 9 };
	struct an_frame h;
	size_t len = frames_build(frame, &spec);

	wire_put16(frame + 14 + 6, 0x2000);
	an_frame_parse(frame, len, false, &h);
	CU_ASSERT_TRUE(h.fragment);
	CU_ASSERT_EQUAL(h.l3, AN_L3_IPV4);
	CU_ASSERT_EQUAL(h.l4, AN_L4_NONE);
	spec.version = 6;
	spec.extensions = fragment;
	spec.extensions_len = sizeof(fragment);
	spec.first_extension = 44;
	len = frames_build(frame, &spec);
	an_frame_parse(frame, len, false, &h);
	CU_ASSERT_TRUE(h.fragment);
	CU_ASSERT_EQUAL(h.l3, AN_L3_IPV6);
	CU_ASSERT_EQUAL(h.l4, AN_L4_NONE);
}

/* A frame of any content and length: nothing beyond it is read (ASan), nothing outside reported. */
static void noise(void)
{
	struct frame_spec spec = { .protocol = PROTO_TCP, .payload = 60 };

	srand(1);
	for (unsigned int i = 0; i < 200000; i++) {
		size_t len, changes = (size_t)rand() % 4;
		struct an_frame h;
		uint8_t *exact;

		spec.version = i % 2 ? 4 : 6;
		spec.vlan = i % 3 ? 0 : 9;
		len = frames_build(frame, &spec);
		for (size_t c = 0; c < changes; c++)
			frame[12 + (size_t)rand() % 60] = (uint8_t)rand();
		len = (size_t)rand() % (len + 1);
		exact = malloc(len ? len : 1);
		memcpy(exact, frame, len);
		an_frame_parse(exact, len, i % 5 == 0, &h);
		if (h.l3 != AN_L3_NONE && h.end > len)
			CU_FAIL_FATAL("the packet ends outside the frame");
		if (h.l4 != AN_L4_NONE) {
			if (h.payload > h.end || h.l4_offset <= h.l3_offset)
				CU_FAIL_FATAL("layer 4 is outside the packet");
			an_frame_l4_is_good(exact, &h);
		}
		free(exact);
	}
}

static CU_TestInfo tests[] = {
	{ "headers behind tags, options and extensions", headers_found },
	{ "the checksum of IPv4", checksum_of_ipv4 },
	{ "UDP without a checksum", udp_without_checksum },
	{ "fragments have no layer 4", fragments },
	{ "noise", noise },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pmd/frame", NULL, NULL, tests);
