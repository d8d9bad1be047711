// SPDX-License-Identifier: BSD-3-Clause
/*
 * What the guest's CPUID says: this machine's processor, without its virtualisation extensions, on
 * Hyper-V. Source: TLFS chapter 2, arch/x86/kernel/cpu/mshyperv.c, docs/protocol.md 2.1.
 */
#include "internal.h"

#include "../log.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>

#define ENTRIES 256u

#define LEAF_FEATURES	 0x1u
#define LEAF_TOPOLOGY	 0xbu
#define LEAF_TOPOLOGY_2	 0x1fu
#define LEAF_AMD_TOPOLOGY 0x8000001eu
#define LEAF_AMD_FEATURES 0x80000001u
#define LEAF_HYPERVISOR	 0x40000000u

#define FEATURES_ECX_VMX	(1u << 5)
#define FEATURES_ECX_HYPERVISOR (1u << 31)
#define AMD_ECX_SVM		(1u << 2)

/* 0x40000003 */
#define HV_EAX_REF_COUNTER  (1u << 1)
#define HV_EAX_SYNIC	    (1u << 2)
#define HV_EAX_STIMER	    (1u << 3)
#define HV_EAX_HYPERCALL    (1u << 5)
#define HV_EAX_VP_INDEX	    (1u << 6)
#define HV_EAX_REF_TSC	    (1u << 9)
#define HV_EAX_FREQUENCIES  (1u << 11)
#define HV_EBX_POST	    (1u << 4)
#define HV_EBX_SIGNAL	    (1u << 5)
#define HV_EDX_FREQUENCIES  (1u << 8)
#define HV_EDX_CRASH	    (1u << 10)
#define HV_EDX_DIRECT	    (1u << 19) /* synthetic timers interrupt by themselves */

/* struct kvm_cpuid2 with room for its entries. */
struct cpuid {
	uint32_t nent, padding;
	struct kvm_cpuid_entry2 entry[ENTRIES];
};

_Static_assert(offsetof(struct cpuid, entry) == sizeof(struct kvm_cpuid2), "entries follow");

/* KVM's Hyper-V leaves, with Microsoft's signature and only what this host really serves. */
static void hyperv_leaf(struct kvm_cpuid_entry2 *e)
{
	switch (e->function) {
	case LEAF_HYPERVISOR:
		e->eax = LEAF_HYPERVISOR + 5;
		memcpy(&e->ebx, "Micr", 4);
		memcpy(&e->ecx, "osof", 4);
		memcpy(&e->edx, "t Hv", 4);
		break;
	case LEAF_HYPERVISOR + 3:
		e->eax = HV_EAX_REF_COUNTER | HV_EAX_SYNIC | HV_EAX_STIMER | HV_EAX_HYPERCALL |
			 HV_EAX_VP_INDEX | HV_EAX_REF_TSC | HV_EAX_FREQUENCIES;
		e->ebx = HV_EBX_POST | HV_EBX_SIGNAL;
		/* Without direct mode KVM itself would write timer messages into SINT2's slot, the
		 * one we fill: each would overwrite the other's now and then. */
		if (!(e->edx & HV_EDX_DIRECT))
			e->eax &= ~HV_EAX_STIMER;
		e->edx = HV_EDX_FREQUENCIES | HV_EDX_CRASH | (e->edx & HV_EDX_DIRECT);
		break;
	case LEAF_HYPERVISOR + 4:
		e->eax = 0; /* no enlightenment recommended: AutoEOI stays */
		e->ebx = 0xffffffff; /* never notify about spinning */
		break;
	default:
		break;
	}
}

static unsigned int hyperv_append(struct vmm_vcpu *vcpu, struct cpuid *all, unsigned int n)
{
	struct { /* the same, smaller */
		uint32_t nent, padding;
		struct kvm_cpuid_entry2 entry[64];
	} hv = { .nent = 64 };

	/* Older kernels have it as a vCPU ioctl only. */
	if (ioctl(vcpu->fd, KVM_GET_SUPPORTED_HV_CPUID, &hv) < 0 &&
	    ioctl(vcpu->vmm->kvm, KVM_GET_SUPPORTED_HV_CPUID, &hv) < 0)
		return 0;
	for (unsigned int i = 0; i < hv.nent && n < ENTRIES; i++) {
		if (hv.entry[i].function > LEAF_HYPERVISOR + 5)
			continue;
		all->entry[n] = hv.entry[i];
		hyperv_leaf(&all->entry[n++]);
	}
	return n;
}

/* What differs from one vCPU to the next, and what must not show. */
static void processor_leaf(const struct vmm_vcpu *vcpu, struct kvm_cpuid_entry2 *e)
{
	switch (e->function) {
	case LEAF_FEATURES:
		e->ecx |= FEATURES_ECX_HYPERVISOR;
		e->ecx &= ~FEATURES_ECX_VMX;
		e->ebx = (e->ebx & 0x0000ffff) | vcpu->index << 24 |
			 vcpu->vmm->config.vcpus << 16;
		break;
	case LEAF_TOPOLOGY:
	case LEAF_TOPOLOGY_2:
		e->edx = vcpu->index;
		break;
	case LEAF_AMD_TOPOLOGY:
		e->eax = vcpu->index;
		break;
	case LEAF_AMD_FEATURES:
		e->ecx &= ~AMD_ECX_SVM;
		break;
	default:
		break;
	}
}

int vmm_cpuid_set(struct vmm_vcpu *vcpu)
{
	static struct cpuid all; /* large; vCPUs are made one after the other */
	unsigned int n = 0;

	all.nent = ENTRIES;
	if (ioctl(vcpu->vmm->kvm, KVM_GET_SUPPORTED_CPUID, &all) < 0)
		goto err;
	for (unsigned int i = 0; i < all.nent; i++) {
		if ((all.entry[i].function & 0xffffff00) == LEAF_HYPERVISOR)
			continue; /* KVM's own signature */
		all.entry[n] = all.entry[i];
		processor_leaf(vcpu, &all.entry[n++]);
	}
	n = hyperv_append(vcpu, &all, n);
	if (n == 0)
		goto err;
	all.nent = n;
	if (ioctl(vcpu->fd, KVM_SET_CPUID2, &all) < 0)
		goto err;
	return 0;

err:
	lab_log(LAB_LOG_ERROR, "vmm", "CPUID: %s", strerror(errno));
	return -EINVAL;
}
