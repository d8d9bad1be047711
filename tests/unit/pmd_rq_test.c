// SPDX-License-Identifier: BSD-3-Clause
#include "pmd_receiver.h"

/* Without free buffers frames go on to arrive in what is posted; then buffers come back. */
static void a_pool_that_runs_dry_is_survived(void)
{
	struct rte_mbuf *held[RECEIVER_BUFFERS], *frames[32];
	unsigned int n = 0, taken = 0;
	uint16_t got;

	receiver_open(0);
	while ((held[n] = rte_pktmbuf_alloc(device.pool)) != NULL)
		n++;
	for (unsigned int i = 0; i < RECEIVER_DESCRIPTORS; i++)
		CU_ASSERT_TRUE(receiver_arrive(60, i));
	CU_ASSERT_FALSE(receiver_arrive(60, 0));
	while ((got = an_rx_burst(rxq, frames, 32)) > 0) {
		for (unsigned int i = 0; i < got; i++)
			held[n++] = frames[i];
		taken += got;
	}
	CU_ASSERT_EQUAL(taken, RECEIVER_DESCRIPTORS);
	CU_ASSERT_TRUE(rxq->nombuf > 0);
	CU_ASSERT_EQUAL(device_room(), 0);
	/* Fewer than a batch: posted all the same. */
	rte_pktmbuf_free_bulk(held, 5);
	CU_ASSERT_EQUAL(an_rx_burst(rxq, frames, 32), 0);
	CU_ASSERT_EQUAL(device_room(), 5);
	CU_ASSERT_TRUE(receiver_arrive(60, 77));
	CU_ASSERT_EQUAL(an_rx_burst(rxq, frames, 32), 1);
	CU_ASSERT_TRUE(receiver_mbuf_is(frames[0], 60, 77));
	rte_pktmbuf_free(frames[0]);
	rte_pktmbuf_free_bulk(held + 5, n - 5);
	CU_ASSERT_EQUAL(an_rx_burst(rxq, frames, 32), 0);
	CU_ASSERT_TRUE(device_room() > RECEIVER_DESCRIPTORS - AN_RX_BATCH);
}

static void scattered_setup(void)
{
	receiver_setup_room(RTE_PKTMBUF_HEADROOM + 500);
	device.vf.compression = true;
}

/* 1 to 4 buffers of 500 (first) or 628 bytes: a WQE of 4 for an MTU of 1500, with room left. */
static void long_frames_are_chains(void)
{
	unsigned int given = 0, taken = 0;

	device_close();
	scattered_setup();
	receiver_open(RTE_ETH_RX_OFFLOAD_SCATTER);
	CU_ASSERT_EQUAL(rxq->rq.segments, 3);
	CU_ASSERT_EQUAL(device.rq_stride, 64);
	for (unsigned int round = 0; round < 2000 && taken < 2000; round++) {
		struct rte_mbuf *frames[32];
		uint16_t got;

		for (unsigned int n = given % 40; n > 0 && device_room() > 0; n--, given++)
			CU_ASSERT_TRUE(receiver_arrive(14 + given * 37 % 1500, given));
		got = an_rx_burst(rxq, frames, 32);
		for (unsigned int i = 0; i < got; i++, taken++) {
			size_t len = 14 + taken * 37 % 1500;

			CU_ASSERT_TRUE(receiver_mbuf_is(frames[i], len, taken));
			CU_ASSERT_EQUAL(frames[i]->nb_segs, len <= 500 ? 1 : len <= 1128 ? 2 : 3);
		}
		rte_pktmbuf_free_bulk(frames, got);
		given += device_room() > 0 && receiver_arrive(14 + given * 37 % 1500, given);
	}
	CU_ASSERT_TRUE(taken >= 2000);
	CU_ASSERT_EQUAL(rxq->errors, 0);
}

static void sessions_of_chains(void)
{
	static uint8_t bytes[20][1600];
	struct rte_mbuf *frames[20];
	uint32_t lens[20];

	device_close();
	scattered_setup();
	receiver_open(RTE_ETH_RX_OFFLOAD_SCATTER);
	for (unsigned int i = 0; i < 20; i++) {
		lens[i] = 60 + i * 75;
		memcpy(bytes[i], receiver_bytes(i, lens[i]), lens[i]);
	}
	for (unsigned int round = 0; round < 50; round++) {
		CU_ASSERT_TRUE_FATAL(device_session(bytes[0], 1600, lens, 20, &receiver_plain));
		CU_ASSERT_EQUAL_FATAL(an_rx_burst(rxq, frames, 20), 20);
		for (unsigned int i = 0; i < 20; i++)
			CU_ASSERT_TRUE(receiver_mbuf_is(frames[i], lens[i], i));
		rte_pktmbuf_free_bulk(frames, 20);
	}
}

/* A dry pool leaves WQEs half filled; they are filled and used when buffers come back. */
static void chains_survive_a_dry_pool(void)
{
	struct rte_mbuf *held[RECEIVER_BUFFERS], *frames[32];
	unsigned int n = 0;
	uint16_t got;

	device_close();
	scattered_setup();
	receiver_open(RTE_ETH_RX_OFFLOAD_SCATTER);
	while ((held[n] = rte_pktmbuf_alloc(device.pool)) != NULL)
		n++;
	for (unsigned int round = 0; round < 20; round++) {
		while (device_room() > 0)
			CU_ASSERT_TRUE(receiver_arrive(1500, round));
		while ((got = an_rx_burst(rxq, frames, 32)) > 0) {
			for (unsigned int i = 0; i < got; i++)
				CU_ASSERT_TRUE(receiver_mbuf_is(frames[i], 1500, round));
			rte_pktmbuf_free_bulk(frames, got);
		}
		/* One buffer more or less each time. */
		if (round % 2)
			held[n++] = rte_pktmbuf_alloc(device.pool);
		else
			rte_pktmbuf_free(held[--n]);
		CU_ASSERT_TRUE(n > 0 && held[n - 1] != NULL);
	}
	rte_pktmbuf_free_bulk(held, n);
}

static CU_TestInfo tests[] = {
	{ "a pool that runs dry is survived", a_pool_that_runs_dry_is_survived },
	{ "long frames are chains", long_frames_are_chains },
	{ "sessions of chains", sessions_of_chains },
	{ "chains survive a dry pool", chains_survive_a_dry_pool },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pmd/rq", receiver_setup, receiver_teardown, tests);
