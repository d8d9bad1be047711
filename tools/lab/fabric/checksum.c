// SPDX-License-Identifier: BSD-3-Clause
/*
 * The internet checksum (RFC 1071) and what NICs do with it. Every byte of every frame goes
 * through frame_sum(), under nested emulation: it takes eight bytes an addition, in the machine's
 * own order, and swaps the result once (RFC 1071 section 2(B)).
 */
#include "frame.h"
#include "wire.h"

static uint16_t fold(uint64_t sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

static inline uint64_t load64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* One's complement addition: the carry comes back in at the bottom. */
static inline uint64_t add64(uint64_t a, uint64_t b)
{
	a += b;
	return a + (a < b);
}

uint16_t frame_sum(const uint8_t *data, size_t len, uint32_t initial)
{
	uint64_t sum = 0, tail = 0;

	for (; len >= 32; data += 32, len -= 32) {
		sum = add64(sum, load64(data));
		sum = add64(sum, load64(data + 8));
		sum = add64(sum, load64(data + 16));
		sum = add64(sum, load64(data + 24));
	}
	for (; len >= 8; data += 8, len -= 8)
		sum = add64(sum, load64(data));
	if (len > 0) {
		memcpy(&tail, data, len); /* an odd byte gets its zero partner */
		sum = add64(sum, tail);
	}
	if (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)
		return fold((uint64_t)__builtin_bswap16(fold(sum)) + initial);
	return fold((uint64_t)fold(sum) + initial);
}

/* The pseudo-header (RFC 9293 section 3.1, RFC 8200 section 8.1) of len bytes of transport. */
static uint32_t pseudo_sum(const uint8_t *frame, const struct frame_info *info, uint32_t len)
{
	const uint8_t *ip = frame + info->l3_offset;
	uint32_t initial = info->ip_protocol + (len >> 16) + (len & 0xffff);

	if (info->l3 == FRAME_L3_IPV4)
		return frame_sum(ip + IPV4_SRC, 2 * IPV4_ADDRESS, initial);
	return frame_sum(ip + IPV6_SRC, 2 * IPV6_ADDRESS, initial);
}

/* UDP may end before its datagram does; a length that cannot be (frame_parse_super() lets it
 * through) means all of the datagram. */
static uint32_t l4_len(const uint8_t *frame, const struct frame_info *info)
{
	uint32_t room = info->l3_offset + info->l3_len - info->l4_offset, len;

	if (info->l4 != FRAME_L4_UDP)
		return room;
	len = wire_get16(frame + info->l4_offset + UDP_LENGTH);
	return len < UDP_HEADER || len > room ? room : len;
}

static uint16_t l4_sum(const uint8_t *frame, const struct frame_info *info)
{
	uint32_t len = l4_len(frame, info);

	return frame_sum(frame + info->l4_offset, len, pseudo_sum(frame, info, len));
}

static uint16_t l4_checksum_offset(const struct frame_info *info)
{
	return info->l4_offset + (info->l4 == FRAME_L4_TCP ? TCP_CHECKSUM : UDP_CHECKSUM);
}

static size_t ipv4_header_len(const uint8_t *ip)
{
	return (ip[IPV4_VERSION_IHL] & 0xf) * 4u;
}

enum frame_checksum frame_check_l3(const uint8_t *frame, const struct frame_info *info)
{
	const uint8_t *ip = frame + info->l3_offset;

	if (info->l3 != FRAME_L3_IPV4)
		return FRAME_CHECKSUM_NONE;
	return frame_sum(ip, ipv4_header_len(ip), 0) == 0xffff ? FRAME_CHECKSUM_GOOD :
								  FRAME_CHECKSUM_BAD;
}

enum frame_checksum frame_check_l4(const uint8_t *frame, const struct frame_info *info)
{
	if (info->l4 == FRAME_L4_NONE)
		return FRAME_CHECKSUM_NONE;
	/* UDP over IPv6 has no "not computed" (RFC 8200 section 8.1). */
	if (info->l4 == FRAME_L4_UDP && wire_get16(frame + l4_checksum_offset(info)) == 0)
		return info->l3 == FRAME_L3_IPV4 ? FRAME_CHECKSUM_NONE : FRAME_CHECKSUM_BAD;
	return l4_sum(frame, info) == 0xffff ? FRAME_CHECKSUM_GOOD : FRAME_CHECKSUM_BAD;
}

void frame_fill_l3(uint8_t *frame, const struct frame_info *info)
{
	uint8_t *ip = frame + info->l3_offset;

	if (info->l3 != FRAME_L3_IPV4)
		return;
	wire_put16(ip + IPV4_CHECKSUM, 0);
	wire_put16(ip + IPV4_CHECKSUM, (uint16_t)~frame_sum(ip, ipv4_header_len(ip), 0));
}

void frame_fill_l4(uint8_t *frame, const struct frame_info *info)
{
	uint8_t *field = frame + l4_checksum_offset(info);
	uint16_t checksum;

	if (info->l4 == FRAME_L4_NONE)
		return;
	wire_put16(field, 0);
	checksum = (uint16_t)~l4_sum(frame, info);
	if (checksum == 0 && info->l4 == FRAME_L4_UDP)
		checksum = 0xffff; /* RFC 768: zero says there is none */
	wire_put16(field, checksum);
}
