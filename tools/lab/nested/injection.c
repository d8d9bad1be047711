// SPDX-License-Identifier: BSD-3-Clause
/*
 * Interrupts that KVM injects into a guest of the nested host, and how they are kept from coming
 * twice.
 *
 * When VMRUN injects an interrupt, QEMU's TCG (helper_vmrun, SVM_EVTINJ_TYPE_INTR) delivers it at
 * once, but leaves its vector in the CPU's exception_index. The next #VMEXIT clears that. If before
 * it something asks the CPU's thread to leave its loop and there is no interrupt to take
 * (cpu_handle_interrupt), the vector counts as an exception that is still to be delivered: the
 * guest gets the interrupt again, wherever it is by then, interrupts off or not. On the way into
 * the kernel, before the stack is switched, that is a triple fault; elsewhere it is corrupted
 * state. pulse.c tells where a thread gets such a request without an interrupt.
 *
 * So there must be a #VMEXIT before anything else can happen: an interrupt of the nested host's
 * own, pending when the guest is entered. Two BPF programs see to it. One, where KVM injects
 * (kvm_inj_virq), makes a note for the thread; the other, where KVM is about to enter the guest
 * with interrupts off (kvm_entry), finds the note and sends signal 0 to its own process. That does
 * nothing, but with interrupts off the kernel does it by irq_work: an interrupt to this CPU.
 */
#define _GNU_SOURCE
#include "injection.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#define THREADS 1024 /* a power of two; threads whose ids share the low bits share a note */
#define NOTE_AT (-4) /* of the note's key, on the program's stack */

/* Instructions, named as the kernel's documentation of the set does. */
#define ALU64_IMM(op, dst, value) \
	{ .code = BPF_ALU64 | (op) | BPF_K, .dst_reg = (dst), .imm = (value) }
#define MOV_REG(dst, src) \
	{ .code = BPF_ALU64 | BPF_MOV | BPF_X, .dst_reg = (dst), .src_reg = (src) }
#define LOAD(dst, src, at) \
	{ .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = (dst), .src_reg = (src), .off = (at) }
#define STORE(dst, at, src) \
	{ .code = BPF_STX | BPF_MEM | BPF_W, .dst_reg = (dst), .src_reg = (src), .off = (at) }
#define STORE_IMM(dst, at, value) \
	{ .code = BPF_ST | BPF_MEM | BPF_W, .dst_reg = (dst), .off = (at), .imm = (value) }
#define LOAD_MAP(dst, fd) \
	{ .code = BPF_LD | BPF_DW | BPF_IMM, .dst_reg = (dst), .src_reg = BPF_PSEUDO_MAP_FD, \
	  .imm = (fd) }, { 0 }
#define CALL(function) { .code = BPF_JMP | BPF_CALL, .imm = BPF_FUNC_##function }
#define SKIP_IF_ZERO(reg, n) { .code = BPF_JMP | BPF_JEQ | BPF_K, .dst_reg = (reg), .off = (n) }
#define EXIT() { .code = BPF_JMP | BPF_EXIT }

/* r0 is then where this thread's note is; the verifier wants it compared with 0. */
#define FIND_NOTE(map) \
	CALL(get_current_pid_tgid), \
	ALU64_IMM(BPF_AND, BPF_REG_0, THREADS - 1), \
	STORE(BPF_REG_10, NOTE_AT, BPF_REG_0), \
	LOAD_MAP(BPF_REG_1, map), \
	MOV_REG(BPF_REG_2, BPF_REG_10), \
	ALU64_IMM(BPF_ADD, BPF_REG_2, NOTE_AT), \
	CALL(map_lookup_elem)

static int bpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	long ret = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return ret < 0 ? -errno : (int)ret;
}

static int notes_create(void)
{
	union bpf_attr attr = {
		.map_type = BPF_MAP_TYPE_ARRAY,
		.key_size = sizeof(uint32_t),
		.value_size = sizeof(uint32_t),
		.max_entries = THREADS,
	};

	return bpf(BPF_MAP_CREATE, &attr);
}

/* The program runs at each passage of the tracepoint, as long as this process lives. */
static int attach(const char *tracepoint, const struct bpf_insn *insn, size_t count)
{
	union bpf_attr program = {
		.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.insns = (uintptr_t)insn,
		.insn_cnt = (uint32_t)count,
		.license = (uintptr_t)"Dual BSD/GPL",
	};
	union bpf_attr link = { .raw_tracepoint.name = (uintptr_t)tracepoint };
	int fd = bpf(BPF_PROG_LOAD, &program), ret;

	if (fd < 0)
		return fd;
	link.raw_tracepoint.prog_fd = (uint32_t)fd;
	ret = bpf(BPF_RAW_TRACEPOINT_OPEN, &link);
	close(fd);
	return ret < 0 ? ret : 0;
}

int injection_guard(void)
{
	int notes = notes_create(), ret;

	if (notes < 0)
		return notes;

	const struct bpf_insn on_inject[] = {
		FIND_NOTE(notes),
		SKIP_IF_ZERO(BPF_REG_0, 1),
		STORE_IMM(BPF_REG_0, 0, 1),
		ALU64_IMM(BPF_MOV, BPF_REG_0, 0),
		EXIT(),
	};
	const struct bpf_insn on_entry[] = {
		FIND_NOTE(notes),
		SKIP_IF_ZERO(BPF_REG_0, 5),
		LOAD(BPF_REG_1, BPF_REG_0, 0),
		SKIP_IF_ZERO(BPF_REG_1, 3),
		STORE_IMM(BPF_REG_0, 0, 0),
		ALU64_IMM(BPF_MOV, BPF_REG_1, 0),
		CALL(send_signal),
		ALU64_IMM(BPF_MOV, BPF_REG_0, 0),
		EXIT(),
	};

	ret = attach("kvm_inj_virq", on_inject, sizeof(on_inject) / sizeof(on_inject[0]));
	if (ret == 0)
		ret = attach("kvm_entry", on_entry, sizeof(on_entry) / sizeof(on_entry[0]));
	close(notes);
	return ret;
}
