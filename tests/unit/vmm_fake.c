// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE
#include "vmm_fake.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define RUN_SIZE 8192u

struct vmm_fake vmm_fake;

static struct vmm_vcpu *vcpu_of(int fd)
{
	for (unsigned int i = 0; i < VMM_VCPUS_MAX; i++)
		if (vmm_fake.vmm->vcpu[i].fd == fd)
			return &vmm_fake.vmm->vcpu[i];
	abort();
}

int vmm_fake_run_idle(struct vmm_vcpu *vcpu)
{
	const struct timespec ms = { .tv_nsec = 1000000 };

	while (!*(volatile uint8_t *)&vcpu->run->immediate_exit)
		nanosleep(&ms, NULL);
	errno = EINTR;
	return -1;
}

int vmm_fake_thread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*start)(void *),
			   void *arg)
{
	int ret = pthread_create(thread, attr, start, arg);

	usleep(vmm_fake.thread_delay);
	return ret;
}

static int msrs_get(int fd, struct kvm_msrs *msrs)
{
	vmm_fake.msr_fd = fd;
	for (unsigned int i = 0; i < msrs->nmsrs; i++)
		msrs->entries[i].data = vmm_fake.hypercall_msr;
	return (int)msrs->nmsrs;
}

/* A processor with virtualisation, KVM's signature, and KVM's Hyper-V leaves. */
static int cpuid_get(struct kvm_cpuid2 *to, bool hyperv)
{
	static const struct kvm_cpuid_entry2 machine[] = {
		{ .function = 0x0, .eax = 0x20 },
		{ .function = 0x1, .ebx = 0x12345678, .ecx = 1u << 5 | 1u << 3 },
		{ .function = 0xb, .edx = 77 },
		{ .function = 0x40000000, .ebx = 0x4b4d564b },
		{ .function = 0x40000001, .eax = 1 },
		{ .function = 0x80000001, .ecx = 1u << 2 | 1u << 1 },
		{ .function = 0x8000001e, .eax = 77 },
	};
	static const struct kvm_cpuid_entry2 hv[] = {
		{ .function = 0x40000000, .eax = 0x40000082 },
		{ .function = 0x40000001, .eax = 0x31237648 },
		{ .function = 0x40000003, .eax = 0xffffffff, .ebx = 0xffffffff, .edx = 0xffffffff },
		{ .function = 0x40000004, .eax = 0xffffffff },
		{ .function = 0x40000005, .eax = 240 },
		{ .function = 0x40000080 },
	};
	const struct kvm_cpuid_entry2 *from = hyperv ? hv : machine;
	size_t n = hyperv ? sizeof(hv) / sizeof(hv[0]) : sizeof(machine) / sizeof(machine[0]);

	memcpy(to->entries, from, n * sizeof(*from));
	to->nent = (uint32_t)n;
	return 0;
}

int vmm_fake_ioctl(int fd, unsigned long request, ...)
{
	struct kvm_irq_level *level;
	struct kvm_cpuid2 *cpuid;
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (request == vmm_fake.fail_request) {
		errno = vmm_fake.fail_errno;
		return -1;
	}
	switch (request) {
	case KVM_RUN:
		return (vmm_fake.run != NULL ? vmm_fake.run : vmm_fake_run_idle)(vcpu_of(fd));
	case KVM_IRQ_LINE:
		level = arg;
		CU_ASSERT_FATAL(level->irq < FAKE_GSIS);
		vmm_fake.interrupts[level->irq]++;
		return 0;
	case KVM_SIGNAL_MSI:
		vmm_fake.msi = *(struct kvm_msi *)arg;
		return 1;
	case KVM_SET_USER_MEMORY_REGION:
		CU_ASSERT_FATAL(((struct kvm_userspace_memory_region *)arg)->slot < FAKE_SLOTS);
		vmm_fake.slot[((struct kvm_userspace_memory_region *)arg)->slot] =
			*(struct kvm_userspace_memory_region *)arg;
		return 0;
	case KVM_GET_REGS:
		vmm_fake.regs_fd = fd;
		*(struct kvm_regs *)arg = vmm_fake.regs;
		return 0;
	case KVM_SET_REGS:
		vmm_fake.regs = *(struct kvm_regs *)arg;
		return 0;
	case KVM_GET_SREGS:
		*(struct kvm_sregs *)arg = vmm_fake.sregs;
		return 0;
	case KVM_SET_SREGS:
		vmm_fake.sregs = *(struct kvm_sregs *)arg;
		return 0;
	case KVM_GET_MSRS:
		return msrs_get(fd, arg);
	case KVM_GET_SUPPORTED_CPUID:
		return cpuid_get(arg, false);
	case KVM_GET_SUPPORTED_HV_CPUID:
		return cpuid_get(arg, true);
	case KVM_SET_CPUID2:
		cpuid = arg;
		vmm_fake.cpuid_count = cpuid->nent;
		memcpy(vmm_fake.cpuid, cpuid->entries, cpuid->nent * sizeof(cpuid->entries[0]));
		return 0;
	case KVM_ENABLE_CAP:
	case KVM_SET_GSI_ROUTING:
		return 0;
	default:
		errno = ENOTTY;
		return -1;
	}
}

static uint16_t post_message(void *ctx, uint32_t connection, uint32_t type, const void *payload,
			     size_t len)
{
	CU_ASSERT_PTR_EQUAL(ctx, &vmm_fake);
	vmm_fake.guest.posts++;
	vmm_fake.guest.connection = connection;
	vmm_fake.guest.type = type;
	vmm_fake.guest.len = len;
	memcpy(vmm_fake.guest.payload, payload, len);
	return vmm_fake.guest.status;
}

static uint16_t signal_event(void *ctx, uint32_t connection)
{
	CU_ASSERT_PTR_EQUAL(ctx, &vmm_fake);
	vmm_fake.guest.signals++;
	vmm_fake.guest.connection = connection;
	return vmm_fake.guest.status;
}

static uint16_t retarget(void *ctx, uint64_t device_id, uint64_t address, uint32_t data,
			 uint32_t vector, uint64_t vp_mask)
{
	CU_ASSERT_PTR_EQUAL(ctx, &vmm_fake);
	vmm_fake.guest.retargets++;
	vmm_fake.guest.device_id = device_id;
	vmm_fake.guest.address = address;
	vmm_fake.guest.data = data;
	vmm_fake.guest.vector = vector;
	vmm_fake.guest.mask = vp_mask;
	return vmm_fake.guest.status;
}

static int32_t port(void *ctx, uint32_t op, uint32_t arg, const uint8_t *data, size_t len,
		    uint8_t *reply, size_t *reply_len)
{
	CU_ASSERT_PTR_EQUAL(ctx, &vmm_fake);
	vmm_fake.guest.ports++;
	vmm_fake.guest.op = op;
	vmm_fake.guest.arg = arg;
	vmm_fake.guest.len = len;
	memcpy(vmm_fake.guest.payload, data, len);
	CU_ASSERT_FATAL(vmm_fake.guest.reply_len <= *reply_len);
	memset(reply, 'r', vmm_fake.guest.reply_len);
	*reply_len = vmm_fake.guest.reply_len;
	return vmm_fake.guest.port_status;
}

static const struct vmm_guest_ops guest_ops = {
	.post_message = post_message,
	.signal_event = signal_event,
	.retarget = retarget,
	.port = port,
};

void vmm_fake_create(unsigned int vcpus, FILE *console)
{
	struct vmm *vmm = calloc(1, sizeof(*vmm));

	memset(&vmm_fake, 0, sizeof(vmm_fake));
	vmm_fake.vmm = vmm;
	vmm->config = (struct vmm_config){ .vcpus = vcpus, .console = console, .ops = &guest_ops,
					   .ctx = &vmm_fake, .cmdline = "quiet" };
	vmm->kvm = vmm->fd = -1;
	vmm->run_size = RUN_SIZE;
	vmm->ram_size = FAKE_RAM;
	CU_ASSERT_EQUAL_FATAL(vmm_ram_create(&vmm->ram, FAKE_RAM), 0);
	CU_ASSERT_EQUAL_FATAL(lab_mem_add(&vmm->mem, 0, FAKE_RAM, vmm->ram), 0);
	CU_ASSERT_EQUAL_FATAL(vmm_port_create(vmm), 0);
	pthread_mutex_init(&vmm->lock, NULL);
	for (unsigned int i = 0; i < VMM_VCPUS_MAX; i++)
		vmm->vcpu[i].fd = -1;
	for (unsigned int i = 0; i < vcpus; i++) {
		struct vmm_vcpu *vcpu = &vmm->vcpu[i];

		vcpu->vmm = vmm;
		vcpu->index = i;
		vcpu->queue_end = &vcpu->queue;
		vcpu->run_size = RUN_SIZE;
		vcpu->run = mmap(NULL, RUN_SIZE, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CU_ASSERT_FATAL(vcpu->run != MAP_FAILED);
		vcpu->fd = open("/dev/null", O_RDWR | O_CLOEXEC); /* a number of its own */
	}
}

void vmm_fake_destroy(void)
{
	vmm_destroy(vmm_fake.vmm);
	vmm_fake.vmm = NULL;
}
