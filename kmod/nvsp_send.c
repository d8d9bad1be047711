// SPDX-License-Identifier: GPL-2.0-only
/*
 * NVSP messages to the host: with an answer that somebody waits for, without one, and the switch of
 * the data path, whose answer is nobody's to wait for. Each is a transaction of the primary queue.
 */
#include "nvsp_send.h"
#include "channel.h"
#include "request.h"
#include "waits.h"

static int send_message(struct an_nic *nic, struct an_nvsp_message *msg, u64 id, u32 flags,
			unsigned int ms)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(ms);
	int ret;

	netdev_dbg(nic->net, "NVSP message %u to the host\n", le32_to_cpu(msg->type));
	for (;;) {
		ret = vmbus_sendpacket(an_primary(nic), msg, sizeof(*msg), id, VM_PKT_DATA_INBAND,
				       flags);
		if (ret != -EAGAIN)
			return ret;
		ret = an_request_pause(nic, deadline);
		if (ret)
			return ret;
	}
}

int an_nvsp_request(struct an_nic *nic, struct an_nvsp_message *msg, u32 want, unsigned int ms)
{
	struct an_request *request;
	int ret;
	u64 id;

	request = an_request_create(false);
	if (!request)
		return -ENOMEM;
	request->want = want;
	an_request_get(request);
	id = an_queue_begin(nic->queue[0], AN_XACT_NVSP, (unsigned long)request);
	if (!id) {
		an_request_put(request);
		ret = -ENOBUFS;
		goto out_put;
	}
	ret = send_message(nic, msg, id, VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED, ms);
	if (ret) {
		if (an_queue_cancel(nic->queue[0], id).kind != AN_XACT_FREE)
			an_request_put(request);
		goto out_put;
	}
	ret = an_request_wait(nic, request, ms);
	if (!ret)
		*msg = request->nvsp;
out_put:
	an_request_put(request);
	return ret;
}

int an_nvsp_send(struct an_nic *nic, struct an_nvsp_message *msg)
{
	return send_message(nic, msg, VMBUS_RQST_ID_NO_RESPONSE, 0, AN_STEP_MS);
}

int an_nvsp_switch(struct an_nic *nic, enum an_nvsp_datapath path, u32 number)
{
	struct an_nvsp_message msg = {
		.type = cpu_to_le32(AN_NVSP_SWITCH_DATA_PATH),
		.datapath.active = cpu_to_le32(path),
	};
	u64 id;
	int ret;

	id = an_queue_begin(nic->queue[0], AN_XACT_PATH, number);
	if (!id)
		return -ENOBUFS;
	ret = vmbus_sendpacket(an_primary(nic), &msg, sizeof(msg), id, VM_PKT_DATA_INBAND,
			       VMBUS_DATA_PACKET_FLAG_COMPLETION_REQUESTED);
	if (ret)
		an_queue_cancel(nic->queue[0], id);
	netdev_dbg(nic->net, "switch %u to path %u: %d\n", number, path, ret);
	return ret;
}
