// SPDX-License-Identifier: BSD-3-Clause
/*
 * Starting and stopping single queues, and what ethdev asks about them. A stopped queue is one
 * whose path control keeps (path.h): its bursts move nothing, at no cost for queues that run.
 */
#include "ops.h"
#include "port.h"

#include <errno.h>
#include <stdio.h>

#define TAKE_MS 1000u

static int path_stop(struct an_path *path, bool *stopped)
{
	int err;

	if (*stopped)
		return 0;
	err = an_path_take(path, TAKE_MS);
	if (err == 0)
		*stopped = true;
	return err;
}

static void path_start(struct an_path *path, bool *stopped)
{
	if (!*stopped)
		return;
	*stopped = false;
	an_path_give(path);
}

int an_rx_queue_start(struct rte_eth_dev *dev, uint16_t queue)
{
	struct an_port *port = dev->data->dev_private;
	struct an_rxq *rxq = dev->data->rx_queues[queue];

	pthread_mutex_lock(&port->lock);
	path_start(&rxq->path, &rxq->stopped);
	dev->data->rx_queue_state[queue] = RTE_ETH_QUEUE_STATE_STARTED;
	pthread_mutex_unlock(&port->lock);
	return 0;
}

int an_rx_queue_stop(struct rte_eth_dev *dev, uint16_t queue)
{
	struct an_port *port = dev->data->dev_private;
	struct an_rxq *rxq = dev->data->rx_queues[queue];
	int err;

	pthread_mutex_lock(&port->lock);
	err = path_stop(&rxq->path, &rxq->stopped);
	if (err == 0)
		dev->data->rx_queue_state[queue] = RTE_ETH_QUEUE_STATE_STOPPED;
	pthread_mutex_unlock(&port->lock);
	return err;
}

int an_tx_queue_start(struct rte_eth_dev *dev, uint16_t queue)
{
	struct an_port *port = dev->data->dev_private;
	struct an_txq *txq = dev->data->tx_queues[queue];

	pthread_mutex_lock(&port->lock);
	path_start(&txq->path, &txq->stopped);
	dev->data->tx_queue_state[queue] = RTE_ETH_QUEUE_STATE_STARTED;
	pthread_mutex_unlock(&port->lock);
	return 0;
}

int an_tx_queue_stop(struct rte_eth_dev *dev, uint16_t queue)
{
	struct an_port *port = dev->data->dev_private;
	struct an_txq *txq = dev->data->tx_queues[queue];
	int err;

	pthread_mutex_lock(&port->lock);
	err = path_stop(&txq->path, &txq->stopped);
	if (err == 0)
		dev->data->tx_queue_state[queue] = RTE_ETH_QUEUE_STATE_STOPPED;
	pthread_mutex_unlock(&port->lock);
	return err;
}

void an_rxq_info_get(struct rte_eth_dev *dev, uint16_t queue, struct rte_eth_rxq_info *info)
{
	const struct an_rxq *rxq = dev->data->rx_queues[queue];

	info->mp = rxq->pool;
	info->nb_desc = rxq->descriptors;
	info->scattered_rx = dev->data->scattered_rx;
	info->conf.offloads = rxq->offloads;
	info->conf.rx_deferred_start = rxq->deferred;
	info->conf.rx_drop_en = 1; /* neither side waits for buffers */
}

void an_txq_info_get(struct rte_eth_dev *dev, uint16_t queue, struct rte_eth_txq_info *info)
{
	const struct an_txq *txq = dev->data->tx_queues[queue];

	info->nb_desc = txq->descriptors;
	info->conf.offloads = txq->offloads;
	info->conf.tx_deferred_start = txq->deferred;
}

/* What the burst functions do on the side that they use now. */
int an_rx_burst_mode_get(struct rte_eth_dev *dev, uint16_t queue, struct rte_eth_burst_mode *mode)
{
	struct an_port *port = dev->data->dev_private;
	const struct an_rxq *rxq = dev->data->rx_queues[queue];

	pthread_mutex_lock(&port->lock);
	if (rxq->on_vf)
		snprintf(mode->info, sizeof(mode->info), "VF%s, and synthetic %s",
			 port->vf.compression ? ", compressed completions" : "",
			 port->slow_ops->name);
	else
		snprintf(mode->info, sizeof(mode->info), "synthetic %s", port->slow_ops->name);
	pthread_mutex_unlock(&port->lock);
	return 0;
}

int an_tx_burst_mode_get(struct rte_eth_dev *dev, uint16_t queue, struct rte_eth_burst_mode *mode)
{
	struct an_port *port = dev->data->dev_private;
	const struct an_txq *txq = dev->data->tx_queues[queue];

	pthread_mutex_lock(&port->lock);
	if (txq->on_vf)
		snprintf(mode->info, sizeof(mode->info), "VF%s",
			 port->vf.mpw ? ", multi-packet WQEs" : "");
	else
		snprintf(mode->info, sizeof(mode->info), "synthetic %s", port->slow_ops->name);
	pthread_mutex_unlock(&port->lock);
	return 0;
}
