// SPDX-License-Identifier: BSD-3-Clause
/*
 * Loads a bzImage and its initramfs and enters the kernel at its 64-bit entry, with identity page
 * tables, as the Linux/x86 boot protocol (Documentation/x86/boot.rst, "64-bit boot protocol") asks.
 */
#include "internal.h"

#include "../log.h"

#include <asm/bootparam.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define AT_GDT		0x500u
#define AT_BOOT_PARAMS	0x7000u
#define AT_STACK	0x8ff0u
#define AT_PML4		0x9000u /* then one page directory pointer table and four directories */
#define AT_PDPT		0xa000u
#define AT_PD		0xb000u
#define AT_CMDLINE	0x20000u
#define CMDLINE_MAX	2048u
#define AT_RESET_VECTOR 0xffff0u
#define AT_KERNEL	0x1000000u
#define ENTRY_64	0x200u /* offset of the 64-bit entry */
#define LOW_RAM_END	0x9fc00u
#define SETUP_HEADER	0x1f1u
#define HEADER_MAGIC	0x53726448u /* "HdrS" */
#define E820_RAM	1u
#define E820_RESERVED	2u
#define PTE_PRESENT_RW	0x3u
#define PTE_HUGE	0x80u
#define CR0_PE_PG	0x80000001u
#define CR4_PAE		0x20u
#define EFER_LME_LMA	0x500u

static int fail(const char *path, int error)
{
	lab_log(LAB_LOG_ERROR, "vmm", "%s: %s", path, strerror(-error));
	return error;
}

/* Reads a whole file into guest RAM at dst. Returns its size or -errno. */
static int64_t load(const char *path, uint64_t skip, uint8_t *dst, uint64_t room)
{
	uint64_t done = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int64_t got;

	if (fd < 0)
		return fail(path, -errno);
	while ((got = pread(fd, dst + done, room - done, (off_t)(skip + done))) > 0)
		done += (uint64_t)got;
	if (got < 0)
		got = -errno;
	close(fd);
	if (got < 0)
		return fail(path, (int)got);
	if (done == 0)
		return fail(path, -ENODATA);
	if (done == room)
		return fail(path, -EFBIG);
	return (int64_t)done;
}

static int header_load(struct vmm *vmm, struct boot_params *params, uint64_t *image)
{
	const char *path = vmm->config.kernel;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return fail(path, -errno);
	got = pread(fd, &params->hdr, sizeof(params->hdr), SETUP_HEADER);
	close(fd);
	if (got != (ssize_t)sizeof(params->hdr) || params->hdr.header != HEADER_MAGIC ||
	    !(params->hdr.xloadflags & XLF_KERNEL_64)) {
		lab_log(LAB_LOG_ERROR, "vmm", "%s: not a 64-bit bzImage", path);
		return -ENOEXEC;
	}
	*image = ((params->hdr.setup_sects != 0 ? params->hdr.setup_sects : 4u) + 1u) * 512u;
	return 0;
}

/*
 * At the reset vector, F000:FFF0: mov $1,%al; mov $VMM_IO_RESET,%dx; out %al,%dx; hlt. A kernel on
 * hardware-reduced ACPI restarts through EFI, and without one jumps there in real mode
 * (arch/x86/kernel/reboot.c).
 */
static void reset_vector_write(struct vmm *vmm)
{
	static const uint8_t code[] = { 0xb0, 0x01, 0xba, VMM_IO_RESET & 0xff, VMM_IO_RESET >> 8,
					0xee, 0xf4, 0xeb, 0xfd };

	memcpy(vmm->ram + AT_RESET_VECTOR, code, sizeof(code));
}

static void e820_write(const struct vmm *vmm, struct boot_params *params)
{
	uint64_t low = vmm->ram_size < VMM_LOW_END ? vmm->ram_size : VMM_LOW_END;
	unsigned int n = 0;

	params->e820_table[n++] = (struct boot_e820_entry){ 0, LOW_RAM_END, E820_RAM };
	params->e820_table[n++] = (struct boot_e820_entry){ 0xe0000, 0x20000, E820_RESERVED };
	params->e820_table[n++] =
		(struct boot_e820_entry){ 0x100000, low - 0x100000, E820_RAM };
	params->e820_table[n++] =
		(struct boot_e820_entry){ VMM_PORT_BASE, 0x10000, E820_RESERVED };
	if (vmm->ram_size > low)
		params->e820_table[n++] = (struct boot_e820_entry){ VMM_HIGH_BASE,
								    vmm->ram_size - low, E820_RAM };
	params->e820_entries = (uint8_t)n;
}

int vmm_boot_load(struct vmm *vmm)
{
	uint64_t low = vmm->ram_size < VMM_LOW_END ? vmm->ram_size : VMM_LOW_END;
	struct boot_params *params = (void *)(vmm->ram + AT_BOOT_PARAMS);
	uint64_t image = 0, initrd_at, kernel_end;
	int64_t size;
	int ret;

	ret = header_load(vmm, params, &image);
	if (ret < 0)
		return ret;
	if (strlen(vmm->config.cmdline) >= CMDLINE_MAX)
		return fail("kernel command line", -E2BIG);
	snprintf((char *)vmm->ram + AT_CMDLINE, CMDLINE_MAX, "%s", vmm->config.cmdline);
	size = load(vmm->config.kernel, image, vmm->ram + AT_KERNEL, low - AT_KERNEL);
	if (size < 0)
		return (int)size;
	/* The kernel unpacks itself in place: init_size is what it needs while it does. */
	kernel_end = AT_KERNEL + (params->hdr.init_size > size ? params->hdr.init_size
							       : (uint64_t)size);
	initrd_at = (kernel_end + 0x1fffff) & ~0x1fffffull;
	if (initrd_at >= low)
		return fail(vmm->config.kernel, -EFBIG);
	size = load(vmm->config.initrd, 0, vmm->ram + initrd_at, low - initrd_at);
	if (size < 0)
		return (int)size;
	params->hdr.type_of_loader = 0xff;
	params->hdr.loadflags |= LOADED_HIGH;
	params->hdr.ramdisk_image = (uint32_t)initrd_at;
	params->hdr.ramdisk_size = (uint32_t)size;
	params->hdr.cmd_line_ptr = AT_CMDLINE;
	params->acpi_rsdp_addr = vmm_acpi_write(vmm);
	reset_vector_write(vmm);
	e820_write(vmm, params);
	return 0;
}

static void page_tables_write(struct vmm *vmm)
{
	uint64_t *pml4 = (void *)(vmm->ram + AT_PML4);
	uint64_t *pdpt = (void *)(vmm->ram + AT_PDPT);
	uint64_t *pd = (void *)(vmm->ram + AT_PD);

	pml4[0] = AT_PDPT | PTE_PRESENT_RW;
	for (unsigned int g = 0; g < 4; g++)
		pdpt[g] = (AT_PD + g * LAB_PAGE_SIZE) | PTE_PRESENT_RW;
	for (uint64_t i = 0; i < 4 * 512; i++)
		pd[i] = i << 21 | PTE_HUGE | PTE_PRESENT_RW;
}

int vmm_boot_vcpu(struct vmm_vcpu *vcpu)
{
	struct vmm *vmm = vcpu->vmm;
	/* __BOOT_CS and __BOOT_DS of the boot protocol: selectors 0x10 and 0x18, flat. */
	static const uint64_t gdt[] = { 0, 0, 0x00af9b000000ffffull, 0x00cf93000000ffffull };
	struct kvm_segment code = { .limit = 0xffffffff, .selector = 0x10, .type = 0xb,
				    .present = 1, .s = 1, .l = 1, .g = 1 };
	struct kvm_segment data = { .limit = 0xffffffff, .selector = 0x18, .type = 3, .present = 1,
				    .db = 1, .s = 1, .g = 1 };
	struct kvm_regs regs = { .rip = AT_KERNEL + ENTRY_64, .rsi = AT_BOOT_PARAMS,
				 .rsp = AT_STACK, .rflags = 2 };
	struct kvm_sregs s;

	memcpy(vmm->ram + AT_GDT, gdt, sizeof(gdt));
	page_tables_write(vmm);
	if (ioctl(vcpu->fd, KVM_GET_SREGS, &s) < 0)
		goto err;
	s.cs = code;
	s.ds = s.es = s.fs = s.gs = s.ss = data;
	s.gdt.base = AT_GDT;
	s.gdt.limit = sizeof(gdt) - 1;
	s.cr3 = AT_PML4;
	s.cr4 |= CR4_PAE;
	s.cr0 |= CR0_PE_PG;
	s.efer |= EFER_LME_LMA;
	if (ioctl(vcpu->fd, KVM_SET_SREGS, &s) < 0 || ioctl(vcpu->fd, KVM_SET_REGS, &regs) < 0)
		goto err;
	return 0;

err:
	return fail("boot registers", -errno);
}
