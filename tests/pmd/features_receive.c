// SPDX-License-Identifier: BSD-3-Clause
/* Features of what is received: filters, spreading over queues, checksums. */
#include "feature.h"

#include "../../tools/lab/fabric/wire.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <rte_thash.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define FRAMES 64u
#define QUEUES 4u
#define KEY    40u

/* --------------------------------------------------------------------------- spreading ---- */

/* Toeplitz over addresses and ports of a frame as it came. */
static uint32_t hash_of(const struct rte_mbuf *m, const uint8_t *key, bool ports)
{
	const uint8_t *frame = rte_pktmbuf_mtod(m, const uint8_t *);
	bool ipv6 = wire_get16(frame + ETHER_TYPE) == ETHER_TYPE_IPV6;
	unsigned int addresses = ipv6 ? 32 : 8, words;
	const uint8_t *from = frame + ETHER_HEADER + (ipv6 ? IPV6_SRC : IPV4_SRC);
	uint32_t tuple[9];

	/* Ports follow the addresses at once in both versions, as there are no options. */
	words = (addresses + (ports ? 4 : 0)) / 4;
	for (unsigned int i = 0; i < words; i++)
		tuple[i] = wire_get32(from + 4 * i);
	return rte_softrss(tuple, words, key);
}

static int query_reta(const struct port *port, uint16_t *queue_of, unsigned int *size)
{
	struct rte_eth_rss_reta_entry64 reta[8];

	*size = port->info.reta_size;
	if (*size == 0 || *size > 512)
		return -ENOTSUP;
	for (unsigned int i = 0; i < *size / 64; i++)
		reta[i].mask = UINT64_MAX;
	if (*size < 64)
		return -ENOTSUP;
	if (rte_eth_dev_rss_reta_query(port->id, reta, (uint16_t)*size) < 0)
		return -ENOTSUP;
	for (unsigned int i = 0; i < *size; i++)
		queue_of[i] = reta[i / 64].reta[i % 64];
	return 0;
}

/* All flows go out and come back where hash and table say. */
static void check_spread(const struct port *port, const struct stream *stream, uint32_t sequence,
			 const uint8_t *key)
{
	struct rte_mbuf *frames[FRAMES];
	uint16_t queues[FRAMES], table[512], n;
	unsigned int size, used = 0;
	bool has_table = query_reta(port, table, &size) == 0;

	feature_send(port, stream, 0, 0, FRAMES, sequence);
	n = feature_receive(port, stream, frames, FRAMES, queues);
	expect(n == FRAMES, "%u frames came", n);
	for (uint16_t i = 0; i < n; i++) {
		uint32_t hash = hash_of(frames[i], key, true);

		used |= 1u << queues[i];
		expect((frames[i]->ol_flags & RTE_MBUF_F_RX_RSS_HASH) != 0, "frame %u: no hash", i);
		expect(frames[i]->hash.rss == hash, "flow %u: hash %#x, not %#x",
		       feature_flow(stream, frames[i]), frames[i]->hash.rss, hash);
		if (has_table)
			expect(table[hash % size] == queues[i], "flow %u: queue %u, not %u",
			       feature_flow(stream, frames[i]), queues[i], table[hash % size]);
	}
	expect(__builtin_popcount(used) > 1, "only one queue is used");
	rte_pktmbuf_free_bulk(frames, n);
}

static int open_spread(struct port *port, struct stream *stream)
{
	struct port_options options = { .queues = QUEUES,
					.rx_wanted = RTE_ETH_RX_OFFLOAD_RSS_HASH };

	*stream = (struct stream){ .seed = 11, .flows = FRAMES, .most = 300 };
	return feature_open(port, &options, stream);
}

static int run_rss_hash(void)
{
	struct rte_eth_rss_conf conf = { 0 };
	struct stream stream;
	uint8_t key[KEY];
	struct port port;
	int err = open_spread(&port, &stream);

	if (err != 0)
		return err;
	conf.rss_key = key;
	conf.rss_key_len = KEY;
	expect(rte_eth_dev_rss_hash_conf_get(port.id, &conf) == 0, "no configuration");
	expect((conf.rss_hf & RTE_ETH_RSS_NONFRAG_IPV4_UDP) != 0, "types %#lx", conf.rss_hf);
	check_spread(&port, &stream, 0, key);
	return feature_close(&port);
}

static int run_rss_key(void)
{
	struct rte_eth_rss_conf conf = { 0 };
	uint8_t key[KEY], back[KEY];
	struct stream stream;
	struct port port;
	int err = open_spread(&port, &stream);

	if (err != 0)
		return err;
	for (unsigned int i = 0; i < KEY; i++)
		key[i] = (uint8_t)(i * 37 + 11);
	conf.rss_key = back;
	conf.rss_key_len = KEY;
	expect(rte_eth_dev_rss_hash_conf_get(port.id, &conf) == 0, "no configuration");
	conf.rss_key = key;
	conf.rss_key_len = KEY;
	err = rte_eth_dev_rss_hash_update(port.id, &conf);
	if (err == -ENOTSUP) {
		feature_close(&port);
		return FEATURE_SKIP;
	}
	expect(err == 0, "update: %d", err);
	conf.rss_key = back;
	expect(rte_eth_dev_rss_hash_conf_get(port.id, &conf) == 0 &&
	       memcmp(key, back, KEY) == 0, "another key than was set");
	check_spread(&port, &stream, 0, key);
	conf.rss_key = key;
	conf.rss_key_len = KEY - 1;
	expect(rte_eth_dev_rss_hash_update(port.id, &conf) < 0, "a short key is taken");
	return feature_close(&port);
}

static int run_rss_reta(void)
{
	struct rte_eth_rss_reta_entry64 reta[8];
	uint16_t table[512], queues[FRAMES], n;
	struct rte_mbuf *frames[FRAMES];
	struct stream stream;
	unsigned int size, used = 0;
	struct port port;
	int err = open_spread(&port, &stream);

	if (err != 0)
		return err;
	if (query_reta(&port, table, &size) < 0) {
		feature_close(&port);
		return FEATURE_SKIP;
	}
	for (unsigned int i = 0; i < size; i++) {
		expect(table[i] == i % QUEUES, "entry %u: queue %u", i, table[i]);
		reta[i / 64].mask = UINT64_MAX;
		reta[i / 64].reta[i % 64] = i % 2 == 0 ? 1 : 3;
	}
	err = rte_eth_dev_rss_reta_update(port.id, reta, (uint16_t)size);
	expect(err == 0, "update: %d", err);
	feature_send(&port, &stream, 0, 0, FRAMES, 0);
	n = feature_receive(&port, &stream, frames, FRAMES, queues);
	expect(n == FRAMES, "%u frames came", n);
	for (uint16_t i = 0; i < n; i++)
		used |= 1u << queues[i];
	expect(used == 0xa, "queues %#x", used);
	rte_pktmbuf_free_bulk(frames, n);
	expect(query_reta(&port, table, &size) == 0 && table[0] == 1 && table[1] == 3,
	       "another table than was set");
	reta[0].reta[0] = QUEUES;
	expect(rte_eth_dev_rss_reta_update(port.id, reta, (uint16_t)size) < 0,
	       "a queue that is not there is taken");
	return feature_close(&port);
}

/* --------------------------------------------------------------------------- checksums ---- */

/*
 * A wrong checksum may be told as wrong or not at all: a card has one bit, "right", which is also 0
 * where it has not looked. It must never be told as right.
 */
static bool is_said(uint64_t flags, uint64_t wanted, uint64_t good)
{
	return flags == wanted || (wanted != good && flags == 0);
}

/* One frame of each kind, with what is done to it; the flags that it has to come back with. */
static void check_flags(const struct port *port, const struct stream *stream, int spoil,
			uint64_t ip, uint64_t l4)
{
	static const struct frame_options plain = { .segments = 1 };

	for (unsigned int flow = 0; flow < STREAM_KINDS; flow++) {
		const struct stream_layout *layout = stream_layout(stream_kind(stream, flow));
		struct rte_mbuf *m = frame_make(stream, &plain, flow, 0, port->pool);
		uint8_t *frame;
		uint64_t flags;
		uint16_t n;

		if (!expect(m != NULL, "the pool is empty") || m == NULL ||
		    (spoil == 1 && layout->ipv6)) {
			rte_pktmbuf_free(m);
			continue;
		}
		frame = rte_pktmbuf_mtod(m, uint8_t *);
		if (spoil == 1)
			frame[layout->l3 + IPV4_CHECKSUM] ^= 1;
		else if (spoil == 2)
			frame[layout->l4 + (layout->tcp ? TCP_CHECKSUM : UDP_CHECKSUM)] ^= 1;
		feature_send_packets(port, 0, &m, 1);
		n = feature_receive(port, stream, &m, 1, NULL);
		if (!expect(n == 1, "kind %u, spoilt %d: it does not come", flow, spoil))
			continue;
		flags = m->ol_flags;
		if (!layout->ipv6)
			expect(is_said(flags & RTE_MBUF_F_RX_IP_CKSUM_MASK, ip,
				       RTE_MBUF_F_RX_IP_CKSUM_GOOD),
			       "flow %u, spoilt %d: flags %#lx", flow, spoil, flags);
		if (spoil != 1)
			expect(is_said(flags & RTE_MBUF_F_RX_L4_CKSUM_MASK, l4,
				       RTE_MBUF_F_RX_L4_CKSUM_GOOD),
			       "flow %u, spoilt %d: flags %#lx", flow, spoil, flags);
		rte_pktmbuf_free(m);
	}
}

static int run_checksum_rx(void)
{
	struct port_options options = { .queues = 1, .rx_wanted = RTE_ETH_RX_OFFLOAD_CHECKSUM };
	struct stream stream = { .seed = 12, .flows = FRAMES };
	struct port port;
	int err = feature_open(&port, &options, &stream);

	if (err != 0)
		return err;
	check_flags(&port, &stream, 0, RTE_MBUF_F_RX_IP_CKSUM_GOOD, RTE_MBUF_F_RX_L4_CKSUM_GOOD);
	check_flags(&port, &stream, 1, RTE_MBUF_F_RX_IP_CKSUM_BAD, 0);
	check_flags(&port, &stream, 2, RTE_MBUF_F_RX_IP_CKSUM_GOOD, RTE_MBUF_F_RX_L4_CKSUM_BAD);
	return feature_close(&port);
}

/* ----------------------------------------------------------------------------- filters ---- */

static const struct rte_ether_addr other_mac = { { 0x02, 0x77, 0, 0, 0, 0x99 } };

/* A frame sent from an address comes back to it: does the port take it? */
static uint16_t arrives(const struct port *port, struct stream *stream,
			const struct rte_ether_addr *address)
{
	static uint32_t sequence;
	uint8_t own[STREAM_MAC_LEN];

	memcpy(own, stream->mac, sizeof(own));
	memcpy(stream->mac, address->addr_bytes, sizeof(own));
	feature_send(port, stream, 0, 0, 4, sequence++);
	memcpy(stream->mac, own, sizeof(own));
	return feature_count(port, stream, 4);
}

static int open_filter(struct port *port, struct stream *stream)
{
	struct port_options options = { .queues = 1 };
	int err;

	*stream = (struct stream){ .seed = 13, .flows = FRAMES };
	err = feature_open(port, &options, stream);
	if (err == 0)
		expect(arrives(port, stream, &port->mac) == 4, "its own frames do not come");
	return err;
}

/* The kernel's drivers pass an interface's modes on to the VF from a work item, not at once. */
static bool arrives_soon(const struct port *port, struct stream *stream,
			 const struct rte_ether_addr *address)
{
	for (unsigned int tries = 0; tries < 50; tries++) {
		if (arrives(port, stream, address) == 4)
			return true;
		rte_delay_us_sleep(20000);
	}
	return false;
}

static int run_promiscuous(void)
{
	struct stream stream;
	struct port port;
	int err = open_filter(&port, &stream);

	if (err != 0)
		return err;
	expect(rte_eth_promiscuous_get(port.id) == 0, "promiscuous from the start");
	expect(arrives(&port, &stream, &other_mac) == 0, "frames for others come");
	err = rte_eth_promiscuous_enable(port.id);
	if (err == -ENOTSUP) {
		feature_close(&port);
		return FEATURE_SKIP;
	}
	expect(err == 0 && rte_eth_promiscuous_get(port.id) == 1, "enable: %d", err);
	expect(arrives_soon(&port, &stream, &other_mac), "frames for others do not come");
	expect(arrives(&port, &stream, &port.mac) == 4, "its own frames come otherwise than once");
	expect(rte_eth_promiscuous_disable(port.id) == 0, "disable");
	expect(arrives(&port, &stream, &other_mac) == 0, "frames for others still come");
	return feature_close(&port);
}

static int run_mac_filter(void)
{
	struct rte_ether_addr address = other_mac, old;
	struct stream stream;
	struct port port;
	int err = open_filter(&port, &stream);

	if (err != 0)
		return err;
	expect(arrives(&port, &stream, &other_mac) == 0, "frames for others come");
	err = rte_eth_dev_mac_addr_add(port.id, &address, 0);
	if (err == -ENOTSUP) {
		feature_close(&port);
		return FEATURE_SKIP;
	}
	expect(err == 0, "add: %d", err);
	expect(arrives(&port, &stream, &other_mac) == 4, "frames for the address do not come");
	expect(rte_eth_dev_mac_addr_remove(port.id, &address) == 0, "remove");
	expect(arrives(&port, &stream, &other_mac) == 0, "frames for the address still come");
	old = port.mac;
	err = rte_eth_dev_default_mac_addr_set(port.id, &address);
	expect(err == 0, "set: %d", err);
	expect(arrives(&port, &stream, &other_mac) == 4, "frames for the new address do not come");
	expect(rte_eth_dev_default_mac_addr_set(port.id, &old) == 0, "set back");
	expect(arrives(&port, &stream, &old) == 4, "frames for the old address do not come");
	return feature_close(&port);
}

static const struct rte_ether_addr group = { { 0x01, 0x00, 0x5e, 0x01, 0x02, 0x03 } };

/* A socket on the host's end of the simulated synthetic NIC; -1: there is none. */
static int host_end(void)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_ifindex = (int)if_nametoindex("lab0") };
	int fd = address.sll_ifindex != 0 ? socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0) : -1;

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Frames that the host sends to the group: how many of 4 does the port take? */
static uint16_t group_arrives(const struct port *port, const struct stream *stream)
{
	static uint32_t sequence;
	uint8_t frame[STREAM_FRAME_MAX];
	int fd = host_end();

	for (unsigned int flow = 0; flow < 4; flow++) {
		unsigned int length = stream_frame(stream, flow, sequence, true, frame);

		memcpy(frame, group.addr_bytes, sizeof(group.addr_bytes));
		expect(send(fd, frame, length, 0) == (ssize_t)length, "the host cannot send");
	}
	sequence++;
	close(fd);
	return feature_count(port, stream, 5);
}

static int open_group(struct port *port, struct stream *stream)
{
	int fd = host_end();

	if (fd < 0)
		return FEATURE_SKIP;
	close(fd);
	return open_filter(port, stream);
}

static int run_multicast_filter(void)
{
	struct rte_ether_addr list[1] = { group };
	struct stream stream;
	struct port port;
	int err = open_group(&port, &stream);

	if (err != 0)
		return err;
	expect(group_arrives(&port, &stream) == 0, "frames for the group come");
	err = rte_eth_dev_set_mc_addr_list(port.id, list, 1);
	if (err == -ENOTSUP) {
		feature_close(&port);
		return FEATURE_SKIP;
	}
	expect(err == 0, "set: %d", err);
	expect(group_arrives(&port, &stream) == 4, "frames for the group do not come");
	expect(rte_eth_dev_set_mc_addr_list(port.id, NULL, 0) == 0, "set to none");
	expect(group_arrives(&port, &stream) == 0, "frames for the group still come");
	return feature_close(&port);
}

static int run_allmulticast(void)
{
	struct stream stream;
	struct port port;
	int err = open_group(&port, &stream);

	if (err != 0)
		return err;
	expect(rte_eth_allmulticast_get(port.id) == 0, "all multicast from the start");
	err = rte_eth_allmulticast_enable(port.id);
	if (err == -ENOTSUP) {
		feature_close(&port);
		return FEATURE_SKIP;
	}
	expect(err == 0 && rte_eth_allmulticast_get(port.id) == 1, "enable: %d", err);
	expect(group_arrives(&port, &stream) == 4, "frames for a group do not come");
	expect(arrives(&port, &stream, &other_mac) == 0, "frames for another host come");
	expect(rte_eth_allmulticast_disable(port.id) == 0, "disable");
	expect(group_arrives(&port, &stream) == 0, "frames for a group still come");
	return feature_close(&port);
}

const struct feature features_receive[] = {
	{ "rss-hash", "RSS hash", run_rss_hash },
	{ "rss-key", "RSS key update", run_rss_key },
	{ "rss-reta", "RSS reta update", run_rss_reta },
	{ "checksum-l3-rx", "L3 checksum offload", run_checksum_rx },
	{ "checksum-l4-rx", "L4 checksum offload", run_checksum_rx },
	{ "promiscuous", "Promiscuous mode", run_promiscuous },
	{ "mac-filter", "Unicast MAC filter", run_mac_filter },
	{ "multicast-filter", "Multicast MAC filter", run_multicast_filter },
	{ "allmulticast", "Allmulticast mode", run_allmulticast },
	{ NULL, NULL, NULL },
};
