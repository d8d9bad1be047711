// SPDX-License-Identifier: BSD-3-Clause
/* Capability pages as mlx5_core reads and sets them, and firmware pages. */
#include "connectx_driver.h"

#define PAGES 13

static void setup(void)
{
	driver_setup(PAGES);
}

static uint32_t cap(unsigned int group, bool current, unsigned int byte, unsigned int high,
		    unsigned int low)
{
	CU_ASSERT_EQUAL(driver_run(0x100, (uint16_t)(group << 1 | current), 16, 4112), 0);
	return cx_get(driver.out, CX_FIELD(0x10 + byte, high, low));
}

/* What drivers insist on: docs/protocol.md 7.5. */
static void mandatory(void)
{
	static const struct {
		uint8_t group, byte, high, low;
		uint32_t least, most;
	} row[] = {
		{ 0, 0x34, 25, 25, 1, 1 },   /* nic_flow_table */
		{ 0, 0x34, 9, 8, 1, 1 },     /* Ethernet port */
		{ 0, 0x34, 7, 0, 1, 1 },     /* one port */
		{ 0, 0x40, 3, 3, 1, 1 },     /* eth_net_offloads */
		{ 0, 0x44, 3, 3, 1, 1 },     /* xrc */
		{ 0, 0x50, 15, 0, 768, 1024 }, /* max_wqe_sz_sq */
		{ 0, 0x3c, 3, 0, 1, 1 },     /* cqe_version */
		{ 0, 0x10, 4, 0, 18, 18 },   /* log_max_qp */
		{ 0, 0x04, 15, 0, 7, 7 },    /* vhca_id */
		{ 0, 0x40, 15, 14, 0, 0 },   /* no command checksums */
		{ 0, 0x8c, 28, 24, 10, 10 }, /* log_max_uctx */
		{ 0, 0x8c, 20, 16, 16, 16 }, /* log_max_umem */
		{ 0, 0xd4, 31, 0, 1, 1 },    /* uctx_cap: raw transmission */
		{ 0, 0xb4, 0, 0, 1, 1 },     /* cqe_compression */
		{ 0, 0xb4, 3, 3, 1, 1 },     /* mini_cqe_resp_stride_index */
		{ 0, 0xb8, 31, 16, 1, 65535 }, /* cqe_compression_timeout */
		{ 0, 0xb8, 15, 0, 64, 64 },  /* cqe_compression_max_num */
		{ 1, 0x0, 15, 14, 1, 3 },    /* multi_pkt_send_wqe */
		{ 1, 0x0, 5, 5, 1, 1 },      /* enhanced_multi_pkt_send_wqe */
		{ 7, 0x0, 31, 31, 1, 1 },    /* nic_rx_multi_path_tirs */
		{ 1, 0x0, 31, 30, 3, 3 },    /* csum_cap, vlan_cap */
		{ 1, 0x0, 20, 16, 1, 16 },   /* max_lso_cap */
		{ 1, 0x0, 11, 8, 8, 8 },     /* rss_ind_tbl_cap */
		{ 1, 0x0, 13, 12, 2, 2 },    /* wqe_inline_mode */
		{ 7, 0x40, 31, 31, 1, 1 },   /* ft_support */
		{ 7, 0x44, 7, 0, 66, 110 },  /* max_ft_level */
		{ 7, 0x44, 29, 24, 16, 22 }, /* log_max_ft_size */
	};

	driver_enable();
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		for (int current = 0; current < 2; current++) {
			uint32_t value = cap(row[i].group, current, row[i].byte, row[i].high,
					     row[i].low);

			CU_ASSERT_TRUE(value >= row[i].least && value <= row[i].most);
		}
	CU_ASSERT_EQUAL(cap(0x20, true, 0, 31, 0), 0);
	CU_ASSERT_EQUAL(driver_run(0x100, 0x100 << 1, 16, 4112), CX_BAD_PARAM);
	cx_set32(driver.in, 8, 1u << 31);
	CU_ASSERT_EQUAL(driver_run(0x100, 1, 16, 4112), CX_BAD_PARAM);
}

/* Copies the current page into the input of SET_HCA_CAP. */
static void current_page(void)
{
	cap(0, true, 0, 31, 0);
	memcpy(driver.in + 0x10, driver.out + 0x10, 4096);
}

static void set_changes_current_only(void)
{
	driver_enable();
	current_page();
	cx_set(driver.in, CX_FIELD(0x20, 4, 0), 12);
	CU_ASSERT_EQUAL(driver_run(0x109, 0, 4112, 16), 0);
	CU_ASSERT_EQUAL(cap(0, true, 0x10, 4, 0), 12);
	CU_ASSERT_EQUAL(cap(0, false, 0x10, 4, 0), 18);
	CU_ASSERT_EQUAL(cap(0, true, 0x34, 25, 25), 1);
	cx_reset(driver.cx);
	driver_queue();
	driver_enable();
	CU_ASSERT_EQUAL(cap(0, true, 0x10, 4, 0), 18);
}

static void set_beyond_the_maximum(void)
{
	driver_enable();
	current_page();
	cx_set(driver.in, CX_FIELD(0x20, 4, 0), 19);
	CU_ASSERT_EQUAL(driver_run(0x109, 0, 4112, 16), CX_BAD_PARAM);
	current_page();
	cx_set(driver.in, CX_FIELD(0x50, 15, 14), 1); /* signatures */
	CU_ASSERT_EQUAL(driver_run(0x109, 0, 4112, 16), CX_BAD_PARAM);
	current_page();
	CU_ASSERT_EQUAL(driver_run(0x109, 7 << 1, 4112, 16), CX_BAD_PARAM);
	CU_ASSERT_EQUAL(cap(0, true, 0x10, 4, 0), 18);
}

static int32_t pages_wanted(uint16_t when)
{
	CU_ASSERT_EQUAL(driver_run(0x107, when, 16, 16), 0);
	return (int32_t)cx_get32(driver.out, 0xc);
}

static unsigned int give(uint32_t count, gpa_t first)
{
	cx_set32(driver.in, 0xc, count);
	for (uint32_t i = 0; i < count; i++)
		cx_set64(driver.in, 0x10 + i * 8, first + i * 4096);
	return driver_run(0x108, 1, 16 + count * 8, 16);
}

static void pages_are_given_and_taken_back(void)
{
	uint64_t seen = 0;

	driver_enable();
	CU_ASSERT_EQUAL(pages_wanted(1), PAGES / 4);
	CU_ASSERT_EQUAL(give(PAGES / 4, DRIVER_PAGES), 0);
	CU_ASSERT_EQUAL(pages_wanted(1), 0);
	CU_ASSERT_EQUAL(driver_simple(0x102, 0), CX_NO_RES);
	CU_ASSERT_EQUAL(pages_wanted(2), PAGES - PAGES / 4);
	CU_ASSERT_EQUAL(give(PAGES - PAGES / 4, DRIVER_PAGES + PAGES / 4 * 4096), 0);
	CU_ASSERT_EQUAL(pages_wanted(2), 0);
	CU_ASSERT_EQUAL(pages_wanted(3), 0);
	CU_ASSERT_EQUAL(cx_pages_held(driver.cx), PAGES);
	CU_ASSERT_EQUAL(driver_simple(0x102, 0), 0);
	cx_set32(driver.in, 0xc, PAGES);
	CU_ASSERT_EQUAL(driver_run(0x108, 2, 16, 16 + 8 * PAGES), 0);
	CU_ASSERT_EQUAL(cx_get32(driver.out, 8), 0); /* in use */
	CU_ASSERT_EQUAL(driver_simple(0x103, 0), 0);
	while (cx_pages_held(driver.cx) > 0) {
		cx_set32(driver.in, 0xc, 5);
		CU_ASSERT_EQUAL_FATAL(driver_run(0x108, 2, 16, 16 + 8 * 5), 0);
		for (uint32_t i = 0; i < cx_get32(driver.out, 8); i++)
			seen |= 1ull << (cx_get64(driver.out, 0x10 + i * 8) - DRIVER_PAGES) / 4096;
	}
	CU_ASSERT_EQUAL(seen, (1ull << PAGES) - 1);
	CU_ASSERT_EQUAL(driver_simple(0x105, 0), 0);
}

static void bad_pages(void)
{
	driver_enable();
	CU_ASSERT_EQUAL(give(PAGES + 1, DRIVER_PAGES), CX_LIM);
	CU_ASSERT_EQUAL(give(1, DRIVER_PAGES + 8), CX_BAD_PARAM);
	CU_ASSERT_EQUAL(give(1, 0), CX_BAD_PARAM);
	CU_ASSERT_EQUAL(give(2, DRIVER_BASE + DRIVER_SIZE - 4096), CX_BAD_PARAM);
	CU_ASSERT_EQUAL(cx_pages_held(driver.cx), 0);
	CU_ASSERT_EQUAL(give(0, 0), 0);
	CU_ASSERT_EQUAL(give(1, DRIVER_PAGES), 0);
	CU_ASSERT_EQUAL(give(1, DRIVER_PAGES), CX_BAD_PARAM);
	cx_set32(driver.in, 0xc, 12);
	CU_ASSERT_EQUAL(driver_run(0x108, 1, 16 + 11 * 8, 16), CX_BAD_INPUT_LEN);
	cx_set32(driver.in, 0xc, UINT32_MAX);
	CU_ASSERT_EQUAL(driver_run(0x108, 1, 32, 16), CX_BAD_INPUT_LEN);
	cx_set32(driver.in, 0xc, 1);
	CU_ASSERT_EQUAL(driver_run(0x108, 2, 16, 23), CX_BAD_OUTPUT_LEN);
	CU_ASSERT_EQUAL(driver_run(0x108, 3, 16, 16), CX_BAD_PARAM);
	CU_ASSERT_EQUAL(driver_run(0x108, 0, 16, 16), 0);
	CU_ASSERT_EQUAL(cx_pages_held(driver.cx), 1);
	cx_reset(driver.cx);
	CU_ASSERT_EQUAL(cx_pages_held(driver.cx), 0);
}

static CU_TestInfo tests[] = {
	{ "mandatory capabilities", mandatory },
	{ "SET_HCA_CAP changes the current ones only", set_changes_current_only },
	{ "SET_HCA_CAP beyond the maximum", set_beyond_the_maximum },
	{ "pages are given and taken back", pages_are_given_and_taken_back },
	{ "bad pages", bad_pages },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("connectx/caps", setup, driver_teardown, tests);
