// SPDX-License-Identifier: BSD-3-Clause
/*
 * Moving between the sides. Order is kept: a transmit queue moves to the VF once the kernel has
 * sent what the queue gave it, and away from a working VF once that has sent what it was given;
 * until then (bounded) its bursts take nothing and the application tries again. A receive queue
 * keeps looking at the VF until it is empty, and prefers the synthetic side for a moment after a
 * VF came back (rxq.h).
 */
#include "port.h"
#include "steer.h"
#include "switch.h"

#include <errno.h>
#include <rte_cycles.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TAKE_MS 1000u		/* a burst's thread may be descheduled in the middle of one */
#define DRAIN_NS 10000000ull	/* for all queues together, when the host announces the loss */
#define SENT_NS 20000000ull	/* for the kernel to send what is queued with it */
#define EMPTY_NS 100000000ull	/* for the application to fetch what the VF received */
#define HOST_NS 1000000ull	/* for the host to forward what the kernel has sent */
#define SETTLE_US 500u		/* the kernel's backlog reaches the port within this */
#define PAUSE_NS 20000ull

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000ull + (uint64_t)ts.tv_nsec;
}

static void pause_briefly(void)
{
	struct timespec ts = { .tv_nsec = PAUSE_NS };

	nanosleep(&ts, NULL);
}

static struct an_txq *txq_of(struct an_port *port, unsigned int i)
{
	return port->data->tx_queues[i];
}

static struct an_rxq *rxq_of(struct an_port *port, unsigned int i)
{
	return port->data->rx_queues[i];
}

/* A stopped queue is owned by control all the time (queue.c): there is nothing to wait for. */
static void path_take(struct an_port *port, struct an_path *path, bool stopped)
{
	if (stopped)
		return;
	while (an_path_take(path, TAKE_MS) != 0)
		AN_LOG(WARNING, port, "a burst function has not returned for %u ms", TAKE_MS);
}

static void path_give(struct an_path *path, bool stopped)
{
	if (!stopped)
		an_path_give(path);
}

/* ------------------------------------------------------------------------------- transmit -- */

static void txq_to_synthetic(struct an_port *port, struct an_txq *txq, uint64_t drain_until)
{
	path_take(port, &txq->path, txq->stopped);
	while (txq->on_vf && !an_txq_drain(txq) && now_ns() < drain_until)
		pause_briefly();
	/* What the device has not sent in time must not leave after what is sent from now on. */
	if (drain_until != 0 && txq->on_vf && !an_txq_drain(txq))
		an_txq_detach(txq, &port->vf);
	txq->on_vf = false;
	path_give(&txq->path, txq->stopped);
}

/*
 * The kernel's drivers give a frame back when it is in the host's ring, not when the host has
 * forwarded it: hence the moment after the last one is gone.
 */
static void txqs_to_vf(struct an_port *port)
{
	uint64_t until = now_ns() + SENT_NS;
	bool sent = false;

	for (unsigned int i = 0; i < port->data->nb_tx_queues; i++) {
		struct an_txq *txq = txq_of(port, i);

		path_take(port, &txq->path, txq->stopped);
		while (txq->slow_ops->tx_pending(txq->slow, txq->queue) > 0 && now_ns() < until)
			pause_briefly();
		sent |= txq->synthetic.packets > 0;
	}
	until = now_ns() + HOST_NS;
	while (sent && now_ns() < until)
		pause_briefly();
	for (unsigned int i = 0; i < port->data->nb_tx_queues; i++) {
		struct an_txq *txq = txq_of(port, i);

		txq->on_vf = true;
		path_give(&txq->path, txq->stopped);
	}
}

static void txqs_to_synthetic(struct an_port *port, bool drain)
{
	uint64_t until = drain ? now_ns() + DRAIN_NS : 0;

	for (unsigned int i = 0; i < port->data->nb_tx_queues; i++)
		txq_to_synthetic(port, txq_of(port, i), until);
}

static void txqs_detach(struct an_port *port)
{
	for (unsigned int i = 0; i < port->data->nb_tx_queues; i++) {
		struct an_txq *txq = txq_of(port, i);

		path_take(port, &txq->path, txq->stopped);
		an_txq_detach(txq, &port->vf);
		path_give(&txq->path, txq->stopped);
	}
}

static int txqs_attach(struct an_port *port)
{
	int err = 0;

	for (unsigned int i = 0; i < port->data->nb_tx_queues && err == 0; i++) {
		struct an_txq *txq = txq_of(port, i);

		path_take(port, &txq->path, txq->stopped);
		err = an_txq_attach(txq, &port->vf);
		path_give(&txq->path, txq->stopped);
	}
	return err;
}

/* -------------------------------------------------------------------------------- receive -- */

/* What was received before the loss still reaches the application, if it asks in time. */
static void rxq_wait_empty(struct an_port *port, struct an_rxq *rxq, uint64_t until)
{
	for (;;) {
		bool empty;

		path_take(port, &rxq->path, rxq->stopped);
		empty = rxq->stopped || !rxq->on_vf || an_rxq_is_empty(rxq);
		path_give(&rxq->path, rxq->stopped);
		if (empty || now_ns() >= until)
			return;
		pause_briefly();
	}
}

static void rxqs_detach(struct an_port *port)
{
	uint64_t until = now_ns() + EMPTY_NS;

	for (unsigned int i = 0; i < port->data->nb_rx_queues; i++)
		rxq_wait_empty(port, rxq_of(port, i), until);
	for (unsigned int i = 0; i < port->data->nb_rx_queues; i++) {
		struct an_rxq *rxq = rxq_of(port, i);

		path_take(port, &rxq->path, rxq->stopped);
		rxq->on_vf = false;
		an_rxq_detach(rxq, &port->vf);
		path_give(&rxq->path, rxq->stopped);
	}
}

static int rxqs_attach(struct an_port *port)
{
	int err = 0;

	for (unsigned int i = 0; i < port->data->nb_rx_queues && err == 0; i++) {
		struct an_rxq *rxq = rxq_of(port, i);

		path_take(port, &rxq->path, rxq->stopped);
		err = an_rxq_attach(rxq, &port->vf);
		if (err == 0) {
			rxq->settle_until = UINT64_MAX;
			rxq->on_vf = true;
		}
		path_give(&rxq->path, rxq->stopped);
	}
	return err;
}

static void rxqs_settle(struct an_port *port)
{
	uint64_t until = rte_get_tsc_cycles() + rte_get_tsc_hz() / 1000000 * SETTLE_US;

	for (unsigned int i = 0; i < port->data->nb_rx_queues; i++) {
		struct an_rxq *rxq = rxq_of(port, i);

		path_take(port, &rxq->path, rxq->stopped);
		rxq->settle_until = until;
		path_give(&rxq->path, rxq->stopped);
	}
}

/* ------------------------------------------------------------------------------- the port -- */

static int steer_create(struct an_port *port)
{
	struct ibv_wq *wqs[AN_QUEUES_MAX];
	struct an_steer_config config = {
		.vf = &port->vf,
		.rss = &port->rss,
		.wqs = wqs,
		.queues = port->data->nb_rx_queues,
		.addresses = port->data->mac_addrs,
		.address_count = AN_MAC_MAX,
	};

	for (unsigned int i = 0; i < config.queues; i++)
		wqs[i] = rxq_of(port, i)->wq;
	return an_steer_create(&port->steer, &config);
}

static void vf_close(struct an_port *port)
{
	txqs_detach(port);
	rxqs_detach(port);
	an_vf_close(&port->vf);
	port->vf_open = false;
}

int an_switch_enter(struct an_port *port, char *reason, size_t len)
{
	const char *what = "receive queues";
	int err;

	err = an_vf_open(&port->vf, port->pair.rdma, reason, len);
	if (err != 0)
		return err;
	port->vf_open = true;
	port->vf.mpw &= port->args.mpw;
	port->vf.compression &= port->args.compression;
	/* Transmit queues first, as the device numbers its objects; nothing arrives before the
	 * steering is there. */
	err = txqs_attach(port);
	if (err == 0)
		err = rxqs_attach(port);
	else
		what = "transmit queues";
	if (err == 0) {
		what = "steering";
		err = steer_create(port);
	}
	if (err != 0) {
		snprintf(reason, len, "%s on %s: %s", what, port->pair.rdma,
			 strerror(-err));
		vf_close(port);
		return err;
	}
	rxqs_settle(port);
	txqs_to_vf(port);
	port->vf_used = true;
	port->counters.to_vf++;
	return 0;
}

void an_switch_suspend(struct an_port *port)
{
	txqs_to_synthetic(port, false);
	port->counters.to_synthetic++;
}

void an_switch_resume(struct an_port *port)
{
	txqs_to_vf(port);
	port->counters.to_vf++;
}

void an_switch_leave(struct an_port *port, bool drain)
{
	if (!port->vf_open)
		return;
	txqs_to_synthetic(port, drain);
	an_steer_destroy(port->steer);
	port->steer = NULL;
	vf_close(port);
	port->vf_used = false;
	port->counters.to_synthetic++;
}

int an_switch_steer(struct an_port *port)
{
	int err;

	if (!port->vf_used)
		return 0;
	/* The old ones go first: two flows with the same match would deliver a frame twice. What
	 * arrives in between goes to the kernel's driver and from there to the synthetic side. */
	an_steer_destroy(port->steer);
	port->steer = NULL;
	err = steer_create(port);
	if (err != 0)
		an_switch_leave(port, true);
	return err;
}
