// SPDX-License-Identifier: BSD-3-Clause
/*
 * Runs a VM in this process: starts it, watches the clock and the signals, and says how it ended.
 */
#define _GNU_SOURCE
#include "run.h"

#include "host.h"
#include "log.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define CONSOLE_TAIL 4096 /* bytes shown when the guest died */

static volatile sig_atomic_t stop_signal;

static void on_stop(int signal)
{
	stop_signal = signal;
}

static void signals_install(void)
{
	struct sigaction stop = { .sa_handler = on_stop };

	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGHUP, &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
}

/* What the guest was waiting for when time ran out. */
static void watchdog_report(struct host *host)
{
	const struct lab_pending_entry *e;

	vmm_lock(host->vmm);
	e = lab_pending_oldest(&host->pending);
	fprintf(stderr, "accelnet-lab: no end after %u s; the guest was last at: %s\n",
		host->options->timeout, host->stage);
	if (e != NULL)
		fprintf(stderr, "accelnet-lab: the host owes it since %llu ms: %s\n",
			(unsigned long long)((lab_clock_now(&host->clock) - e->since) / LAB_MS),
			e->what);
	else
		fprintf(stderr, "accelnet-lab: the host owes it nothing\n");
	vmm_unlock(host->vmm);
}

static void console_tail(const char *path)
{
	static char tail[CONSOLE_TAIL + 1];
	FILE *f = fopen(path, "r");
	size_t got;

	if (f == NULL)
		return;
	if (fseek(f, -CONSOLE_TAIL, SEEK_END) < 0)
		rewind(f);
	got = fread(tail, 1, CONSOLE_TAIL, f);
	tail[got] = '\0';
	if (got > 0)
		fprintf(stderr, "---- the console's end\n%s----\n", tail);
	fclose(f);
}

static void wait_for_end(struct host *host)
{
	uint64_t deadline = lab_clock_now(&host->clock) + host->options->timeout * LAB_S;

	while (vmm_ended(host->vmm) == VMM_RUNNING) {
		usleep(20000);
		if (stop_signal != 0)
			vmm_end(host->vmm, VMM_STOPPED);
		if (lab_clock_now(&host->clock) >= deadline &&
		    vmm_ended(host->vmm) == VMM_RUNNING) {
			watchdog_report(host);
			vmm_end(host->vmm, VMM_TIMED_OUT);
		}
	}
}

static int exit_status(const struct host *host)
{
	switch (vmm_ended(host->vmm)) {
	case VMM_EXITED:
		return host->exit_status;
	case VMM_TIMED_OUT:
		return LAB_EXIT_TIMEOUT;
	case VMM_STOPPED:
		return 128 + (stop_signal != 0 ? (int)stop_signal : SIGTERM);
	case VMM_POWERED_OFF:
	case VMM_RESET:
	case VMM_PANICKED:
	case VMM_TRIPLE_FAULT:
		return LAB_EXIT_GUEST;
	case VMM_RUNNING:
	case VMM_FAILED:
		break;
	}
	return LAB_EXIT_LAB;
}

/* The other VM may still talk through our fabric. The first failure is the run's status. */
static int peer_wait(pid_t peer, int status)
{
	int other = 0;

	if (stop_signal != 0)
		kill(peer, SIGTERM);
	while (waitpid(peer, &other, 0) < 0 && errno == EINTR)
		if (stop_signal != 0)
			kill(peer, SIGTERM);
	if (status != 0)
		return status;
	return WIFEXITED(other) ? WEXITSTATUS(other) : LAB_EXIT_LAB;
}

int lab_run_direct(const struct lab_options *options, pid_t peer)
{
	static struct host host; /* large, and there is one */
	char console_path[600];
	FILE *console;
	int status;

	snprintf(console_path, sizeof(console_path), "%s/console%u.log", options->out, options->vm);
	console = fopen(console_path, "w");
	if (console == NULL) {
		lab_log(LAB_LOG_ERROR, "run", "%s: %s", console_path, strerror(errno));
		return LAB_EXIT_LAB;
	}
	if (options->verbose)
		lab_log_set_level(LAB_LOG_INFO);
	signals_install();
	if (host_create(&host, options, console) < 0) {
		fclose(console);
		return LAB_EXIT_LAB;
	}
	if (host_start(&host) < 0)
		vmm_end(host.vmm, VMM_FAILED);
	wait_for_end(&host);
	vmm_join(host.vmm);
	status = exit_status(&host);
	if (vmm_ended(host.vmm) != VMM_EXITED && vmm_ended(host.vmm) != VMM_STOPPED) {
		fprintf(stderr, "accelnet-lab: the guest ended: %s (last at: %s)\n",
			vmm_end_name(vmm_ended(host.vmm)), host.stage);
		fflush(console);
		console_tail(console_path);
	}
	if (peer > 0)
		status = peer_wait(peer, status);
	host_destroy(&host);
	fclose(console);
	return status;
}
