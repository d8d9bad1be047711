/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A port: a synthetic NIC with the VF that the host gives and takes away. The counterpart of
 * kmod/nic.h. Lives in the ethdev's private data.
 */
#ifndef AN_PORT_H
#define AN_PORT_H

#include "devargs.h"
#include "rss.h"
#include "rxq.h"
#include "synthetic.h"
#include "txq.h"
#include "vf.h"

#include "../kmod/vf_state.h"
#include "../tools/pair/pair.h"

#include <ethdev_driver.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#define AN_QUEUES_MAX 64u
#define AN_MAC_MAX 16u
#define AN_STATS_MAX 32u
#define AN_MTU_MAX 9000u       /* bytes, as Hyper-V's switch takes them */
#define AN_DESCRIPTORS_MIN 64u
#define AN_DESCRIPTORS_MAX 8192u
#define AN_MULTICAST_MAX 64u

/* Log type, registered by ethdev.c. */
extern int an_log_type;
#define AN_LOG_EARLY(level, format, ...) \
	rte_log(RTE_LOG_##level, an_log_type, "net_accelnet: " format "\n", ##__VA_ARGS__)
#define AN_LOG(level, port, format, ...) \
	rte_log(RTE_LOG_##level, an_log_type, "net_accelnet: %s: " format "\n", \
		(port)->args.iface, ##__VA_ARGS__)

struct an_port_counters {
	uint64_t to_vf, to_synthetic;   /* moves of the data path */
	uint64_t losses_announced, losses_silent, losses_error;
	uint64_t rebuild_failures;
	uint64_t last_move_us;          /* from learning of a loss to the last queue moved */
};

struct an_control; /* control.c: its thread and what it waits for */
struct an_steer;   /* steer.c: QPs, indirection table, flows */

struct an_port {
	struct rte_eth_dev_data *data;
	struct an_devargs args;
	struct an_pair pair;            /* as last looked up */
	const struct an_synthetic_ops *slow_ops;
	struct an_synthetic *slow;
	struct an_control *control;

	pthread_mutex_t lock;           /* control: all below, and queues' control parts */
	enum an_vf_state state;
	uint32_t speed;                 /* of the link, Mbit/s; 0: unknown */
	bool running;                   /* between dev_start and dev_stop */
	bool vf_open;                   /* `vf` is valid */
	bool vf_used;                   /* the queues are on it */
	struct an_vf vf;
	struct an_steer *steer;
	struct an_rss rss;
	struct rte_ether_addr multicast[AN_MULTICAST_MAX];
	unsigned int multicast_count;
	struct an_port_counters counters;
	uint64_t stats_base[AN_STATS_MAX]; /* at the last reset (stats.c) */
};

#endif
