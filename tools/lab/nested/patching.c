// SPDX-License-Identifier: BSD-3-Clause
/*
 * Code of the nested host's kernel that is rewritten while guests run, and how it is left alone.
 *
 * Linux switches a static key by rewriting its branches: a breakpoint first, the new instruction
 * last. QEMU's TCG (7.2) reads code to translate it before it guards the page against writes
 * (tb_gen_code, then tb_link_page). If the last write falls in between, the translation of the
 * breakpoint stays. Whoever comes by then traps, is told by the kernel that no breakpoint is there,
 * goes back, and traps again: a soft lock-up of every CPU that gets there. (QEMU 8.1 takes the
 * page's lock first.)
 *
 * The key that KVM switches under a running guest is apic_sw_disabled (arch/x86/kvm/lapic.c): it
 * counts the local APICs that their guests have not enabled yet, goes to 0 a second after the last
 * one was, and is asked for each interrupt. A vCPU of a VM that never runs keeps it from 0.
 */
#define _GNU_SOURCE
#include "patching.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <sys/ioctl.h>
#include <unistd.h>

int patching_guard(void)
{
	int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC), vm, ret = -1;

	if (kvm < 0)
		return -errno;
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (vm >= 0)
		ret = ioctl(vm, KVM_CREATE_IRQCHIP, 0);
	if (ret == 0)
		ret = ioctl(vm, KVM_CREATE_VCPU, 0);
	/* The vCPU stays open, and keeps its VM; neither this file nor the VM's is wanted again. */
	ret = ret < 0 ? -errno : 0;
	if (vm >= 0)
		close(vm);
	close(kvm);
	return ret;
}
