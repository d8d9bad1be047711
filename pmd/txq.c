// SPDX-License-Identifier: BSD-3-Clause
/*
 * A transmit queue's life: its arrays for the port's whole life, the send queue on the VF (a raw
 * packet QP and its CQ) for as long as the VF is used, and the watchdog's look at it.
 */
#include "port.h"
#include "sq.h"
#include "txq.h"

#include <errno.h>
#include <rte_malloc.h>
#include <string.h>

#define RING_MAX 32768u /* indices of 16 bits */
#define DRAIN_ROUNDS 4096u /* CQEs that can be outstanding, with room to spare */

static uint32_t power_of_two(uint32_t n)
{
	return rte_align32pow2(n);
}

int an_txq_setup(struct rte_eth_dev *dev, uint16_t queue, uint16_t descriptors,
		 unsigned int socket, const struct rte_eth_txconf *conf)
{
	struct an_port *port = dev->data->dev_private;
	uint32_t mbufs = RTE_MAX(power_of_two(descriptors), AN_TX_MBUFS_MIN), marks;
	struct an_txq *txq;
	struct an_sq *sq;

	if (descriptors == 0 || mbufs > RING_MAX)
		return -EINVAL;
	txq = rte_zmalloc_socket("an_txq", sizeof(*txq), RTE_CACHE_LINE_SIZE, socket);
	if (txq == NULL)
		return -ENOMEM;
	txq->port = port;
	txq->queue = queue;
	txq->descriptors = descriptors;
	txq->socket = (int)socket;
	txq->offloads = conf->offloads | dev->data->dev_conf.txmode.offloads;
	txq->deferred = conf->tx_deferred_start;
	txq->fast_free = (txq->offloads & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE) != 0;
	txq->slow_ops = port->slow_ops;
	txq->slow = port->slow;
	sq = &txq->sq;
	/* One outstanding for every AN_TX_MARK_EVERY frames or blocks, of which there may be as
	 * many, the last one of a burst, and a NOP. */
	marks = power_of_two(2 * mbufs / AN_TX_MARK_EVERY + 2);
	sq->mbuf_mask = mbufs - 1;
	sq->mark_mask = marks - 1;
	sq->tso_max = AN_TX_TSO_MAX; /* until a VF says otherwise */
	sq->mbufs = rte_zmalloc_socket("an_txq", mbufs * sizeof(*sq->mbufs), RTE_CACHE_LINE_SIZE,
				       socket);
	if (sq->mbufs == NULL)
		goto err_free_txq;
	sq->marks = rte_zmalloc_socket("an_txq", marks * sizeof(*sq->marks), RTE_CACHE_LINE_SIZE,
				       socket);
	if (sq->marks == NULL)
		goto err_free_mbufs;
	dev->data->tx_queues[queue] = txq;
	return 0;

err_free_mbufs:
	rte_free(sq->mbufs);
err_free_txq:
	rte_free(txq);
	return -ENOMEM;
}

void an_txq_release(struct rte_eth_dev *dev, uint16_t queue)
{
	struct an_txq *txq = dev->data->tx_queues[queue];

	if (txq == NULL)
		return;
	an_txq_detach(txq, &txq->port->vf);
	rte_free(txq->sq.marks);
	rte_free(txq->sq.mbufs);
	rte_free(txq);
	dev->data->tx_queues[queue] = NULL;
}

static int txq_cq_create(struct an_txq *txq, struct an_vf *vf)
{
	struct ibv_cq_init_attr_ex attr = { .cqe = txq->sq.mark_mask };
	struct mlx5dv_cq_init_attr mlx5 = {
		.comp_mask = MLX5DV_CQ_INIT_ATTR_MASK_CQE_SIZE,
		.cqe_size = AN_CQE_SIZE,
	};
	struct ibv_cq_ex *cq;

	errno = 0;
	cq = mlx5dv_create_cq(vf->context, &attr, &mlx5);
	if (cq == NULL)
		return errno != 0 ? -errno : -EIO;
	txq->cq = ibv_cq_ex_to_cq(cq);
	return 0;
}

/* A raw packet QP without a receive queue. Frames to segment need nothing of it: how long an
 * inlined header may be is between the WQE and the ring. */
static int txq_qp_create(struct an_txq *txq, struct an_vf *vf)
{
	uint32_t blocks = RTE_MAX(txq->sq.mbuf_mask + 1u, AN_TX_BLOCKS_MIN);
	struct ibv_qp_init_attr_ex attr = {
		.send_cq = txq->cq, .recv_cq = txq->cq, .qp_type = IBV_QPT_RAW_PACKET,
		.comp_mask = IBV_QP_INIT_ATTR_PD, .pd = vf->pd,
		.cap = { .max_send_wr = RTE_MIN(blocks, vf->max_wqe), .max_send_sge = 1 },
	};
	struct mlx5dv_qp_init_attr mlx5 = { 0 };

	errno = 0;
	txq->qp = mlx5dv_create_qp(vf->context, &attr, &mlx5);
	if (txq->qp == NULL)
		return errno != 0 ? -errno : -EIO;
	return 0;
}

static int txq_qp_start(struct an_txq *txq)
{
	static const enum ibv_qp_state states[] = { IBV_QPS_INIT, IBV_QPS_RTR, IBV_QPS_RTS };

	for (unsigned int i = 0; i < RTE_DIM(states); i++) {
		struct ibv_qp_attr attr = { .qp_state = states[i], .port_num = 1 };
		int mask = IBV_QP_STATE | (states[i] == IBV_QPS_INIT ? IBV_QP_PORT : 0);
		int err = ibv_modify_qp(txq->qp, &attr, mask);

		if (err != 0)
			return -abs(err);
	}
	return 0;
}

/* Takes over the rings as the device has them, if they are what was asked for. */
static int txq_map(struct an_txq *txq, struct an_vf *vf)
{
	struct mlx5dv_qp qp = { 0 };
	struct mlx5dv_cq cq = { 0 };
	struct mlx5dv_obj obj = {
		.qp = { .in = txq->qp, .out = &qp }, .cq = { .in = txq->cq, .out = &cq },
	};
	struct an_sq *sq = &txq->sq;

	if (mlx5dv_init_obj(&obj, MLX5DV_OBJ_QP | MLX5DV_OBJ_CQ) != 0)
		return -ENOTSUP;
	if (cq.cqe_size != AN_CQE_SIZE || cq.cqe_cnt < sq->mark_mask + 1u ||
	    !rte_is_power_of_2(cq.cqe_cnt) || qp.sq.stride != AN_WQE_BLOCK ||
	    qp.sq.wqe_cnt < AN_TX_BLOCKS_MIN || qp.sq.wqe_cnt > RING_MAX ||
	    !rte_is_power_of_2(qp.sq.wqe_cnt) || qp.bf.reg == NULL)
		return -ENOTSUP;
	sq->ring = qp.sq.buf;
	sq->block_mask = qp.sq.wqe_cnt - 1;
	sq->record = &qp.dbrec[MLX5_SND_DBR];
	sq->cqes = cq.buf;
	sq->cq_mask = cq.cqe_cnt - 1;
	sq->cq_record = cq.dbrec;
	sq->number = txq->qp->qp_num;
	sq->memory = &vf->memory;
	sq->inline_bytes = vf->inline_bytes;
	sq->mpw = vf->mpw && vf->inline_bytes == 0;
	sq->vlan_insert = vf->vlan_insert;
	sq->tso_max = vf->tso_max;
	sq->write_combining = qp.bf.size != 0;
	an_cqe_disown_all(sq->cqes, sq->cq_mask);
	sq->doorbell = qp.bf.reg;
	return 0;
}

/* Indices and what a queue had of its last VF. */
static void txq_forget(struct an_txq *txq)
{
	struct an_sq *sq = &txq->sq;
	struct an_sq empty = {
		.mbufs = sq->mbufs, .marks = sq->marks,
		.mbuf_mask = sq->mbuf_mask, .mark_mask = sq->mark_mask, .tso_max = AN_TX_TSO_MAX,
	};

	*sq = empty;
	txq->watched_since = 0;
}

int an_txq_attach(struct an_txq *txq, struct an_vf *vf)
{
	int err;

	if (txq->qp != NULL)
		return -EBUSY;
	txq_forget(txq);
	err = txq_cq_create(txq, vf);
	if (err != 0)
		return err;
	err = txq_qp_create(txq, vf);
	if (err != 0)
		goto err_destroy_cq;
	err = txq_qp_start(txq);
	if (err == 0)
		err = txq_map(txq, vf);
	if (err == 0)
		return 0;
	ibv_destroy_qp(txq->qp);
	txq->qp = NULL;
err_destroy_cq:
	ibv_destroy_cq(txq->cq);
	txq->cq = NULL;
	txq_forget(txq);
	return err;
}

/* The device reads no frame of the queue any more. A device that is gone cannot. */
static bool txq_qp_stop(struct an_txq *txq, struct an_vf *vf)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_RESET };
	int err = ibv_destroy_qp(txq->qp);

	if (err == 0 || err == EIO || vf->gone)
		return true;
	AN_LOG(WARNING, txq->port, "transmit queue %u: destroying its QP: %s", txq->queue,
	       strerror(err));
	return ibv_modify_qp(txq->qp, &attr, IBV_QP_STATE) == 0;
}

void an_txq_detach(struct an_txq *txq, struct an_vf *vf)
{
	struct an_sq *sq = &txq->sq;

	if (txq->qp == NULL)
		return;
	an_txq_drain(txq);
	if (txq_qp_stop(txq, vf)) {
		txq->lost += an_sq_reclaim(sq, txq->fast_free);
	} else {
		txq->lost += (uint16_t)(sq->frame_head - sq->frame_tail);
		AN_LOG(ERR, txq->port, "transmit queue %u: leaking %u buffers: the device may "
		       "still read them", txq->queue, (uint16_t)(sq->mbuf_head - sq->mbuf_tail));
	}
	ibv_destroy_cq(txq->cq);
	txq->qp = NULL;
	txq->cq = NULL;
	txq_forget(txq);
}

bool an_txq_drain(struct an_txq *txq)
{
	struct an_sq *sq = &txq->sq;

	if (sq->doorbell == NULL)
		return true;
	for (unsigned int i = 0; i < DRAIN_ROUNDS && an_sq_may_complete(sq); i++) {
		uint16_t tail = sq->mark_tail;

		an_sq_complete(sq, txq->fast_free);
		if (sq->mark_tail == tail)
			break;
	}
	if (sq->block_head == sq->block_tail)
		return true;
	if (!an_sq_may_complete(sq))
		an_sq_post_nop(sq);
	return false;
}

/* Frames wait behind no mark: whether they are stuck can only be told by asking. */
static void txq_ask(struct an_txq *txq)
{
	if (txq->stopped) { /* then control owns the path */
		an_sq_post_nop(&txq->sq);
		return;
	}
	if (an_path_take(&txq->path, 0) != 0)
		return; /* a burst is at work, which asks itself */
	if (!an_sq_may_complete(&txq->sq) && txq->sq.block_head != txq->sq.block_tail)
		an_sq_post_nop(&txq->sq);
	an_path_give(&txq->path);
}

bool an_txq_is_stalled(struct an_txq *txq, uint64_t now, uint64_t limit)
{
	struct an_sq *sq = &txq->sq;
	uint16_t tail, head;
	uint32_t consumer;

	if (sq->doorbell == NULL || sq->failed)
		return false;
	tail = __atomic_load_n(&sq->mark_tail, __ATOMIC_RELAXED);
	head = __atomic_load_n(&sq->mark_head, __ATOMIC_RELAXED);
	consumer = __atomic_load_n(&sq->cq_consumer, __ATOMIC_RELAXED);
	if (head == tail) {
		txq->watched_since = 0;
		if (__atomic_load_n(&sq->block_head, __ATOMIC_RELAXED) !=
		    __atomic_load_n(&sq->block_tail, __ATOMIC_RELAXED))
			txq_ask(txq);
		return false;
	}
	/* A CQE that no burst has fetched yet is the application's delay, not the device's. What
	 * was read may be of different moments: the next look, with a new tail, starts over. */
	if (an_cqe_is_ready(sq->cqes[consumer & sq->cq_mask].op_own, consumer, sq->cq_mask)) {
		txq->watched_since = 0;
		return false;
	}
	if (txq->watched_since == 0 || txq->watched_tail != tail) {
		txq->watched_tail = tail;
		txq->watched_since = now;
		return false;
	}
	return now - txq->watched_since > limit;
}
