// SPDX-License-Identifier: BSD-3-Clause
/*
 * Where the vCPUs of a VM that made no progress stood: registers and what their local APICs hold.
 * Addresses are the kernel's own: the lab boots it with nokaslr.
 */
#include "internal.h"

#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#define APIC_TPR 0x80u
#define APIC_ISR 0x100u /* eight registers 16 bytes apart: vectors in service */
#define APIC_IRR 0x200u /* vectors that wait */
#define FLAG_IF	 (1ull << 9)
#define STACK	 24 /* words looked at */
#define KERNEL	 0xffffffff80000000ull

static uint32_t apic_register(const struct kvm_lapic_state *apic, unsigned int at)
{
	uint32_t value;

	memcpy(&value, apic->regs + at, sizeof(value));
	return value;
}

static void vectors_print(const struct kvm_lapic_state *apic, const char *name, unsigned int at,
			  FILE *out)
{
	fprintf(out, " %s", name);
	for (unsigned int v = 0; v < 256; v++)
		if (apic_register(apic, at + v / 32 * 16) >> (v % 32) & 1)
			fprintf(out, " %#x", v);
}

/* What on the stack may be return addresses into the kernel. */
static void stack_print(const struct vmm_vcpu *vcpu, uint64_t rsp, FILE *out)
{
	fputs("  stack:", out);
	for (unsigned int i = 0, shown = 0; i < 256 && shown < STACK; i++) {
		struct kvm_translation page = { .linear_address = rsp + i * 8 };
		uint64_t word;

		if (ioctl(vcpu->fd, KVM_TRANSLATE, &page) < 0 || !page.valid ||
		    lab_mem_read(&vcpu->vmm->mem, page.physical_address, &word, sizeof(word)) < 0)
			break;
		if (word < KERNEL)
			continue;
		fprintf(out, " %llx", (unsigned long long)word);
		shown++;
	}
	fputc('\n', out);
}

void vmm_dump(const struct vmm *vmm, FILE *out)
{
	for (unsigned int i = 0; i < vmm->config.vcpus; i++) {
		const struct vmm_vcpu *vcpu = &vmm->vcpu[i];
		struct kvm_lapic_state apic;
		struct kvm_regs regs;

		if (ioctl(vcpu->fd, KVM_GET_REGS, &regs) < 0 ||
		    ioctl(vcpu->fd, KVM_GET_LAPIC, &apic) < 0)
			continue;
		fprintf(out, "  vCPU %u: rip %llx rsp %llx, interrupts %s, %llu exits, TPR %#x", i,
			(unsigned long long)regs.rip, (unsigned long long)regs.rsp,
			regs.rflags & FLAG_IF ? "on" : "off", (unsigned long long)vcpu->exits,
			apic_register(&apic, APIC_TPR));
		vectors_print(&apic, "in service:", APIC_ISR, out);
		vectors_print(&apic, "waiting:", APIC_IRR, out);
		fputc('\n', out);
		stack_print(vcpu, regs.rsp, out);
	}
}
