// SPDX-License-Identifier: BSD-3-Clause
/*
 * A receive queue's life: what it knows of the application for the port's whole life, the receive
 * queue on the VF (a WQ and its CQ) for as long as the VF is used.
 */
#include "port.h"
#include "rq.h"
#include "rxq.h"

#include <errno.h>
#include <rte_malloc.h>
#include <string.h>

#define RING_MAX 32768u
#define RING_MIN 64u
#define OVERHEAD 22u /* bytes of a frame beyond the MTU: Ethernet header, two VLAN tags */
#define BUFFER_MIN 128u /* bytes for data; no frame needs many buffers then */

/* Buffers that a frame of `len` bytes takes. */
static uint32_t rxq_segments(const struct an_rxq *rxq, uint32_t len)
{
	uint32_t whole = rte_pktmbuf_data_room_size(rxq->pool);
	uint32_t first = whole - RTE_PKTMBUF_HEADROOM;

	return len <= first ? 1 : 1 + (len - first + whole - 1) / whole;
}

/* A frame of the MTU must fit into one buffer, or the application must want chains. */
static int rxq_check(const struct an_rxq *rxq, uint16_t mtu)
{
	uint32_t room = rte_pktmbuf_data_room_size(rxq->pool), segments;

	if (room < RTE_PKTMBUF_HEADROOM + BUFFER_MIN) {
		AN_LOG(ERR, rxq->port, "receive queue %u: buffers of %u bytes are too small",
		       rxq->queue, room);
		return -EINVAL;
	}
	segments = rxq_segments(rxq, mtu + OVERHEAD);
	if (segments > AN_RX_SEGMENTS_MAX ||
	    (segments > 1 && !(rxq->offloads & RTE_ETH_RX_OFFLOAD_SCATTER))) {
		AN_LOG(ERR, rxq->port, "receive queue %u: a frame of MTU %u takes %u buffers of %u "
		       "bytes: use larger ones%s", rxq->queue, mtu, segments,
		       room - RTE_PKTMBUF_HEADROOM,
		       segments > AN_RX_SEGMENTS_MAX ? "" : ", or the offload \"scatter\"");
		return -EINVAL;
	}
	return 0;
}

int an_rxq_setup(struct rte_eth_dev *dev, uint16_t queue, uint16_t descriptors,
		 unsigned int socket, const struct rte_eth_rxconf *conf, struct rte_mempool *pool)
{
	struct an_port *port = dev->data->dev_private;
	struct an_rxq *rxq;
	int err;

	if (descriptors == 0 || descriptors > RING_MAX)
		return -EINVAL;
	rxq = rte_zmalloc_socket("an_rxq", sizeof(*rxq), RTE_CACHE_LINE_SIZE, socket);
	if (rxq == NULL)
		return -ENOMEM;
	rxq->port = port;
	rxq->queue = queue;
	rxq->port_id = dev->data->port_id;
	rxq->descriptors = RTE_MAX(rte_align32pow2(descriptors), RING_MIN);
	rxq->socket = (int)socket;
	rxq->offloads = conf->offloads | dev->data->dev_conf.rxmode.offloads;
	rxq->deferred = conf->rx_deferred_start;
	rxq->pool = pool;
	rxq->slow_ops = port->slow_ops;
	rxq->slow = port->slow;
	err = rxq_check(rxq, dev->data->mtu);
	if (err != 0) {
		rte_free(rxq);
		return err;
	}
	dev->data->rx_queues[queue] = rxq;
	return 0;
}

void an_rxq_release(struct rte_eth_dev *dev, uint16_t queue)
{
	struct an_rxq *rxq = dev->data->rx_queues[queue];

	if (rxq == NULL)
		return;
	an_rxq_detach(rxq, &rxq->port->vf);
	rte_free(rxq);
	dev->data->rx_queues[queue] = NULL;
}

static int rxq_cq_create(struct an_rxq *rxq, struct an_vf *vf)
{
	struct ibv_cq_init_attr_ex attr = { .cqe = rxq->descriptors - 1u };
	struct mlx5dv_cq_init_attr mlx5 = {
		.comp_mask = MLX5DV_CQ_INIT_ATTR_MASK_CQE_SIZE,
		.cqe_size = AN_CQE_SIZE,
	};
	struct ibv_cq_ex *cq;

	if (vf->compression) {
		mlx5.comp_mask |= MLX5DV_CQ_INIT_ATTR_MASK_COMPRESSED_CQE;
		mlx5.cqe_comp_res_format = MLX5DV_CQE_RES_FORMAT_HASH;
	}
	errno = 0;
	cq = mlx5dv_create_cq(vf->context, &attr, &mlx5);
	if (cq == NULL)
		return errno != 0 ? -errno : -EIO;
	rxq->cq = ibv_cq_ex_to_cq(cq);
	return 0;
}

static int rxq_wq_create(struct an_rxq *rxq, struct an_vf *vf)
{
	struct ibv_wq_init_attr attr = {
		.wq_type = IBV_WQT_RQ, .pd = vf->pd, .cq = rxq->cq,
		.max_wr = rxq->descriptors, .max_sge = 1u << rxq->rq.segments_log,
	};
	struct mlx5dv_wq_init_attr mlx5 = { 0 };

	if ((rxq->offloads & RTE_ETH_RX_OFFLOAD_VLAN_STRIP) && vf->vlan_strip) {
		attr.comp_mask = IBV_WQ_INIT_ATTR_FLAGS;
		attr.create_flags = IBV_WQ_FLAGS_CVLAN_STRIPPING;
	}
	errno = 0;
	rxq->wq = mlx5dv_create_wq(vf->context, &attr, &mlx5);
	if (rxq->wq == NULL)
		return errno != 0 ? -errno : -EIO;
	return 0;
}

static int rxq_wq_start(struct an_rxq *rxq)
{
	struct ibv_wq_attr attr = { .attr_mask = IBV_WQ_ATTR_STATE, .wq_state = IBV_WQS_RDY };

	return -abs(ibv_modify_wq(rxq->wq, &attr));
}

/* What each frame's mbuf is given: by checksum verdicts and a stripped tag, as was asked for. */
static void rq_flags_fill(struct an_rxq *rxq)
{
	struct an_rq *rq = &rxq->rq;
	struct rte_mbuf fresh = {
		.data_off = RTE_PKTMBUF_HEADROOM, .nb_segs = 1, .port = rxq->port_id,
	};
	uint64_t l4 = RTE_ETH_RX_OFFLOAD_UDP_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM;
	uint64_t always = 0;

	rte_mbuf_refcnt_set(&fresh, 1);
	memcpy(&rq->rearm, (const char *)&fresh + offsetof(struct rte_mbuf, rearm_data),
	       sizeof(rq->rearm));
	if (rte_pktmbuf_priv_flags(rxq->pool) & RTE_PKTMBUF_POOL_F_PINNED_EXT_BUF)
		always = RTE_MBUF_F_EXTERNAL;
	for (unsigned int i = 0; i < AN_RX_FLAGS; i++) {
		uint64_t flags = always;

		if ((i << 1 & AN_CQE_L3_OK) && (rxq->offloads & RTE_ETH_RX_OFFLOAD_IPV4_CKSUM))
			flags |= RTE_MBUF_F_RX_IP_CKSUM_GOOD;
		if ((i << 1 & AN_CQE_L4_OK) && (rxq->offloads & l4))
			flags |= RTE_MBUF_F_RX_L4_CKSUM_GOOD;
		if ((i << 1 & AN_CQE_VLAN_STRIPPED) &&
		    (rxq->offloads & RTE_ETH_RX_OFFLOAD_VLAN_STRIP))
			flags |= RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
		rq->flags[i] = flags;
	}
	if (rxq->offloads & RTE_ETH_RX_OFFLOAD_RSS_HASH)
		rq->hash_flag = RTE_MBUF_F_RX_RSS_HASH;
}

struct rxq_key {
	struct an_mr_table *memory;
	uint32_t key;
	bool one;
};

static void rxq_key_take(struct rte_mempool *pool, void *context, struct rte_mempool_memhdr *chunk,
			 unsigned int index)
{
	struct rxq_key *found = context;
	uint32_t key = an_mr_find(found->memory, (uintptr_t)chunk->addr, chunk->len, NULL);

	(void)pool;
	if (index == 0)
		found->key = key;
	else if (key != found->key)
		found->one = false;
}

/* Buffers that the pool has inside: one address rule, and often one key. */
static int rq_memory_find(struct an_rxq *rxq, struct an_vf *vf)
{
	bool pinned = rte_pktmbuf_priv_flags(rxq->pool) & RTE_PKTMBUF_POOL_F_PINNED_EXT_BUF;
	struct rxq_key found = { .memory = &vf->memory, .key = AN_MR_NONE, .one = true };
	struct an_rq *rq = &rxq->rq;
	int err;

	rq->memory = &vf->memory;
	err = an_mr_add_mempool(&vf->memory, rxq->pool);
	if (err != 0)
		return err;
	an_mr_cache_check(rq->memory, &rq->cache);
	rte_mempool_mem_iter(rxq->pool, rxq_key_take, &found);
	rq->one_key = !pinned && found.one && found.key != AN_MR_NONE;
	if (!pinned)
		rq->offset = sizeof(struct rte_mbuf) + rte_pktmbuf_priv_size(rxq->pool) +
			     RTE_PKTMBUF_HEADROOM;
	/* What does not change from buffer to buffer; the rest of a WQE ends its list. */
	for (uint32_t i = 0; i <= rq->mask; i++) {
		struct mlx5_wqe_data_seg *segment = &rq->ring[(size_t)i << rq->segments_log];
		uint32_t room = rte_pktmbuf_data_room_size(rxq->pool);

		for (unsigned int j = 0; j < 1u << rq->segments_log; j++, segment++) {
			bool used = j < rq->segments;

			segment->byte_count = rte_cpu_to_be_32(
				!used ? 0 : j == 0 ? room - RTE_PKTMBUF_HEADROOM : room);
			segment->lkey = used ? found.key : rte_cpu_to_be_32(MLX5_INVALID_LKEY);
			segment->addr = 0;
		}
	}
	return 0;
}

/* Takes over the rings as the device has them, if they are what was asked for. */
static int rxq_map(struct an_rxq *rxq)
{
	struct mlx5dv_rwq wq = { 0 };
	struct mlx5dv_cq cq = { 0 };
	struct mlx5dv_obj obj = {
		.rwq = { .in = rxq->wq, .out = &wq }, .cq = { .in = rxq->cq, .out = &cq },
	};
	struct an_rq *rq = &rxq->rq;

	if (mlx5dv_init_obj(&obj, MLX5DV_OBJ_RWQ | MLX5DV_OBJ_CQ) != 0)
		return -ENOTSUP;
	if (cq.cqe_size != AN_CQE_SIZE || cq.cqe_cnt < rxq->descriptors ||
	    !rte_is_power_of_2(cq.cqe_cnt) || wq.wqe_cnt != rxq->descriptors ||
	    wq.stride != sizeof(struct mlx5_wqe_data_seg) << rq->segments_log)
		return -ENOTSUP;
	rq->ring = wq.buf;
	rq->mask = wq.wqe_cnt - 1;
	rq->record = &wq.dbrec[MLX5_RCV_DBR];
	rq->cqes = cq.buf;
	rq->cq_mask = cq.cqe_cnt - 1;
	rq->cq_record = cq.dbrec;
	rq->batch = RTE_MIN(AN_RX_BATCH, wq.wqe_cnt / 4);
	an_cqe_disown_all(rq->cqes, rq->cq_mask);
	return 0;
}

static int rxq_arrays_create(struct an_rxq *rxq)
{
	uint32_t room = rte_pktmbuf_data_room_size(rxq->pool);
	struct an_rq *rq = &rxq->rq;

	rq->segments = rxq_segments(rxq, rxq->port->data->mtu + OVERHEAD);
	rq->segments_log = rte_log2_u32(rq->segments);
	rq->room = rq->segments * room - RTE_PKTMBUF_HEADROOM;
	rq->mbufs = rte_zmalloc_socket("an_rxq", ((size_t)rxq->descriptors * rq->segments +
					AN_RX_PREFETCH) * sizeof(*rq->mbufs),
				       RTE_CACHE_LINE_SIZE, rxq->socket);
	return rq->mbufs != NULL ? 0 : -ENOMEM;
}

int an_rxq_attach(struct an_rxq *rxq, struct an_vf *vf)
{
	struct an_rq *rq = &rxq->rq;
	int err;

	if (rxq->wq != NULL)
		return -EBUSY;
	err = rxq_check(rxq, rxq->port->data->mtu);
	if (err != 0)
		return err;
	memset(rq, 0, sizeof(*rq));
	err = rxq_arrays_create(rxq);
	if (err != 0)
		return err;
	rq_flags_fill(rxq);
	err = rxq_cq_create(rxq, vf);
	if (err != 0)
		goto err_free_arrays;
	err = rxq_wq_create(rxq, vf);
	if (err != 0)
		goto err_destroy_cq;
	err = rxq_map(rxq);
	if (err == 0)
		err = rq_memory_find(rxq, vf);
	if (err == 0)
		err = rxq_wq_start(rxq);
	if (err != 0)
		goto err_destroy_wq;
	an_rq_refill(rxq);
	if (rq->head == rq->tail) {
		err = -ENOMEM;
		goto err_destroy_wq;
	}
	return 0;

err_destroy_wq:
	ibv_destroy_wq(rxq->wq);
	rxq->wq = NULL;
err_destroy_cq:
	ibv_destroy_cq(rxq->cq);
	rxq->cq = NULL;
err_free_arrays:
	rte_free(rq->mbufs);
	memset(rq, 0, sizeof(*rq));
	return err;
}

/* The device writes into no buffer of the queue any more. A device that is gone cannot. */
static bool rxq_wq_stop(struct an_rxq *rxq, struct an_vf *vf)
{
	struct ibv_wq_attr attr = { .attr_mask = IBV_WQ_ATTR_STATE, .wq_state = IBV_WQS_ERR };
	int err = ibv_destroy_wq(rxq->wq);

	if (err == 0 || err == EIO || vf->gone)
		return true;
	AN_LOG(WARNING, rxq->port, "receive queue %u: destroying its WQ: %s", rxq->queue,
	       strerror(err));
	return ibv_modify_wq(rxq->wq, &attr) == 0;
}

void an_rxq_detach(struct an_rxq *rxq, struct an_vf *vf)
{
	struct an_rq *rq = &rxq->rq;

	if (rxq->wq == NULL)
		return;
	rxq->lost += an_rq_waiting(rq, UINT32_MAX);
	if (rxq_wq_stop(rxq, vf)) {
		an_rq_reclaim(rq);
	} else {
		AN_LOG(ERR, rxq->port, "receive queue %u: leaking %u buffers: the device may still "
		       "write to them", rxq->queue, (rq->head - rq->tail) * rq->segments);
	}
	ibv_destroy_cq(rxq->cq);
	rte_free(rq->mbufs);
	rxq->wq = NULL;
	rxq->cq = NULL;
	memset(rq, 0, sizeof(*rq));
}
