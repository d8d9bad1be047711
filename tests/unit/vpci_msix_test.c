// SPDX-License-Identifier: BSD-3-Clause
#include "../../tools/lab/vpci/msix.h"
#include "unit.h"

#include <string.h>

static struct vpci_msix msix;
static unsigned int fired, last_vector;
static uint64_t last_address;
static uint32_t last_data;

static void fire(void *ctx, unsigned int vector, uint64_t address, uint32_t data)
{
	CU_ASSERT_PTR_EQUAL(ctx, &msix);
	fired++;
	last_vector = vector;
	last_address = address;
	last_data = data;
}

static void setup(void)
{
	msix = (struct vpci_msix){ .vectors = 70, .fire = fire, .ctx = &msix };
	vpci_msix_reset(&msix);
	fired = 0;
}

static void program(unsigned int n, uint32_t control)
{
	vpci_msix_write_table(&msix, 16ull * n, 0xfee00000, 4);
	vpci_msix_write_table(&msix, 16ull * n + 4, 0x1, 4);
	vpci_msix_write_table(&msix, 16ull * n + 8, 0x100 + n, 4);
	vpci_msix_write_table(&msix, 16ull * n + 12, control, 4);
}

static void starts_masked(void)
{
	for (unsigned int i = 0; i < msix.vectors; i++)
		CU_ASSERT_EQUAL(vpci_msix_read_table(&msix, 16 * i + 12, 4), 1);
	vpci_msix_set_live(&msix, true);
	vpci_msix_raise(&msix, 0);
	CU_ASSERT_EQUAL(fired, 0);
	CU_ASSERT_EQUAL(vpci_msix_read_pba(&msix, 0, 8), 1);
}

static void a_masked_vector_fires_once_when_unmasked(void)
{
	vpci_msix_set_live(&msix, true);
	program(65, 1);
	vpci_msix_raise(&msix, 65);
	vpci_msix_raise(&msix, 65);
	CU_ASSERT_EQUAL(fired, 0);
	CU_ASSERT_EQUAL(vpci_msix_read_pba(&msix, 8, 8), 2);
	CU_ASSERT_EQUAL(vpci_msix_read_pba(&msix, 8, 4), 2);
	vpci_msix_write_table(&msix, 16 * 65 + 12, 0, 4);
	CU_ASSERT_EQUAL(fired, 1);
	CU_ASSERT_EQUAL(last_vector, 65);
	CU_ASSERT_EQUAL(last_address, 0x1fee00000ull);
	CU_ASSERT_EQUAL(last_data, 0x141);
	CU_ASSERT_EQUAL(vpci_msix_read_pba(&msix, 8, 8), 0);
	vpci_msix_raise(&msix, 65);
	CU_ASSERT_EQUAL(fired, 2);
	vpci_msix_write_table(&msix, 16 * 65 + 12, 1, 4);
	vpci_msix_write_table(&msix, 16 * 65 + 12, 0, 4);
	CU_ASSERT_EQUAL(fired, 2);
}

static void a_dead_function_keeps_all_pending(void)
{
	program(0, 0);
	program(33, 0);
	program(69, 1);
	vpci_msix_raise(&msix, 0);
	vpci_msix_raise(&msix, 33);
	vpci_msix_raise(&msix, 69);
	CU_ASSERT_EQUAL(fired, 0);
	CU_ASSERT_EQUAL(vpci_msix_read_pba(&msix, 4, 4), 2);
	vpci_msix_set_live(&msix, true);
	CU_ASSERT_EQUAL(fired, 2);
	CU_ASSERT_EQUAL(vpci_msix_read_pba(&msix, 8, 8), 1u << 5);
	vpci_msix_set_live(&msix, false);
	vpci_msix_raise(&msix, 0);
	CU_ASSERT_EQUAL(fired, 2);
	vpci_msix_reset(&msix);
	vpci_msix_set_live(&msix, true);
	program(0, 0);
	CU_ASSERT_EQUAL(fired, 2);
}

static void quadwords(void)
{
	vpci_msix_set_live(&msix, true);
	vpci_msix_raise(&msix, 3);
	vpci_msix_write_table(&msix, 48, 0x2fee00000ull, 8);
	vpci_msix_write_table(&msix, 56, 0x00000000deadbeefull, 8);
	CU_ASSERT_EQUAL(fired, 1);
	CU_ASSERT_EQUAL(last_address, 0x2fee00000ull);
	CU_ASSERT_EQUAL(last_data, 0xdeadbeef);
	CU_ASSERT_EQUAL(vpci_msix_read_table(&msix, 48, 8), 0x2fee00000ull);
	CU_ASSERT_EQUAL(vpci_msix_read_table(&msix, 56, 8), 0xdeadbeef);
}

static void hostile_accesses(void)
{
	static const struct {
		uint64_t offset;
		unsigned int size;
	} row[] = {
		{ 0, 1 }, { 0, 2 }, { 2, 4 }, { 4, 8 }, { 12, 8 }, { 16 * 70, 4 }, { 16 * 70, 8 },
		{ 16 * 2048, 4 }, { UINT64_MAX - 3, 4 }, { UINT64_MAX - 7, 8 }, { 0, 16 }, { 0, 0 },
	};
	static struct vpci_msix before;

	memcpy(&before, &msix, sizeof(msix));
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		CU_ASSERT_EQUAL(vpci_msix_read_table(&msix, row[i].offset, row[i].size), 0);
		vpci_msix_write_table(&msix, row[i].offset, UINT64_MAX, row[i].size);
		CU_ASSERT_EQUAL(vpci_msix_read_pba(&msix, row[i].offset, row[i].size), 0);
	}
	CU_ASSERT_EQUAL(vpci_msix_read_pba(&msix, 16, 8), 0);
	vpci_msix_raise(&msix, 70);
	vpci_msix_raise(&msix, UINT32_MAX);
	CU_ASSERT_EQUAL(memcmp(&before, &msix, sizeof(msix)), 0);
	/* Reserved bits do not stick. */
	vpci_msix_write_table(&msix, 0, UINT32_MAX, 4);
	vpci_msix_write_table(&msix, 12, UINT32_MAX, 4);
	CU_ASSERT_EQUAL(vpci_msix_read_table(&msix, 0, 4), 0xfffffffc);
	CU_ASSERT_EQUAL(vpci_msix_read_table(&msix, 12, 4), 1);
}

static void sizes(void)
{
	CU_ASSERT_EQUAL(vpci_msix_table_size(&msix), 1120);
	CU_ASSERT_EQUAL(vpci_msix_pba_size(&msix), 16);
	msix.vectors = 64;
	CU_ASSERT_EQUAL(vpci_msix_pba_size(&msix), 8);
	msix.vectors = 2048;
	CU_ASSERT_EQUAL(vpci_msix_pba_size(&msix), 256);
}

static CU_TestInfo tests[] = {
	{ "starts masked", starts_masked },
	{ "a masked vector fires once when unmasked", a_masked_vector_fires_once_when_unmasked },
	{ "a dead function keeps all pending", a_dead_function_keeps_all_pending },
	{ "quadwords", quadwords },
	{ "hostile accesses", hostile_accesses },
	{ "sizes", sizes },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("vpci/msix", setup, NULL, tests);
