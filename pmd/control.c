// SPDX-License-Identifier: BSD-3-Clause
/* The control thread: see control.h. */
#include "control.h"
#include "failover.h"
#include "link.h"
#include "look.h"
#include "port.h"
#include "switch.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <poll.h>
#include <rte_alarm.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define WATCHDOG_NS 10000000ull	  /* how often completions are looked at */
#define REASON 256
enum { EVENT_LINK = 1, EVENT_REMOVED = 2 }; /* for the application */

struct an_control {
	pthread_t thread;
	int wake;                       /* eventfd */
	bool stop;                      /* atomic */
	struct an_pair_watch *watch;    /* NULL: the kernel's messages cannot be had */
	uint32_t watched_vf;
	struct an_failover failover;
	struct an_failover_facts facts;
	struct an_look *look;
	bool told_up;                   /* the link as the application last heard of it */
	uint32_t told_speed;
	unsigned int events;            /* atomic; EVENT_*, not delivered yet */
	bool removed;                   /* the synthetic interface itself is gone */
	char reason[REASON];            /* why the last try failed; said once each */
	uint64_t looked, watch_clock;   /* ns; see watch_clock() */
};

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

static uint16_t port_id(const struct an_port *port)
{
	return port->data->port_id;
}

/* ---------------------------------------------------------------------------------- facts -- */

static void facts_from_pair(struct an_port *port)
{
	const struct an_pair *pair = &port->pair;
	struct an_failover_facts *facts = &port->control->facts;

	port->state = pair->state;
	facts->usable = pair->state == AN_VF_ACTIVE && pair->rdma[0] != '\0';
	facts->instance = pair->vf.ifindex;
}

/* The interface may have another name by now. */
static void name_follow(struct an_port *port)
{
	char reason[AN_SYNTHETIC_REASON] = "";

	if (port->slow_ops->link_changed(port->slow, reason) != 0)
		AN_LOG(WARNING, port, "%s", reason);
}

static void answer_apply(struct an_port *port, const struct an_look_answer *answer)
{
	struct an_control *control = port->control;

	if (answer->err == -ENODEV || answer->err == -ENOTSUP) {
		control->facts.usable = false;
		control->removed = true;
		return;
	}
	if (answer->err != 0)
		return; /* the kernel could not say; it is asked again */
	port->pair = answer->pair;
	port->speed = answer->speed;
	facts_from_pair(port);
	name_follow(port);
	if (control->watch != NULL && port->pair.vf.ifindex != control->watched_vf) {
		control->watched_vf = port->pair.vf.ifindex;
		an_pair_watch_set_vf(control->watch, port->pair.vf.ifindex);
	}
}

/* True if there is news of the pair or the link. */
static bool answer_take(struct an_port *port)
{
	struct an_control *control = port->control;
	struct an_look_answer answer;

	if (control->look == NULL || !an_look_take(control->look, &answer))
		return false;
	answer_apply(port, &answer);
	return true;
}

static void watch_event(const struct an_pair_event *event, void *ctx)
{
	struct an_port *port = ctx;

	an_look_ask(port->control->look);
	if (event->vf_is_lost)
		port->control->facts.usable = false;
}

/* Verbs' own word: the device is lost, or its link changed. */
static void async_events_read(struct an_port *port)
{
	struct ibv_async_event event;

	while (ibv_get_async_event(port->vf.context, &event) == 0) {
		switch (event.event_type) {
		case IBV_EVENT_DEVICE_FATAL:
			port->control->facts.gone = true;
			port->vf.gone = true;
			break;
		case IBV_EVENT_PORT_ACTIVE:
		case IBV_EVENT_PORT_ERR:
			an_look_ask(port->control->look);
			break;
		case IBV_EVENT_QP_FATAL:
		case IBV_EVENT_WQ_FATAL:
		case IBV_EVENT_CQ_ERR:
			port->control->facts.failed = true;
			break;
		default:
			break;
		}
		ibv_ack_async_event(&event);
	}
	if (errno == EIO) { /* the kernel has taken the device from us */
		port->control->facts.gone = true;
		port->vf.gone = true;
	}
}

/*
 * The watchdog's time. It stands still while this thread does not run: where a virtual CPU was
 * taken away for a while, the device's silence proves nothing.
 */
static uint64_t watch_clock(struct an_control *control, uint64_t now)
{
	uint64_t passed = now - control->looked;

	control->looked = now;
	control->watch_clock += passed < 2 * WATCHDOG_NS ? passed : 2 * WATCHDOG_NS;
	return control->watch_clock;
}

static void queues_look(struct an_port *port, uint64_t now)
{
	struct an_failover_facts *facts = &port->control->facts;
	bool stalled = false;

	for (unsigned int i = 0; i < port->data->nb_tx_queues; i++) {
		struct an_txq *txq = port->data->tx_queues[i];

		facts->failed |= __atomic_load_n(&txq->sq.failed, __ATOMIC_RELAXED);
		stalled |= an_txq_is_stalled(txq, now, AN_FAILOVER_STALL_NS);
	}
	for (unsigned int i = 0; i < port->data->nb_rx_queues; i++) {
		struct an_rxq *rxq = port->data->rx_queues[i];

		facts->failed |= __atomic_load_n(&rxq->rq.failed, __ATOMIC_RELAXED);
	}
	facts->stalled = stalled;
	an_mr_serve(&port->vf.memory);
}

/* ------------------------------------------------------------------------------- decision -- */

/* ibv_get_async_event must not wait: the thread has other things to look at. */
static void async_fd_prepare(struct an_port *port)
{
	int fd = port->vf.context->async_fd;
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0)
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

static bool action_enter(struct an_port *port)
{
	struct an_control *control = port->control;
	char reason[REASON] = "";

	if (an_switch_enter(port, reason, sizeof(reason)) != 0) {
		port->counters.rebuild_failures++;
		if (strcmp(reason, control->reason) != 0)
			AN_LOG(WARNING, port, "the VF cannot be used, trying again: %s", reason);
		snprintf(control->reason, sizeof(control->reason), "%s", reason);
		return false;
	}
	async_fd_prepare(port);
	control->reason[0] = '\0';
	control->facts.gone = control->facts.failed = control->facts.stalled = false;
	AN_LOG(NOTICE, port, "data path: VF (%s, %s)", port->pair.vf.name, port->pair.rdma);
	return true;
}

static void loss_count(struct an_port *port, uint64_t since)
{
	struct an_port_counters *counters = &port->counters;

	switch (port->control->failover.reason) {
	case AN_FAILOVER_BY_KERNEL:
	case AN_FAILOVER_BY_DEVICE:
		counters->losses_announced++;
		break;
	case AN_FAILOVER_BY_STALL:
		counters->losses_silent++;
		break;
	case AN_FAILOVER_BY_ERROR:
		counters->losses_error++;
		break;
	}
	counters->last_move_us = (now_ns() - since) / 1000;
	AN_LOG(NOTICE, port, "data path: synthetic (%s)",
	       an_failover_reason_name(port->control->failover.reason));
}

static bool action_run(struct an_port *port, enum an_failover_action action, uint64_t now)
{
	bool suspect = port->control->failover.state == AN_FAILOVER_SUSPECT;

	switch (action) {
	case AN_FAILOVER_STAY:
		break;
	case AN_FAILOVER_ENTER:
		return action_enter(port);
	case AN_FAILOVER_SUSPEND:
		an_switch_suspend(port);
		loss_count(port, now);
		break;
	case AN_FAILOVER_RESUME:
		an_switch_resume(port);
		AN_LOG(NOTICE, port, "data path: VF (completions came after all)");
		break;
	case AN_FAILOVER_LEAVE:
		an_switch_leave(port, !suspect && !port->vf.gone);
		if (!suspect)
			loss_count(port, now);
		break;
	}
	return true;
}

/* Decides and acts until nothing is left to do. True if the data path moved. */
static bool control_settle(struct an_port *port)
{
	struct an_control *control = port->control;
	enum an_failover_action action;
	bool moved = false;

	if (!port->running)
		return false;
	do {
		uint64_t now = now_ns();
		bool worked;

		action = an_failover_next(&control->failover, &control->facts, now);
		worked = action_run(port, action, now);
		an_failover_done(&control->failover, action, &control->facts, worked, now_ns());
		if (action == AN_FAILOVER_LEAVE)
			control->facts.gone = control->facts.failed = false;
		moved |= action != AN_FAILOVER_STAY && worked;
		if (!worked)
			break;
	} while (action != AN_FAILOVER_STAY);
	return moved;
}

/* --------------------------------------------------------------------------------- thread -- */

/* In ms as poll() takes it; -1: until something happens. */
static int round_timeout(struct an_port *port, uint64_t now)
{
	const struct an_control *control = port->control;
	uint64_t until = UINT64_MAX;

	if (port->running)
		until = an_failover_deadline(&control->failover, &control->facts);
	if (port->vf_open && now + WATCHDOG_NS < until)
		until = now + WATCHDOG_NS;
	if (until == UINT64_MAX)
		return -1;
	return until > now ? (int)((until - now + 999999) / 1000000) : 0;
}

/*
 * The application's callbacks run in EAL's interrupt thread, as with other drivers, and without the
 * lock: they may call the port, and close it.
 */
static void events_deliver(void *arg)
{
	struct an_port *port = arg;
	struct rte_eth_dev *dev = &rte_eth_devices[port_id(port)];
	unsigned int events = __atomic_exchange_n(&port->control->events, 0, __ATOMIC_ACQ_REL);

	if (events & EVENT_LINK)
		rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_INTR_LSC, NULL);
	if ((events & EVENT_REMOVED) && dev->state != RTE_ETH_DEV_UNUSED)
		rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_INTR_RMV, NULL);
}

static void events_tell(struct an_port *port, unsigned int events)
{
	if (events == 0)
		return;
	__atomic_or_fetch(&port->control->events, events, __ATOMIC_ACQ_REL);
	if (rte_eal_alarm_set(1, events_deliver, port) != 0)
		AN_LOG(WARNING, port, "the application could not be told of an event");
}

/*
 * Against what the application was last told, not against ethdev's copy of the link: that is
 * renewed whenever the application asks. A move counts as well: it is news of the link's speed.
 */
static bool link_changed(struct an_port *port)
{
	struct an_control *control = port->control;
	bool up = port->pair.net.up && port->pair.net.carrier;

	if (up == control->told_up && port->speed == control->told_speed)
		return false;
	control->told_up = up;
	control->told_speed = port->speed;
	an_link_update(&rte_eth_devices[port_id(port)], 0);
	return true;
}

static void control_round(struct an_port *port, const struct pollfd *fds)
{
	struct an_control *control = port->control;
	bool moved, news, removed = control->removed;
	unsigned int events = 0;
	uint64_t count;

	if (fds[0].revents != 0 && read(control->wake, &count, sizeof(count)) < 0)
		return; /* it was empty: nobody woke us */
	if (fds[1].revents != 0)
		an_pair_watch_read(control->watch, watch_event, port);
	if (fds[2].revents != 0 && port->vf_open)
		async_events_read(port);
	if (port->vf_open)
		queues_look(port, watch_clock(port->control, now_ns()));
	/* What was lost is left before anything else: an answer may say that it is back. */
	moved = control_settle(port);
	news = answer_take(port);
	if (news)
		moved |= control_settle(port);
	if (link_changed(port) || moved)
		events |= EVENT_LINK;
	if (control->removed && !removed)
		events |= EVENT_REMOVED;
	events_tell(port, events);
}

static void *control_thread(void *arg)
{
	struct an_port *port = arg;
	struct an_control *control = port->control;

	pthread_mutex_lock(&port->lock);
	while (!__atomic_load_n(&control->stop, __ATOMIC_ACQUIRE)) {
		struct pollfd fds[] = {
			{ .fd = control->wake, .events = POLLIN },
			{ .fd = control->watch != NULL ? an_pair_watch_fd(control->watch) : -1,
			  .events = POLLIN },
			{ .fd = port->vf_open ? port->vf.context->async_fd : -1,
			  .events = POLLIN },
		};
		int timeout = round_timeout(port, now_ns());

		pthread_mutex_unlock(&port->lock);
		if (poll(fds, 3, timeout) < 0)
			fds[0].revents = fds[1].revents = fds[2].revents = 0;
		pthread_mutex_lock(&port->lock);
		control_round(port, fds);
	}
	pthread_mutex_unlock(&port->lock);
	return NULL;
}

/* -------------------------------------------------------------------------------- outside -- */

void an_control_wake(struct an_port *port)
{
	uint64_t one = 1;

	if (write(port->control->wake, &one, sizeof(one)) < 0)
		return; /* full: it is awake already */
}

int an_control_is_removed(struct an_port *port)
{
	return port->control != NULL &&
	       __atomic_load_n(&port->control->removed, __ATOMIC_RELAXED);
}

void an_control_port_started(struct an_port *port)
{
	struct an_look_answer answer;

	an_look_now(port->pair.net.ifindex, &answer);
	answer_apply(port, &answer);
	control_settle(port);
	an_control_wake(port);
}

void an_control_port_stopping(struct an_port *port)
{
	struct an_control *control = port->control;

	an_switch_leave(port, !port->vf.gone);
	control->failover = (struct an_failover){ 0 };
	control->facts = (struct an_failover_facts){ 0 };
}

int an_control_start(struct an_port *port)
{
	struct an_control *control = rte_zmalloc("an_control", sizeof(*control), 0);
	char name[RTE_MAX_THREAD_NAME_LEN];
	int err;

	if (control == NULL)
		return -ENOMEM;
	control->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (control->wake < 0) {
		err = -errno;
		goto err_free;
	}
	err = an_pair_watch_create(&control->watch, port->pair.net.ifindex,
				   port->pair.vf.ifindex, port->pair.vmbus);
	if (err != 0)
		AN_LOG(WARNING, port, "the kernel's messages cannot be had (%s): a loss of the VF "
		       "is noticed by its completions alone", strerror(-err));
	control->watched_vf = port->pair.vf.ifindex;
	port->control = control;
	facts_from_pair(port);
	control->told_up = port->pair.net.up && port->pair.net.carrier;
	control->told_speed = port->speed;
	err = an_look_start(&control->look, port, port->pair.net.ifindex);
	if (err != 0)
		goto err_destroy_watch;
	snprintf(name, sizeof(name), "accelnet-%u", port_id(port));
	err = -rte_ctrl_thread_create(&control->thread, name, NULL, control_thread, port);
	if (err == 0)
		return 0;
	err = err < 0 ? err : -err;
	an_look_stop(control->look);
err_destroy_watch:
	port->control = NULL;
	an_pair_watch_destroy(control->watch);
	close(control->wake);
err_free:
	rte_free(control);
	return err;
}

void an_control_stop(struct an_port *port)
{
	struct an_control *control = port->control;

	if (control == NULL)
		return;
	__atomic_store_n(&control->stop, true, __ATOMIC_RELEASE);
	an_control_wake(port);
	pthread_join(control->thread, NULL);
	an_look_stop(control->look);
	rte_eal_alarm_cancel(events_deliver, port);
	an_pair_watch_destroy(control->watch);
	close(control->wake);
	rte_free(control);
	port->control = NULL;
}
