// SPDX-License-Identifier: BSD-3-Clause
/*
 * Which send queues were rung. A doorbell counts if it is one: in a register, in the page the SQ
 * was made with, in network byte order, with a size, and of a WQE that the doorbell record has
 * announced. Then the SQ may be looked at up to that WQE's end, and not beyond.
 *
 * Trapped pages show each store, so this is exact. Pages that are plain memory keep the last store
 * only, and several SQs may share a register (all of mlx5e's do, all of net_mlx5's with DevX): what
 * is found there may have overwritten another's. So there a doorbell of one SQ also lets the others
 * of its page be looked at, as far as their records go: no driver that rings stalls, and one that
 * forgets to, or rings in the wrong place, is found out unless a neighbour rings for it. A page
 * with one SQ is as strict as a trapped one. What was seen is taken out of the register, so that
 * the same eight bytes again are a doorbell again (an SQ that was reset begins with the same WQE).
 */
#include "doorbell.h"

#include "ifc.h"
#include "record.h"

#include "../log.h"

#define SQN_SHIFT 8
#define INDEX_SHIFT 8
#define SIZE_MASK 0x3fu
#define BLOCKS_HALF 0x8000u /* indices are compared modulo 1 << 16 */

struct doorbell {
	uint32_t sqn;
	uint16_t index;      /* of the WQE's first block */
	unsigned int blocks; /* that it has; 0: no WQE has that size */
};

/* The register's two dwords as they are in memory. */
static struct doorbell parse(uint64_t value)
{
	uint8_t bytes[8];

	memcpy(bytes, &value, sizeof(bytes));
	return (struct doorbell){
		.sqn = cx_get32(bytes, 4) >> SQN_SHIFT,
		.index = (uint16_t)(cx_get32(bytes, 0) >> INDEX_SHIFT),
		.blocks = ((cx_get32(bytes, 4) & SIZE_MASK) + 3) / 4,
	};
}

/* Announced, not yet executed blocks; the record may say anything. */
static uint16_t announced(struct cx *cx, const struct cx_sq *sq)
{
	uint32_t producer;

	if (!cx_record_read(cx->config.mem, sq->wq.dbr, CX_RECORD_SQ, &producer))
		return 0;
	return (uint16_t)(producer - sq->consumer);
}

static void allow(struct cx_sq *sq, uint16_t until)
{
	uint16_t ahead = (uint16_t)(until - sq->rung);

	if (ahead != 0 && ahead < BLOCKS_HALF)
		sq->rung = until;
}

static struct cx_sq *sq_of(struct cx *cx, uint32_t page, uint32_t number)
{
	struct cx_sq *sq = (struct cx_sq *)cx_object_find(cx, CX_SQ, number);

	return sq != NULL && sq->uar == page ? sq : NULL;
}

static bool ring(struct cx *cx, uint32_t page, uint64_t value)
{
	struct doorbell bell = parse(value);
	struct cx_sq *sq = sq_of(cx, page, bell.sqn);
	uint16_t until = (uint16_t)(bell.index + bell.blocks), ahead;

	if (sq == NULL || bell.blocks == 0) {
		lab_log(LAB_LOG_INFO, "connectx", "UAR %u: 0x%016llx is no doorbell of its SQs",
			page, (unsigned long long)__builtin_bswap64(value));
		return false;
	}
	ahead = (uint16_t)(until - sq->consumer);
	if (ahead < BLOCKS_HALF && ahead > announced(cx, sq)) {
		lab_log(LAB_LOG_INFO, "connectx",
			"SQ 0x%x: doorbell of WQE 0x%x, which its record does not announce",
			bell.sqn, bell.index);
		return false;
	}
	allow(sq, until);
	return true;
}

void cx_doorbell_store(struct cx *cx, uint64_t offset, uint64_t value, unsigned int size)
{
	uint32_t page = (uint32_t)(offset / LAB_PAGE_SIZE) + CX_UAR_FIRST;
	uint64_t in_page = offset % LAB_PAGE_SIZE, reg = in_page & ~7ull, both;

	if (cx->config.doorbells != CX_DOORBELLS_TRAPPED || reg < CX_DOORBELL_FIRST ||
	    reg % CX_DOORBELL_STRIDE != 0)
		return;
	/* A 32-bit driver stores twice, and rings with the second half. */
	if (size == 8 && in_page == reg) {
		ring(cx, page, value);
	} else if (size == 4 && in_page == reg + 4) {
		memcpy(&both, cx->uar + (offset & ~7ull), sizeof(both));
		ring(cx, page, both);
	}
}

/* Somebody's doorbell may have been overwritten by one of the same page. */
static void allow_neighbours(struct cx *cx, uint32_t page)
{
	struct cx_object *object = NULL;

	while ((object = cx_object_next(cx, CX_SQ, object)) != NULL) {
		struct cx_sq *sq = (struct cx_sq *)object;

		if (sq->uar == page)
			allow(sq, (uint16_t)(sq->consumer + announced(cx, sq)));
	}
}

static unsigned int queues_of(struct cx *cx, uint32_t page)
{
	struct cx_object *object = NULL;
	unsigned int n = 0;

	while ((object = cx_object_next(cx, CX_SQ, object)) != NULL)
		n += ((struct cx_sq *)object)->uar == page;
	return n;
}

void cx_doorbell_poll(struct cx *cx)
{
	struct cx_object *uar = NULL;

	while ((uar = cx_object_next(cx, CX_UAR, uar)) != NULL) {
		uint8_t *page = cx->uar + (size_t)(uar->number - CX_UAR_FIRST) * LAB_PAGE_SIZE;
		bool rung = false;

		for (unsigned int at = CX_DOORBELL_FIRST; at < LAB_PAGE_SIZE;
		     at += CX_DOORBELL_STRIDE) {
			uint64_t *reg = (uint64_t *)(page + at), value;

			/* Nothing, or the first half of what a 32-bit processor stores. */
			if (__atomic_load_n(reg, __ATOMIC_RELAXED) >> 32 == 0)
				continue;
			/* Acquire: the records stored before the doorbell are seen after it. */
			value = __atomic_exchange_n(reg, 0, __ATOMIC_ACQUIRE);
			rung |= value != 0 && ring(cx, uar->number, value);
		}
		if (rung && queues_of(cx, uar->number) > 1)
			allow_neighbours(cx, uar->number);
	}
}

unsigned int cx_doorbell_allows(const struct cx *cx, const struct cx_sq *sq, unsigned int blocks)
{
	uint16_t allowed = (uint16_t)(sq->rung - sq->consumer);

	if (cx->config.doorbells == CX_DOORBELLS_RECORDS)
		return blocks;
	if (allowed >= BLOCKS_HALF)
		return 0;
	return allowed < blocks ? allowed : blocks;
}
