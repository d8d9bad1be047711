// SPDX-License-Identifier: GPL-2.0-only
/*
 * Validation of NVSP messages from the host: no kernel services, no state. The host may put any
 * number in any field; what leaves this file has been checked against the length that arrived.
 */
#include "nvsp_parse.h"

#include <asm/byteorder.h>
#include <linux/errno.h>
#include <linux/string.h>

#define AN_NVSP_TYPE_LEN sizeof_field(struct an_nvsp_msg, type)
#define AN_NVSP_LEN(member) \
	(AN_NVSP_TYPE_LEN + sizeof_field(struct an_nvsp_msg, member))

/* Where hosts up to NVSP 6.0 really put the table, whatever they say: after the largest body of
 * version 6 messages. Source: netvsc.c netvsc_send_table.
 */
#define AN_NVSP_OLD_TABLE_OFFSET 40

static int parse_table(const u8 *data, u32 len, u32 version, struct an_nvsp_inband *in)
{
	const struct an_nvsp_msg *msg = (const void *)data;
	u32 offset, i;
	__le32 entry;

	if (len < AN_NVSP_LEN(send_table) + sizeof(in->table))
		return -EBADMSG;
	if (__le32_to_cpu(msg->send_table.count) != AN_NVSP_SEND_TABLE_SIZE)
		return -EBADMSG;
	offset = __le32_to_cpu(msg->send_table.offset);
	if (version <= AN_NVSP_V6 && len >= AN_NVSP_OLD_TABLE_OFFSET + sizeof(in->table))
		offset = AN_NVSP_OLD_TABLE_OFFSET;
	if (offset < AN_NVSP_LEN(send_table) || offset > len - sizeof(in->table))
		return -EBADMSG;
	for (i = 0; i < AN_NVSP_SEND_TABLE_SIZE; i++) {
		memcpy(&entry, data + offset + i * sizeof(entry), sizeof(entry));
		in->table[i] = __le32_to_cpu(entry);
	}
	return 0;
}

int an_nvsp_parse_inband(const void *data, u32 len, u32 version, struct an_nvsp_inband *in)
{
	const struct an_nvsp_msg *msg = data;
	u32 path;

	if (len < AN_NVSP_TYPE_LEN)
		return -EBADMSG;
	in->type = __le32_to_cpu(msg->type);
	switch (in->type) {
	case AN_NVSP_VF_ASSOCIATION:
		if (len < AN_NVSP_LEN(association))
			return -EBADMSG;
		in->association.allocated = msg->association.allocated != 0;
		in->association.serial = __le32_to_cpu(msg->association.serial);
		return 0;
	case AN_NVSP_SWITCH_PATH:
		if (len < AN_NVSP_LEN(switch_path))
			return -EBADMSG;
		path = __le32_to_cpu(msg->switch_path.path);
		if (path > AN_NVSP_PATH_VF)
			return -EBADMSG;
		in->path = path;
		return 0;
	case AN_NVSP_SEND_TABLE:
		return parse_table(data, len, version, in);
	default:
		return -ENOMSG;
	}
}

int an_nvsp_parse_answer(const void *data, u32 len, u32 want, struct an_nvsp_msg *msg)
{
	u32 need;

	switch (want) {
	case AN_NVSP_INIT_DONE:
		need = AN_NVSP_LEN(init_done);
		break;
	case AN_NVSP_RECV_BUF_DONE:
		need = AN_NVSP_LEN(recv_buf_done);
		break;
	case AN_NVSP_SEND_BUF_DONE:
		need = AN_NVSP_LEN(send_buf_done);
		break;
	case AN_NVSP_SUBCHANNEL:
		need = AN_NVSP_LEN(subchannel_done);
		break;
	case AN_NVSP_RNDIS_DONE:
		need = AN_NVSP_LEN(rndis_done);
		break;
	default:
		return -EBADMSG;
	}
	if (len < need)
		return -EBADMSG;
	memset(msg, 0, sizeof(*msg));
	memcpy(msg, data, len < sizeof(*msg) ? len : sizeof(*msg));
	return __le32_to_cpu(msg->type) == want ? 0 : -EBADMSG;
}

int an_nvsp_check_recv_buf(const struct an_nvsp_msg *msg, u32 size)
{
	u64 sub_size = __le32_to_cpu(msg->recv_buf_done.sub_size);
	u64 sub_count = __le32_to_cpu(msg->recv_buf_done.sub_count);

	if (__le32_to_cpu(msg->recv_buf_done.status) != AN_NVSP_SUCCESS)
		return -EPROTO;
	if (__le32_to_cpu(msg->recv_buf_done.sections) != 1 || msg->recv_buf_done.offset)
		return -EBADMSG;
	if (sub_size < AN_NVSP_SECTION_MIN || sub_count == 0 || sub_size * sub_count > size)
		return -EBADMSG;
	return 0;
}

int an_nvsp_check_send_buf(const struct an_nvsp_msg *msg, u32 size, u32 *section_size)
{
	*section_size = __le32_to_cpu(msg->send_buf_done.section_size);
	if (__le32_to_cpu(msg->send_buf_done.status) != AN_NVSP_SUCCESS)
		return -EPROTO;
	if (*section_size < AN_NVSP_SECTION_MIN || *section_size > size)
		return -EBADMSG;
	return 0;
}

int an_nvsp_parse_transfer(const void *head, u32 head_len, const void *payload, u32 len,
			   const struct an_transfer_range **ranges)
{
	const struct an_transfer_header *header = head;
	const struct an_nvsp_msg *msg = payload;
	u32 count;

	if (head_len < sizeof(*header) || len < AN_NVSP_TYPE_LEN)
		return -EBADMSG;
	if (__le32_to_cpu(msg->type) != AN_NVSP_RNDIS)
		return -EBADMSG;
	if (__le16_to_cpu(header->pageset) != AN_NVSP_RECV_BUF_ID)
		return -EBADMSG;
	count = __le32_to_cpu(header->ranges);
	if (count > (head_len - sizeof(*header)) / sizeof(**ranges))
		return -EBADMSG;
	*ranges = (const void *)(header + 1);
	return count;
}

bool an_nvsp_range_ok(const struct an_transfer_range *range, u32 size)
{
	u32 offset = __le32_to_cpu(range->offset);

	return offset <= size && __le32_to_cpu(range->len) <= size - offset;
}
