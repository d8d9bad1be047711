// SPDX-License-Identifier: BSD-3-Clause
#include "pmd_receiver.h"

#include <errno.h>

#define HASHED { .hash = 0x11223344, .hds = 7, .type = 0x18 } /* IPv4, TCP */

/* Frames of all lengths, in bursts of all sizes, over many rounds of both rings. */
static void frames_arrive_over_many_rounds(void)
{
	unsigned int given = 0, taken = 0;

	receiver_open(0);
	CU_ASSERT_EQUAL(device_room(), RECEIVER_DESCRIPTORS);
	for (unsigned int round = 0; round < 3000 && taken < 3000; round++) {
		struct rte_mbuf *frames[64];
		uint16_t got;

		for (unsigned int n = given % 50; n > 0 && device_room() > 0; n--, given++)
			CU_ASSERT_TRUE(receiver_arrive(60 + given % 1454, given));
		got = an_rx_burst(rxq, frames, taken % 61 + 1);
		for (unsigned int i = 0; i < got; i++, taken++)
			CU_ASSERT_TRUE(receiver_mbuf_is(frames[i], 60 + taken % 1454, taken));
		rte_pktmbuf_free_bulk(frames, got);
		if (device_room() < RECEIVER_DESCRIPTORS / 2)
			continue;
		given += receiver_arrive(60 + given % 1454, given);
	}
	CU_ASSERT_TRUE(taken >= 3000);
	CU_ASSERT_EQUAL(rxq->vf.packets, taken);
	CU_ASSERT_EQUAL(rxq->errors, 0);
	CU_ASSERT_FALSE(rxq->rq.failed);
}

static void flags_follow_the_cqe_and_the_offloads(void)
{
	static const uint64_t sums = RTE_ETH_RX_OFFLOAD_CHECKSUM;
	static const uint64_t good = RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD;
	static const uint64_t vlan = RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED;
	static const struct {
		struct device_facts facts;
		uint64_t offloads, flags;
		uint32_t type;
	} rows[] = {
		{ { 0 }, sums, 0, RTE_PTYPE_L2_ETHER },
		{ HASHED, 0, 0, RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4_EXT_UNKNOWN |
				RTE_PTYPE_L4_TCP },
		{ HASHED, RTE_ETH_RX_OFFLOAD_RSS_HASH, RTE_MBUF_F_RX_RSS_HASH,
		  RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4_EXT_UNKNOWN | RTE_PTYPE_L4_TCP },
		{ { .hds = 7 }, RTE_ETH_RX_OFFLOAD_RSS_HASH, 0, RTE_PTYPE_L2_ETHER },
		{ HASHED, sums, good, RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4_EXT_UNKNOWN |
				      RTE_PTYPE_L4_TCP },
		{ { .hds = 3, .type = 0x24 }, sums, RTE_MBUF_F_RX_IP_CKSUM_GOOD,
		  RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV6_EXT_UNKNOWN | RTE_PTYPE_L4_UDP },
		{ { .hds = 5, .type = 0x28 }, sums, RTE_MBUF_F_RX_L4_CKSUM_GOOD,
		  RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4_EXT_UNKNOWN | RTE_PTYPE_L4_UDP },
		{ { .hds = 1, .type = 0x88 }, sums, 0,
		  RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4_EXT_UNKNOWN | RTE_PTYPE_L4_FRAG },
		{ { .hds = 7, .type = 0x39, .tci = 0x4567 },
		  sums | RTE_ETH_RX_OFFLOAD_VLAN_STRIP, good | vlan,
		  RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4_EXT_UNKNOWN | RTE_PTYPE_L4_TCP },
	};

	for (unsigned int i = 0; i < RTE_DIM(rows); i++) {
		struct rte_mbuf *frame;

		receiver_open(rows[i].offloads);
		CU_ASSERT_EQUAL(device.stripping,
				(rows[i].offloads & RTE_ETH_RX_OFFLOAD_VLAN_STRIP) != 0);
		CU_ASSERT_TRUE(device_receive(receiver_bytes(i, 64), 64, &rows[i].facts));
		CU_ASSERT_EQUAL_FATAL(an_rx_burst(rxq, &frame, 1), 1);
		CU_ASSERT_EQUAL(frame->ol_flags, rows[i].flags);
		CU_ASSERT_EQUAL(frame->packet_type, rows[i].type);
		CU_ASSERT_EQUAL(frame->vlan_tci, rows[i].facts.tci);
		CU_ASSERT_EQUAL(frame->hash.rss, rows[i].facts.hash);
		rte_pktmbuf_free(frame);
		an_rxq_release(&device.dev, 0);
	}
}

/* A session of n frames of lengths that differ, taken in bursts of `most`. */
static void session_take(unsigned int n, uint16_t most, unsigned int *seed)
{
	const struct device_facts facts = { .hash = 0x7000 + *seed, .hds = 7, .type = 0x19,
					    .tci = 0x123 };
	static uint8_t frames[64][256];
	uint32_t lens[64];
	unsigned int at = 0;

	for (unsigned int i = 0; i < n; i++) {
		lens[i] = 60 + (*seed + i) * 13 % 190;
		memcpy(frames[i], receiver_bytes(*seed + i, lens[i]), lens[i]);
	}
	CU_ASSERT_TRUE_FATAL(device_session(frames[0], sizeof(frames[0]), lens, n, &facts));
	while (at < n) {
		struct rte_mbuf *mbufs[64];
		uint16_t got = an_rx_burst(rxq, mbufs, most);

		CU_ASSERT_TRUE_FATAL(got > 0);
		for (unsigned int i = 0; i < got; i++, at++) {
			CU_ASSERT_TRUE(receiver_mbuf_is(mbufs[i], lens[at], *seed + at));
			CU_ASSERT_EQUAL(mbufs[i]->hash.rss, facts.hash + at);
			CU_ASSERT_EQUAL(mbufs[i]->vlan_tci, facts.tci);
			CU_ASSERT_EQUAL(mbufs[i]->ol_flags, RTE_MBUF_F_RX_RSS_HASH |
					RTE_MBUF_F_RX_IP_CKSUM_GOOD | RTE_MBUF_F_RX_L4_CKSUM_GOOD |
					RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED);
		}
		rte_pktmbuf_free_bulk(mbufs, got);
	}
	*seed += n;
}

/* Sessions that span the end of the ring, in bursts that end within them, and ordinary CQEs in the
 * slots that a session left unwritten a round before. */
static void compressed_sessions_wrap(void)
{
	unsigned int seed = 1;

	receiver_open(RTE_ETH_RX_OFFLOAD_CHECKSUM | RTE_ETH_RX_OFFLOAD_RSS_HASH |
		  RTE_ETH_RX_OFFLOAD_VLAN_STRIP);
	CU_ASSERT_TRUE(device.cqs[1].compressed);
	for (unsigned int round = 0; round < 300; round++) {
		struct rte_mbuf *frame;

		session_take(round % 40 + 1, round % 11 + 1, &seed);
		CU_ASSERT_EQUAL(an_rx_burst(rxq, &frame, 1), 0);
		for (unsigned int i = 0; i < round % 5; i++, seed++) {
			CU_ASSERT_TRUE(receiver_arrive(80, seed));
			CU_ASSERT_EQUAL_FATAL(an_rx_burst(rxq, &frame, 1), 1);
			CU_ASSERT_TRUE(receiver_mbuf_is(frame, 80, seed));
			rte_pktmbuf_free(frame);
			CU_ASSERT_EQUAL(an_rx_burst(rxq, &frame, 1), 0);
		}
	}
	CU_ASSERT_EQUAL(rxq->errors, 0);
}

/* What waits is counted without being taken. */
static void counts_and_status(void)
{
	static uint8_t bytes[20][64];
	uint32_t lens[20];
	struct rte_mbuf *frames[8];

	receiver_open(0);
	CU_ASSERT_TRUE(an_rxq_is_empty(rxq));
	CU_ASSERT_EQUAL(an_rx_queue_count(rxq), 0);
	CU_ASSERT_EQUAL(an_rx_descriptor_status(rxq, 0), RTE_ETH_RX_DESC_AVAIL);
	CU_ASSERT_TRUE(receiver_arrive(60, 1));
	for (unsigned int i = 0; i < 20; i++)
		lens[i] = 64;
	CU_ASSERT_TRUE(device_session(bytes[0], 64, lens, 20, &receiver_plain));
	CU_ASSERT_FALSE(an_rxq_is_empty(rxq));
	CU_ASSERT_EQUAL(an_rx_queue_count(rxq), 21);
	CU_ASSERT_EQUAL(an_rx_descriptor_status(rxq, 20), RTE_ETH_RX_DESC_DONE);
	CU_ASSERT_EQUAL(an_rx_descriptor_status(rxq, 21), RTE_ETH_RX_DESC_AVAIL);
	CU_ASSERT_EQUAL(an_rx_descriptor_status(rxq, RECEIVER_DESCRIPTORS), -EINVAL);
	CU_ASSERT_EQUAL(an_rx_burst(rxq, frames, 8), 8);
	CU_ASSERT_EQUAL(an_rx_queue_count(rxq), 13);
	CU_ASSERT_EQUAL(an_rx_descriptor_status(rxq, 12), RTE_ETH_RX_DESC_DONE);
	CU_ASSERT_EQUAL(an_rx_descriptor_status(rxq, 13), RTE_ETH_RX_DESC_AVAIL);
	CU_ASSERT_EQUAL(an_rx_descriptor_status(rxq, RECEIVER_DESCRIPTORS - 1),
			RTE_ETH_RX_DESC_UNAVAIL);
	rte_pktmbuf_free_bulk(frames, 8);
	/* Left behind, they count as lost. */
	an_rxq_detach(rxq, &device.vf);
	CU_ASSERT_EQUAL(rxq->lost, 13);
}

static void an_error_cqe_is_passed_and_told(void)
{
	struct rte_mbuf *frames[4];

	receiver_open(0);
	CU_ASSERT_TRUE(receiver_arrive(60, 1));
	device.rq_consumer++; /* the WQE it names */
	device_fail(1, 14);
	CU_ASSERT_TRUE(receiver_arrive(61, 2));
	CU_ASSERT_EQUAL_FATAL(an_rx_burst(rxq, frames, 4), 2);
	CU_ASSERT_TRUE(receiver_mbuf_is(frames[0], 60, 1));
	CU_ASSERT_TRUE(receiver_mbuf_is(frames[1], 61, 2));
	CU_ASSERT_TRUE(rxq->rq.failed);
	CU_ASSERT_EQUAL(rxq->errors, 1);
	rte_pktmbuf_free_bulk(frames, 2);
}

/* A flush: every buffer ends with an error, and nothing more comes. */
static void a_flush_ends(void)
{
	struct rte_mbuf *frames[32];

	receiver_open(0);
	for (unsigned int i = 0; i < RECEIVER_DESCRIPTORS; i++)
		device_fail(1, 14);
	device.rq_consumer += RECEIVER_DESCRIPTORS;
	for (unsigned int i = 0; i < RECEIVER_DESCRIPTORS; i++)
		CU_ASSERT_EQUAL(an_rx_burst(rxq, frames, 32), 0);
	CU_ASSERT_EQUAL(rxq->errors, RECEIVER_DESCRIPTORS);
}

/* Lengths that the buffer has not: dropped and counted, the next one is taken. */
static void an_impossible_length_is_dropped(void)
{
	static const uint32_t lens[] = { 0, 2049, 0x80000040, UINT32_MAX };

	receiver_open(0);
	for (unsigned int i = 0; i < RTE_DIM(lens); i++) {
		uint8_t *cqe = device.cqs[1].ring + (size_t)(device.cqs[1].producer % 128) * 64;
		struct rte_mbuf *frame;

		CU_ASSERT_TRUE(receiver_arrive(60, 1));
		for (unsigned int j = 0; j < 4; j++)
			cqe[0x2c + j] = (uint8_t)(lens[i] >> (24 - 8 * j));
		CU_ASSERT_TRUE(receiver_arrive(61, 2));
		CU_ASSERT_EQUAL_FATAL(an_rx_burst(rxq, &frame, 1), 1);
		CU_ASSERT_TRUE(receiver_mbuf_is(frame, 61, 2));
		CU_ASSERT_EQUAL(rxq->errors, i + 1);
		rte_pktmbuf_free(frame);
	}
	CU_ASSERT_FALSE(rxq->rq.failed);
}

/* A session of no frames or of more than there are buffers makes no sense: the queue has failed. */
static void an_impossible_session_fails_the_queue(void)
{
	static const uint32_t counts[] = { 0, RECEIVER_DESCRIPTORS, RECEIVER_DESCRIPTORS + 1,
					   UINT32_MAX };

	for (unsigned int i = 0; i < RTE_DIM(counts); i++) {
		struct rte_mbuf *frame;
		uint8_t *cqe;

		receiver_open(0);
		cqe = device.cqs[1].ring;
		CU_ASSERT_TRUE(receiver_arrive(60, 1));
		for (unsigned int j = 0; j < 4; j++)
			cqe[0x2c + j] = (uint8_t)(counts[i] >> (24 - 8 * j));
		cqe[63] |= 3 << 2;
		CU_ASSERT_EQUAL(an_rx_burst(rxq, &frame, 1), 0);
		CU_ASSERT_TRUE(rxq->rq.failed);
		an_rxq_release(&device.dev, 0);
	}
}

static void control_at_work_means_no_burst(void)
{
	struct rte_mbuf *frame;

	receiver_open(0);
	CU_ASSERT_TRUE(receiver_arrive(60, 1));
	CU_ASSERT_EQUAL(an_path_take(&rxq->path, 10), 0);
	CU_ASSERT_EQUAL(an_rx_burst(rxq, &frame, 1), 0);
	CU_ASSERT_EQUAL(an_rx_queue_count(rxq), 0);
	an_path_give(&rxq->path);
	CU_ASSERT_EQUAL(an_rx_burst(rxq, &frame, 1), 1);
	rte_pktmbuf_free(frame);
}

static CU_TestInfo tests[] = {
	{ "frames arrive over many rounds", frames_arrive_over_many_rounds },
	{ "flags follow the CQE and the offloads", flags_follow_the_cqe_and_the_offloads },
	{ "compressed sessions wrap", compressed_sessions_wrap },
	{ "counts and status", counts_and_status },
	{ "an error CQE is passed and told", an_error_cqe_is_passed_and_told },
	{ "a flush ends", a_flush_ends },
	{ "an impossible length is dropped", an_impossible_length_is_dropped },
	{ "an impossible session fails the queue", an_impossible_session_fails_the_queue },
	{ "control at work means no burst", control_at_work_means_no_burst },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pmd/rx", receiver_setup, receiver_teardown, tests);
