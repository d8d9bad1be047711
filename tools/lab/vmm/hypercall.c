// SPDX-License-Identifier: BSD-3-Clause
/*
 * Hypercalls. KVM forwards POST_MESSAGE and SIGNAL_EVENT; it answers HVCALL_RETARGET_INTERRUPT
 * itself ("no such call"), so the hypercall page, which belongs to the host, gets a stub that sends
 * that one call to an I/O port of ours. The guest only ever calls the page.
 * Source: TLFS chapter 3, docs/protocol.md 2.2, arch/x86/kvm/hyperv.c kvm_hv_hypercall.
 */
#include "internal.h"

#include "../log.h"

#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

#define MSR_HYPERCALL	   0x40000001u
#define MSR_ENABLED	   1u
#define CALL_POST_MESSAGE  0x5cu
#define CALL_SIGNAL_EVENT  0x5du
#define CALL_RETARGET	   0x7eu
#define CONTROL_FAST	   (1ull << 16)
#define STATUS_SUCCESS	   0u
#define STATUS_BAD_CALL	   2u
#define STATUS_BAD_INPUT   3u
#define STATUS_BAD_PARAM   5u
#define POST_PAYLOAD_MAX   240u

/* hv_input_post_message */
struct post_message {
	uint32_t connection, reserved, type, size;
	uint8_t payload[POST_PAYLOAD_MAX];
};
_Static_assert(sizeof(struct post_message) == 256, "hv_input_post_message");

/* hv_retarget_device_interrupt; the processor set follows at 40 */
struct retarget_input {
	uint64_t partition, device_id;
	uint32_t source, reserved;
	uint32_t address, data; /* MSI entry as it stands in the MSI-X table */
	uint64_t reserved2;
	uint32_t vector, flags;
	uint64_t mask; /* or: sparse set format, valid banks, bank 0 */
};
_Static_assert(sizeof(struct retarget_input) == 56, "hv_retarget_device_interrupt");
#define RETARGET_PROCESSOR_SET 2u /* flags: a sparse set stands where the mask is */
#define SPARSE_FORMAT_4K       0u

static uint16_t post_message(struct vmm *vmm, gpa_t input)
{
	struct post_message m;

	/* The input may end short of a page's end: take the head, then what it says. */
	if (lab_mem_read(&vmm->mem, input, &m, 16) < 0 || m.size > POST_PAYLOAD_MAX ||
	    lab_mem_read(&vmm->mem, input + 16, m.payload, m.size) < 0)
		return STATUS_BAD_PARAM;
	return vmm->config.ops->post_message(vmm->config.ctx, m.connection, m.type, m.payload,
					     m.size);
}

void vmm_hypercall_exit(struct vmm_vcpu *vcpu)
{
	struct kvm_hyperv_exit *exit = &vcpu->run->hyperv;
	struct vmm *vmm = vcpu->vmm;
	uint64_t input = exit->u.hcall.params[0];
	uint32_t connection;
	uint16_t status = STATUS_BAD_CALL;

	switch (exit->u.hcall.input & 0xffff) {
	case CALL_POST_MESSAGE:
		status = post_message(vmm, input);
		break;
	case CALL_SIGNAL_EVENT:
		/* KVM hands the connection over in params[0], fast call or not. */
		connection = (uint32_t)input & 0xffffff;
		status = vmm->config.ops->signal_event(vmm->config.ctx, connection);
		break;
	default:
		break;
	}
	exit->u.hcall.result = status;
}

/* One processor out of the set: the lowest; mlx5 and pci-hyperv ask for one or a few. */
static uint16_t retarget(struct vmm *vmm, gpa_t input)
{
	struct retarget_input in;
	uint64_t mask, set[2];

	if (lab_mem_read(&vmm->mem, input, &in, sizeof(in)) < 0)
		return STATUS_BAD_PARAM;
	mask = in.mask;
	if (in.flags & RETARGET_PROCESSOR_SET) {
		/* {format, valid banks, bank 0}: 64 processors are more than we have. */
		if (lab_mem_read(&vmm->mem, input + 56, set, sizeof(set)) < 0 ||
		    in.mask != SPARSE_FORMAT_4K || !(set[0] & 1))
			return STATUS_BAD_PARAM;
		mask = set[1];
	}
	return vmm->config.ops->retarget(vmm->config.ctx, in.device_id, in.address, in.data,
					 in.vector, mask);
}

/* The stub's `out`: registers are still those of the caller of the hypercall page. */
void vmm_hypercall_retarget(struct vmm_vcpu *vcpu)
{
	struct kvm_regs regs;

	if (ioctl(vcpu->fd, KVM_GET_REGS, &regs) < 0)
		return;
	if ((regs.rcx & 0xffff) != CALL_RETARGET)
		return; /* somebody wrote to the port on their own */
	regs.rax = regs.rcx & CONTROL_FAST ? STATUS_BAD_INPUT : retarget(vcpu->vmm, regs.rdx);
	ioctl(vcpu->fd, KVM_SET_REGS, &regs);
}

/*
 * cmp $0x7e,%cx; je 1f; vmcall|vmmcall; ret; 1: out %eax,$port; ret
 * The middle is what KVM wrote; it knows which of the two the processor has. The MSR is the VM's,
 * but it must be read through the vCPU that exited: another one's ioctls wait for its KVM_RUN.
 */
void vmm_hypercall_patch(struct vmm *vmm)
{
	struct { /* struct kvm_msrs with one entry */
		uint32_t nmsrs, pad;
		struct kvm_msr_entry entry;
	} msr = { .nmsrs = 1, .entry = { .index = MSR_HYPERCALL } };
	static const uint8_t compare[] = { 0x66, 0x83, 0xf9, CALL_RETARGET, 0x74, 0x04 };
	static const uint8_t out[] = { 0xe7, VMM_IO_RETARGET, 0xc3 };
	static const uint8_t vmcall[] = { 0x0f, 0x01, 0xc1, 0xc3 };
	static const uint8_t vmmcall[] = { 0x0f, 0x01, 0xd9, 0xc3 };
	uint8_t call[4], stub[sizeof(compare) + sizeof(call) + sizeof(out)];
	gpa_t page;

	_Static_assert(offsetof(__typeof__(msr), entry) == sizeof(struct kvm_msrs),
		       "the entry follows");
	if (vmm->exiting == NULL || ioctl(vmm->exiting->fd, KVM_GET_MSRS, &msr) != 1 ||
	    !(msr.entry.data & MSR_ENABLED))
		return;
	page = msr.entry.data & ~0xfffull;
	if (lab_mem_read(&vmm->mem, page, call, sizeof(call)) < 0)
		return;
	if (memcmp(call, compare, sizeof(call)) == 0)
		return; /* still patched */
	if (memcmp(call, vmcall, sizeof(call)) != 0 && memcmp(call, vmmcall, sizeof(call)) != 0) {
		lab_log(LAB_LOG_WARN, "vmm", "hypercall page: not as KVM writes it, left alone: "
			"interrupts of the VF stay on their first CPU");
		return;
	}
	memcpy(stub, compare, sizeof(compare));
	memcpy(stub + sizeof(compare), call, sizeof(call));
	memcpy(stub + sizeof(compare) + sizeof(call), out, sizeof(out));
	if (lab_mem_write(&vmm->mem, page, stub, sizeof(stub)) < 0)
		lab_log(LAB_LOG_ERROR, "vmm", "hypercall page %#llx is not in memory",
			(unsigned long long)page);
}
