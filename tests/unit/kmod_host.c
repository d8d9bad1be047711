// SPDX-License-Identifier: BSD-3-Clause
/* A scripted host below the unit tests' hv_vmbus; see kmod_host.h. */
#include "kmod_host.h"
#include "../../kmod/event.h"
#include "../../kmod/nvsp_receive.h"
#include "../../kmod/request.h"
#include "../../kmod/rndis.h"
#include "../../kmod/rx.h"
#include "../../kmod/vf_path.h"
#include "../../kmod/vf_pci.h"
#include "unit.h"

struct host host;
struct an_nic host_nic;
struct net_device host_net;
struct vmbus_channel host_channel;
static struct hv_device host_device;

static void do_nothing(struct work_struct *work)
{
}

void host_setup(void)
{
	kernel_reset();
	host = (struct host){ 0 };
	host_net = (struct net_device){ .mtu = ETH_DATA_LEN, .real_num_tx_queues = 1 };
	host_channel = (struct vmbus_channel){ .device_obj = &host_device };
	host_device = (struct hv_device){ .channel = &host_channel, .data = &host_nic };
	memset(&host_nic, 0, sizeof(host_nic));
	host_nic.net = &host_net;
	host_nic.device = &host_device;
	host_nic.registered = true;
	host_nic.nvsp_version = AN_NVSP_VERSION_61;
	spin_lock_init(&host_nic.vf.lock);
	host_nic.vf.since = ktime_get();
	INIT_DELAYED_WORK(&host_nic.vf.work, do_nothing);
	INIT_DELAYED_WORK(&host_nic.vf.report, do_nothing);
	an_rndis_init(&host_nic);
	CU_ASSERT_EQUAL_FATAL(an_queue_create(&host_nic, 0, &host_channel), 0);
}

void host_teardown(void)
{
	u16 i;

	an_queues_close(&host_nic);
	for (i = 0; i < AN_QUEUES_MAX; i++) {
		if (host_nic.queue[i])
			host_nic.queue[i]->napi.enabled = false;
		an_queue_destroy(&host_nic, i);
	}
	CU_ASSERT_FALSE(kernel.rtnl);
	CU_ASSERT_EQUAL(kernel.spins, 0);
}

const struct host_sent *host_last(void)
{
	CU_ASSERT_FATAL(host.count > 0);
	return &host.sent[host.count - 1];
}

void host_complete(u64 id, const void *msg, u32 len)
{
	struct an_xact xact = an_queue_end(host_nic.queue[0], id);

	if (xact.kind == AN_XACT_NVSP)
		an_nvsp_answer(&host_nic, (struct an_request *)xact.cookie, msg, len);
	else if (xact.kind == AN_XACT_RNDIS)
		an_request_put((struct an_request *)xact.cookie);
	else if (xact.kind == AN_XACT_PATH)
		an_vf_path_done(&host_nic, xact.cookie);
	else
		atomic_long_inc(&host_nic.stats.host_bad_completion);
}

void host_answer(u64 id, struct an_nvsp_message msg, enum an_nvsp_type type)
{
	msg.type = cpu_to_le32(type);
	host_complete(id, &msg, sizeof(msg));
}

u32 host_rndis_word(const struct host_sent *sent, unsigned int index)
{
	__le32 word;

	CU_ASSERT_FATAL((index + 1) * sizeof(word) <= sent->rndis_len);
	memcpy(&word, sent->rndis + index * sizeof(word), sizeof(word));
	return le32_to_cpu(word);
}

void host_answer_rndis(const struct host_sent *sent, enum an_rndis_type type, const void *body,
		       u32 body_len)
{
	struct an_rndis_rx rx = { .type = type, .id = host_rndis_word(sent, HOST_RNDIS_ID) };
	__le32 message[AN_REQUEST_ANSWER_MAX / 4 + 4] = { cpu_to_le32(type) };

	rx.len = AN_RNDIS_HEADER + sizeof(__le32) + body_len;
	CU_ASSERT_FATAL(rx.len <= sizeof(message));
	message[1] = cpu_to_le32(rx.len);
	message[2] = cpu_to_le32(rx.id);
	memcpy(message + 3, body, body_len);
	an_rndis_answer(&host_nic, message, &rx);
}

void host_query_done(const struct host_sent *sent, const void *info, u32 len)
{
	struct {
		__le32 status;
		__le32 info_len;
		__le32 info_offset;
		u8 info[512];
	} body = {
		.info_len = cpu_to_le32(len),
		.info_offset = cpu_to_le32(sizeof(struct an_rndis_query_complete)),
	};

	CU_ASSERT_FATAL(len <= sizeof(body.info));
	memcpy(body.info, info, len);
	host_complete(sent->id, NULL, 0);
	host_answer_rndis(sent, AN_RNDIS_QUERY_COMPLETE, &body, offsetof(typeof(body), info) + len);
}

void host_set_done(const struct host_sent *sent, u32 status)
{
	__le32 body = cpu_to_le32(status);

	host_complete(sent->id, NULL, 0);
	host_answer_rndis(sent, AN_RNDIS_SET_COMPLETE, &body, sizeof(body));
}

/* 0: the packet is on the ring, and noted. */
static int take_packet(const void *data, u32 len, u64 id, const void *rndis, u32 rndis_len)
{
	struct host_sent *sent = &host.sent[host.count];

	if (host.full) {
		host.full -= host.full > 0;
		return -EAGAIN;
	}
	if (host.send_error)
		return host.send_error;
	CU_ASSERT_FATAL(host.count < HOST_SENT_MAX);
	CU_ASSERT_EQUAL_FATAL(len, sizeof(sent->msg));
	CU_ASSERT_FATAL(rndis_len <= sizeof(sent->rndis));
	*sent = (struct host_sent){ .id = id, .rndis_len = rndis_len, .us = kernel.us };
	memcpy(&sent->msg, data, len);
	if (rndis_len)
		memcpy(sent->rndis, rndis, rndis_len);
	host.count++;
	if (host.hear)
		host.hear(sent);
	return 0;
}

int vmbus_sendpacket(struct vmbus_channel *channel, void *data, u32 len, u64 id, int type,
		     u32 flags)
{
	/* Somebody waits for the completion exactly if there is a transaction. */
	CU_ASSERT_EQUAL(flags == VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED,
			id != VMBUS_RQST_ID_NO_RESPONSE);
	return take_packet(data, len, id, NULL, 0);
}

int vmbus_sendpacket_mpb_desc(struct vmbus_channel *channel, struct vmbus_packet_mpb_array *packet,
			      u32 packet_len, void *data, u32 len, u64 id)
{
	const struct hv_mpb_array *range = &packet->range;

	CU_ASSERT_EQUAL_FATAL(packet->rangecount, 1);
	return take_packet(data, len, id,
			   (u8 *)(range->pfn_array[0] << HV_HYP_PAGE_SHIFT) + range->offset,
			   range->len);
}

int vmbus_open(struct vmbus_channel *channel, u32 send, u32 receive, void *data, u32 len,
	       void (*interrupt)(void *context), void *context)
{
	host.opens++;
	return host.ring_max && send > host.ring_max ? -ENOMEM : 0;
}

void vmbus_close(struct vmbus_channel *channel)
{
	host.opens = 0;
}

int vmbus_establish_gpadl(struct vmbus_channel *channel, void *memory, u32 size,
			  struct vmbus_gpadl *gpadl)
{
	CU_ASSERT_FALSE(kernel.rtnl);
	if (host.gpadl_error)
		return host.gpadl_error;
	gpadl->gpadl_handle = 0x100 + host.gpadls++;
	return 0;
}

int vmbus_teardown_gpadl(struct vmbus_channel *channel, struct vmbus_gpadl *gpadl)
{
	CU_ASSERT_FALSE(kernel.rtnl);
	if (host.teardown_error)
		return host.teardown_error;
	host.gpadls--;
	gpadl->gpadl_handle = 0;
	return 0;
}

void an_vf_pci_kick(void)
{
	host.pci_kicks++;
}

/* No test polls. */
int an_rx_poll(struct napi_struct *napi, int budget)
{
	return 0;
}
