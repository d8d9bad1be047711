// SPDX-License-Identifier: BSD-3-Clause
/* Builds the command of a run, executes it, and judges how it ended. See run.h. */
#define _GNU_SOURCE
#include "run.h"

#include "process.h"
#include "workdir.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BOOT_S	    100 /* beyond a case's own limit, which counts from the guest's start */
#define OUTSIDE_S   120
#define DEBUG_TIMES 6	/* as slow is a kernel with every check on */
#define EXIT_SKIP   77
#define TRIES	    2 /* of a run that ends in an accident, see is_accident() */
#define STATUS_HOST  121 /* accelnet-lab: the nested host died */
#define STATUS_GUEST 122 /* accelnet-lab: the guest ended by itself */
#define STATUS_TIMEOUT 124
#define ARGS_MAX    64

/* ------------------------------------------------------------------------ the command ---- */

struct command {
	char *argv[ARGS_MAX + 1];
	char text[4096]; /* what the arguments point into */
	size_t used;
	unsigned int argc;
};

__attribute__((format(printf, 2, 3)))
static void command_add(struct command *cmd, const char *format, ...)
{
	size_t room = sizeof(cmd->text) - cmd->used;
	char *at = cmd->text + cmd->used;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(at, room, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= room || cmd->argc == ARGS_MAX) {
		fprintf(stderr, "check_lab: too many options\n");
		exit(EXIT_FAILURE);
	}
	cmd->used += (size_t)n + 1;
	cmd->argv[cmd->argc++] = at;
}

/* The words of a run's options, @DIR@ replaced by its folder. */
static void command_add_options(struct command *cmd, const char *options, const char *dir)
{
	static const char mark[] = "@DIR@";
	char text[CASE_RUN_MAX];

	snprintf(text, sizeof(text), "%s", options);
	for (char *word = strtok(text, " \t"); word != NULL; word = strtok(NULL, " \t")) {
		char *at = strstr(word, mark);

		if (at != NULL)
			command_add(cmd, "%.*s%s%s", (int)(at - word), word, dir,
				    at + strlen(mark));
		else
			command_add(cmd, "%s", word);
	}
}

static void add_file(struct command *cmd, const char *file, const char *place)
{
	command_add(cmd, "--add");
	command_add(cmd, "%s%s", file, place);
}

/* accelnet.ko for the kernel that is booted: make kmod-NAME. */
static void module_path(const struct run_world *world, char *to, size_t size)
{
	snprintf(to, size, RUN_MODULE, world->kernel[0] != '\0' ? world->kernel : RUN_KERNEL);
}

/* How many times longer than on other kernels something may take. */
static unsigned int slowdown(const struct run_world *world)
{
	return strcmp(world->kernel, "debug") == 0 ? DEBUG_TIMES : 1;
}

static unsigned int time_limit(const struct run *r, const struct run_world *world)
{
	return r->c->timeout * slowdown(world);
}

static void guest_command(struct command *cmd, const struct run *r,
			  const struct run_world *world, const char *dir)
{
	char module[CASE_PATH_MAX];

	command_add(cmd, "%s", RUN_LAB);
	command_add(cmd, "run");
	command_add(cmd, "--timeout");
	command_add(cmd, "%u", time_limit(r, world));
	if (world->kernel[0] != '\0') {
		command_add(cmd, "--kernel");
		command_add(cmd, "kernels/%s", world->kernel);
	}
	add_file(cmd, "tests/lab/guest-run.sh", ":/root/guest-run.sh");
	add_file(cmd, "tests/lab/lib.sh", ":/root/lib.sh");
	add_file(cmd, r->c->script, ":/root/case");
	if (r->c->needs_accelnet) {
		module_path(world, module, sizeof(module));
		add_file(cmd, RUN_TOOL, "");
		add_file(cmd, module, "");
	}
	if (r->c->needs_rdma) {
		command_add(cmd, "--with");
		command_add(cmd, "rdma");
	}
	if (r->c->needs_dpdk) {
		command_add(cmd, "--with");
		command_add(cmd, "dpdk");
	}
	if (r->c->needs_pmd) {
		add_file(cmd, RUN_PMD, RUN_PMD_PLACE);
		add_file(cmd, RUN_FORWARD, "");
	}
	if (r->c->needs_traffic)
		add_file(cmd, RUN_TRAFFIC, "");
	command_add_options(cmd, r->options, dir);
	command_add(cmd, "--");
	command_add(cmd, "env");
	command_add(cmd, "EXPECTED=%s", r->c->expected);
	command_add(cmd, "SLOWDOWN=%u", slowdown(world));
	command_add_options(cmd, r->c->set, dir);
	command_add(cmd, "sh");
	command_add(cmd, "/root/guest-run.sh");
	command_add_options(cmd, r->options, dir);
}

/* Is what the case needs built and installed? Else `why` says what is not. */
static bool has_needs(const struct run *r, const struct run_world *world, char *why, size_t size)
{
	char module[CASE_PATH_MAX];
	const struct {
		bool needed;
		const char *file, *lacks;
	} row[] = {
		{ r->c->needs_accelnet, RUN_TOOL, "is not built" },
		{ r->c->needs_accelnet, module, "is not built" },
		{ r->c->needs_rdma || r->c->needs_dpdk, RUN_VERBS, "is not installed" },
		{ r->c->needs_rdma || r->c->needs_dpdk, RUN_PROVIDER, "is not installed" },
		{ r->c->needs_dpdk, RUN_TESTPMD, "is not installed" },
		{ r->c->needs_pmd, RUN_PMD, "is not built" },
		{ r->c->needs_pmd, RUN_FORWARD, "is not built" },
		{ r->c->needs_traffic, RUN_TRAFFIC, "is not built" },
	};

	module_path(world, module, sizeof(module));
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		if (!row[i].needed || access(row[i].file, R_OK) == 0)
			continue;
		snprintf(why, size, "%s %s (scripts/deps, make)", row[i].file, row[i].lacks);
		return false;
	}
	return true;
}

/* ------------------------------------------------------------------------- the outcome ---- */

static const char *status_text(int status)
{
	switch (status) {
	case STATUS_HOST:
		return " (the nested host died)";
	case STATUS_GUEST:
		return " (the guest ended by itself)";
	case 123:
		return " (the lab failed)";
	case STATUS_TIMEOUT:
		return " (no end within the time limit)";
	case 125:
		return " (set-up in the guest failed)";
	default:
		return "";
	}
}

static void judge(const struct run *r, const struct run_world *world, unsigned int limit,
		  const struct process_end *end, struct run_result *result)
{
	unsigned int left = workdir_leftovers(world->tmp, result->log);
	size_t size = sizeof(result->why);
	char *why = result->why;

	result->outcome = RUN_FAILED;
	if (end->timed_out)
		snprintf(why, size, "%s: no end after %u s, killed", r->name, limit);
	else if (end->orphans > 0)
		snprintf(why, size, "%s: left %u processes behind", r->name, end->orphans);
	else if (left > 0)
		snprintf(why, size, "%s: left %u files in %s", r->name, left, world->tmp);
	else if (end->status == EXIT_SKIP && log_last_line(result->log, "skip: ", why, size) == 0)
		result->outcome = RUN_SKIPPED;
	else if (end->status != 0)
		snprintf(why, size, "%s: exit status %d%s", r->name, end->status,
			 status_text(end->status));
	else
		result->outcome = RUN_PASSED;
}

static void execute(const struct run *r, const struct run_world *world, struct command *cmd,
		    unsigned int limit, struct run_result *result)
{
	struct process_end end;
	int ret = process_run(cmd->argv, result->log, limit, &end);

	if (ret < 0) {
		snprintf(result->why, sizeof(result->why), "%s: %s", cmd->argv[0],
			 strerror(-ret));
		return;
	}
	result->seconds += end.seconds;
	result->status = end.timed_out ? STATUS_TIMEOUT : end.status;
	judge(r, world, limit, &end, result);
}

/*
 * A guest, or its nested host, that died or stood still without a word (docs/testing.md). What the
 * case found wrong is never repeated, nor what the guest's kernel complained of.
 */
static bool is_accident(const struct run *r, const struct run_result *result)
{
	return result->outcome == RUN_FAILED && !r->c->on_host &&
	       (result->status == STATUS_HOST || result->status == STATUS_GUEST ||
		result->status == STATUS_TIMEOUT) && !log_has_complaint(result->log);
}

static void keep_log(const char *log, unsigned int number)
{
	char kept[sizeof(((struct run_result *)0)->log) + 12];

	snprintf(kept, sizeof(kept), "%s.%u", log, number);
	rename(log, kept);
}

void run_execute(const struct run *r, const struct run_world *world, struct run_result *result)
{
	unsigned int limit = time_limit(r, world) + (r->c->on_host ? 0 : BOOT_S);
	struct command inside = { .argc = 0 }, outside = { .argc = 0 };
	char dir[160];
	int ret;

	*result = (struct run_result){ .outcome = RUN_FAILED };
	snprintf(result->log, sizeof(result->log), RUN_LOGS "/%s.log", r->name);
	snprintf(dir, sizeof(dir), RUN_LOGS "/%s.d", r->name);
	unlink(result->log);
	if (!has_needs(r, world, result->why, sizeof(result->why))) {
		result->outcome = RUN_SKIPPED;
		return;
	}
	ret = workdir_make(dir);
	if (ret < 0) {
		snprintf(result->why, sizeof(result->why), "%s: %s", dir, strerror(-ret));
		return;
	}
	if (r->c->on_host) {
		command_add(&inside, "env");
		command_add_options(&inside, r->c->set, dir);
		command_add(&inside, "bash");
		command_add(&inside, "%s", r->c->script);
		command_add_options(&inside, r->options, dir);
	} else {
		guest_command(&inside, r, world, dir);
	}
	execute(r, world, &inside, limit, result);
	for (unsigned int n = 1; n < TRIES && is_accident(r, result); n++) {
		keep_log(result->log, n);
		printf("        again: %s\n", result->why);
		fflush(stdout);
		execute(r, world, &inside, limit, result);
	}
	if (result->outcome == RUN_PASSED && r->c->outside[0] != '\0') {
		command_add(&outside, "bash");
		command_add(&outside, "%s", r->c->outside);
		command_add(&outside, "%s", dir);
		result->outcome = RUN_FAILED;
		execute(r, world, &outside, OUTSIDE_S, result);
	}
	if (result->outcome != RUN_FAILED)
		workdir_remove(dir); /* else it may tell why */
}
