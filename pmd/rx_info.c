// SPDX-License-Identifier: BSD-3-Clause
/* What an application, or control, asks of a receive queue beside frames. */
#include "cqe.h"
#include "rq.h"
#include "rxq.h"

#include <errno.h>
#include <rte_io.h>

uint32_t an_rq_waiting(const struct an_rq *rq, uint32_t most)
{
	uint32_t count = rq->session.left, consumer = rq->cq_consumer + rq->session.left;

	while (count < most && count < rq->head - rq->tail) {
		const volatile struct mlx5_cqe64 *cqe = &rq->cqes[consumer & rq->cq_mask];
		uint8_t op_own = cqe->op_own;
		uint32_t frames = 1;

		if (!an_cqe_is_ready(op_own, consumer, rq->cq_mask))
			break;
		rte_io_rmb(); /* as in rx.c */
		if (an_cqe_is_compressed(op_own))
			frames = rte_be_to_cpu_32(cqe->byte_cnt);
		if (frames == 0 || frames > rq->cq_mask)
			break;
		count += frames;
		consumer += frames;
	}
	return RTE_MIN(count, rq->head - rq->tail);
}

bool an_rxq_is_empty(struct an_rxq *rxq)
{
	return rxq->rq.cqes == NULL || an_rq_waiting(&rxq->rq, 1) == 0;
}

/* On the synthetic side how many frames wait is not known: 1 stands for "some". */
static uint32_t synthetic_waiting(const struct an_rxq *rxq)
{
	return an_synthetic_is_ready(&rxq->ready[0]) || an_synthetic_is_ready(&rxq->ready[1]);
}

uint32_t an_rx_queue_count(void *queue)
{
	struct an_rxq *rxq = queue;
	uint32_t count;

	if (!an_path_enter(&rxq->path))
		return 0;
	count = synthetic_waiting(rxq);
	if (rxq->on_vf)
		count += an_rq_waiting(&rxq->rq, UINT32_MAX);
	an_path_leave(&rxq->path);
	return RTE_MIN(count, (uint32_t)rxq->descriptors);
}

int an_rx_descriptor_status(void *queue, uint16_t offset)
{
	struct an_rxq *rxq = queue;
	int status = RTE_ETH_RX_DESC_AVAIL;
	struct an_rq *rq = &rxq->rq;

	if (offset >= rxq->descriptors)
		return -EINVAL;
	if (!an_path_enter(&rxq->path))
		return RTE_ETH_RX_DESC_UNAVAIL;
	if (rxq->on_vf) {
		if (offset >= rq->head - rq->tail)
			status = RTE_ETH_RX_DESC_UNAVAIL;
		else if (an_rq_waiting(rq, offset + 1u) > offset)
			status = RTE_ETH_RX_DESC_DONE;
	} else if (offset < synthetic_waiting(rxq)) {
		status = RTE_ETH_RX_DESC_DONE;
	}
	an_path_leave(&rxq->path);
	return status;
}
