// SPDX-License-Identifier: BSD-3-Clause
/* What all tests of the synthetic side do. */
#include "pmd_synthetic.h"

#include "unit.h"

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <unistd.h>

struct side side;
const struct an_synthetic_ops *const side_ops = &an_synthetic_packet;

void side_setup(void)
{
	memset(&side, 0, sizeof(side));
	side.peer = -1;
	if (!net_open())
		return;
	net_mac("an0", side.mac);
	side.peer = net_socket("peer0", false);
	CU_ASSERT_TRUE_FATAL(side.peer >= 0);
}

void side_teardown(void)
{
	if (side.peer < 0)
		return;
	side_close();
	close(side.peer);
	net_close();
	CU_ASSERT_EQUAL(rte_mempool_avail_count(net_pool()), NET_BUFFERS);
}

bool side_is_there(void)
{
	return side.peer >= 0;
}

void side_open(bool keep_from_kernel)
{
	struct an_synthetic_config config = { .iface = "an0",
					      .ifindex = net_index("an0"),
					      .port = SIDE_PORT,
					      .socket = SOCKET_ID_ANY,
					      .keep_from_kernel = keep_from_kernel };
	char reason[AN_SYNTHETIC_REASON] = "";
	int ret = side_ops->open(&side.synthetic, &config, reason);

	if (ret != 0)
		fprintf(stderr, "open: %s\n", reason);
	CU_ASSERT_EQUAL_FATAL(ret, 0);
}

void side_start(unsigned int queues, uint64_t rx_offloads)
{
	struct an_synthetic_rx rx[SIDE_QUEUES];

	if (side.synthetic == NULL)
		side_open(false);
	for (unsigned int i = 0; i < queues; i++)
		rx[i] = (struct an_synthetic_rx){ net_pool(), rx_offloads, 256 };
	CU_ASSERT_EQUAL_FATAL(side_ops->start(side.synthetic, rx, queues, queues, 1500), 0);
	for (unsigned int i = 0; i < queues; i++)
		side_ops->rx_ready(side.synthetic, i, side.ready[i]);
}

void side_stop(void)
{
	side_ops->stop(side.synthetic);
	memset(side.ready, 0, sizeof(side.ready));
}

void side_close(void)
{
	if (side.synthetic != NULL)
		side_ops->close(side.synthetic);
	side.synthetic = NULL;
}

uint16_t side_receive(unsigned int queue, struct rte_mbuf **frames, uint16_t n, int ms)
{
	uint64_t until = rte_get_timer_cycles() + rte_get_timer_hz() * (uint64_t)ms / 1000;
	struct an_synthetic_ready *ready = side.ready[queue];
	uint16_t got = 0;

	do {
		if (an_synthetic_is_ready(&ready[0]) || an_synthetic_is_ready(&ready[1]))
			got = (uint16_t)(got + side_ops->rx(side.synthetic, queue, ready,
							    frames + got, (uint16_t)(n - got)));
	} while (got < n && rte_get_timer_cycles() < until);
	return got;
}

struct rte_mbuf *side_next(void)
{
	struct rte_mbuf *m = NULL;

	return side_receive(0, &m, 1, 1000) == 1 ? m : NULL;
}

bool side_is_silent(void)
{
	struct rte_mbuf *m;

	if (side_receive(0, &m, 1, 20) == 0)
		return true;
	rte_pktmbuf_free(m);
	return false;
}

struct rte_mbuf *side_mbuf(const uint8_t *frame, size_t len, uint16_t piece)
{
	struct rte_mbuf *first = NULL, *last = NULL;

	do {
		struct rte_mbuf *m = rte_pktmbuf_alloc(net_pool());
		size_t part = len;

		CU_ASSERT_PTR_NOT_NULL_FATAL(m);
		if (piece != 0 && part > piece)
			part = piece;
		if (part > rte_pktmbuf_tailroom(m))
			part = rte_pktmbuf_tailroom(m);
		memcpy(rte_pktmbuf_append(m, (uint16_t)part), frame, part);
		frame += part;
		len -= part;
		if (first == NULL || last == NULL) {
			first = m;
		} else {
			last->next = m;
			first->nb_segs++;
			first->pkt_len += (uint32_t)part;
		}
		last = m;
	} while (len != 0);
	return first;
}

uint16_t side_send(struct rte_mbuf *m)
{
	return side_ops->tx(side.synthetic, 0, &m, 1);
}

bool side_is(const struct rte_mbuf *m, const uint8_t *frame, size_t len)
{
	static uint8_t copy[FRAMES_MAX];
	const void *data;

	if (m == NULL || m->pkt_len != len)
		return false;
	data = rte_pktmbuf_read(m, 0, (uint32_t)len, copy);
	return data != NULL && memcmp(data, frame, len) == 0;
}

struct an_synthetic_counters side_counters(void)
{
	struct an_synthetic_counters counters = { 0 };

	side_ops->counters(side.synthetic, &counters);
	return counters;
}
