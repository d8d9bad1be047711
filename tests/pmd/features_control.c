// SPDX-License-Identifier: BSD-3-Clause
/* Features that change the port as it runs, and frames that no port can send. */
#include "feature.h"

#include "control.h"

#include <errno.h>
#include <inttypes.h>
#include <net/if.h>
#include <rte_cycles.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 64u

/* -------------------------------------------------------------------------------- MTU ---- */

static int run_mtu(void)
{
	struct port_options options = { .queues = 1, .room = 9600 };
	struct stream stream = { .seed = 21, .flows = FRAMES, .least = 1514, .most = 1514 };
	uint16_t mtu = 0;
	struct port port;
	int err = feature_open(&port, &options, &stream);

	if (err != 0)
		return err;
	expect(port.info.max_mtu >= 9000, "max_mtu %u", port.info.max_mtu);
	expect(rte_eth_dev_get_mtu(port.id, &mtu) == 0 && mtu == 1500, "MTU %u", mtu);
	feature_send(&port, &stream, 0, 0, FRAMES, 0);
	expect(feature_count(&port, &stream, FRAMES) == FRAMES, "frames of the MTU do not come");
	err = rte_eth_dev_stop(port.id);
	expect(err == 0, "stop: %d", err);
	err = rte_eth_dev_set_mtu(port.id, 9000);
	expect(err == 0, "set: %d", err);
	expect(rte_eth_dev_start(port.id) == 0, "start");
	expect(port_wait_link(&port, 10), "no link");
	expect(rte_eth_dev_get_mtu(port.id, &mtu) == 0 && mtu == 9000, "MTU %u", mtu);
	stream.least = stream.most = 9014;
	/* The kernel's driver follows the interface's MTU in its own time. */
	for (uint32_t i = 0, came = 0; came == 0 && i < 10; i++) {
		feature_send(&port, &stream, 0, 0, 1, 100 + i);
		came = feature_count(&port, &stream, 1);
	}
	feature_send(&port, &stream, 0, 0, FRAMES, 1);
	expect(feature_count(&port, &stream, FRAMES) == FRAMES, "frames of 9014 do not come");
	expect(rte_eth_dev_set_mtu(port.id, (uint16_t)(port.info.max_mtu + 1)) < 0,
	       "more than max_mtu is taken");
	return feature_close(&port);
}

/* ------------------------------------------------------------------- starting, stopping ---- */

static int run_queue_stop(void)
{
	struct port_options options = { .queues = 2 };
	struct stream stream = { .seed = 22, .flows = FRAMES };
	struct rte_mbuf *frames[FRAMES];
	uint16_t queues[FRAMES], n;
	struct port port;
	int err = feature_open(&port, &options, &stream);

	if (err != 0)
		return err;
	err = rte_eth_dev_rx_queue_stop(port.id, 1);
	if (err == -ENOTSUP) {
		feature_close(&port);
		return FEATURE_SKIP;
	}
	expect(err == 0, "stop of receive queue 1: %d", err);
	feature_send(&port, &stream, 0, 0, FRAMES, 0);
	n = feature_receive(&port, &stream, frames, FRAMES, queues);
	expect(n > 0 && n < FRAMES, "%u frames come through the other queue", n);
	for (uint16_t i = 0; i < n; i++)
		expect(queues[i] == 0, "a frame on the queue that is stopped");
	rte_pktmbuf_free_bulk(frames, n);
	expect(rte_eth_dev_rx_queue_start(port.id, 1) == 0, "start of receive queue 1");
	feature_count(&port, &stream, FRAMES); /* what it had */
	feature_send(&port, &stream, 0, 0, FRAMES, 1);
	expect(feature_count(&port, &stream, FRAMES) == FRAMES, "not all come after the start");
	expect(rte_eth_dev_tx_queue_stop(port.id, 1) == 0, "stop of transmit queue 1");
	expect(feature_send(&port, &stream, 1, 0, 4, 2) == 0, "a stopped queue sends");
	expect(feature_send(&port, &stream, 0, 0, 4, 3) == 4, "the other queue does not send");
	expect(rte_eth_dev_tx_queue_start(port.id, 1) == 0, "start of transmit queue 1");
	expect(feature_send(&port, &stream, 1, 0, 4, 4) == 4, "it does not send after the start");
	feature_count(&port, &stream, FRAMES);
	return feature_close(&port);
}

/* Stop and start again and again: nothing is lost or left. */
static int run_restart(void)
{
	struct port_options options = { .queues = 2 };
	struct stream stream = { .seed = 23, .flows = FRAMES };
	struct port port;
	int err = feature_open(&port, &options, &stream);

	for (uint32_t i = 0; err == 0 && i < 10; i++) {
		feature_send(&port, &stream, 0, 0, FRAMES, i);
		expect(feature_count(&port, &stream, FRAMES) == FRAMES, "start %u", i);
		err = rte_eth_dev_stop(port.id);
		expect(err == 0, "stop %u: %d", i, err);
		err = rte_eth_dev_start(port.id);
		expect(port_wait_link(&port, 10), "no link");
	}
	return err != 0 ? err : feature_close(&port);
}

/* The most queues there are, and one more. */
static int run_queues(void)
{
	struct port_options options = { .queues = PORT_QUEUES_MAX, .descriptors = 64 };
	struct stream stream = { .seed = 24, .flows = 4 * PORT_QUEUES_MAX, .most = 200 };
	struct rte_eth_conf conf = { 0 };
	struct rte_eth_dev_info info;
	struct port port;
	int err = rte_eth_dev_info_get(0, &info);
	uint16_t n = 0;

	if (err < 0)
		return err;
	expect(rte_eth_dev_configure(0, (uint16_t)(info.max_rx_queues + 1), 1, &conf) < 0,
	       "one queue more than there are");
	if (info.max_rx_queues < options.queues)
		options.queues = info.max_rx_queues;
	err = feature_open(&port, &options, &stream);
	if (err != 0)
		return err;
	for (uint16_t q = 0; q < port.queues; q++) {
		feature_send(&port, &stream, q, q * 4u, 4, 0);
		n = (uint16_t)(n + feature_count(&port, &stream, 4));
	}
	expect(n == 4 * port.queues, "%u of %u frames come", n, 4 * port.queues);
	return feature_close(&port);
}

/* ----------------------------------------------------------------------------- events ---- */

static uint64_t link_changes;

static int on_link(uint16_t port, enum rte_eth_event_type type, void *arg, void *result)
{
	(void)port;
	(void)type;
	(void)arg;
	(void)result;
	__atomic_fetch_add(&link_changes, 1, __ATOMIC_RELAXED);
	return 0;
}

static bool wait_link(uint16_t port, uint16_t status)
{
	struct rte_eth_link link;

	for (unsigned int i = 0; i < 1000; i++) {
		if (rte_eth_link_get_nowait(port, &link) == 0 && link.link_status == status)
			return true;
		rte_delay_us_sleep(10000);
	}
	return false;
}

/* It comes in another thread, so it may come after the link was seen to change. */
static bool wait_event(void)
{
	for (unsigned int tries = 0; tries < 200; tries++) {
		if (__atomic_load_n(&link_changes, __ATOMIC_RELAXED) > 0)
			return true;
		rte_delay_us_sleep(10000);
	}
	return false;
}

static int run_link_event(void)
{
	struct port_options options = { .queues = 1, .lsc = true };
	struct stream stream = { .seed = 25, .flows = FRAMES };
	struct rte_eth_dev_info info;
	struct port port;
	int err = rte_eth_dev_info_get(0, &info);

	if (err < 0 || !control_there() || (*info.dev_flags & RTE_ETH_DEV_INTR_LSC) == 0)
		return err < 0 ? err : FEATURE_SKIP;
	rte_eth_dev_callback_register(0, RTE_ETH_EVENT_INTR_LSC, on_link, NULL);
	err = feature_open(&port, &options, &stream);
	if (err != 0)
		return err;
	link_changes = 0;
	expect(control_request("link down 0", NULL, 0) == 0, "the host refuses");
	expect(wait_link(port.id, RTE_ETH_LINK_DOWN), "the link stays up");
	expect(wait_event(), "no event: down");
	link_changes = 0;
	expect(control_request("link up 0", NULL, 0) == 0, "the host refuses");
	expect(wait_link(port.id, RTE_ETH_LINK_UP), "the link stays down");
	expect(wait_event(), "no event: up");
	feature_send(&port, &stream, 0, 0, FRAMES, 0);
	expect(feature_count(&port, &stream, FRAMES) == FRAMES, "not all come afterwards");
	return feature_close(&port);
}

static bool is_removed;

static int on_removal(uint16_t port, enum rte_eth_event_type type, void *arg, void *result)
{
	(void)port;
	(void)type;
	(void)arg;
	(void)result;
	__atomic_store_n(&is_removed, true, __ATOMIC_RELEASE);
	return 0;
}

/* The interface below the port goes for good: the application is told, and may close the port. */
static int run_removal_event(void)
{
	struct port_options options = { .queues = 1 };
	struct stream stream = { .seed = 27, .flows = FRAMES };
	char command[64], name[IF_NAMESIZE];
	struct port port;
	int err;

	rte_eth_dev_callback_register(0, RTE_ETH_EVENT_INTR_RMV, on_removal, NULL);
	err = feature_open(&port, &options, &stream);
	if (err != 0)
		return err;
	if ((*port.info.dev_flags & RTE_ETH_DEV_INTR_RMV) == 0 || port.info.if_index == 0 ||
	    if_indextoname(port.info.if_index, name) == NULL) {
		feature_close(&port);
		return FEATURE_SKIP;
	}
	feature_send(&port, &stream, 0, 0, FRAMES, 0);
	expect(feature_count(&port, &stream, FRAMES) == FRAMES, "not all come");
	expect(!__atomic_load_n(&is_removed, __ATOMIC_ACQUIRE), "an event without a removal");
	snprintf(command, sizeof(command), "ip link del %s", name);
	expect(system(command) == 0, "%s fails", command);
	for (unsigned int i = 0; i < 500 && !__atomic_load_n(&is_removed, __ATOMIC_ACQUIRE); i++)
		rte_delay_us_sleep(10000);
	expect(__atomic_load_n(&is_removed, __ATOMIC_ACQUIRE), "no event");
	/* Bursts go on without harm. */
	feature_send(&port, &stream, 0, 0, FRAMES, 1);
	feature_count(&port, &stream, FRAMES);
	return feature_close(&port);
}

/* --------------------------------------------------------------------- malformed frames ---- */

static struct rte_mbuf *make_chain(const struct port *port, unsigned int segments,
				   uint16_t segment)
{
	struct rte_mbuf *head = NULL, *last = NULL;

	for (unsigned int i = 0; i < segments; i++) {
		struct rte_mbuf *m = rte_pktmbuf_alloc(port->pool);

		if (m == NULL)
			break;
		m->data_len = segment;
		if (head == NULL || last == NULL) {
			head = m;
		} else {
			last->next = m;
			head->nb_segs++;
		}
		last = m;
		head->pkt_len += segment;
	}
	return head;
}

/*
 * What no port can send: refused and counted, or sent where it can be after all. Afterwards the
 * port works as before.
 */
static int run_malformed(void)
{
	static const struct {
		const char *what;
		unsigned int segments;
		uint16_t segment;
		uint64_t flags;
		uint16_t tso;
	} rows[] = {
		{ "no bytes", 1, 0, 0, 0 },
		{ "one byte", 1, 1, 0, 0 },
		{ "13 bytes", 1, 13, 0, 0 },
		{ "empty segments", 3, 0, 0, 0 },
		{ "200 segments", 200, 1, 0, 0 },
		{ "larger than the MTU", 6, 2000, 0, 0 },
		{ "to be segmented, segment size 0", 4, 1000,
		  RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM |
		  RTE_MBUF_F_TX_TCP_CKSUM, 0 },
		{ "to be segmented, no headers", 1, 20,
		  RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM |
		  RTE_MBUF_F_TX_TCP_CKSUM, 1000 },
	};
	struct port_options options = {
		.queues = 1,
		.tx_wished = RTE_ETH_TX_OFFLOAD_MULTI_SEGS | RTE_ETH_TX_OFFLOAD_TCP_TSO |
			     RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM,
	};
	struct stream stream = { .seed = 26, .flows = FRAMES };
	struct rte_eth_stats stats;
	uint64_t offered = 0;
	struct port port;
	int err = feature_open(&port, &options, &stream);

	if (err != 0)
		return err;
	rte_eth_stats_reset(port.id);
	for (size_t i = 0; i < RTE_DIM(rows); i++) {
		struct rte_mbuf *m = make_chain(&port, rows[i].segments, rows[i].segment);

		if (!expect(m != NULL, "the pool is empty"))
			continue;
		m->ol_flags = rows[i].flags;
		m->tso_segsz = rows[i].tso;
		m->l2_len = 14;
		m->l3_len = 20;
		m->l4_len = rows[i].flags != 0 ? 20 : 0;
		/* A driver that refuses for good takes the frame off the application. */
		offered += feature_send_packets(&port, 0, &m, 1);
		feature_send(&port, &stream, 0, 0, FRAMES, (uint32_t)i);
		expect(feature_count(&port, &stream, FRAMES) == FRAMES,
		       "after a frame with %s not all come", rows[i].what);
	}
	expect(rte_eth_stats_get(port.id, &stats) == 0, "no statistics");
	expect(stats.opackets + stats.oerrors == offered + RTE_DIM(rows) * FRAMES,
	       "sent %" PRIu64 " and refused %" PRIu64 " of %" PRIu64, stats.opackets,
	       stats.oerrors, offered + RTE_DIM(rows) * FRAMES);
	return feature_close(&port);
}

const struct feature features_control[] = {
	{ "mtu", "MTU update", run_mtu },
	{ "queue-stop", "Queue start/stop", run_queue_stop },
	{ "restart", NULL, run_restart },
	{ "queues", NULL, run_queues },
	{ "link-event", "Link status event", run_link_event },
	{ "removal-event", "Removal event", run_removal_event },
	{ "malformed", NULL, run_malformed },
	{ NULL, NULL, NULL },
};
