// SPDX-License-Identifier: BSD-3-Clause
/* NVSP as a host that lies would speak it. Buffers are allocated to their length: ASan watches. */
#include "../../kmod/nvsp_parse.h"
#include "unit.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define TABLE_OLD_OFFSET 40

static void *exactly(const void *data, size_t len)
{
	void *copy = malloc(len ? len : 1);

	memcpy(copy, data, len);
	return copy;
}

static int inband(const struct an_nvsp_message *msg, u32 len, struct an_nvsp_inband *in)
{
	void *copy = exactly(msg, len);
	int ret = an_nvsp_parse_inband(copy, len, AN_NVSP_VERSION_61, in);

	free(copy);
	return ret;
}

static void association(void)
{
	struct an_nvsp_message msg = { .type = htole32(AN_NVSP_SEND_VF_ASSOCIATION) };
	struct an_nvsp_inband in;

	msg.vf_association.allocated = htole32(1);
	msg.vf_association.serial = htole32(77);
	for (u32 len = 0; len < 12; len++)
		CU_ASSERT_EQUAL(inband(&msg, len, &in), -EBADMSG);
	CU_ASSERT_EQUAL(inband(&msg, 12, &in), 0);
	CU_ASSERT_EQUAL(inband(&msg, sizeof(msg), &in), 0);
	CU_ASSERT_TRUE(in.association.allocated);
	CU_ASSERT_EQUAL(in.association.serial, 77);
}

static void switch_path(void)
{
	struct an_nvsp_message msg = { .type = htole32(AN_NVSP_SWITCH_DATA_PATH) };
	struct an_nvsp_inband in;

	CU_ASSERT_EQUAL(inband(&msg, 7, &in), -EBADMSG);
	CU_ASSERT_EQUAL(inband(&msg, 8, &in), 0);
	CU_ASSERT_EQUAL(in.path, AN_NVSP_DATAPATH_SYNTHETIC);
	msg.datapath.active = htole32(2);
	CU_ASSERT_EQUAL(inband(&msg, 8, &in), -EBADMSG);
	msg.datapath.active = htole32(UINT32_MAX);
	CU_ASSERT_EQUAL(inband(&msg, 8, &in), -EBADMSG);
}

static void unknown_types(void)
{
	static const u32 type[] = { 0, 1, 101, 107, 108, 127, 130, 135, UINT32_MAX };
	struct an_nvsp_inband in;

	for (size_t i = 0; i < sizeof(type) / sizeof(type[0]); i++) {
		struct an_nvsp_message msg = { .type = htole32(type[i]) };

		CU_ASSERT_EQUAL(inband(&msg, sizeof(msg), &in), -ENOMSG);
	}
}

static void send_table(void)
{
	static const struct {
		u32 version, count, offset, len;
		int ret;
	} row[] = {
		{ AN_NVSP_VERSION_61, 16, 12, 76, 0 },
		{ AN_NVSP_VERSION_61, 16, 40, 104, 0 },
		{ AN_NVSP_VERSION_61, 16, 41, 104, -EBADMSG },
		{ AN_NVSP_VERSION_61, 16, 13, 76, -EBADMSG },
		{ AN_NVSP_VERSION_61, 16, 4, 104, -EBADMSG },
		{ AN_NVSP_VERSION_61, 15, 12, 76, -EBADMSG },
		{ AN_NVSP_VERSION_61, 17, 12, 80, -EBADMSG },
		{ AN_NVSP_VERSION_61, 16, UINT32_MAX, 104, -EBADMSG },
		{ AN_NVSP_VERSION_61, UINT32_MAX, 12, 104, -EBADMSG },
		{ AN_NVSP_VERSION_61, 16, 12, 75, -EBADMSG },
		{ AN_NVSP_VERSION_61, 16, 12, 8, -EBADMSG },
		/* Up to 6.0 the offset may be wrong: the known place counts if it is there. */
		{ AN_NVSP_VERSION_6, 16, 12345, TABLE_OLD_OFFSET + 64, 0 },
		{ AN_NVSP_VERSION_6, 16, 12345, TABLE_OLD_OFFSET + 63, -EBADMSG },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		u8 *data = calloc(1, row[i].len);
		struct an_nvsp_message head = { .type = htole32(AN_NVSP_SEND_INDIRECTION_TABLE) };
		struct an_nvsp_inband in;

		head.send_table.count = htole32(row[i].count);
		head.send_table.offset = htole32(row[i].offset);
		memcpy(data, &head, row[i].len < 12 ? row[i].len : 12);
		CU_ASSERT_EQUAL(an_nvsp_parse_inband(data, row[i].len, row[i].version, &in),
				row[i].ret);
		free(data);
	}
}

static void answers(void)
{
	static const struct {
		u32 type, min;
	} row[] = {
		{ AN_NVSP_INIT_COMPLETE, 16 }, { AN_NVSP_SEND_RECV_BUF_COMPLETE, 28 },
		{ AN_NVSP_SEND_SEND_BUF_COMPLETE, 12 }, { AN_NVSP_SUBCHANNEL, 12 },
		{ AN_NVSP_SEND_RNDIS_COMPLETE, 8 },
	};
	struct an_nvsp_message out;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		u8 data[64] = { 0 };

		data[0] = row[i].type;
		for (u32 len = 0; len <= sizeof(data); len++) {
			void *copy = exactly(data, len);

			CU_ASSERT_EQUAL(an_nvsp_parse_answer(copy, len, row[i].type, &out),
					len < row[i].min ? -EBADMSG : 0);
			free(copy);
		}
		data[0]++;
		CU_ASSERT_EQUAL(an_nvsp_parse_answer(data, 40, row[i].type, &out), -EBADMSG);
	}
	CU_ASSERT_EQUAL(an_nvsp_parse_answer(&out, 40, AN_NVSP_INIT, &out), -EBADMSG);
}

static void receive_buffer(void)
{
	static const struct {
		u32 status, sections, offset, sub_size, sub_count, size;
		int ret;
	} row[] = {
		{ 1, 1, 0, 1728, 9709, 16 << 20, 0 },
		{ 1, 1, 0, 68, 1, 4096, 0 },
		{ 1, 1, 0, 4096, 1, 4096, 0 },
		{ 2, 1, 0, 1728, 9709, 16 << 20, -EPROTO },
		{ 0, 1, 0, 1728, 9709, 16 << 20, -EPROTO },
		{ 1, 0, 0, 1728, 9709, 16 << 20, -EBADMSG },
		{ 1, 2, 0, 1728, 9709, 16 << 20, -EBADMSG },
		{ 1, 1, 8, 1728, 100, 16 << 20, -EBADMSG },
		{ 1, 1, 0, 67, 1, 4096, -EBADMSG },
		{ 1, 1, 0, 1728, 0, 4096, -EBADMSG },
		{ 1, 1, 0, 1728, 9710, 16 << 20, -EBADMSG },
		{ 1, 1, 0, 0x80000000, 2, 4096, -EBADMSG },
		{ 1, 1, 0, UINT32_MAX, UINT32_MAX, UINT32_MAX, -EBADMSG },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct an_nvsp_message msg = { 0 };

		msg.recv_buf_complete.status = htole32(row[i].status);
		msg.recv_buf_complete.num_sections = htole32(row[i].sections);
		msg.recv_buf_complete.offset = htole32(row[i].offset);
		msg.recv_buf_complete.sub_alloc_size = htole32(row[i].sub_size);
		msg.recv_buf_complete.num_sub_allocs = htole32(row[i].sub_count);
		CU_ASSERT_EQUAL(an_nvsp_check_recv_buf(&msg, row[i].size), row[i].ret);
	}
}

static void send_buffer(void)
{
	struct an_nvsp_message msg = { 0 };
	u32 section;

	CU_ASSERT_EQUAL(an_nvsp_check_send_buf(&msg, 1 << 20, &section), -EPROTO);
	msg.send_buf_complete.status = htole32(AN_NVSP_STATUS_SUCCESS);
	CU_ASSERT_EQUAL(an_nvsp_check_send_buf(&msg, 1 << 20, &section), -EBADMSG);
	msg.send_buf_complete.section_size = htole32((1 << 20) + 1);
	CU_ASSERT_EQUAL(an_nvsp_check_send_buf(&msg, 1 << 20, &section), -EBADMSG);
	msg.send_buf_complete.section_size = htole32(6144);
	CU_ASSERT_EQUAL(an_nvsp_check_send_buf(&msg, 1 << 20, &section), 0);
	CU_ASSERT_EQUAL(section, 6144);
}

static void transfers(void)
{
	static const struct {
		u32 type, pageset, ranges, head_len, len;
		int ret;
	} row[] = {
		{ AN_NVSP_SEND_RNDIS, AN_NVSP_RECV_BUF_ID, 1, 16, 40, 1 },
		{ AN_NVSP_SEND_RNDIS, AN_NVSP_RECV_BUF_ID, 0, 8, 4, 0 },
		{ AN_NVSP_SEND_RNDIS, AN_NVSP_RECV_BUF_ID, 3, 32, 40, 3 },
		{ AN_NVSP_SEND_RNDIS, AN_NVSP_RECV_BUF_ID, 4, 32, 40, -EBADMSG },
		{ AN_NVSP_SEND_RNDIS, AN_NVSP_RECV_BUF_ID, 0x20000001, 16, 40, -EBADMSG },
		{ AN_NVSP_SEND_RNDIS, AN_NVSP_RECV_BUF_ID, UINT32_MAX, 16, 40, -EBADMSG },
		{ AN_NVSP_SEND_RNDIS, AN_NVSP_RECV_BUF_ID, 1, 0, 40, -EBADMSG },
		{ AN_NVSP_SEND_RNDIS, AN_NVSP_RECV_BUF_ID, 1, 7, 40, -EBADMSG },
		{ AN_NVSP_SEND_RNDIS, 0xcaff, 1, 16, 40, -EBADMSG },
		{ AN_NVSP_SEND_RNDIS_COMPLETE, AN_NVSP_RECV_BUF_ID, 1, 16, 40, -EBADMSG },
		{ AN_NVSP_SEND_RNDIS, AN_NVSP_RECV_BUF_ID, 1, 16, 3, -EBADMSG },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct an_transfer_header header = {
			.pageset = htole16(row[i].pageset),
			.ranges = htole32(row[i].ranges),
		};
		u8 *head = calloc(1, row[i].head_len + 1);
		u8 *payload = calloc(1, row[i].len);
		const struct an_transfer_range *range;
		__le32 type = htole32(row[i].type);

		memcpy(head, &header, row[i].head_len < 8 ? row[i].head_len : 8);
		memcpy(payload, &type, row[i].len < 4 ? row[i].len : 4);
		CU_ASSERT_EQUAL(an_nvsp_parse_transfer(head, row[i].head_len, payload,
						       row[i].len, &range), row[i].ret);
		free(head);
		free(payload);
	}
}

static void ranges(void)
{
	static const struct {
		u32 offset, len;
		bool ok;
	} row[] = {
		{ 0, 4096, true }, { 4096, 0, true }, { 4095, 1, true }, { 0, 4097, false },
		{ 4096, 1, false }, { 4097, 0, false }, { UINT32_MAX, 2, false },
		{ 1, UINT32_MAX, false }, { UINT32_MAX, UINT32_MAX, false },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct an_transfer_range range = { htole32(row[i].len), htole32(row[i].offset) };

		CU_ASSERT_EQUAL(an_nvsp_range_ok(&range, 4096), row[i].ok);
	}
}

static CU_TestInfo tests[] = {
	{ "VF association", association },
	{ "data path switch", switch_path },
	{ "unknown types", unknown_types },
	{ "send table", send_table },
	{ "answers of every length", answers },
	{ "cut of the receive buffer", receive_buffer },
	{ "cut of the send buffer", send_buffer },
	{ "transfer packets", transfers },
	{ "ranges of the receive buffer", ranges },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("kmod/nvsp", NULL, NULL, tests);
