/* SPDX-License-Identifier: GPL-2.0-only */
/* Counters. The first eleven of a NIC's have hv_netvsc's names in ethtool; see ethtool.c. */
#ifndef AN_STATS_H
#define AN_STATS_H

#include <linux/atomic.h>
#include <linux/types.h>
#include <linux/u64_stats_sync.h>

struct an_tx_stats {
	u64_stats_t packets;
	u64_stats_t bytes;
	struct u64_stats_sync syncp;
};

struct an_rx_stats {
	u64_stats_t packets;
	u64_stats_t bytes;
	u64_stats_t multicast;		/* and broadcast */
	struct u64_stats_sync syncp;
};

struct an_vf_stats {
	u64_stats_t rx_packets;
	u64_stats_t rx_bytes;
	u64_stats_t tx_packets;
	u64_stats_t tx_bytes;
	u64_stats_t tx_dropped;
	struct u64_stats_sync syncp;
};

struct an_vf_sum {
	u64 rx_packets;
	u64 rx_bytes;
	u64 tx_packets;
	u64 tx_bytes;
	u64 tx_dropped;
};

/* Rare events, counted from any context. */
struct an_nic_stats {
	atomic_long_t tx_scattered;
	atomic_long_t tx_no_memory;
	atomic_long_t tx_no_space;
	atomic_long_t tx_too_big;
	atomic_long_t tx_busy;
	atomic_long_t tx_send_full;
	atomic_long_t rx_comp_busy;
	atomic_long_t rx_no_memory;
	atomic_long_t stop_queue;
	atomic_long_t wake_queue;
	atomic_long_t vlan_error;
	/* What the host should not have done. */
	atomic_long_t host_bad_packet;		/* VMBus packet of an impossible shape or type */
	atomic_long_t host_bad_range;		/* outside the receive buffer */
	atomic_long_t host_bad_rndis;		/* an RNDIS message that lies about itself */
	atomic_long_t host_bad_nvsp;
	atomic_long_t host_unknown;		/* a message this driver does not know */
	atomic_long_t host_bad_completion;	/* for no open transaction */
	atomic_long_t host_late_answer;		/* to a request that was given up */
	atomic_long_t host_refused;		/* a send completed with an error status */
	atomic_long_t host_silent;		/* waits that ran out */
	atomic_long_t vf_reassociated;		/* another serial while one was known */
	atomic_long_t vf_path_moves;
	atomic_long_t vf_tx_lost;		/* left in the VF's queues when it went */
};

#endif
