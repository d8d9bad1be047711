// SPDX-License-Identifier: BSD-3-Clause
/* Configuring, starting and stopping a port. */
#include "control.h"
#include "link.h"
#include "ops.h"
#include "port.h"
#include "switch.h"

#include <errno.h>
#include <string.h>

int an_dev_configure(struct rte_eth_dev *dev)
{
	struct an_port *port = dev->data->dev_private;
	const struct rte_eth_conf *conf = &dev->data->dev_conf;
	struct rte_eth_rss_conf none = { 0 };
	int err;

	if (conf->intr_conf.rxq) {
		AN_LOG(ERR, port, "receive interrupts are not supported yet");
		return -ENOTSUP;
	}
	if (conf->rxmode.mq_mode & ~RTE_ETH_MQ_RX_RSS) {
		AN_LOG(ERR, port, "receive mode 0x%x: there is RSS alone", conf->rxmode.mq_mode);
		return -ENOTSUP;
	}
	pthread_mutex_lock(&port->lock);
	err = an_rss_configure(port, conf->rxmode.mq_mode & RTE_ETH_MQ_RX_RSS_FLAG ?
			       &conf->rx_adv_conf.rss_conf : &none, dev->data->nb_rx_queues);
	pthread_mutex_unlock(&port->lock);
	return err;
}

/* The kernel's MTU is the administrator's: what it does not take cannot be sent synthetic. */
int an_mtu_set(struct rte_eth_dev *dev, uint16_t mtu)
{
	struct an_port *port = dev->data->dev_private;

	if (mtu <= port->pair.net.mtu)
		return 0;
	AN_LOG(ERR, port, "MTU %u: the kernel's interface has %u (ip link set %s mtu %u)", mtu,
	       port->pair.net.mtu, port->pair.net.name, mtu);
	return -EINVAL;
}

/* A frame of the MTU must fit a buffer, or be scattered over several. */
static int buffers_check(struct an_port *port, struct rte_eth_dev *dev)
{
	unsigned int frame = dev->data->mtu + RTE_ETHER_HDR_LEN + RTE_VLAN_HLEN;

	dev->data->scattered_rx = 0;
	for (unsigned int i = 0; i < dev->data->nb_rx_queues; i++) {
		const struct an_rxq *rxq = dev->data->rx_queues[i];
		unsigned int room = rte_pktmbuf_data_room_size(rxq->pool) - RTE_PKTMBUF_HEADROOM;

		if (frame <= room)
			continue;
		if (!(rxq->offloads & RTE_ETH_RX_OFFLOAD_SCATTER)) {
			AN_LOG(ERR, port, "queue %u: frames of %u bytes do not fit buffers of %u; "
			       "use larger ones or the offload SCATTER", i, frame, room);
			return -EINVAL;
		}
		dev->data->scattered_rx = 1;
	}
	return 0;
}

static int slow_start(struct an_port *port, struct rte_eth_dev *dev)
{
	struct an_synthetic_rx rx[AN_QUEUES_MAX];
	int err;

	for (unsigned int i = 0; i < dev->data->nb_rx_queues; i++) {
		const struct an_rxq *rxq = dev->data->rx_queues[i];

		rx[i] = (struct an_synthetic_rx){ rxq->pool, rxq->offloads, rxq->descriptors };
	}
	err = port->slow_ops->start(port->slow, rx, dev->data->nb_rx_queues,
				    dev->data->nb_tx_queues, dev->data->mtu);
	if (err != 0) {
		AN_LOG(ERR, port, "%s could not be started: %s", port->slow_ops->name,
		       strerror(-err));
		return err;
	}
	port->slow_ops->set_rss(port->slow, &port->rss);
	return 0;
}

/* Bursts may run from here on, but for queues that wait for a start of their own. */
static void queues_open(struct an_port *port, struct rte_eth_dev *dev)
{
	for (unsigned int i = 0; i < dev->data->nb_rx_queues; i++) {
		struct an_rxq *rxq = dev->data->rx_queues[i];

		port->slow_ops->rx_ready(port->slow, i, rxq->ready);
		rxq->port_id = dev->data->port_id;
		rxq->stopped = rxq->deferred;
		dev->data->rx_queue_state[i] = rxq->deferred ? RTE_ETH_QUEUE_STATE_STOPPED :
							       RTE_ETH_QUEUE_STATE_STARTED;
		rxq->path.owner = rxq->deferred ? AN_PATH_CONTROL : AN_PATH_FREE;
	}
	for (unsigned int i = 0; i < dev->data->nb_tx_queues; i++) {
		struct an_txq *txq = dev->data->tx_queues[i];

		txq->stopped = txq->deferred;
		dev->data->tx_queue_state[i] = txq->deferred ? RTE_ETH_QUEUE_STATE_STOPPED :
							       RTE_ETH_QUEUE_STATE_STARTED;
		__atomic_store_n(&txq->path.owner,
				 txq->deferred ? AN_PATH_CONTROL : AN_PATH_FREE, __ATOMIC_RELEASE);
	}
}

/* Bursts that are late move nothing; until the next start, control owns every path. */
static void queues_close(struct rte_eth_dev *dev)
{
	for (unsigned int i = 0; i < dev->data->nb_rx_queues; i++) {
		struct an_rxq *rxq = dev->data->rx_queues[i];

		if (!rxq->stopped)
			an_path_take(&rxq->path, 1000);
		rxq->stopped = true;
		dev->data->rx_queue_state[i] = RTE_ETH_QUEUE_STATE_STOPPED;
	}
	for (unsigned int i = 0; i < dev->data->nb_tx_queues; i++) {
		struct an_txq *txq = dev->data->tx_queues[i];

		if (!txq->stopped)
			an_path_take(&txq->path, 1000);
		txq->stopped = true;
		dev->data->tx_queue_state[i] = RTE_ETH_QUEUE_STATE_STOPPED;
	}
}

int an_dev_start(struct rte_eth_dev *dev)
{
	struct an_port *port = dev->data->dev_private;
	int err;

	err = buffers_check(port, dev);
	if (err != 0)
		return err;
	pthread_mutex_lock(&port->lock);
	err = slow_start(port, dev);
	if (err == 0) {
		queues_open(port, dev);
		port->running = true;
		an_control_port_started(port);
	}
	pthread_mutex_unlock(&port->lock);
	if (err == 0) {
		dev->data->dev_started = 1; /* ethdev's, a moment early: the link is asked for */
		an_link_update(dev, 0);
	}
	return err;
}

int an_dev_stop(struct rte_eth_dev *dev)
{
	struct an_port *port = dev->data->dev_private;

	pthread_mutex_lock(&port->lock);
	dev->data->dev_started = 0;
	if (port->running) {
		queues_close(dev);
		an_control_port_stopping(port);
		port->running = false;
		port->slow_ops->stop(port->slow);
	}
	pthread_mutex_unlock(&port->lock);
	an_link_update(dev, 0);
	return 0;
}
