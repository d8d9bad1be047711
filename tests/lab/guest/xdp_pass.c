// SPDX-License-Identifier: BSD-3-Clause
/*
 * xdp_pass IFACE CMD [ARG...]: runs CMD with a generic XDP program on the interface that lets every
 * packet pass. The kernel takes it off when CMD ends, with the descriptor that CMD inherits. Two
 * instructions by bpf(2) spare the lab a compiler for BPF and a loader. Needs BPF links for XDP
 * (Linux 5.9).
 */
#define _GNU_SOURCE
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* A descriptor, or ends the program. */
static int call_bpf(enum bpf_cmd cmd, union bpf_attr *attr, const char *what)
{
	long fd = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	if (fd < 0) {
		perror(what);
		exit(EXIT_FAILURE);
	}
	return (int)fd;
}

static int load_program(void)
{
	static const struct bpf_insn code[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = XDP_PASS },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr = {
		.prog_type = BPF_PROG_TYPE_XDP,
		.insns = (unsigned long)code,
		.insn_cnt = sizeof(code) / sizeof(code[0]),
		.license = (unsigned long)"Dual BSD/GPL",
	};

	return call_bpf(BPF_PROG_LOAD, &attr, "xdp_pass: load");
}

int main(int argc, char *argv[])
{
	union bpf_attr attr = { .link_create.attach_type = BPF_XDP,
				.link_create.flags = XDP_FLAGS_SKB_MODE };
	int link;

	if (argc < 3) {
		fputs("usage: xdp_pass IFACE CMD [ARG...]\n", stderr);
		return 64;
	}
	attr.link_create.target_ifindex = if_nametoindex(argv[1]);
	attr.link_create.prog_fd = (unsigned int)load_program();
	/* bpf(2) gives descriptors that exec() closes. */
	link = dup(call_bpf(BPF_LINK_CREATE, &attr, "xdp_pass: attach"));
	if (link < 0) {
		perror("xdp_pass: dup");
		return EXIT_FAILURE;
	}
	execvp(argv[2], argv + 2);
	perror(argv[2]);
	return 127;
}
