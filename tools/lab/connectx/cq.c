// SPDX-License-Identifier: BSD-3-Clause
/*
 * Completion queues: writing entries, and deciding when the consumer gets an event.
 *
 * The arm rule. The consumer keeps a sequence number that grows by one for every completion event
 * it handles (++cq->arm_sn in eq.c mlx5_eq_comp_int; mlx5_cq_event() in rdma-core), and arms by
 * writing {sn mod 4, command, consumer index} to the arm record. We keep the number of events sent
 * and hold the CQ armed if, and only if, sn equals it modulo 4. Both sides start at 0. So
 *   - an arm is good for one event: sending it makes the numbers differ until the consumer has
 *     handled the event and arms again, however often it re-arms (NAPI re-arms every CQ of its
 *     channel each time it ends) while that event is still under way;
 *   - the kernel's initial record, sn 2 (cq.c MLX5_CQ_INIT_CMD_SN), is not armed;
 *   - rdma-core's initial record, 0, is: one early event, which changes nothing for a consumer
 *     that polls first.
 * The index in the record is what the consumer has seen; an event is due when there are entries
 * beyond it. The consumer does not look again after arming, so we do: on every push and on every
 * poll round. "Solicited only" is treated as "any": Ethernet carries no solicited bit, and one
 * event too many is harmless where one too few is a hang.
 */
#include "command.h"
#include "cqe.h"
#include "ifc.h"
#include "objects.h"
#include "record.h"

#include "../log.h"

#define PARTY "connectx"

enum {
	EVENT_COMPLETION = 0x00,
	EVENT_CQ_ERROR = 0x04,
};
enum cq_error { CQ_ERROR_OVERRUN = 1, CQ_ERROR_ACCESS = 2 };

/* Event data (linux/mlx5/device.h struct mlx5_eqe_comp, struct mlx5_eqe_cq_err). */
#define EVENT_DATA 28
#define COMPLETION_CQN 24
#define CQ_ERROR_CQN 0
#define CQ_ERROR_SYNDROME 11

#define INDEX_MASK 0xffffffu /* of consumer indices in records */
#define INDEX_HALF 0x800000u
#define ARM_SN_SHIFT 28
#define ARM_SN_MASK 3u

static void fail(struct cx *cx, struct cx_cq *cq, enum cq_error syndrome)
{
	uint8_t data[EVENT_DATA] = { 0 };

	cq->error = true;
	lab_log(LAB_LOG_WARN, PARTY, "CQ 0x%x: %s", cq->object.number,
		syndrome == CQ_ERROR_OVERRUN ? "overrun" : "its memory cannot be written");
	cx_set32(data, CQ_ERROR_CQN, cq->object.number);
	data[CQ_ERROR_SYNDROME] = (uint8_t)syndrome;
	cx_event(cx, EVENT_CQ_ERROR, 0, data);
}

uint32_t cx_cq_room(struct cx *cx, const struct cx_cq *cq)
{
	uint32_t size = 1u << cq->log_size, consumer, used;

	if (cq->error || !cx_record_read(cx->config.mem, cq->dbr, CX_RECORD_CQ, &consumer))
		return 0;
	/* Modulo twice the ring, which tells full from empty: net_mlx5 counts in 16 bits. */
	used = ((cq->producer - consumer) & (2 * size - 1)) + cq->late;
	return used < size ? size - used : 0;
}

void cx_cq_fail(struct cx *cx, struct cx_cq *cq)
{
	fail(cx, cq, CQ_ERROR_ACCESS);
}

uint8_t *cx_cq_entry(struct cx *cx, const struct cx_cq *cq, uint32_t index)
{
	size_t stride = cq->cqe128 ? 2 * CX_CQE_SIZE : CX_CQE_SIZE;
	uint64_t offset = (index & ((1u << cq->log_size) - 1)) * stride;
	gpa_t address;

	if (cx_buffer_address(&cq->buffer, offset + stride - CX_CQE_SIZE, CX_CQE_SIZE,
			      &address) != 0)
		return NULL;
	return lab_mem_window(cx->config.mem, address, CX_CQE_SIZE);
}

void cx_cq_write(struct cx *cx, struct cx_cq *cq, const uint8_t cqe[CX_CQE_SIZE], uint32_t count)
{
	uint8_t *entry = cx_cq_entry(cx, cq, cq->producer);
	uint8_t owner = cq->producer >> cq->log_size & CQE_OWNER;

	if (entry == NULL) {
		fail(cx, cq, CQ_ERROR_ACCESS);
		return;
	}
	memcpy(entry, cqe, CQE_OP_OWN);
	/* Release: a consumer that sees the owner bit sees the whole entry. */
	__atomic_store_n(entry + CQE_OP_OWN, (cqe[CQE_OP_OWN] & ~CQE_OWNER) | owner,
			 __ATOMIC_RELEASE);
	cq->producer += count;
	cx_cq_check_arm(cx, cq);
}

void cx_cq_push(struct cx *cx, struct cx_cq *cq, uint8_t cqe[CX_CQE_SIZE])
{
	if (!cx_late_keep(cx, cq, cqe))
		cx_cq_push_now(cx, cq, cqe);
}

void cx_cq_push_now(struct cx *cx, struct cx_cq *cq, uint8_t cqe[CX_CQE_SIZE])
{
	if (cq->error)
		return;
	/* The timer the BAR shows (function.c cx_tick). An error's syndrome takes its place. */
	if (cqe[CQE_OP_OWN] >> CQE_OPCODE_SHIFT < CQE_REQUESTER_ERROR)
		cx_set64(cqe, CQE_TIMESTAMP,
			 lab_clock_now(cx->config.clock) - cx->command->created);
	if (cq->session != NULL && cx_session_add(cx, cq, cqe))
		return;
	if (!cq->ignore_overrun && cx_cq_room(cx, cq) == 0) {
		fail(cx, cq, CQ_ERROR_OVERRUN);
		return;
	}
	cx_cq_write(cx, cq, cqe, 1);
}

bool cx_cq_check_arm(struct cx *cx, struct cx_cq *cq)
{
	uint8_t data[EVENT_DATA] = { 0 };
	uint32_t arm, beyond;

	if (cq->eq == NULL || !cx_record_read(cx->config.mem, cq->dbr, CX_RECORD_ARM, &arm))
		return false;
	beyond = (cq->producer - arm) & INDEX_MASK;
	if ((arm >> ARM_SN_SHIFT & ARM_SN_MASK) != (cq->events & ARM_SN_MASK) || beyond == 0 ||
	    beyond >= INDEX_HALF)
		return false;
	cq->events++;
	cx_set32(data, COMPLETION_CQN, cq->object.number);
	cx_event_to(cx, cq->eq, EVENT_COMPLETION, 0, data);
	return true;
}
