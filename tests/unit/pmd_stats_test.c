// SPDX-License-Identifier: BSD-3-Clause
/* Statistics of a port: what the queues count is in the sums, and a reset begins anew. */
#include "../../pmd/ops.h"
#include "../../pmd/port.h"
#include "../../pmd/rxq.h"
#include "../../pmd/synthetic.h"
#include "../../pmd/txq.h"
#include "unit.h"

#include <string.h>

#define XSTATS 64

static struct an_rxq rxq;
static struct an_txq txq;
static void *rx_queues[] = { &rxq }, *tx_queues[] = { &txq };
static struct an_port port;
static struct rte_eth_dev_data data;
static struct rte_eth_dev dev;
static struct an_synthetic_counters slow;

static void counters(struct an_synthetic *synthetic, struct an_synthetic_counters *out)
{
	(void)synthetic;
	*out = slow;
}

static const struct an_synthetic_ops slow_ops = { .counters = counters };

static void setup(void)
{
	memset(&rxq, 0, sizeof(rxq));
	memset(&txq, 0, sizeof(txq));
	memset(&port, 0, sizeof(port));
	memset(&slow, 0, sizeof(slow));
	data = (struct rte_eth_dev_data){ .rx_queues = rx_queues, .tx_queues = tx_queues,
					  .nb_rx_queues = 1, .nb_tx_queues = 1,
					  .dev_private = &port };
	dev = (struct rte_eth_dev){ .data = &data };
	port.data = &data;
	port.slow_ops = &slow_ops;
	pthread_mutex_init(&port.lock, NULL);
}

static void teardown(void)
{
	pthread_mutex_destroy(&port.lock);
}

/* By its name; UINT64_MAX: there is none of that name. */
static uint64_t extended(const char *name)
{
	struct rte_eth_xstat_name names[XSTATS];
	struct rte_eth_xstat values[XSTATS];
	int count = an_xstats_get_names(&dev, names, XSTATS);

	CU_ASSERT_EQUAL_FATAL(an_xstats_get(&dev, values, XSTATS), count);
	for (int i = 0; i < count; i++)
		if (strcmp(names[i].name, name) == 0)
			return values[i].value;
	return UINT64_MAX;
}

static void both_sides_add_up(void)
{
	struct rte_eth_stats stats;

	rxq.vf = (struct an_count){ .packets = 3, .bytes = 300 };
	rxq.synthetic = (struct an_count){ .packets = 4, .bytes = 4000 };
	txq.vf = (struct an_count){ .packets = 5, .bytes = 500 };
	txq.synthetic = (struct an_count){ .packets = 6, .bytes = 6000 };
	memset(&stats, 0, sizeof(stats));
	CU_ASSERT_EQUAL(an_stats_get(&dev, &stats), 0);
	CU_ASSERT_EQUAL(stats.ipackets, 7);
	CU_ASSERT_EQUAL(stats.ibytes, 4300);
	CU_ASSERT_EQUAL(stats.q_ipackets[0], 7);
	CU_ASSERT_EQUAL(stats.opackets, 11);
	CU_ASSERT_EQUAL(stats.obytes, 6500);
	CU_ASSERT_EQUAL(stats.q_obytes[0], 6500);
	CU_ASSERT_EQUAL(extended("rx_vf_packets"), 3);
	CU_ASSERT_EQUAL(extended("tx_synthetic_bytes"), 6000);
}

/* Each kind of loss is in a sum of its own weight, so none can stand for another. */
static void every_loss_is_reported(void)
{
	struct rte_eth_stats stats;

	rxq.errors = 1;
	slow.rx_oversize = 10;
	rxq.lost = 100;
	slow.rx_dropped = 1000;
	rxq.nombuf = 1;
	slow.rx_nombuf = 10;
	txq.refused = 1;
	txq.lost = 10;
	slow.tx_errors = 100;
	memset(&stats, 0, sizeof(stats));
	CU_ASSERT_EQUAL(an_stats_get(&dev, &stats), 0);
	CU_ASSERT_EQUAL(stats.ierrors, 11);
	CU_ASSERT_EQUAL(stats.imissed, 1100);
	CU_ASSERT_EQUAL(stats.rx_nombuf, 11);
	CU_ASSERT_EQUAL(stats.oerrors, 111);
	CU_ASSERT_EQUAL(extended("rx_vf_errors"), 1);
	CU_ASSERT_EQUAL(extended("rx_vf_lost"), 100);
	CU_ASSERT_EQUAL(extended("rx_synthetic_dropped"), 1000);
	CU_ASSERT_EQUAL(extended("tx_vf_lost"), 10);
	CU_ASSERT_EQUAL(extended("tx_refused"), 1);
}

static void a_reset_begins_anew(void)
{
	struct rte_eth_stats stats;

	rxq.vf.packets = 3;
	rxq.lost = 2;
	txq.lost = 4;
	CU_ASSERT_EQUAL(an_stats_reset(&dev), 0);
	rxq.vf.packets = 10;
	txq.lost = 5;
	memset(&stats, 0, sizeof(stats));
	CU_ASSERT_EQUAL(an_stats_get(&dev, &stats), 0);
	CU_ASSERT_EQUAL(stats.ipackets, 7);
	CU_ASSERT_EQUAL(stats.q_ipackets[0], 7);
	CU_ASSERT_EQUAL(stats.imissed, 0);
	CU_ASSERT_EQUAL(stats.oerrors, 1);
	CU_ASSERT_EQUAL(extended("rx_vf_lost"), 0);
}

static CU_TestInfo tests[] = {
	{ "both sides add up", both_sides_add_up },
	{ "every loss is reported", every_loss_is_reported },
	{ "a reset begins anew", a_reset_begins_anew },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("../../pmd/stats", setup, teardown, tests);
