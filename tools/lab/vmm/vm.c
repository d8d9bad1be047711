// SPDX-License-Identifier: BSD-3-Clause
/* The virtual machine: KVM's file descriptors, guest memory, trapped ranges, life and end. */
#define _GNU_SOURCE
#include "internal.h"

#include "../log.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

static const char *const end_names[] = {
	[VMM_RUNNING] = "still running",
	[VMM_EXITED] = "exited",
	[VMM_POWERED_OFF] = "powered off",
	[VMM_RESET] = "reset",
	[VMM_PANICKED] = "kernel panic",
	[VMM_TRIPLE_FAULT] = "triple fault",
	[VMM_FAILED] = "KVM could not run it",
	[VMM_TIMED_OUT] = "timed out",
	[VMM_STOPPED] = "stopped",
};

const char *vmm_end_name(enum vmm_end end)
{
	return end_names[end];
}

/* Says what failed; returns the -errno it was given. */
static int fail(const char *what, int error)
{
	lab_log(LAB_LOG_ERROR, "vmm", "%s: %s", what, strerror(-error));
	return error;
}

static int kvm_slot_set(struct vmm *vmm, unsigned int slot, gpa_t base, uint64_t size, void *host)
{
	struct kvm_userspace_memory_region region = {
		.slot = slot,
		.guest_phys_addr = base,
		.memory_size = size,
		.userspace_addr = (uint64_t)(uintptr_t)host,
	};

	return ioctl(vmm->fd, KVM_SET_USER_MEMORY_REGION, &region) < 0 ? -errno : 0;
}

static int ram_slot_set(struct vmm *vmm, unsigned int slot, gpa_t base, uint64_t size, void *host)
{
	int ret = kvm_slot_set(vmm, slot, base, size, host);

	if (ret == 0)
		ret = lab_mem_add(&vmm->mem, base, size, host);
	return ret < 0 ? fail("memory slot", ret) : 0;
}

/* RAM below the low windows, the rest from 4 GiB on. */
static int memory_create(struct vmm *vmm)
{
	uint64_t low = vmm->ram_size < VMM_LOW_END ? vmm->ram_size : VMM_LOW_END;
	uint64_t high = vmm->ram_size - low;
	int ret;

	ret = vmm_ram_create(&vmm->ram, vmm->ram_size);
	if (ret < 0)
		return fail("guest memory", ret);
	ret = ram_slot_set(vmm, 0, 0, low, vmm->ram);
	if (ret == 0 && high > 0)
		ret = ram_slot_set(vmm, 1, VMM_HIGH_BASE, high, vmm->ram + low);
	return ret;
}

static int port_create(struct vmm *vmm)
{
	int ret = vmm_port_create(vmm);

	if (ret == 0)
		ret = kvm_slot_set(vmm, 2, VMM_PORT_BASE, 0x10000, vmm->port);
	return ret < 0 ? fail("lab port", ret) : 0;
}

static int machine_create(struct vmm *vmm)
{
	struct kvm_pit_config pit = { .flags = KVM_PIT_SPEAKER_DUMMY };
	uint64_t identity = 0xfffbc000;
	int size;

	vmm->kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (vmm->kvm < 0)
		return fail("/dev/kvm", -errno);
	vmm->fd = ioctl(vmm->kvm, KVM_CREATE_VM, 0);
	if (vmm->fd < 0)
		return fail("KVM_CREATE_VM", -errno);
	size = ioctl(vmm->kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
	if (size < (int)sizeof(struct kvm_run))
		return fail("KVM_GET_VCPU_MMAP_SIZE", size < 0 ? -errno : -EINVAL);
	vmm->run_size = (size_t)size;
	if (ioctl(vmm->fd, KVM_SET_TSS_ADDR, 0xfffbd000) < 0 ||
	    ioctl(vmm->fd, KVM_SET_IDENTITY_MAP_ADDR, &identity) < 0 ||
	    ioctl(vmm->fd, KVM_CREATE_IRQCHIP, 0) < 0 || ioctl(vmm->fd, KVM_CREATE_PIT2, &pit) < 0)
		return fail("KVM machine set-up", -errno);
	return 0;
}

int vmm_create(struct vmm **out, const struct vmm_config *config)
{
	struct vmm *vmm = calloc(1, sizeof(*vmm));
	int ret;

	if (vmm == NULL)
		return -ENOMEM;
	vmm->config = *config;
	vmm->kvm = vmm->fd = -1;
	vmm->ram_size = (uint64_t)config->memory << 20;
	pthread_mutex_init(&vmm->lock, NULL);
	for (unsigned int i = 0; i < VMM_VCPUS_MAX; i++)
		vmm->vcpu[i].fd = -1;
	ret = machine_create(vmm);
	if (ret == 0)
		ret = memory_create(vmm);
	if (ret == 0)
		ret = port_create(vmm);
	for (unsigned int i = 0; ret == 0 && i < config->vcpus; i++)
		ret = vmm_vcpu_create(vmm, i);
	if (ret == 0)
		ret = vmm_synic_route(vmm);
	if (ret == 0)
		ret = vmm_boot_load(vmm);
	if (ret == 0)
		ret = vmm_boot_vcpu(&vmm->vcpu[0]);
	if (ret < 0) {
		vmm_destroy(vmm);
		return ret;
	}
	*out = vmm;
	return 0;
}

int vmm_start(struct vmm *vmm)
{
	int ret = 0;

	vmm_vcpu_kick_install();
	for (unsigned int i = 0; ret == 0 && i < vmm->config.vcpus; i++)
		ret = vmm_vcpu_start(&vmm->vcpu[i]);
	/* It may have ended before the last thread was there to be told. */
	if (vmm_ended(vmm) != VMM_RUNNING)
		vmm_end(vmm, vmm_ended(vmm));
	return ret;
}

void vmm_end(struct vmm *vmm, enum vmm_end end)
{
	int running = VMM_RUNNING;

	__atomic_compare_exchange_n(&vmm->end, &running, (int)end, false, __ATOMIC_ACQ_REL,
				    __ATOMIC_ACQUIRE);
	for (unsigned int i = 0; i < vmm->config.vcpus; i++) {
		struct vmm_vcpu *vcpu = &vmm->vcpu[i];

		if (!__atomic_load_n(&vcpu->started, __ATOMIC_ACQUIRE))
			continue;
		/* immediate_exit covers a vCPU not in KVM_RUN yet, the signal one that is. */
		vcpu->run->immediate_exit = 1;
		pthread_kill(vcpu->thread, SIGUSR1);
	}
}

enum vmm_end vmm_ended(const struct vmm *vmm)
{
	return (enum vmm_end)__atomic_load_n(&vmm->end, __ATOMIC_ACQUIRE);
}

void vmm_join(struct vmm *vmm)
{
	for (unsigned int i = 0; i < vmm->config.vcpus; i++) {
		if (!__atomic_load_n(&vmm->vcpu[i].started, __ATOMIC_ACQUIRE))
			continue;
		pthread_join(vmm->vcpu[i].thread, NULL);
		__atomic_store_n(&vmm->vcpu[i].started, false, __ATOMIC_RELEASE);
	}
}

void vmm_destroy(struct vmm *vmm)
{
	if (vmm == NULL)
		return;
	for (unsigned int i = 0; i < VMM_VCPUS_MAX; i++) {
		struct vmm_vcpu *vcpu = &vmm->vcpu[i];

		vmm_synic_free(vcpu);
		if (vcpu->run != NULL)
			munmap(vcpu->run, vcpu->run_size);
		if (vcpu->fd >= 0)
			close(vcpu->fd);
	}
	if (vmm->fd >= 0)
		close(vmm->fd);
	if (vmm->kvm >= 0)
		close(vmm->kvm);
	vmm_ram_destroy(vmm->ram, vmm->ram_size);
	free(vmm->port);
	pthread_mutex_destroy(&vmm->lock);
	free(vmm);
}

void vmm_lock(struct vmm *vmm)
{
	__atomic_fetch_add(&vmm->waiting, 1, __ATOMIC_RELAXED);
	pthread_mutex_lock(&vmm->lock);
	__atomic_fetch_sub(&vmm->waiting, 1, __ATOMIC_RELAXED);
}

bool vmm_trylock(struct vmm *vmm)
{
	return pthread_mutex_trylock(&vmm->lock) == 0;
}

void vmm_give_way(const struct vmm *vmm)
{
	uint64_t until = lab_clock_now(NULL) + LAB_MS;

	while (__atomic_load_n(&vmm->waiting, __ATOMIC_RELAXED) > 0 && lab_clock_now(NULL) < until)
		sched_yield();
}

void vmm_unlock(struct vmm *vmm)
{
	pthread_mutex_unlock(&vmm->lock);
}

const struct lab_mem *vmm_memory(const struct vmm *vmm)
{
	return &vmm->mem;
}

uint64_t vmm_exits(const struct vmm *vmm)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < vmm->config.vcpus; i++)
		sum += __atomic_load_n(&vmm->vcpu[i].exits, __ATOMIC_RELAXED);
	return sum;
}

uint64_t vmm_overhead(const struct vmm *vmm)
{
	FILE *f = fopen("/proc/self/statm", "re"); /* pages: in all, in memory, ... */
	uint64_t guest = vmm_ram_resident(vmm->ram, vmm->ram_size);
	unsigned long long total, resident = 0;

	if (f == NULL)
		return 0;
	if (fscanf(f, "%llu %llu", &total, &resident) != 2)
		resident = 0;
	fclose(f);
	return resident > guest ? (resident - guest) * (uint64_t)sysconf(_SC_PAGESIZE) : 0;
}

void vmm_msi(struct vmm *vmm, uint64_t address, uint32_t data)
{
	struct kvm_msi msi = {
		.address_lo = (uint32_t)address,
		.address_hi = (uint32_t)(address >> 32),
		.data = data,
	};

	if (ioctl(vmm->fd, KVM_SIGNAL_MSI, &msi) < 0)
		lab_log(LAB_LOG_INFO, "vmm", "MSI %#llx/%#x: %s", (unsigned long long)address, data,
			strerror(errno));
}

int vmm_mmio_claim(struct vmm *vmm, gpa_t base, uint64_t size, const struct vmm_mmio_ops *ops,
		   void *ctx)
{
	struct vmm_mmio *free_entry = NULL;

	if (size == 0 || base + size < base || base < VMM_LOW_END)
		return -EINVAL;
	for (unsigned int i = 0; i < VMM_MMIO_MAX; i++) {
		struct vmm_mmio *m = &vmm->mmio[i];

		if (m->size == 0)
			free_entry = free_entry != NULL ? free_entry : m;
		else if (base < m->base + m->size && m->base < base + size)
			return -EBUSY;
	}
	for (unsigned int i = 0; i < vmm->mem.count; i++) {
		const struct lab_mem_slot *s = &vmm->mem.slot[i];

		if (base < s->base + s->size && s->base < base + size)
			return -EBUSY;
	}
	if (free_entry == NULL)
		return -ENOSPC;
	*free_entry = (struct vmm_mmio){ base, size, ops, ctx };
	return 0;
}

void vmm_mmio_release(struct vmm *vmm, gpa_t base)
{
	for (unsigned int i = 0; i < VMM_MMIO_MAX; i++)
		if (vmm->mmio[i].size != 0 && vmm->mmio[i].base == base)
			vmm->mmio[i].size = 0;
}

int vmm_ram_map(struct vmm *vmm, gpa_t base, uint64_t size, void *memory)
{
	if (base < VMM_LOW_END || base % LAB_PAGE_SIZE || size % LAB_PAGE_SIZE || size == 0)
		return -EINVAL;
	for (unsigned int i = VMM_SLOT_FIRST_DEV; i < VMM_KVM_SLOTS; i++) {
		int ret;

		if (vmm->kvm_slot[i] != 0)
			continue;
		ret = kvm_slot_set(vmm, i, base, size, memory);
		if (ret == 0)
			vmm->kvm_slot[i] = base;
		return ret;
	}
	return -ENOSPC;
}

void vmm_ram_unmap(struct vmm *vmm, gpa_t base)
{
	for (unsigned int i = VMM_SLOT_FIRST_DEV; i < VMM_KVM_SLOTS; i++) {
		if (vmm->kvm_slot[i] != base || base == 0)
			continue;
		kvm_slot_set(vmm, i, base, 0, NULL);
		vmm->kvm_slot[i] = 0;
	}
}
