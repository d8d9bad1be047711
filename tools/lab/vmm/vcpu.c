// SPDX-License-Identifier: BSD-3-Clause
/* A vCPU: its thread, and the switch over its exits. */
#define _GNU_SOURCE
#include "internal.h"

#include "../guest/port.h"
#include "../log.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define KBD_COMMAND_PORT 0x64u /* keyboard controller: 0xfe pulses the reset line */
#define KBD_RESET	 0xfeu
#define SLEEP_ENABLE	 0x20u /* SLP_EN of the ACPI sleep control register */

int vmm_vcpu_create(struct vmm *vmm, unsigned int index)
{
	struct vmm_vcpu *vcpu = &vmm->vcpu[index];
	int ret;

	vcpu->vmm = vmm;
	vcpu->index = index;
	vcpu->run_size = vmm->run_size;
	vcpu->queue_end = &vcpu->queue;
	vcpu->fd = ioctl(vmm->fd, KVM_CREATE_VCPU, index);
	if (vcpu->fd < 0) {
		ret = -errno;
		lab_log(LAB_LOG_ERROR, "vmm", "KVM_CREATE_VCPU %u: %s", index, strerror(-ret));
		return ret;
	}
	vcpu->run = mmap(NULL, vcpu->run_size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu->fd, 0);
	if (vcpu->run == MAP_FAILED) {
		vcpu->run = NULL;
		ret = -errno;
		lab_log(LAB_LOG_ERROR, "vmm", "vCPU %u: mmap: %s", index, strerror(-ret));
		return ret;
	}
	if (vmm_synic_enable(vcpu) < 0 || vmm_cpuid_set(vcpu) < 0)
		return -EINVAL;
	return 0;
}

static const struct vmm_mmio *mmio_find(const struct vmm *vmm, gpa_t addr)
{
	for (unsigned int i = 0; i < VMM_MMIO_MAX; i++) {
		const struct vmm_mmio *m = &vmm->mmio[i];

		if (m->size != 0 && addr >= m->base && addr - m->base < m->size)
			return m;
	}
	return NULL;
}

static void exit_mmio(struct vmm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	const struct vmm_mmio *m = mmio_find(vcpu->vmm, run->mmio.phys_addr);
	uint64_t value = ~0ull; /* nobody there: all ones, as on a bus */

	if (run->mmio.is_write) {
		value = 0;
		memcpy(&value, run->mmio.data, run->mmio.len);
		if (m != NULL)
			m->ops->write(m->ctx, run->mmio.phys_addr - m->base, value, run->mmio.len);
		return;
	}
	if (m != NULL)
		value = m->ops->read(m->ctx, run->mmio.phys_addr - m->base, run->mmio.len);
	memcpy(run->mmio.data, &value, sizeof(run->mmio.data));
}

/* What a panicking kernel does in the end is to reset. */
static void reset(struct vmm *vmm)
{
	vmm_end(vmm, vmm->panicking ? VMM_PANICKED : VMM_RESET);
}

static void io_write(struct vmm_vcpu *vcpu, uint16_t port, const uint8_t *data, unsigned int size)
{
	struct vmm *vmm = vcpu->vmm;

	if (port >= VMM_IO_CONSOLE && port < VMM_IO_CONSOLE + 8) {
		vmm_serial_write(vmm, port - VMM_IO_CONSOLE, data[0]);
		return;
	}
	switch (port) {
	case LAB_PORT_DOORBELL:
		vmm_port_ring(vmm);
		break;
	case VMM_IO_CMOS:
		vmm->cmos_index = data[0];
		break;
	case VMM_IO_RETARGET:
		vmm_hypercall_retarget(vcpu);
		break;
	case VMM_IO_SLEEP:
		if (data[0] & SLEEP_ENABLE)
			vmm_end(vmm, VMM_POWERED_OFF);
		break;
	case VMM_IO_RESET:
		reset(vmm);
		break;
	case KBD_COMMAND_PORT:
		if (size == 1 && data[0] == KBD_RESET)
			reset(vmm);
		break;
	default:
		break; /* nobody there */
	}
}

static void io_read(struct vmm_vcpu *vcpu, uint16_t port, uint8_t *data, unsigned int size)
{
	memset(data, 0xff, size);
	if (port >= VMM_IO_CONSOLE && port < VMM_IO_CONSOLE + 8)
		data[0] = vmm_serial_read(vcpu->vmm, port - VMM_IO_CONSOLE);
	else if (port == VMM_IO_CMOS + 1)
		data[0] = vmm_rtc_read(vcpu->vmm->cmos_index);
	else if (port == VMM_IO_SLEEP || port == VMM_IO_SLEEP + 1)
		memset(data, 0, size);
}

static void exit_io(struct vmm_vcpu *vcpu)
{
	struct kvm_run *run = vcpu->run;
	uint8_t *data = (uint8_t *)run + run->io.data_offset;

	for (uint32_t i = 0; i < run->io.count; i++, data += run->io.size) {
		if (run->io.direction == KVM_EXIT_IO_OUT)
			io_write(vcpu, run->io.port, data, run->io.size);
		else
			io_read(vcpu, run->io.port, data, run->io.size);
	}
}

static void exit_unexpected(struct vmm_vcpu *vcpu)
{
	const struct kvm_run *run = vcpu->run;
	struct kvm_regs regs = { 0 };

	ioctl(vcpu->fd, KVM_GET_REGS, &regs);
	lab_log(LAB_LOG_ERROR, "vmm", "vCPU %u: KVM exit %u (%u) at rip %#llx", vcpu->index,
		run->exit_reason,
		run->exit_reason == KVM_EXIT_INTERNAL_ERROR ? run->internal.suberror : 0,
		(unsigned long long)regs.rip);
	vmm_end(vcpu->vmm, VMM_FAILED);
}

static void exit_system_event(struct vmm_vcpu *vcpu)
{
	switch (vcpu->run->system_event.type) {
	case KVM_SYSTEM_EVENT_CRASH: /* the guest wrote HV_X64_MSR_CRASH_CTL */
		vmm_end(vcpu->vmm, VMM_PANICKED);
		break;
	case KVM_SYSTEM_EVENT_SHUTDOWN:
		vmm_end(vcpu->vmm, VMM_POWERED_OFF);
		break;
	case KVM_SYSTEM_EVENT_RESET:
		reset(vcpu->vmm);
		break;
	default:
		exit_unexpected(vcpu);
		break;
	}
}

static void exit_handle(struct vmm_vcpu *vcpu)
{
	switch (vcpu->run->exit_reason) {
	case KVM_EXIT_IO:
		exit_io(vcpu);
		break;
	case KVM_EXIT_MMIO:
		exit_mmio(vcpu);
		break;
	case KVM_EXIT_HYPERV:
		if (vcpu->run->hyperv.type == KVM_EXIT_HYPERV_SYNIC)
			vmm_synic_exit(vcpu);
		else
			vmm_hypercall_exit(vcpu);
		break;
	case KVM_EXIT_SYSTEM_EVENT:
		exit_system_event(vcpu);
		break;
	case KVM_EXIT_SHUTDOWN: /* a triple fault is also a kernel's last way to reset */
		vmm_end(vcpu->vmm,
			vcpu->vmm->panicking ? VMM_PANICKED : VMM_TRIPLE_FAULT);
		break;
	case KVM_EXIT_INTR:
		break;
	default:
		exit_unexpected(vcpu);
		break;
	}
}

static void *vcpu_thread(void *arg)
{
	struct vmm_vcpu *vcpu = arg;
	struct vmm *vmm = vcpu->vmm;

	while (vmm_ended(vmm) == VMM_RUNNING) {
		if (ioctl(vcpu->fd, KVM_RUN, 0) < 0) {
			/* EAGAIN: the vCPU waits for its SIPI. */
			if (errno == EINTR || errno == EAGAIN)
				continue;
			lab_log(LAB_LOG_ERROR, "vmm", "vCPU %u: KVM_RUN: %s", vcpu->index,
				strerror(errno));
			vmm_end(vmm, VMM_FAILED);
			break;
		}
		__atomic_fetch_add(&vcpu->exits, 1, __ATOMIC_RELAXED);
		vmm_lock(vmm);
		vmm->exiting = vcpu;
		exit_handle(vcpu);
		vmm->exiting = NULL;
		vmm_unlock(vmm);
	}
	return NULL;
}

/* Keeps the threads made with attr on the machine's CPUs from `first` on. 0 or an error number. */
static int keep_from(pthread_attr_t *attr, unsigned int first)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (long cpu = first; cpu < sysconf(_SC_NPROCESSORS_ONLN); cpu++)
		CPU_SET((int)cpu, &set);
	return CPU_COUNT(&set) > 0 ? pthread_attr_setaffinity_np(attr, sizeof(set), &set) : EINVAL;
}

int vmm_vcpu_start(struct vmm_vcpu *vcpu)
{
	unsigned int first = vcpu->vmm->config.first_cpu;
	pthread_attr_t attr;
	int ret = pthread_attr_init(&attr);

	if (ret == 0) {
		if (first > 0)
			ret = keep_from(&attr, first);
		if (ret == 0)
			ret = pthread_create(&vcpu->thread, &attr, vcpu_thread, vcpu);
		pthread_attr_destroy(&attr);
	}
	if (ret != 0)
		lab_log(LAB_LOG_ERROR, "vmm", "vCPU %u: thread: %s", vcpu->index, strerror(ret));
	__atomic_store_n(&vcpu->started, ret == 0, __ATOMIC_RELEASE);
	return -ret;
}

static void on_kick(int signal)
{
	(void)signal; /* its arrival makes KVM_RUN return; nothing else is needed */
}

void vmm_vcpu_kick_install(void)
{
	struct sigaction action = { .sa_handler = on_kick };

	sigaction(SIGUSR1, &action, NULL);
}
