// SPDX-License-Identifier: BSD-3-Clause
/*
 * Runs a VM in this process: starts it, watches the clock and the signals, and says how it ended.
 */
#define _GNU_SOURCE
#include "run.h"

#include "../host/host.h"
#include "../log.h"
#include "stop.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOOK_EVERY 50 /* rounds of 20 ms */
#define OWED_S	   10 /* an answer of the host that is late by any measure */

/*
 * Says once of each thing the host owes the guest for so long what it is: the guest may be waiting
 * for just that, and its user wonders why nothing moves. Faults that delay answers show so too.
 */
static void watchdog_look(struct host *host, uint64_t *said)
{
	const struct lab_pending_entry *e;

	/* Who holds the lock may be waiting for the output's reader: next time then. */
	if (!vmm_trylock(host->vmm))
		return;
	e = lab_pending_oldest(&host->pending);
	if (e != NULL && e->since != *said &&
	    lab_clock_now(&host->clock) - e->since > OWED_S * LAB_S) {
		*said = e->since;
		lab_log(LAB_LOG_WARN, "host", "owes the guest since %u s: %s (last at: %s)", OWED_S,
			e->what, host->stage);
	}
	vmm_unlock(host->vmm);
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

static void wait_for_end(struct host *host)
{
	uint64_t deadline = lab_clock_now(&host->clock) + host->options->timeout * LAB_S;
	uint64_t said = 0;

	for (unsigned int round = 1; vmm_ended(host->vmm) == VMM_RUNNING; round++) {
		usleep(20000);
		if (round % LOOK_EVERY == 0)
			watchdog_look(host, &said);
		if (lab_stop_signal() != 0)
			vmm_end(host->vmm, VMM_STOPPED);
		if (lab_clock_now(&host->clock) < deadline)
			continue;
		/* In this order: who holds the lock may be waiting for the output's reader. */
		vmm_end(host->vmm, VMM_TIMED_OUT);
		if (vmm_ended(host->vmm) == VMM_TIMED_OUT)
			watchdog_report(host);
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
		return LAB_EXIT_SIGNAL + lab_stop_signal();
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
	bool told = false;
	int other = 0;
	pid_t ended;

	/* Not a wait without end: a signal may come just before it. */
	while ((ended = waitpid(peer, &other, WNOHANG)) == 0) {
		if (lab_stop_signal() != 0 && !told)
			told = kill(peer, SIGTERM) == 0;
		usleep(20000);
	}
	if (status != 0)
		return status;
	return ended == peer && WIFEXITED(other) ? WEXITSTATUS(other) : LAB_EXIT_LAB;
}

static void end_report(const struct host *host, FILE *console, const char *console_path)
{
	enum vmm_end end = vmm_ended(host->vmm);

	if (end == VMM_EXITED || end == VMM_STOPPED)
		return;
	fprintf(stderr, "accelnet-lab: the guest ended: %s (last at: %s)\n", vmm_end_name(end),
		host->stage);
	fflush(console);
	lab_log_tail(console_path);
}

int lab_run_direct(const struct lab_options *options, pid_t peer)
{
	static struct host host; /* large, and there is one */
	char console_path[PATH_MAX];
	FILE *console;
	int status = LAB_EXIT_LAB;

	if (lab_path(console_path, sizeof(console_path), "%s/console%u.log", options->out,
		     options->vm) < 0)
		goto err_stop_peer;
	console = fopen(console_path, "we");
	if (console == NULL) {
		lab_log(LAB_LOG_ERROR, "run", "%s: %s", console_path, strerror(errno));
		goto err_stop_peer;
	}
	if (host_create(&host, options, console) < 0)
		goto err_close_console;
	if (host_start(&host) < 0)
		vmm_end(host.vmm, VMM_FAILED);
	wait_for_end(&host);
	vmm_join(host.vmm);
	if (vmm_ended(host.vmm) == VMM_TIMED_OUT)
		vmm_dump(host.vmm, stderr);
	status = exit_status(&host);
	end_report(&host, console, console_path);
	if (peer > 0)
		status = peer_wait(peer, status);
	host_destroy(&host);
	fclose(console);
	return status;

err_close_console:
	fclose(console);
err_stop_peer:
	if (peer > 0) {
		kill(peer, SIGTERM);
		peer_wait(peer, status);
	}
	return status;
}
