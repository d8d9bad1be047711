// SPDX-License-Identifier: BSD-3-Clause
/* What `hostctl` can have the simulated host do wrong: for good, or once. */
#include "hostctl.h"

#include <errno.h>
#include <string.h>

static void apply(struct host *host)
{
	for (unsigned int i = 0; i < host->options->nics; i++)
		netvsp_set_faults(host->nic[i].netvsp, &host->faults.netvsp);
}

int hostctl_fault_drop(struct call *call)
{
	call->host->faults.netvsp.drop_completion = true;
	apply(call->host);
	return 0;
}

int hostctl_fault_delay(struct call *call)
{
	unsigned long ms;

	if (hostctl_number(call, call->argv[0], 600000, &ms) < 0)
		return EXIT_BAD_USE;
	call->host->faults.netvsp.delay_ms = (uint32_t)ms;
	apply(call->host);
	return 0;
}

int hostctl_fault_silent(struct call *call)
{
	if (call->argc == 0) {
		call->host->faults.netvsp.silent = true;
	} else if (strcmp(call->argv[0], "rndis") == 0) {
		call->host->faults.netvsp.silent_rndis = true;
	} else {
		fprintf(call->out, "%s: silent about everything, or about rndis\n", call->argv[0]);
		return EXIT_BAD_USE;
	}
	apply(call->host);
	return 0;
}

int hostctl_fault_stalled(struct call *call)
{
	call->host->faults.netvsp.stalled = true;
	apply(call->host);
	return 0;
}

int hostctl_fault_association(struct call *call)
{
	call->host->faults.refuse_association = true;
	return 0;
}

int hostctl_fault_serial(struct call *call)
{
	call->host->faults.wrong_serial = true;
	return 0;
}

int hostctl_fault_mac(struct call *call)
{
	call->host->faults.foreign_mac = true;
	return 0;
}

int hostctl_fault_cqe(struct call *call)
{
	struct nic *nic = hostctl_nic(call, call->argv[0]);
	enum cx_fault_queue queue = CX_FAULT_SEND;

	if (nic == NULL)
		return EXIT_BAD_USE;
	if (call->argc > 1 && strcmp(call->argv[1], "receive") == 0) {
		queue = CX_FAULT_RECEIVE;
	} else if (call->argc > 1 && strcmp(call->argv[1], "send") != 0) {
		fprintf(call->out, "%s: send or receive\n", call->argv[1]);
		return EXIT_BAD_USE;
	}
	if (nic->cx == NULL)
		return hostctl_done(call, nic, -ENODEV);
	cx_fault_cqe(nic->cx, queue, true);
	return 0;
}

static void slow_completions(struct host *host, uint64_t delay)
{
	for (unsigned int i = 0; i < host->options->nics; i++)
		if (host->nic[i].cx != NULL)
			cx_fault_slow_completions(host->nic[i].cx, delay);
}

int hostctl_fault_slow(struct call *call)
{
	unsigned long ms;

	if (hostctl_number(call, call->argv[0], 600000, &ms) < 0)
		return EXIT_BAD_USE;
	slow_completions(call->host, ms * LAB_MS);
	return 0;
}

int hostctl_fault_clear(struct call *call)
{
	memset(&call->host->faults, 0, sizeof(call->host->faults));
	apply(call->host);
	slow_completions(call->host, 0);
	for (unsigned int i = 0; i < call->host->options->nics; i++)
		for (int queue = 0; queue < CX_FAULT_QUEUES; queue++)
			if (call->host->nic[i].cx != NULL)
				cx_fault_cqe(call->host->nic[i].cx, queue, false);
	return 0;
}

static int malformed_kinds(struct call *call, const char *word, const char *what)
{
	const char *kind;

	fprintf(call->out, "%s: %s; known:", word, what);
	for (unsigned int i = 0; (kind = netvsp_malformed_kind(i)) != NULL; i++)
		fprintf(call->out, " %s", kind);
	fputc('\n', call->out);
	return EXIT_BAD_USE;
}

int hostctl_malformed(struct call *call)
{
	struct nic *nic;
	int ret;

	if (call->argc != 2)
		return malformed_kinds(call, "malformed", "a kind and a NIC are wanted");
	nic = hostctl_nic(call, call->argv[1]);
	if (nic == NULL)
		return EXIT_BAD_USE;
	ret = netvsp_send_malformed(nic->netvsp, call->argv[0]);
	if (ret == -ENOENT)
		return malformed_kinds(call, call->argv[0], "unknown");
	return hostctl_done(call, nic, ret);
}

int hostctl_associate(struct call *call)
{
	struct nic *nic = hostctl_nic(call, call->argv[0]);
	bool none = strcmp(call->argv[1], "none") == 0;
	unsigned long serial;

	if (nic == NULL)
		return EXIT_BAD_USE;
	serial = nic->serial;
	if (!none && hostctl_number(call, call->argv[1], UINT32_MAX, &serial) < 0)
		return EXIT_BAD_USE;
	if (!none && serial == nic->serial) { /* meant: the data path may move to it */
		netvsp_associate_vf(nic->netvsp, true, nic->serial);
		return 0;
	}
	return hostctl_done(call, nic, netvsp_claim_vf(nic->netvsp, !none, (uint32_t)serial));
}
