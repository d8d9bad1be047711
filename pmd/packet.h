/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The AF_PACKET mode of the synthetic side: what synthetic_packet.c (control), packet_rx.c and
 * packet_tx.c (bursts) share.
 */
#ifndef AN_PACKET_H
#define AN_PACKET_H

#include "packet_ring.h"
#include "path.h"
#include "rss.h"
#include "synthetic.h"
#include "toeplitz.h"

#include <net/if.h>
#include <rte_common.h>
#include <rte_ring.h>

#define AN_PACKET_ADDRESSES 64u /* added ones, unicast and multicast */

/* Frames for the port beside those for the kernel's own address, broadcast and IPv6 multicast. */
struct an_packet_filter {
	bool promiscuous, allmulticast;
	unsigned int count;
	struct rte_ether_addr addresses[AN_PACKET_ADDRESSES];
};

/* Receive side of a queue. */
struct an_packet_rxq {
	struct rte_mempool *pool;
	struct rte_ring *ring;       /* found by another queue's burst, or no room in its own */
	uint64_t offloads;
	uint32_t room;               /* bytes of a frame that a buffer holds */
} __rte_cache_aligned;

/*
 * The receiving socket is shared by all queues: the burst that wins `owner` reads it and hands
 * frames of other queues over by their rings. Filter, RSS and counters belong to the owner too.
 */
struct an_packet_rx {
	struct an_path owner;
	uint32_t moved;              /* atomic; counts bursts that took frames from the socket */
	uint16_t port;
	unsigned int queues;
	struct an_packet_rxq *queue; /* NULL: stopped */
	struct an_ring socket;
	struct an_packet_filter filter;
	struct an_rss rss;
	struct an_toeplitz toeplitz;
	uint64_t dropped, oversize, nombuf; /* atomic */
};

struct an_packet_tx;

struct an_synthetic {
	struct an_synthetic_config config;
	int control;                 /* socket that holds the memberships */
	int quiet;                   /* netlink socket that owns the filter, -1: none */
	char name[IF_NAMESIZE];      /* of the interface when the filter was installed */
	struct an_packet_rx rx;
	unsigned int tx_queues;
	struct an_packet_tx **tx;
	uint64_t tx_errors_before;   /* of queues that are closed */
};

/* packet_rx.c */
uint16_t an_packet_rx_burst(struct an_synthetic *synthetic, unsigned int queue,
			    struct an_synthetic_ready ready[2], struct rte_mbuf **frames,
			    uint16_t n);
void an_packet_rx_ready(struct an_synthetic *synthetic, unsigned int queue,
			struct an_synthetic_ready ready[2]);
/* The receive side's queues and socket. 0 or -errno. */
int an_packet_rx_start(struct an_synthetic *synthetic, const struct an_synthetic_rx *rx,
		       unsigned int queues, unsigned int mtu);
void an_packet_rx_stop(struct an_synthetic *synthetic);

/* packet_tx.c */
/* NULL with errno set. */
struct an_packet_tx *an_packet_tx_create(int ifindex, int socket);
void an_packet_tx_destroy(struct an_packet_tx *tx);
uint16_t an_packet_tx_burst(struct an_packet_tx *tx, struct rte_mbuf **frames, uint16_t n);
unsigned int an_packet_tx_pending(const struct an_packet_tx *tx);
uint64_t an_packet_tx_errors(const struct an_packet_tx *tx);

#endif
