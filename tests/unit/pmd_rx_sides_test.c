// SPDX-License-Identifier: BSD-3-Clause
/* The order of the VF and the synthetic side in a receive burst (rx.c). */
#include "pmd_receiver.h"

#include <rte_cycles.h>

static uint32_t slow_word;
static unsigned int slow_frames, slow_calls;

static uint16_t slow_rx(struct an_synthetic *synthetic, unsigned int queue,
			struct an_synthetic_ready ready[2], struct rte_mbuf **frames, uint16_t n)
{
	uint16_t got = 0;

	(void)synthetic;
	(void)queue;
	(void)ready;
	slow_calls++;
	while (got < n && slow_frames > 0) {
		frames[got++] = device_mbuf(100, 0, 1000 + slow_frames--);
		slow_word = slow_frames > 0;
	}
	return got;
}

static const struct an_synthetic_ops slow_ops = { .rx = slow_rx };

static void slow_open(void)
{
	device.port.slow_ops = &slow_ops;
	slow_word = 0;
	slow_frames = 0;
	slow_calls = 0;
	receiver_open(0);
	rxq->ready[0] = (struct an_synthetic_ready){ &slow_word, 1, 0 };
}

static void slow_arrive(unsigned int n)
{
	slow_frames = n;
	slow_word = 1;
}

static void the_vf_goes_first_then_the_synthetic_side(void)
{
	struct rte_mbuf *frames[8];

	slow_open();
	CU_ASSERT_TRUE(receiver_arrive(60, 1));
	CU_ASSERT_EQUAL(an_rx_burst(rxq, frames, 8), 1);
	CU_ASSERT_EQUAL(slow_calls, 0);
	rte_pktmbuf_free(frames[0]);
	slow_arrive(2);
	CU_ASSERT_TRUE(receiver_arrive(60, 1));
	CU_ASSERT_TRUE(receiver_arrive(60, 2));
	CU_ASSERT_EQUAL_FATAL(an_rx_burst(rxq, frames, 8), 4);
	CU_ASSERT_TRUE(receiver_mbuf_is(frames[0], 60, 1));
	CU_ASSERT_TRUE(receiver_mbuf_is(frames[1], 60, 2));
	CU_ASSERT_EQUAL(frames[2]->pkt_len, 100);
	CU_ASSERT_EQUAL(frames[3]->pkt_len, 100);
	CU_ASSERT_EQUAL(rxq->synthetic.packets, 2);
	CU_ASSERT_EQUAL(rxq->synthetic.bytes, 200);
	CU_ASSERT_EQUAL(rxq->vf.packets, 3);
	rte_pktmbuf_free_bulk(frames, 4);
}

static void a_full_vf_does_not_starve_the_synthetic_side(void)
{
	unsigned int bursts = 0;

	slow_open();
	slow_arrive(1);
	while (slow_frames > 0 && bursts < 100) {
		struct rte_mbuf *frames[4];
		uint16_t got;

		while (device_room() > 0)
			CU_ASSERT_TRUE(receiver_arrive(60, 1));
		got = an_rx_burst(rxq, frames, 4);
		CU_ASSERT_TRUE(got > 0);
		rte_pktmbuf_free_bulk(frames, got);
		bursts++;
	}
	CU_ASSERT_EQUAL(bursts, 9);
}

static void after_a_return_the_vf_waits(void)
{
	struct rte_mbuf *frames[RECEIVER_DESCRIPTORS];

	slow_open();
	rxq->settle_until = UINT64_MAX;
	CU_ASSERT_TRUE(receiver_arrive(60, 1));
	CU_ASSERT_EQUAL(an_rx_burst(rxq, frames, 8), 0);
	slow_arrive(1);
	CU_ASSERT_EQUAL_FATAL(an_rx_burst(rxq, frames, 8), 1);
	CU_ASSERT_EQUAL(frames[0]->pkt_len, 100);
	rte_pktmbuf_free(frames[0]);
	rxq->settle_until = rte_rdtsc();
	CU_ASSERT_EQUAL_FATAL(an_rx_burst(rxq, frames, 8), 1);
	CU_ASSERT_TRUE(receiver_mbuf_is(frames[0], 60, 1));
	CU_ASSERT_EQUAL(rxq->settle_until, 0);
	rte_pktmbuf_free(frames[0]);
	/* Not until its buffers run out. */
	rxq->settle_until = UINT64_MAX;
	slow_arrive(1);
	while (device_room() > RECEIVER_DESCRIPTORS / 4)
		CU_ASSERT_TRUE(receiver_arrive(60, 2));
	CU_ASSERT_TRUE(an_rx_burst(rxq, frames, 8) == 8);
	CU_ASSERT_EQUAL(frames[0]->pkt_len, 100);
	CU_ASSERT_TRUE(receiver_mbuf_is(frames[1], 60, 2));
	rte_pktmbuf_free_bulk(frames, 8);
}

/* The burst's thread was away while the moment passed. */
static void after_a_return_nothing_older_is_left_behind(void)
{
	struct rte_mbuf *frames[8];

	slow_open();
	slow_arrive(10);
	CU_ASSERT_TRUE(receiver_arrive(60, 1));
	rxq->settle_until = rte_rdtsc();
	CU_ASSERT_EQUAL_FATAL(an_rx_burst(rxq, frames, 8), 8);
	CU_ASSERT_EQUAL(frames[7]->pkt_len, 100);
	CU_ASSERT_NOT_EQUAL(rxq->settle_until, 0);
	rte_pktmbuf_free_bulk(frames, 8);
	CU_ASSERT_EQUAL_FATAL(an_rx_burst(rxq, frames, 8), 3);
	CU_ASSERT_EQUAL(frames[1]->pkt_len, 100);
	CU_ASSERT_TRUE(receiver_mbuf_is(frames[2], 60, 1));
	CU_ASSERT_EQUAL(rxq->settle_until, 0);
	rte_pktmbuf_free_bulk(frames, 3);
}

static void without_a_vf_the_synthetic_side_alone(void)
{
	struct rte_mbuf *frames[8];

	slow_open();
	an_rxq_detach(rxq, &device.vf);
	rxq->on_vf = false;
	CU_ASSERT_EQUAL(an_rx_burst(rxq, frames, 8), 0);
	CU_ASSERT_EQUAL(an_rx_queue_count(rxq), 0);
	slow_arrive(3);
	CU_ASSERT_EQUAL(an_rx_queue_count(rxq), 1);
	CU_ASSERT_EQUAL(an_rx_descriptor_status(rxq, 0), RTE_ETH_RX_DESC_DONE);
	CU_ASSERT_EQUAL(an_rx_burst(rxq, frames, 8), 3);
	rte_pktmbuf_free_bulk(frames, 3);
}

static CU_TestInfo tests[] = {
	{ "the VF goes first, then the synthetic side", the_vf_goes_first_then_the_synthetic_side },
	{ "a full VF does not starve the synthetic side",
	  a_full_vf_does_not_starve_the_synthetic_side },
	{ "after a return the VF waits", after_a_return_the_vf_waits },
	{ "after a return nothing older is left behind",
	  after_a_return_nothing_older_is_left_behind },
	{ "without a VF the synthetic side alone", without_a_vf_the_synthetic_side_alone },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pmd/rx sides", receiver_setup, receiver_teardown, tests);
