// SPDX-License-Identifier: BSD-3-Clause
#include "vmbus_guest.h"

static struct vmbus_channel *ch;
static uint32_t relid;

static void setup(void)
{
	guest_start();
	guest_offer(1, 0, &ch);
	relid = vmbus_channel_relid(ch);
	guest_connect(VMBUS_VERSION_V5_3);
}

static void sizes(void)
{
	static const struct {
		uint32_t pages;
		bool created;
	} row[] = {
		{ 1, true }, { 26, true }, { 27, true }, { 26 + 28, true }, { 26 + 28 + 1, true },
		{ 4096, true }, /* netvsc's receive buffer */
		{ 8190, true }, { 8191, false }, { 32768, false }, /* range_buflen has 16 bits */
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct vmbus_gpadl *gpadl;

		guest.logged = 0;
		CU_ASSERT_EQUAL(guest_gpadl(relid, 0xE1E10 + i, 8, row[i].pages), row[i].created);
		CU_ASSERT_EQUAL(guest_count(VMBUS_MSG_GPADL_CREATED), 1);
		gpadl = vmbus_gpadl_find(ch, 0xE1E10 + i);
		CU_ASSERT_EQUAL(gpadl != NULL, row[i].created);
		if (gpadl != NULL)
			CU_ASSERT_EQUAL(vmbus_gpadl_size(gpadl), row[i].pages * LAB_PAGE_SIZE);
	}
}

static struct vmbus_msg_gpadl_header header_of(uint32_t pages)
{
	return (struct vmbus_msg_gpadl_header){
		.header.type = VMBUS_MSG_GPADL_HEADER,
		.relid = relid,
		.gpadl = 77,
		.range_buflen = 8 + 8 * pages,
		.range_count = 1,
		.byte_count = pages * LAB_PAGE_SIZE,
	};
}

static void flawed_headers(void)
{
	static const struct {
		uint32_t relid, gpadl;
		uint16_t buflen, ranges;
		uint32_t bytes, offset;
		size_t pfns, extra; /* in the message; bytes behind them */
		bool created;
	} row[] = {
		{ 1, 5, 24, 1, 8192, 0, 2, 0, true },
		{ 1, 5, 24, 1, 8192, 0, 2, 0, false }, /* handle taken */
		{ 1, 0, 24, 1, 8192, 0, 2, 0, false },
		{ 2, 6, 24, 1, 8192, 0, 2, 0, false },
		{ 0, 6, 24, 1, 8192, 0, 2, 0, false },
		{ UINT32_MAX, 6, 24, 1, 8192, 0, 2, 0, false },
		{ 1, 6, 24, 0, 8192, 0, 2, 0, false },
		{ 1, 6, 24, 2, 8192, 0, 2, 0, false },
		{ 1, 6, 24, 1, 0, 0, 2, 0, false },
		{ 1, 6, 8, 1, 0, 0, 0, 0, false },
		{ 1, 6, 24, 1, 8192, 4096, 2, 0, false },
		{ 1, 6, 32, 1, 8192, 4096, 3, 0, false },
		{ 1, 6, 24, 1, 8192, UINT32_MAX, 2, 0, false },
		{ 1, 6, 16, 1, 8192, 0, 2, 0, false }, /* buflen */
		{ 1, 6, 32, 1, 8192, 0, 2, 0, false },
		{ 1, 6, 24, 1, 8192, 1, 2, 0, false }, /* spans three pages */
		{ 1, 6, 32, 1, 8192, 1, 3, 0, true },
		{ 1, 7, 16, 1, 1, 4095, 1, 0, true },
		{ 1, 8, 24, 1, 2, 4095, 2, 0, true },
		{ 1, 9, 24, 1, 8192, 0, 2, 4, false }, /* not a whole PFN */
		{ 1, 9, 24, 1, 8192, 0, 3, 0, false }, /* one too many */
		{ 1, 9, 8, 1, UINT32_MAX, 4095, 0, 0, false },
	};

	CU_ASSERT_EQUAL(relid, 1);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct vmbus_msg_gpadl_header msg = header_of(2);
		const struct vmbus_msg_gpadl_created *answer;

		msg.relid = row[i].relid;
		msg.gpadl = row[i].gpadl;
		msg.range_buflen = row[i].buflen;
		msg.range_count = row[i].ranges;
		msg.byte_count = row[i].bytes;
		msg.byte_offset = row[i].offset;
		guest.logged = 0;
		guest_post(&msg, offsetof(struct vmbus_msg_gpadl_header, pfn) + row[i].pfns * 8 +
			   row[i].extra);
		answer = guest_got(VMBUS_MSG_GPADL_CREATED);
		CU_ASSERT_PTR_NOT_NULL_FATAL(answer);
		CU_ASSERT_EQUAL(answer->relid, row[i].relid);
		CU_ASSERT_EQUAL(answer->gpadl, row[i].gpadl);
		CU_ASSERT_EQUAL(answer->status == 0, row[i].created);
	}
}

/* A header for 10 pages brings 2; then bodies. The number in a body means nothing. */
static void bodies(void)
{
	static const struct {
		size_t bytes[3]; /* of PFNs, in each body; 0: not sent */
		int status; /* of GPADL_CREATED; -1: none comes */
	} row[] = {
		{ { 64 }, 0 },
		{ { 8, 8, 48 }, 0 },
		{ { 56 }, -1 },
		{ { 72 }, 1 },
		{ { 40, 32 }, 1 },
		{ { 60 }, 1 },
		{ { 8, 4 }, 1 },
		{ { 224 }, 1 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct vmbus_msg_gpadl_header head = header_of(10);
		struct vmbus_msg_gpadl_body body = {
			{ .type = VMBUS_MSG_GPADL_BODY }, 0xdead, 77, { 0 },
		};
		const struct vmbus_msg_gpadl_created *answer;

		guest_stop();
		setup();
		guest_post(&head, offsetof(struct vmbus_msg_gpadl_header, pfn) + 16);
		for (int b = 0; b < 3 && row[i].bytes[b] > 0; b++)
			guest_post(&body, offsetof(struct vmbus_msg_gpadl_body, pfn) +
				   row[i].bytes[b]);
		answer = guest_got(VMBUS_MSG_GPADL_CREATED);
		CU_ASSERT_EQUAL(answer != NULL ? answer->status != 0 : -1, row[i].status);
		CU_ASSERT_EQUAL(vmbus_gpadl_find(ch, 77) != NULL, row[i].status == 0);
	}
}

static void an_empty_body_ends_it(void)
{
	struct vmbus_msg_gpadl_header head = header_of(10);
	struct vmbus_msg_gpadl_body body = { { .type = VMBUS_MSG_GPADL_BODY }, 0, 77, { 0 } };
	const struct vmbus_msg_gpadl_created *answer;

	guest_post(&head, offsetof(struct vmbus_msg_gpadl_header, pfn));
	guest_post(&body, offsetof(struct vmbus_msg_gpadl_body, pfn));
	answer = guest_got(VMBUS_MSG_GPADL_CREATED);
	CU_ASSERT_PTR_NOT_NULL_FATAL(answer);
	CU_ASSERT_NOT_EQUAL(answer->status, 0);
}

/* Two channels assemble at once; the bodies name only the handle. */
static void interleaved(void)
{
	struct vmbus_msg_gpadl_header a = header_of(2), b = header_of(2);
	struct vmbus_msg_gpadl_body body = { { .type = VMBUS_MSG_GPADL_BODY }, 0, 0, { 0 } };
	struct vmbus_channel *other;

	CU_ASSERT_EQUAL(guest_offer(2, 0, &other), 0);
	b.relid = vmbus_channel_relid(other);
	b.gpadl = 78;
	guest_post(&a, offsetof(struct vmbus_msg_gpadl_header, pfn));
	guest_post(&b, offsetof(struct vmbus_msg_gpadl_header, pfn));
	body.gpadl = 77;
	guest_post(&body, offsetof(struct vmbus_msg_gpadl_body, pfn) + 16);
	CU_ASSERT_PTR_NOT_NULL(vmbus_gpadl_find(ch, 77));
	CU_ASSERT_PTR_NULL(vmbus_gpadl_find(other, 78));

	/* The other's handle is taken while it is assembled, and still belongs to it. */
	a.gpadl = 78;
	guest_post(&a, offsetof(struct vmbus_msg_gpadl_header, pfn));
	body.gpadl = 78;
	guest_post(&body, offsetof(struct vmbus_msg_gpadl_body, pfn) + 16);
	CU_ASSERT_PTR_NULL(vmbus_gpadl_find(ch, 78));
	CU_ASSERT_PTR_NOT_NULL(vmbus_gpadl_find(other, 78));
}

static void count_is_bounded(void)
{
	uint32_t n = 0;

	while (n < 1000 && guest_gpadl(relid, n + 1, 0, 1))
		n++;
	CU_ASSERT(n >= 8 && n < 1000);
	CU_ASSERT(guest_teardown(relid, 1));
	CU_ASSERT(guest_gpadl(relid, 2000, 0, 1));
}

static void teardown(void)
{
	CU_ASSERT(guest_gpadl(relid, 5, 8, 2));
	CU_ASSERT_FALSE(guest_teardown(relid, 6));
	CU_ASSERT_FALSE(guest_teardown(relid + 1, 5));
	CU_ASSERT_PTR_NOT_NULL(vmbus_gpadl_find(ch, 5));
	CU_ASSERT(guest_teardown(relid, 5));
	CU_ASSERT_PTR_NULL(vmbus_gpadl_find(ch, 5));
	CU_ASSERT_FALSE(guest_teardown(relid, 5));
	CU_ASSERT(guest_gpadl(relid, 5, 8, 2));
}

static void dropped_while_assembled(void)
{
	struct vmbus_msg_gpadl_header head = header_of(2);
	struct vmbus_msg_gpadl_body body = { { .type = VMBUS_MSG_GPADL_BODY }, 0, 77, { 0 } };

	guest_post(&head, offsetof(struct vmbus_msg_gpadl_header, pfn));
	vmbus_rescind(ch);
	guest_send(VMBUS_MSG_RELID_RELEASED, relid);
	CU_ASSERT_EQUAL(guest.released, 1);
	guest_post(&body, offsetof(struct vmbus_msg_gpadl_body, pfn) + 16);
	CU_ASSERT_EQUAL(guest_count(VMBUS_MSG_GPADL_CREATED), 0);
}

static void read_and_write(void)
{
	struct vmbus_msg_gpadl_header msg = header_of(3);
	uint8_t out[2 * LAB_PAGE_SIZE], in[2 * LAB_PAGE_SIZE];
	struct vmbus_gpadl *gpadl;

	/* 100 bytes into page 20, all of page 5, 50 bytes of page 30: 3996 + 4096 + 50 bytes. */
	msg.byte_offset = 100;
	msg.byte_count = 3996 + 4096 + 50;
	msg.pfn[0] = 20;
	msg.pfn[1] = 5;
	msg.pfn[2] = 30;
	guest_post(&msg, offsetof(struct vmbus_msg_gpadl_header, pfn) + 24);
	gpadl = vmbus_gpadl_find(ch, 77);
	CU_ASSERT_PTR_NOT_NULL_FATAL(gpadl);

	for (size_t i = 0; i < sizeof(out); i++)
		out[i] = i * 7 + 1;
	CU_ASSERT_EQUAL(vmbus_gpadl_write(gpadl, 1, out, 3996 + 4096), 0);
	CU_ASSERT_EQUAL(guest.ram[20][100], 0);
	CU_ASSERT_EQUAL(memcmp(&guest.ram[20][101], out, 3995), 0);
	CU_ASSERT_EQUAL(memcmp(guest.ram[5], out + 3995, 4096), 0);
	CU_ASSERT_EQUAL(guest.ram[30][0], out[3995 + 4096]);
	CU_ASSERT_EQUAL(guest.ram[30][1], 0);
	CU_ASSERT_EQUAL(guest.ram[21][0], 0);
	CU_ASSERT_EQUAL(vmbus_gpadl_read(gpadl, 1, in, 3996 + 4096), 0);
	CU_ASSERT_EQUAL(memcmp(in, out, 3996 + 4096), 0);

	CU_ASSERT_EQUAL(vmbus_gpadl_read(gpadl, 8142, in, 0), 0);
	CU_ASSERT_EQUAL(vmbus_gpadl_read(gpadl, 8141, in, 1), 0);
	CU_ASSERT_EQUAL(vmbus_gpadl_read(gpadl, 8141, in, 2), -EFAULT);
	CU_ASSERT_EQUAL(vmbus_gpadl_read(gpadl, 8143, in, 0), -EFAULT);
	CU_ASSERT_EQUAL(vmbus_gpadl_read(gpadl, 1, in, SIZE_MAX), -EFAULT);
	CU_ASSERT_EQUAL(vmbus_gpadl_read(gpadl, UINT32_MAX, in, 1), -EFAULT);
}

/* The middle page is no memory: what touches it fails whole, the rest works. */
static void pages_that_are_not_there(void)
{
	static const uint64_t nowhere[] = { GUEST_PAGES, UINT64_MAX, UINT64_MAX / 4096 + 6,
					    1ull << 52 };

	for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
		struct vmbus_msg_gpadl_header msg = header_of(3);
		struct vmbus_gpadl *gpadl;
		uint8_t buf[16] = { 9, 9 };

		msg.gpadl = 77 + i;
		msg.pfn[0] = 20;
		msg.pfn[1] = nowhere[i];
		msg.pfn[2] = 21;
		guest_post(&msg, offsetof(struct vmbus_msg_gpadl_header, pfn) + 24);
		gpadl = vmbus_gpadl_find(ch, 77 + i);
		CU_ASSERT_PTR_NOT_NULL_FATAL(gpadl);
		CU_ASSERT_EQUAL(vmbus_gpadl_write(gpadl, 4088, buf, 16), -EFAULT);
		CU_ASSERT_EQUAL(guest.ram[20][4088], 0);
		CU_ASSERT_EQUAL(vmbus_gpadl_read(gpadl, 4088, buf, 16), -EFAULT);
		CU_ASSERT_EQUAL(buf[0], 9);
		CU_ASSERT_EQUAL(vmbus_gpadl_read(gpadl, 4080, buf, 16), 0);
		CU_ASSERT_EQUAL(vmbus_gpadl_read(gpadl, 8192, buf, 16), 0);
	}
}

static void found_from_a_subchannel(void)
{
	struct vmbus_channel *sub;

	CU_ASSERT_EQUAL(guest_offer(1, 1, &sub), 0);
	CU_ASSERT(guest_gpadl(relid, 5, 8, 2));
	CU_ASSERT(guest_gpadl(vmbus_channel_relid(sub), 6, 8, 2));
	CU_ASSERT_PTR_NOT_NULL(vmbus_gpadl_find(sub, 5));
	CU_ASSERT_PTR_NOT_NULL(vmbus_gpadl_find(sub, 6));
	CU_ASSERT_PTR_NOT_NULL(vmbus_gpadl_find(ch, 5));
	CU_ASSERT_PTR_NULL(vmbus_gpadl_find(ch, 6));
}

static CU_TestInfo tests[] = {
	{ "from one page to too many", sizes },
	{ "flawed headers", flawed_headers },
	{ "bodies", bodies },
	{ "an empty body ends it", an_empty_body_ends_it },
	{ "two at once", interleaved },
	{ "how many a channel may have", count_is_bounded },
	{ "teardown", teardown },
	{ "dropped while assembled", dropped_while_assembled },
	{ "read and write", read_and_write },
	{ "pages that are not there", pages_that_are_not_there },
	{ "found from a subchannel", found_from_a_subchannel },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("vmbus/gpadl", setup, guest_stop, tests);
