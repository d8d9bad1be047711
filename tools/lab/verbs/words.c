// SPDX-License-Identifier: BSD-3-Clause
/*
 * The words of hostctl: the VM's (tools/lab/host/hostctl.c), for one NIC, number 0. What is not
 * here is about parts this machine does not have: VMBus channels, firmware pages, associations.
 */
#include "words.h"

#include "fault.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 24

struct call {
	struct machine *machine;
	FILE *out;
	const char *const *argv; /* behind the words that found the command */
	int argc;
};

struct command {
	const char *word, *second; /* second may be NULL */
	int args_min, args_max;
	const char *usage, *text;
	int (*run)(struct call *call);
};

static bool number(struct call *call, const char *text, unsigned long max, unsigned long *value)
{
	char *end;

	errno = 0;
	*value = strtoul(text, &end, 10);
	if (errno == 0 && isdigit((unsigned char)*text) && *end == '\0' && *value <= max)
		return true;
	fprintf(call->out, "%s: a number from 0 to %lu is wanted\n", text, max);
	return false;
}

/* The NIC a word names; there is one. */
static bool nic(struct call *call, const char *text)
{
	unsigned long n;

	return number(call, text, 0, &n);
}

static int done(struct call *call, int err)
{
	switch (err) {
	case 0:
		return WORDS_DONE;
	case -ENODEV:
		fputs("nic0 has no VF\n", call->out);
		break;
	case -EALREADY:
		fputs("nic0 has its VF already\n", call->out);
		break;
	default:
		fprintf(call->out, "nic0: %s\n", strerror(-err));
		break;
	}
	return WORDS_CANNOT;
}

static int run_vf_add(struct call *call)
{
	return nic(call, call->argv[0]) ? done(call, fault_add(call->machine)) : WORDS_WRONG;
}

static int run_vf_eject(struct call *call)
{
	return nic(call, call->argv[0]) ? done(call, fault_eject(call->machine)) : WORDS_WRONG;
}

static int run_vf_surprise(struct call *call)
{
	return nic(call, call->argv[0]) ? done(call, fault_surprise(call->machine)) : WORDS_WRONG;
}

static int run_vf_flap(struct call *call)
{
	unsigned long n;

	if (!nic(call, call->argv[0]) || !number(call, call->argv[1], 1000000, &n))
		return WORDS_WRONG;
	fault_flap(call->machine, (unsigned int)n);
	return WORDS_DONE;
}

static int run_servicing(struct call *call)
{
	unsigned long seconds;
	int err;

	if (!number(call, call->argv[0], 3600, &seconds))
		return WORDS_WRONG;
	err = fault_eject(call->machine);
	if (err == 0)
		call->machine->faults.add_at = lab_clock_now(&call->machine->clock) +
					       seconds * LAB_S;
	return done(call, err);
}

static int run_link(struct call *call, bool up)
{
	if (!nic(call, call->argv[0]))
		return WORDS_WRONG;
	fault_link(call->machine, up);
	return WORDS_DONE;
}

static int run_link_up(struct call *call)
{
	return run_link(call, true);
}

static int run_link_down(struct call *call)
{
	return run_link(call, false);
}

static int run_datapath(struct call *call)
{
	if (!nic(call, call->argv[0]))
		return WORDS_WRONG;
	fabric_set_datapath(call->machine->port, FABRIC_SYNTHETIC);
	return WORDS_DONE;
}

/* ------------------------------------------------------------------------------- faults ---- */

static int run_surprise_delay(struct call *call)
{
	unsigned long ms;

	if (!number(call, call->argv[0], 3600000, &ms))
		return WORDS_WRONG;
	call->machine->faults.surprise_delay = ms * LAB_MS;
	return WORDS_DONE;
}

static int run_eject_delay(struct call *call)
{
	unsigned long ms;

	if (!number(call, call->argv[0], 3600000, &ms))
		return WORDS_WRONG;
	call->machine->faults.eject_delay = ms * LAB_MS;
	return WORDS_DONE;
}

static int run_add_delay(struct call *call)
{
	unsigned long ms;

	if (!number(call, call->argv[0], 3600000, &ms))
		return WORDS_WRONG;
	call->machine->faults.add_delay = ms * LAB_MS;
	return WORDS_DONE;
}

/* The tests' shorter form leaves the NIC out: there is one. */
static int run_cqe_error(struct call *call)
{
	enum cx_fault_queue queue = CX_FAULT_SEND;

	for (int i = 0; i < call->argc; i++) {
		if (strcmp(call->argv[i], "send") == 0)
			queue = CX_FAULT_SEND;
		else if (strcmp(call->argv[i], "receive") == 0)
			queue = CX_FAULT_RECEIVE;
		else if (i != 0 || !nic(call, call->argv[i]))
			return WORDS_WRONG;
	}
	cx_fault_cqe(call->machine->cx, queue, true);
	return WORDS_DONE;
}

static int run_slow_completions(struct call *call)
{
	unsigned long ms;

	if (!number(call, call->argv[0], 600000, &ms))
		return WORDS_WRONG;
	cx_fault_slow_completions(call->machine->cx, ms * LAB_MS);
	return WORDS_DONE;
}

static int run_clear(struct call *call)
{
	fault_clear(call->machine);
	return WORDS_DONE;
}

/* --------------------------------------------------------------------- wait, policy, stats ---- */

/* One look; hostctl counts the seconds. */
static int run_wait(struct call *call)
{
	static const char *const names[] = { "vf", "synthetic", "present", "absent", "settled" };
	const struct machine *machine = call->machine;
	bool on_vf = fabric_datapath(machine->port) == FABRIC_VF;
	const bool holds[] = { on_vf, !on_vf, fault_present(machine), !fault_present(machine),
			       on_vf && machine->faults.flaps == 0 &&
				       machine->faults.add_at == 0 };
	unsigned long seconds;

	if (!number(call, call->argv[1], 3600, &seconds) ||
	    (call->argc > 2 && !nic(call, call->argv[2])))
		return WORDS_WRONG;
	for (unsigned int i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], call->argv[0]) == 0) {
			if (!holds[i])
				fprintf(call->out, "nic0: not %s after %lu s\n", names[i],
					seconds);
			return holds[i] ? WORDS_DONE : WORDS_AGAIN;
		}
	fprintf(call->out, "%s: not one of vf synthetic present absent settled\n", call->argv[0]);
	return WORDS_WRONG;
}

static int run_policy(struct call *call)
{
	return fabric_policy_command(call->machine->fabric, call->argc, call->argv, call->out) < 0 ?
		       WORDS_WRONG : WORDS_DONE;
}

static int run_stats(struct call *call)
{
	fputs("{\"nics\":[", call->out);
	fabric_port_json(call->machine->port, call->out);
	fprintf(call->out, "],\"kernel_lost\":%llu,\"commands\":%llu,\"outstanding\":[]}\n",
		(unsigned long long)call->machine->kernel_lost,
		(unsigned long long)cx_commands(call->machine->cx));
	return WORDS_DONE;
}

static int run_help(struct call *call);

static const struct command commands[] = {
	{ "vf", "add", 1, 1, "NIC", "give the NIC its VF", run_vf_add },
	{ "vf", "eject", 1, 1, "NIC", "take it away, telling the kernel", run_vf_eject },
	{ "vf", "surprise", 1, 1, "NIC", "take it away, telling nobody", run_vf_surprise },
	{ "vf", "flap", 2, 2, "NIC N", "take it away and give it back N times", run_vf_flap },
	{ "wait", NULL, 2, 3, "STATE SECONDS [NIC]",
	  "until vf|synthetic (data path), present|absent (VF), settled (flaps done)", run_wait },
	{ "link", "up", 1, 1, "NIC", "connect the NIC", run_link_up },
	{ "link", "down", 1, 1, "NIC", "disconnect it, both paths", run_link_down },
	{ "datapath", "synthetic", 1, 1, "NIC", "the host moves the data path", run_datapath },
	{ "servicing", NULL, 1, 1, "SECONDS", "take the VF away for so long", run_servicing },
	{ "fault", "surprise-delay", 1, 1, "MS", "a surprise is known to the kernel so late",
	  run_surprise_delay },
	{ "fault", "eject-delay", 1, 1, "MS", "an ejected function works for so long",
	  run_eject_delay },
	{ "fault", "add-delay", 1, 1, "MS", "a VF that is added is there so late", run_add_delay },
	{ "fault", "cqe-error", 0, 2, "[NIC] [send|receive]",
	  "the next one completes with an error, its queue stops", run_cqe_error },
	{ "fault", "slow-completions", 1, 1, "MS", "of the VF: they come this late",
	  run_slow_completions },
	{ "fault", "clear", 0, 0, "", "no more faults", run_clear },
	{ "policy", NULL, 1, 16, "add|del|list ...", "rules of the switch, see the lab's README",
	  run_policy },
	{ "stats", NULL, 0, 0, "", "counters as one JSON object", run_stats },
	{ "help", NULL, 0, 0, "", "this list", run_help },
};
#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static int run_help(struct call *call)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		const struct command *c = &commands[i];

		fprintf(call->out, "%s%s%s%s%s: %s\n", c->word, c->second != NULL ? " " : "",
			c->second != NULL ? c->second : "", c->usage[0] != '\0' ? " " : "",
			c->usage, c->text);
	}
	return WORDS_DONE;
}

static int dispatch(struct machine *machine, const char *const argv[], int argc, FILE *out)
{
	for (size_t i = 0; i < COMMANDS; i++) {
		const struct command *c = &commands[i];
		int words = c->second != NULL ? 2 : 1;
		struct call call = { .machine = machine, .out = out, .argv = argv + words,
				     .argc = argc - words };

		if (argc < words || strcmp(argv[0], c->word) != 0 ||
		    (words == 2 && strcmp(argv[1], c->second) != 0))
			continue;
		if (call.argc >= c->args_min && call.argc <= c->args_max)
			return c->run(&call);
		fprintf(out, "usage: hostctl %s%s%s %s\n", c->word, words == 2 ? " " : "",
			words == 2 ? c->second : "", c->usage);
		return WORDS_WRONG;
	}
	fprintf(out, "%s: no such word here; hostctl help lists them\n", argv[0]);
	return WORDS_WRONG;
}

int words_run(struct machine *machine, char *request, size_t len, FILE *out)
{
	const char *argv[WORDS_MAX];
	int argc = 0;

	for (size_t at = 0; at < len && argc < WORDS_MAX; at += strlen(request + at) + 1)
		argv[argc++] = request + at;
	return argc > 0 ? dispatch(machine, argv, argc, out) : WORDS_WRONG;
}
