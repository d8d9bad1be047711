// SPDX-License-Identifier: BSD-3-Clause
/*
 * The hash is the exclusive or of 32-bit windows of the key, one for each bit of the input that is
 * set, so each half byte of the input adds one of 16 values that depend on the key alone.
 * [Microsoft, "RSS Hashing Functions"]
 */
#include "toeplitz.h"

/* The 32 bits of the key that begin at a bit. */
static uint32_t key_window(const uint8_t *key, size_t bit)
{
	const uint8_t *p = key + bit / 8;
	uint64_t five = 0;

	for (unsigned int i = 0; i < 5; i++)
		five = five << 8 | (bit % 8 == 0 && i == 4 ? 0 : p[i]);
	return (uint32_t)(five >> (8 - bit % 8));
}

void an_toeplitz_init(struct an_toeplitz *toeplitz, const uint8_t key[AN_TOEPLITZ_INPUT + 4])
{
	for (size_t half = 0; half < AN_TOEPLITZ_INPUT * 2; half++) {
		for (unsigned int value = 0; value < 16; value++) {
			uint32_t hash = 0;

			for (unsigned int bit = 0; bit < 4; bit++) {
				if (value & 8 >> bit)
					hash ^= key_window(key, half * 4 + bit);
			}
			toeplitz->table[half][value] = hash;
		}
	}
}

uint32_t an_toeplitz_add(const struct an_toeplitz *toeplitz, uint32_t hash, size_t at,
			 const uint8_t *input, size_t len)
{
	for (size_t i = 0; i < len && at + i < AN_TOEPLITZ_INPUT; i++) {
		hash ^= toeplitz->table[(at + i) * 2][input[i] >> 4];
		hash ^= toeplitz->table[(at + i) * 2 + 1][input[i] & 15];
	}
	return hash;
}
