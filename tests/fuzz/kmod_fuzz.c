// SPDX-License-Identifier: BSD-3-Clause
/*
 * libFuzzer over what the kernel module takes from the host: the parsers of kmod/, compiled in user
 * space. The first byte of an input chooses the parser, the second what it is told beside the
 * bytes. These lie in a block of their own, of just their length, so that ASan sees a read past
 * them.
 */
#include "../../kmod/nvsp_parse.h"
#include "../../kmod/rndis_parse.h"

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define HEAD 2u /* bytes of an input that choose */

static void must(bool holds)
{
	if (!holds)
		__builtin_trap();
}

static uint8_t *block(size_t len)
{
	uint8_t *bytes = malloc(len != 0 ? len : 1);

	must(bytes != NULL);
	return bytes;
}

static void rndis_message(uint8_t *bytes, u32 len, uint8_t choice)
{
	struct an_rndis_rx rx;

	(void)choice;
	if (an_rndis_parse(bytes, len, &rx) != 0)
		return;
	if (rx.type == AN_RNDIS_PACKET)
		must(rx.data_offset <= len && rx.data_len <= len - rx.data_offset);
	else if (rx.type != AN_RNDIS_INDICATE)
		must(rx.len <= len);
}

static void rndis_answer(uint8_t *bytes, u32 len, uint8_t choice)
{
	const void *info;
	u32 info_len;

	an_rndis_status(bytes, len);
	if (an_rndis_query_info(bytes, len, choice, &info, &info_len) != 0)
		return;
	must(info_len <= choice && (const uint8_t *)info >= bytes &&
	     (size_t)((const uint8_t *)info - bytes) + info_len <= len);
}

static void rndis_capabilities(uint8_t *bytes, u32 len, uint8_t choice)
{
	struct an_offload offload;
	u32 queues, entries;

	if (choice & 1)
		an_rndis_parse_offload(bytes, len, &offload);
	else if (an_rndis_parse_rss(bytes, len, &queues, &entries) == 0)
		must(queues >= 1 && entries <= 256);
}

static void nvsp_inband(uint8_t *bytes, u32 len, uint8_t choice)
{
	static const u32 version[] = {
		AN_NVSP_VERSION_1, AN_NVSP_VERSION_2, AN_NVSP_VERSION_4, AN_NVSP_VERSION_5,
		AN_NVSP_VERSION_6, AN_NVSP_VERSION_61,
	};
	struct an_nvsp_inband in;

	if (an_nvsp_parse_inband(bytes, len, version[choice % 6], &in) == 0 &&
	    in.type == AN_NVSP_SWITCH_DATA_PATH)
		must(in.path == AN_NVSP_DATAPATH_SYNTHETIC || in.path == AN_NVSP_DATAPATH_VF);
}

static void nvsp_answer(uint8_t *bytes, u32 len, uint8_t choice)
{
	static const u32 want[] = {
		AN_NVSP_INIT_COMPLETE, AN_NVSP_SEND_RECV_BUF_COMPLETE,
		AN_NVSP_SEND_SEND_BUF_COMPLETE, AN_NVSP_SUBCHANNEL, AN_NVSP_SEND_RNDIS_COMPLETE,
	};
	const u32 size = 1u << 20;
	struct an_nvsp_message msg;
	u32 section;

	if (an_nvsp_parse_answer(bytes, len, want[choice % 5], &msg) != 0)
		return;
	an_nvsp_check_recv_buf(&msg, size);
	if (an_nvsp_check_send_buf(&msg, size, &section) == 0)
		must(section != 0 && section <= size);
}

/* The descriptor's extension and the payload are two blocks: choice says where it is cut, and that
 * type and id, which no fuzzer guesses, are right. */
static void nvsp_transfer(uint8_t *bytes, u32 len, uint8_t choice)
{
	const u32 size = 1u << 16;
	const struct an_transfer_range *ranges;
	u32 head_len = (choice & 0x7fu) < len ? choice & 0x7fu : len;
	const struct an_transfer_header header = { .pageset = AN_NVSP_RECV_BUF_ID };
	const __le32 type = AN_NVSP_SEND_RNDIS;
	uint8_t *payload = block(len - head_len), *head = block(head_len);
	int count;

	memcpy(head, bytes, head_len);
	memcpy(payload, bytes + head_len, len - head_len);
	if (choice & 0x80 && head_len >= sizeof(header.pageset) && len - head_len >= sizeof(type)) {
		memcpy(head, &header.pageset, sizeof(header.pageset));
		memcpy(payload, &type, sizeof(type));
	}
	count = an_nvsp_parse_transfer(head, head_len, payload, len - head_len, &ranges);
	for (int i = 0; i < count; i++) {
		struct an_transfer_range range = ranges[i];

		if (an_nvsp_range_ok(&range, size))
			must((uint64_t)range.offset + range.len <= size);
	}
	free(head);
	free(payload);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const parser[])(uint8_t *, u32, uint8_t) = {
		rndis_message, rndis_answer, rndis_capabilities, nvsp_inband, nvsp_answer,
		nvsp_transfer,
	};
	uint8_t *bytes;
	size_t len;

	if (size < HEAD)
		return 0;
	len = size - HEAD;
	bytes = block(len);
	memcpy(bytes, data + HEAD, len);
	parser[data[0] % (sizeof(parser) / sizeof(parser[0]))](bytes, (u32)len, data[1]);
	free(bytes);
	return 0;
}
