// SPDX-License-Identifier: BSD-3-Clause
/*
 * Can a VM really run here? /dev/kvm that opens proves nothing: on some machines it creates VMs
 * that never make progress. So a ten-line real-mode guest must write to a port within two seconds;
 * it runs in a child process, since a stuck KVM_RUN may not heed signals.
 */
#define _GNU_SOURCE
#include "vmm.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROBE_MS 2000

enum probe_result { PROBE_RUNS, PROBE_NO_OPEN, PROBE_NO_SYNIC, PROBE_NO_VM, PROBE_NO_RUN };

static const char *const probe_text[] = {
	[PROBE_RUNS] = "/dev/kvm runs a guest",
	[PROBE_NO_OPEN] = "/dev/kvm cannot be opened",
	[PROBE_NO_SYNIC] = "/dev/kvm has no KVM_CAP_HYPERV_SYNIC2",
	[PROBE_NO_VM] = "/dev/kvm cannot set up a VM",
	[PROBE_NO_RUN] = "/dev/kvm does not run the probe guest's code",
};

static enum probe_result probe_guest(void)
{
	/* mov $0x10,%dx; mov $'!',%al; out %al,%dx; hlt */
	static const uint8_t code[] = { 0xba, 0x10, 0x00, 0xb0, '!', 0xee, 0xf4 };
	struct kvm_userspace_memory_region region = { .memory_size = 4096 };
	struct kvm_regs regs = { .rflags = 2 };
	struct kvm_sregs sregs;
	struct kvm_run *run;
	int kvm, vm, vcpu;
	uint8_t *page;

	kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);
	if (kvm < 0)
		return PROBE_NO_OPEN;
	if (ioctl(kvm, KVM_CHECK_EXTENSION, KVM_CAP_HYPERV_SYNIC2) <= 0)
		return PROBE_NO_SYNIC;
	page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	vm = ioctl(kvm, KVM_CREATE_VM, 0);
	if (page == MAP_FAILED || vm < 0)
		return PROBE_NO_VM;
	memcpy(page, code, sizeof(code));
	region.userspace_addr = (uint64_t)(uintptr_t)page;
	vcpu = ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) == 0 ? ioctl(vm, KVM_CREATE_VCPU, 0)
								   : -1;
	if (vcpu < 0 || ioctl(vcpu, KVM_GET_SREGS, &sregs) < 0)
		return PROBE_NO_VM;
	run = mmap(NULL, sizeof(*run) > 4096 ? sizeof(*run) : 4096, PROT_READ | PROT_WRITE,
		   MAP_SHARED, vcpu, 0);
	sregs.cs.base = 0;
	sregs.cs.selector = 0;
	if (run == MAP_FAILED || ioctl(vcpu, KVM_SET_SREGS, &sregs) < 0 ||
	    ioctl(vcpu, KVM_SET_REGS, &regs) < 0)
		return PROBE_NO_VM;
	if (ioctl(vcpu, KVM_RUN, 0) < 0 || run->exit_reason != KVM_EXIT_IO || run->io.port != 0x10)
		return PROBE_NO_RUN;
	return PROBE_RUNS;
}

bool vmm_probe(char *why, size_t size)
{
	enum probe_result result = PROBE_NO_RUN;
	int status = 0;
	pid_t parent = getpid(), pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		_exit(getppid() == parent ? (int)probe_guest() : PROBE_NO_RUN);
	}
	for (int ms = 0; pid > 0 && ms <= PROBE_MS; ms += 10) {
		if (waitpid(pid, &status, WNOHANG) == pid) {
			if (WIFEXITED(status) && WEXITSTATUS(status) <= PROBE_NO_RUN)
				result = (enum probe_result)WEXITSTATUS(status);
			pid = -1;
			break;
		}
		usleep(10000);
	}
	if (pid > 0) {
		kill(pid, SIGKILL);
		/* Not waited for: a stuck KVM_RUN may hold it; init reaps it when it gets free. */
		waitpid(pid, &status, WNOHANG);
	}
	strncpy(why, probe_text[result], size - 1);
	why[size - 1] = '\0';
	return result == PROBE_RUNS;
}
