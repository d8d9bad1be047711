/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The Toeplitz hash of RSS in software, by a table for each half byte of the input: 24 look-ups
 * for a TCP flow over IPv4 where the definition takes 96 steps of one bit.
 */
#ifndef AN_TOEPLITZ_H
#define AN_TOEPLITZ_H

#include <stddef.h>
#include <stdint.h>

#define AN_TOEPLITZ_INPUT 36u /* bytes: IPv6 addresses and ports */

struct an_toeplitz {
	uint32_t table[AN_TOEPLITZ_INPUT * 2][16];
};

/* Needs AN_TOEPLITZ_INPUT + 4 bytes of key. */
void an_toeplitz_init(struct an_toeplitz *toeplitz, const uint8_t key[AN_TOEPLITZ_INPUT + 4]);
/* Continues a hash: `hash` covers `at` bytes before the input (0 and 0 to begin). */
uint32_t an_toeplitz_add(const struct an_toeplitz *toeplitz, uint32_t hash, size_t at,
			 const uint8_t *input, size_t len);

#endif
