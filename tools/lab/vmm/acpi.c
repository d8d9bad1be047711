// SPDX-License-Identifier: BSD-3-Clause
/*
 * ACPI tables: RSDP, XSDT, FADT (hardware-reduced), MADT, and the DSDT compiled from dsdt.asl.
 * Source: ACPI 6.4 sections 5.2.5 to 5.2.12.
 */
#include "internal.h"

#include "dsdt.h" /* made by iasl: dsdt_aml_code[] */

#include <string.h>

#define AT_RSDP 0xe0000u
#define AT_XSDT 0xe0100u
#define AT_FADT 0xe0200u
#define AT_MADT 0xe0400u
#define AT_DSDT 0xe1000u

#define LAPIC_BASE  0xfee00000u
#define IOAPIC_BASE 0xfec00000u

struct __attribute__((packed)) acpi_header {
	char signature[4];
	uint32_t length;
	uint8_t revision, checksum;
	char oem[6], oem_table[8];
	uint32_t oem_revision;
	char creator[4];
	uint32_t creator_revision;
};
_Static_assert(sizeof(struct acpi_header) == 36, "ACPI table header");

struct __attribute__((packed)) acpi_rsdp {
	char signature[8];
	uint8_t checksum;
	char oem[6];
	uint8_t revision;
	uint32_t rsdt, length;
	uint64_t xsdt;
	uint8_t extended_checksum, reserved[3];
};
_Static_assert(sizeof(struct acpi_rsdp) == 36, "RSDP");

struct __attribute__((packed)) acpi_address {
	uint8_t space, bits, offset, access;
	uint64_t address;
};

struct __attribute__((packed)) acpi_fadt {
	struct acpi_header header;
	uint32_t facs, dsdt;
	uint8_t unused[65]; /* fixed-hardware fields: none in a hardware-reduced machine */
	uint16_t boot_arch;
	uint8_t reserved;
	uint32_t flags;
	struct acpi_address reset;
	uint8_t reset_value;
	uint16_t arm_boot;
	uint8_t minor;
	uint64_t x_facs, x_dsdt;
	struct acpi_address blocks[8];
	struct acpi_address sleep_control, sleep_status;
	uint64_t hypervisor;
};
_Static_assert(sizeof(struct acpi_fadt) == 276, "FADT revision 6");

#define FADT_BOOT_NO_VGA    (1u << 2)
#define FADT_BOOT_NO_RTC    (1u << 5)
#define FADT_WBINVD	    (1u << 0)
#define FADT_NO_POWER_BUTTON (1u << 4)
#define FADT_NO_SLEEP_BUTTON (1u << 5)
#define FADT_RESET_REGISTER (1u << 10)
#define FADT_HW_REDUCED	    (1u << 20)
#define SPACE_IO	    1u

struct __attribute__((packed)) acpi_madt {
	struct acpi_header header;
	uint32_t lapic, flags;
	struct __attribute__((packed)) {
		uint8_t type, length, reserved_id, reserved;
		uint32_t address, gsi_base;
	} ioapic;
	struct __attribute__((packed)) {
		uint8_t type, length, processor, apic_id;
		uint32_t flags;
	} cpu[VMM_VCPUS_MAX];
};

static void sum_set(void *table, size_t len, uint8_t *checksum)
{
	const uint8_t *p = table;
	uint8_t sum = 0;

	*checksum = 0;
	for (size_t i = 0; i < len; i++)
		sum += p[i];
	*checksum = (uint8_t)-sum;
}

static void header_finish(struct acpi_header *h, const char *signature, size_t len, uint8_t rev)
{
	memcpy(h->signature, signature, 4);
	h->length = (uint32_t)len;
	h->revision = rev;
	memcpy(h->oem, "ACNLAB", 6);
	memcpy(h->oem_table, "ACCELNET", 8);
	h->oem_revision = 1;
	memcpy(h->creator, "ACNL", 4);
	h->creator_revision = 1;
	sum_set(h, len, &h->checksum);
}

static void fadt_write(uint8_t *at)
{
	struct acpi_fadt *f = (void *)at;

	f->dsdt = AT_DSDT;
	f->x_dsdt = AT_DSDT;
	f->boot_arch = FADT_BOOT_NO_VGA | FADT_BOOT_NO_RTC;
	f->flags = FADT_HW_REDUCED | FADT_WBINVD | FADT_NO_POWER_BUTTON | FADT_NO_SLEEP_BUTTON |
		   FADT_RESET_REGISTER;
	f->reset = (struct acpi_address){ SPACE_IO, 8, 0, 1, VMM_IO_RESET };
	f->reset_value = 1;
	f->sleep_control = (struct acpi_address){ SPACE_IO, 8, 0, 1, VMM_IO_SLEEP };
	f->sleep_status = (struct acpi_address){ SPACE_IO, 8, 0, 1, VMM_IO_SLEEP + 1 };
	f->minor = 3;
	header_finish(&f->header, "FACP", sizeof(*f), 6);
}

static void madt_write(uint8_t *at, unsigned int vcpus)
{
	struct acpi_madt *m = (void *)at;

	m->lapic = LAPIC_BASE;
	m->ioapic.type = 1;
	m->ioapic.length = sizeof(m->ioapic);
	m->ioapic.address = IOAPIC_BASE;
	for (unsigned int i = 0; i < vcpus; i++) {
		m->cpu[i].length = sizeof(m->cpu[i]);
		m->cpu[i].processor = (uint8_t)i;
		m->cpu[i].apic_id = (uint8_t)i;
		m->cpu[i].flags = 1; /* enabled */
	}
	header_finish(&m->header, "APIC",
		      offsetof(struct acpi_madt, cpu) + vcpus * sizeof(m->cpu[0]), 4);
}

gpa_t vmm_acpi_write(struct vmm *vmm)
{
	struct acpi_rsdp *rsdp = (void *)(vmm->ram + AT_RSDP);
	uint8_t *xsdt = vmm->ram + AT_XSDT;
	uint64_t tables[] = { AT_FADT, AT_MADT };

	memcpy(vmm->ram + AT_DSDT, dsdt_aml_code, sizeof(dsdt_aml_code));
	fadt_write(vmm->ram + AT_FADT);
	madt_write(vmm->ram + AT_MADT, vmm->config.vcpus);
	memcpy(xsdt + sizeof(struct acpi_header), tables, sizeof(tables));
	header_finish((void *)xsdt, "XSDT", sizeof(struct acpi_header) + sizeof(tables), 1);

	memcpy(rsdp->signature, "RSD PTR ", 8);
	memcpy(rsdp->oem, "ACNLAB", 6);
	rsdp->revision = 2;
	rsdp->length = sizeof(*rsdp);
	rsdp->xsdt = AT_XSDT;
	sum_set(rsdp, 20, &rsdp->checksum);
	sum_set(rsdp, sizeof(*rsdp), &rsdp->extended_checksum);
	return AT_RSDP;
}
