// SPDX-License-Identifier: BSD-3-Clause
/* The address space's book-keeping, loading a kernel, CPUID, and the lab port's mailbox. */
#define _GNU_SOURCE
#include "vmm_fake.h"

#include "../../tools/lab/guest/port.h"
#include "unit.h"

#include <asm/bootparam.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct vmm *vmm;

static void setup(void)
{
	vmm_fake_create(2, NULL);
	vmm = vmm_fake.vmm;
}

/* ------------------------------------------------------------------------ address space ---- */

static const struct vmm_mmio_ops no_ops;

static void trapped_ranges(void)
{
	static const struct {
		gpa_t base;
		uint64_t size;
		int ret;
	} row[] = {
		{ VMM_MMIO_LOW, 0x1000, 0 },
		{ VMM_MMIO_LOW, 0x1000, -EBUSY },
		{ VMM_MMIO_LOW - 1, 2, -EBUSY },
		{ VMM_MMIO_LOW + 0xfff, 1, -EBUSY },
		{ VMM_MMIO_LOW + 0x1000, 1, 0 },
		{ VMM_MMIO_HIGH, 0x100000000, 0 },
		{ VMM_MMIO_HIGH + 0xffffffff, 2, -EBUSY },
		{ VMM_MMIO_LOW + 0x10000, 0, -EINVAL },
		{ UINT64_MAX, 2, -EINVAL },
		{ UINT64_MAX - 0xfff, 0x1000, -EINVAL },
		{ 0xd0000, 0x1000, -EINVAL }, /* RAM */
		{ VMM_LOW_END - 1, 1, -EINVAL },
	};
	unsigned int n = 0;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		CU_ASSERT_EQUAL(vmm_mmio_claim(vmm, row[i].base, row[i].size, &no_ops, NULL),
				row[i].ret);
	vmm_mmio_release(vmm, VMM_MMIO_LOW);
	vmm_mmio_release(vmm, VMM_MMIO_LOW);
	CU_ASSERT_EQUAL(vmm_mmio_claim(vmm, VMM_MMIO_LOW, 0x1000, &no_ops, NULL), 0);
	/* RAM above 4 GiB. */
	CU_ASSERT_EQUAL(lab_mem_add(&vmm->mem, VMM_HIGH_BASE, 4096, vmm->ram), 0);
	CU_ASSERT_EQUAL(vmm_mmio_claim(vmm, VMM_HIGH_BASE + 4095, 1, &no_ops, NULL), -EBUSY);
	while (vmm_mmio_claim(vmm, VMM_MMIO_LOW + 0x100000 + n * 16, 16, &no_ops, NULL) == 0)
		n++;
	CU_ASSERT_EQUAL(n, VMM_MMIO_MAX - 3);
}

static void device_ram(void)
{
	static _Alignas(4096) uint8_t page[4096];
	const gpa_t base = VMM_MMIO_HIGH;
	unsigned int n = 0;

	CU_ASSERT_EQUAL(vmm_ram_map(vmm, 0x1000, 4096, page), -EINVAL);
	CU_ASSERT_EQUAL(vmm_ram_map(vmm, base + 1, 4096, page), -EINVAL);
	CU_ASSERT_EQUAL(vmm_ram_map(vmm, base, 4097, page), -EINVAL);
	CU_ASSERT_EQUAL(vmm_ram_map(vmm, base, 0, page), -EINVAL);
	CU_ASSERT_EQUAL(vmm_ram_map(vmm, base, 4096, page), 0);
	CU_ASSERT_EQUAL(vmm_fake.slot[VMM_SLOT_FIRST_DEV].memory_size, 4096);
	CU_ASSERT_EQUAL(vmm_fake.slot[VMM_SLOT_FIRST_DEV].userspace_addr, (uintptr_t)page);
	/* KVM says that it overlaps: nothing is remembered. */
	vmm_fake.fail_request = KVM_SET_USER_MEMORY_REGION;
	vmm_fake.fail_errno = EEXIST;
	CU_ASSERT_EQUAL(vmm_ram_map(vmm, base, 4096, page), -EEXIST);
	vmm_fake.fail_request = 0;
	CU_ASSERT_EQUAL(vmm->kvm_slot[VMM_SLOT_FIRST_DEV + 1], 0);
	vmm_ram_unmap(vmm, base + 4096);
	vmm_fake.slot[VMM_SLOT_FIRST_DEV + 1].memory_size = 1;
	vmm_ram_unmap(vmm, 0); /* not "every free slot" */
	CU_ASSERT_EQUAL(vmm_fake.slot[VMM_SLOT_FIRST_DEV + 1].memory_size, 1);
	CU_ASSERT_EQUAL(vmm_fake.slot[VMM_SLOT_FIRST_DEV].memory_size, 4096);
	vmm_ram_unmap(vmm, base);
	CU_ASSERT_EQUAL(vmm_fake.slot[VMM_SLOT_FIRST_DEV].memory_size, 0);
	while (vmm_ram_map(vmm, base + n * 4096, 4096, page) == 0)
		n++;
	CU_ASSERT_EQUAL(n, VMM_KVM_SLOTS - VMM_SLOT_FIRST_DEV);
	CU_ASSERT_EQUAL(vmm_ram_map(vmm, base, 4096, page), -ENOSPC);
}

static void interrupts(void)
{
	vmm_msi(vmm, 0x1fee00000, 0x31);
	CU_ASSERT_EQUAL(vmm_fake.msi.address_lo, 0xfee00000);
	CU_ASSERT_EQUAL(vmm_fake.msi.address_hi, 1);
	CU_ASSERT_EQUAL(vmm_fake.msi.data, 0x31);
	vmm_fake.fail_request = KVM_SIGNAL_MSI;
	vmm_fake.fail_errno = EINVAL;
	vmm_msi(vmm, 0, 0); /* the guest's nonsense is not our end */
	vmm->vcpu[0].exits = 3;
	vmm->vcpu[1].exits = 4;
	CU_ASSERT_EQUAL(vmm_exits(vmm), 7);
}

/* What the guest uses of its RAM is not the lab's. */
static void overhead_is_without_ram(void)
{
	uint64_t before = vmm_overhead(vmm), after;

	CU_ASSERT(before > 0);
	memset(vmm->ram, 1, vmm->ram_size);
	after = vmm_overhead(vmm);
	CU_ASSERT(after < before + vmm->ram_size / 2);
}

/* --------------------------------------------------------------------------------- boot ---- */

#define BOOT_RAM (64ull << 20)
#define INIT_SIZE (8u << 20)

static char kernel[64], initrd[64];

static void file_put(char path[64], const void *data, size_t len)
{
	int fd;

	strcpy(path, "/tmp/vmm-unit.XXXXXX");
	fd = mkstemp(path);
	CU_ASSERT_FATAL(fd >= 0);
	CU_ASSERT_FATAL(write(fd, data, len) == (ssize_t)len);
	close(fd);
}

/* A bzImage: two sectors of set-up, and `code` bytes of kernel. */
static void kernel_put(size_t code, uint32_t magic, uint16_t xloadflags)
{
	uint8_t *image = calloc(1, 1024 + code);
	struct setup_header header = { .setup_sects = 1, .header = magic, .init_size = INIT_SIZE,
				       .xloadflags = xloadflags };

	memcpy(image + 0x1f1, &header, sizeof(header));
	memset(image + 1024, 0x90, code);
	if (kernel[0] != '\0')
		unlink(kernel);
	file_put(kernel, image, 1024 + code);
	free(image);
}

static void boot_setup(void)
{
	vmm_ram_destroy(vmm->ram, FAKE_RAM);
	vmm->ram_size = BOOT_RAM;
	CU_ASSERT_EQUAL_FATAL(vmm_ram_create(&vmm->ram, BOOT_RAM), 0);
	vmm->mem.count = 0;
	CU_ASSERT_EQUAL(lab_mem_add(&vmm->mem, 0, BOOT_RAM, vmm->ram), 0);
	kernel[0] = initrd[0] = '\0';
	vmm->config.kernel = kernel;
	vmm->config.initrd = initrd;
	kernel_put(5000, 0x53726448, XLF_KERNEL_64);
	file_put(initrd, "initramfs", 9);
}

static void boot_teardown(void)
{
	unlink(kernel);
	unlink(initrd);
}

static void loads(void)
{
	const struct boot_params *params;
	uint32_t at;

	boot_setup();
	CU_ASSERT_EQUAL(vmm_boot_load(vmm), 0);
	params = (const void *)(vmm->ram + 0x7000);
	CU_ASSERT_EQUAL(vmm->ram[0x1000000], 0x90);
	CU_ASSERT_EQUAL(vmm->ram[0x1000000 + 4999], 0x90);
	CU_ASSERT_EQUAL(vmm->ram[0x1000000 + 5000], 0);
	at = params->hdr.ramdisk_image;
	CU_ASSERT(at >= 0x1000000 + INIT_SIZE);
	CU_ASSERT_EQUAL(params->hdr.ramdisk_size, 9);
	CU_ASSERT_EQUAL(memcmp(vmm->ram + at, "initramfs", 9), 0);
	CU_ASSERT_STRING_EQUAL((char *)vmm->ram + params->hdr.cmd_line_ptr, "quiet");
	CU_ASSERT_EQUAL(memcmp(vmm->ram + params->acpi_rsdp_addr, "RSD PTR ", 8), 0);
	for (unsigned int i = 0; i < params->e820_entries; i++) {
		const struct boot_e820_entry *e = &params->e820_table[i];

		for (unsigned int k = 0; k < i; k++) /* none overlaps another */
			CU_ASSERT(e->addr >= params->e820_table[k].addr +
					     params->e820_table[k].size ||
				  e->addr + e->size <= params->e820_table[k].addr);
	}
	CU_ASSERT_EQUAL(vmm_boot_vcpu(&vmm->vcpu[0]), 0);
	CU_ASSERT_EQUAL(vmm_fake.regs.rip, 0x1000200);
	CU_ASSERT_EQUAL(vmm_fake.regs.rsi, 0x7000);
	CU_ASSERT_EQUAL(vmm_fake.sregs.efer & 0x500, 0x500);
	vmm_fake.fail_request = KVM_SET_SREGS;
	vmm_fake.fail_errno = EINVAL;
	CU_ASSERT_EQUAL(vmm_boot_vcpu(&vmm->vcpu[0]), -EINVAL);
	boot_teardown();
}

static void does_not_load(void)
{
	static char cmdline[3000];

	boot_setup();
	vmm->config.kernel = "/nonexistent";
	CU_ASSERT_EQUAL(vmm_boot_load(vmm), -ENOENT);
	vmm->config.kernel = "/tmp";
	CU_ASSERT_EQUAL(vmm_boot_load(vmm), -ENOEXEC);
	vmm->config.kernel = kernel;
	vmm->config.initrd = "/nonexistent";
	CU_ASSERT_EQUAL(vmm_boot_load(vmm), -ENOENT);
	vmm->config.initrd = "/tmp";
	CU_ASSERT_EQUAL(vmm_boot_load(vmm), -EISDIR);
	vmm->config.initrd = "/dev/null";
	CU_ASSERT_EQUAL(vmm_boot_load(vmm), -ENODATA);
	vmm->config.initrd = initrd;
	CU_ASSERT_EQUAL(truncate(initrd, BOOT_RAM), 0);
	CU_ASSERT_EQUAL(vmm_boot_load(vmm), -EFBIG);
	CU_ASSERT_EQUAL(truncate(initrd, 9), 0);
	CU_ASSERT_EQUAL(truncate(kernel, BOOT_RAM), 0);
	CU_ASSERT_EQUAL(vmm_boot_load(vmm), -EFBIG);
	CU_ASSERT_EQUAL(truncate(kernel, 1024), 0); /* set-up and no kernel */
	CU_ASSERT_EQUAL(vmm_boot_load(vmm), -ENODATA);
	CU_ASSERT_EQUAL(truncate(kernel, 0x1f1 + 20), 0);
	CU_ASSERT_EQUAL(vmm_boot_load(vmm), -ENOEXEC);
	kernel_put(5000, 0x53726449, XLF_KERNEL_64);
	CU_ASSERT_EQUAL(vmm_boot_load(vmm), -ENOEXEC);
	kernel_put(5000, 0x53726448, 0); /* 32-bit */
	CU_ASSERT_EQUAL(vmm_boot_load(vmm), -ENOEXEC);
	kernel_put(5000, 0x53726448, XLF_KERNEL_64);
	CU_ASSERT_EQUAL(vmm_boot_load(vmm), 0);
	memset(cmdline, 'x', sizeof(cmdline) - 1);
	vmm->config.cmdline = cmdline;
	CU_ASSERT_EQUAL(vmm_boot_load(vmm), -E2BIG);
	vmm->config.cmdline = "";
	vmm->ram_size = 20ull << 20; /* less than the kernel unpacks itself into */
	CU_ASSERT_EQUAL(vmm_boot_load(vmm), -EFBIG);
	vmm->ram_size = BOOT_RAM;
	boot_teardown();
}

/* -------------------------------------------------------------------------------- CPUID ---- */

static const struct kvm_cpuid_entry2 *leaf(uint32_t function)
{
	const struct kvm_cpuid_entry2 *found = NULL;

	for (unsigned int i = 0; i < vmm_fake.cpuid_count; i++) {
		if (vmm_fake.cpuid[i].function != function)
			continue;
		CU_ASSERT_PTR_NULL(found); /* each once: KVM's own signature is gone */
		found = &vmm_fake.cpuid[i];
	}
	return found;
}

static void cpuid(void)
{
	const struct kvm_cpuid_entry2 *e;
	char signature[13] = "";

	CU_ASSERT_EQUAL(vmm_cpuid_set(&vmm->vcpu[1]), 0);
	e = leaf(0x40000000);
	CU_ASSERT_PTR_NOT_NULL_FATAL(e);
	memcpy(signature, &e->ebx, 4);
	memcpy(signature + 4, &e->ecx, 4);
	memcpy(signature + 8, &e->edx, 4);
	CU_ASSERT_STRING_EQUAL(signature, "Microsoft Hv");
	CU_ASSERT_EQUAL(e->eax, 0x40000005);
	CU_ASSERT_EQUAL(leaf(0x40000001)->eax, 0x31237648); /* "Hv#1" */
	CU_ASSERT_EQUAL(leaf(0x40000003)->eax & 1u << 6, 1u << 6);
	CU_ASSERT_EQUAL(leaf(0x40000004)->eax, 0);
	CU_ASSERT_PTR_NULL(leaf(0x40000080));
	CU_ASSERT_EQUAL(leaf(1)->ecx, 1u << 31 | 1u << 3); /* a hypervisor, no VMX */
	CU_ASSERT_EQUAL(leaf(1)->ebx, 0x01025678);         /* APIC 1 of 2 */
	CU_ASSERT_EQUAL(leaf(0xb)->edx, 1);
	CU_ASSERT_EQUAL(leaf(0x8000001e)->eax, 1);
	CU_ASSERT_EQUAL(leaf(0x80000001)->ecx, 1u << 1); /* no SVM */
	vmm_fake.fail_request = KVM_GET_SUPPORTED_HV_CPUID;
	vmm_fake.fail_errno = ENOTTY;
	CU_ASSERT_EQUAL(vmm_cpuid_set(&vmm->vcpu[1]), -EINVAL);
}

/* ----------------------------------------------------------------------------- lab port ---- */

static void port_set(enum lab_port_offset at, uint32_t value)
{
	memcpy(vmm->port + at, &value, sizeof(value));
}

static uint32_t port_get(enum lab_port_offset at)
{
	uint32_t value;

	memcpy(&value, vmm->port + at, sizeof(value));
	return value;
}

static void lab_port(void)
{
	CU_ASSERT_EQUAL(port_get(LAB_PORT_OFF_MAGIC), LAB_PORT_MAGIC);
	CU_ASSERT_EQUAL(port_get(LAB_PORT_OFF_VERSION), LAB_PORT_VERSION);
	port_set(LAB_PORT_OFF_OP, 3);
	port_set(LAB_PORT_OFF_ARG, 77);
	port_set(LAB_PORT_OFF_LENGTH, 5);
	memcpy(vmm->port + LAB_PORT_OFF_DATA, "hello", 5);
	vmm_fake.guest.reply_len = LAB_PORT_DATA_MAX;
	vmm_fake.guest.port_status = -11;
	vmm_port_ring(vmm);
	CU_ASSERT_EQUAL(vmm_fake.guest.op, 3);
	CU_ASSERT_EQUAL(vmm_fake.guest.arg, 77);
	CU_ASSERT_EQUAL(vmm_fake.guest.len, 5);
	CU_ASSERT_EQUAL(memcmp(vmm_fake.guest.payload, "hello", 5), 0);
	CU_ASSERT_EQUAL((int32_t)port_get(LAB_PORT_OFF_STATUS), -11);
	CU_ASSERT_EQUAL(port_get(LAB_PORT_OFF_REPLY_LENGTH), LAB_PORT_DATA_MAX);
	CU_ASSERT_EQUAL(vmm->port[LAB_PORT_SIZE - 1], 'r');
	port_set(LAB_PORT_OFF_LENGTH, LAB_PORT_DATA_MAX);
	vmm_port_ring(vmm);
	CU_ASSERT_EQUAL(vmm_fake.guest.ports, 2);
	port_set(LAB_PORT_OFF_LENGTH, LAB_PORT_DATA_MAX + 1);
	vmm_port_ring(vmm);
	port_set(LAB_PORT_OFF_LENGTH, UINT32_MAX);
	vmm_port_ring(vmm);
	CU_ASSERT_EQUAL(vmm_fake.guest.ports, 2);
	CU_ASSERT_EQUAL((int32_t)port_get(LAB_PORT_OFF_STATUS), -EMSGSIZE);
	CU_ASSERT_EQUAL(port_get(LAB_PORT_OFF_REPLY_LENGTH), 0);
}

static CU_TestInfo tests[] = {
	{ "trapped ranges", trapped_ranges },
	{ "device RAM", device_ram },
	{ "MSIs and exits", interrupts },
	{ "overhead is without RAM", overhead_is_without_ram },
	{ "loads a kernel and its initramfs", loads },
	{ "files that do not load", does_not_load },
	{ "CPUID", cpuid },
	{ "the lab port", lab_port },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("vmm/vm", setup, vmm_fake_destroy, tests);
