// SPDX-License-Identifier: BSD-3-Clause
/*
 * Runs one test of a feature on port 0: features [EAL options] -- NAME. --list names them with
 * their rows of the features file. Status 0: as it should be, 1: not so, 77: the driver has not
 * got it.
 */
#include "feature.h"

#include <errno.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define QUIET_MS   500
#define LINK_WAIT  10
#define LIMIT      40 /* seconds of one test */
#define BURST      32u
#define TOLD_MAX   12u

static unsigned int unexpected;

bool expect(bool condition, const char *format, ...)
{
	va_list args;

	if (condition)
		return true;
	if (unexpected++ >= TOLD_MAX)
		return false;
	fputs("NOT as expected: ", stdout);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	fputc('\n', stdout);
	return false;
}

int feature_open(struct port *port, struct port_options *options, struct stream *stream)
{
	static const uint8_t peer[STREAM_MAC_LEN] = { 0x02, 0x77, 0, 0, 0, 1 };
	int err = port_open(port, options);

	if (err < 0)
		return err == -ENOTSUP ? FEATURE_SKIP : err;
	expect(port_wait_link(port, LINK_WAIT), "the link does not come up");
	if (stream == NULL)
		return 0;
	memcpy(stream->mac, port->mac.addr_bytes, STREAM_MAC_LEN);
	memcpy(stream->peer_mac, peer, STREAM_MAC_LEN);
	return stream_init(stream);
}

int feature_close(struct port *port)
{
	struct rte_mempool *pool = port->pool;
	unsigned int out;
	int err;

	port->pool = NULL;
	err = port_close(port);
	out = rte_mempool_in_use_count(pool);
	expect(out == 0, "%u buffers did not come back", out);
	rte_mempool_free(pool);
	return err;
}

uint16_t feature_send_packets(const struct port *port, uint16_t queue, struct rte_mbuf **packets,
			      uint16_t count)
{
	uint64_t end = rte_rdtsc() + rte_get_tsc_hz() / 1000 * QUIET_MS;
	uint16_t sent = 0;

	while (sent < count && rte_rdtsc() < end)
		sent += rte_eth_tx_burst(port->id, queue, packets + sent,
					 (uint16_t)(count - sent));
	rte_pktmbuf_free_bulk(packets + sent, (unsigned int)(count - sent));
	return sent;
}

uint16_t feature_send(const struct port *port, const struct stream *stream, uint16_t queue,
		      unsigned int first, uint16_t count, uint32_t sequence)
{
	static const struct frame_options plain = { .segments = 1 };
	struct rte_mbuf *packets[BURST];
	uint16_t sent = 0, took, n;

	while (sent < count) {
		for (n = 0; n < BURST && sent + n < count; n++) {
			packets[n] = frame_make(stream, &plain, first + sent + n, sequence,
						port->pool);
			if (!expect(packets[n] != NULL, "the pool is empty")) {
				rte_pktmbuf_free_bulk(packets, n);
				return sent;
			}
		}
		took = feature_send_packets(port, queue, packets, n);
		sent += took;
		if (took < n)
			break;
	}
	return sent;
}

/* Which flow of the stream, or -1. */
static int flow_of(const struct stream *stream, const struct rte_mbuf *m)
{
	uint8_t bytes[128];
	const uint8_t *frame;
	uint32_t length = m->pkt_len < sizeof(bytes) ? m->pkt_len : (uint32_t)sizeof(bytes);
	uint32_t sequence;
	unsigned int flow;
	bool returned;

	frame = rte_pktmbuf_read(m, 0, length, bytes);
	if (frame == NULL ||
	    stream_identify(stream, frame, length, &flow, &sequence, &returned) < 0)
		return -1;
	return (int)flow;
}

unsigned int feature_flow(const struct stream *stream, const struct rte_mbuf *frame)
{
	return (unsigned int)flow_of(stream, frame);
}

/* Keeps a frame of the stream while there is room; frees any other. True: kept. */
static bool keep_frame(const struct port *port, const struct stream *stream, struct rte_mbuf *m,
		       bool room)
{
	if (!room || flow_of(stream, m) < 0) {
		rte_pktmbuf_free(m);
		return false;
	}
	expect(m->port == port->id, "a frame of port %u", m->port);
	return true;
}

uint16_t feature_receive(const struct port *port, const struct stream *stream,
			 struct rte_mbuf **frames, uint16_t most, uint16_t *queues)
{
	uint64_t quiet = rte_get_tsc_hz() / 1000 * QUIET_MS, last = rte_rdtsc();
	struct rte_mbuf *burst[BURST];
	uint16_t count = 0, n;

	while (count < most && rte_rdtsc() - last < quiet) {
		for (uint16_t q = 0; q < port->queues; q++) {
			/* Vectorised receive functions take no less than four. */
			n = rte_eth_rx_burst(port->id, q, burst, BURST);
			for (uint16_t i = 0; i < n; i++) {
				if (!keep_frame(port, stream, burst[i], count < most))
					continue;
				if (queues != NULL)
					queues[count] = q;
				frames[count++] = burst[i];
				last = rte_rdtsc();
			}
		}
	}
	return count;
}

uint16_t feature_count(const struct port *port, const struct stream *stream, uint16_t most)
{
	struct rte_mbuf *frames[512];
	uint16_t n = feature_receive(port, stream, frames, RTE_MIN(most, RTE_DIM(frames)), NULL);

	rte_pktmbuf_free_bulk(frames, n);
	return n;
}

/* ------------------------------------------------------------------------------- main ---- */

static const struct feature *const tables[] = { features_info, features_receive,
						features_control };

static const struct feature *find(const char *name)
{
	for (size_t t = 0; t < RTE_DIM(tables); t++)
		for (const struct feature *f = tables[t]; f->name != NULL; f++)
			if (strcmp(f->name, name) == 0)
				return f;
	return NULL;
}

static int list(void)
{
	for (size_t t = 0; t < RTE_DIM(tables); t++)
		for (const struct feature *f = tables[t]; f->name != NULL; f++)
			printf("%s\t%s\n", f->name, f->row != NULL ? f->row : "-");
	return EXIT_SUCCESS;
}

static void on_alarm(int signal)
{
	static const char text[] = "NOT as expected: it takes too long\n";
	ssize_t n = write(STDOUT_FILENO, text, sizeof(text) - 1);

	(void)n;
	_exit(128 + signal);
}

int main(int argc, char **argv)
{
	const struct feature *feature;
	int used, err;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 2 && strcmp(argv[1], "--list") == 0)
		return list();
	used = rte_eal_init(argc, argv);
	if (used < 0)
		return EXIT_FAILURE;
	feature = argc - used == 2 ? find(argv[used + 1]) : NULL;
	if (feature == NULL) {
		fputs("usage: features [EAL options] -- NAME; features --list\n", stderr);
		return 2;
	}
	signal(SIGALRM, on_alarm);
	alarm(LIMIT);
	err = feature->run();
	expect(err >= 0, "%s: %s", feature->name, err < 0 ? rte_strerror(-err) : "");
	rte_eal_cleanup();
	if (unexpected > 0)
		return EXIT_FAILURE;
	if (err == FEATURE_SKIP)
		printf("skip: the driver has no %s\n", feature->name);
	return err;
}
