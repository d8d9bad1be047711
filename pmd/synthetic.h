/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The synthetic side of a port, through the kernel's own interface, which is never unbound. What
 * the kernel's drivers receive on it (on the synthetic path, or on a VF whose frames the port has
 * not steered to itself) reaches the port here; what the port sends here leaves as the kernel
 * would send it. Everything installed in the kernel belongs to a file descriptor of this process
 * and vanishes with it, however the process ends.
 *
 * Modes: AF_PACKET (synthetic_packet.c). Each fills in struct an_synthetic_ops.
 */
#ifndef AN_SYNTHETIC_H
#define AN_SYNTHETIC_H

#include "rss.h"

#include <stdbool.h>
#include <stdint.h>

#include <rte_ether.h>
#include <rte_mbuf.h>

#define AN_SYNTHETIC_REASON 160u /* bytes for a reason in words */

/* Something to receive: (*word & mask) != skip. Lets a burst look with one load and no call. */
struct an_synthetic_ready {
	const volatile uint32_t *word;
	uint32_t mask;
	uint32_t skip;
};

struct an_synthetic_config {
	const char *iface;           /* name of the kernel's interface */
	int ifindex;
	uint16_t port;               /* goes into mbuf->port */
	int socket;                  /* NUMA node of the memory */
	bool keep_from_kernel;       /* the kernel must not answer the port's unicast */
};

/* A receive queue as it is set up when the port starts. */
struct an_synthetic_rx {
	struct rte_mempool *pool;
	uint64_t offloads;           /* RTE_ETH_RX_OFFLOAD_* of the queue */
	uint16_t descriptors;
};

struct an_synthetic_counters {
	uint64_t rx_dropped;         /* frames the kernel could not queue for the port */
	uint64_t rx_oversize;        /* frames too long for the queue's buffers, dropped */
	uint64_t rx_nombuf;
	uint64_t tx_errors;          /* frames the kernel refused, dropped */
};

struct an_synthetic; /* one port's, private to its mode */

struct an_synthetic_ops {
	const char *name;            /* "af_packet" */
	/* 0 or -errno with `reason` saying what is missing and which command mends it. */
	int (*open)(struct an_synthetic **synthetic, const struct an_synthetic_config *config,
		    char reason[AN_SYNTHETIC_REASON]);
	void (*close)(struct an_synthetic *synthetic);
	/* Between start and stop frames are queued; mtu in bytes without Ethernet header. */
	int (*start)(struct an_synthetic *synthetic, const struct an_synthetic_rx *rx,
		     unsigned int rx_queues, unsigned int tx_queues, unsigned int mtu);
	void (*stop)(struct an_synthetic *synthetic);
	/* How a queue's burst sees that there is something; two words, both may be NULL. */
	void (*rx_ready)(struct an_synthetic *synthetic, unsigned int queue,
			 struct an_synthetic_ready ready[2]);
	/* Called by the queue's burst; at most n frames. The first updates ready[] as it goes. */
	uint16_t (*rx)(struct an_synthetic *synthetic, unsigned int queue,
		       struct an_synthetic_ready ready[2], struct rte_mbuf **frames, uint16_t n);
	/* Takes frames in order until the kernel has no room: returns how many it took; those are
	 * freed here, also those it had to drop, which are counted. */
	uint16_t (*tx)(struct an_synthetic *synthetic, unsigned int queue,
		       struct rte_mbuf **frames, uint16_t n);
	/* Bytes of the queue that the kernel has not sent yet. */
	unsigned int (*tx_pending)(struct an_synthetic *synthetic, unsigned int queue);
	int (*set_promiscuous)(struct an_synthetic *synthetic, bool on);
	int (*set_allmulticast)(struct an_synthetic *synthetic, bool on);
	/* Adding one that is there already is no error; taking one away ends it however often. */
	int (*add_address)(struct an_synthetic *synthetic, const struct rte_ether_addr *address);
	int (*remove_address)(struct an_synthetic *synthetic,
			      const struct rte_ether_addr *address);
	/* Which queue a frame belongs to; may be called while the port runs. */
	void (*set_rss)(struct an_synthetic *synthetic, const struct an_rss *rss);
	void (*counters)(struct an_synthetic *synthetic, struct an_synthetic_counters *counters);
	/*
	 * For every link message of the interface: it may have another name, to which newer
	 * kernels tie what keeps frames from the kernel. Does nothing if it has not. 0, or -errno
	 * with a reason.
	 */
	int (*link_changed)(struct an_synthetic *synthetic, char reason[AN_SYNTHETIC_REASON]);
};

extern const struct an_synthetic_ops an_synthetic_packet;

static inline bool an_synthetic_is_ready(const struct an_synthetic_ready *ready)
{
	return ready->word != NULL && (*ready->word & ready->mask) != ready->skip;
}

#endif
