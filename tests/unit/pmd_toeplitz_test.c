// SPDX-License-Identifier: BSD-3-Clause
/* Against Microsoft's vectors, and against DPDK's own hash on noise. */
#include "../../pmd/toeplitz.h"
#include "unit.h"

#include <arpa/inet.h>
#include <rte_thash.h>
#include <stdlib.h>
#include <string.h>

static const uint8_t key[40] = {
	0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
	0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
	0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
};

static void vectors(void)
{
	/* 66.9.149.187:2794 to 161.142.100.80:1766 */
	static const uint8_t flow[12] = { 66, 9, 149, 187, 161, 142, 100, 80, 0x0a, 0xea,
					  0x06, 0xe6 };
	static struct an_toeplitz toeplitz;
	uint32_t addresses;

	an_toeplitz_init(&toeplitz, key);
	addresses = an_toeplitz_add(&toeplitz, 0, 0, flow, 8);
	CU_ASSERT_EQUAL(addresses, 0x323e8fc2);
	CU_ASSERT_EQUAL(an_toeplitz_add(&toeplitz, addresses, 8, flow + 8, 4), 0x51ccc178);
}

static void as_dpdk(void)
{
	static struct an_toeplitz toeplitz;
	uint8_t other[40], input[36];
	uint32_t words[9];

	srand(2);
	for (unsigned int i = 0; i < 1000; i++) {
		size_t len = (size_t)(rand() % 9 + 1) * 4;

		for (size_t b = 0; b < sizeof(other); b++)
			other[b] = (uint8_t)rand();
		for (size_t b = 0; b < sizeof(input); b++)
			input[b] = (uint8_t)rand();
		memcpy(words, input, sizeof(words));
		for (size_t w = 0; w < 9; w++)
			words[w] = ntohl(words[w]);
		an_toeplitz_init(&toeplitz, other);
		CU_ASSERT_EQUAL(an_toeplitz_add(&toeplitz, 0, 0, input, len),
				rte_softrss(words, (uint32_t)len / 4, other));
	}
}

static CU_TestInfo tests[] = {
	{ "Microsoft's vectors", vectors },
	{ "as DPDK's rte_softrss", as_dpdk },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pmd/toeplitz", NULL, NULL, tests);
