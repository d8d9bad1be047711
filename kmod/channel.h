/* SPDX-License-Identifier: GPL-2.0-only */
/* A queue's VMBus channel: its memory, opening and closing, transactions, GPA-direct packets. */
#ifndef AN_CHANNEL_H
#define AN_CHANNEL_H

#include "nic.h"

/* Makes queue `index` on that channel, not yet open. 0 or -ENOMEM. */
int an_queue_create(struct an_nic *nic, u16 index, struct vmbus_channel *channel);
void an_queue_destroy(struct an_nic *nic, u16 index);
/* Opens its channel; packets may arrive before this returns. hv_vmbus waits: never under RTNL. */
int an_queue_open(struct an_queue *queue);

/* No queue touches its ring any more when this returns. */
void an_queues_quiesce(struct an_nic *nic);
/* Closes all channels (hv_vmbus waits: never under RTNL), then ends what was open on them. */
void an_queues_close(struct an_nic *nic);
/* Waits AN_IDLE_MS at most for the host to complete what was sent. */
void an_queues_wait_idle(struct an_nic *nic);

u64 an_queue_begin(struct an_queue *queue, enum an_xact_kind kind, unsigned long cookie);
struct an_xact an_queue_end(struct an_queue *queue, u64 id);
/* Is it a frame's transaction, on its way? */
bool an_queue_is_data(struct an_queue *queue, u64 id);
/* The same for what was not sent after all; kind AN_XACT_FREE: the host has ended it. */
struct an_xact an_queue_cancel(struct an_queue *queue, u64 id);
/* A data transaction: AN_XACTS_SPARE stay for control messages. Held until armed, which is right
 * before it is sent: up to then the skb is the sender's, whatever the host completes.
 */
u64 an_queue_hold(struct an_queue *queue, struct sk_buff *skb);
void an_queue_arm(struct an_queue *queue, u64 id);

/* A packet whose payload is described by guest-physical pages: at most AN_GPA_PAGES. */
#define AN_GPA_PAGES MAX_PAGE_BUFFER_COUNT
#define AN_GPA_BYTES (offsetof(struct vmbus_packet_mpb_array, range) + \
		      AN_GPA_PAGES * (sizeof(struct hv_mpb_array) + sizeof(u64)))
struct an_gpa {
	union {
		struct vmbus_packet_mpb_array packet;
		u8 room[AN_GPA_BYTES];
	};
	u32 len;
	u32 pages;
};

void an_gpa_init(struct an_gpa *gpa);
/* Adds one physically contiguous range. False: no room. */
bool an_gpa_add(struct an_gpa *gpa, u64 pfn, u32 offset, u32 len);
int an_gpa_send(struct vmbus_channel *channel, struct an_gpa *gpa, struct an_nvsp_message *msg,
		u64 id);

#endif
