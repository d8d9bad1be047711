// SPDX-License-Identifier: BSD-3-Clause
/* What hostctl calls, taking note. A handle is the number of its NIC, and one. */
#define _GNU_SOURCE
#include "lab_hostctl_fake.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct lab_hostctl_fake did;

static unsigned int fabric_index(const void *of)
{
	return (unsigned int)((uintptr_t)of - 1);
}

__attribute__((format(printf, 1, 2)))
static void note(const char *format, ...)
{
	size_t have = strlen(did.calls);
	va_list ap;

	va_start(ap, format);
	vsnprintf(did.calls + have, sizeof(did.calls) - have, format, ap);
	va_end(ap);
}

int nic_vf_add(struct nic *nic)
{
	note("add%u ", nic->index);
	return did.ret;
}

int nic_vf_eject(struct nic *nic)
{
	note("eject%u ", nic->index);
	return did.ret;
}

int nic_vf_surprise(struct nic *nic)
{
	note("surprise%u ", nic->index);
	return did.ret;
}

void nic_set_link(struct nic *nic, bool up)
{
	note("link%u=%d ", nic->index, up);
}

void netvsp_host_datapath(struct netvsp *nic, enum fabric_path path)
{
	note("datapath%u=%d ", fabric_index(nic), path);
}

void netvsp_set_faults(struct netvsp *nic, const struct netvsp_faults *faults)
{
	note("faults%u ", fabric_index(nic));
	did.faults = *faults;
}

void cx_fault_cqe(struct cx *cx, enum cx_fault_queue queue, bool on)
{
	note("cqe%u=%d,%d ", fabric_index(cx), queue, on);
}

void cx_fault_slow_completions(struct cx *cx, uint64_t delay)
{
	note("slow%u=%llu ", fabric_index(cx), (unsigned long long)delay);
}

void netvsp_rescind(struct netvsp *nic)
{
	note("rescind%u ", fabric_index(nic));
}

void netvsp_offer(struct netvsp *nic)
{
	note("offer%u ", fabric_index(nic));
}

const char *netvsp_malformed_kind(unsigned int i)
{
	static const char *const kinds[] = { "one", "two", NULL };

	return kinds[i];
}

int netvsp_send_malformed(struct netvsp *nic, const char *kind)
{
	if (strcmp(kind, "one") != 0)
		return -ENOENT;
	note("malformed%u=%s ", fabric_index(nic), kind);
	return did.ret;
}

void netvsp_associate_vf(struct netvsp *nic, bool allocated, uint32_t serial)
{
	note("associate%u=%d,%u ", fabric_index(nic), allocated, serial);
}

int netvsp_claim_vf(struct netvsp *nic, bool allocated, uint32_t serial)
{
	note("claim%u=%d,%u ", fabric_index(nic), allocated, serial);
	return did.ret;
}

enum fabric_path fabric_datapath(const struct fabric_port *port)
{
	return did.path[fabric_index(port)];
}

void fabric_port_json(const struct fabric_port *port, FILE *out)
{
	fprintf(out, "{\"port\":%u}", fabric_index(port));
}

int fabric_policy_command(struct fabric *fabric, int argc, const char *const argv[], FILE *out)
{
	note("policy%u", fabric_index(fabric));
	for (int i = 0; i < argc; i++)
		note(",%s", argv[i]);
	note(" ");
	fputs("rules\n", out);
	return did.ret;
}

uint64_t vmm_overhead(const struct vmm *vmm)
{
	(void)vmm;
	return 2345678;
}

uint64_t vmm_exits(const struct vmm *vmm)
{
	(void)vmm;
	return 12345;
}
