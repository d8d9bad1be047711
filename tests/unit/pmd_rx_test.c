// SPDX-License-Identifier: BSD-3-Clause
#include "../../pmd/rq.h"
#include "pmd_device.h"
#include "unit.h"

#include <errno.h>
#include <rte_cycles.h>
#include <string.h>

#define BUFFERS 1023u
#define ROOM (RTE_PKTMBUF_HEADROOM + 2048)
#define DESCRIPTORS 128u
#define HASHED { .hash = 0x11223344, .hds = 7, .type = 0x18 } /* IPv4, TCP */

static struct an_rxq *rxq;
static const struct device_facts plain;

static void open_with(uint64_t offloads)
{
	struct rte_eth_rxconf conf = { .offloads = offloads };

	CU_ASSERT_EQUAL_FATAL(an_rxq_setup(&device.dev, 0, DESCRIPTORS, 0, &conf, device.pool), 0);
	rxq = device.data.rx_queues[0];
	CU_ASSERT_EQUAL_FATAL(an_rxq_attach(rxq, &device.vf), 0);
	rxq->on_vf = true;
}

static void open_again(uint64_t offloads)
{
	an_rxq_release(&device.dev, 0);
	open_with(offloads);
}

static void setup_room(uint16_t room)
{
	device_open(BUFFERS, room);
	CU_ASSERT_EQUAL_FATAL(an_mr_table_create(&device.vf.memory, (struct ibv_pd *)&device), 0);
}

static void setup(void)
{
	setup_room(ROOM);
	device.vf.compression = true;
}

static void teardown(void)
{
	if (device.data.rx_queues[0] != NULL)
		an_rxq_release(&device.dev, 0);
	device_close();
}

static const uint8_t *bytes_of(unsigned int seed, size_t len)
{
	static uint8_t bytes[16384];

	for (size_t i = 0; i < len; i++)
		bytes[i] = device_byte(seed, i);
	return bytes;
}

static bool arrive(size_t len, unsigned int seed)
{
	return device_receive(bytes_of(seed, len), len, &plain);
}

/* The chain holds that frame, and is one that DPDK takes for sound. */
static bool mbuf_is(const struct rte_mbuf *frame, size_t len, unsigned int seed)
{
	static uint8_t room[16384];
	const char *reason;

	if (rte_mbuf_check(frame, 1, &reason) != 0 || frame->pkt_len != len || frame->port != 7)
		return false;
	return memcmp(rte_pktmbuf_read(frame, 0, (uint32_t)len, room), bytes_of(seed, len),
		      len) == 0;
}

/* Frames of all lengths, in bursts of all sizes, over many rounds of both rings. */
static void frames_arrive_over_many_rounds(void)
{
	unsigned int given = 0, taken = 0;

	open_with(0);
	CU_ASSERT_EQUAL(device_room(), DESCRIPTORS);
	for (unsigned int round = 0; round < 3000 && taken < 3000; round++) {
		struct rte_mbuf *frames[64];
		uint16_t got;

		for (unsigned int n = given % 50; n > 0 && device_room() > 0; n--, given++)
			CU_ASSERT_TRUE(arrive(60 + given % 1454, given));
		got = an_rx_burst(rxq, frames, taken % 61 + 1);
		for (unsigned int i = 0; i < got; i++, taken++)
			CU_ASSERT_TRUE(mbuf_is(frames[i], 60 + taken % 1454, taken));
		rte_pktmbuf_free_bulk(frames, got);
		if (device_room() < DESCRIPTORS / 2)
			continue;
		given += arrive(60 + given % 1454, given);
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

		open_with(rows[i].offloads);
		CU_ASSERT_EQUAL(device.stripping,
				(rows[i].offloads & RTE_ETH_RX_OFFLOAD_VLAN_STRIP) != 0);
		CU_ASSERT_TRUE(device_receive(bytes_of(i, 64), 64, &rows[i].facts));
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
		memcpy(frames[i], bytes_of(*seed + i, lens[i]), lens[i]);
	}
	CU_ASSERT_TRUE_FATAL(device_session(frames[0], sizeof(frames[0]), lens, n, &facts));
	while (at < n) {
		struct rte_mbuf *mbufs[64];
		uint16_t got = an_rx_burst(rxq, mbufs, most);

		CU_ASSERT_TRUE_FATAL(got > 0);
		for (unsigned int i = 0; i < got; i++, at++) {
			CU_ASSERT_TRUE(mbuf_is(mbufs[i], lens[at], *seed + at));
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

	open_with(RTE_ETH_RX_OFFLOAD_CHECKSUM | RTE_ETH_RX_OFFLOAD_RSS_HASH |
		  RTE_ETH_RX_OFFLOAD_VLAN_STRIP);
	CU_ASSERT_TRUE(device.cqs[1].compressed);
	for (unsigned int round = 0; round < 300; round++) {
		struct rte_mbuf *frame;

		session_take(round % 40 + 1, round % 11 + 1, &seed);
		CU_ASSERT_EQUAL(an_rx_burst(rxq, &frame, 1), 0);
		for (unsigned int i = 0; i < round % 5; i++, seed++) {
			CU_ASSERT_TRUE(arrive(80, seed));
			CU_ASSERT_EQUAL_FATAL(an_rx_burst(rxq, &frame, 1), 1);
			CU_ASSERT_TRUE(mbuf_is(frame, 80, seed));
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

	open_with(0);
	CU_ASSERT_TRUE(an_rxq_is_empty(rxq));
	CU_ASSERT_EQUAL(an_rx_queue_count(rxq), 0);
	CU_ASSERT_EQUAL(an_rx_descriptor_status(rxq, 0), RTE_ETH_RX_DESC_AVAIL);
	CU_ASSERT_TRUE(arrive(60, 1));
	for (unsigned int i = 0; i < 20; i++)
		lens[i] = 64;
	CU_ASSERT_TRUE(device_session(bytes[0], 64, lens, 20, &plain));
	CU_ASSERT_FALSE(an_rxq_is_empty(rxq));
	CU_ASSERT_EQUAL(an_rx_queue_count(rxq), 21);
	CU_ASSERT_EQUAL(an_rx_descriptor_status(rxq, 20), RTE_ETH_RX_DESC_DONE);
	CU_ASSERT_EQUAL(an_rx_descriptor_status(rxq, 21), RTE_ETH_RX_DESC_AVAIL);
	CU_ASSERT_EQUAL(an_rx_descriptor_status(rxq, DESCRIPTORS), -EINVAL);
	CU_ASSERT_EQUAL(an_rx_burst(rxq, frames, 8), 8);
	CU_ASSERT_EQUAL(an_rx_queue_count(rxq), 13);
	CU_ASSERT_EQUAL(an_rx_descriptor_status(rxq, 12), RTE_ETH_RX_DESC_DONE);
	CU_ASSERT_EQUAL(an_rx_descriptor_status(rxq, 13), RTE_ETH_RX_DESC_AVAIL);
	CU_ASSERT_EQUAL(an_rx_descriptor_status(rxq, DESCRIPTORS - 1), RTE_ETH_RX_DESC_UNAVAIL);
	rte_pktmbuf_free_bulk(frames, 8);
	/* Left behind, they count as lost. */
	an_rxq_detach(rxq, &device.vf);
	CU_ASSERT_EQUAL(rxq->lost, 13);
}

static void an_error_cqe_is_passed_and_told(void)
{
	struct rte_mbuf *frames[4];

	open_with(0);
	CU_ASSERT_TRUE(arrive(60, 1));
	device.rq_consumer++; /* the WQE it names */
	device_fail(1, 14);
	CU_ASSERT_TRUE(arrive(61, 2));
	CU_ASSERT_EQUAL_FATAL(an_rx_burst(rxq, frames, 4), 2);
	CU_ASSERT_TRUE(mbuf_is(frames[0], 60, 1));
	CU_ASSERT_TRUE(mbuf_is(frames[1], 61, 2));
	CU_ASSERT_TRUE(rxq->rq.failed);
	CU_ASSERT_EQUAL(rxq->errors, 1);
	rte_pktmbuf_free_bulk(frames, 2);
}

/* A flush: every buffer ends with an error, and nothing more comes. */
static void a_flush_ends(void)
{
	struct rte_mbuf *frames[32];

	open_with(0);
	for (unsigned int i = 0; i < DESCRIPTORS; i++)
		device_fail(1, 14);
	device.rq_consumer += DESCRIPTORS;
	for (unsigned int i = 0; i < DESCRIPTORS; i++)
		CU_ASSERT_EQUAL(an_rx_burst(rxq, frames, 32), 0);
	CU_ASSERT_EQUAL(rxq->errors, DESCRIPTORS);
}

/* Lengths that the buffer has not: dropped and counted, the next one is taken. */
static void an_impossible_length_is_dropped(void)
{
	static const uint32_t lens[] = { 0, 2049, 0x80000040, UINT32_MAX };

	open_with(0);
	for (unsigned int i = 0; i < RTE_DIM(lens); i++) {
		uint8_t *cqe = device.cqs[1].ring + (size_t)(device.cqs[1].producer % 128) * 64;
		struct rte_mbuf *frame;

		CU_ASSERT_TRUE(arrive(60, 1));
		for (unsigned int j = 0; j < 4; j++)
			cqe[0x2c + j] = (uint8_t)(lens[i] >> (24 - 8 * j));
		CU_ASSERT_TRUE(arrive(61, 2));
		CU_ASSERT_EQUAL_FATAL(an_rx_burst(rxq, &frame, 1), 1);
		CU_ASSERT_TRUE(mbuf_is(frame, 61, 2));
		CU_ASSERT_EQUAL(rxq->errors, i + 1);
		rte_pktmbuf_free(frame);
	}
	CU_ASSERT_FALSE(rxq->rq.failed);
}

/* A session of no frames or of more than there are buffers makes no sense: the queue has failed. */
static void an_impossible_session_fails_the_queue(void)
{
	static const uint32_t counts[] = { 0, DESCRIPTORS, DESCRIPTORS + 1, UINT32_MAX };

	for (unsigned int i = 0; i < RTE_DIM(counts); i++) {
		struct rte_mbuf *frame;
		uint8_t *cqe;

		open_with(0);
		cqe = device.cqs[1].ring;
		CU_ASSERT_TRUE(arrive(60, 1));
		for (unsigned int j = 0; j < 4; j++)
			cqe[0x2c + j] = (uint8_t)(counts[i] >> (24 - 8 * j));
		cqe[63] |= 3 << 2;
		CU_ASSERT_EQUAL(an_rx_burst(rxq, &frame, 1), 0);
		CU_ASSERT_TRUE(rxq->rq.failed);
		an_rxq_release(&device.dev, 0);
	}
}

/* Without free buffers frames go on to arrive in what is posted; then buffers come back. */
static void a_pool_that_runs_dry_is_survived(void)
{
	struct rte_mbuf *held[BUFFERS], *frames[32];
	unsigned int n = 0, taken = 0;
	uint16_t got;

	open_with(0);
	while ((held[n] = rte_pktmbuf_alloc(device.pool)) != NULL)
		n++;
	for (unsigned int i = 0; i < DESCRIPTORS; i++)
		CU_ASSERT_TRUE(arrive(60, i));
	CU_ASSERT_FALSE(arrive(60, 0));
	while ((got = an_rx_burst(rxq, frames, 32)) > 0) {
		for (unsigned int i = 0; i < got; i++)
			held[n++] = frames[i];
		taken += got;
	}
	CU_ASSERT_EQUAL(taken, DESCRIPTORS);
	CU_ASSERT_TRUE(rxq->nombuf > 0);
	CU_ASSERT_EQUAL(device_room(), 0);
	/* Fewer than a batch: posted all the same. */
	rte_pktmbuf_free_bulk(held, 5);
	CU_ASSERT_EQUAL(an_rx_burst(rxq, frames, 32), 0);
	CU_ASSERT_EQUAL(device_room(), 5);
	CU_ASSERT_TRUE(arrive(60, 77));
	CU_ASSERT_EQUAL(an_rx_burst(rxq, frames, 32), 1);
	CU_ASSERT_TRUE(mbuf_is(frames[0], 60, 77));
	rte_pktmbuf_free(frames[0]);
	rte_pktmbuf_free_bulk(held + 5, n - 5);
	CU_ASSERT_EQUAL(an_rx_burst(rxq, frames, 32), 0);
	CU_ASSERT_TRUE(device_room() > DESCRIPTORS - AN_RX_BATCH);
}

static void scattered_setup(void)
{
	setup_room(RTE_PKTMBUF_HEADROOM + 500);
	device.vf.compression = true;
}

/* 1 to 4 buffers of 500 (first) or 628 bytes: a WQE of 4 for an MTU of 1500, with room left. */
static void long_frames_are_chains(void)
{
	unsigned int given = 0, taken = 0;

	device_close();
	scattered_setup();
	open_with(RTE_ETH_RX_OFFLOAD_SCATTER);
	CU_ASSERT_EQUAL(rxq->rq.segments, 3);
	CU_ASSERT_EQUAL(device.rq_stride, 64);
	for (unsigned int round = 0; round < 2000 && taken < 2000; round++) {
		struct rte_mbuf *frames[32];
		uint16_t got;

		for (unsigned int n = given % 40; n > 0 && device_room() > 0; n--, given++)
			CU_ASSERT_TRUE(arrive(14 + given * 37 % 1500, given));
		got = an_rx_burst(rxq, frames, 32);
		for (unsigned int i = 0; i < got; i++, taken++) {
			size_t len = 14 + taken * 37 % 1500;

			CU_ASSERT_TRUE(mbuf_is(frames[i], len, taken));
			CU_ASSERT_EQUAL(frames[i]->nb_segs, len <= 500 ? 1 : len <= 1128 ? 2 : 3);
		}
		rte_pktmbuf_free_bulk(frames, got);
		given += device_room() > 0 && arrive(14 + given * 37 % 1500, given);
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
	open_with(RTE_ETH_RX_OFFLOAD_SCATTER);
	for (unsigned int i = 0; i < 20; i++) {
		lens[i] = 60 + i * 75;
		memcpy(bytes[i], bytes_of(i, lens[i]), lens[i]);
	}
	for (unsigned int round = 0; round < 50; round++) {
		CU_ASSERT_TRUE_FATAL(device_session(bytes[0], 1600, lens, 20, &plain));
		CU_ASSERT_EQUAL_FATAL(an_rx_burst(rxq, frames, 20), 20);
		for (unsigned int i = 0; i < 20; i++)
			CU_ASSERT_TRUE(mbuf_is(frames[i], lens[i], i));
		rte_pktmbuf_free_bulk(frames, 20);
	}
}

/* A dry pool leaves WQEs half filled; they are filled and used when buffers come back. */
static void chains_survive_a_dry_pool(void)
{
	struct rte_mbuf *held[BUFFERS], *frames[32];
	unsigned int n = 0;
	uint16_t got;

	device_close();
	scattered_setup();
	open_with(RTE_ETH_RX_OFFLOAD_SCATTER);
	while ((held[n] = rte_pktmbuf_alloc(device.pool)) != NULL)
		n++;
	for (unsigned int round = 0; round < 20; round++) {
		while (device_room() > 0)
			CU_ASSERT_TRUE(arrive(1500, round));
		while ((got = an_rx_burst(rxq, frames, 32)) > 0) {
			for (unsigned int i = 0; i < got; i++)
				CU_ASSERT_TRUE(mbuf_is(frames[i], 1500, round));
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

/* ---------------------------------------------------------------- with the synthetic side -- */

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
	open_with(0);
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
	CU_ASSERT_TRUE(arrive(60, 1));
	CU_ASSERT_EQUAL(an_rx_burst(rxq, frames, 8), 1);
	CU_ASSERT_EQUAL(slow_calls, 0);
	rte_pktmbuf_free(frames[0]);
	slow_arrive(2);
	CU_ASSERT_TRUE(arrive(60, 1));
	CU_ASSERT_TRUE(arrive(60, 2));
	CU_ASSERT_EQUAL_FATAL(an_rx_burst(rxq, frames, 8), 4);
	CU_ASSERT_TRUE(mbuf_is(frames[0], 60, 1));
	CU_ASSERT_TRUE(mbuf_is(frames[1], 60, 2));
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
			CU_ASSERT_TRUE(arrive(60, 1));
		got = an_rx_burst(rxq, frames, 4);
		CU_ASSERT_TRUE(got > 0);
		rte_pktmbuf_free_bulk(frames, got);
		bursts++;
	}
	CU_ASSERT_EQUAL(bursts, 9);
}

static void after_a_return_the_vf_waits(void)
{
	struct rte_mbuf *frames[DESCRIPTORS];

	slow_open();
	rxq->settle_until = UINT64_MAX;
	CU_ASSERT_TRUE(arrive(60, 1));
	CU_ASSERT_EQUAL(an_rx_burst(rxq, frames, 8), 0);
	slow_arrive(1);
	CU_ASSERT_EQUAL_FATAL(an_rx_burst(rxq, frames, 8), 1);
	CU_ASSERT_EQUAL(frames[0]->pkt_len, 100);
	rte_pktmbuf_free(frames[0]);
	rxq->settle_until = rte_rdtsc();
	CU_ASSERT_EQUAL_FATAL(an_rx_burst(rxq, frames, 8), 1);
	CU_ASSERT_TRUE(mbuf_is(frames[0], 60, 1));
	CU_ASSERT_EQUAL(rxq->settle_until, 0);
	rte_pktmbuf_free(frames[0]);
	/* Not until its buffers run out. */
	rxq->settle_until = UINT64_MAX;
	slow_arrive(1);
	while (device_room() > DESCRIPTORS / 4)
		CU_ASSERT_TRUE(arrive(60, 2));
	CU_ASSERT_TRUE(an_rx_burst(rxq, frames, 8) == 8);
	CU_ASSERT_EQUAL(frames[0]->pkt_len, 100);
	CU_ASSERT_TRUE(mbuf_is(frames[1], 60, 2));
	rte_pktmbuf_free_bulk(frames, 8);
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

static void control_at_work_means_no_burst(void)
{
	struct rte_mbuf *frame;

	open_with(0);
	CU_ASSERT_TRUE(arrive(60, 1));
	CU_ASSERT_EQUAL(an_path_take(&rxq->path, 10), 0);
	CU_ASSERT_EQUAL(an_rx_burst(rxq, &frame, 1), 0);
	CU_ASSERT_EQUAL(an_rx_queue_count(rxq), 0);
	an_path_give(&rxq->path);
	CU_ASSERT_EQUAL(an_rx_burst(rxq, &frame, 1), 1);
	rte_pktmbuf_free(frame);
	open_again(0);
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
	{ "a pool that runs dry is survived", a_pool_that_runs_dry_is_survived },
	{ "long frames are chains", long_frames_are_chains },
	{ "sessions of chains", sessions_of_chains },
	{ "chains survive a dry pool", chains_survive_a_dry_pool },
	{ "the VF goes first, then the synthetic side", the_vf_goes_first_then_the_synthetic_side },
	{ "a full VF does not starve the synthetic side",
	  a_full_vf_does_not_starve_the_synthetic_side },
	{ "after a return the VF waits", after_a_return_the_vf_waits },
	{ "without a VF the synthetic side alone", without_a_vf_the_synthetic_side_alone },
	{ "control at work means no burst", control_at_work_means_no_burst },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pmd/rx", setup, teardown, tests);
