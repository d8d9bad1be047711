// SPDX-License-Identifier: BSD-3-Clause
/*
 * Receive-side scaling: a TIR's hash over the addresses and ports it selects, and its indirection
 * table. A TIR is made for one kind of traffic (l3_prot_type, l4_prot_type): frames of another
 * kind that reach it have no such fields and hash less, or not at all. The symmetric form sorts
 * each pair, addresses and ports, before hashing (DPDK's SYMMETRIC_TOEPLITZ_SORT is this bit).
 */
#include "rss.h"

#include "cqe.h"

#include <string.h>

#define FIELDS (FRAME_HASH_SRC_IP | FRAME_HASH_DST_IP | FRAME_HASH_SRC_PORT | FRAME_HASH_DST_PORT)
#define PORTS (FRAME_HASH_SRC_PORT | FRAME_HASH_DST_PORT)

enum hash_fn { HASH_NONE = 0, HASH_INVERTED_XOR8 = 1, HASH_TOEPLITZ = 2 };

/* The bytes that are hashed: an IP header with nothing but addresses in it, then the ports. */
struct tuple {
	uint8_t bytes[44];
	struct frame_info info;
	size_t address, src, dst; /* length; offsets */
};
#define TUPLE_L4 40

#define IPV4_SRC 12
#define IPV4_DST 16
#define IPV6_SRC 8
#define IPV6_DST 24
#define PORT_LEN 2

static void swap_if_greater(uint8_t *a, uint8_t *b, size_t len)
{
	uint8_t t[16];

	if (memcmp(a, b, len) <= 0)
		return;
	memcpy(t, a, len);
	memcpy(a, b, len);
	memcpy(b, t, len);
}

static void tuple_init(struct tuple *t, const uint8_t *frame, const struct frame_info *info,
		       bool symmetric)
{
	bool v6 = info->l3 == FRAME_L3_IPV6;

	*t = (struct tuple){ .info = { .l3 = info->l3, .l4 = info->l4, .l4_offset = TUPLE_L4 } };
	t->address = v6 ? 16 : 4;
	t->src = v6 ? IPV6_SRC : IPV4_SRC;
	t->dst = v6 ? IPV6_DST : IPV4_DST;
	memcpy(t->bytes + t->src, frame + info->l3_offset + t->src, 2 * t->address);
	if (info->l4 != FRAME_L4_NONE)
		memcpy(t->bytes + TUPLE_L4, frame + info->l4_offset, 2 * PORT_LEN);
	if (symmetric) {
		swap_if_greater(t->bytes + t->src, t->bytes + t->dst, t->address);
		swap_if_greater(t->bytes + TUPLE_L4, t->bytes + TUPLE_L4 + PORT_LEN, PORT_LEN);
	}
}

static uint8_t xor_of(const uint8_t *p, size_t len)
{
	uint8_t x = 0;

	while (len-- > 0)
		x ^= *p++;
	return x;
}

static uint32_t inverted_xor8(const struct tuple *t, uint32_t fields)
{
	uint8_t x = 0;

	if (fields & FRAME_HASH_SRC_IP)
		x ^= xor_of(t->bytes + t->src, t->address);
	if (fields & FRAME_HASH_DST_IP)
		x ^= xor_of(t->bytes + t->dst, t->address);
	if (fields & FRAME_HASH_SRC_PORT)
		x ^= xor_of(t->bytes + TUPLE_L4, PORT_LEN);
	if (fields & FRAME_HASH_DST_PORT)
		x ^= xor_of(t->bytes + TUPLE_L4 + PORT_LEN, PORT_LEN);
	return (uint8_t)~x;
}

/* Of what the TIR selects, what this frame has. */
static uint32_t fields_of(const struct cx_tir *tir, const struct frame_info *info)
{
	uint32_t fields = tir->fields & FIELDS;

	if (info->l3 != (tir->l3_ipv6 ? FRAME_L3_IPV6 : FRAME_L3_IPV4))
		return 0;
	if (info->l4 != (tir->l4_udp ? FRAME_L4_UDP : FRAME_L4_TCP))
		fields &= ~(uint32_t)PORTS;
	return fields;
}

static uint8_t hash_type(const struct frame_info *info, uint32_t fields)
{
	uint8_t ip = info->l3 == FRAME_L3_IPV6 ? CQE_HASH_IPV6 : CQE_HASH_IPV4;
	uint8_t l4 = info->l4 == FRAME_L4_UDP ? CQE_HASH_UDP : CQE_HASH_TCP;
	uint8_t type = 0;

	if (fields & FRAME_HASH_SRC_IP)
		type |= ip << CQE_HASH_SRC_IP_SHIFT;
	if (fields & FRAME_HASH_DST_IP)
		type |= ip << CQE_HASH_DST_IP_SHIFT;
	if (fields & FRAME_HASH_SRC_PORT)
		type |= l4 << CQE_HASH_SRC_PORT_SHIFT;
	if (fields & FRAME_HASH_DST_PORT)
		type |= l4 << CQE_HASH_DST_PORT_SHIFT;
	return type;
}

static void hash(const struct cx_tir *tir, const uint8_t *frame, const struct frame_info *info,
		 struct cx_rss *rss)
{
	uint32_t fields = fields_of(tir, info);
	struct tuple t;

	if (fields == 0 || tir->hash_fn == HASH_NONE)
		return;
	tuple_init(&t, frame, info, tir->symmetric);
	if (tir->hash_fn == HASH_TOEPLITZ)
		rss->hash = frame_toeplitz(t.bytes, &t.info, fields, tir->key);
	else
		rss->hash = inverted_xor8(&t, fields);
	rss->hash_type = hash_type(info, fields);
}

bool cx_rss_select(const struct cx_tir *tir, const uint8_t *frame, const struct frame_info *info,
		   struct cx_rss *rss)
{
	*rss = (struct cx_rss){ 0 };
	if (!tir->indirect) {
		rss->rq = tir->rq;
		return true;
	}
	if (tir->rqt == NULL || tir->rqt->size == 0)
		return false;
	hash(tir, frame, info, rss);
	rss->rq = tir->rqt->rq[rss->hash & (tir->rqt->size - 1)];
	return true;
}
