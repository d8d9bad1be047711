// SPDX-License-Identifier: BSD-3-Clause
/*
 * Events: asynchronous ones, which a context reads from its async_fd, and completion events, which
 * come through a channel. Both are pipes, so that poll(2) and O_NONBLOCK do what a program expects
 * of the kernel's files. Source: ibv_get_async_event(3), ibv_get_cq_event(3).
 */
#define _GNU_SOURCE
#include "objects.h"

#include "../log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

/* ------------------------------------------------------------------------- asynchronous ---- */

void async_event(struct vb_context *context, const struct ibv_async_event *event)
{
	if (context->async_write < 0)
		return;
	/* A pipe takes what is shorter than PIPE_BUF whole or not at all. */
	if (write(context->async_write, event, sizeof(*event)) != (ssize_t)sizeof(*event))
		lab_log(LAB_LOG_WARN, "verbs", "an asynchronous event is lost: nobody reads");
}

void async_device_event(struct vb_device *device, enum ibv_event_type type, int port)
{
	struct ibv_async_event event = { .element.port_num = port, .event_type = type };

	for (struct vb_context *context = device->contexts; context != NULL;
	     context = context->next)
		async_event(context, &event);
}

void async_cq_error(struct vb_device *device, uint32_t cqn)
{
	for (struct vb_context *context = device->contexts; context != NULL;
	     context = context->next) {
		struct vb_cq *cq = cq_find(context, cqn);
		struct ibv_async_event event = { .event_type = IBV_EVENT_CQ_ERR };

		if (cq == NULL)
			continue;
		event.element.cq = &cq->ibv;
		async_event(context, &event);
	}
}

void async_close(struct vb_context *context)
{
	if (context->async_write >= 0)
		close(context->async_write);
	context->async_write = -1;
}

/* How many events were given out for the object an event is about; NULL: it is about none. */
static unsigned int *given_out(const struct ibv_async_event *event)
{
	switch (event->event_type) {
	case IBV_EVENT_CQ_ERR:
		return &((struct vb_cq *)event->element.cq)->async_events;
	case IBV_EVENT_QP_FATAL:
	case IBV_EVENT_QP_REQ_ERR:
	case IBV_EVENT_QP_ACCESS_ERR:
	case IBV_EVENT_SQ_DRAINED:
		return &((struct vb_qp *)event->element.qp)->async_events;
	case IBV_EVENT_WQ_FATAL:
		return &((struct vb_wq *)event->element.wq)->async_events;
	default:
		return NULL;
	}
}

int ibv_get_async_event(struct ibv_context *context, struct ibv_async_event *event)
{
	ssize_t n = read(context->async_fd, event, sizeof(*event));
	unsigned int *given;

	if (n != (ssize_t)sizeof(*event)) {
		if (n >= 0)
			errno = EIO; /* the device is gone and has said all it had to */
		return -1;
	}
	given = given_out(event);
	if (given != NULL)
		(*given)++;
	return 0;
}

static void acknowledge(pthread_mutex_t *mutex, pthread_cond_t *cond, uint32_t *completed,
			unsigned int n)
{
	pthread_mutex_lock(mutex);
	*completed += n;
	pthread_cond_signal(cond);
	pthread_mutex_unlock(mutex);
}

void ibv_ack_async_event(struct ibv_async_event *event)
{
	struct ibv_cq *cq = event->element.cq;
	struct ibv_qp *qp = event->element.qp;
	struct ibv_wq *wq = event->element.wq;

	switch (event->event_type) {
	case IBV_EVENT_CQ_ERR:
		acknowledge(&cq->mutex, &cq->cond, &cq->async_events_completed, 1);
		break;
	case IBV_EVENT_QP_FATAL:
	case IBV_EVENT_QP_REQ_ERR:
	case IBV_EVENT_QP_ACCESS_ERR:
	case IBV_EVENT_SQ_DRAINED:
		acknowledge(&qp->mutex, &qp->cond, &qp->events_completed, 1);
		break;
	case IBV_EVENT_WQ_FATAL:
		acknowledge(&wq->mutex, &wq->cond, &wq->events_completed, 1);
		break;
	default:
		break;
	}
}

/* --------------------------------------------------------------------------- completions ---- */

struct ibv_comp_channel *ibv_create_comp_channel(struct ibv_context *context)
{
	struct vb_channel *channel = calloc(1, sizeof(*channel));
	int ends[2];

	if (channel == NULL)
		return NULL;
	if (pipe2(ends, O_CLOEXEC) < 0) {
		free(channel);
		return NULL;
	}
	fcntl(ends[1], F_SETFL, O_NONBLOCK);
	channel->ibv.context = context;
	channel->ibv.fd = ends[0];
	channel->write = ends[1];
	return &channel->ibv;
}

int ibv_destroy_comp_channel(struct ibv_comp_channel *ibv)
{
	struct vb_context *context = vb_context(ibv->context);
	struct vb_channel *channel = (struct vb_channel *)ibv;
	bool busy;

	machine_lock(context->device->machine);
	busy = ibv->refcnt > 0;
	machine_unlock(context->device->machine);
	if (busy)
		return EBUSY;
	close(ibv->fd);
	close(channel->write);
	free(channel);
	return 0;
}

void async_completion(struct vb_device *device, uint32_t cqn)
{
	for (struct vb_context *context = device->contexts; context != NULL;
	     context = context->next) {
		struct vb_cq *cq = cq_find(context, cqn);
		struct vb_channel *channel;

		if (cq == NULL)
			continue;
		cq->arm_sequence++;
		channel = (struct vb_channel *)cq->ibv.channel;
		if (channel != NULL && write(channel->write, &cq, sizeof(cq)) != sizeof(cq))
			lab_log(LAB_LOG_WARN, "verbs", "a completion event is lost: nobody reads");
	}
}

int ibv_get_cq_event(struct ibv_comp_channel *channel, struct ibv_cq **cq, void **cq_context)
{
	struct vb_cq *ready;
	ssize_t n = read(channel->fd, &ready, sizeof(ready));

	if (n != (ssize_t)sizeof(ready)) {
		if (n >= 0)
			errno = EIO;
		return -1;
	}
	ready->comp_events++;
	*cq = &ready->ibv;
	*cq_context = ready->ibv.cq_context;
	return 0;
}

void ibv_ack_cq_events(struct ibv_cq *cq, unsigned int n)
{
	acknowledge(&cq->mutex, &cq->cond, &cq->comp_events_completed, n);
}
