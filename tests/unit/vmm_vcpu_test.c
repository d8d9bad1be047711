// SPDX-License-Identifier: BSD-3-Clause
/* The exit decoder, and the life of the vCPU threads, over exits a test makes up. */
#define _GNU_SOURCE
#include "vmm_fake.h"

#include "../../tools/lab/guest/port.h"
#include "unit.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct vmm *vmm;
static FILE *console;
static char *printed;
static size_t printed_len;

static void setup(void)
{
	console = open_memstream(&printed, &printed_len);
	vmm_fake_create(2, console);
	vmm = vmm_fake.vmm;
}

static void teardown(void)
{
	vmm_fake_destroy();
	fclose(console);
	free(printed);
}

/* ------------------------------------------------------- one exit on vCPU 0, then the end -- */

static struct kvm_run exit_;       /* what vCPU 0 leaves with */
static uint8_t exit_data[64];      /* its io data, both ways */
static bool exit_done;

static int run_once(struct vmm_vcpu *vcpu)
{
	if (vcpu->index != 0)
		return vmm_fake_run_idle(vcpu);
	if (exit_done) {
		memcpy(exit_data, (uint8_t *)vcpu->run + 4096, sizeof(exit_data));
		exit_.mmio = vcpu->run->mmio;
		vmm_end(vcpu->vmm, VMM_EXITED);
		errno = EINTR;
		return -1;
	}
	exit_.immediate_exit = vcpu->run->immediate_exit;
	memcpy(vcpu->run, &exit_, sizeof(exit_));
	memcpy((uint8_t *)vcpu->run + 4096, exit_data, sizeof(exit_data));
	exit_done = true;
	return 0;
}

/* Runs the VM through that exit. Returns how it ended; VMM_EXITED if it did not end at it. */
static enum vmm_end exit_with(void)
{
	vmm->end = VMM_RUNNING;
	for (unsigned int i = 0; i < 2; i++)
		vmm->vcpu[i].run->immediate_exit = 0;
	exit_done = false;
	vmm_fake.run = run_once;
	CU_ASSERT_EQUAL(vmm_start(vmm), 0);
	vmm_join(vmm);
	CU_ASSERT_EQUAL(vmm->exiting, NULL);
	return vmm_ended(vmm);
}

static enum vmm_end io(uint16_t port, uint8_t direction, uint8_t size, uint32_t count)
{
	exit_ = (struct kvm_run){ .exit_reason = KVM_EXIT_IO };
	exit_.io.direction = direction;
	exit_.io.port = port;
	exit_.io.size = size;
	exit_.io.count = count;
	exit_.io.data_offset = 4096;
	return exit_with();
}

static enum vmm_end out(uint16_t port, uint32_t value, uint8_t size)
{
	memcpy(exit_data, &value, sizeof(value));
	return io(port, KVM_EXIT_IO_OUT, size, 1);
}

static uint32_t in(uint16_t port, uint8_t size)
{
	uint32_t value;

	memset(exit_data, 0, sizeof(exit_data));
	CU_ASSERT_EQUAL(io(port, KVM_EXIT_IO_IN, size, 1), VMM_EXITED);
	memcpy(&value, exit_data, sizeof(value));
	return value;
}

static void ports(void)
{
	CU_ASSERT_EQUAL(in(VMM_IO_CONSOLE + 5, 1), 0x60);
	CU_ASSERT_EQUAL(in(0x2f8 + 5, 1), 0xff); /* no second one */
	CU_ASSERT_EQUAL(in(0xcf8, 4), UINT32_MAX); /* no PCI by ports */
	CU_ASSERT_EQUAL(in(0x64, 1), 0xff);
	CU_ASSERT_EQUAL(in(VMM_IO_SLEEP + 1, 1), 0);
	CU_ASSERT_EQUAL(out(VMM_IO_CMOS, 13, 1), VMM_EXITED);
	CU_ASSERT_EQUAL(in(VMM_IO_CMOS + 1, 1), 0x80);
	CU_ASSERT_EQUAL(out(0x80, 0xff, 1), VMM_EXITED);
	CU_ASSERT_EQUAL(out(VMM_IO_RETARGET, 0, 4), VMM_EXITED);
	CU_ASSERT_EQUAL(vmm_fake.guest.retargets, 0); /* RCX says no call */
	CU_ASSERT_EQUAL(out(LAB_PORT_DOORBELL, 1, 4), VMM_EXITED);
	CU_ASSERT_EQUAL(vmm_fake.guest.ports, 1);
}

/* rep outsb: the data moves on, the port does not. */
static void string_output(void)
{
	memcpy(exit_data, "hello, world\n", 13);
	CU_ASSERT_EQUAL(io(VMM_IO_CONSOLE, KVM_EXIT_IO_OUT, 1, 13), VMM_EXITED);
	fflush(console);
	CU_ASSERT_EQUAL_FATAL(printed_len, 13);
	CU_ASSERT_EQUAL(memcmp(printed, "hello, world\n", 13), 0);
	memset(exit_data, 0, sizeof(exit_data));
	CU_ASSERT_EQUAL(io(VMM_IO_CONSOLE + 5, KVM_EXIT_IO_IN, 1, 3), VMM_EXITED);
	CU_ASSERT_EQUAL(memcmp(exit_data, "\x60\x60\x60", 4), 0);
	memset(exit_data, 0, sizeof(exit_data));
	CU_ASSERT_EQUAL(io(0x300, KVM_EXIT_IO_IN, 2, 2), VMM_EXITED);
	CU_ASSERT_EQUAL(memcmp(exit_data, "\xff\xff\xff\xff", 5), 0);
}

static void ways_to_end(void)
{
	CU_ASSERT_EQUAL(out(VMM_IO_SLEEP, 0x34, 1), VMM_POWERED_OFF);
	CU_ASSERT_EQUAL(out(VMM_IO_SLEEP, 0x14, 1), VMM_EXITED); /* type without enable */
	CU_ASSERT_EQUAL(out(VMM_IO_RESET, 1, 1), VMM_RESET);
	CU_ASSERT_EQUAL(out(0x64, 0xfe, 1), VMM_RESET);
	CU_ASSERT_EQUAL(out(0x64, 0xd1, 1), VMM_EXITED);
	exit_ = (struct kvm_run){ .exit_reason = KVM_EXIT_SHUTDOWN };
	CU_ASSERT_EQUAL(exit_with(), VMM_TRIPLE_FAULT);
	exit_ = (struct kvm_run){ .exit_reason = KVM_EXIT_INTERNAL_ERROR };
	CU_ASSERT_EQUAL(exit_with(), VMM_FAILED);
	exit_ = (struct kvm_run){ .exit_reason = 0xffff };
	CU_ASSERT_EQUAL(exit_with(), VMM_FAILED);
	exit_ = (struct kvm_run){ .exit_reason = KVM_EXIT_INTR };
	CU_ASSERT_EQUAL(exit_with(), VMM_EXITED);
	exit_ = (struct kvm_run){ .exit_reason = KVM_EXIT_SYSTEM_EVENT };
	exit_.system_event.type = KVM_SYSTEM_EVENT_CRASH;
	CU_ASSERT_EQUAL(exit_with(), VMM_PANICKED);
	exit_.system_event.type = KVM_SYSTEM_EVENT_RESET;
	CU_ASSERT_EQUAL(exit_with(), VMM_RESET);
	exit_.system_event.type = KVM_SYSTEM_EVENT_SHUTDOWN;
	CU_ASSERT_EQUAL(exit_with(), VMM_POWERED_OFF);
	exit_.system_event.type = 99;
	CU_ASSERT_EQUAL(exit_with(), VMM_FAILED);
	for (int end = VMM_RUNNING; end <= VMM_STOPPED; end++)
		CU_ASSERT_PTR_NOT_NULL(vmm_end_name((enum vmm_end)end));
}

/* However a kernel resets after its panic, it panicked. */
static void a_panic_resets(void)
{
	vmm->panicking = true;
	CU_ASSERT_EQUAL(out(VMM_IO_RESET, 1, 1), VMM_PANICKED);
	CU_ASSERT_EQUAL(out(0x64, 0xfe, 1), VMM_PANICKED);
	exit_ = (struct kvm_run){ .exit_reason = KVM_EXIT_SHUTDOWN };
	CU_ASSERT_EQUAL(exit_with(), VMM_PANICKED);
	CU_ASSERT_EQUAL(out(VMM_IO_SLEEP, 0x34, 1), VMM_POWERED_OFF);
}

static void kvm_run_fails(void)
{
	vmm_fake.fail_request = KVM_RUN;
	vmm_fake.fail_errno = EFAULT;
	CU_ASSERT_EQUAL(vmm_start(vmm), 0);
	vmm_join(vmm);
	CU_ASSERT_EQUAL(vmm_ended(vmm), VMM_FAILED);
}

/* ----------------------------------------------------------------------- trapped memory ---- */

static struct {
	uint64_t offset, value;
	unsigned int size, reads, writes;
	gpa_t map, release; /* done within the write */
} trap;
static _Alignas(4096) uint8_t device_ram[4096];

static uint64_t trap_read(void *ctx, uint64_t offset, unsigned int size)
{
	CU_ASSERT_PTR_EQUAL(ctx, &trap);
	trap.reads++;
	trap.offset = offset;
	trap.size = size;
	return 0x1122334455667788;
}

static void trap_write(void *ctx, uint64_t offset, uint64_t value, unsigned int size)
{
	CU_ASSERT_PTR_EQUAL(ctx, &trap);
	trap.writes++;
	trap.offset = offset;
	trap.value = value;
	trap.size = size;
	/* As vpci does when the guest writes its command register: with the lock held. */
	CU_ASSERT_NOT_EQUAL(pthread_mutex_trylock(&vmm->lock), 0);
	if (trap.release != 0)
		vmm_mmio_release(vmm, trap.release);
	if (trap.map != 0)
		CU_ASSERT_EQUAL(vmm_ram_map(vmm, trap.map, 4096, device_ram), 0);
}

static const struct vmm_mmio_ops trap_ops = { .read = trap_read, .write = trap_write };

static void mmio(gpa_t at, bool write, uint32_t len, uint64_t value)
{
	exit_ = (struct kvm_run){ .exit_reason = KVM_EXIT_MMIO };
	exit_.mmio.phys_addr = at;
	exit_.mmio.len = len;
	exit_.mmio.is_write = write;
	memset(exit_.mmio.data, 0xee, 8);
	if (write)
		memcpy(exit_.mmio.data, &value, len);
	CU_ASSERT_EQUAL(exit_with(), VMM_EXITED);
}

static void trapped_accesses(void)
{
	const gpa_t base = VMM_MMIO_LOW + 0x10000;
	uint64_t value;

	memset(&trap, 0, sizeof(trap));
	CU_ASSERT_EQUAL(vmm_mmio_claim(vmm, base, 0x2000, &trap_ops, &trap), 0);
	for (uint32_t len = 1; len <= 8; len *= 2) {
		mmio(base + 8, true, len, 0x8877665544332211);
		CU_ASSERT_EQUAL(trap.offset, 8);
		CU_ASSERT_EQUAL(trap.size, len);
		CU_ASSERT_EQUAL(trap.value,
				len == 8 ? 0x8877665544332211 :
					   0x8877665544332211 & ((1ull << 8 * len) - 1));
		mmio(base + 0x1ff8, false, len, 0);
		CU_ASSERT_EQUAL(trap.offset, 0x1ff8);
		memcpy(&value, exit_.mmio.data, 8);
		CU_ASSERT_EQUAL(value, 0x1122334455667788);
	}
	CU_ASSERT_EQUAL(trap.reads, 4);
	CU_ASSERT_EQUAL(trap.writes, 4);
	mmio(base - 1, false, 1, 0);
	CU_ASSERT_EQUAL(exit_.mmio.data[0], 0xff); /* nobody there */
	mmio(base + 0x2000, true, 1, 1);
	CU_ASSERT_EQUAL(trap.reads + trap.writes, 8);
	/* The model takes its own range away and puts memory there, within the access. */
	trap.release = base;
	trap.map = base;
	mmio(base, true, 4, 1);
	CU_ASSERT_EQUAL(vmm_fake.slot[VMM_SLOT_FIRST_DEV].guest_phys_addr, base);
	mmio(base, false, 4, 0);
	CU_ASSERT_EQUAL(trap.reads, 4);
}

/* ------------------------------------------------------------------------------ threads ---- */

static void kicked_out_of_kvm_run(void)
{
	for (unsigned int i = 0; i < 20; i++) {
		teardown();
		setup();
		CU_ASSERT_EQUAL(vmm_start(vmm), 0);
		vmm_end(vmm, VMM_STOPPED);
		vmm_end(vmm, VMM_TIMED_OUT); /* the first cause counts */
		vmm_join(vmm);
		CU_ASSERT_EQUAL(vmm_ended(vmm), VMM_STOPPED);
		vmm_join(vmm);
	}
}

static int end_at_once(struct vmm_vcpu *vcpu)
{
	vmm_end(vcpu->vmm, VMM_RESET);
	return vmm_fake_run_idle(vcpu);
}

/* The VM ends while its threads are still being made: all of them must hear of it. */
static void ended_while_starting(void)
{
	for (unsigned int delay = 0; delay <= 5000; delay += 500) {
		teardown();
		setup();
		vmm_fake.thread_delay = delay;
		vmm_fake.run = end_at_once;
		CU_ASSERT_EQUAL(vmm_start(vmm), 0);
		vmm_join(vmm);
		CU_ASSERT_EQUAL(vmm_ended(vmm), VMM_RESET);
	}
}

/* Made, ended, joined and destroyed without a thread; and destroyed half made. */
static void never_started(void)
{
	vmm_end(vmm, VMM_FAILED);
	vmm_join(vmm);
	vmm_destroy(NULL);
	CU_ASSERT_EQUAL(vmm_ended(vmm), VMM_FAILED);
	vmm_fake.fail_request = KVM_CREATE_VCPU;
	vmm_fake.fail_errno = EMFILE;
	CU_ASSERT_EQUAL(vmm_vcpu_create(vmm, 2), -EMFILE);
	CU_ASSERT_EQUAL(vmm->vcpu[2].fd, -1);
}

static cpu_set_t ran_on[2];

static int note_cpus(struct vmm_vcpu *vcpu)
{
	sched_getaffinity(0, sizeof(ran_on[0]), &ran_on[vcpu->index]);
	return end_at_once(vcpu);
}

static void kept_off_the_first_cpu(void)
{
	long cpus = sysconf(_SC_NPROCESSORS_ONLN);

	vmm_fake.run = note_cpus;
	vmm->config.first_cpu = (unsigned int)cpus; /* one more than there are */
	CU_ASSERT_EQUAL(vmm_vcpu_start(&vmm->vcpu[0]), -EINVAL);
	if (cpus < 2)
		return;
	memset(ran_on, 0, sizeof(ran_on));
	vmm->config.first_cpu = 1;
	CU_ASSERT_EQUAL(vmm_start(vmm), 0);
	vmm_join(vmm);
	/* The set of a vCPU that the other one ended before it ran is empty. */
	for (unsigned int i = 0; i < 2; i++)
		CU_ASSERT_FALSE(CPU_ISSET(0, &ran_on[i]));
	CU_ASSERT(CPU_ISSET(1, &ran_on[0]) || CPU_ISSET(1, &ran_on[1]));
}

static CU_TestInfo tests[] = {
	{ "ports", ports },
	{ "string output and input", string_output },
	{ "ways to end", ways_to_end },
	{ "a panic resets", a_panic_resets },
	{ "KVM_RUN fails", kvm_run_fails },
	{ "trapped accesses", trapped_accesses },
	{ "kicked out of KVM_RUN", kicked_out_of_kvm_run },
	{ "ended while it starts", ended_while_starting },
	{ "never started", never_started },
	{ "kept off the first CPU", kept_off_the_first_cpu },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("vmm/vcpu", setup, teardown, tests);
