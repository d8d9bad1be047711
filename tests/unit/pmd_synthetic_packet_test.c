// SPDX-License-Identifier: BSD-3-Clause
/* The synthetic side with plain frames, filters, and an interface that somebody else changes. */
#include "pmd_synthetic.h"

#include "unit.h"

#include <errno.h>
#include <poll.h>
#include <rte_ethdev.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FRAME_LEN 300
#define TBF "tc qdisc add dev an0 root tbf "

static uint8_t frame[FRAMES_MAX], wire[FRAMES_MAX];

/* A UDP frame to the port's interface, for an address that the kernel has no answer for. */
static size_t udp_build(const uint8_t *to, uint8_t mark)
{
	struct frame_spec spec = { .version = 4, .protocol = PROTO_UDP, .dst_mac = to,
				   .src = { 10, 77, 0, 2 }, .dst = { 10, 77, 0, 77 },
				   .sport = 1000, .dport = 2000, .payload = FRAME_LEN - 42 };
	size_t len = frames_build(frame, &spec);

	frame[len - 1] ^= mark; /* and so a wrong checksum, which nobody may mind */
	return len;
}

static bool arrives(const uint8_t *to, uint8_t mark)
{
	size_t len = udp_build(to, mark);
	struct rte_mbuf *m;
	bool same;

	CU_ASSERT_TRUE(net_send(side.peer, NULL, frame, len));
	m = side_next();
	same = side_is(m, frame, len);
	rte_pktmbuf_free(m);
	return same;
}

static void both_ways(void)
{
	size_t len;
	struct rte_mbuf *m;

	if (!side_is_there())
		return;
	side_start(1, 0);
	len = udp_build(side.mac, 1);
	CU_ASSERT_TRUE(net_send(side.peer, NULL, frame, len));
	m = side_next();
	CU_ASSERT_TRUE(side_is(m, frame, len));
	CU_ASSERT_EQUAL(m->port, SIDE_PORT);
	CU_ASSERT_EQUAL(m->ol_flags, 0);
	CU_ASSERT_EQUAL(m->packet_type,
			RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4 | RTE_PTYPE_L4_UDP);
	/* The same buffer goes back out, and does not come in again. */
	CU_ASSERT_EQUAL(side_send(m), 1);
	CU_ASSERT_EQUAL(net_receive(side.peer, wire, sizeof(wire), 1000), len);
	CU_ASSERT_EQUAL(memcmp(wire, frame, len), 0);
	CU_ASSERT_TRUE(side_is_silent());
	CU_ASSERT_EQUAL(side_ops->tx_pending(side.synthetic, 0), 0);
}

static void many_in_order(void)
{
	struct rte_mbuf *frames[64];
	size_t len = udp_build(side.mac, 0);
	unsigned int sent = 0, got = 0, wrong = 0;

	if (!side_is_there())
		return;
	side_start(1, 0);
	/* Some rounds of the ring, ends of blocks included. */
	while (got < 3000) {
		for (unsigned int i = 0; i < 50; i++, sent++) {
			memcpy(frame + len - 4, &sent, 4);
			CU_ASSERT_TRUE(net_send(side.peer, NULL, frame, len));
		}
		while (got < sent) {
			uint16_t most = (uint16_t)RTE_MIN(sent - got, 7u);
			uint16_t n = side_receive(0, frames, most, 1000);

			CU_ASSERT_NOT_EQUAL_FATAL(n, 0);
			for (uint16_t i = 0; i < n; i++, got++) {
				memcpy(frame + len - 4, &got, 4);
				wrong += !side_is(frames[i], frame, len);
			}
			rte_pktmbuf_free_bulk(frames, n);
		}
	}
	CU_ASSERT_EQUAL(wrong, 0);
	CU_ASSERT_EQUAL(side_counters().rx_dropped, 0);
}

static void segments_out(void)
{
	static const uint16_t pieces[] = { 1, 14, 33, 100 };
	size_t len = udp_build(side.mac, 0);

	if (!side_is_there())
		return;
	side_start(1, 0);
	for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
		CU_ASSERT_EQUAL(side_send(side_mbuf(frame, len, pieces[i])), 1);
		CU_ASSERT_EQUAL(net_receive(side.peer, wire, sizeof(wire), 1000), len);
		CU_ASSERT_EQUAL(memcmp(wire, frame, len), 0);
	}
	CU_ASSERT_EQUAL(side_counters().tx_errors, 0);
}

/* Each is dropped and counted, and what stands behind it in the burst is sent. */
static void frames_refused(void)
{
	struct rte_mbuf *burst[9];
	size_t len = udp_build(side.mac, 0);
	struct rte_mbuf *m;

	if (!side_is_there())
		return;
	side_start(1, 0);
	burst[0] = side_mbuf(frame, 2000, 0); /* longer than the MTU */
	burst[1] = side_mbuf(frame, 1, 0);
	rte_pktmbuf_trim(burst[1], 1); /* nothing in it */
	burst[2] = side_mbuf(frame, 1024, 1); /* more segments than one system call takes */
	burst[3] = side_mbuf(frame, len, 50);
	burst[3]->pkt_len++; /* contradicts its segments */
	burst[4] = side_mbuf(frame, len, 0);
	burst[4]->ol_flags = RTE_MBUF_F_TX_SEC_OFFLOAD; /* never offered */
	burst[5] = side_mbuf(frame, len, 0);
	burst[5]->ol_flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_UDP_CKSUM; /* no l2_len */
	burst[6] = side_mbuf(frame, len, 0);
	burst[6]->ol_flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_TCP_SEG; /* no tso_segsz */
	burst[6]->l2_len = 14;
	burst[6]->l3_len = 20;
	burst[6]->l4_len = 20;
	burst[7] = side_mbuf(frame, 20, 0);
	burst[7]->ol_flags = RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM; /* ends in its headers */
	burst[7]->l2_len = 14;
	burst[7]->l3_len = 20;
	burst[8] = side_mbuf(frame, len, 0);
	CU_ASSERT_EQUAL(side_ops->tx(side.synthetic, 0, burst, 9), 9);
	CU_ASSERT_EQUAL(side_counters().tx_errors, 8);
	CU_ASSERT_EQUAL(net_receive(side.peer, wire, sizeof(wire), 1000), len);
	CU_ASSERT_EQUAL(net_receive(side.peer, wire, sizeof(wire), 20), 0);
	/* The most that is taken. */
	m = side_mbuf(frame, 1023, 1);
	CU_ASSERT_EQUAL(side_send(m), 1);
	CU_ASSERT_EQUAL(net_receive(side.peer, wire, sizeof(wire), 1000), 1023);
	CU_ASSERT_EQUAL(side_counters().tx_errors, 8);
	side_stop();
	CU_ASSERT_EQUAL(side_counters().tx_errors, 8);
}

static void other_hosts(void)
{
	static const uint8_t other[6] = { 2, 0, 0, 0, 0, 9 };
	static const uint8_t broadcast[6] = { 255, 255, 255, 255, 255, 255 };
	struct rte_ether_addr added;

	if (!side_is_there())
		return;
	memcpy(&added, other, sizeof(other));
	side_start(1, 0);
	CU_ASSERT_TRUE(arrives(broadcast, 1));
	CU_ASSERT_FALSE(arrives(other, 2));
	CU_ASSERT_EQUAL(side_ops->set_promiscuous(side.synthetic, true), 0);
	CU_ASSERT_EQUAL(net_run("ip -d link show an0 | grep -q 'promiscuity 1'"), 0);
	CU_ASSERT_TRUE(arrives(other, 3));
	CU_ASSERT_EQUAL(side_ops->set_promiscuous(side.synthetic, true), 0);
	CU_ASSERT_EQUAL(side_ops->set_promiscuous(side.synthetic, false), 0);
	CU_ASSERT_EQUAL(net_run("ip -d link show an0 | grep -q 'promiscuity 0'"), 0);
	CU_ASSERT_FALSE(arrives(other, 4));
	CU_ASSERT_EQUAL(side_ops->add_address(side.synthetic, &added), 0);
	CU_ASSERT_EQUAL(side_ops->add_address(side.synthetic, &added), 0);
	CU_ASSERT_TRUE(arrives(other, 5));
	CU_ASSERT_EQUAL(side_ops->remove_address(side.synthetic, &added), 0);
	CU_ASSERT_EQUAL(side_ops->remove_address(side.synthetic, &added), -ENOENT);
	CU_ASSERT_FALSE(arrives(other, 6));
	CU_ASSERT_TRUE(arrives(side.mac, 7));
	/* Memberships go with the socket. */
	CU_ASSERT_EQUAL(side_ops->set_promiscuous(side.synthetic, true), 0);
	side_close();
	CU_ASSERT_EQUAL(net_run("ip -d link show an0 | grep -q 'promiscuity 0'"), 0);
}

static void multicast(void)
{
	static const uint8_t group[6] = { 1, 0, 0x5e, 1, 2, 3 };
	static const uint8_t neighbours[6] = { 0x33, 0x33, 0xff, 1, 2, 3 };
	struct rte_ether_addr added;

	if (!side_is_there())
		return;
	memcpy(&added, group, sizeof(group));
	side_start(1, 0);
	CU_ASSERT_FALSE(arrives(group, 1));
	CU_ASSERT_TRUE(arrives(neighbours, 2));
	CU_ASSERT_EQUAL(side_ops->add_address(side.synthetic, &added), 0);
	CU_ASSERT_EQUAL(net_run("ip maddr show dev an0 | grep -q 01:00:5e:01:02:03"), 0);
	CU_ASSERT_TRUE(arrives(group, 3));
	CU_ASSERT_EQUAL(side_ops->remove_address(side.synthetic, &added), 0);
	CU_ASSERT_NOT_EQUAL(net_run("ip maddr show dev an0 | grep -q 01:00:5e:01:02:03"), 0);
	CU_ASSERT_FALSE(arrives(group, 4));
	CU_ASSERT_EQUAL(side_ops->set_allmulticast(side.synthetic, true), 0);
	CU_ASSERT_EQUAL(net_run("ip -d link show an0 | grep -q 'allmulti 1'"), 0);
	CU_ASSERT_TRUE(arrives(group, 5));
	CU_ASSERT_EQUAL(side_ops->set_allmulticast(side.synthetic, false), 0);
	CU_ASSERT_FALSE(arrives(group, 6));
}

static void address_table_full(void)
{
	struct rte_ether_addr address = { { 2, 0, 0, 1, 0, 0 } };
	int ret = 0;

	if (!side_is_there())
		return;
	side_open(false);
	for (unsigned int i = 0; i < 65 && ret == 0; i++) {
		address.addr_bytes[5] = (uint8_t)i;
		ret = side_ops->add_address(side.synthetic, &address);
	}
	CU_ASSERT_EQUAL(ret, -ENOSPC);
	CU_ASSERT_EQUAL(address.addr_bytes[5], 64);
}

static void buffers_short(void)
{
	struct rte_mbuf *held[NET_BUFFERS + 1];
	size_t len = udp_build(side.mac, 0);
	unsigned int count = 0;

	if (!side_is_there())
		return;
	side_start(1, 0);
	while ((held[count] = rte_pktmbuf_alloc(net_pool())) != NULL)
		count++;
	CU_ASSERT_TRUE(net_send(side.peer, NULL, frame, len));
	CU_ASSERT_TRUE(side_is_silent());
	CU_ASSERT_EQUAL(side_counters().rx_nombuf, 1);
	rte_pktmbuf_free_bulk(held, count);
	CU_ASSERT_TRUE(arrives(side.mac, 1));
}

/* The ring's frames are lost when nobody polls; they are counted, and the next ones come. */
static void ring_overrun(void)
{
	size_t len = udp_build(side.mac, 0);
	struct rte_mbuf *frames[64];
	unsigned int got = 0, n;

	if (!side_is_there())
		return;
	side_start(1, 0);
	for (unsigned int i = 0; i < 2000; i++) {
		CU_ASSERT_TRUE(net_send(side.peer, NULL, frame, len));
		net_pace(i);
	}
	while ((n = side_receive(0, frames, 64, 20)) != 0) {
		got += n;
		rte_pktmbuf_free_bulk(frames, n);
	}
	CU_ASSERT_TRUE(got >= 512 && got < 2000);
	CU_ASSERT_EQUAL(side_counters().rx_dropped, 2000 - got);
	CU_ASSERT_EQUAL(side_counters().rx_dropped, 2000 - got);
	side_stop();
	CU_ASSERT_EQUAL(side_counters().rx_dropped, 2000 - got);
}

static void long_frames(void)
{
	size_t len = FRAME_LEN;
	struct rte_mbuf *m;

	if (!side_is_there())
		return;
	/* Whatever the MTU was at the start. */
	CU_ASSERT_EQUAL(net_run("ip link set peer0 mtu 9000"), 0);
	CU_ASSERT_EQUAL(net_run("ip link set an0 mtu 9000"), 0);
	side_start(1, 0);
	len = udp_build(side.mac, 0);
	memset(frame + len, 7, 8000 - len);
	CU_ASSERT_TRUE(net_send(side.peer, NULL, frame, 8000));
	CU_ASSERT_TRUE(side_is_silent());
	CU_ASSERT_EQUAL(side_counters().rx_oversize, 1);
	side_stop();
	side_start(1, RTE_ETH_RX_OFFLOAD_SCATTER);
	for (size_t n = 1400; n < 8000; n += 37) {
		CU_ASSERT_TRUE(net_send(side.peer, NULL, frame, n));
		m = side_next();
		CU_ASSERT_TRUE(side_is(m, frame, n));
		CU_ASSERT_EQUAL(m->nb_segs, (n + 2047) / 2048);
		rte_pktmbuf_free(m);
	}
	CU_ASSERT_EQUAL(side_counters().rx_oversize, 1);
	CU_ASSERT_EQUAL(side_send(side_mbuf(frame, 8000, 0)), 1);
	CU_ASSERT_EQUAL(net_receive(side.peer, wire, sizeof(wire), 1000), 8000);
}

static void down_and_up(void)
{
	size_t len = udp_build(side.mac, 0);

	if (!side_is_there())
		return;
	side_start(1, 0);
	CU_ASSERT_TRUE(arrives(side.mac, 1));
	CU_ASSERT_EQUAL(net_run("ip link set an0 down"), 0);
	CU_ASSERT_EQUAL(side_send(side_mbuf(frame, len, 0)), 1);
	CU_ASSERT_EQUAL(side_counters().tx_errors, 1);
	CU_ASSERT_TRUE(side_is_silent());
	CU_ASSERT_EQUAL(net_run("ip link set an0 name an1"), 0);
	CU_ASSERT_EQUAL(net_run("ip link set an1 up"), 0);
	CU_ASSERT_TRUE(net_wait_up("an1") && net_wait_up("peer0"));
	CU_ASSERT_TRUE(arrives(side.mac, 2));
	len = udp_build(side.mac, 0);
	CU_ASSERT_EQUAL(side_send(side_mbuf(frame, len, 0)), 1);
	CU_ASSERT_EQUAL(net_receive(side.peer, wire, sizeof(wire), 1000), len);
	CU_ASSERT_EQUAL(side_counters().tx_errors, 1);
	CU_ASSERT_EQUAL(net_run("ip link set an1 name an0"), 0);
}

/* It starts on an interface that is down, and works once that is up. */
static void down_at_start(void)
{
	if (!side_is_there())
		return;
	CU_ASSERT_EQUAL(net_run("ip link set an0 down"), 0);
	side_start(1, 0);
	CU_ASSERT_TRUE(side_is_silent());
	CU_ASSERT_EQUAL(net_run("ip link set an0 up"), 0);
	CU_ASSERT_TRUE(net_wait_up("an0") && net_wait_up("peer0"));
	CU_ASSERT_TRUE(arrives(side.mac, 2));
}

static void interface_gone(void)
{
	size_t len = udp_build(side.mac, 0);
	struct rte_ether_addr address = { { 2, 0, 0, 1, 0, 0 } };

	if (!side_is_there())
		return;
	side_start(1, 0);
	CU_ASSERT_EQUAL(side_ops->set_promiscuous(side.synthetic, true), 0);
	CU_ASSERT_EQUAL(net_run("ip link del an0"), 0);
	CU_ASSERT_TRUE(side_is_silent());
	for (unsigned int i = 0; i < 3; i++)
		CU_ASSERT_EQUAL(side_send(side_mbuf(frame, len, 0)), 1);
	CU_ASSERT_EQUAL(side_counters().tx_errors, 3);
	CU_ASSERT_EQUAL(side_ops->set_promiscuous(side.synthetic, false), 0);
	CU_ASSERT_EQUAL(side_ops->add_address(side.synthetic, &address), -ENODEV);
	side_stop();
	CU_ASSERT_EQUAL(side_counters().tx_errors, 3);
}

/* What is not taken is offered again; nothing is lost or overtaken. */
static void pressure_judge(uint32_t count)
{
	struct rte_mbuf *burst[32];
	size_t len = udp_build(side.mac, 0);
	uint32_t sent = 0, got = 0, number, refused = 0;
	uint16_t taken;

	side_start(1, 0);
	while (sent < count) {
		for (uint16_t i = 0; i < 32; i++) {
			number = sent + i;
			memcpy(frame + len - 4, &number, 4);
			burst[i] = side_mbuf(frame, len, 0);
		}
		taken = side_ops->tx(side.synthetic, 0, burst, 32);
		rte_pktmbuf_free_bulk(burst + taken, 32u - taken);
		sent += taken;
		if (taken == 32)
			continue;
		refused++;
		CU_ASSERT_NOT_EQUAL(side_ops->tx_pending(side.synthetic, 0), 0);
		poll(NULL, 0, 2);
	}
	CU_ASSERT_NOT_EQUAL(refused, 0);
	for (; got < sent; got++) {
		if (net_receive(side.peer, wire, sizeof(wire), 1000) != len)
			break;
		memcpy(&number, wire + len - 4, 4);
		if (number != got)
			break;
	}
	CU_ASSERT_EQUAL(got, sent);
	CU_ASSERT_EQUAL(side_ops->tx_pending(side.synthetic, 0), 0);
	CU_ASSERT_EQUAL(side_counters().tx_errors, 0);
}

static void qdisc_full(void)
{
	if (!side_is_there())
		return;
	CU_ASSERT_EQUAL(net_run(TBF "rate 8mbit burst 3000 limit 20000"), 0);
	pressure_judge(300);
}

static void socket_full(void)
{
	if (!side_is_there())
		return;
	CU_ASSERT_EQUAL(net_run(TBF "rate 20mbit burst 3000 limit 90000000"), 0);
	pressure_judge(4000);
}

/* A frame that the qdisc will never take does not stop the queue. */
static void hopeless_frame(void)
{
	size_t len = udp_build(side.mac, 0);

	if (!side_is_there())
		return;
	CU_ASSERT_EQUAL(net_run(TBF "rate 8mbit burst 1000 limit 20000"), 0);
	side_start(1, 0);
	CU_ASSERT_EQUAL(side_send(side_mbuf(frame, 1400, 0)), 1);
	CU_ASSERT_EQUAL(side_counters().tx_errors, 1);
	CU_ASSERT_EQUAL(side_send(side_mbuf(frame, len, 0)), 1);
	CU_ASSERT_EQUAL(net_receive(side.peer, wire, sizeof(wire), 1000), len);
	CU_ASSERT_EQUAL(side_counters().tx_errors, 1);
}

static void no_interface(void)
{
	struct an_synthetic_config config = { .iface = "none", .ifindex = 4711,
					      .socket = SOCKET_ID_ANY };
	char reason[AN_SYNTHETIC_REASON] = "";

	if (!side_is_there())
		return;
	CU_ASSERT_EQUAL(side_ops->open(&side.synthetic, &config, reason), -ENODEV);
	CU_ASSERT_PTR_NULL(side.synthetic);
	CU_ASSERT_PTR_NOT_NULL(strstr(reason, "No such device"));
}

static CU_TestInfo tests[] = {
	{ "a frame in, and out", both_ways },
	{ "many frames in order", many_in_order },
	{ "frames of many segments", segments_out },
	{ "frames that cannot be sent", frames_refused },
	{ "frames for other hosts", other_hosts },
	{ "multicast", multicast },
	{ "more addresses than fit", address_table_full },
	{ "no buffers", buffers_short },
	{ "an overrun is counted", ring_overrun },
	{ "frames longer than MTU and buffers", long_frames },
	{ "an interface goes down, is renamed, comes up", down_and_up },
	{ "an interface is down at the start", down_at_start },
	{ "an interface goes away", interface_gone },
	{ "a full qdisc holds a burst back", qdisc_full },
	{ "a full socket holds a burst back", socket_full },
	{ "a frame that the qdisc never takes", hopeless_frame },
	{ "no such interface", no_interface },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pmd/synthetic_packet", side_setup, side_teardown, tests);
