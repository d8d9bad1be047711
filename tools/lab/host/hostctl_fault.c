// SPDX-License-Identifier: BSD-3-Clause
/* What `hostctl` can have the simulated host do wrong: for good, or once. */
#include "hostctl.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

static void apply(struct host *host)
{
	for (unsigned int i = 0; i < host->options->nics; i++)
		netvsp_set_faults(host->nic[i].netvsp, &host->faults.netvsp);
}

/* A fault that is a bool of struct host_faults; where it is stands in the command's row. */
#define SWITCH(member) fault_switch, offsetof(struct host_faults, member)

static int fault_switch(struct call *call)
{
	size_t at = call->command->data;

	*(bool *)((char *)&call->host->faults + at) = true;
	if (at >= offsetof(struct host_faults, netvsp))
		apply(call->host);
	return 0;
}

static int fault_delay(struct call *call)
{
	unsigned long ms;

	if (hostctl_number(call, call->argv[0], 600000, &ms) < 0)
		return EXIT_BAD_USE;
	call->host->faults.netvsp.delay_ms = (uint32_t)ms;
	apply(call->host);
	return 0;
}

static int fault_silent(struct call *call)
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

static int fault_cqe(struct call *call)
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

static int fault_slow(struct call *call)
{
	unsigned long ms;

	if (hostctl_number(call, call->argv[0], 600000, &ms) < 0)
		return EXIT_BAD_USE;
	slow_completions(call->host, ms * LAB_MS);
	return 0;
}

static int fault_clear(struct call *call)
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

static int run_malformed(struct call *call)
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

static int run_associate(struct call *call)
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

/* The host's misbehaviour, a row each. */
const struct hostctl_command hostctl_faults[] = {
	{ "fault", "drop-completion", 0, 0, "", "control answers are never sent",
	  SWITCH(netvsp.drop_completion) },
	{ "fault", "delay-completion", 1, 1, "MS", "they are sent this late", fault_delay, 0 },
	{ "fault", "refuse-association", 0, 0, "", "a VF comes without its association",
	  SWITCH(refuse_association) },
	{ "fault", "wrong-serial", 0, 0, "", "it names a serial that is not the VF's",
	  SWITCH(wrong_serial) },
	{ "fault", "foreign-mac", 0, 0, "", "a VF comes with nobody's MAC", SWITCH(foreign_mac) },
	{ "fault", "silent", 0, 1, "[rndis]", "control requests, or RNDIS alone, are ignored",
	  fault_silent, 0 },
	{ "fault", "stalled", 0, 0, "", "the rings are not read", SWITCH(netvsp.stalled) },
	{ "fault", "cqe-error", 1, 2, "NIC [send|receive]",
	  "a queue of its VF fails at the next packet", fault_cqe, 0 },
	{ "fault", "slow-completions", 1, 1, "MS", "of VFs: they come this late", fault_slow, 0 },
	{ "fault", "clear", 0, 0, "", "no more faults", fault_clear, 0 },
	{ "malformed", NULL, 0, 2, "KIND NIC", "one malformed message (no words: which there are)",
	  run_malformed, 0 },
	{ "associate", NULL, 2, 2, "NIC SERIAL|none",
	  "one VF association; not meant, but for the VF's own", run_associate, 0 },
	{ NULL, NULL, 0, 0, NULL, NULL, NULL, 0 },
};
