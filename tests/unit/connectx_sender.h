/* SPDX-License-Identifier: BSD-3-Clause */
/* A driver's sending half for the tests: builds send WQEs segment by segment and posts them. */
#ifndef CONNECTX_SENDER_H
#define CONNECTX_SENDER_H

#include "connectx_world.h"

struct sender {
	struct cx_cq cq;
	struct cx_sq sq;
	uint16_t producer;      /* blocks */
	uint32_t completions;   /* CQEs taken */
	uint8_t wqe[CX_WQE_MAX];
	unsigned int ds;
};

static inline void sender_init(struct sender *s, uint8_t log_size)
{
	memset(s, 0, sizeof(*s));
	world_cq(&s->cq, 8, false);
	world_sq(&s->sq, &s->cq, log_size);
}

/* Control and Ethernet segment of a WQE that asks for a CQE. */
static inline void sender_begin(struct sender *s, enum cx_wqe_opcode opcode)
{
	memset(s->wqe, 0, sizeof(s->wqe));
	cx_set32(s->wqe, 0, (uint32_t)s->producer << 8 | (uint32_t)opcode);
	s->wqe[WQE_FM_CE_SE] = 2 << 2;
	s->ds = opcode == WQE_NOP || opcode == WQE_UMR ? 1 : 2;
}

static inline void sender_inline_header(struct sender *s, const uint8_t *frame, size_t len)
{
	cx_set16(s->wqe, WQE_INLINE_SIZE, (uint16_t)len);
	memcpy(s->wqe + WQE_INLINE_START, frame, len);
	s->ds = len <= 2 ? 2 : (unsigned int)(WQE_INLINE_START + len + 15) / 16;
}

/* A data segment of bytes that are put into guest memory. */
static inline void sender_data(struct sender *s, const uint8_t *data, size_t len)
{
	gpa_t at = world_alloc(len, 1);

	memcpy(world_at(at), data, len);
	world_data(s->wqe + s->ds * 16, (uint32_t)len, world_key(&world.pa), at);
	s->ds++;
}

static inline void sender_inline_data(struct sender *s, const uint8_t *data, size_t len)
{
	cx_set32(s->wqe + s->ds * 16, 0, (uint32_t)len | WQE_DATA_INLINE);
	memcpy(s->wqe + s->ds * 16 + 4, data, len);
	s->ds += (unsigned int)(4 + len + 15) / 16;
}

/* Into the ring, block by block; not rung yet. */
static inline void sender_post(struct sender *s)
{
	unsigned int blocks = (s->ds + 3) / 4;
	uint32_t mask = (1u << s->sq.wq.log_size) - 1;

	cx_set32(s->wqe, 4, s->sq.object.number << 8 | s->ds);
	for (unsigned int i = 0; i < blocks; i++)
		memcpy(world_in(&s->sq.wq.buffer, ((s->producer + i) & mask) * 64), s->wqe + i * 64,
		       64);
	s->producer = (uint16_t)(s->producer + blocks);
}

static inline bool sender_ring(struct sender *s)
{
	world_record(s->sq.wq.dbr, 4, s->producer);
	return cx_sq_poll(&world.cx, &s->sq);
}

static inline const uint8_t *sender_cqe(struct sender *s)
{
	const uint8_t *cqe = world_cqe(&s->cq, s->completions);

	if (cqe != NULL)
		world_record(s->cq.dbr, 0, ++s->completions & 0xffffff);
	return cqe;
}

#endif
