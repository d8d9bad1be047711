// SPDX-License-Identifier: BSD-3-Clause
/* Features that tell: link, statistics, names, descriptors, limits. */
#include "feature.h"

#include <errno.h>
#include <inttypes.h>
#include <rte_cycles.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES 64u

static int run_link(void)
{
	struct port_options options = { .queues = 1 };
	struct rte_eth_link link;
	struct port port;
	int err = feature_open(&port, &options, NULL);

	if (err != 0)
		return err;
	expect(rte_eth_link_get(port.id, &link) == 0, "no link status");
	expect(link.link_status == RTE_ETH_LINK_UP, "the link is not up");
	expect(link.link_speed != RTE_ETH_SPEED_NUM_NONE, "no speed");
	expect(link.link_duplex == RTE_ETH_LINK_FULL_DUPLEX, "not full duplex");
	expect(port.info.speed_capa != 0, "no speed capabilities");
	return feature_close(&port);
}

static int run_firmware(void)
{
	struct port_options options = { .queues = 1 };
	char version[64] = "";
	struct port port;
	int err = feature_open(&port, &options, NULL), ret;

	if (err != 0)
		return err;
	ret = rte_eth_dev_fw_version_get(port.id, version, sizeof(version));
	if (ret != -ENOTSUP) {
		expect(ret == 0 && version[0] != '\0', "no version: %d", ret);
		expect(strchr(version, '.') != NULL, "\"%s\" is no version", version);
		ret = rte_eth_dev_fw_version_get(port.id, version, 2);
		expect(ret > 2, "a version in 2 bytes: %d", ret);
	}
	err = feature_close(&port);
	return err == 0 && ret == -ENOTSUP ? FEATURE_SKIP : err;
}

static int run_burst_mode(void)
{
	struct port_options options = { .queues = 1 };
	struct rte_eth_burst_mode rx = { 0 }, tx = { 0 };
	struct port port;
	int err = feature_open(&port, &options, NULL);

	if (err != 0)
		return err;
	err = rte_eth_rx_burst_mode_get(port.id, 0, &rx);
	if (err != -ENOTSUP) {
		expect(err == 0 && rx.info[0] != '\0', "receive: %d", err);
		err = rte_eth_tx_burst_mode_get(port.id, 0, &tx);
		expect(err == 0 && tx.info[0] != '\0', "transmit: %d", err);
		expect(rte_eth_rx_burst_mode_get(port.id, 9, &rx) < 0, "queue 9 has a mode");
	}
	return feature_close(&port) == 0 && err == -ENOTSUP ? FEATURE_SKIP : 0;
}

/* Descriptors and what they are used for. */
static int run_descriptors(void)
{
	struct port_options options = { .queues = 1, .descriptors = 256 };
	struct stream stream = { .seed = 3, .flows = FRAMES };
	struct port port;
	int err = feature_open(&port, &options, &stream), status;
	uint64_t end;

	if (err != 0)
		return err;
	status = rte_eth_rx_descriptor_status(port.id, 0, 0);
	if (status == -ENOTSUP) {
		err = feature_close(&port);
		return err < 0 ? err : FEATURE_SKIP;
	}
	feature_count(&port, &stream, 1); /* what came by itself */
	expect(rte_eth_rx_descriptor_status(port.id, 0, 0) == RTE_ETH_RX_DESC_AVAIL,
	       "a fresh descriptor is not free");
	status = rte_eth_tx_descriptor_status(port.id, 0, 0);
	expect(status == RTE_ETH_TX_DESC_DONE || status == RTE_ETH_TX_DESC_FULL,
	       "transmit descriptor: %d", status);
	expect(rte_eth_rx_descriptor_status(port.id, 0, 40000) < 0, "there is number 40000");
	expect(rte_eth_tx_descriptor_status(port.id, 0, 40000) < 0, "there is number 40000");
	feature_send(&port, &stream, 0, 0, 16, 0);
	end = rte_rdtsc() + 2 * rte_get_tsc_hz();
	do
		status = rte_eth_rx_descriptor_status(port.id, 0, 15);
	while (status != RTE_ETH_RX_DESC_DONE && rte_rdtsc() < end);
	expect(status == RTE_ETH_RX_DESC_DONE, "16 frames came and number 15 is not done: %d",
	       status);
	if (rte_eth_rx_queue_count(port.id, 0) != -ENOTSUP)
		expect(rte_eth_rx_queue_count(port.id, 0) >= 16, "%d descriptors in use",
		       rte_eth_rx_queue_count(port.id, 0));
	expect(feature_count(&port, &stream, 16) == 16, "not all came");
	return feature_close(&port);
}

static uint64_t stream_bytes(const struct stream *stream, unsigned int count, uint32_t sequence)
{
	uint64_t bytes = 0;

	for (unsigned int flow = 0; flow < count; flow++)
		bytes += stream_length(stream, flow, sequence);
	return bytes;
}

static int run_stats(void)
{
	struct port_options options = { .queues = 1 };
	struct stream stream = { .seed = 4, .flows = FRAMES };
	struct rte_eth_stats stats;
	uint64_t bytes;
	struct port port;
	int err = feature_open(&port, &options, &stream);

	if (err != 0)
		return err;
	bytes = stream_bytes(&stream, FRAMES, 0);
	feature_count(&port, &stream, 1);
	expect(rte_eth_stats_reset(port.id) == 0, "no reset");
	expect(feature_send(&port, &stream, 0, 0, FRAMES, 0) == FRAMES, "not all were sent");
	expect(feature_count(&port, &stream, FRAMES) == FRAMES, "not all came");
	expect(rte_eth_stats_get(port.id, &stats) == 0, "no statistics");
	expect(stats.opackets == FRAMES, "opackets %" PRIu64, stats.opackets);
	expect(stats.obytes == bytes, "obytes %" PRIu64 ", not %" PRIu64, stats.obytes, bytes);
	/* The kernel's own frames may have come, too. */
	expect(stats.ipackets >= FRAMES && stats.ipackets < FRAMES + 32, "ipackets %" PRIu64,
	       stats.ipackets);
	expect(stats.ibytes >= bytes && (stats.ipackets > FRAMES || stats.ibytes == bytes),
	       "ibytes %" PRIu64 ", not %" PRIu64, stats.ibytes, bytes);
	expect(stats.imissed + stats.ierrors + stats.oerrors + stats.rx_nombuf == 0, "errors");
	expect(rte_eth_stats_reset(port.id) == 0, "no reset");
	expect(rte_eth_stats_get(port.id, &stats) == 0 && stats.opackets == 0 &&
	       stats.obytes == 0, "a reset leaves opackets %" PRIu64, stats.opackets);
	return feature_close(&port);
}

static int run_queue_stats(void)
{
	struct port_options options = { .queues = 4 };
	struct stream stream = { .seed = 5, .flows = FRAMES };
	struct rte_eth_stats stats;
	uint64_t in = 0;
	struct port port;
	int err = feature_open(&port, &options, &stream);

	if (err != 0)
		return err;
	rte_eth_stats_reset(port.id);
	for (uint16_t q = 0; q < 4; q++)
		expect(feature_send(&port, &stream, q, q * 8u, 8, 0) == 8, "queue %u", q);
	feature_count(&port, &stream, 32);
	expect(rte_eth_stats_get(port.id, &stats) == 0, "no statistics");
	for (unsigned int q = 0; q < 4; q++) {
		expect(stats.q_opackets[q] == 8, "queue %u: sent %" PRIu64, q,
		       stats.q_opackets[q]);
		expect(stats.q_obytes[q] >= 8 * 60, "queue %u: bytes %" PRIu64, q,
		       stats.q_obytes[q]);
		in += stats.q_ipackets[q];
	}
	expect(in == stats.ipackets && in >= 32, "received %" PRIu64 " of %" PRIu64, in,
	       stats.ipackets);
	return feature_close(&port);
}

static uint64_t xstat(const struct port *port, const char *name)
{
	uint64_t id, value = UINT64_MAX;

	if (rte_eth_xstats_get_id_by_name(port->id, name, &id) == 0)
		rte_eth_xstats_get_by_id(port->id, &id, &value, 1);
	return value;
}

static int run_extended_stats(void)
{
	struct port_options options = { .queues = 1 };
	struct stream stream = { .seed = 6, .flows = FRAMES };
	struct rte_eth_xstat_name names[512];
	struct port port;
	int err = feature_open(&port, &options, &stream), count;

	if (err != 0)
		return err;
	count = rte_eth_xstats_get_names(port.id, names, RTE_DIM(names));
	expect(count > 0 && count <= (int)RTE_DIM(names), "%d names", count);
	for (int i = 0; i < count && i < (int)RTE_DIM(names); i++)
		for (int j = 0; j < i; j++)
			expect(strcmp(names[i].name, names[j].name) != 0, "%s twice",
			       names[i].name);
	rte_eth_xstats_reset(port.id);
	feature_send(&port, &stream, 0, 0, FRAMES, 0);
	feature_count(&port, &stream, FRAMES);
	expect(xstat(&port, "tx_good_packets") == FRAMES, "tx_good_packets %" PRIu64,
	       xstat(&port, "tx_good_packets"));
	expect(xstat(&port, "rx_good_packets") >= FRAMES, "rx_good_packets %" PRIu64,
	       xstat(&port, "rx_good_packets"));
	if (strcmp(port.info.driver_name, "net_accelnet") == 0)
		expect(xstat(&port, "tx_vf_packets") + xstat(&port, "tx_synthetic_packets") ==
		       FRAMES, "VF and synthetic are not all");
	rte_eth_xstats_reset(port.id);
	expect(xstat(&port, "tx_good_packets") == 0, "a reset leaves tx_good_packets");
	return feature_close(&port);
}

/* Sent buffers are given back on demand. */
static int run_done_cleanup(void)
{
	struct port_options options = { .queues = 1, .descriptors = 256 };
	struct stream stream = { .seed = 7, .flows = FRAMES };
	unsigned int before, after = 0;
	uint64_t end;
	struct port port;
	int err = feature_open(&port, &options, &stream), freed = 0, n;

	if (err != 0)
		return err;
	n = rte_eth_tx_done_cleanup(port.id, 0, 0);
	if (n == -ENOTSUP) {
		err = feature_close(&port);
		return err < 0 ? err : FEATURE_SKIP;
	}
	expect(n >= 0, "cleanup of an idle queue: %d", n);
	before = rte_mempool_in_use_count(port.pool);
	feature_send(&port, &stream, 0, 0, FRAMES, 0);
	feature_count(&port, &stream, FRAMES);
	end = rte_rdtsc() + rte_get_tsc_hz();
	do {
		n = rte_eth_tx_done_cleanup(port.id, 0, 0);
		freed += n > 0 ? n : 0;
		after = rte_mempool_in_use_count(port.pool);
	} while (n >= 0 && after > before && rte_rdtsc() < end);
	expect(n >= 0, "cleanup: %d", n);
	expect(after <= before, "%u buffers are still away", after - before);
	return feature_close(&port);
}

static int run_ptypes(void)
{
	static const uint32_t wanted[STREAM_KINDS] = {
		[STREAM_UDP4] = RTE_PTYPE_L4_UDP, [STREAM_TCP4] = RTE_PTYPE_L4_TCP,
		[STREAM_UDP6] = RTE_PTYPE_L4_UDP, [STREAM_TCP6] = RTE_PTYPE_L4_TCP,
	};
	struct port_options options = { .queues = 1 };
	struct stream stream = { .seed = 8, .flows = FRAMES };
	struct rte_mbuf *frames[FRAMES];
	uint32_t types[64];
	struct port port;
	int err = feature_open(&port, &options, &stream), count;
	uint16_t n;

	if (err != 0)
		return err;
	count = rte_eth_dev_get_supported_ptypes(port.id, RTE_PTYPE_ALL_MASK, types,
						 RTE_DIM(types));
	if (count <= 0) {
		err = feature_close(&port);
		return err < 0 ? err : FEATURE_SKIP;
	}
	feature_send(&port, &stream, 0, 0, FRAMES, 0);
	n = feature_receive(&port, &stream, frames, FRAMES, NULL);
	expect(n == FRAMES, "%u frames came", n);
	for (uint16_t i = 0; i < n; i++) {
		enum stream_kind kind = stream_kind(&stream, feature_flow(&stream, frames[i]));
		uint32_t type = frames[i]->packet_type;

		expect((type & RTE_PTYPE_L4_MASK) == wanted[kind], "kind %u has type %#x", kind,
		       type);
		expect(stream_layout(kind)->ipv6 ? RTE_ETH_IS_IPV6_HDR(type) :
						   RTE_ETH_IS_IPV4_HDR(type),
		       "kind %u has type %#x", kind, type);
		expect((type & RTE_PTYPE_L2_MASK) == RTE_PTYPE_L2_ETHER, "type %#x", type);
	}
	rte_pktmbuf_free_bulk(frames, n);
	return feature_close(&port);
}

const struct feature features_info[] = {
	{ "link", "Link status", run_link },
	{ "speed", "Speed capabilities", run_link },
	{ "firmware", "FW version", run_firmware },
	{ "burst-mode", "Burst mode info", run_burst_mode },
	{ "descriptors-rx", "Rx descriptor status", run_descriptors },
	{ "descriptors-tx", "Tx descriptor status", run_descriptors },
	{ "stats", "Basic stats", run_stats },
	{ "stats-queue", "Stats per queue", run_queue_stats },
	{ "stats-extended", "Extended stats", run_extended_stats },
	{ "done-cleanup", "Free Tx mbuf on demand", run_done_cleanup },
	{ "ptypes", "Packet type parsing", run_ptypes },
	{ NULL, NULL, NULL },
};
