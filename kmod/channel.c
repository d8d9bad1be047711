// SPDX-License-Identifier: GPL-2.0-only
/*
 * Queues are VMBus channels: the primary one carries control messages too. Transaction ids are
 * this driver's own (xact.h), not hv_vmbus's requestor: they survive the channel long enough to
 * end what the host left open.
 */
#include "channel.h"
#include "request.h"
#include "rx.h"
#include "tx.h"
#include "waits.h"

#include <linux/delay.h>
#include <linux/vmalloc.h>

#define AN_RING_PAGES_MIN	16
/* The largest packet taken from the host: 562 ranges. Source: hyperv_net.h NETVSC_MAX_PKT_SIZE. */
#define AN_RING_PACKET_MAX	4624
#define AN_HEADERS_PER_PAGE	(HV_HYP_PAGE_SIZE / AN_TX_HEADER_SIZE)
#define AN_HEADER_PAGES		(AN_XACTS / AN_HEADERS_PER_PAGE)

static unsigned int ring_pages = 128;
module_param_named(ring_size, ring_pages, uint, 0444);
MODULE_PARM_DESC(ring_size, "Pages of each ring of a channel; fewer are used where memory lacks");

static u64 pfn_of(const void *vmalloced)
{
	return page_to_hvpfn(vmalloc_to_page(vmalloced)) +
	       (offset_in_page(vmalloced) >> HV_HYP_PAGE_SHIFT);
}

int an_queue_create(struct an_nic *nic, u16 index, struct vmbus_channel *channel)
{
	struct an_queue *queue;
	u32 i;

	queue = kzalloc(sizeof(*queue), GFP_KERNEL);
	if (!queue)
		return -ENOMEM;
	queue->xacts = kvcalloc(AN_XACTS, sizeof(*queue->xacts), GFP_KERNEL);
	queue->done = kvcalloc(AN_RX_DONE, sizeof(*queue->done), GFP_KERNEL);
	queue->tx_header_pfn = kcalloc(AN_HEADER_PAGES, sizeof(u64), GFP_KERNEL);
	queue->tx_headers = vzalloc(AN_XACTS * AN_TX_HEADER_SIZE);
	if (!queue->xacts || !queue->done || !queue->tx_header_pfn || !queue->tx_headers)
		goto err_free_queue;

	queue->nic = nic;
	queue->index = index;
	queue->channel = channel;
	for (i = 0; i < AN_HEADER_PAGES; i++)
		queue->tx_header_pfn[i] = pfn_of(queue->tx_headers + i * HV_HYP_PAGE_SIZE);
	spin_lock_init(&queue->xact_lock);
	an_xact_init(&queue->xact, queue->xacts, AN_XACTS);
	u64_stats_init(&queue->tx.syncp);
	u64_stats_init(&queue->rx.syncp);
	netif_napi_add(nic->net, &queue->napi, an_rx_poll);
	nic->queue[index] = queue;
	return 0;

err_free_queue:
	vfree(queue->tx_headers);
	kfree(queue->tx_header_pfn);
	kvfree(queue->done);
	kvfree(queue->xacts);
	kfree(queue);
	return -ENOMEM;
}

void an_queue_destroy(struct an_nic *nic, u16 index)
{
	struct an_queue *queue = nic->queue[index];

	if (!queue)
		return;
	nic->queue[index] = NULL;
	netif_napi_del(&queue->napi);
	vfree(queue->tx_headers);
	kfree(queue->tx_header_pfn);
	kvfree(queue->done);
	kvfree(queue->xacts);
	kfree(queue);
}

/* NAPI does the work, host interrupts stay masked until the ring is empty. */
static void schedule_poll(struct an_queue *queue)
{
	if (napi_schedule_prep(&queue->napi)) {
		hv_begin_read(&queue->channel->inbound);
		__napi_schedule(&queue->napi);
	}
}

/* Interrupt context. */
static void on_interrupt(void *context)
{
	schedule_poll(context);
}

int an_queue_open(struct an_queue *queue)
{
	struct vmbus_channel *channel = queue->channel;
	unsigned int pages = max_t(unsigned int, ring_pages, AN_RING_PAGES_MIN);
	u32 bytes;
	int ret;

	set_channel_read_mode(channel, HV_CALL_ISR);
	/* Unused, but an open without one frees the last user's a second time when it closes
	 * (channel.c vmbus_free_requestor leaves its pointers behind).
	 */
	channel->rqstor_size = 1;
	channel->next_request_id_callback = NULL;
	channel->request_addr_callback = NULL;
	channel->max_pkt_size = AN_RING_PACKET_MAX;

	for (;;) {
		bytes = VMBUS_RING_SIZE(pages * HV_HYP_PAGE_SIZE);
		ret = vmbus_open(channel, bytes, bytes, NULL, 0, on_interrupt, queue);
		/* Rings are contiguous memory: rather a small one than none. */
		if (ret != -ENOMEM || pages / 2 < AN_RING_PAGES_MIN)
			break;
		pages /= 2;
	}
	if (ret)
		return ret;
	queue->open = true;
	/* Not before: netpoll calls the poll function of a NAPI that is enabled, ring or not. */
	napi_enable(&queue->napi);
	local_bh_disable();
	schedule_poll(queue);	/* an interrupt that came in between found it disabled */
	local_bh_enable();
	if (pages < ring_pages)
		netdev_warn(queue->nic->net, "queue %u: low on memory, using a %u-page ring\n",
			    queue->index, pages);
	return 0;
}

void an_queues_quiesce(struct an_nic *nic)
{
	u32 i;

	for (i = 0; i < AN_QUEUES_MAX; i++)
		if (nic->queue[i] && nic->queue[i]->open)
			napi_disable(&nic->queue[i]->napi);
}

static void abandon_xacts(struct an_queue *queue)
{
	struct an_xact xact;

	for (;;) {
		xact = an_xact_end_any(&queue->xact);
		switch ((enum an_xact_kind)xact.kind) {
		case AN_XACT_FREE:
			return;
		case AN_XACT_HELD:
		case AN_XACT_DATA:
			dev_kfree_skb_any((struct sk_buff *)xact.cookie);
			break;
		case AN_XACT_NVSP:
		case AN_XACT_RNDIS:
			an_request_put((struct an_request *)xact.cookie);
			break;
		case AN_XACT_PATH:
			break;
		}
	}
}

void an_queues_close(struct an_nic *nic)
{
	u32 i;

	/* The core closes the subchannels with the primary channel. */
	if (nic->queue[0] && nic->queue[0]->open)
		vmbus_close(an_primary(nic));
	for (i = 0; i < AN_QUEUES_MAX; i++) {
		if (!nic->queue[i])
			continue;
		nic->queue[i]->open = false;
		abandon_xacts(nic->queue[i]);
	}
}

static bool is_idle(const struct an_nic *nic)
{
	u32 i;

	for (i = 0; i < AN_QUEUES_MAX; i++)
		if (nic->queue[i] && READ_ONCE(nic->queue[i]->xact.used))
			return false;
	return true;
}

void an_queues_wait_idle(struct an_nic *nic)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(AN_IDLE_MS);

	while (!is_idle(nic) && !an_is_gone(nic) && time_before(jiffies, deadline))
		usleep_range(1000, 2000);
}

u64 an_queue_begin(struct an_queue *queue, enum an_xact_kind kind, unsigned long cookie)
{
	unsigned long flags;
	u64 id;

	spin_lock_irqsave(&queue->xact_lock, flags);
	id = an_xact_begin(&queue->xact, kind, cookie, 0);
	spin_unlock_irqrestore(&queue->xact_lock, flags);
	return id;
}

bool an_queue_is_data(struct an_queue *queue, u64 id)
{
	unsigned long flags;
	bool data;

	spin_lock_irqsave(&queue->xact_lock, flags);
	data = an_xact_kind_of(&queue->xact, id) == AN_XACT_DATA;
	spin_unlock_irqrestore(&queue->xact_lock, flags);
	return data;
}

u64 an_queue_hold(struct an_queue *queue, struct sk_buff *skb)
{
	unsigned long flags;
	u64 id;

	spin_lock_irqsave(&queue->xact_lock, flags);
	id = an_xact_begin(&queue->xact, AN_XACT_HELD, (unsigned long)skb, AN_XACTS_SPARE);
	spin_unlock_irqrestore(&queue->xact_lock, flags);
	return id;
}

void an_queue_arm(struct an_queue *queue, u64 id)
{
	/*
	 * Whoever ends it sees HELD, or DATA and all that the skb has become: an_queue_end() takes
	 * the lock before it looks, and the host completes the packet that is sent after this.
	 */
	smp_store_release(&queue->xacts[an_xact_index(id)].kind, AN_XACT_DATA);
}

struct an_xact an_queue_cancel(struct an_queue *queue, u64 id)
{
	struct an_xact xact;
	unsigned long flags;

	spin_lock_irqsave(&queue->xact_lock, flags);
	xact = an_xact_cancel(&queue->xact, id);
	spin_unlock_irqrestore(&queue->xact_lock, flags);
	return xact;
}

struct an_xact an_queue_end(struct an_queue *queue, u64 id)
{
	struct an_xact xact;
	unsigned long flags;

	spin_lock_irqsave(&queue->xact_lock, flags);
	xact = an_xact_end(&queue->xact, id);
	spin_unlock_irqrestore(&queue->xact_lock, flags);
	return xact;
}

void an_gpa_init(struct an_gpa *gpa)
{
	gpa->len = offsetof(struct vmbus_packet_mpb_array, range);
	gpa->pages = 0;
	gpa->packet.rangecount = 0;
}

bool an_gpa_add(struct an_gpa *gpa, u64 pfn, u32 offset, u32 len)
{
	u32 pages = HVPFN_UP(offset + len), i;
	struct hv_mpb_array *range;

	if (!len)
		return true;
	if (pages > AN_GPA_PAGES - gpa->pages)
		return false;
	range = (void *)(gpa->room + gpa->len);
	range->offset = offset;
	range->len = len;
	for (i = 0; i < pages; i++)
		range->pfn_array[i] = pfn + i;
	gpa->len += sizeof(*range) + pages * sizeof(u64);
	gpa->pages += pages;
	gpa->packet.rangecount++;
	return true;
}

int an_gpa_send(struct vmbus_channel *channel, struct an_gpa *gpa, struct an_nvsp_message *msg,
		u64 id)
{
	return vmbus_sendpacket_mpb_desc(channel, &gpa->packet, gpa->len, msg, sizeof(*msg), id);
}
