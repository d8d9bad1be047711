// SPDX-License-Identifier: BSD-3-Clause
/* Which statistics are counted for which path. */
#include "../../tools/pair/ethtool_stats.h"
#include "unit.h"

#include <stdlib.h>
#include <string.h>

/* Both drivers' names, in order; values are powers of two, so that a sum tells its terms. */
static const char names[][AN_STATS_NAME] = {
	"tx_scattered", "vf_rx_packets", "vf_rx_bytes", "vf_tx_packets", "vf_tx_bytes",
	"vf_tx_dropped", "tx_queue_0_packets", "tx_queue_0_bytes", "tx_queue_0_xdp_xmit",
	"rx_queue_0_packets", "rx_queue_0_bytes", "rx_queue_0_xdp_drop", "tx_queue_10_packets",
	"rx_queue_10_packets", "cpu0_rx_packets", "cpu0_vf_tx_packets", "tx_queue__packets",
	"tx_queue_1x_packets", "xtx_queue_1_packets", "tx_queue_2_packets_x", "vf_tx_packets_",
};

#define NAMES (sizeof(names) / sizeof(names[0]))

static void add_up(struct an_counters *counters, size_t count)
{
	uint64_t values[NAMES];

	for (size_t i = 0; i < NAMES; i++)
		values[i] = 1ull << i;
	an_stats_add_up(counters, names[0], values, count);
}

static void by_name(void)
{
	struct an_counters counters;

	add_up(&counters, NAMES);
	CU_ASSERT_TRUE(counters.has_vf);
	CU_ASSERT_EQUAL(counters.vf_rx, 1ull << 1);
	CU_ASSERT_EQUAL(counters.vf_tx, 1ull << 3);
	CU_ASSERT_EQUAL(counters.synthetic_tx, 1ull << 6 | 1ull << 12);
	CU_ASSERT_EQUAL(counters.synthetic_rx, 1ull << 9 | 1ull << 13);
}

/* A driver that does not count the VF's packets says nothing of the path. */
static void without_vf(void)
{
	struct an_counters counters;

	add_up(&counters, 3);
	CU_ASSERT_FALSE(counters.has_vf);
	add_up(&counters, 4);
	CU_ASSERT_TRUE(counters.has_vf);
	add_up(&counters, 0);
	CU_ASSERT_FALSE(counters.has_vf);
}

static void full_names(void)
{
	char *name = malloc(AN_STATS_NAME);	/* without a NUL, and ASan right behind it */
	struct an_counters counters;
	uint64_t value = 1;

	memset(name, '1', AN_STATS_NAME);
	memcpy(name, "tx_queue_", 9);
	an_stats_add_up(&counters, name, &value, 1);
	CU_ASSERT_EQUAL(counters.synthetic_tx, 0);
	memcpy(name + AN_STATS_NAME - 8, "_packets", 8);
	an_stats_add_up(&counters, name, &value, 1);
	CU_ASSERT_EQUAL(counters.synthetic_tx, 1);
	free(name);
}

static CU_TestInfo tests[] = {
	{ "by name", by_name },
	{ "a driver without VF counters", without_vf },
	{ "names that fill their field", full_names },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pair/ethtool_stats", NULL, NULL, tests);
