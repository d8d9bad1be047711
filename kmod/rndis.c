// SPDX-License-Identifier: GPL-2.0-only
/*
 * RNDIS control: one page per request goes to the host by its physical address, the answer comes
 * through the receive buffer and is matched by request id and type.
 * Source: docs/protocol.md 5; drivers/net/hyperv/rndis_filter.c.
 */
#include "channel.h"
#include "link.h"
#include "request.h"
#include "rndis.h"
#include "waits.h"

#include <linux/etherdevice.h>

#define AN_RNDIS_MAJOR		1
#define AN_RNDIS_MINOR		0
#define AN_RNDIS_MAX_TRANSFER	0x4000

static int post_request(struct an_nic *nic, struct an_request *request)
{
	struct an_nvsp_message msg = {
		.type = cpu_to_le32(AN_NVSP_SEND_RNDIS),
		.rndis.channel_type = cpu_to_le32(AN_NVSP_CHANNEL_CONTROL),
		.rndis.section = cpu_to_le32(AN_NVSP_NO_SECTION),
	};
	struct an_gpa gpa;
	int ret;
	u64 id;

	an_gpa_init(&gpa);
	an_gpa_add(&gpa, virt_to_hvpfn(request->message), 0, request->message_len);
	an_request_get(request);
	id = an_queue_begin(nic->queue[0], AN_XACT_RNDIS, (unsigned long)request);
	if (!id) {
		an_request_put(request);
		return -ENOBUFS;
	}
	ret = an_gpa_send(an_primary(nic), &gpa, &msg, id);
	if (ret && an_queue_cancel(nic->queue[0], id).kind != AN_XACT_FREE)
		an_request_put(request);
	return ret;
}

/* want 0: no answer, only sent. */
static int ask_host(struct an_nic *nic, struct an_request *request, u32 type, u32 want,
		    u32 body_len, unsigned int ms)
{
	unsigned long deadline = jiffies + msecs_to_jiffies(ms);
	struct an_rndis_header *head = (void *)request->message;
	__le32 *id = (void *)(head + 1);
	int ret;

	request->id = atomic_inc_return(&nic->request_id);
	request->want_rndis = want;
	request->message_len = sizeof(*head) + body_len;
	head->type = cpu_to_le32(type);
	head->len = cpu_to_le32(request->message_len);
	*id = cpu_to_le32(request->id);
	netdev_dbg(nic->net, "RNDIS message %#x to the host, request %u\n", type, request->id);

	if (want) {
		spin_lock_bh(&nic->requests_lock);
		list_add_tail(&request->list, &nic->requests);
		spin_unlock_bh(&nic->requests_lock);
	}
	for (;;) {
		ret = post_request(nic, request);
		if (ret != -EAGAIN)
			break;
		ret = an_request_pause(nic, deadline);
		if (ret)
			break;
	}
	if (!want)
		return ret;
	if (!ret)
		ret = an_request_wait(nic, request, ms);
	spin_lock_bh(&nic->requests_lock);
	list_del_init(&request->list);
	spin_unlock_bh(&nic->requests_lock);
	return ret;
}

void an_rndis_answer(struct an_nic *nic, const void *message, const struct an_rndis_rx *rx)
{
	struct an_request *request;
	bool found = false;

	netdev_dbg(nic->net, "RNDIS message %#x of the host, request %u\n", rx->type, rx->id);
	spin_lock_bh(&nic->requests_lock);
	list_for_each_entry(request, &nic->requests, list) {
		if (request->id != rx->id || request->want_rndis != rx->type)
			continue;
		found = true;
		list_del_init(&request->list);	/* a second answer finds nobody */
		if (rx->len > sizeof(request->answer)) {
			an_request_finish(request, -EBADMSG);
			break;
		}
		memcpy(request->answer, message, rx->len);
		request->answer_len = rx->len;
		an_request_finish(request, 0);
		break;
	}
	spin_unlock_bh(&nic->requests_lock);
	if (!found)
		atomic_long_inc(&nic->stats.host_late_answer);
}

int an_rndis_query(struct an_nic *nic, enum an_oid oid, void *data, u32 *len, u32 question,
		   unsigned int ms)
{
	struct an_request *request;
	struct an_rndis_oid_request *query;
	const void *info;
	u32 room = *len;
	int ret;

	request = an_request_create(true);
	if (!request)
		return -ENOMEM;
	query = (void *)(request->message + AN_RNDIS_HEADER);
	query->oid = cpu_to_le32(oid);
	query->info_len = cpu_to_le32(question);
	query->info_offset = cpu_to_le32(sizeof(*query));
	memcpy(query + 1, data, question);
	ret = ask_host(nic, request, AN_RNDIS_QUERY, AN_RNDIS_QUERY_COMPLETE,
		       sizeof(*query) + question, ms);
	if (!ret)
		ret = an_rndis_query_info(request->answer, request->answer_len, room, &info, len);
	if (!ret)
		memcpy(data, info, *len);
	an_request_put(request);
	return ret;
}

int an_rndis_set(struct an_nic *nic, enum an_oid oid, const void *data, u32 len, unsigned int ms)
{
	struct an_request *request;
	struct an_rndis_oid_request *set;
	int ret;

	if (len > AN_REQUEST_MESSAGE_MAX - AN_RNDIS_HEADER - sizeof(*set))
		return -EINVAL;
	request = an_request_create(true);
	if (!request)
		return -ENOMEM;
	set = (void *)(request->message + AN_RNDIS_HEADER);
	set->oid = cpu_to_le32(oid);
	set->info_len = cpu_to_le32(len);
	set->info_offset = cpu_to_le32(sizeof(*set));
	memcpy(set + 1, data, len);
	ret = ask_host(nic, request, AN_RNDIS_SET, AN_RNDIS_SET_COMPLETE, sizeof(*set) + len, ms);
	if (!ret)
		ret = an_rndis_status(request->answer, request->answer_len);
	an_request_put(request);
	return ret;
}

/* UTF-16 of ASCII. */
static void put_utf16(__le16 *to, const char *from, u32 len)
{
	u32 i;

	for (i = 0; i < len; i++)
		to[i] = cpu_to_le16(from[i]);
}

int an_rndis_set_mac(struct an_nic *nic, const u8 *mac)
{
	static const char name[] = "NetworkAddress";
	char value[2 * ETH_ALEN + 1];
	struct {
		struct an_rndis_config_parameter config;
		__le16 name[sizeof(name) - 1];
		__le16 value[2 * ETH_ALEN];
	} __packed message = {
		.config = {
			.name_offset = cpu_to_le32(sizeof(message.config)),
			.name_len = cpu_to_le32(sizeof(message.name)),
			.value_type = cpu_to_le32(AN_RNDIS_CONFIG_STRING),
			.value_offset = cpu_to_le32(sizeof(message.config) +
						    sizeof(message.name)),
			.value_len = cpu_to_le32(sizeof(message.value)),
		},
	};

	snprintf(value, sizeof(value), "%pm", mac);
	put_utf16(message.name, name, sizeof(name) - 1);
	put_utf16(message.value, value, 2 * ETH_ALEN);
	return an_rndis_set(nic, AN_OID_GEN_RNDIS_CONFIG_PARAMETER, &message, sizeof(message),
			    AN_RTNL_MS);
}

static int initialize_host(struct an_nic *nic)
{
	struct an_rndis_init_complete done;
	struct an_rndis_init *init;
	struct an_request *request;
	int ret;

	request = an_request_create(true);
	if (!request)
		return -ENOMEM;
	init = (void *)(request->message + AN_RNDIS_HEADER);
	init->major = cpu_to_le32(AN_RNDIS_MAJOR);
	init->minor = cpu_to_le32(AN_RNDIS_MINOR);
	init->max_transfer = cpu_to_le32(AN_RNDIS_MAX_TRANSFER);
	ret = ask_host(nic, request, AN_RNDIS_INIT, AN_RNDIS_INIT_COMPLETE, sizeof(*init),
		       AN_STEP_MS);
	if (!ret)
		ret = an_rndis_status(request->answer, request->answer_len);
	if (!ret && request->answer_len < AN_RNDIS_HEADER + sizeof(done))
		ret = -EBADMSG;
	an_request_put(request);
	return ret;
}

/* A number the host may leave out: `value` stays as it is then. */
static int query_u32(struct an_nic *nic, enum an_oid oid, u32 *value)
{
	u32 len = sizeof(__le32);
	__le32 answer;
	int ret;

	ret = an_rndis_query(nic, oid, &answer, &len, 0, AN_STEP_MS);
	if (!ret && len == sizeof(answer))
		*value = le32_to_cpu(answer);
	return ret == -EOPNOTSUPP ? 0 : ret;
}

int an_rndis_start(struct an_nic *nic)
{
	u32 status = 0, speed = 0, len = ETH_ALEN, frame = ETH_DATA_LEN;
	u8 mac[ETH_ALEN];
	int ret;

	ret = initialize_host(nic);
	if (ret) {
		netdev_err(nic->net, "failed to initialize RNDIS: %pe\n", ERR_PTR(ret));
		return ret;
	}
	ret = an_rndis_query(nic, AN_OID_802_3_PERMANENT_ADDRESS, mac, &len, 0, AN_STEP_MS);
	if (!ret && (len != ETH_ALEN || !is_valid_ether_addr(mac)))
		ret = -EBADMSG;
	if (ret) {
		netdev_err(nic->net, "the host gave no MAC address: %pe\n", ERR_PTR(ret));
		return ret;
	}
	eth_hw_addr_set(nic->net, mac);
	ether_addr_copy(nic->net->perm_addr, mac);	/* VFs are found by it before we register */

	ret = query_u32(nic, AN_OID_GEN_MAXIMUM_FRAME_SIZE, &frame);
	if (!ret)
		ret = query_u32(nic, AN_OID_GEN_MEDIA_CONNECT_STATUS, &status);
	if (!ret && nic->nvsp_version >= AN_NVSP_VERSION_5)
		ret = query_u32(nic, AN_OID_GEN_LINK_SPEED, &speed);
	if (ret)
		return ret;
	if (frame >= ETH_MIN_MTU && frame < nic->net->mtu)
		nic->net->mtu = frame;
	an_link_start(nic, status == 0, speed);
	return 0;
}

void an_rndis_init(struct an_nic *nic)
{
	spin_lock_init(&nic->requests_lock);
	INIT_LIST_HEAD(&nic->requests);
}

void an_rndis_halt(struct an_nic *nic)
{
	struct an_request *request;

	if (an_is_gone(nic))
		return;
	request = an_request_create(true);
	if (!request)
		return;
	ask_host(nic, request, AN_RNDIS_HALT, 0, sizeof(__le32), AN_IDLE_MS);
	an_request_put(request);
}
