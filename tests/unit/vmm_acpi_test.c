// SPDX-License-Identifier: BSD-3-Clause
/* ACPI tables as a guest walks them: pointers, lengths, checksums, and the fields it acts on. */
#include "vmm_fake.h"

#include "unit.h"

#include <string.h>

static void setup(void)
{
	vmm_fake_create(3, NULL);
}

static uint64_t get(gpa_t at, unsigned int size)
{
	uint64_t value = 0;

	CU_ASSERT_EQUAL_FATAL(lab_mem_read(&vmm_fake.vmm->mem, at, &value, size), 0);
	return value;
}

static bool is(gpa_t at, const char *signature)
{
	char text[9] = "";

	CU_ASSERT_EQUAL_FATAL(
		lab_mem_read(&vmm_fake.vmm->mem, at, text, strlen(signature)), 0);
	return strcmp(text, signature) == 0;
}

static uint8_t sum(gpa_t at, size_t len)
{
	uint8_t total = 0;

	for (size_t i = 0; i < len; i++)
		total += (uint8_t)get(at + i, 1);
	return total;
}

/* A table of that signature whose length and checksum hold; its length. */
static size_t table(gpa_t at, const char *signature)
{
	size_t len = get(at + 4, 4);

	CU_ASSERT_TRUE(is(at, signature));
	CU_ASSERT_FATAL(len >= 36 && len < 0x10000);
	CU_ASSERT_EQUAL(sum(at, len), 0);
	/* In the range e820 calls reserved. */
	CU_ASSERT(at >= 0xe0000 && at + len <= 0x100000);
	return len;
}

static gpa_t walk(const char *signature)
{
	gpa_t rsdp = vmm_acpi_write(vmm_fake.vmm), xsdt;
	size_t len;

	CU_ASSERT_TRUE(is(rsdp, "RSD PTR "));
	CU_ASSERT_EQUAL(sum(rsdp, 20), 0);
	CU_ASSERT_EQUAL(sum(rsdp, 36), 0);
	CU_ASSERT_EQUAL(get(rsdp + 15, 1), 2);
	CU_ASSERT_EQUAL(get(rsdp + 20, 4), 36);
	CU_ASSERT_EQUAL(rsdp % 16, 0);
	xsdt = get(rsdp + 24, 8);
	len = table(xsdt, "XSDT");
	CU_ASSERT_EQUAL((len - 36) % 8, 0);
	for (size_t at = 36; at < len; at += 8)
		if (is(get(xsdt + at, 8), signature))
			return get(xsdt + at, 8);
	CU_FAIL_FATAL("not in the XSDT");
	return 0;
}

static void fadt(void)
{
	gpa_t at = walk("FACP");

	CU_ASSERT_EQUAL(table(at, "FACP"), 276);
	CU_ASSERT_EQUAL(get(at + 8, 1), 6); /* revision */
	CU_ASSERT_EQUAL(get(at + 140, 8), get(at + 40, 4));
	CU_ASSERT(get(at + 112, 4) & 1u << 20); /* hardware-reduced */
	CU_ASSERT(get(at + 112, 4) & 1u << 10); /* has a reset register: */
	CU_ASSERT_EQUAL(get(at + 116, 1), 1);   /* in I/O space */
	CU_ASSERT_EQUAL(get(at + 120, 8), VMM_IO_RESET);
	CU_ASSERT_EQUAL(get(at + 244, 1), 1);
	CU_ASSERT_EQUAL(get(at + 248, 8), VMM_IO_SLEEP);
	CU_ASSERT_EQUAL(get(at + 256, 1), 1);
	CU_ASSERT_EQUAL(get(at + 260, 8), VMM_IO_SLEEP + 1);
}

static void dsdt(void)
{
	gpa_t at = get(walk("FACP") + 140, 8);
	size_t len = table(at, "DSDT");
	bool vmbus = false;

	for (size_t i = 36; i + 5 <= len && !vmbus; i++)
		vmbus = is(at + i, "VMBUS");
	CU_ASSERT_TRUE(vmbus);
}

static void madt(void)
{
	for (unsigned int vcpus = 1; vcpus <= VMM_VCPUS_MAX; vcpus++) {
		unsigned int cpus = 0, ioapics = 0;
		gpa_t at;
		size_t len;

		vmm_fake.vmm->config.vcpus = vcpus;
		at = walk("APIC");
		len = table(at, "APIC");
		CU_ASSERT_EQUAL(get(at + 36, 4), 0xfee00000);
		for (size_t i = 44; i < len; i += get(at + i + 1, 1)) {
			CU_ASSERT_FATAL(get(at + i + 1, 1) >= 2 && i + get(at + i + 1, 1) <= len);
			if (get(at + i, 1) == 0) {
				CU_ASSERT_EQUAL(get(at + i + 3, 1), cpus); /* APIC id */
				CU_ASSERT_EQUAL(get(at + i + 4, 4), 1);
				cpus++;
			} else {
				CU_ASSERT_EQUAL(get(at + i, 1), 1);
				CU_ASSERT_EQUAL(get(at + i + 4, 4), 0xfec00000);
				CU_ASSERT_EQUAL(get(at + i + 8, 4), 0);
				ioapics++;
			}
		}
		CU_ASSERT_EQUAL(cpus, vcpus);
		CU_ASSERT_EQUAL(ioapics, 1);
	}
	vmm_fake.vmm->config.vcpus = 3;
}

/* Twice over the same memory: checksums are made anew, not over what was there. */
static void written_twice(void)
{
	walk("FACP");
	fadt();
	madt();
}

static CU_TestInfo tests[] = {
	{ "FADT", fadt },
	{ "DSDT", dsdt },
	{ "MADT for every number of vCPUs", madt },
	{ "written twice", written_twice },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("vmm/acpi", setup, vmm_fake_destroy, tests);
