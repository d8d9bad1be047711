// SPDX-License-Identifier: BSD-3-Clause
/* Configures, starts, stops and closes an ethdev port. */
#include "port.h"

#include <errno.h>
#include <rte_cycles.h>
#include <rte_lcore.h>
#include <stdio.h>
#include <string.h>

#define DESCRIPTORS 512u
#define CACHE	    256u
#define SCATTERED   8u

static int refuse(uint16_t id, int err, const char *what)
{
	fprintf(stderr, "port %u: %s: %s\n", id, what, rte_strerror(-err));
	return err;
}

/* Which offloads to turn on, or -ENOTSUP and a line with the names of those it lacks. */
static int choose_offloads(struct port *port, const struct port_options *options)
{
	uint64_t lacks = options->tx_wanted & ~port->info.tx_offload_capa;

	for (uint64_t bit = 1; bit != 0; bit <<= 1)
		if ((lacks & bit) != 0)
			fprintf(stderr, "port %u: no transmit offload %s\n", port->id,
				rte_eth_dev_tx_offload_name(bit));
	if (lacks != 0)
		return -ENOTSUP;
	lacks = options->rx_wanted & ~port->info.rx_offload_capa;
	for (uint64_t bit = 1; bit != 0; bit <<= 1)
		if ((lacks & bit) != 0)
			fprintf(stderr, "port %u: no receive offload %s\n", port->id,
				rte_eth_dev_rx_offload_name(bit));
	if (lacks != 0)
		return -ENOTSUP;
	port->tx = options->tx_wanted | (options->tx_wished & port->info.tx_offload_capa);
	port->rx = options->rx_wanted | (options->rx_wished & port->info.rx_offload_capa);
	return 0;
}

static int make_pool(struct port *port, const struct port_options *options)
{
	unsigned int buffers = options->buffers;
	uint16_t room = options->room != 0 ? options->room : PORT_SEGMENT;
	char name[RTE_MEMPOOL_NAMESIZE];

	if (buffers == 0)
		buffers = port->queues * port->descriptors * 3u + 4096;
	/* A descriptor may be a frame of the largest size, in several buffers. */
	if (options->buffers == 0 && (port->rx & RTE_ETH_RX_OFFLOAD_SCATTER) != 0)
		buffers += port->queues * port->descriptors * SCATTERED;
	snprintf(name, sizeof(name), "port-%u", port->id);
	port->pool = rte_pktmbuf_pool_create(name, buffers, CACHE, 0,
					     (uint16_t)(room + RTE_PKTMBUF_HEADROOM),
					     rte_eth_dev_socket_id(port->id));
	if (port->pool == NULL)
		return refuse(port->id, -rte_errno, "no memory for its buffers");
	return 0;
}

static int set_up_queues(struct port *port)
{
	struct rte_eth_rxconf rx = port->info.default_rxconf;
	struct rte_eth_txconf tx = port->info.default_txconf;
	unsigned int socket = (unsigned int)rte_eth_dev_socket_id(port->id);
	int err;

	rx.offloads = port->rx;
	tx.offloads = port->tx;
	for (uint16_t q = 0; q < port->queues; q++) {
		err = rte_eth_rx_queue_setup(port->id, q, port->descriptors, socket, &rx,
					     port->pool);
		if (err < 0)
			return refuse(port->id, err, "receive queue");
		err = rte_eth_tx_queue_setup(port->id, q, port->descriptors, socket, &tx);
		if (err < 0)
			return refuse(port->id, err, "transmit queue");
	}
	return 0;
}

static int configure(struct port *port, const struct port_options *options)
{
	struct rte_eth_conf conf = {
		.rxmode = { .offloads = port->rx },
		.txmode = { .offloads = port->tx },
		.intr_conf = { .lsc = options->lsc ? 1 : 0 },
	};
	uint16_t rx, tx;
	int err;

	if (port->info.flow_type_rss_offloads != 0 &&
	    (port->queues > 1 || (port->rx & RTE_ETH_RX_OFFLOAD_RSS_HASH) != 0)) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = port->info.flow_type_rss_offloads &
			(RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP);
	}
	if (options->mtu != 0)
		conf.rxmode.mtu = options->mtu;
	err = rte_eth_dev_configure(port->id, port->queues, port->queues, &conf);
	if (err < 0)
		return refuse(port->id, err, "configure");
	if (options->mtu != 0) {
		err = rte_eth_dev_set_mtu(port->id, options->mtu);
		if (err < 0)
			return refuse(port->id, err, "MTU");
	}
	rx = tx = port->descriptors;
	err = rte_eth_dev_adjust_nb_rx_tx_desc(port->id, &rx, &tx);
	port->descriptors = rx < tx ? rx : tx;
	return err < 0 ? refuse(port->id, err, "descriptors") : 0;
}

int port_open(struct port *port, const struct port_options *options)
{
	int err;

	memset(port, 0, sizeof(*port));
	port->id = options->id;
	port->queues = options->queues != 0 ? options->queues : 1;
	port->descriptors = options->descriptors != 0 ? options->descriptors : DESCRIPTORS;
	if (!rte_eth_dev_is_valid_port(port->id)) {
		fprintf(stderr, "port %u: there is none\n", port->id);
		return -ENODEV;
	}
	err = rte_eth_dev_info_get(port->id, &port->info);
	if (err < 0)
		return refuse(port->id, err, "information");
	err = choose_offloads(port, options);
	if (err == 0)
		err = configure(port, options);
	if (err == 0)
		err = make_pool(port, options);
	if (err == 0)
		err = set_up_queues(port);
	if (err == 0) {
		err = rte_eth_dev_start(port->id);
		if (err < 0)
			refuse(port->id, err, "start");
	}
	if (err == 0)
		err = rte_eth_macaddr_get(port->id, &port->mac);
	if (err < 0) {
		rte_eth_dev_close(port->id);
		rte_mempool_free(port->pool);
	}
	return err;
}

int port_close(struct port *port)
{
	int err = rte_eth_dev_stop(port->id), closed;

	if (err < 0)
		refuse(port->id, err, "stop");
	closed = rte_eth_dev_close(port->id);
	if (closed < 0)
		refuse(port->id, closed, "close");
	rte_mempool_free(port->pool);
	port->pool = NULL;
	return err < 0 ? err : closed;
}

bool port_wait_link(const struct port *port, unsigned int seconds)
{
	struct rte_eth_link link;

	for (unsigned int i = 0; i <= seconds * 100; i++) {
		if (rte_eth_link_get_nowait(port->id, &link) == 0 &&
		    link.link_status == RTE_ETH_LINK_UP)
			return true;
		rte_delay_us_sleep(10000);
	}
	return false;
}
