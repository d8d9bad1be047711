// SPDX-License-Identifier: BSD-3-Clause
/* Which queue of the synthetic side a frame comes to: as DPDK's own hash says. */
#include "pmd_synthetic.h"

#include "unit.h"

#include <poll.h>
#include <pthread.h>
#include <rte_ethdev.h>
#include <rte_thash.h>

#define FLOWS 64u

static uint8_t frame[FRAMES_MAX];
static struct an_rss rss;

static void rss_set(uint64_t types)
{
	static const uint8_t key[AN_RSS_KEY_LEN] = {
		0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67, 0x25, 0x3d, 0x43, 0xa3,
		0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb, 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3,
		0x80, 0x30, 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa,
	};

	memcpy(rss.key, key, sizeof(key));
	rss.types = types;
	for (unsigned int i = 0; i < AN_RSS_RETA_SIZE; i++)
		rss.reta[i] = (uint16_t)((i * 7 + i / 5) % SIDE_QUEUES);
	side_ops->set_rss(side.synthetic, &rss);
}

/* A frame of flow i; its payload carries `number`. */
static size_t flow_build(unsigned int i, struct frame_spec *spec, uint32_t number)
{
	size_t len;

	*spec = (struct frame_spec){ .version = i % 2 ? 4 : 6,
				     .protocol = i / 2 % 2 ? PROTO_TCP : PROTO_UDP,
				     .dst_mac = side.mac, .payload = 60,
				     .vlan = i % 5 == 0 ? 0x111 : 0,
				     .sport = (uint16_t)(1000 + i * 77), .dport = 2000 };
	spec->src[0] = 10;
	spec->src[3] = (uint8_t)i;
	spec->dst[0] = 10;
	spec->dst[15] = 3;
	len = frames_build(frame, spec);
	memcpy(frame + len - 4, &number, sizeof(number));
	return len;
}

static uint32_t hash_expect(const struct frame_spec *spec, bool ports)
{
	size_t words = spec->version == 4 ? 1 : 4, i;
	uint32_t tuple[9];

	for (i = 0; i < words; i++) {
		tuple[i] = wire_get32(spec->src + i * 4);
		tuple[words + i] = wire_get32(spec->dst + i * 4);
	}
	tuple[2 * words] = (uint32_t)spec->sport << 16 | spec->dport;
	return rte_softrss(tuple, (uint32_t)(2 * words + (ports ? 1 : 0)), rss.key);
}

/* Each flow comes to the queue that `types` lead to; hashes of one kind of flow are given. */
static void spread_judge(uint64_t types, bool tcp_ports, bool udp_ports, bool addresses)
{
	unsigned int queues_used = 0;

	rss_set(types);
	for (unsigned int i = 0; i < FLOWS; i++) {
		struct frame_spec spec;
		size_t len = flow_build(i, &spec, i);
		bool ports = spec.protocol == PROTO_TCP ? tcp_ports : udp_ports;
		uint32_t hash = ports || addresses ? hash_expect(&spec, ports) : 0;
		unsigned int queue = rss.reta[hash % AN_RSS_RETA_SIZE];
		struct rte_mbuf *m = NULL;

		CU_ASSERT_TRUE(net_send(side.peer, NULL, frame, len));
		/* Any queue may find it. */
		CU_ASSERT_EQUAL(side_receive(i % SIDE_QUEUES, &m, queue == i % SIDE_QUEUES, 1000),
				queue == i % SIDE_QUEUES);
		if (queue != i % SIDE_QUEUES) {
			struct rte_mbuf *none;

			CU_ASSERT_EQUAL(side_receive(i % SIDE_QUEUES, &none, 1, 2), 0);
			CU_ASSERT_EQUAL(side_receive(queue, &m, 1, 1000), 1);
		}
		CU_ASSERT_TRUE(side_is(m, frame, len));
		CU_ASSERT_EQUAL(m->ol_flags, ports || addresses ? RTE_MBUF_F_RX_RSS_HASH : 0);
		CU_ASSERT_TRUE(!(ports || addresses) || m->hash.rss == hash);
		queues_used |= 1u << queue;
		rte_pktmbuf_free(m);
	}
	CU_ASSERT_TRUE(queues_used == 15 || !addresses);
}

static void spread(void)
{
	if (!side_is_there())
		return;
	side_open(false);
	side_start(SIDE_QUEUES, RTE_ETH_RX_OFFLOAD_RSS_HASH);
	spread_judge(RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP, true, true, true);
	spread_judge(RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_IPV6, false, false, true);
	spread_judge(RTE_ETH_RSS_TCP, true, false, false);
	spread_judge(RTE_ETH_RSS_UDP | RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_IPV6, false, true, true);
	spread_judge(0, false, false, false);
}

/* Queue 3 is never polled: it loses its own frames, counted, and nobody else's. */
static void queue_asleep(void)
{
	struct rte_mbuf *frames[64];
	unsigned int sent[SIDE_QUEUES] = { 0 }, got[SIDE_QUEUES] = { 0 };
	unsigned int kept;
	struct frame_spec spec;

	if (!side_is_there())
		return;
	side_start(SIDE_QUEUES, 0);
	rss_set(RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP);
	for (unsigned int i = 0; i < 4000; i++) {
		size_t len = flow_build(i % FLOWS, &spec, i);

		sent[rss.reta[hash_expect(&spec, true) % AN_RSS_RETA_SIZE]]++;
		CU_ASSERT_TRUE(net_send(side.peer, NULL, frame, len));
		net_pace(i);
		for (unsigned int q = 0; q < 3; q++) {
			uint16_t n = side_receive(q, frames, 64, 0);

			got[q] += n;
			rte_pktmbuf_free_bulk(frames, n);
		}
	}
	for (unsigned int q = 0; q < 3; q++) {
		for (uint16_t n = 1; n != 0; got[q] += n) {
			n = side_receive(q, frames, 64, 20);
			rte_pktmbuf_free_bulk(frames, n);
		}
		CU_ASSERT_EQUAL(got[q], sent[q]);
	}
	CU_ASSERT_TRUE(sent[3] > 600);
	for (kept = 0;; kept += got[3]) {
		got[3] = side_receive(3, frames, 64, 20);
		if (got[3] == 0)
			break;
		rte_pktmbuf_free_bulk(frames, got[3]);
	}
	CU_ASSERT_TRUE(kept >= 256);
	CU_ASSERT_EQUAL(side_counters().rx_dropped, sent[3] - kept);
}

/* ------------------------------------------------------------------------- queues in parallel */

#define NUMBERS 20000u
#define UNDER_WAY 300u /* frames sent and not received: no queue of the kernel or ours overruns */

struct poller {
	pthread_t thread;
	unsigned int queue;
	unsigned int got, disorder, strange;
	uint32_t last[FLOWS];
};

static bool finished;          /* atomic */
static unsigned int received;  /* by all pollers; atomic */

static void frames_judge(struct poller *p, struct rte_mbuf **frames, uint16_t n)
{
	for (uint16_t i = 0; i < n; i++) {
		uint32_t number;
		unsigned int flow;

		memcpy(&number, rte_pktmbuf_mtod_offset(frames[i], uint8_t *,
							frames[i]->pkt_len - 4), sizeof(number));
		flow = number % FLOWS;
		p->disorder += p->last[flow] > number;
		p->last[flow] = number;
		p->strange += frames[i]->pkt_len < 100;
		p->got++;
		rte_pktmbuf_free(frames[i]);
	}
	__atomic_fetch_add(&received, n, __ATOMIC_RELAXED);
}

static void *poll_queue(void *context)
{
	struct poller *p = context;
	struct rte_mbuf *frames[16];

	while (!__atomic_load_n(&finished, __ATOMIC_RELAXED)) {
		uint16_t n = side_receive(p->queue, frames, (uint16_t)(1 + p->queue * 5), 0);

		frames_judge(p, frames, n);
	}
	return NULL;
}

/* At most `limit` frames of `sent` are under way; false if that does not come true. */
static bool received_wait(unsigned int sent, unsigned int limit)
{
	for (unsigned int ms = 0; ms < 10000; ms++) {
		if (sent - __atomic_load_n(&received, __ATOMIC_RELAXED) <= limit)
			return true;
		poll(NULL, 0, 1);
	}
	return false;
}

static void in_parallel(void)
{
	static struct poller pollers[SIDE_QUEUES];
	unsigned int disorder = 0, strange = 0;
	struct frame_spec spec;
	bool flows = true;

	if (!side_is_there())
		return;
	memset(pollers, 0, sizeof(pollers));
	finished = false;
	received = 0;
	side_start(SIDE_QUEUES, 0);
	rss_set(RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP);
	for (unsigned int q = 0; q < SIDE_QUEUES; q++) {
		pollers[q].queue = q;
		CU_ASSERT_EQUAL_FATAL(pthread_create(&pollers[q].thread, NULL, poll_queue,
						     &pollers[q]), 0);
	}
	for (uint32_t i = 0; i < NUMBERS && flows; i++) {
		size_t len = flow_build(i % FLOWS, &spec, i);

		flows = received_wait(i, UNDER_WAY) && net_send(side.peer, NULL, frame, len);
		if (i % 1000 == 0) {
			rss.types ^= RTE_ETH_RSS_FRAG_IPV4; /* changes nothing for these */
			side_ops->set_rss(side.synthetic, &rss);
		}
	}
	CU_ASSERT_TRUE(flows && received_wait(NUMBERS, 0));
	__atomic_store_n(&finished, true, __ATOMIC_RELAXED);
	for (unsigned int q = 0; q < SIDE_QUEUES; q++) {
		pthread_join(pollers[q].thread, NULL);
		disorder += pollers[q].disorder;
		strange += pollers[q].strange;
		CU_ASSERT_NOT_EQUAL(pollers[q].got, 0);
	}
	CU_ASSERT_EQUAL(disorder, 0);
	CU_ASSERT_EQUAL(strange, 0);
	CU_ASSERT_EQUAL(side_counters().rx_dropped, 0);
}

static CU_TestInfo tests[] = {
	{ "flows are spread as DPDK's hash says", spread },
	{ "a queue that nobody polls", queue_asleep },
	{ "queues polled in parallel", in_parallel },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pmd/synthetic_rss", side_setup, side_teardown, tests);
