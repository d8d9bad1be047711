// SPDX-License-Identifier: BSD-3-Clause
/* The way of an interrupt: redirection table, retarget, MSI-X entries the guest filled in. */
#include "../../tools/lab/vpci/bus.h"
#include "vpci_fake.h"

#include <errno.h>

#define DEVICE_ID 0x92345678u /* of the fake's instance, 34 92 7f 56 at bytes 4 to 7 */

static void setup(void)
{
	fake_setup(VPCI_VERSION_1_4);
	fake_probe(VPCI_VERSION_1_4);
	fake_map();
	fake_config_write(0x9e, 0x8000, 2);
}

static void expect_msi(size_t count, uint64_t address, uint32_t data)
{
	CU_ASSERT_EQUAL_FATAL(fake.msis, count);
	CU_ASSERT_EQUAL(fake.msi[count - 1].address, address);
	CU_ASSERT_EQUAL(fake.msi[count - 1].data, data);
}

static void from_function_to_guest(void)
{
	uint32_t data = fake_create_interrupt(0x31, 1);

	fake_program(69, 0xfee00000, data);
	vpci_raise(fake.bus, 69);
	expect_msi(1, 0xfee01000, 0x31);
	vpci_raise(fake.bus, 70);
	vpci_raise(fake.bus, UINT32_MAX);
	CU_ASSERT_EQUAL(fake.msis, 1);
}

static void masks_hold_it_back(void)
{
	uint32_t data = fake_create_interrupt(0x31, 0);
	gpa_t control = FAKE_BAR + FAKE_TABLE + 12;

	fake_program(0, 0xfee00000, data);
	fake_write(control, 1, 4);
	vpci_raise(fake.bus, 0);
	CU_ASSERT_EQUAL(fake.msis, 0);
	CU_ASSERT_EQUAL(fake_read(FAKE_BAR + FAKE_PBA, 8), 1);
	fake_write(control, 0, 4);
	expect_msi(1, 0xfee00000, 0x31);
	CU_ASSERT_EQUAL(fake_read(FAKE_BAR + FAKE_PBA, 8), 0);

	fake_config_write(0x9e, 0xc000, 2);
	vpci_raise(fake.bus, 0);
	CU_ASSERT_EQUAL(fake.msis, 1);
	fake_config_write(0x9e, 0x8000, 2);
	CU_ASSERT_EQUAL(fake.msis, 2);

	fake_config_write(0x04, 0x0002, 2);
	vpci_raise(fake.bus, 0);
	CU_ASSERT_EQUAL(fake.msis, 2);
	fake_config_write(0x04, 0x0006, 2);
	CU_ASSERT_EQUAL(fake.msis, 3);

	fake_write(FAKE_BAR + FAKE_PBA, UINT64_MAX, 8);
	CU_ASSERT_EQUAL(fake_read(FAKE_BAR + FAKE_PBA, 8), 0);
}

static void retarget(void)
{
	uint32_t first = fake_create_interrupt(0x31, 0), second = fake_create_interrupt(0x32, 1);
	static const struct {
		uint64_t id, address;
		uint32_t data, vector;
		unsigned int vp;
		int ret;
	} row[] = {
		{ DEVICE_ID + 1, 0xfee00000, 0, 0x41, 0, -ENOENT },
		{ 0, 0xfee00000, 0, 0x41, 0, -ENOENT },
		{ DEVICE_ID, 0xfee01000, 0, 0x41, 0, -ENOENT },
		{ DEVICE_ID, 0x1fee00000ull, 0, 0x41, 0, -ENOENT },
		{ DEVICE_ID, 0xfee00000, 2, 0x41, 0, -ENOENT },
		{ DEVICE_ID, 0xfee00000, 511, 0x41, 0, -ENOENT },
		{ DEVICE_ID, 0xfee00000, 512, 0x41, 0, -ENOENT },
		{ DEVICE_ID, 0xfee00000, UINT32_MAX, 0x41, 0, -ENOENT },
		{ DEVICE_ID, 0xfee00000, 0, 0x0f, 0, -EINVAL },
		{ DEVICE_ID, 0xfee00000, 0, 0x100, 0, -EINVAL },
		{ DEVICE_ID, 0xfee00000, 0, 0x41, 256, -EINVAL },
	};

	fake_program(0, 0xfee00000, first);
	fake_program(1, 0xfee00000, second);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		CU_ASSERT_EQUAL(vpci_retarget(fake.bus, row[i].id, row[i].address, row[i].data,
					      row[i].vector, row[i].vp),
				row[i].ret);
	vpci_raise(fake.bus, 0);
	expect_msi(1, 0xfee00000, 0x31);
	CU_ASSERT_EQUAL(vpci_retarget(fake.bus, DEVICE_ID, 0xfee00000, first, 0x51, 3), 0);
	vpci_raise(fake.bus, 0);
	expect_msi(2, 0xfee03000, 0x51);
	vpci_raise(fake.bus, 1);
	expect_msi(3, 0xfee01000, 0x32);
	/* Linux sign-extends the id of an instance whose byte 5 has the top bit. */
	CU_ASSERT_EQUAL(vpci_retarget(fake.bus, 0xffffffff00000000ull | DEVICE_ID, 0xfee00000,
				      second, 0x52, 255),
			0);
	vpci_raise(fake.bus, 1);
	expect_msi(4, 0xfeeff000, 0x52);
}

static void a_deleted_interrupt_is_no_more(void)
{
	uint32_t data = fake_create_interrupt(0x31, 0);
	struct vpci_delete_interrupt delete = {
		{ VPCI_DELETE_INTERRUPT, FAKE_SLOT }, { 0, 1, data, 0xfee00000 },
	};

	fake_program(0, 0xfee00000, data);
	fake_tell(&delete, sizeof(delete));
	CU_ASSERT_PTR_NULL(fake_take());
	vpci_raise(fake.bus, 0);
	CU_ASSERT_EQUAL(fake.msis, 0);
	CU_ASSERT_EQUAL(vpci_retarget(fake.bus, DEVICE_ID, 0xfee00000, data, 0x41, 0), -ENOENT);
	/* Twice, and never created. */
	CU_ASSERT_EQUAL(fake_status(&delete, sizeof(delete)), VPCI_INVALID_PARAMETER);
	delete.interrupt.data = 512;
	CU_ASSERT_EQUAL(fake_status(&delete, sizeof(delete)), VPCI_INVALID_PARAMETER);
	CU_ASSERT_EQUAL(fake_create_interrupt(0x33, 0), data);
}

static void garbage_in_the_table_is_counted(void)
{
	static const struct {
		uint64_t address;
		uint32_t data;
	} row[] = {
		{ 0, 0 }, { 0xfee00000, 1 }, { 0xfee01000, 0 }, { 0x1fee00000ull, 0 },
		{ 0xfee00000, 512 }, { 0xfee00000, UINT32_MAX }, { UINT64_MAX, UINT32_MAX },
		{ 0x1000, 0 },
	};
	size_t rows = sizeof(row) / sizeof(row[0]);

	CU_ASSERT_EQUAL(fake_create_interrupt(0x31, 0), 0);
	for (size_t i = 0; i < rows; i++) {
		fake_program(0, row[i].address, row[i].data);
		vpci_raise(fake.bus, 0);
	}
	CU_ASSERT_EQUAL(fake.msis, 0);
	CU_ASSERT_EQUAL(fake.bus->complaints[VPCI_BAD_INTERRUPT], rows);
	fake_program(0, 0xfee00000, 0);
	CU_ASSERT_EQUAL(fake.msis, 0);
	vpci_raise(fake.bus, 0);
	CU_ASSERT_EQUAL(fake.msis, 1);
}

static void the_table_is_bounded(void)
{
	struct vpci_delete_interrupt delete = {
		{ VPCI_DELETE_INTERRUPT, FAKE_SLOT }, { 0, 1, 77, 0xfee00000 },
	};

	for (uint32_t i = 0; i < VPCI_INTERRUPTS; i++)
		CU_ASSERT_EQUAL(fake_create_interrupt(0x20, 0), i);
	CU_ASSERT_EQUAL(fake_create_interrupt(0x20, 0), UINT32_MAX);
	fake_tell(&delete, sizeof(delete));
	CU_ASSERT_EQUAL(fake_create_interrupt(0x20, 0), 77);
}

/* The guest restores its MSI-X table after a function level reset, from memory. */
static void function_level_reset_keeps_interrupts(void)
{
	uint32_t data = fake_create_interrupt(0x31, 0);

	fake_program(0, 0xfee00000, data);
	fake_config_write(0x68, 0xa810, 2);
	CU_ASSERT_EQUAL(fake.resets, 1);
	CU_ASSERT_EQUAL(fake_places(), 1);
	vpci_raise(fake.bus, 0);
	fake_map();
	CU_ASSERT_EQUAL(fake_read(FAKE_BAR + FAKE_TABLE, 8), 0);
	fake_program(0, 0xfee00000, data);
	CU_ASSERT_EQUAL(fake.msis, 0);
	fake_config_write(0x9e, 0x8000, 2);
	expect_msi(1, 0xfee00000, 0x31);
}

static void nothing_outlives_d0(void)
{
	uint32_t leave = VPCI_BUS_D0EXIT, data = fake_create_interrupt(0x31, 0);

	fake_program(0, 0xfee00000, data);
	CU_ASSERT_EQUAL(fake_status(&leave, sizeof(leave)), VPCI_SUCCESS);
	vpci_raise(fake.bus, 0);
	CU_ASSERT_EQUAL(vpci_retarget(fake.bus, DEVICE_ID, 0xfee00000, data, 0x41, 0), -ENOENT);
	CU_ASSERT_EQUAL(fake.msis, 0);
	CU_ASSERT_EQUAL(fake.bus->msix.entry[0][VPCI_MSIX_CONTROL], VPCI_MSIX_MASKED);
	CU_ASSERT_EQUAL(fake.bus->msix.pending[0], 0);
	CU_ASSERT_FALSE(fake.bus->interrupts.entry[0].used);
}

static CU_TestInfo tests[] = {
	{ "from function to guest", from_function_to_guest },
	{ "masks hold it back", masks_hold_it_back },
	{ "retarget", retarget },
	{ "a deleted interrupt is no more", a_deleted_interrupt_is_no_more },
	{ "garbage in the table is counted", garbage_in_the_table_is_counted },
	{ "the table is bounded", the_table_is_bounded },
	{ "function level reset keeps interrupts", function_level_reset_keeps_interrupts },
	{ "nothing outlives D0", nothing_outlives_d0 },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("vpci/interrupt", setup, fake_teardown, tests);
