/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A receive queue. Its one burst function is an_rx_burst (rx.c) for the port's whole life; it looks
 * at both sides always, since frames arrive on the synthetic one too while the VF is in use. The
 * receive queue on the VF (struct an_rq) comes and goes with the VF.
 *
 * Order across a failover: a burst notes whether the synthetic side has something, then empties the
 * VF, then takes from the synthetic side only if it noted something, so a frame that the host sent
 * on the VF before one on the synthetic side is seen first. When a VF returns it is the other way
 * round: until `settle_until` the synthetic side goes first, and the VF's frames wait.
 */
#ifndef AN_RXQ_H
#define AN_RXQ_H

#include "cqe.h"
#include "mr.h"
#include "path.h"
#include "synthetic.h"
#include "txq.h" /* struct an_count */

#include <infiniband/mlx5dv.h>
#include <infiniband/verbs.h>
#include <rte_common.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <stdbool.h>
#include <stdint.h>

/* Buffers that are posted at once. */
#define AN_RX_BATCH 32u
/* Buffers of a frame that does not fit into one. */
#define AN_RX_SEGMENTS_MAX 16u
/* Frames ahead whose mbuf is fetched; the array of buffers is longer by as many. */
#define AN_RX_PREFETCH 4u
/* Checksum verdicts and a stripped VLAN tag, where the CQE's header word has them, moved down by
 * one: what an_rq.flags is indexed by. Of its lines two are used. */
#define AN_RX_FLAGS_MASK ((AN_CQE_L3_OK | AN_CQE_L4_OK | AN_CQE_VLAN_STRIPPED) >> 1)
#define AN_RX_FLAGS (AN_RX_FLAGS_MASK + 1)

struct an_port;
struct an_vf;

/* What a compressed session's frames have in common, and the minis that were copied. */
struct an_rq_session {
	uint32_t left;               /* frames of it that are still to be taken; 0: none */
	uint32_t at;                 /* of the next in minis[] */
	uint32_t common[4] __rte_aligned(16); /* packet_type; 0; vlan_tci in the upper half; 0 */
	uint64_t flags;
	struct an_mini minis[AN_CQE_MINIS];
};

/* The VF's receive queue as the burst sees it. Indices run freely and are masked on use. */
struct an_rq {
	/* Constant while the queue is there. */
	volatile struct mlx5_cqe64 *cqes; /* NULL: no queue */
	struct rte_mbuf **mbufs;     /* of posted buffers; `segments` for each WQE */
	struct mlx5_wqe_data_seg *ring;
	volatile uint32_t *cq_record;
	volatile uint32_t *record;   /* doorbell record of the WQ, big endian */
	uint64_t rearm;              /* mbuf->rearm_data of a fresh buffer of this queue */
	uint32_t cq_mask;
	uint32_t mask;               /* WQEs - 1 */
	uint32_t room;               /* bytes of a frame in a WQE's buffers */
	uint32_t batch;              /* WQEs that are posted at once */
	uint64_t flags[AN_RX_FLAGS] __rte_cache_aligned; /* mbuf->ol_flags */

	/* The burst's, and control's when it owns the path. */
	uint32_t cq_consumer __rte_cache_aligned;
	uint32_t head;               /* WQEs posted */
	uint32_t tail;               /* WQEs finished */
	uint32_t offset;             /* from an mbuf to where its data starts; 0: look it up */
	uint64_t hash_flag;          /* of a frame with a hash: RTE_MBUF_F_RX_RSS_HASH or 0 */
	uint8_t segments;            /* buffers of a WQE */
	uint8_t segments_log;        /* of the WQE's size, in segments */
	bool one_key;                /* all buffers have the key that stands in the ring */
	bool failed;                 /* an error CQE came: control rebuilds the queue */
	struct an_rq_session session;
	struct an_mr_table *memory;
	struct an_mr_cache cache;
};

struct an_rxq {
	struct an_path path;
	bool on_vf;
	bool stopped;                /* control keeps the path (queue.c) */
	bool deferred;               /* started by its own call, not with the port */
	uint8_t skipped;             /* bursts in a row that found no time for the synthetic side */
	uint16_t queue;
	uint16_t port_id;
	uint64_t settle_until;       /* TSC; 0: settled */
	struct an_synthetic_ready ready[2];
	struct an_count vf, synthetic;
	const struct an_synthetic_ops *slow_ops;
	struct an_synthetic *slow;
	struct rte_mempool *pool;
	uint64_t errors;             /* error CQEs, frames of an impossible length */
	uint64_t lost;               /* frames of a VF that was left before they were fetched */
	uint64_t nombuf;             /* times that there was no buffer to post */
	uint64_t offloads;
	struct an_rq rq __rte_cache_aligned;

	/* Control only. */
	struct an_count base;        /* of both sides, at the last reset (stats.c) */
	uint64_t base_errors;
	uint16_t descriptors;
	int socket;
	struct an_port *port;
	struct ibv_cq *cq;
	struct ibv_wq *wq;
} __rte_cache_aligned;

int an_rxq_setup(struct rte_eth_dev *dev, uint16_t queue, uint16_t descriptors,
		 unsigned int socket, const struct rte_eth_rxconf *conf, struct rte_mempool *pool);
void an_rxq_release(struct rte_eth_dev *dev, uint16_t queue);

/* Creates the receive queue on the VF with all its buffers posted. 0 or -errno. */
int an_rxq_attach(struct an_rxq *rxq, struct an_vf *vf);
/* Destroys it and frees its buffers; nothing where none is. Its QPs and flows are gone already.
 * Path owned. */
void an_rxq_detach(struct an_rxq *rxq, struct an_vf *vf);
/* Nothing is left in the completion queue. Path owned. */
bool an_rxq_is_empty(struct an_rxq *rxq);

/* rx.c */
uint16_t an_rx_burst(void *queue, struct rte_mbuf **frames, uint16_t n);

/* rx_info.c */
uint32_t an_rx_queue_count(void *queue);
int an_rx_descriptor_status(void *queue, uint16_t offset);

#endif
