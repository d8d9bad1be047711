// SPDX-License-Identifier: GPL-2.0-only
/*
 * Validation of NVSP messages from the host: no kernel services, no state. The host may put any
 * number in any field; what leaves this file has been checked against the length that arrived.
 */
#include "nvsp_parse.h"

#include <asm/byteorder.h>
#include <linux/errno.h>
#include <linux/string.h>

#define AN_NVSP_TYPE_LEN sizeof_field(struct an_nvsp_message, type)
#define AN_NVSP_LEN(member) \
	(AN_NVSP_TYPE_LEN + sizeof_field(struct an_nvsp_message, member))

/* Where hosts up to NVSP 6.0 really put the table, whatever they say: after the largest body of
 * version 6 messages. Source: netvsc.c netvsc_send_table.
 */
#define AN_NVSP_OLD_TABLE_OFFSET 40

static int parse_table(const u8 *data, u32 len, u32 version, struct an_nvsp_inband *in)
{
	const struct an_nvsp_message *msg = (const void *)data;
	u32 offset, i;
	__le32 entry;

	if (len < AN_NVSP_LEN(send_table) + sizeof(in->table))
		return -EBADMSG;
	if (__le32_to_cpu(msg->send_table.count) != AN_NVSP_SEND_TABLE)
		return -EBADMSG;
	offset = __le32_to_cpu(msg->send_table.offset);
	if (version <= AN_NVSP_VERSION_6 && len >= AN_NVSP_OLD_TABLE_OFFSET + sizeof(in->table))
		offset = AN_NVSP_OLD_TABLE_OFFSET;
	if (offset < AN_NVSP_LEN(send_table) || offset > len - sizeof(in->table))
		return -EBADMSG;
	for (i = 0; i < AN_NVSP_SEND_TABLE; i++) {
		memcpy(&entry, data + offset + i * sizeof(entry), sizeof(entry));
		in->table[i] = __le32_to_cpu(entry);
	}
	return 0;
}

int an_nvsp_parse_inband(const void *data, u32 len, u32 version, struct an_nvsp_inband *in)
{
	const struct an_nvsp_message *msg = data;
	u32 path;

	if (len < AN_NVSP_TYPE_LEN)
		return -EBADMSG;
	in->type = __le32_to_cpu(msg->type);
	switch (in->type) {
	case AN_NVSP_SEND_VF_ASSOCIATION:
		if (len < AN_NVSP_LEN(vf_association))
			return -EBADMSG;
		in->association.allocated = msg->vf_association.allocated != 0;
		in->association.serial = __le32_to_cpu(msg->vf_association.serial);
		return 0;
	case AN_NVSP_SWITCH_DATA_PATH:
		if (len < AN_NVSP_LEN(datapath))
			return -EBADMSG;
		path = __le32_to_cpu(msg->datapath.active);
		if (path > AN_NVSP_DATAPATH_VF)
			return -EBADMSG;
		in->path = path;
		return 0;
	case AN_NVSP_SEND_INDIRECTION_TABLE:
		return parse_table(data, len, version, in);
	default:
		return -ENOMSG;
	}
}

int an_nvsp_parse_answer(const void *data, u32 len, u32 want, struct an_nvsp_message *msg)
{
	u32 need;

	switch (want) {
	case AN_NVSP_INIT_COMPLETE:
		need = AN_NVSP_LEN(init_complete);
		break;
	case AN_NVSP_SEND_RECV_BUF_COMPLETE:
		need = AN_NVSP_LEN(recv_buf_complete);
		break;
	case AN_NVSP_SEND_SEND_BUF_COMPLETE:
		need = AN_NVSP_LEN(send_buf_complete);
		break;
	case AN_NVSP_SUBCHANNEL:
		need = AN_NVSP_LEN(subchannel_complete);
		break;
	case AN_NVSP_SEND_RNDIS_COMPLETE:
		need = AN_NVSP_LEN(rndis_complete);
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

int an_nvsp_check_recv_buf(const struct an_nvsp_message *msg, u32 size)
{
	u64 sub_size = __le32_to_cpu(msg->recv_buf_complete.sub_alloc_size);
	u64 sub_count = __le32_to_cpu(msg->recv_buf_complete.num_sub_allocs);

	if (__le32_to_cpu(msg->recv_buf_complete.status) != AN_NVSP_STATUS_SUCCESS)
		return -EPROTO;
	if (__le32_to_cpu(msg->recv_buf_complete.num_sections) != 1 ||
	    msg->recv_buf_complete.offset)
		return -EBADMSG;
	if (sub_size < AN_NVSP_SECTION_MIN || sub_count == 0 || sub_size * sub_count > size)
		return -EBADMSG;
	return 0;
}

int an_nvsp_check_send_buf(const struct an_nvsp_message *msg, u32 size, u32 *section_size)
{
	*section_size = __le32_to_cpu(msg->send_buf_complete.section_size);
	if (__le32_to_cpu(msg->send_buf_complete.status) != AN_NVSP_STATUS_SUCCESS)
		return -EPROTO;
	if (*section_size < AN_NVSP_SECTION_MIN || *section_size > size)
		return -EBADMSG;
	return 0;
}

int an_nvsp_parse_transfer(const void *head, u32 head_len, const void *payload, u32 len,
			   const struct an_transfer_range **ranges)
{
	const struct an_transfer_header *header = head;
	const struct an_nvsp_message *msg = payload;
	u32 count;

	if (head_len < sizeof(*header) || len < AN_NVSP_TYPE_LEN)
		return -EBADMSG;
	if (__le32_to_cpu(msg->type) != AN_NVSP_SEND_RNDIS)
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
