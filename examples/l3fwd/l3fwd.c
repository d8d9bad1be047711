// SPDX-License-Identifier: BSD-3-Clause
/*
 * A small IPv4 router on DPDK: what such applications do with their ports, and nothing that knows
 * a driver. It answers ARP and ICMP echo for its own addresses, forwards by longest prefix,
 * lowers the time to live and lets the port compute the checksum where it can.
 *
 *	l3fwd [EAL options] -- --port ADDRESS --route PREFIX/LENGTH,PORT,MAC [--seconds N]
 *
 * --port once for each port of EAL, in order. Each lcore serves one queue of each port. Prints a
 * line of counters a second, and the link's changes.
 */
#include <arpa/inet.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_arp.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_ether.h>
#include <rte_icmp.h>
#include <rte_ip.h>
#include <rte_lcore.h>
#include <rte_lpm.h>
#include <rte_mbuf.h>

#define PORTS_MAX   8u
#define ROUTES_MAX  64u
#define BURST	    32u
#define DESCRIPTORS 1024u
#define BUFFERS	    32768u
#define CACHE	    256u

struct route {
	uint32_t prefix;  /* host order */
	uint8_t length;
	uint16_t port;
	struct rte_ether_addr mac;
};

struct counters {
	uint64_t received, forwarded, answered, dropped, unsent;
} __rte_cache_aligned;

static struct {
	uint32_t address[PORTS_MAX];             /* host order */
	struct rte_ether_addr mac[PORTS_MAX];
	bool checksum[PORTS_MAX];                /* the port computes IPv4's */
	unsigned int ports;
	struct route route[ROUTES_MAX];
	unsigned int routes;
	struct rte_lpm *table;
	struct rte_mempool *pool;
	struct counters counters[RTE_MAX_LCORE];
	unsigned int seconds;                    /* 0: until a signal */
	volatile sig_atomic_t stop;
} router;

/* ------------------------------------------------------------------------- forwarding ---- */

/* What is sent on a port at the end of a round. */
struct outgoing {
	struct rte_mbuf *frames[PORTS_MAX * BURST];
	uint16_t count;
};

/* Turns an ARP request for this port's address into its answer; false: it is not one. */
static bool arp_answer(struct rte_mbuf *m, uint16_t port)
{
	struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	struct rte_arp_hdr *arp = (struct rte_arp_hdr *)(ether + 1);

	if (rte_pktmbuf_data_len(m) < sizeof(*ether) + sizeof(*arp) ||
	    arp->arp_opcode != rte_cpu_to_be_16(RTE_ARP_OP_REQUEST) ||
	    arp->arp_data.arp_tip != rte_cpu_to_be_32(router.address[port]))
		return false;
	arp->arp_opcode = rte_cpu_to_be_16(RTE_ARP_OP_REPLY);
	arp->arp_data.arp_tha = arp->arp_data.arp_sha;
	arp->arp_data.arp_tip = arp->arp_data.arp_sip;
	arp->arp_data.arp_sha = router.mac[port];
	arp->arp_data.arp_sip = rte_cpu_to_be_32(router.address[port]);
	ether->dst_addr = ether->src_addr;
	ether->src_addr = router.mac[port];
	return true;
}

/* Turns an echo request into its answer. The checksum changes by the type alone (RFC 1624). */
static bool echo_answer(struct rte_mbuf *m, struct rte_ether_hdr *ether, struct rte_ipv4_hdr *ip)
{
	struct rte_icmp_hdr *icmp = (struct rte_icmp_hdr *)((uint8_t *)ip +
							     rte_ipv4_hdr_len(ip));
	struct rte_ether_addr mac = ether->dst_addr;
	uint32_t address = ip->dst_addr, sum;

	if (ip->next_proto_id != IPPROTO_ICMP ||
	    (uint8_t *)(icmp + 1) > rte_pktmbuf_mtod(m, uint8_t *) + rte_pktmbuf_data_len(m) ||
	    icmp->icmp_type != RTE_IP_ICMP_ECHO_REQUEST)
		return false;
	icmp->icmp_type = RTE_IP_ICMP_ECHO_REPLY;
	sum = (uint32_t)icmp->icmp_cksum + rte_cpu_to_be_16(RTE_IP_ICMP_ECHO_REQUEST << 8);
	icmp->icmp_cksum = (uint16_t)(sum + (sum >> 16));
	ip->dst_addr = ip->src_addr;
	ip->src_addr = address;
	ether->dst_addr = ether->src_addr;
	ether->src_addr = mac;
	return true;
}

/* The port a packet leaves on, its headers rewritten; -1: it is dropped. */
static int forward(struct rte_mbuf *m, struct rte_ether_hdr *ether, struct rte_ipv4_hdr *ip)
{
	const struct route *route;
	uint32_t number;

	if (ip->time_to_live <= 1 ||
	    rte_lpm_lookup(router.table, rte_be_to_cpu_32(ip->dst_addr), &number) != 0)
		return -1;
	route = &router.route[number];
	ip->time_to_live--;
	ip->hdr_checksum = 0;
	if (router.checksum[route->port]) {
		m->ol_flags |= RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM;
		m->l2_len = sizeof(*ether);
		m->l3_len = rte_ipv4_hdr_len(ip);
	} else {
		ip->hdr_checksum = rte_ipv4_cksum(ip);
	}
	ether->dst_addr = route->mac;
	ether->src_addr = router.mac[route->port];
	return route->port;
}

static bool is_own_address(rte_be32_t address)
{
	for (unsigned int i = 0; i < router.ports; i++)
		if (address == rte_cpu_to_be_32(router.address[i]))
			return true;
	return false;
}

/* Where a received packet goes, or -1. */
static int route_packet(struct rte_mbuf *m, uint16_t port, struct counters *counters)
{
	struct rte_ether_hdr *ether = rte_pktmbuf_mtod(m, struct rte_ether_hdr *);
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(ether + 1);

	if (rte_pktmbuf_data_len(m) < sizeof(*ether) + sizeof(*ip))
		return -1;
	if (ether->ether_type == rte_cpu_to_be_16(RTE_ETHER_TYPE_ARP) && arp_answer(m, port)) {
		counters->answered++;
		return port;
	}
	if (ether->ether_type != rte_cpu_to_be_16(RTE_ETHER_TYPE_IPV4) ||
	    (m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK) == RTE_MBUF_F_RX_IP_CKSUM_BAD ||
	    rte_ipv4_hdr_len(ip) < sizeof(*ip) ||
	    rte_pktmbuf_data_len(m) < sizeof(*ether) + rte_ipv4_hdr_len(ip))
		return -1;
	if (is_own_address(ip->dst_addr)) {
		if (!echo_answer(m, ether, ip))
			return -1;
		counters->answered++;
		return port;
	}
	return forward(m, ether, ip);
}

static void send_all(struct outgoing *outgoing, uint16_t port, uint16_t queue,
		     struct counters *counters)
{
	uint16_t sent = rte_eth_tx_prepare(port, queue, outgoing->frames, outgoing->count);

	if (sent > 0)
		sent = rte_eth_tx_burst(port, queue, outgoing->frames, sent);
	counters->forwarded += sent;
	counters->unsent += outgoing->count - sent;
	rte_pktmbuf_free_bulk(outgoing->frames + sent, outgoing->count - sent);
	outgoing->count = 0;
}

static int serve(void *arg)
{
	static __thread struct outgoing outgoing[PORTS_MAX];
	uint16_t queue = (uint16_t)rte_lcore_index(-1);
	struct counters *counters = &router.counters[rte_lcore_id()];
	bool reports = rte_lcore_id() == rte_get_main_lcore();
	uint64_t second = rte_get_tsc_hz(), next = rte_rdtsc() + second;
	void (*report)(void) = arg;

	while (!router.stop) {
		for (uint16_t port = 0; port < router.ports; port++) {
			struct rte_mbuf *frames[BURST];
			uint16_t n = rte_eth_rx_burst(port, queue, frames, BURST);

			counters->received += n;
			for (uint16_t i = 0; i < n; i++) {
				int to = route_packet(frames[i], port, counters);

				if (to < 0) {
					counters->dropped++;
					rte_pktmbuf_free(frames[i]);
				} else {
					outgoing[to].frames[outgoing[to].count++] = frames[i];
				}
			}
		}
		for (uint16_t port = 0; port < router.ports; port++)
			if (outgoing[port].count > 0)
				send_all(&outgoing[port], port, queue, counters);
		if (reports && rte_rdtsc() >= next) {
			next += second;
			report();
		}
	}
	return 0;
}

/* ------------------------------------------------------------------------------ report ---- */

static void report(void)
{
	static unsigned int seconds;
	struct counters sum = { 0 };

	for (unsigned int i = 0; i < RTE_MAX_LCORE; i++) {
		const struct counters *c = &router.counters[i];

		sum.received += c->received;
		sum.forwarded += c->forwarded;
		sum.answered += c->answered;
		sum.dropped += c->dropped;
		sum.unsent += c->unsent;
	}
	printf("%u s: received %" PRIu64 " sent %" PRIu64 " answered %" PRIu64 " dropped %" PRIu64
	       " unsent %" PRIu64 "\n", ++seconds, sum.received, sum.forwarded, sum.answered,
	       sum.dropped, sum.unsent);
	if (router.seconds != 0 && seconds >= router.seconds)
		router.stop = 1;
}

static int on_link(uint16_t port, enum rte_eth_event_type type, void *arg, void *result)
{
	struct rte_eth_link link;

	(void)type;
	(void)arg;
	(void)result;
	if (rte_eth_link_get_nowait(port, &link) == 0)
		printf("port %u: link %s, %u Mbps\n", port,
		       link.link_status == RTE_ETH_LINK_UP ? "up" : "down", link.link_speed);
	return 0;
}

static void on_signal(int signal)
{
	(void)signal;
	router.stop = 1;
}

/* ------------------------------------------------------------------------------ set-up ---- */

static int port_start(uint16_t port, uint16_t queues)
{
	struct rte_eth_conf conf = { 0 };
	uint16_t rx = DESCRIPTORS, tx = DESCRIPTORS;
	struct rte_eth_dev_info info;
	int ret = rte_eth_dev_info_get(port, &info);

	if (ret < 0)
		return ret;
	conf.rxmode.offloads = info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_IPV4_CKSUM;
	conf.txmode.offloads = info.tx_offload_capa &
		(RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE);
	/* Frames of all ports are of one pool, as fast free wants it. */
	router.checksum[port] = (conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM) != 0;
	conf.intr_conf.lsc = (*info.dev_flags & RTE_ETH_DEV_INTR_LSC) != 0;
	if (queues > 1) {
		conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
		conf.rx_adv_conf.rss_conf.rss_hf = info.flow_type_rss_offloads &
			(RTE_ETH_RSS_IP | RTE_ETH_RSS_TCP | RTE_ETH_RSS_UDP);
	}
	ret = rte_eth_dev_configure(port, queues, queues, &conf);
	if (ret == 0)
		ret = rte_eth_dev_adjust_nb_rx_tx_desc(port, &rx, &tx);
	for (uint16_t q = 0; ret == 0 && q < queues; q++) {
		ret = rte_eth_rx_queue_setup(port, q, rx, (unsigned int)rte_eth_dev_socket_id(port),
					     NULL, router.pool);
		if (ret == 0)
			ret = rte_eth_tx_queue_setup(port, q, tx, (unsigned int)
						     rte_eth_dev_socket_id(port), NULL);
	}
	rte_eth_dev_callback_register(port, RTE_ETH_EVENT_INTR_LSC, on_link, NULL);
	if (ret == 0)
		ret = rte_eth_dev_start(port);
	return ret == 0 ? rte_eth_macaddr_get(port, &router.mac[port]) : ret;
}

static int table_make(void)
{
	const struct rte_lpm_config config = { .max_rules = ROUTES_MAX, .number_tbl8s = 64 };

	router.table = rte_lpm_create("routes", SOCKET_ID_ANY, &config);
	if (router.table == NULL)
		return -1;
	for (unsigned int i = 0; i < router.routes; i++)
		if (router.route[i].port >= router.ports ||
		    rte_lpm_add(router.table, router.route[i].prefix, router.route[i].length,
				i) < 0)
			return -1;
	return 0;
}

static int parse_route(char *text)
{
	struct route *route = &router.route[router.routes];
	char *length = strchr(text, '/'), *port, *mac, *end;
	struct in_addr address;
	unsigned long n;

	if (length == NULL || router.routes == ROUTES_MAX)
		return -1;
	*length++ = '\0';
	n = strtoul(length, &port, 10);
	if (inet_pton(AF_INET, text, &address) != 1 || *port != ',' || n < 1 || n > 32)
		return -1;
	route->prefix = ntohl(address.s_addr);
	route->length = (uint8_t)n;
	n = strtoul(port + 1, &end, 10);
	mac = end + 1;
	if (*end != ',' || n >= PORTS_MAX || rte_ether_unformat_addr(mac, &route->mac) != 0)
		return -1;
	route->port = (uint16_t)n;
	router.routes++;
	return 0;
}

static int parse_port(const char *text)
{
	struct in_addr address;

	if (router.ports == PORTS_MAX || inet_pton(AF_INET, text, &address) != 1)
		return -1;
	router.address[router.ports++] = ntohl(address.s_addr);
	return 0;
}

static int parse(int argc, char **argv)
{
	static const struct option options[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "route", required_argument, NULL, 'r' },
		{ "seconds", required_argument, NULL, 's' },
		{ NULL, 0, NULL, 0 },
	};
	int id, ret = 0;

	optind = 1;
	while (ret == 0 && (id = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (id == 'p')
			ret = parse_port(optarg);
		else if (id == 'r')
			ret = parse_route(optarg);
		else if (id == 's')
			router.seconds = (unsigned int)strtoul(optarg, NULL, 10);
		else
			ret = -1;
		if (ret < 0 && id != '?')
			fprintf(stderr, "l3fwd: \"%s\" is not understood\n", optarg);
	}
	if (router.ports == 0 || optind < argc)
		ret = -1;
	if (ret < 0)
		fputs("usage: l3fwd [EAL options] -- --port ADDRESS [--route PREFIX/LENGTH,PORT,"
		      "MAC]... [--seconds N]\n", stderr);
	return ret;
}

int main(int argc, char **argv)
{
	int used = rte_eal_init(argc, argv), ret = 0;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (used < 0 || parse(argc - used, argv + used) < 0)
		return 2;
	if (rte_eth_dev_count_avail() < router.ports) {
		fprintf(stderr, "l3fwd: %u ports, %u addresses\n", rte_eth_dev_count_avail(),
			router.ports);
		return 2;
	}
	router.pool = rte_pktmbuf_pool_create("frames", BUFFERS, CACHE, 0,
					      RTE_MBUF_DEFAULT_BUF_SIZE, (int)rte_socket_id());
	if (router.pool == NULL || table_make() < 0) {
		fputs("l3fwd: no memory for frames and routes, or a route to a port that is not "
		      "there\n", stderr);
		return EXIT_FAILURE;
	}
	for (uint16_t port = 0; ret == 0 && port < router.ports; port++)
		ret = port_start(port, (uint16_t)rte_lcore_count());
	if (ret < 0) {
		fprintf(stderr, "l3fwd: a port does not start: %s\n", rte_strerror(-ret));
		return EXIT_FAILURE;
	}
	signal(SIGINT, on_signal);
	signal(SIGTERM, on_signal);
	rte_eal_mp_remote_launch(serve, (void *)report, CALL_MAIN);
	rte_eal_mp_wait_lcore();
	for (uint16_t port = 0; port < router.ports; port++) {
		rte_eth_dev_stop(port);
		rte_eth_dev_close(port);
	}
	rte_mempool_free(router.pool);
	rte_lpm_free(router.table);
	return rte_eal_cleanup() < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
