// SPDX-License-Identifier: GPL-2.0-only
/*
 * The NVSP side of a NIC. Start: INIT (newest version first), NDIS configuration, NDIS version,
 * receive buffer, send buffer; each answer is waited for AN_STEP_MS at most. The configuration
 * names the largest MTU once and for all, so that an MTU change never closes the channel.
 * Source: docs/protocol.md 4; drivers/net/hyperv/netvsc.c.
 */
#include "nvsp.h"
#include "nvsp_parse.h"
#include "nvsp_send.h"
#include "waits.h"

#include <linux/if_ether.h>
#include <linux/vmalloc.h>

#define AN_RECV_BUFFER_SIZE	(16 << 20)
#define AN_RECV_BUFFER_OLD_SIZE	(15 << 20)	/* all that hosts up to NVSP 2 take */
#define AN_SEND_BUFFER_SIZE	(1 << 20)
#define AN_NDIS_MAJOR		6
#define AN_NDIS_MINOR		30
#define AN_NDIS_MINOR_OLD	1		/* up to NVSP 4 */

int an_nvsp_subchannels(struct an_nic *nic, u32 count)
{
	struct an_nvsp_message msg = {
		.type = cpu_to_le32(AN_NVSP_SUBCHANNEL),
		.subchannel.op = cpu_to_le32(AN_NVSP_SUBCHANNEL_ALLOCATE),
		.subchannel.count = cpu_to_le32(count),
	};
	int ret;

	ret = an_nvsp_request(nic, &msg, AN_NVSP_SUBCHANNEL, AN_STEP_MS);
	if (ret)
		return ret;
	if (le32_to_cpu(msg.subchannel_complete.status) != AN_NVSP_STATUS_SUCCESS)
		return -EOPNOTSUPP;
	if (le32_to_cpu(msg.subchannel_complete.count) > count)
		return -EBADMSG;
	return le32_to_cpu(msg.subchannel_complete.count);
}

static int negotiate_version(struct an_nic *nic)
{
	static const u32 versions[] = {
		AN_NVSP_VERSION_61, AN_NVSP_VERSION_6, AN_NVSP_VERSION_5,
		AN_NVSP_VERSION_4, AN_NVSP_VERSION_2, AN_NVSP_VERSION_1,
	};
	struct an_nvsp_message msg;
	int ret, i;

	for (i = 0; i < ARRAY_SIZE(versions); i++) {
		msg = (struct an_nvsp_message){
			.type = cpu_to_le32(AN_NVSP_INIT),
			.init.min = cpu_to_le32(versions[i]),
			.init.max = cpu_to_le32(versions[i]),
		};
		ret = an_nvsp_request(nic, &msg, AN_NVSP_INIT_COMPLETE, AN_STEP_MS);
		if (ret)
			return ret;	/* silence and nonsense are no "try an older one" */
		if (le32_to_cpu(msg.init_complete.status) == AN_NVSP_STATUS_SUCCESS) {
			nic->nvsp_version = versions[i];
			return 0;
		}
	}
	return -EPROTONOSUPPORT;
}

static int send_config(struct an_nic *nic)
{
	bool old = nic->nvsp_version <= AN_NVSP_VERSION_4;
	struct an_nvsp_message msg;
	u64 caps;
	int ret;

	if (nic->nvsp_version >= AN_NVSP_VERSION_2) {
		caps = AN_NVSP_CAPABILITY_VLAN;
		if (nic->nvsp_version >= AN_NVSP_VERSION_5)
			caps |= AN_NVSP_CAPABILITY_SRIOV | AN_NVSP_CAPABILITY_TEAMING;
		msg = (struct an_nvsp_message){
			.type = cpu_to_le32(AN_NVSP_SEND_NDIS_CONFIG),
			.ndis_config.mtu = cpu_to_le32(AN_MTU_MAX + ETH_HLEN),
			.ndis_config.capabilities = cpu_to_le64(caps),
		};
		ret = an_nvsp_send(nic, &msg);
		if (ret)
			return ret;
	}
	msg = (struct an_nvsp_message){
		.type = cpu_to_le32(AN_NVSP_SEND_NDIS_VERSION),
		.ndis_version.major = cpu_to_le32(AN_NDIS_MAJOR),
		.ndis_version.minor = cpu_to_le32(old ? AN_NDIS_MINOR_OLD : AN_NDIS_MINOR),
	};
	return an_nvsp_send(nic, &msg);
}

static int share_buffer(struct an_nic *nic, struct an_buffer *buffer, u32 size)
{
	int ret;

	buffer->memory = vzalloc(size);
	if (!buffer->memory)
		return -ENOMEM;
	buffer->size = size;
	ret = vmbus_establish_gpadl(an_primary(nic), buffer->memory, size, &buffer->gpadl);
	if (ret)
		netdev_err(nic->net, "failed to share a %u-byte buffer with the host: %pe\n",
			   size, ERR_PTR(ret));
	return ret;
}

static int start_recv_buffer(struct an_nic *nic)
{
	struct an_nvsp_message msg = { .type = cpu_to_le32(AN_NVSP_SEND_RECV_BUF) };
	int ret;

	ret = share_buffer(nic, &nic->recv, nic->nvsp_version <= AN_NVSP_VERSION_2 ?
			   AN_RECV_BUFFER_OLD_SIZE : AN_RECV_BUFFER_SIZE);
	if (ret)
		return ret;
	msg.buffer.gpadl = cpu_to_le32(nic->recv.gpadl.gpadl_handle);
	msg.buffer.id = cpu_to_le16(AN_NVSP_RECV_BUF_ID);
	nic->recv.announced = true;
	ret = an_nvsp_request(nic, &msg, AN_NVSP_SEND_RECV_BUF_COMPLETE, AN_STEP_MS);
	if (!ret)
		ret = an_nvsp_check_recv_buf(&msg, nic->recv.size);
	if (ret)
		netdev_err(nic->net, "the host rejected the receive buffer: %pe\n", ERR_PTR(ret));
	return ret;
}

static int start_send_buffer(struct an_nic *nic)
{
	struct an_nvsp_message msg = { .type = cpu_to_le32(AN_NVSP_SEND_SEND_BUF) };
	int ret;

	ret = share_buffer(nic, &nic->send, AN_SEND_BUFFER_SIZE);
	if (ret)
		return ret;
	msg.buffer.gpadl = cpu_to_le32(nic->send.gpadl.gpadl_handle);
	msg.buffer.id = cpu_to_le16(AN_NVSP_SEND_BUF_ID);
	nic->send.announced = true;
	ret = an_nvsp_request(nic, &msg, AN_NVSP_SEND_SEND_BUF_COMPLETE, AN_STEP_MS);
	if (!ret)
		ret = an_nvsp_check_send_buf(&msg, nic->send.size, &nic->send_section_size);
	if (ret) {
		netdev_err(nic->net, "the host rejected the send buffer: %pe\n", ERR_PTR(ret));
		return ret;
	}
	nic->send_sections = nic->send.size / nic->send_section_size;
	nic->send_used = bitmap_zalloc(nic->send_sections, GFP_KERNEL);
	return nic->send_used ? 0 : -ENOMEM;
}

int an_nvsp_start(struct an_nic *nic)
{
	int ret;

	ret = negotiate_version(nic);
	if (ret) {
		netdev_err(nic->net, "failed to negotiate an NVSP version: %pe\n", ERR_PTR(ret));
		return ret;
	}
	ret = send_config(nic);
	if (ret)
		return ret;
	ret = start_recv_buffer(nic);
	if (ret)
		return ret;
	return start_send_buffer(nic);
}

static void unshare_buffer(struct an_nic *nic, struct an_buffer *buffer)
{
	if (!buffer->gpadl.gpadl_handle)
		return;
	/*
	 * If it is not taken back the host may write to it for ever: better lost than used twice. A
	 * request that could not be sent shows in the handle alone (6.1: the result is that of
	 * making the memory private again).
	 */
	if (vmbus_teardown_gpadl(an_primary(nic), &buffer->gpadl) ||
	    (buffer->gpadl.gpadl_handle && !an_is_gone(nic))) {
		netdev_err(nic->net,
			   "leaking a %u-byte buffer: the host did not tear down its GPADL\n",
			   buffer->size);
		buffer->memory = NULL;
	}
	buffer->gpadl.gpadl_handle = 0;
}

static void revoke_buffer(struct an_nic *nic, struct an_buffer *buffer, u32 type, u16 id)
{
	struct an_nvsp_message msg = {
		.type = cpu_to_le32(type),
		.revoke.id = cpu_to_le16(id),
	};

	if (buffer->announced && !an_is_gone(nic))
		an_nvsp_send(nic, &msg);
	buffer->announced = false;
}

void an_nvsp_revoke(struct an_nic *nic)
{
	revoke_buffer(nic, &nic->recv, AN_NVSP_REVOKE_RECV_BUF, AN_NVSP_RECV_BUF_ID);
	revoke_buffer(nic, &nic->send, AN_NVSP_REVOKE_SEND_BUF, AN_NVSP_SEND_BUF_ID);
}

void an_nvsp_unshare(struct an_nic *nic)
{
	unshare_buffer(nic, &nic->recv);
	unshare_buffer(nic, &nic->send);
}

void an_nvsp_free(struct an_nic *nic)
{
	vfree(nic->recv.memory);
	vfree(nic->send.memory);
	bitmap_free(nic->send_used);
}
