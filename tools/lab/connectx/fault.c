// SPDX-License-Identifier: BSD-3-Clause
/*
 * What the function can be told to do wrong: fail the next piece of work of a queue, and be late
 * with completions. Late ones are kept in the order in which they came, of all CQs, and written
 * when they are due (cx_poll()); the work itself is not late: the frame has long left.
 */
#include "objects.h"

#include <stdlib.h>
#include <string.h>

struct cx_late {
	struct cx_late *next;
	struct cx_cq *cq;
	uint64_t due;   /* clock */
	uint8_t cqe[64];
};

void cx_fault_cqe(struct cx *cx, enum cx_fault_queue queue, bool on)
{
	cx->faults.error[queue] = on;
}

bool cx_fault_take(struct cx *cx, enum cx_fault_queue queue)
{
	bool on = cx->faults.error[queue];

	cx->faults.error[queue] = false;
	return on;
}

void cx_fault_slow_completions(struct cx *cx, uint64_t delay)
{
	cx->faults.delay = delay;
	if (delay == 0)
		cx_late_poll(cx);
}

/* Takes the first out; its CQ's count with it. */
static struct cx_late *first_take(struct cx *cx)
{
	struct cx_late *late = cx->faults.first;

	cx->faults.first = late->next;
	if (late->next == NULL)
		cx->faults.last = NULL;
	late->cq->late--;
	return late;
}

bool cx_late_poll(struct cx *cx)
{
	uint64_t now = cx->faults.first != NULL ? lab_clock_now(cx->config.clock) : 0;
	bool moved = false;

	while (cx->faults.first != NULL &&
	       (cx->faults.delay == 0 || cx->faults.first->due <= now)) {
		struct cx_late *late = first_take(cx);

		cx_cq_push_now(cx, late->cq, late->cqe);
		free(late);
		moved = true;
	}
	return moved;
}

bool cx_late_keep(struct cx *cx, struct cx_cq *cq, const uint8_t cqe[64])
{
	struct cx_late *late;

	if (cx->faults.delay == 0 || cq->error)
		return false;
	late = malloc(sizeof(*late));
	if (late == NULL) {
		while (cx->faults.first != NULL) { /* in order, if not in time */
			late = first_take(cx);
			cx_cq_push_now(cx, late->cq, late->cqe);
			free(late);
		}
		return false;
	}
	late->next = NULL;
	late->cq = cq;
	late->due = lab_clock_now(cx->config.clock) + cx->faults.delay;
	memcpy(late->cqe, cqe, sizeof(late->cqe));
	if (cx->faults.last != NULL)
		cx->faults.last->next = late;
	else
		cx->faults.first = late;
	cx->faults.last = late;
	cq->late++;
	return true;
}

void cx_late_forget(struct cx *cx, struct cx_cq *cq)
{
	struct cx_late **at = &cx->faults.first;

	if (cq->late == 0)
		return;
	cx->faults.last = NULL;
	while (*at != NULL) {
		struct cx_late *late = *at;

		if (late->cq == cq) {
			*at = late->next;
			free(late);
		} else {
			cx->faults.last = late;
			at = &late->next;
		}
	}
	cq->late = 0;
}
