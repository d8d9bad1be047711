// SPDX-License-Identifier: BSD-3-Clause
#include "../../tools/lab/vpci/space.h"
#include "unit.h"

#include <string.h>

#define COMMAND 0x04
#define BAR0 0x10
#define DEVICE_CONTROL 0x68
#define MSIX_CONTROL 0x9e

static struct vpci_space space;
static struct pci_function function;

static void setup(void)
{
	function = (struct pci_function){
		.vendor = 0x15b3, .device = 0x1018, .subsystem_vendor = 0x15b3,
		.subsystem_device = 0x0190, .revision = 0x80, .base_class = 2,
		.bar0_size = 32ull << 20, .msix_vectors = 65,
		.msix_table_offset = 0x2000, .msix_pba_offset = 0x3000,
	};
	vpci_space_init(&space, &function);
}

static uint32_t get(uint64_t offset, unsigned int size)
{
	return (uint32_t)vpci_space_read(&space, offset, size);
}

static void bar_sizing(void)
{
	static const struct {
		uint64_t size;
		uint32_t low, high;
	} row[] = {
		{ 4096, 0xfffff00c, 0xffffffff },
		{ 32ull << 20, 0xfe00000c, 0xffffffff },
		{ 1ull << 32, 0x0000000c, 0xffffffff },
		{ 1ull << 34, 0x0000000c, 0xfffffffc },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint32_t probed[VPCI_BARS];

		function.bar0_size = row[i].size;
		vpci_space_init(&space, &function);
		vpci_space_write(&space, BAR0, 0xffffffff, 4);
		vpci_space_write(&space, BAR0 + 4, 0xffffffff, 4);
		CU_ASSERT_EQUAL(get(BAR0, 4), row[i].low);
		CU_ASSERT_EQUAL(get(BAR0 + 4, 4), row[i].high);
		vpci_space_probed(&space, probed);
		CU_ASSERT_EQUAL(probed[0], row[i].low);
		CU_ASSERT_EQUAL(probed[1], row[i].high);
		/* The other four, and the ROM, do not exist. */
		for (unsigned int bar = 2; bar < VPCI_BARS; bar++) {
			vpci_space_write(&space, BAR0 + 4 * bar, 0xffffffff, 4);
			CU_ASSERT_EQUAL(get(BAR0 + 4 * bar, 4), 0);
			CU_ASSERT_EQUAL(probed[bar], 0);
		}
		vpci_space_write(&space, 0x30, 0xffffffff, 4);
		CU_ASSERT_EQUAL(get(0x30, 4), 0);
	}
}

static void a_decoded_bar_does_not_move(void)
{
	vpci_space_write(&space, BAR0, 0x12000000, 4);
	vpci_space_write(&space, BAR0 + 4, 0x10, 4);
	CU_ASSERT_EQUAL(vpci_space_bar0(&space), 0x1012000000ull);
	CU_ASSERT_EQUAL(vpci_space_write(&space, COMMAND, 2, 2), VPCI_CHANGED_MEMORY);
	CU_ASSERT_EQUAL(vpci_space_write(&space, COMMAND, 2, 2), 0);
	vpci_space_write(&space, BAR0, 0xffffffff, 4);
	vpci_space_write(&space, BAR0, UINT64_MAX, 8);
	CU_ASSERT_EQUAL(vpci_space_bar0(&space), 0x1012000000ull);
	CU_ASSERT_EQUAL(vpci_space_write(&space, COMMAND, 0, 1), VPCI_CHANGED_MEMORY);
	vpci_space_write(&space, BAR0, 0x2000000014000000ull, 8);
	CU_ASSERT_EQUAL(vpci_space_bar0(&space), 0x2000000014000000ull);
}

static void widths(void)
{
	CU_ASSERT_EQUAL(get(0, 4), 0x101815b3);
	CU_ASSERT_EQUAL(get(2, 2), 0x1018);
	CU_ASSERT_EQUAL(get(3, 1), 0x10);
	CU_ASSERT_EQUAL(vpci_space_read(&space, 0, 8), 0x00100000101815b3ull);
	CU_ASSERT_EQUAL(get(0x08, 4), 0x02000080);
	CU_ASSERT_EQUAL(get(0x2c, 4), 0x019015b3);
	vpci_space_write(&space, COMMAND + 1, 0x04, 1);
	CU_ASSERT_EQUAL(get(COMMAND, 2), 0x0400);
	/* Ids and status are not writable. */
	vpci_space_write(&space, 0, 0, 4);
	vpci_space_write(&space, COMMAND, 0xffffffff, 4);
	CU_ASSERT_EQUAL(get(0, 4), 0x101815b3);
	CU_ASSERT_EQUAL(get(COMMAND, 4), 0x00100546);
}

static void capability_list(void)
{
	uint8_t at = (uint8_t)get(0x34, 1);

	CU_ASSERT_EQUAL(get(at, 1), 0x10);
	CU_ASSERT_EQUAL(get(at + 2, 2), 2); /* version 2, endpoint */
	CU_ASSERT_EQUAL(get(at + 4, 4) >> 28 & 1, 1); /* function level reset */
	at = (uint8_t)get(at + 1, 1);
	CU_ASSERT_EQUAL(get(at, 1), 0x11);
	CU_ASSERT_EQUAL(get(at + 1, 1), 0);
	CU_ASSERT_EQUAL(get(at + 2, 2), 64);
	CU_ASSERT_EQUAL(get(at + 4, 4), 0x2000);
	CU_ASSERT_EQUAL(get(at + 8, 4), 0x3000);
	vpci_space_write(&space, at + 4, 0, 4);
	CU_ASSERT_EQUAL(get(at + 4, 4), 0x2000);
	/* No extended capability. */
	CU_ASSERT_EQUAL(get(0x100, 4), 0);
}

static void msix_needs_enable_unmasked_and_master(void)
{
	static const struct {
		uint16_t command, control;
		bool live;
	} row[] = {
		{ 0x0000, 0x0000, false }, { 0x0004, 0x0000, false }, { 0x0000, 0x8000, false },
		{ 0x0004, 0x8000, true },  { 0x0004, 0xc000, false }, { 0x0002, 0x8000, false },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		vpci_space_reset(&space);
		vpci_space_write(&space, COMMAND, row[i].command, 2);
		vpci_space_write(&space, MSIX_CONTROL, row[i].control, 2);
		CU_ASSERT_EQUAL(vpci_space_msix_live(&space), row[i].live);
		CU_ASSERT_EQUAL(get(MSIX_CONTROL, 2), row[i].control | 64);
	}
	vpci_space_reset(&space);
	vpci_space_write(&space, COMMAND, 4, 2);
	CU_ASSERT_EQUAL(vpci_space_write(&space, MSIX_CONTROL, 0x8000, 2), VPCI_CHANGED_MSIX);
	/* The high byte of it alone. */
	CU_ASSERT_EQUAL(vpci_space_write(&space, MSIX_CONTROL + 1, 0xc0, 1), VPCI_CHANGED_MSIX);
}

static void function_level_reset(void)
{
	vpci_space_write(&space, BAR0, 0x12000000, 4);
	vpci_space_write(&space, COMMAND, 6, 2);
	vpci_space_write(&space, MSIX_CONTROL, 0x8000, 2);
	CU_ASSERT_EQUAL(vpci_space_write(&space, DEVICE_CONTROL, 0xa810, 2),
			VPCI_CHANGED_RESET | VPCI_CHANGED_MEMORY | VPCI_CHANGED_MSIX);
	CU_ASSERT_EQUAL(get(DEVICE_CONTROL, 2), 0x2810);
	CU_ASSERT_EQUAL(get(COMMAND, 2), 0);
	CU_ASSERT_EQUAL(vpci_space_bar0(&space), 0);
}

static void accesses_outside(void)
{
	static const struct {
		uint64_t offset;
		unsigned int size;
		uint64_t value;
	} row[] = {
		{ 4096, 1, UINT64_MAX },	{ 4095, 2, UINT64_MAX },
		{ 4092, 8, UINT64_MAX },	{ UINT64_MAX, 1, UINT64_MAX },
		{ UINT64_MAX - 3, 8, UINT64_MAX }, { 4092, 4, 0 },
		{ 252, 8, 0 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		CU_ASSERT_EQUAL(vpci_space_read(&space, row[i].offset, row[i].size), row[i].value);
		CU_ASSERT_EQUAL(vpci_space_write(&space, row[i].offset, 0, row[i].size), 0);
	}
}

static CU_TestInfo tests[] = {
	{ "BAR sizing", bar_sizing },
	{ "a decoded BAR does not move", a_decoded_bar_does_not_move },
	{ "widths, and what is read-only", widths },
	{ "capability list", capability_list },
	{ "MSI-X needs enable, no mask, bus master", msix_needs_enable_unmasked_and_master },
	{ "function level reset", function_level_reset },
	{ "accesses outside", accesses_outside },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("vpci/space", setup, NULL, tests);
