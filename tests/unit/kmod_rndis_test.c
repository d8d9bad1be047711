// SPDX-License-Identifier: BSD-3-Clause
/*
 * RNDIS as a host that lies would speak it. Messages are put together by hand, then every length
 * and every offset is bent; buffers are allocated to their length, so ASan sees any byte too far.
 */
#include "../../kmod/rndis_parse.h"
#include "unit.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define FRAME 60

static u8 message[512];
static u32 message_len;

static void put32(u32 at, u32 value)
{
	__le32 le = htole32(value);

	memcpy(message + at, &le, sizeof(le));
}

static u32 get32(u32 at)
{
	__le32 le;

	memcpy(&le, message + at, sizeof(le));
	return le32toh(le);
}

/* Offsets into a data message. */
enum {
	AT_TYPE = 0, AT_LEN = 4, AT_DATA_OFFSET = 8, AT_DATA_LEN = 12, AT_PPI_OFFSET = 28,
	AT_PPI_LEN = 32, AT_PPI = 44,
};

static void a_frame_with_everything(void)
{
	struct an_rndis_tx tx = {
		.data_len = FRAME, .hash = 0x12345678, .csum = AN_NDIS_RX_TCP_GOOD,
		.vlan = 0x7123, .has_vlan = true,
	};

	memset(message, 0xee, sizeof(message));
	message_len = an_rndis_build(message, &tx) + FRAME;
}

static int parse(struct an_rndis_rx *rx)
{
	u8 *copy = malloc(message_len ? message_len : 1);
	int ret;

	memcpy(copy, message, message_len);
	ret = an_rndis_parse(copy, message_len, rx);
	if (!ret && rx->type == AN_RNDIS_PACKET) {
		CU_ASSERT(rx->data_offset <= message_len);
		CU_ASSERT(rx->data_len <= message_len - rx->data_offset);
	}
	free(copy);
	return ret;
}

static void what_is_built_is_read(void)
{
	struct an_rndis_rx rx;

	a_frame_with_everything();
	CU_ASSERT_EQUAL(message_len, AN_RNDIS_HEADER + 36 + 3 * 16 + FRAME);
	CU_ASSERT_EQUAL(get32(AT_LEN), message_len);
	CU_ASSERT_EQUAL(parse(&rx), 0);
	CU_ASSERT_EQUAL(rx.type, AN_RNDIS_PACKET);
	CU_ASSERT_EQUAL(rx.data_len, FRAME);
	CU_ASSERT_EQUAL(rx.data_offset, message_len - FRAME);
	CU_ASSERT_EQUAL(rx.csum, AN_NDIS_RX_TCP_GOOD);
	CU_ASSERT_TRUE(rx.has_vlan);
	CU_ASSERT_EQUAL(rx.vlan, 0x7123);
	CU_ASSERT_TRUE(rx.has_hash);
	CU_ASSERT_EQUAL(rx.hash, 0x12345678);
}

static void headers_of_all_kinds(void)
{
	for (unsigned int bits = 0; bits < 16; bits++) {
		struct an_rndis_tx tx = {
			.data_len = FRAME,
			.hash = bits & 1 ? 5 : 0,
			.has_vlan = bits & 2,
			.vlan = bits & 2 ? 0xf001 : 0,
			.csum = bits & 4 ? AN_NDIS_TX_IPV4 : 0,
			.lso = bits & 8 ? AN_NDIS_LSO_V2 | 1448 : 0,
		};
		struct an_rndis_rx rx;
		u32 ppis = !!(bits & 1) + !!(bits & 2) + !!(bits & 12), len;

		len = an_rndis_build(message, &tx);
		CU_ASSERT_EQUAL(len, 44 + 16 * ppis);
		CU_ASSERT(len <= AN_RNDIS_TX_HEADER_MAX);
		message_len = len + FRAME;
		CU_ASSERT_EQUAL(parse(&rx), 0);
		CU_ASSERT_EQUAL(rx.has_vlan, !!(bits & 2));
		if (rx.has_vlan)
			CU_ASSERT_EQUAL(rx.vlan, 0xf001);
	}
}

static void every_length(void)
{
	u32 whole;

	a_frame_with_everything();
	whole = message_len;
	for (message_len = 0; message_len < whole; message_len++) {
		struct an_rndis_rx rx;

		CU_ASSERT_EQUAL(parse(&rx), -EBADMSG);
	}
}

static void bent_fields(void)
{
	static const struct {
		u32 at, value;
		int ret;
	} row[] = {
		{ AT_LEN, 7, -EBADMSG }, { AT_LEN, 0, -EBADMSG }, { AT_LEN, 8, -EBADMSG },
		{ AT_LEN, 43, -EBADMSG }, { AT_LEN, UINT32_MAX, -EBADMSG },
		{ AT_TYPE, 0, -ENOMSG }, { AT_TYPE, 6, -ENOMSG }, { AT_TYPE, 0x80000006, -ENOMSG },
		{ AT_DATA_OFFSET, 0, -EBADMSG }, { AT_DATA_OFFSET, 35, -EBADMSG },
		{ AT_DATA_OFFSET, 85, -EBADMSG }, { AT_DATA_OFFSET, UINT32_MAX, -EBADMSG },
		{ AT_DATA_OFFSET, UINT32_MAX - 7, -EBADMSG }, { AT_DATA_OFFSET, 83, 0 },
		{ AT_DATA_LEN, 0, -EBADMSG }, { AT_DATA_LEN, 13, -EBADMSG },
		{ AT_DATA_LEN, 14, 0 }, { AT_DATA_LEN, FRAME + 1, -EBADMSG },
		{ AT_DATA_LEN, UINT32_MAX, -EBADMSG },
		{ AT_PPI_OFFSET, 0, 0 }, { AT_PPI_OFFSET, 1, -EBADMSG },
		{ AT_PPI_OFFSET, 35, -EBADMSG }, { AT_PPI_OFFSET, 97, -EBADMSG },
		{ AT_PPI_OFFSET, UINT32_MAX, -EBADMSG },
		{ AT_PPI_LEN, 0, 0 }, { AT_PPI_LEN, 11, -EBADMSG }, { AT_PPI_LEN, 12, -EBADMSG },
		{ AT_PPI_LEN, 16, 0 }, { AT_PPI_LEN, UINT32_MAX, -EBADMSG },
		/* The first PPI: size, offset of its data. */
		{ AT_PPI, 0, -EBADMSG }, { AT_PPI, 11, -EBADMSG }, { AT_PPI, 49, -EBADMSG },
		{ AT_PPI, UINT32_MAX, -EBADMSG }, { AT_PPI, 48, 0 },
		{ AT_PPI + 8, 0, -EBADMSG }, { AT_PPI + 8, 17, -EBADMSG },
		{ AT_PPI + 8, 16, 0 }, { AT_PPI + 8, UINT32_MAX, -EBADMSG },
		/* The second one ends where the information ends. */
		{ AT_PPI + 16, 33, -EBADMSG }, { AT_PPI + 16, 32, 0 },
		/* The type of the first: an internal one is none of ours. */
		{ AT_PPI + 4, 0x80000000, 0 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct an_rndis_rx rx;
		int ret;

		a_frame_with_everything();
		put32(row[i].at, row[i].value);
		ret = parse(&rx);
		CU_ASSERT_EQUAL(ret, row[i].ret);
	}
}

static void internal_ppis_are_not_ours(void)
{
	struct an_rndis_rx rx;

	a_frame_with_everything();
	put32(AT_PPI + 4, 0x80000000 | AN_NDIS_PPI_HASH);
	CU_ASSERT_EQUAL(parse(&rx), 0);
	CU_ASSERT_FALSE(rx.has_hash);
}

/* Every single byte, every value of it that changes a field much: never a byte too far. */
static void bent_bytes(void)
{
	static const u8 value[] = { 0x00, 0x01, 0x7f, 0x80, 0xff };

	for (u32 at = 0; at < 44 + 48; at++) {
		for (size_t i = 0; i < sizeof(value); i++) {
			struct an_rndis_rx rx;

			a_frame_with_everything();
			message[at] = value[i];
			parse(&rx);
		}
	}
	CU_PASS("no overrun");
}

static void too_much_information(void)
{
	struct an_rndis_tx tx = { .data_len = FRAME };
	struct an_rndis_rx rx;
	u32 at;

	an_rndis_build(message, &tx);
	for (at = AT_PPI; at < AT_PPI + AN_RNDIS_PPI_MAX + 16; at += 16) {
		put32(at, 16);
		put32(at + 4, AN_NDIS_PPI_HASH);
		put32(at + 8, 12);
	}
	message_len = at + FRAME;
	put32(AT_LEN, message_len);
	put32(AT_DATA_OFFSET, at - AN_RNDIS_HEADER);
	put32(AT_PPI_LEN, AN_RNDIS_PPI_MAX);
	CU_ASSERT_EQUAL(parse(&rx), 0);
	put32(AT_PPI_LEN, AN_RNDIS_PPI_MAX + 16);
	CU_ASSERT_EQUAL(parse(&rx), -EBADMSG);
}

static void answers(void)
{
	struct an_rndis_rx rx;

	memset(message, 0, sizeof(message));
	put32(0, AN_RNDIS_QUERY_COMPLETE);
	put32(4, 24);
	put32(8, 42);
	for (message_len = 0; message_len < 24; message_len++)
		CU_ASSERT_EQUAL(parse(&rx), -EBADMSG);
	message_len = 24;
	CU_ASSERT_EQUAL(parse(&rx), 0);
	CU_ASSERT_EQUAL(rx.id, 42);
	CU_ASSERT_EQUAL(rx.len, 24);
	put32(4, 15);	/* shorter than id and status */
	CU_ASSERT_EQUAL(parse(&rx), -EBADMSG);
}

static void query_information(void)
{
	static const struct {
		u32 status, info_len, offset, len;
		int ret;
	} row[] = {
		{ 0, 6, 16, 30, 0 }, { 0, 0, 16, 24, 0 }, { 0, 6, 16, 29, -EBADMSG },
		{ 0, 7, 16, 40, -EBADMSG }, { 0, 6, 15, 40, -EBADMSG }, { 0, 6, 0, 40, -EBADMSG },
		{ 0, 6, UINT32_MAX, 40, -EBADMSG }, { 0, UINT32_MAX, 16, 40, -EBADMSG },
		{ 0, 6, 27, 40, -EBADMSG }, { 0, 6, 26, 40, 0 },
		{ 0xc00000bb, 6, 16, 40, -EOPNOTSUPP }, { 0, 6, 16, 23, -EBADMSG },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		const void *info;
		u8 *copy;
		u32 len;
		int ret;

		put32(12, row[i].status);
		put32(16, row[i].info_len);
		put32(20, row[i].offset);
		copy = malloc(row[i].len);
		memcpy(copy, message, row[i].len);
		ret = an_rndis_query_info(copy, row[i].len, 6, &info, &len);
		CU_ASSERT_EQUAL(ret, row[i].ret);
		if (!ret)
			CU_ASSERT((const u8 *)info + len <= copy + row[i].len);
		free(copy);
	}
}

static void status(void)
{
	put32(12, AN_RNDIS_SUCCESS);
	CU_ASSERT_EQUAL(an_rndis_status(message, 15), -EBADMSG);
	CU_ASSERT_EQUAL(an_rndis_status(message, 16), 0);
	put32(12, 0xc0000001);
	CU_ASSERT_EQUAL(an_rndis_status(message, 16), -EOPNOTSUPP);
}

static void indications(void)
{
	struct an_rndis_rx rx;

	memset(message, 0, sizeof(message));
	put32(0, AN_RNDIS_INDICATE);
	put32(4, 20);
	put32(8, AN_RNDIS_MEDIA_CONNECT);
	message_len = 20;
	CU_ASSERT_EQUAL(parse(&rx), 0);
	CU_ASSERT_EQUAL(rx.status, AN_RNDIS_MEDIA_CONNECT);
	message_len = 19;
	CU_ASSERT_EQUAL(parse(&rx), -EBADMSG);

	put32(8, AN_RNDIS_LINK_SPEED_CHANGE);
	put32(12, 4);
	put32(16, 12);
	put32(20, 123456);
	message_len = 24;
	CU_ASSERT_EQUAL(parse(&rx), 0);	/* the head's length leaves the buffer out */
	CU_ASSERT_EQUAL(rx.speed, 123456);
	put32(16, 13);
	CU_ASSERT_EQUAL(parse(&rx), -EBADMSG);
	put32(16, UINT32_MAX);
	CU_ASSERT_EQUAL(parse(&rx), -EBADMSG);
	put32(16, 0);
	CU_ASSERT_EQUAL(parse(&rx), -EBADMSG);
	put32(16, 12);
	put32(12, 3);
	CU_ASSERT_EQUAL(parse(&rx), -EBADMSG);
}

static void offload_capabilities(void)
{
	struct an_ndis_offload caps = {
		.header = { AN_NDIS_OBJECT_OFFLOAD, 3, htole16(156) },
	};
	struct an_offload has;

	CU_ASSERT_EQUAL(an_rndis_parse_offload(&caps, 156, &has), 0);
	CU_ASSERT_FALSE(has.tcp4 || has.udp4 || has.tcp6 || has.udp6);
	CU_ASSERT_EQUAL(has.lso4_max, 0);
	caps.ip4_tx_csum = htole32(AN_TXCSUM_UDP4);
	caps.lso_ip4_encap = htole32(AN_NDIS_ENCAP_8023);
	caps.lso_ip4_max = htole32(65000);
	CU_ASSERT_EQUAL(an_rndis_parse_offload(&caps, 156, &has), 0);
	CU_ASSERT_FALSE(has.udp4);	/* not without TCP */
	CU_ASSERT_EQUAL(has.lso4_max, 0);
	caps.ip4_tx_csum = htole32(AN_TXCSUM_UDP4 | AN_TXCSUM_TCP4);
	CU_ASSERT_EQUAL(an_rndis_parse_offload(&caps, 156, &has), 0);
	CU_ASSERT_TRUE(has.tcp4 && has.udp4);
	CU_ASSERT_EQUAL(has.lso4_max, 65000);

	CU_ASSERT_EQUAL(an_rndis_parse_offload(&caps, 155, &has), -EBADMSG);
	caps.header.size = htole16(112);
	CU_ASSERT_EQUAL(an_rndis_parse_offload(&caps, 112, &has), 0);
	CU_ASSERT_EQUAL(an_rndis_parse_offload(&caps, 111, &has), -EBADMSG);
	caps.header.size = htole16(111);
	CU_ASSERT_EQUAL(an_rndis_parse_offload(&caps, 156, &has), -EBADMSG);
	caps.header = (struct an_ndis_header){ 0xa8, 3, htole16(156) };
	CU_ASSERT_EQUAL(an_rndis_parse_offload(&caps, 156, &has), -EBADMSG);
	caps.header = (struct an_ndis_header){ AN_NDIS_OBJECT_OFFLOAD, 0, htole16(156) };
	CU_ASSERT_EQUAL(an_rndis_parse_offload(&caps, 156, &has), -EBADMSG);
}

static void rss_capabilities(void)
{
	struct an_ndis_rss_caps caps = { .queues = htole32(8), .table_entries = htole16(64) };
	u32 queues, entries;

	CU_ASSERT_EQUAL(an_rndis_parse_rss(&caps, 17, &queues, &entries), -EBADMSG);
	CU_ASSERT_EQUAL(queues, 1);
	CU_ASSERT_EQUAL(an_rndis_parse_rss(&caps, 18, &queues, &entries), 0);
	CU_ASSERT_EQUAL(queues, 8);
	CU_ASSERT_EQUAL(entries, 64);
	caps.table_entries = htole16(257);
	CU_ASSERT_EQUAL(an_rndis_parse_rss(&caps, 18, &queues, &entries), 0);
	CU_ASSERT_EQUAL(entries, 128);
	caps.queues = htole32(1);
	CU_ASSERT_EQUAL(an_rndis_parse_rss(&caps, 18, &queues, &entries), 0);
	CU_ASSERT_EQUAL(queues, 1);
	CU_ASSERT_EQUAL(entries, 0);
}

static CU_TestInfo tests[] = {
	{ "what is built is read", what_is_built_is_read },
	{ "headers of all kinds", headers_of_all_kinds },
	{ "a data message of every length", every_length },
	{ "bent fields", bent_fields },
	{ "internal information is not ours", internal_ppis_are_not_ours },
	{ "bent bytes", bent_bytes },
	{ "too much per-packet information", too_much_information },
	{ "answers", answers },
	{ "information in a query answer", query_information },
	{ "status of an answer", status },
	{ "indications", indications },
	{ "offload capabilities", offload_capabilities },
	{ "RSS capabilities", rss_capabilities },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("kmod/rndis", NULL, NULL, tests);
