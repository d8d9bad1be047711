// SPDX-License-Identifier: BSD-3-Clause
/* A guest that sends RNDIS packets, sections and GPA ranges that are not what they say. */
#include "netvsp_guest.h"

#include <string.h>

#define PAGE0 (FAKE_RAM / LAB_PAGE_SIZE)

static uint8_t frame[200], bytes[400], list[256];

static void setup(void)
{
	fake_start(NVSP_VERSION_61, 2);
	fake_up(NVSP_VERSION_61);
}

static void lying_packets(void)
{
	static const struct {
		size_t at; /* of a word in the RNDIS packet */
		uint32_t value;
	} row[] = {
		{ 0, 2 },	    /* not a packet */
		{ 4, 0 },	    /* length: of the message */
		{ 4, 7 },
		{ 4, 43 },
		{ 4, 4000 },
		{ 4, UINT32_MAX },
		{ 8, 0 },	    /* data offset */
		{ 8, 35 },
		{ 8, 200 },
		{ 8, UINT32_MAX },
		{ 12, 121 },	    /* data length */
		{ 12, UINT32_MAX },
		{ 12, 0 },	    /* a frame of nothing */
		{ 16, 36 },	    /* out-of-band data: offset, length, count */
		{ 20, 4 },
		{ 24, 1 },
		{ 36, 1 },	    /* a virtual circuit */
		{ 28, 35 },	    /* per-packet information: offset */
		{ 28, 200 },
		{ 28, UINT32_MAX },
		{ 32, 1 },	    /* length */
		{ 32, 17 },
		{ 32, 200 },
		{ 32, UINT32_MAX },
		{ 44, 0 },	    /* size of its entry */
		{ 44, 11 },
		{ 44, 17 },
		{ 44, UINT32_MAX },
		{ 52, 17 },	    /* offset in its entry */
		{ 52, UINT32_MAX },
	};
	static const uint32_t lso_offset[] = { 0, 13, 52, 1023 }; /* 12 bytes of it are looked at */
	size_t len = fake_build(frame, &(struct fake_flow){ .payload = 50 });
	size_t ppi = fake_ppi(list, NDIS_PPI_CHECKSUM, NDIS_TX_TCP), total;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		total = fake_wrap(bytes, list, ppi, frame, len);
		memcpy(bytes + row[i].at, &row[i].value, 4);
		CU_ASSERT_EQUAL(fake_send_section(0, bytes, total), NVSP_STATUS_FAIL);
		CU_ASSERT_EQUAL(fake.frames, 0);
	}
	total = fake_wrap(bytes, list, ppi, frame, len);
	memset(bytes + 44, 0, 12); /* an entry of no size: no endless list */
	CU_ASSERT_EQUAL(fake_send_section(0, bytes, total), NVSP_STATUS_FAIL);
	total = fake_wrap(bytes, list, ppi, frame, len);
	memcpy(bytes + 16, &(uint32_t[]){ 16, NDIS_PPI_CHECKSUM, 12, 8, 16 }, 20); /* in the head */
	CU_ASSERT_EQUAL(fake_send_section(0, bytes, total), NVSP_STATUS_FAIL);
	for (size_t i = 0; i < sizeof(lso_offset) / sizeof(lso_offset[0]); i++) {
		CU_ASSERT_EQUAL(fake_build(frame, &(struct fake_flow){ .payload = 10 }), 64);
		ppi = fake_ppi(list, NDIS_PPI_LSO, 1000 | lso_offset[i] << 20 | 1u << 30);
		total = fake_wrap(bytes, list, ppi, frame, 64);
		CU_ASSERT_EQUAL(fake_send_section(0, bytes, total), NVSP_STATUS_FAIL);
		CU_ASSERT_EQUAL(fake.frames, 0);
	}
	len = fake_build(frame, &(struct fake_flow){ .payload = 50 });
	ppi = fake_ppi(list, NDIS_PPI_CHECKSUM, NDIS_TX_TCP);
	/* An entry too short for a value is skipped: no checksum is filled in. */
	frame[50] ^= 0x5a;
	total = fake_wrap(bytes, list, ppi, frame, len);
	memcpy(bytes + 52, &(uint32_t[]){ 14, 0x00040000 }, 8);
	CU_ASSERT_EQUAL(fake_send_section(0, bytes, total), NVSP_STATUS_SUCCESS);
	CU_ASSERT_EQUAL(fake.frame[0].len, len);
	CU_ASSERT_EQUAL(memcmp(fake.frame[0].data, frame, len), 0);
	/* Good packets before a bad one have gone. */
	total = fake_wrap(bytes, NULL, 0, frame, len);
	memset(bytes + total, 0, 44);
	CU_ASSERT_EQUAL(fake_send_section(0, bytes, total + 44), NVSP_STATUS_FAIL);
	CU_ASSERT_EQUAL(fake_send_section(0, bytes, total + 4), NVSP_STATUS_FAIL);
	CU_ASSERT_EQUAL(fake.frames, 3);
}

static void lying_sections(void)
{
	static const struct {
		uint32_t section, len;
	} row[] = {
		{ 8, 100 }, { 1 << 21, 152 }, { 0x7fffffff, 100 }, { 0xfffffffe, 100 }, { 0, 6145 },
		{ 0, UINT32_MAX }, { 7, 0 }, { NVSP_NO_SECTION, 100 },
	};
	struct nvsp_message m = { .type = NVSP_SEND_RNDIS };
	size_t len = fake_build(frame, &(struct fake_flow){ .payload = 50 });

	fake_wrap(fake.send, NULL, 0, frame, len);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		m.rndis.section = row[i].section;
		m.rndis.section_len = row[i].len;
		fake_put(0, VMBUS_PACKET_INBAND, FAKE_WANTS, 9, NULL, 0, &m, sizeof(m));
		CU_ASSERT_EQUAL(fake_get_nvsp(0, VMBUS_PACKET_COMPLETION,
					      NVSP_SEND_RNDIS_COMPLETE).rndis_complete.status,
				NVSP_STATUS_FAIL);
	}
	CU_ASSERT_EQUAL(fake.frames, 0);
	m = (struct nvsp_message){ .type = NVSP_REVOKE_SEND_BUF };
	fake_put(0, VMBUS_PACKET_INBAND, 0, 0, NULL, 0, &m, sizeof(m));
	CU_ASSERT_EQUAL(fake_send_section(0, fake.send, 100), NVSP_STATUS_FAIL);
}

static void lying_ranges(void)
{
	static const struct {
		uint32_t ranges, len, offset;
		uint64_t pfn;
		size_t extension_len;
	} row[] = {
		{ 1, 100, 0, PAGE0 + FAKE_RAM_PAGES, 24 }, /* no RAM there */
		{ 1, 100, 0, UINT64_MAX, 24 },
		{ 1, 100, 0, UINT64_MAX / 4096, 24 },
		{ 1, 104, 0, (1ull << 52) + PAGE0, 24 },   /* wraps */
		{ 1, 100, 4096, PAGE0, 24 },
		{ 1, 100, UINT32_MAX, PAGE0, 24 },
		{ 1, 100, 4000, PAGE0, 24 },		   /* two pages, one number */
		{ 1, UINT32_MAX, 0, PAGE0, 24 },
		{ 1, UINT32_MAX, 4095, PAGE0, 24 },
		{ 2, 100, 0, PAGE0, 24 },
		{ UINT32_MAX, 0, 0, PAGE0, 24 },
		{ 1, 100, 0, PAGE0, 16 },
		{ 1, 100, 0, PAGE0, 8 },
		{ 1, 100, 0, PAGE0, 0 },
		{ 0, 100, 0, PAGE0, 24 },
	};
	struct {
		struct nvsp_gpa_direct head;
		struct nvsp_gpa_range range;
		uint64_t pfn[2];
	} two = { { 0, 1 }, { 104, 4096 }, { PAGE0 - 1, PAGE0 } };

	fake_wrap(fake.ram, NULL, 0, frame, 56); /* what a leak of these checks would send */
	CU_ASSERT_EQUAL(fake_send_ranges(NVSP_NO_SECTION, 0, &two, sizeof(two)),
			NVSP_STATUS_FAIL);

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct {
			struct nvsp_gpa_direct head;
			struct nvsp_gpa_range range;
			uint64_t pfn;
		} extension = { { 0, row[i].ranges }, { row[i].len, row[i].offset }, row[i].pfn };

		CU_ASSERT_EQUAL(fake_send_ranges(NVSP_NO_SECTION, 0, &extension,
						 row[i].extension_len),
				NVSP_STATUS_FAIL);
	}
	CU_ASSERT_EQUAL(fake.frames, 0);
}

/* hv_netvsc before May 2025 puts a header that crosses pages into two ranges. */
static void headers_in_two_pieces(void)
{
	static const struct {
		uint32_t section, first; /* bytes in the section, and in the first range */
		uint32_t expected;
	} row[] = {
		{ 0, 4, NVSP_STATUS_FAIL },
		{ 0, 20, NVSP_STATUS_FAIL },
		{ 0, 43, NVSP_STATUS_FAIL },
		{ 0, 44, NVSP_STATUS_FAIL }, /* its per-packet information is part of it */
		{ 0, 59, NVSP_STATUS_FAIL },
		{ 0, 60, NVSP_STATUS_SUCCESS },
		{ 0, 100, NVSP_STATUS_SUCCESS },
		{ 20, 10, NVSP_STATUS_FAIL },
		{ 59, 10, NVSP_STATUS_FAIL },
		{ 60, 10, NVSP_STATUS_SUCCESS },
	};
	size_t len = fake_build(frame, &(struct fake_flow){ .payload = 50 });
	size_t total = fake_wrap(bytes, list, fake_ppi(list, NDIS_PPI_HASH, 5), frame, len);

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint32_t section = row[i].section, first = row[i].first;
		uint32_t rest = (uint32_t)total - section - first;
		struct {
			struct nvsp_gpa_direct head;
			struct {
				struct nvsp_gpa_range range;
				uint64_t pfn;
			} piece[2];
		} extension = { { 0, 2 }, { { { first, 4096 - first }, PAGE0 },
					    { { rest, 0 }, PAGE0 + 1 } } };

		memcpy(fake.send, bytes, section);
		memcpy(fake.ram + 4096 - first, bytes + section, total - section);
		fake.frames = 0;
		CU_ASSERT_EQUAL(fake_send_ranges(section != 0 ? 0 : NVSP_NO_SECTION, section,
						 &extension, sizeof(extension)),
				row[i].expected);
		CU_ASSERT_EQUAL(fake.frames, row[i].expected == NVSP_STATUS_SUCCESS ? 1 : 0);
	}
}

/* The second RNDIS packet's header is looked at like the first's. */
static void a_later_header_in_two_pieces(void)
{
	size_t len = fake_build(frame, &(struct fake_flow){ .payload = 50 });
	uint32_t first = (uint32_t)fake_wrap(bytes, NULL, 0, frame, len);

	fake_wrap(bytes + first, NULL, 0, frame, len);
	for (uint32_t more = 0; more < 60; more += 10) {
		struct {
			struct nvsp_gpa_direct head;
			struct {
				struct nvsp_gpa_range range;
				uint64_t pfn;
			} piece[2];
		} extension = { { 0, 2 }, { { { first + more, 0 }, PAGE0 },
					    { { first - more, first + more }, PAGE0 } } };
		bool whole = more == 0 || more >= 44;

		memcpy(fake.ram, bytes, 2 * first);
		fake.frames = 0;
		CU_ASSERT_EQUAL(fake_send_ranges(NVSP_NO_SECTION, 0, &extension,
						 sizeof(extension)),
				whole ? NVSP_STATUS_SUCCESS : NVSP_STATUS_FAIL);
		CU_ASSERT_EQUAL(fake.frames, whole ? 2 : 1);
	}
}

static CU_TestInfo tests[] = {
	{ "headers in two pieces", headers_in_two_pieces },
	{ "a later header in two pieces", a_later_header_in_two_pieces },
	{ "lying packets", lying_packets },
	{ "lying sections", lying_sections },
	{ "lying ranges", lying_ranges },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("netvsp/lies", setup, fake_stop, tests);
