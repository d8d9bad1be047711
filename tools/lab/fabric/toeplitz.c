// SPDX-License-Identifier: BSD-3-Clause
/*
 * The Toeplitz hash of receive-side scaling: for every set bit of the input, from the top, the 32
 * key bits that start at that bit's position are xored in ("RSS hashing functions", Microsoft
 * NDIS documentation).
 */
#include "frame.h"
#include "wire.h"

#define INPUT_MAX (2 * IPV6_ADDRESS + 4)
#define KEY_LEN 40
_Static_assert(INPUT_MAX + 4 <= KEY_LEN, "the window never runs over the key");

static uint32_t toeplitz(const uint8_t *input, size_t len, const uint8_t key[KEY_LEN])
{
	uint32_t window = wire_get32(key), hash = 0;

	for (size_t i = 0; i < len; i++) {
		uint8_t next = key[i + 4];

		for (int bit = 7; bit >= 0; bit--) {
			if (input[i] >> bit & 1)
				hash ^= window;
			window = window << 1 | (next >> bit & 1);
		}
	}
	return hash;
}

uint32_t frame_toeplitz(const uint8_t *frame, const struct frame_info *info, unsigned int fields,
			const uint8_t key[KEY_LEN])
{
	const uint8_t *ip = frame + info->l3_offset, *l4 = frame + info->l4_offset;
	bool v4 = info->l3 == FRAME_L3_IPV4;
	size_t address = v4 ? IPV4_ADDRESS : IPV6_ADDRESS, len = 0;
	uint8_t input[INPUT_MAX];

	if (info->l3 != FRAME_L3_NONE && (fields & FRAME_HASH_SRC_IP)) {
		memcpy(input + len, ip + (v4 ? IPV4_SRC : IPV6_SRC), address);
		len += address;
	}
	if (info->l3 != FRAME_L3_NONE && (fields & FRAME_HASH_DST_IP)) {
		memcpy(input + len, ip + (v4 ? IPV4_DST : IPV6_DST), address);
		len += address;
	}
	if (info->l4 != FRAME_L4_NONE && (fields & FRAME_HASH_SRC_PORT)) {
		memcpy(input + len, l4 + L4_SRC_PORT, 2);
		len += 2;
	}
	if (info->l4 != FRAME_L4_NONE && (fields & FRAME_HASH_DST_PORT)) {
		memcpy(input + len, l4 + L4_DST_PORT, 2);
		len += 2;
	}
	return toeplitz(input, len, key);
}
