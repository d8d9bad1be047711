// SPDX-License-Identifier: BSD-3-Clause
/* Vectors: "Verifying the RSS Hash Calculation", Microsoft NDIS documentation. */
#include "../../tools/lab/fabric/frame.h"
#include "fabric_frames.h"
#include "unit.h"

#include <arpa/inet.h>

static const uint8_t key[40] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
	0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};
static const struct {
	int version;
	const char *dst;
	uint16_t dport;
	const char *src;
	uint16_t sport;
	uint32_t ip, tcp;
} row[] = {
	{ 4, "161.142.100.80", 1766, "66.9.149.187", 2794, 0x323e8fc2, 0x51ccc178 },
	{ 4, "65.69.140.83", 4739, "199.92.111.2", 14230, 0xd718262a, 0xc626b0ea },
	{ 4, "12.22.207.184", 38024, "24.19.198.95", 12898, 0xd2d0a5de, 0x5c2b394a },
	{ 4, "209.142.163.6", 2217, "38.27.205.30", 48228, 0x82989176, 0xafc7327f },
	{ 4, "202.188.127.2", 1303, "153.39.163.191", 44251, 0x5d1809c5, 0x10e828a2 },
	{ 6, "3ffe:2501:200:3::1", 1766, "3ffe:2501:200:1fff::7", 2794, 0x2cc18cd5, 0x40207d3d },
	{ 6, "ff02::1", 4739, "3ffe:501:8::260:97ff:fe40:efab", 14230, 0x0f0c461c, 0xdde51bbf },
	{ 6, "fe80::200:f8ff:fe21:67cf", 38024, "3ffe:1900:4545:3:200:f8ff:fe21:67cf", 44251,
	  0x4b61e985, 0x02d1feef },
};
#define IPS (FRAME_HASH_SRC_IP | FRAME_HASH_DST_IP)
#define PORTS (FRAME_HASH_SRC_PORT | FRAME_HASH_DST_PORT)

static void vectors(void)
{
	static uint8_t frame[2000];
	struct frame_info info;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct frame_spec s = { .version = row[i].version, .protocol = PROTO_TCP,
					.sport = row[i].sport, .dport = row[i].dport };
		int family = row[i].version == 4 ? AF_INET : AF_INET6;

		CU_ASSERT_EQUAL(inet_pton(family, row[i].src, s.src), 1);
		CU_ASSERT_EQUAL(inet_pton(family, row[i].dst, s.dst), 1);
		CU_ASSERT_EQUAL(frame_parse(frame, frames_build(frame, &s), &info), 0);
		CU_ASSERT_EQUAL(frame_toeplitz(frame, &info, IPS, key), row[i].ip);
		CU_ASSERT_EQUAL(frame_toeplitz(frame, &info, IPS | PORTS, key), row[i].tcp);
		CU_ASSERT_EQUAL(frame_toeplitz(frame, &info, 0, key), 0);
		s.protocol = PROTO_UDP;
		s.vlan = 3;
		CU_ASSERT_EQUAL(frame_parse(frame, frames_build(frame, &s), &info), 0);
		CU_ASSERT_EQUAL(frame_toeplitz(frame, &info, IPS | PORTS, key), row[i].tcp);
	}
}

static void layers_that_are_not_there(void)
{
	uint8_t arp[60] = { [12] = 8, [13] = 6 };
	struct frame_info info;

	CU_ASSERT_EQUAL(frame_parse(arp, sizeof(arp), &info), 0);
	CU_ASSERT_EQUAL(frame_toeplitz(arp, &info, IPS | PORTS, key), 0);
}

static CU_TestInfo tests[] = {
	{ "Microsoft's vectors", vectors },
	{ "layers that are not there are left out", layers_that_are_not_there },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("fabric/toeplitz", NULL, NULL, tests);
