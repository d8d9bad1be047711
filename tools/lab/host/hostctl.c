// SPDX-License-Identifier: BSD-3-Clause
/* What `hostctl` in the guest can ask of the simulated host: one row a command. Misbehaviour is
 * hostctl_fault.c's, with its rows. */
#define _GNU_SOURCE
#include "hostctl.h"

#include "../guest/port.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 24

int hostctl_number(struct call *call, const char *text, unsigned long max, unsigned long *value)
{
	char *end;

	errno = 0;
	*value = strtoul(text, &end, 10);
	if (errno == 0 && isdigit((unsigned char)*text) && *end == '\0' && *value <= max)
		return 0;
	fprintf(call->out, "%s: a number from 0 to %lu is wanted\n", text, max);
	return -EINVAL;
}

struct nic *hostctl_nic(struct call *call, const char *text)
{
	unsigned long n;

	if (hostctl_number(call, text, call->host->options->nics - 1, &n) < 0)
		return NULL;
	return &call->host->nic[n];
}

/* An operation of the host on a NIC: its -errno becomes a line of text. */
int hostctl_done(struct call *call, const struct nic *nic, int ret)
{
	switch (ret) {
	case 0:
		return 0;
	case -ENODEV:
		fprintf(call->out, "%s has no VF\n", nic->name);
		break;
	case -EALREADY:
		fprintf(call->out, "%s has its VF already\n", nic->name);
		break;
	case -EOPNOTSUPP:
		fprintf(call->out, "%s gets no VF: its driver does not say that it can use one\n",
			nic->name);
		break;
	default:
		fprintf(call->out, "%s: %s\n", nic->name, strerror(-ret));
		break;
	}
	return 1;
}

static int run_vf_add(struct call *call)
{
	struct nic *nic = hostctl_nic(call, call->argv[0]);

	return nic == NULL ? EXIT_BAD_USE : hostctl_done(call, nic, nic_vf_add(nic));
}

static int run_vf_eject(struct call *call)
{
	struct nic *nic = hostctl_nic(call, call->argv[0]);

	return nic == NULL ? EXIT_BAD_USE : hostctl_done(call, nic, nic_vf_eject(nic));
}

static int run_vf_surprise(struct call *call)
{
	struct nic *nic = hostctl_nic(call, call->argv[0]);

	return nic == NULL ? EXIT_BAD_USE : hostctl_done(call, nic, nic_vf_surprise(nic));
}

static int run_vf_flap(struct call *call)
{
	struct nic *nic = hostctl_nic(call, call->argv[0]);
	unsigned long n;

	if (nic == NULL || hostctl_number(call, call->argv[1], 1000000, &n) < 0)
		return EXIT_BAD_USE;
	nic->plan.flaps = (unsigned int)n;
	return 0;
}

static int run_link_up(struct call *call)
{
	struct nic *nic = hostctl_nic(call, call->argv[0]);

	if (nic == NULL)
		return EXIT_BAD_USE;
	nic_set_link(nic, true);
	return 0;
}

static int run_link_down(struct call *call)
{
	struct nic *nic = hostctl_nic(call, call->argv[0]);

	if (nic == NULL)
		return EXIT_BAD_USE;
	nic_set_link(nic, false);
	return 0;
}

static int run_nic_remove(struct call *call)
{
	struct nic *nic = hostctl_nic(call, call->argv[0]);

	if (nic == NULL)
		return EXIT_BAD_USE;
	netvsp_rescind(nic->netvsp);
	return 0;
}

static int run_nic_add(struct call *call)
{
	struct nic *nic = hostctl_nic(call, call->argv[0]);

	if (nic == NULL)
		return EXIT_BAD_USE;
	netvsp_offer(nic->netvsp);
	return 0;
}

static int run_datapath_synthetic(struct call *call)
{
	struct nic *nic = hostctl_nic(call, call->argv[0]);

	if (nic == NULL)
		return EXIT_BAD_USE;
	netvsp_host_datapath(nic->netvsp, FABRIC_SYNTHETIC);
	return 0;
}

static int run_servicing(struct call *call)
{
	struct host *host = call->host;
	unsigned long seconds;

	if (hostctl_number(call, call->argv[0], 3600, &seconds) < 0)
		return EXIT_BAD_USE;
	for (unsigned int i = 0; i < host->options->nics; i++) {
		struct nic *nic = &host->nic[i];

		if (nic_vf_eject(nic) == 0)
			nic->plan.add_at = lab_clock_now(&host->clock) + seconds * LAB_S;
	}
	return 0;
}

/* --------------------------------------------------------------------------------- wait ---- */

enum wait_state { WAIT_VF, WAIT_SYNTHETIC, WAIT_PRESENT, WAIT_ABSENT, WAIT_SETTLED, WAIT_STATES };
static const char *const wait_names[WAIT_STATES] = { "vf", "synthetic", "present", "absent",
						     "settled" };

static bool wait_holds(const struct nic *nic, enum wait_state state)
{
	switch (state) {
	case WAIT_VF:
		return fabric_datapath(nic->port) == FABRIC_VF;
	case WAIT_SYNTHETIC:
		return fabric_datapath(nic->port) == FABRIC_SYNTHETIC;
	case WAIT_PRESENT:
		return nic->in_use;
	case WAIT_ABSENT:
		return nic->vf_gone;
	case WAIT_SETTLED: /* no flap is left to do, and the VF carries the traffic */
		return nic->plan.flaps == 0 && nic->plan.add_at == 0 &&
		       !nic->plan.add_when_released && !nic->plan.add_when_negotiated &&
		       fabric_datapath(nic->port) == FABRIC_VF;
	case WAIT_STATES:
		break;
	}
	return false;
}

/* The wait this is another asking of, or NULL. */
static struct host_wait *wait_find(struct host *host, const struct host_wait *asked)
{
	for (unsigned int i = 0; i < HOST_WAITS_MAX; i++) {
		struct host_wait *w = &host->wait[i];

		if (w->caller == asked->caller && w->nic == asked->nic &&
		    w->state == asked->state && w->seconds == asked->seconds)
			return w;
	}
	return NULL;
}

/* A new one, in place of the one that was not heard of for longest. */
static struct host_wait *wait_begin(struct host *host, const struct host_wait *asked)
{
	struct host_wait *w = &host->wait[0];

	for (unsigned int i = 1; i < HOST_WAITS_MAX; i++)
		if (host->wait[i].asked < w->asked)
			w = &host->wait[i];
	*w = *asked;
	w->deadline = asked->asked + asked->seconds * LAB_S;
	return w;
}

static int run_wait(struct call *call)
{
	struct host_wait asked = { .caller = call->caller }, *wait;
	struct nic *nic = hostctl_nic(call, call->argc > 2 ? call->argv[2] : "0");

	if (nic == NULL || hostctl_number(call, call->argv[1], 3600, &asked.seconds) < 0)
		return EXIT_BAD_USE;
	while (asked.state < WAIT_STATES && strcmp(wait_names[asked.state], call->argv[0]) != 0)
		asked.state++;
	if (asked.state == WAIT_STATES) {
		fprintf(call->out, "%s: not one of vf synthetic present absent settled\n",
			call->argv[0]);
		return EXIT_BAD_USE;
	}
	asked.nic = nic->index;
	asked.asked = lab_clock_now(&call->host->clock);
	wait = wait_find(call->host, &asked);
	if (wait == NULL)
		wait = wait_begin(call->host, &asked);
	wait->asked = asked.asked;
	if (wait_holds(nic, (enum wait_state)asked.state)) {
		*wait = (struct host_wait){ 0 };
		return 0;
	}
	if (asked.asked < wait->deadline)
		return LAB_PORT_AGAIN;
	*wait = (struct host_wait){ 0 };
	fprintf(call->out, "%s: not %s after %lu s\n", nic->name, call->argv[0], asked.seconds);
	return 1;
}

/* --------------------------------------------------------------------- policy and stats ---- */

static int run_policy(struct call *call)
{
	struct host *host = call->host;

	for (unsigned int i = 0; i < host->options->nics; i++) {
		struct nic *nic = &host->nic[i];

		if (host->options->nics > 1 && strcmp(call->argv[0], "list") == 0)
			fprintf(call->out, "%s:\n", nic->name);
		if (fabric_policy_command(nic->fabric, call->argc, call->argv, call->out) < 0)
			return EXIT_BAD_USE;
	}
	return 0;
}

static int run_stats(struct call *call)
{
	struct host *host = call->host;
	uint64_t now = lab_clock_now(&host->clock);
	const char *comma = "";

	fputs("{\"nics\":[", call->out);
	for (unsigned int i = 0; i < host->options->nics; i++) {
		fputs(i > 0 ? "," : "", call->out);
		fabric_port_json(host->nic[i].port, call->out);
	}
	fprintf(call->out, "],\"exits\":%llu,\"overhead\":%llu,\"outstanding\":[",
		(unsigned long long)vmm_exits(host->vmm),
		(unsigned long long)vmm_overhead(host->vmm));
	for (unsigned int i = 0; i < LAB_PENDING_MAX; i++) {
		const struct lab_pending_entry *e = &host->pending.entry[i];

		if (e->id == 0)
			continue;
		fprintf(call->out, "%s{\"what\":\"%s\",\"ms\":%llu}", comma, e->what,
			(unsigned long long)((now - e->since) / LAB_MS));
		comma = ",";
	}
	fputs("]}\n", call->out);
	return 0;
}

static int run_help(struct call *call);

static const struct hostctl_command actions[] = {
	{ "vf", "add", 1, 1, "NIC", "give the NIC its VF", run_vf_add, 0 },
	{ "vf", "eject", 1, 1, "NIC", "take it away, asking first", run_vf_eject, 0 },
	{ "vf", "surprise", 1, 1, "NIC", "take it away, not asking", run_vf_surprise, 0 },
	{ "vf", "flap", 2, 2, "NIC N", "take it away and give it back N times", run_vf_flap, 0 },
	{ "wait", NULL, 2, 3, "STATE SECONDS [NIC]",
	  "until vf|synthetic (data path), present|absent (VF), settled (flaps done)",
	  run_wait, 0 },
	{ "link", "up", 1, 1, "NIC", "connect the NIC", run_link_up, 0 },
	{ "link", "down", 1, 1, "NIC", "disconnect it, both paths", run_link_down, 0 },
	{ "nic", "remove", 1, 1, "NIC", "take the synthetic NIC away (rescind)",
	  run_nic_remove, 0 },
	{ "nic", "add", 1, 1, "NIC", "give it back", run_nic_add, 0 },
	{ "datapath", "synthetic", 1, 1, "NIC", "the host moves the data path",
	  run_datapath_synthetic, 0 },
	{ NULL, NULL, 0, 0, NULL, NULL, NULL, 0 },
};

static const struct hostctl_command reports[] = {
	{ "policy", NULL, 1, 16, "add|del|list ...", "rules of the switch, see the lab's README",
	  run_policy, 0 },
	{ "servicing", NULL, 1, 1, "SECONDS", "take every VF away for so long", run_servicing, 0 },
	{ "stats", NULL, 0, 0, "", "counters as one JSON object", run_stats, 0 },
	{ "help", NULL, 0, 0, "", "this list", run_help, 0 },
	{ NULL, NULL, 0, 0, NULL, NULL, NULL, 0 },
};

/* All commands, in this order; NULL behind the last. */
static const struct hostctl_command *command_at(size_t i)
{
	static const struct hostctl_command *const tables[] = { actions, hostctl_faults, reports };

	for (size_t t = 0; t < sizeof(tables) / sizeof(tables[0]); t++)
		for (const struct hostctl_command *c = tables[t]; c->word != NULL; c++)
			if (i-- == 0)
				return c;
	return NULL;
}

static int run_help(struct call *call)
{
	const struct hostctl_command *c;

	for (size_t i = 0; (c = command_at(i)) != NULL; i++) {
		char words[64];

		snprintf(words, sizeof(words), "%s%s%s%s%s", c->word, c->second ? " " : "",
			 c->second ? c->second : "", *c->usage ? " " : "", c->usage);
		fprintf(call->out, "  hostctl %-28s %s\n", words, c->text);
	}
	return 0;
}

static int unknown(FILE *out, const char *word, const char *second, bool word_known)
{
	const struct hostctl_command *c;
	const char *last = "";

	fprintf(out, "%s%s%s: unknown; known:", word, word_known ? " " : "",
		word_known ? second : "");
	for (size_t i = 0; (c = command_at(i)) != NULL; i++) {
		if (word_known ? strcmp(c->word, word) != 0 : strcmp(c->word, last) == 0)
			continue;
		fprintf(out, " %s", word_known && c->second ? c->second : c->word);
		last = c->word;
	}
	fputc('\n', out);
	return EXIT_BAD_USE;
}

int hostctl_run(struct host *host, uint32_t caller, const char *words, size_t len, FILE *out)
{
	char text[1024];
	const char *argv[WORDS_MAX + 1];
	const struct hostctl_command *c;
	int argc = 0;
	bool word_known = false;

	if (len == 0) {
		fputs("what is wanted? hostctl help\n", out);
		return EXIT_BAD_USE;
	}
	if (len >= sizeof(text)) {
		fprintf(out, "%zu bytes are too many\n", len);
		return EXIT_BAD_USE;
	}
	memcpy(text, words, len);
	text[len] = '\0';
	for (size_t at = 0; at < len; at += strlen(text + at) + 1) {
		if (argc == WORDS_MAX) {
			fprintf(out, "more than %d words\n", WORDS_MAX);
			return EXIT_BAD_USE;
		}
		argv[argc++] = text + at;
	}
	argv[argc] = NULL;
	for (size_t i = 0; (c = command_at(i)) != NULL; i++) {
		int own = c->second != NULL ? 2 : 1;
		struct call call = { c, host, caller, argc - own, argv + own, out };

		if (strcmp(c->word, argv[0]) != 0)
			continue;
		word_known = true;
		if (c->second != NULL && (argc < 2 || strcmp(c->second, argv[1]) != 0))
			continue;
		if (call.argc >= c->args_min && call.argc <= c->args_max)
			return c->run(&call);
		fprintf(out, "usage: hostctl %s%s%s %s\n", c->word, c->second ? " " : "",
			c->second ? c->second : "", c->usage);
		return EXIT_BAD_USE;
	}
	return unknown(out, argv[0], argc > 1 ? argv[1] : "", word_known);
}
