/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A transmit queue. Its one burst function is an_tx_burst (tx.c) for the port's whole life; which
 * side it uses is `on_vf`, changed by control only while it owns `path`. The send queue on the VF
 * (struct an_sq) comes and goes with the VF.
 */
#ifndef AN_TXQ_H
#define AN_TXQ_H

#include "mr.h"
#include "path.h"
#include "synthetic.h"

#include <infiniband/mlx5dv.h>
#include <infiniband/verbs.h>
#include <rte_common.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <stdbool.h>
#include <stdint.h>

/* Bytes of the longest frame that is sent as it is: MTU 9000, Ethernet header, two VLAN tags. */
#define AN_TX_FRAME_MAX (9000u + 14u + 8u)
/* Bytes of the shortest: an Ethernet header with nothing behind it. */
#define AN_TX_FRAME_MIN 14u
/* Bytes of a frame to segment, without a VF that sets a limit of its own. */
#define AN_TX_TSO_MAX 65535u
/* Bytes of headers of a frame to segment. */
#define AN_TX_HEADER_MAX 192u
/* Segments of a frame: what fits into one WQE (wqe.h) that has no inlined head. */
#define AN_TX_SEGMENTS_MAX 58u
/* The same for a frame to segment: beside AN_TX_HEADER_MAX and a tag inlined. */
#define AN_TX_TSO_SEGMENTS_MAX 45u
/* Frames and blocks that are posted before a CQE is asked for although one is outstanding. */
#define AN_TX_MARK_EVERY 32u
/* The smallest rings: no frame that is accepted may need more than a ring without a mark has. */
#define AN_TX_MBUFS_MIN 128u
#define AN_TX_BLOCKS_MIN 64u

struct an_port;
struct an_vf;

/* Frames handed to one side, and their bytes without CRC. */
struct an_count {
	uint64_t packets, bytes;
};

/* What a CQE gives back: everything up to here. */
struct an_sq_mark {
	uint16_t block, mbuf, frame;
};

/*
 * The VF's send queue as the burst sees it. Indices run freely and are masked on use.
 * WQEs are counted in blocks of 64 bytes (WQEBB), as the device counts them.
 */
struct an_sq {
	/* Constant while the queue is there. */
	volatile uint64_t *doorbell; /* in the UAR page; NULL: no queue */
	volatile uint32_t *record;   /* doorbell record, big endian */
	uint8_t *ring;               /* of blocks */
	struct rte_mbuf **mbufs;     /* of segments the device has not finished with */
	volatile struct mlx5_cqe64 *cqes;
	volatile uint32_t *cq_record;
	struct an_sq_mark *marks;    /* of WQEs that asked for a CQE, oldest first */
	struct an_mr_table *memory;
	uint16_t block_mask, mbuf_mask, mark_mask;
	uint8_t inline_bytes;        /* of a frame's head that the device wants in the WQE */
	bool mpw;
	uint32_t number;             /* SQ number, as WQEs name it */
	uint32_t cq_mask;
	uint32_t tso_max;            /* bytes of a frame to segment; 0: cannot */
	bool vlan_insert;
	bool write_combining;        /* of the UAR page: a store must be pushed out */

	/* The burst's, and control's when it owns the path. */
	struct an_mr_cache cache __rte_cache_aligned;
	uint16_t block_head, block_tail; /* posted; finished */
	uint16_t mbuf_head, mbuf_tail;
	uint16_t mark_head, mark_tail;
	uint16_t frame_head, frame_tail;
	struct an_sq_mark marked;    /* where the newest mark is */
	uint32_t cq_consumer;
	bool failed;                 /* an error CQE came: control rebuilds the queue */
};

struct an_txq {
	struct an_path path;
	bool on_vf;
	bool stopped;                /* control keeps the path (queue.c) */
	bool deferred;               /* started by its own call, not with the port */
	bool fast_free;              /* all frames of one pool, no references */
	uint16_t queue;
	const struct an_synthetic_ops *slow_ops;
	struct an_synthetic *slow;
	struct an_count vf, synthetic;
	struct an_sq sq __rte_cache_aligned;

	uint64_t refused;            /* malformed frames, freed and counted */
	uint64_t lost;               /* frames that were with a VF that died */
	struct an_count base;        /* of both sides, at the last reset (stats.c) */

	/* Control only. */
	uint16_t descriptors;
	uint64_t offloads;
	int socket;
	struct an_port *port;
	struct ibv_cq *cq;
	struct ibv_qp *qp;
	uint16_t watched_tail;       /* of the watchdog: marks finished when it last looked */
	uint64_t watched_since;      /* ns; nothing finished since; 0: nothing is waited for */
} __rte_cache_aligned;

/* ethdev's tx_queue_setup and tx_queue_release. */
int an_txq_setup(struct rte_eth_dev *dev, uint16_t queue, uint16_t descriptors,
		 unsigned int socket, const struct rte_eth_txconf *conf);
void an_txq_release(struct rte_eth_dev *dev, uint16_t queue);

/* Creates the send queue on the VF, ready to be used; bursts do not use it yet. 0 or -errno. */
int an_txq_attach(struct an_txq *txq, struct an_vf *vf);
/*
 * Destroys it and gives back every frame that never completed, which are counted as lost; nothing
 * where no queue is. Called with the path owned, or with on_vf false and a burst since. The device
 * is told to stop before a frame is freed, because until then it may read it.
 */
void an_txq_detach(struct an_txq *txq, struct an_vf *vf);
/* Takes completions; true when the device has finished with all that was posted. Path owned. */
bool an_txq_drain(struct an_txq *txq);
/*
 * The watchdog's look, without the path: has something been waiting for its completion for longer
 * than `limit` ns? `now` is never 0. Posts a NOP that asks for a CQE where frames wait behind no
 * mark.
 */
bool an_txq_is_stalled(struct an_txq *txq, uint64_t now, uint64_t limit);

/* tx.c */
uint16_t an_tx_burst(void *queue, struct rte_mbuf **frames, uint16_t n);

/* tx_info.c */
uint16_t an_tx_prepare(void *queue, struct rte_mbuf **frames, uint16_t n);
int an_tx_done_cleanup(void *queue, uint32_t free_count);
int an_tx_descriptor_status(void *queue, uint16_t offset);

#endif
