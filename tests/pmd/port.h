/* SPDX-License-Identifier: BSD-3-Clause */
/* An ethdev port as the test programs use it: any driver's, set up in one way, started. */
#ifndef TESTS_PMD_PORT_H
#define TESTS_PMD_PORT_H

#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <stdbool.h>
#include <stdint.h>

#define PORT_QUEUES_MAX 64u
#define PORT_SEGMENT 2048u /* bytes of a buffer unless the options say otherwise */

/* What a program wants of the port. Where it is only wished for, a port without it is taken. */
struct port_options {
	uint16_t id;
	uint16_t queues;            /* of each direction; 0: 1 */
	uint16_t descriptors;       /* 0: 512, within what the driver allows */
	uint16_t mtu;               /* 0: as it is */
	uint16_t room;              /* bytes of a receive buffer; 0: PORT_SEGMENT */
	unsigned int buffers;       /* in the pool; 0: enough */
	uint64_t tx_wanted, rx_wanted; /* RTE_ETH_*_OFFLOAD_*: without them port_open fails */
	uint64_t tx_wished, rx_wished;
	bool lsc;                   /* link events wanted */
};

struct port {
	uint16_t id;
	uint16_t queues;
	uint16_t descriptors;
	uint64_t tx, rx;            /* offloads that are on */
	struct rte_mempool *pool;   /* of received frames, and of sent ones with fast free */
	struct rte_ether_addr mac;
	struct rte_eth_dev_info info;
};

/*
 * Configures and starts it. 0; -ENOTSUP with a line on stderr if it lacks what is wanted; another
 * -errno with a line. What was made is taken down again.
 */
int port_open(struct port *port, const struct port_options *options);
/* Stops and closes it; its pool is freed. 0 or -errno. */
int port_close(struct port *port);
/* Waits until it says that its link is up; false after so many seconds. */
bool port_wait_link(const struct port *port, unsigned int seconds);

#endif
