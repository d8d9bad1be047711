/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Fields of the big-endian layouts mlx5 commands are made of. A field is {byte of its dword, high
 * bit, low bit}, bit 31 being the most significant: the notation of docs/protocol.md 1.
 * Each cmd_*.c names the fields of its own noun; here are those every command has.
 */
#ifndef LAB_CX_IFC_H
#define LAB_CX_IFC_H

#include <stdint.h>
#include <string.h>

struct cx_field {
	uint16_t byte;
	uint8_t high, low;
};
#define CX_FIELD(byte_, high_, low_) ((struct cx_field){ (byte_), (high_), (low_) })
#define CX_DWORD(byte_) CX_FIELD(byte_, 31, 0)
#define CX_BIT(byte_, bit_) CX_FIELD(byte_, bit_, bit_)

static inline uint32_t cx_field_mask(struct cx_field field)
{
	return (uint32_t)((1ull << (field.high - field.low + 1)) - 1);
}

static inline uint32_t cx_get32(const uint8_t *base, unsigned int byte)
{
	uint32_t be;

	memcpy(&be, base + byte, sizeof(be));
	return __builtin_bswap32(be);
}

static inline void cx_set32(uint8_t *base, unsigned int byte, uint32_t value)
{
	uint32_t be = __builtin_bswap32(value);

	memcpy(base + byte, &be, sizeof(be));
}

static inline uint16_t cx_get16(const uint8_t *base, unsigned int byte)
{
	return (uint16_t)(base[byte] << 8 | base[byte + 1]);
}

static inline void cx_set16(uint8_t *base, unsigned int byte, uint16_t value)
{
	base[byte] = (uint8_t)(value >> 8);
	base[byte + 1] = (uint8_t)value;
}

static inline uint64_t cx_get64(const uint8_t *base, unsigned int byte)
{
	return (uint64_t)cx_get32(base, byte) << 32 | cx_get32(base, byte + 4);
}

static inline void cx_set64(uint8_t *base, unsigned int byte, uint64_t value)
{
	cx_set32(base, byte, (uint32_t)(value >> 32));
	cx_set32(base, byte + 4, (uint32_t)value);
}

static inline uint32_t cx_get(const uint8_t *base, struct cx_field field)
{
	return cx_get32(base, field.byte) >> field.low & cx_field_mask(field);
}

static inline void cx_set(uint8_t *base, struct cx_field field, uint32_t value)
{
	uint32_t mask = cx_field_mask(field) << field.low;
	uint32_t old = cx_get32(base, field.byte) & ~mask;

	cx_set32(base, field.byte, old | (value << field.low & mask));
}

/* Every command: header of the input, header of the output. */
#define CX_IN_OPCODE   CX_FIELD(0x0, 31, 16)
#define CX_IN_UID      CX_FIELD(0x0, 15, 0)
#define CX_IN_OP_MOD   CX_FIELD(0x4, 15, 0)
#define CX_OUT_STATUS  CX_FIELD(0x0, 31, 24)
#define CX_OUT_SYNDROME CX_DWORD(0x4)
/* Where nearly all commands have the number of their object, in and out. */
#define CX_OBJECT_NUMBER CX_FIELD(0x8, 23, 0)

#endif
