/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Doorbell registers of UAR pages: from 0x800 on, one every 0x100 bytes (two BlueFlame buffers a
 * register of 1 << log_bf_reg_size), each takes the first eight bytes of the last posted WQE's
 * control segment: its index, its opcode, the SQ's number and its size. Internal to connectx/.
 * Source: docs/protocol.md 7.7, linux/mlx5/doorbell.h, core/uar.c.
 */
#ifndef LAB_CX_DOORBELL_H
#define LAB_CX_DOORBELL_H

#include "objects.h"

#define CX_DOORBELL_FIRST 0x800u
#define CX_DOORBELL_STRIDE 0x100u

/* A store by the guest to a trapped UAR page; `offset` from the first page's start. */
void cx_doorbell_store(struct cx *cx, uint64_t offset, uint64_t value, unsigned int size);
/* CX_DOORBELLS_POLLED: what was stored in the registers since the last time. */
void cx_doorbell_poll(struct cx *cx);
/* Of so many blocks that the doorbell record announces, those that may be looked at. */
unsigned int cx_doorbell_allows(const struct cx *cx, const struct cx_sq *sq, unsigned int blocks);

#endif
