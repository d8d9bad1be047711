// SPDX-License-Identifier: BSD-3-Clause
/*
 * The traffic test: an application of DPDK that sends a seeded stream through a port of any driver,
 * judges every frame that the peer sends back, lets the simulated host take the VF away and give it
 * back meanwhile, and closes the account at the end: each frame was delivered, or somebody counted
 * its loss. A window bounds the frames under way, so nothing overflows by itself.
 *
 * Queues are served by the lcores in turn; a flow is sent by one queue. No timing is asserted.
 */
#include "account.h"
#include "check.h"
#include "events.h"
#include "frame.h"
#include "options.h"
#include "port.h"

#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <malloc.h>
#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_lcore.h>
#include <rte_malloc.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXIT_SKIP  77
#define EXIT_USAGE 2
#define STALL_MS   1000 /* nothing came for so long: what is under way is lost */
#define HANG_MS    10000 /* the same where nothing may be lost: it has failed */
#define DRAIN_MS   3000 /* the same at the end */
#define LINK_WAIT  10   /* seconds */

/* A transmit queue: its flows, and what the port would not take yet. */
struct queue {
	uint16_t id;
	unsigned int flow;         /* whose turn it is */
	struct rte_mbuf *pending[OPTIONS_BURST_MAX];
	struct {
		unsigned int flow, frames;
	} of[OPTIONS_BURST_MAX];   /* what is in pending */
	uint16_t from, to;         /* pending: [from, to) */
	uint64_t no_buffer;
} __rte_cache_aligned;

static struct {
	struct options options;
	struct port port, back;
	struct check check;
	struct queue *queue;
	uint32_t *next;            /* sequence number, by flow */
	uint64_t sent, received;   /* frames; atomic */
	uint64_t written_off;      /* atomic */
	uint64_t flags_wrong;      /* atomic */
	uint64_t arrived;          /* TSC of the last good frame, atomic */
	uint64_t pause;            /* longest time without one, in TSC cycles; atomic */
	uint64_t unprepared;       /* refused by rte_eth_tx_prepare; atomic */
	uint64_t link_events;      /* atomic */
	uint64_t removal_events;   /* atomic */
	bool over;                 /* atomic: no more is sent */
	bool end;                  /* atomic: nor received */
} run;

static uint64_t get(const uint64_t *value)
{
	return __atomic_load_n(value, __ATOMIC_RELAXED);
}

static void add(uint64_t *value, uint64_t n)
{
	if (n != 0)
		__atomic_fetch_add(value, n, __ATOMIC_RELAXED);
}

/* What was written off shows as gaps as soon as something comes after it: it is lost once. */
static uint64_t taken_for_lost(void)
{
	uint64_t gaps = get(&run.check.gaps), written_off = get(&run.written_off);

	return RTE_MAX(gaps, written_off);
}

static int64_t under_way(void)
{
	return (int64_t)(get(&run.sent) - get(&run.received) - taken_for_lost());
}

/* ---------------------------------------------------------------------------- sending ---- */

/* Flow f belongs to queue f % queues; the next one of the queue. */
static unsigned int next_flow(struct queue *queue)
{
	unsigned int flow = queue->flow;

	queue->flow += run.port.queues;
	if (queue->flow >= run.options.stream.flows)
		queue->flow = queue->id;
	return flow;
}

/* Makes what one burst sends: at most so many frames, but one packet at least. */
static void queue_fill(struct queue *queue, int64_t budget)
{
	const struct stream *stream = &run.options.stream;

	queue->from = queue->to = 0;
	while (queue->to < run.options.burst && budget > 0) {
		unsigned int flow = next_flow(queue);
		unsigned int frames = stream_is_batched(stream, flow) ? stream->batch : 1;
		struct rte_mbuf *m = frame_make(stream, &run.options.frame, flow, run.next[flow],
						run.port.pool);

		if (m == NULL) {
			queue->flow = flow;
			queue->no_buffer++;
			break;
		}
		run.next[flow] += frames;
		budget -= frames;
		queue->pending[queue->to] = m;
		queue->of[queue->to].flow = flow;
		queue->of[queue->to].frames = frames;
		queue->to++;
	}
}

static void queue_send(struct queue *queue)
{
	uint16_t from = queue->from, ready, n, i;
	uint64_t frames = 0;

	ready = rte_eth_tx_prepare(run.port.id, queue->id, queue->pending + from,
				   (uint16_t)(queue->to - from));
	if (ready == 0) {
		add(&run.unprepared, 1);
		return;
	}
	/* Before it is sent: it may be back before the burst returns. */
	for (i = from; i < from + ready; i++)
		check_sending(&run.check, queue->of[i].flow, queue->of[i].frames);
	n = rte_eth_tx_burst(run.port.id, queue->id, queue->pending + from, ready);
	for (i = from; i < from + ready; i++) {
		if (i < from + n)
			frames += queue->of[i].frames;
		else
			check_not_sent(&run.check, queue->of[i].flow, queue->of[i].frames);
	}
	add(&run.sent, frames);
	queue->from = (uint16_t)(from + n);
}

static void queue_drop(struct queue *queue)
{
	while (queue->from < queue->to)
		rte_pktmbuf_free(queue->pending[queue->from++]);
}

/* -------------------------------------------------------------------------- receiving ---- */

/* Between lcores the longest pause may be missed by one that is as long. */
static void note_arrival(void)
{
	uint64_t now = rte_rdtsc(), pause = now - get(&run.arrived);

	if ((int64_t)pause > (int64_t)get(&run.pause))
		__atomic_store_n(&run.pause, pause, __ATOMIC_RELAXED);
	__atomic_store_n(&run.arrived, now, __ATOMIC_RELAXED);
}

static uint16_t receive(uint16_t id)
{
	struct rte_mbuf *frames[OPTIONS_BURST_MAX];
	uint64_t good = 0, wrong = 0;
	uint16_t n = rte_eth_rx_burst(run.back.id, id, frames, run.options.burst);

	for (uint16_t i = 0; i < n; i++) {
		enum check_verdict verdict = frame_judge(&run.check, &run.options.frame, frames[i],
							 id, &wrong);

		good += verdict == CHECK_GOOD || verdict == CHECK_DISORDER;
	}
	rte_pktmbuf_free_bulk(frames, n);
	add(&run.received, good);
	add(&run.flags_wrong, wrong);
	if (good > 0)
		note_arrival();
	return n;
}

/* ----------------------------------------------------------------------------- lcores ---- */

static bool is_set(const bool *flag)
{
	return __atomic_load_n(flag, __ATOMIC_ACQUIRE);
}

/* The other lcore's clock may be a little ahead of this one's. */
static bool quiet_for(uint64_t ms)
{
	int64_t quiet = (int64_t)(rte_rdtsc() - get(&run.arrived));

	return quiet > (int64_t)(rte_get_tsc_hz() / 1000 * ms);
}

/* So many more frames than now are taken for lost; or, if negative, fewer. */
static void write_off(int64_t frames)
{
	__atomic_store_n(&run.written_off, taken_for_lost() + (uint64_t)frames, __ATOMIC_RELAXED);
}

/* The main lcore: is it time to stop, and is what is under way lost? */
static void supervise(void)
{
	int64_t left = under_way();

	if (left < 0) {
		/* What was written off came after all. */
		write_off(left);
		left = 0;
	}
	if (!is_set(&run.over)) {
		if (get(&run.sent) >= run.options.packets && events_over(&run.options.events))
			__atomic_store_n(&run.over, true, __ATOMIC_RELEASE);
		else if (run.options.lossy && left >= (int64_t)run.options.window &&
			 quiet_for(STALL_MS))
			write_off(left);
		else if (!run.options.lossy && quiet_for(HANG_MS))
			__atomic_store_n(&run.over, true, __ATOMIC_RELEASE);
	} else if (get(&run.sent) == get(&run.received) + get(&run.check.gaps) ||
		   quiet_for(DRAIN_MS)) {
		/* What was written off may only be late. */
		__atomic_store_n(&run.end, true, __ATOMIC_RELEASE);
	}
}

static int serve(void *arg)
{
	unsigned int lcores = rte_lcore_count(), me = (unsigned int)rte_lcore_index(-1);
	bool main_lcore = rte_lcore_id() == rte_get_main_lcore();

	(void)arg;
	while (!is_set(&run.end)) {
		bool idle = true;
		int64_t room;

		for (unsigned int q = me; q < run.port.queues; q += lcores) {
			struct queue *queue = &run.queue[q];

			if (receive((uint16_t)q) > 0)
				idle = false;
			room = (int64_t)run.options.window - under_way();
			if (is_set(&run.over) || room <= 0)
				continue;
			idle = false;
			if (queue->from == queue->to)
				queue_fill(queue, room);
			if (queue->from < queue->to)
				queue_send(queue);
		}
		if (main_lcore)
			supervise();
		/* The simulated device may have no core of its own. */
		if (idle)
			sched_yield();
	}
	return 0;
}

/* ------------------------------------------------------------------------------- main ---- */

static int on_event(uint16_t port, enum rte_eth_event_type type, void *arg, void *result)
{
	(void)port;
	(void)arg;
	(void)result;
	if (type == RTE_ETH_EVENT_INTR_LSC)
		add(&run.link_events, 1);
	else if (type == RTE_ETH_EVENT_INTR_RMV)
		add(&run.removal_events, 1);
	return 0;
}

static int open_ports(void)
{
	struct options *o = &run.options;
	int err;

	rte_eth_dev_callback_register(RTE_ETH_ALL, RTE_ETH_EVENT_INTR_LSC, on_event, NULL);
	rte_eth_dev_callback_register(RTE_ETH_ALL, RTE_ETH_EVENT_INTR_RMV, on_event, NULL);
	if (rte_eth_dev_is_valid_port(o->port.id)) {
		struct rte_eth_dev_info info;

		o->port.lsc = rte_eth_dev_info_get(o->port.id, &info) == 0 &&
			(*info.dev_flags & RTE_ETH_DEV_INTR_LSC) != 0;
	}
	err = port_open(&run.port, &o->port);
	if (err < 0)
		return err;
	run.back = run.port;
	if (o->back >= 0 && o->back != o->port.id) {
		struct port_options back = o->port;

		back.id = (uint16_t)o->back;
		err = port_open(&run.back, &back);
		if (err < 0) {
			port_close(&run.port);
			return err;
		}
	}
	if (o->promiscuous && (rte_eth_promiscuous_enable(run.port.id) != 0 ||
			       rte_eth_allmulticast_enable(run.port.id) != 0))
		return -ENOTSUP;
	memcpy(o->stream.mac, run.port.mac.addr_bytes, STREAM_MAC_LEN);
	if (run.back.id != run.port.id)
		memcpy(o->stream.peer_mac, run.back.mac.addr_bytes, STREAM_MAC_LEN);
	o->frame.checksum = (run.port.tx & RTE_ETH_TX_OFFLOAD_UDP_CKSUM) != 0 &&
		(run.port.tx & RTE_ETH_TX_OFFLOAD_TCP_CKSUM) != 0 &&
		(run.port.tx & RTE_ETH_TX_OFFLOAD_IPV4_CKSUM) != 0;
	o->frame.vlan_insert = (run.port.tx & RTE_ETH_TX_OFFLOAD_VLAN_INSERT) != 0;
	o->frame.vlan_strip = (run.back.rx & RTE_ETH_RX_OFFLOAD_VLAN_STRIP) != 0;
	o->frame.returns = (run.back.rx & RTE_ETH_RX_OFFLOAD_CHECKSUM) != 0;
	return 0;
}

static int make_queues(void)
{
	if (run.options.stream.flows < run.port.queues) {
		fprintf(stderr, "traffic: fewer flows than queues\n");
		return -EINVAL;
	}
	run.queue = aligned_alloc(RTE_CACHE_LINE_SIZE, sizeof(*run.queue) * run.port.queues);
	run.next = calloc(run.options.stream.flows, sizeof(*run.next));
	if (run.queue == NULL || run.next == NULL)
		return -ENOMEM;
	memset(run.queue, 0, sizeof(*run.queue) * run.port.queues);
	for (uint16_t q = 0; q < run.port.queues; q++) {
		run.queue[q].id = q;
		run.queue[q].flow = q;
	}
	return check_create(&run.check, &run.options.stream);
}

/* Says what was found. True: as it should be. */
static bool judge(const struct account *account)
{
	const struct options *o = &run.options;
	struct account_losses losses;
	struct check_sum sum;
	uint64_t counted;
	bool good;

	check_sum(&run.check, &sum);
	if (account_close(account, &losses, stdout) < 0) {
		printf("traffic: the port's statistics are not to be had\n");
		return false;
	}
	counted = account_sum(&losses);
	printf("sent %" PRIu64 ", received %" PRIu64 ", lost %" PRIu64 ", counted as lost %" PRIu64
	       "\n", sum.sent, sum.received, sum.lost, counted);
	for (unsigned int v = CHECK_FOREIGN; v < CHECK_VERDICTS; v++)
		if (run.check.count[v] != 0)
			printf("%s: %" PRIu64 "\n", check_verdict_name(v), run.check.count[v]);
	printf("longest pause: %" PRIu64 " ms\n", run.pause / (rte_get_tsc_hz() / 1000));
	if (run.flags_wrong != 0)
		printf("wrong words of the mbuf: %" PRIu64 "\n", run.flags_wrong);
	if (run.unprepared != 0)
		printf("refused by rte_eth_tx_prepare: %" PRIu64 "\n", run.unprepared);
	printf("events %u of %u, link events %" PRIu64 ", removal events %" PRIu64
	       ", flows on several queues %u\n", o->events.done, o->events.count,
	       run.link_events, run.removal_events, sum.moved);
	good = sum.errors == 0 && run.flags_wrong == 0 && run.unprepared == 0 &&
		!o->events.failed && o->events.done == o->events.count &&
		sum.sent >= o->packets;
	if (sum.lost > (o->lossy ? counted : 0)) {
		printf("NOT GOOD: %" PRIu64 " frames are lost%s\n", sum.lost,
		       o->lossy ? " and not all of them counted" : "");
		good = false;
	}
	printf("traffic: %s\n", good ? "all as it should be" : "NOT as it should be");
	return good;
}

/* What a driver that loses a VF again and again must not have more of each time. */
static void print_held(void)
{
	struct rte_malloc_socket_stats eal = { 0 };
	DIR *folder = opendir("/proc/self/fd");
	struct mallinfo2 heap = mallinfo2();
	unsigned int descriptors = 0;
	struct check_sum sum;

	check_sum(&run.check, &sum);
	while (folder != NULL && readdir(folder) != NULL)
		descriptors++;
	if (folder != NULL)
		closedir(folder);
	rte_malloc_get_socket_stats(0, &eal);
	printf("held: %u descriptors, %u objects of EAL's heap, %zu bytes of libc's\n",
	       descriptors, eal.alloc_count, heap.uordblks + heap.hblkhd - sum.notes);
}

static int traffic(void)
{
	struct account account;
	int err = make_queues();

	if (err < 0)
		return err;
	run.check.complaints = stdout;
	if (!port_wait_link(&run.port, LINK_WAIT))
		printf("port %u: its link is not up\n", run.port.id);
	account_open(&account, run.port.id, run.back.id);
	run.arrived = rte_rdtsc();
	err = events_start(&run.options.events, &run.sent);
	if (err < 0)
		return err;
	rte_eal_mp_remote_launch(serve, NULL, CALL_MAIN);
	rte_eal_mp_wait_lcore();
	events_stop(&run.options.events);
	for (uint16_t q = 0; q < run.port.queues; q++)
		queue_drop(&run.queue[q]);
	print_held();
	return judge(&account) ? 0 : -EBADMSG;
}

/* All buffers must be back in their pool once the ports are closed. */
static bool nothing_leaked(struct rte_mempool *pool)
{
	unsigned int out = rte_mempool_in_use_count(pool);

	if (out != 0)
		printf("traffic: NOT GOOD: %u buffers did not come back\n", out);
	return out == 0;
}

static int close_port(struct port *port)
{
	struct rte_mempool *pool = port->pool;
	bool leaked;
	int err;

	port->pool = NULL;
	err = port_close(port);
	leaked = !nothing_leaked(pool);
	rte_mempool_free(pool);
	return err < 0 || leaked ? -EBADMSG : 0;
}

/* Enough: what is under way is awaited, and judged. */
static void on_end(int signal)
{
	(void)signal;
	__atomic_store_n(&run.over, true, __ATOMIC_RELEASE);
}

static void on_alarm(int signal)
{
	static const char text[] = "traffic: NOT GOOD: the time limit is reached\n";
	ssize_t n = write(STDOUT_FILENO, text, sizeof(text) - 1);

	(void)n;
	_exit(128 + signal);
}

int main(int argc, char **argv)
{
	int used = rte_eal_init(argc, argv), err, closed;

	if (used < 0) {
		fprintf(stderr, "traffic: EAL: %s\n", rte_strerror(rte_errno));
		return EXIT_FAILURE;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	err = options_parse(argc - used, argv + used, &run.options);
	if (err != 0)
		return err > 0 ? EXIT_SUCCESS : EXIT_USAGE;
	signal(SIGALRM, on_alarm);
	signal(SIGTERM, on_end);
	alarm(run.options.limit);
	err = open_ports();
	if (err < 0)
		return err == -ENOTSUP ? EXIT_SKIP : EXIT_FAILURE;
	err = traffic();
	closed = close_port(&run.port);
	if (run.back.id != run.port.id && close_port(&run.back) < 0)
		closed = -EBADMSG;
	check_destroy(&run.check);
	free(run.queue);
	free(run.next);
	rte_eal_cleanup();
	return err < 0 || closed < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
