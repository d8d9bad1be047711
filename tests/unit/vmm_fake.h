/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A virtual machine without KVM: the files of vmm/ are compiled with their ioctl() calls going to
 * vmm_fake_ioctl(), which takes note, fails on demand, and "runs" vCPUs through a test's function.
 */
#ifndef VMM_FAKE_H
#define VMM_FAKE_H

#include "../../tools/lab/vmm/internal.h"

#define FAKE_RAM (4ull << 20) /* bytes, from address 0 */
#define FAKE_GSIS 64
#define FAKE_SLOTS 64

struct vmm_fake {
	struct vmm *vmm;
	unsigned int interrupts[FAKE_GSIS]; /* KVM_IRQ_LINE, by GSI */
	struct kvm_msi msi;                 /* the last */
	struct kvm_userspace_memory_region slot[FAKE_SLOTS];
	struct kvm_regs regs;               /* of whatever vCPU asks */
	struct kvm_sregs sregs;
	uint64_t hypercall_msr;
	int regs_fd, msr_fd;                /* who was asked last */
	struct kvm_cpuid_entry2 cpuid[256]; /* as set */
	unsigned int cpuid_count;
	unsigned long fail_request;         /* this one fails... */
	int fail_errno;                     /* ...with this */
	unsigned int thread_delay;          /* us a new thread is ahead of who made it */
	/* KVM_RUN: 0, or -1 with errno. NULL: until the vCPU is kicked. */
	int (*run)(struct vmm_vcpu *vcpu);

	/* What the guest's calls were handed on as. */
	struct {
		unsigned int posts, signals, retargets, ports;
		uint32_t connection, type, data, vector, op, arg;
		uint64_t device_id, address, mask;
		size_t len;
		uint8_t payload[65536];
		uint16_t status;
		int32_t port_status;
		size_t reply_len;
	} guest;
};
extern struct vmm_fake vmm_fake;

int vmm_fake_ioctl(int fd, unsigned long request, ...);
int vmm_fake_thread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *),
			   void *arg);
/* Makes vmm_fake.vmm, with RAM and vCPUs but no threads. console may be NULL. */
void vmm_fake_create(unsigned int vcpus, FILE *console);
/* Through vmm_destroy(). */
void vmm_fake_destroy(void);
/* Waits in KVM_RUN as KVM does. */
int vmm_fake_run_idle(struct vmm_vcpu *vcpu);

#endif
