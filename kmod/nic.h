/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The two structures everything hangs on: a synthetic NIC (netdev_priv of its net_device) and one
 * of its queues, which is a VMBus channel. Each field names the file that owns it.
 */
#ifndef AN_NIC_H
#define AN_NIC_H

#include <linux/hyperv.h>
#include <linux/netdevice.h>
#include <linux/u64_stats_sync.h>

#include "event.h"
#include "nvsp_wire.h"
#include "rndis_parse.h"
#include "stats.h"
#include "vf.h"
#include "xact.h"

#define AN_DRIVER_NAME		KBUILD_MODNAME
#define AN_DRIVER_VERSION	"0.1.0"
#define AN_QUEUES_MAX		64
#define AN_MTU_MAX		9000	/* the host cuts its receive sections for the largest */
#define AN_RSS_KEY_LEN		40
#define AN_RSS_TABLE_MAX	256
#define AN_XACTS		1024	/* a queue's sends without completion */
#define AN_XACTS_SPARE		16	/* of them, kept for control messages */
#define AN_TX_HEADER_SIZE	128	/* RNDIS header of one send; divides a page */
static_assert(AN_RNDIS_TX_HEADER_MAX <= AN_TX_HEADER_SIZE);
#define AN_RX_DONE		512	/* receive completions that wait for room; power of 2 */

struct an_nic;
struct an_devlink;

struct an_rx_done {
	u64 id;
	u32 status;
};

struct an_queue {
	struct an_nic *nic;
	struct vmbus_channel *channel;
	u16 index;
	bool open;			/* channel.c */
	struct napi_struct napi;

	spinlock_t xact_lock;		/* irqsave (netpoll); protects xact */
	struct an_xact_table xact;
	struct an_xact *xacts;
	u8 *tx_headers;			/* tx.c: AN_XACTS of them, by transaction */
	u64 *tx_header_pfn;		/* of each page of tx_headers */

	/* rx.c, NAPI only */
	struct vmpacket_descriptor *packet;	/* hv_vmbus's copy */
	struct an_rx_done *done;
	u32 done_head;			/* free-running */
	u32 done_tail;

	struct an_tx_stats tx;
	struct an_rx_stats rx;
};

struct an_buffer {
	void *memory;			/* vmalloc */
	u32 size;
	struct vmbus_gpadl gpadl;
	bool announced;			/* to the host, who accepted it */
};

struct an_nic {
	struct net_device *net;
	struct hv_device *device;
	struct list_head list;		/* main.c; RTNL and an_nics_lock */
	struct workqueue_struct *work;
	bool removing;			/* main.c */
	bool registered;		/* main.c, until an_vf_exit(); RTNL */

	/* nvsp.c; fixed after probe */
	u32 nvsp_version;
	struct an_buffer recv;
	struct an_buffer send;
	u32 send_section_size;
	u32 send_sections;
	unsigned long *send_used;	/* bitmap; tx.c */

	/* rndis.c */
	spinlock_t requests_lock;	/* protects requests */
	struct list_head requests;
	atomic_t request_id;

	/* settings.c */
	struct delayed_work settings_work;
	u32 filter;			/* as the host has it; settings_work only, then remove */
	unsigned long unsynced;		/* enum an_setting; RTNL to change */
	u32 settings_set;		/* how often the user set one; RTNL */
	unsigned int settings_pause;	/* ms to the next try; settings_work only */

	/* offload.c; fixed after probe */
	struct an_offload offload;
	u32 tso_max;

	/* link.c: host's link, from NAPI */
	bool link_up;
	u32 link_mbps;
	unsigned long link_events;
	unsigned long link_at;		/* jiffies: the carrier may change from then on; RTNL */
	struct delayed_work link_work;

	/* rss.c: RTNL after probe */
	u32 queues_max;
	u32 queues;
	u32 rss_entries;		/* 0: no RSS */
	u16 rss_table[AN_RSS_TABLE_MAX];
	u8 rss_key[AN_RSS_KEY_LEN];
	u32 send_table[AN_NVSP_SEND_TABLE];
	atomic_t subchannels_open;
	wait_queue_head_t subchannels_wait;
	bool offers_stopped;		/* rss.c, offers_lock */
	unsigned int offers;		/* being opened; rss.c, offers_lock */

	struct an_vf vf;		/* vf.c */
	struct an_event_log events;	/* event.c; protected by vf.lock */
	struct an_devlink *devlink;	/* devlink.c */

	struct an_nic_stats stats;
	struct an_vf_stats __percpu *vf_stats;

	struct an_queue *queue[AN_QUEUES_MAX];
};

static inline struct vmbus_channel *an_primary(const struct an_nic *nic)
{
	return nic->device->channel;
}

static inline bool an_is_gone(const struct an_nic *nic)
{
	return READ_ONCE(an_primary(nic)->rescind);
}

/* main.c: the NICs of this driver. List changes need both RTNL and an_nics_lock. */
extern struct list_head an_nics;
extern struct mutex an_nics_lock;

#endif
