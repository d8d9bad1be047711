// SPDX-License-Identifier: BSD-3-Clause
#include "../../tools/lab/vpci/dummy.h"
#include "vpci_fake.h"

static struct dummy *dummy;

static void setup(void)
{
	fake_setup(VPCI_VERSION_1_4);
	fake_teardown();
	dummy = dummy_create();
	CU_ASSERT_PTR_NOT_NULL_FATAL(dummy);
	fake_hang(VPCI_VERSION_1_4, dummy_function(dummy));
	dummy_attach(dummy, fake.bus);
	fake_probe(VPCI_VERSION_1_4);
	fake_map();
}

static void teardown(void)
{
	fake_teardown();
	dummy_destroy(dummy);
}

static void registers(void)
{
	static const unsigned int odd[] = { 1, 2, 8 };

	CU_ASSERT_EQUAL(fake_config_read(0, 4), DUMMY_ID);
	CU_ASSERT_EQUAL(fake_read(FAKE_BAR + DUMMY_IDENTITY, 4), DUMMY_ID);
	fake_write(FAKE_BAR + DUMMY_IDENTITY, 0, 4);
	CU_ASSERT_EQUAL(fake_read(FAKE_BAR + DUMMY_IDENTITY, 4), DUMMY_ID);
	fake_write(FAKE_BAR + DUMMY_SCRATCH, 0xcafe, 4);
	CU_ASSERT_EQUAL(fake_read(FAKE_BAR + DUMMY_SCRATCH, 4), 0xcafe);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		fake_write(FAKE_BAR + DUMMY_SCRATCH, 0, odd[i]);
		CU_ASSERT_EQUAL(fake_read(FAKE_BAR + DUMMY_SCRATCH, odd[i]), 0);
	}
	CU_ASSERT_EQUAL(fake_read(FAKE_BAR + DUMMY_SCRATCH, 4), 0xcafe);
	CU_ASSERT_EQUAL(fake_read(FAKE_BAR + DUMMY_RAISE, 4), 0);
	fake_write(FAKE_BAR + DUMMY_MEMORY, 0x12345678, 4);
	CU_ASSERT_EQUAL(fake_read(FAKE_BAR + DUMMY_MEMORY, 4), 0x12345678);
	CU_ASSERT_EQUAL(vpci_surprise(fake.bus), 0);
	CU_ASSERT_EQUAL(fake_read(FAKE_BAR + DUMMY_IDENTITY, 4), 0xffffffff);
}

static void raise_interrupts_the_guest(void)
{
	uint32_t data = fake_create_interrupt(0x61, 2);
	gpa_t entry = FAKE_BAR + DUMMY_MSIX_TABLE + 16 * (DUMMY_VECTORS - 1);

	fake_config_write(0x9e, 0x8000, 2);
	fake_write(entry, 0xfee00000, 8);
	fake_write(entry + 8, data, 8);
	fake_write(FAKE_BAR + DUMMY_RAISE, DUMMY_VECTORS - 1, 4);
	CU_ASSERT_EQUAL_FATAL(fake.msis, 1);
	CU_ASSERT_EQUAL(fake.msi[0].address, 0xfee02000);
	CU_ASSERT_EQUAL(fake.msi[0].data, 0x61);
	fake_write(FAKE_BAR + DUMMY_RAISE, DUMMY_VECTORS, 4);
	fake_write(FAKE_BAR + DUMMY_RAISE, UINT32_MAX, 4);
	fake_write(FAKE_BAR + DUMMY_RAISE, 0, 4);
	CU_ASSERT_EQUAL(fake.msis, 1);
	/* That one was masked. */
	CU_ASSERT_EQUAL(fake_read(FAKE_BAR + DUMMY_MSIX_PBA, 8), 1);
}

static CU_TestInfo tests[] = {
	{ "registers", registers },
	{ "raise interrupts the guest", raise_interrupts_the_guest },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("vpci/dummy", setup, teardown, tests);
