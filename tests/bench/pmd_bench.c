// SPDX-License-Identifier: BSD-3-Clause
/*
 * What a packet costs in a driver: plain loops of rte_eth_rx_burst and rte_eth_tx_burst on port 0,
 * the same for every driver, with buffers taken and given back as testpmd does. Counts instructions
 * when run under callgrind (of the part between COLLECT and PAUSE alone: the simulated device is
 * moved in the pauses), else packets a second and the share of bursts that moved nothing.
 *
 * Each case is run twice, for different numbers of bursts, and dumped after each, so that the
 * difference has no start in it. The file's description is MODE SIZE SEGMENTS PACKETS.
 */
#include "../pmd/port.h"
#include "../pmd/stream.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <valgrind/callgrind.h>

#define BURST	 32u
#define SEGMENTS 4u
#define FRAME_MAX 1500u
#define DRAIN_BURSTS 4u
#define POLLS	 64u	 /* rounds of the device in a pause */
#define EXIT_SKIP 77
#define TRIES	 100000u /* bursts that move nothing before the bench gives up */

#define COLLECT CALLGRIND_TOGGLE_COLLECT
#define PAUSE	CALLGRIND_TOGGLE_COLLECT

enum mode { MODE_RX, MODE_TX, MODE_IO, MODES };
static const char *const mode_names[MODES] = { "rx", "tx", "io" };

static const struct {
	unsigned int size, segments;
} shapes[] = { { 64, 1 }, { 256, 1 }, { FRAME_MAX, 1 }, { FRAME_MAX, SEGMENTS } };
#define SHAPES (sizeof(shapes) / sizeof(shapes[0]))

static struct {
	struct port port;
	unsigned int (*poll)(unsigned int rounds); /* moves the simulated device; NULL: by itself */
	void (*rounds)(uint64_t *rounds, uint64_t *idle); /* of its thread; NULL: there is none */
	unsigned int size, segments;    /* bytes of a frame, buffers it is in */
	double seconds;                 /* of a measurement of rates */
} bench;

static void move_device(void)
{
	if (bench.poll != NULL)
		bench.poll(POLLS);
}

/* ---------------------------------------------------------------------------- bursts ---- */

static int make_frames(struct rte_mbuf **frames)
{
	unsigned int part = bench.size / bench.segments;
	struct rte_mbuf *m[BURST * SEGMENTS];

	if (bench.segments == 1) {
		if (rte_pktmbuf_alloc_bulk(bench.port.pool, frames, BURST) != 0)
			return -ENOMEM;
		for (unsigned int i = 0; i < BURST; i++) {
			frames[i]->data_len = (uint16_t)bench.size;
			frames[i]->pkt_len = bench.size;
		}
		return 0;
	}
	if (rte_pktmbuf_alloc_bulk(bench.port.pool, m, BURST * SEGMENTS) != 0)
		return -ENOMEM;
	for (unsigned int i = 0; i < BURST; i++) {
		frames[i] = m[i * SEGMENTS];
		frames[i]->pkt_len = part * SEGMENTS;
		frames[i]->nb_segs = SEGMENTS;
		for (unsigned int s = 0; s < SEGMENTS; s++) {
			m[i * SEGMENTS + s]->data_len = (uint16_t)part;
			m[i * SEGMENTS + s]->next =
				s + 1 < SEGMENTS ? m[i * SEGMENTS + s + 1] : NULL;
		}
	}
	return 0;
}

/* Takes away what came, uncounted; net_null always has more. */
static void drain(void)
{
	struct rte_mbuf *frames[BURST];
	unsigned int bursts = 0;
	uint16_t n;

	do {
		n = rte_eth_rx_burst(0, 0, frames, BURST);
		rte_pktmbuf_free_bulk(frames, n);
	} while (n == BURST && ++bursts < DRAIN_BURSTS);
}

/* Sends frames so that some come, uncounted. */
static void provoke(void)
{
	struct rte_mbuf *frames[BURST];
	uint16_t n;

	if (make_frames(frames) != 0)
		return;
	n = rte_eth_tx_burst(0, 0, frames, BURST);
	rte_pktmbuf_free_bulk(frames + n, BURST - n);
}

/* One burst of each mode; how many packets it moved. */
static unsigned int burst_tx(void)
{
	struct rte_mbuf *frames[BURST];
	uint16_t n;

	COLLECT;
	if (make_frames(frames) != 0) {
		PAUSE;
		return 0;
	}
	n = rte_eth_tx_burst(0, 0, frames, BURST);
	PAUSE;
	rte_pktmbuf_free_bulk(frames + n, BURST - n);
	return n;
}

static unsigned int burst_rx(void)
{
	struct rte_mbuf *frames[BURST];
	uint16_t n;

	COLLECT;
	n = rte_eth_rx_burst(0, 0, frames, BURST);
	rte_pktmbuf_free_bulk(frames, n);
	PAUSE;
	return n;
}

static unsigned int burst_io(void)
{
	struct rte_mbuf *frames[BURST];
	uint16_t n, sent;

	COLLECT;
	n = rte_eth_rx_burst(0, 0, frames, BURST);
	sent = n > 0 ? rte_eth_tx_burst(0, 0, frames, n) : 0;
	PAUSE;
	rte_pktmbuf_free_bulk(frames + sent, (unsigned int)(n - sent));
	return sent;
}

static unsigned int (*const burst_of[MODES])(void) = { burst_rx, burst_tx, burst_io };

/* ----------------------------------------------------------------------- instructions ---- */

/* So many packets in that mode; fewer if the driver stops moving them. */
static uint64_t run(enum mode mode, uint64_t packets)
{
	unsigned int quiet = 0, n;
	uint64_t moved = 0;

	while (moved < packets && quiet < TRIES) {
		n = burst_of[mode]();
		moved += n;
		quiet = n > 0 ? 0 : quiet + 1;
		move_device();
		if (mode == MODE_TX)
			drain();
		else if (n == 0)
			provoke();
	}
	return moved;
}

static int count_shape(enum mode mode, uint64_t packets)
{
	char name[64];
	uint64_t moved;

	run(mode, packets); /* caches and pools are as they stay */
	for (unsigned int times = 1; times <= 2; times++) {
		CALLGRIND_ZERO_STATS;
		moved = run(mode, packets * times);
		snprintf(name, sizeof(name), "%s %u %u %" PRIu64, mode_names[mode], bench.size,
			 bench.segments, moved);
		CALLGRIND_DUMP_STATS_AT(name);
		if (moved < packets * times) {
			fprintf(stderr, "pmd_bench: %s: the driver moves nothing\n", name);
			return -EIO;
		}
	}
	return 0;
}

/* ------------------------------------------------------------------------------ rates ---- */

struct device_rounds {
	uint64_t all, idle;
};

static struct device_rounds device_rounds(void)
{
	struct device_rounds now = { 0 };

	if (bench.rounds != NULL)
		bench.rounds(&now.all, &now.idle);
	return now;
}

static double percent(uint64_t part, uint64_t whole)
{
	return whole > 0 ? 100.0 * (double)part / (double)whole : 0.0;
}

static void rate_shape(enum mode mode)
{
	struct device_rounds before = device_rounds(), after;
	uint64_t hz = rte_get_tsc_hz(), start = rte_rdtsc(), moved = 0, bursts = 0, idle = 0;
	uint64_t end = start + (uint64_t)((double)hz * bench.seconds), now;
	unsigned int n;

	do {
		n = burst_of[mode]();
		moved += n;
		bursts++;
		idle += n == 0;
		if (mode == MODE_TX)
			drain();
		else if (n == 0)
			provoke();
		now = rte_rdtsc();
	} while (now < end);
	after = device_rounds();
	printf("%s %u %u %.3f Mpps, idle: %.1f %% of bursts, %.1f %% of the device's rounds\n",
	       mode_names[mode], bench.size, bench.segments,
	       (double)moved / ((double)(now - start) / (double)hz) / 1e6, percent(idle, bursts),
	       percent(after.idle - before.idle, after.all - before.all));
}

/* ------------------------------------------------------------------------------- main ---- */

/* Each buffer holds a frame for the peer, or its first part, whatever length is set later. */
static void fill_buffer(struct rte_mempool *pool, void *arg, void *object, unsigned int index)
{
	static const uint8_t peer[6] = { 0x02, 0x77, 0, 0, 0, 1 };
	struct stream *stream = arg;
	struct rte_mbuf *m = object;
	uint8_t frame[FRAME_MAX];

	(void)pool;
	memcpy(stream->mac, bench.port.mac.addr_bytes, sizeof(stream->mac));
	memcpy(stream->peer_mac, peer, sizeof(peer));
	stream_frame(stream, index % stream->flows, 0, false, frame);
	memcpy((uint8_t *)m->buf_addr + RTE_PKTMBUF_HEADROOM, frame,
	       RTE_MIN(sizeof(frame), (size_t)m->buf_len - RTE_PKTMBUF_HEADROOM));
}

static int set_up(void)
{
	struct stream stream = { .seed = 1, .kinds = 1u << STREAM_UDP4, .least = FRAME_MAX,
				 .most = FRAME_MAX };
	struct port_options options = {
		.descriptors = 1024,
		.room = FRAME_MAX / SEGMENTS,
		.tx_wanted = RTE_ETH_TX_OFFLOAD_MULTI_SEGS,
		.rx_wanted = RTE_ETH_RX_OFFLOAD_SCATTER,
		.tx_wished = RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE,
	};
	int err;

	/* A driver may take a slower burst function for chains: ask for them only where used. */
	if (bench.segments == 1) {
		options.tx_wanted = 0;
		options.rx_wanted = 0;
		options.room = 0;
	}
	err = port_open(&bench.port, &options);
	if (err < 0)
		return err;
	if (stream_init(&stream) < 0)
		return -EINVAL;
	rte_mempool_obj_iter(bench.port.pool, fill_buffer, &stream);
	return 0;
}

static int usage(void)
{
	fprintf(stderr, "usage: pmd_bench [EAL options] -- single|chained SECONDS PACKETS\n"
		"  SECONDS of each rate; 0: count instructions, under callgrind\n");
	return 2;
}

int main(int argc, char **argv)
{
	int used = rte_eal_init(argc, argv), err;
	uint64_t packets;
	bool chained;

	if (used < 0 || argc - used != 4)
		return usage();
	chained = strcmp(argv[used + 1], "chained") == 0;
	bench.seconds = strtod(argv[used + 2], NULL);
	packets = strtoull(argv[used + 3], NULL, 10);
	bench.poll = (unsigned int (*)(unsigned int))dlsym(RTLD_DEFAULT, "an_lab_poll");
	bench.rounds = (void (*)(uint64_t *, uint64_t *))dlsym(RTLD_DEFAULT, "an_lab_rounds");
	bench.segments = chained ? SEGMENTS : 1;
	err = set_up();
	if (err < 0)
		return err == -ENOTSUP ? EXIT_SKIP : EXIT_FAILURE;
	for (unsigned int shape = 0; err == 0 && shape < SHAPES; shape++) {
		if ((shapes[shape].segments > 1) != chained)
			continue;
		bench.size = shapes[shape].size;
		for (unsigned int mode = 0; err == 0 && mode < MODES; mode++) {
			if (bench.seconds > 0)
				rate_shape((enum mode)mode);
			else
				err = count_shape((enum mode)mode, packets);
		}
	}
	port_close(&bench.port);
	rte_eal_cleanup();
	return err < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
