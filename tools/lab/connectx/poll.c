// SPDX-License-Identifier: BSD-3-Clause
/*
 * One round over everything a guest may have moved without telling: doorbells and their records,
 * queues in error that still have posted work to flush, arm records. One load a queue. What was
 * received since the last round and held back to be compressed is written now.
 */
#include "doorbell.h"
#include "objects.h"

static bool poll_send_queues(struct cx *cx)
{
	struct cx_object *object = NULL;
	bool moved = false;

	while ((object = cx_object_next(cx, CX_SQ, object)) != NULL) {
		struct cx_sq *sq = (struct cx_sq *)object;

		switch (sq->state) {
		case CX_QUEUE_RDY:
			moved |= cx_sq_poll(cx, sq);
			break;
		case CX_QUEUE_ERR:
			moved |= cx_sq_flush(cx, sq);
			break;
		case CX_QUEUE_RST:
			break;
		}
	}
	return moved;
}

static bool poll_receive_queues(struct cx *cx)
{
	struct cx_object *object = NULL;
	bool moved = false;

	while ((object = cx_object_next(cx, CX_RQ, object)) != NULL) {
		struct cx_rq *rq = (struct cx_rq *)object;

		if (rq->state == CX_QUEUE_ERR)
			moved |= cx_rq_flush(cx, rq);
	}
	return moved;
}

static bool poll_completion_queues(struct cx *cx)
{
	struct cx_object *object = NULL;
	bool moved = false;

	while ((object = cx_object_next(cx, CX_CQ, object)) != NULL) {
		struct cx_cq *cq = (struct cx_cq *)object;

		moved |= cx_session_end(cx, cq);
		moved |= cx_cq_check_arm(cx, cq);
	}
	return moved;
}

bool cx_sends_wait(struct cx *cx)
{
	struct cx_object *object = NULL;

	if (!cx->in_service)
		return false;
	if (cx->config.doorbells == CX_DOORBELLS_POLLED)
		cx_doorbell_poll(cx);
	while ((object = cx_object_next(cx, CX_SQ, object)) != NULL)
		if (cx_sq_waits(cx, (const struct cx_sq *)object))
			return true;
	return false;
}

bool cx_poll_sends(struct cx *cx)
{
	if (!cx->in_service)
		return false;
	if (cx->config.doorbells == CX_DOORBELLS_POLLED)
		cx_doorbell_poll(cx);
	return poll_send_queues(cx);
}

bool cx_poll_rest(struct cx *cx)
{
	bool moved;

	if (!cx->in_service)
		return false;
	moved = poll_receive_queues(cx);
	moved |= cx_late_poll(cx);
	moved |= poll_completion_queues(cx);
	return moved;
}

bool cx_poll(struct cx *cx)
{
	bool moved = cx_poll_sends(cx);

	moved |= cx_poll_rest(cx);
	return moved;
}

/* A CQ alone keeps the device awake: its consumer may arm it late, with entries waiting. */
bool cx_is_idle(const struct cx *cx)
{
	return !cx->in_service || cx->table[CX_CQ].count == 0;
}
