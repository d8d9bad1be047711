// SPDX-License-Identifier: BSD-3-Clause
/*
 * Statistics. Bursts count in their queue, without atomics: a reader may see the packets of a burst
 * before its bytes. A reset remembers what was there; the queues' own counters only grow.
 */
#include "ops.h"
#include "port.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum stat {
	RX_VF_PACKETS, RX_VF_BYTES, RX_SYNTHETIC_PACKETS, RX_SYNTHETIC_BYTES,
	RX_ERRORS, RX_VF_LOST, RX_NOMBUF, RX_SYNTHETIC_DROPPED, RX_SYNTHETIC_OVERSIZE,
	TX_VF_PACKETS, TX_VF_BYTES, TX_SYNTHETIC_PACKETS, TX_SYNTHETIC_BYTES,
	TX_REFUSED, TX_VF_LOST, TX_SYNTHETIC_ERRORS,
	SWITCHES_TO_VF, SWITCHES_TO_SYNTHETIC,
	VF_LOSSES_ANNOUNCED, VF_LOSSES_SILENT, VF_LOSSES_ERROR, VF_REBUILD_FAILURES,
	STATS,
};

static const char *const names[STATS] = {
	[RX_VF_PACKETS] = "rx_vf_packets",
	[RX_VF_BYTES] = "rx_vf_bytes",
	[RX_SYNTHETIC_PACKETS] = "rx_synthetic_packets",
	[RX_SYNTHETIC_BYTES] = "rx_synthetic_bytes",
	[RX_ERRORS] = "rx_vf_errors",
	[RX_VF_LOST] = "rx_vf_lost",
	[RX_NOMBUF] = "rx_no_mbuf",
	[RX_SYNTHETIC_DROPPED] = "rx_synthetic_dropped",
	[RX_SYNTHETIC_OVERSIZE] = "rx_synthetic_oversize",
	[TX_VF_PACKETS] = "tx_vf_packets",
	[TX_VF_BYTES] = "tx_vf_bytes",
	[TX_SYNTHETIC_PACKETS] = "tx_synthetic_packets",
	[TX_SYNTHETIC_BYTES] = "tx_synthetic_bytes",
	[TX_REFUSED] = "tx_refused",
	[TX_VF_LOST] = "tx_vf_lost",
	[TX_SYNTHETIC_ERRORS] = "tx_synthetic_errors",
	[SWITCHES_TO_VF] = "switches_to_vf",
	[SWITCHES_TO_SYNTHETIC] = "switches_to_synthetic",
	[VF_LOSSES_ANNOUNCED] = "vf_losses_announced",
	[VF_LOSSES_SILENT] = "vf_losses_silent",
	[VF_LOSSES_ERROR] = "vf_losses_error",
	[VF_REBUILD_FAILURES] = "vf_rebuild_failures",
};

_Static_assert(STATS <= AN_STATS_MAX, "the base of a reset has room for each");

static void stats_from_queues(const struct rte_eth_dev_data *data, uint64_t values[STATS])
{
	for (unsigned int i = 0; i < data->nb_rx_queues; i++) {
		const struct an_rxq *rxq = data->rx_queues[i];

		if (rxq == NULL)
			continue;
		values[RX_VF_PACKETS] += rxq->vf.packets;
		values[RX_VF_BYTES] += rxq->vf.bytes;
		values[RX_SYNTHETIC_PACKETS] += rxq->synthetic.packets;
		values[RX_SYNTHETIC_BYTES] += rxq->synthetic.bytes;
		values[RX_ERRORS] += rxq->errors;
		values[RX_VF_LOST] += rxq->lost;
		values[RX_NOMBUF] += rxq->nombuf;
	}
	for (unsigned int i = 0; i < data->nb_tx_queues; i++) {
		const struct an_txq *txq = data->tx_queues[i];

		if (txq == NULL)
			continue;
		values[TX_VF_PACKETS] += txq->vf.packets;
		values[TX_VF_BYTES] += txq->vf.bytes;
		values[TX_SYNTHETIC_PACKETS] += txq->synthetic.packets;
		values[TX_SYNTHETIC_BYTES] += txq->synthetic.bytes;
		values[TX_REFUSED] += txq->refused;
		values[TX_VF_LOST] += txq->lost;
	}
}

/* Called with the port's lock. */
static void stats_collect(struct an_port *port, uint64_t values[STATS])
{
	const struct an_port_counters *counters = &port->counters;
	struct an_synthetic_counters slow = { 0 };

	memset(values, 0, STATS * sizeof(values[0]));
	stats_from_queues(port->data, values);
	port->slow_ops->counters(port->slow, &slow);
	values[RX_SYNTHETIC_DROPPED] = slow.rx_dropped;
	values[RX_SYNTHETIC_OVERSIZE] = slow.rx_oversize;
	values[RX_NOMBUF] += slow.rx_nombuf;
	values[TX_SYNTHETIC_ERRORS] = slow.tx_errors;
	values[SWITCHES_TO_VF] = counters->to_vf;
	values[SWITCHES_TO_SYNTHETIC] = counters->to_synthetic;
	values[VF_LOSSES_ANNOUNCED] = counters->losses_announced;
	values[VF_LOSSES_SILENT] = counters->losses_silent;
	values[VF_LOSSES_ERROR] = counters->losses_error;
	values[VF_REBUILD_FAILURES] = counters->rebuild_failures;
}

static void stats_since_reset(struct an_port *port, uint64_t values[STATS])
{
	stats_collect(port, values);
	for (unsigned int i = 0; i < STATS; i++)
		values[i] -= port->stats_base[i];
}

/* Of one queue since the last reset, by number, both sides together. */
static void stats_of_queues(struct an_port *port, struct rte_eth_stats *stats)
{
	const struct rte_eth_dev_data *data = port->data;

	for (unsigned int i = 0; i < RTE_ETHDEV_QUEUE_STAT_CNTRS; i++) {
		if (i < data->nb_rx_queues && data->rx_queues[i] != NULL) {
			const struct an_rxq *rxq = data->rx_queues[i];

			stats->q_ipackets[i] = rxq->vf.packets + rxq->synthetic.packets -
					       rxq->base.packets;
			stats->q_ibytes[i] = rxq->vf.bytes + rxq->synthetic.bytes -
					     rxq->base.bytes;
			stats->q_errors[i] = rxq->errors - rxq->base_errors;
		}
		if (i < data->nb_tx_queues && data->tx_queues[i] != NULL) {
			const struct an_txq *txq = data->tx_queues[i];

			stats->q_opackets[i] = txq->vf.packets + txq->synthetic.packets -
					       txq->base.packets;
			stats->q_obytes[i] = txq->vf.bytes + txq->synthetic.bytes -
					     txq->base.bytes;
		}
	}
}

int an_stats_get(struct rte_eth_dev *dev, struct rte_eth_stats *stats)
{
	struct an_port *port = dev->data->dev_private;
	uint64_t v[STATS];

	pthread_mutex_lock(&port->lock);
	stats_since_reset(port, v);
	stats_of_queues(port, stats);
	pthread_mutex_unlock(&port->lock);
	stats->ipackets = v[RX_VF_PACKETS] + v[RX_SYNTHETIC_PACKETS];
	stats->ibytes = v[RX_VF_BYTES] + v[RX_SYNTHETIC_BYTES];
	stats->ierrors = v[RX_ERRORS] + v[RX_SYNTHETIC_OVERSIZE];
	stats->imissed = v[RX_VF_LOST] + v[RX_SYNTHETIC_DROPPED];
	stats->rx_nombuf = v[RX_NOMBUF];
	stats->opackets = v[TX_VF_PACKETS] + v[TX_SYNTHETIC_PACKETS];
	stats->obytes = v[TX_VF_BYTES] + v[TX_SYNTHETIC_BYTES];
	stats->oerrors = v[TX_REFUSED] + v[TX_VF_LOST] + v[TX_SYNTHETIC_ERRORS];
	return 0;
}

int an_stats_reset(struct rte_eth_dev *dev)
{
	struct an_port *port = dev->data->dev_private;
	const struct rte_eth_dev_data *data = dev->data;

	pthread_mutex_lock(&port->lock);
	stats_collect(port, port->stats_base);
	for (unsigned int i = 0; i < data->nb_rx_queues; i++) {
		struct an_rxq *rxq = data->rx_queues[i];

		if (rxq == NULL)
			continue;
		rxq->base.packets = rxq->vf.packets + rxq->synthetic.packets;
		rxq->base.bytes = rxq->vf.bytes + rxq->synthetic.bytes;
		rxq->base_errors = rxq->errors;
	}
	for (unsigned int i = 0; i < data->nb_tx_queues; i++) {
		struct an_txq *txq = data->tx_queues[i];

		if (txq == NULL)
			continue;
		txq->base.packets = txq->vf.packets + txq->synthetic.packets;
		txq->base.bytes = txq->vf.bytes + txq->synthetic.bytes;
	}
	pthread_mutex_unlock(&port->lock);
	return 0;
}

int an_xstats_get(struct rte_eth_dev *dev, struct rte_eth_xstat *stats, unsigned int n)
{
	struct an_port *port = dev->data->dev_private;
	uint64_t values[STATS];

	if (stats == NULL || n < STATS)
		return STATS;
	pthread_mutex_lock(&port->lock);
	stats_since_reset(port, values);
	pthread_mutex_unlock(&port->lock);
	for (unsigned int i = 0; i < STATS; i++)
		stats[i] = (struct rte_eth_xstat){ .id = i, .value = values[i] };
	return STATS;
}

int an_xstats_get_names(struct rte_eth_dev *dev, struct rte_eth_xstat_name *result, unsigned int n)
{
	(void)dev;
	if (result == NULL || n < STATS)
		return STATS;
	for (unsigned int i = 0; i < STATS; i++)
		snprintf(result[i].name, sizeof(result[i].name), "%s", names[i]);
	return STATS;
}
