// SPDX-License-Identifier: BSD-3-Clause
/* What an application asks of a transmit queue beside sending. */
#include "sq.h"
#include "tx_frame.h"
#include "txq.h"

#include <errno.h>
#include <rte_errno.h>

/*
 * Checks only: the device computes checksums from the packet alone, so no pseudo header has to be
 * written into it.
 */
uint16_t an_tx_prepare(void *queue, struct rte_mbuf **frames, uint16_t n)
{
	struct an_txq *txq = queue;

	for (uint16_t i = 0; i < n; i++) {
		int err = an_tx_frame_check(&txq->sq, frames[i]);

		if (err != 0) {
			rte_errno = -err;
			return i;
		}
	}
	return n;
}

/* Frames given back; may be more than were asked for, since a CQE frees what it frees. */
int an_tx_done_cleanup(void *queue, uint32_t free_count)
{
	struct an_txq *txq = queue;
	struct an_sq *sq = &txq->sq;
	uint16_t before;
	int freed = 0;

	(void)free_count;
	if (!an_path_enter(&txq->path))
		return 0; /* control is at it */
	if (sq->doorbell != NULL) {
		before = sq->frame_tail;
		an_sq_complete(sq, txq->fast_free);
		freed = (uint16_t)(sq->frame_tail - before);
	}
	an_path_leave(&txq->path);
	return freed;
}

int an_tx_descriptor_status(void *queue, uint16_t offset)
{
	struct an_txq *txq = queue;
	struct an_sq *sq = &txq->sq;
	int status = RTE_ETH_TX_DESC_DONE;

	if (offset >= txq->descriptors)
		return -EINVAL;
	if (!an_path_enter(&txq->path))
		return RTE_ETH_TX_DESC_UNAVAIL;
	if (txq->on_vf) {
		an_sq_complete(sq, txq->fast_free);
		if (offset >= RTE_MIN(an_sq_mbufs_free(sq), an_sq_blocks_free(sq)))
			status = RTE_ETH_TX_DESC_FULL;
	} else if (txq->slow_ops->tx_pending(txq->slow, txq->queue) > 0) {
		status = RTE_ETH_TX_DESC_FULL;
	}
	an_path_leave(&txq->path);
	return status;
}
