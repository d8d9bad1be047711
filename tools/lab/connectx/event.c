// SPDX-License-Identifier: BSD-3-Clause
/*
 * Event queue entries. EQs count as always armed and their consumer index is not known: all EQs of
 * a driver ring one UAR address that is plain memory here, so their doorbells overwrite each other
 * (docs/protocol.md 7.7). An EQ cannot overrun as long as at most one completion event is sent per
 * arming of a CQ, which cq.c sees to, and drivers leave room for the rest.
 */
#include "command.h"

#include "../log.h"

#define EQE_SIZE 64u
#define EQE_TYPE 0x1
#define EQE_SUBTYPE 0x3
#define EQE_DATA 0x20
#define EQE_DATA_SIZE 28
#define EQE_OWNER 0x3f
#define EVENT_TYPES 64

void cx_event_to(struct cx *cx, struct cx_eq *eq, uint8_t type, uint8_t subtype,
		 const uint8_t data[28])
{
	uint32_t index = eq->producer & ((1u << eq->log_size) - 1);
	uint8_t owner = eq->producer >> eq->log_size & 1;
	uint8_t eqe[EQE_SIZE] = { [EQE_TYPE] = type, [EQE_SUBTYPE] = subtype };
	uint8_t *window = NULL;
	gpa_t at;

	memcpy(eqe + EQE_DATA, data, EQE_DATA_SIZE);
	if (cx_buffer_address(&eq->buffer, (uint64_t)index * EQE_SIZE, EQE_SIZE, &at) == 0)
		window = lab_mem_window(cx->config.mem, at, EQE_SIZE);
	if (window == NULL) {
		lab_log(LAB_LOG_INFO, "connectx", "EQ %u lost its memory: event 0x%x dropped",
			eq->object.number, type);
		return;
	}
	memcpy(window, eqe, EQE_OWNER);
	/* Release: the driver takes the entry when the owner bit turns (mlx5/core/lib/eq.h). */
	__atomic_store_n(window + EQE_OWNER, owner, __ATOMIC_RELEASE);
	eq->producer++;
	if (cx->config.raise != NULL)
		cx->config.raise(cx->config.raise_ctx, eq->vector);
}

void cx_event(struct cx *cx, uint8_t type, uint8_t subtype, const uint8_t data[28])
{
	struct cx_object *object = NULL;

	if (type >= EVENT_TYPES)
		return;
	while ((object = cx_object_next(cx, CX_EQ, object)) != NULL) {
		struct cx_eq *eq = (struct cx_eq *)object;

		if (eq->event_mask & 1ull << type)
			cx_event_to(cx, eq, type, subtype, data);
	}
}
