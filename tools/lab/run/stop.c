// SPDX-License-Identifier: BSD-3-Clause
/*
 * The signals that end a run. The handler only takes note, and without SA_RESTART, so that a call
 * that waits comes back with EINTR; a signal that arrives just before such a call is why every
 * wait of the lab has a time limit too.
 */
#include "stop.h"

#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <unistd.h>

static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
#define SIGNALS (sizeof(signals) / sizeof(signals[0]))

static volatile sig_atomic_t stop_signal;

static void on_stop(int signal)
{
	if (stop_signal == 0)
		stop_signal = signal;
}

void lab_stop_install(void)
{
	const struct sigaction stop = { .sa_handler = on_stop };

	for (unsigned int i = 0; i < SIGNALS; i++) {
		struct sigaction was;

		if (sigaction(signals[i], NULL, &was) == 0 && was.sa_handler != SIG_IGN)
			sigaction(signals[i], &stop, NULL);
	}
	signal(SIGPIPE, SIG_IGN);
}

int lab_stop_signal(void)
{
	return stop_signal;
}

static void child_prepare(pid_t parent, int death)
{
	for (unsigned int i = 0; i < SIGNALS; i++) {
		struct sigaction was;

		if (sigaction(signals[i], NULL, &was) == 0 && was.sa_handler == on_stop)
			signal(signals[i], SIG_DFL);
	}
	signal(SIGPIPE, SIG_DFL);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, death);
	if (getppid() != parent)
		_exit(127); /* it died before it could be watched */
}

pid_t lab_stop_fork(int death)
{
	sigset_t all, old;
	pid_t parent = getpid(), pid;

	/* Or a signal to the child would be noted, in its copy of our memory, and lost. */
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, &old);
	pid = fork();
	if (pid == 0)
		child_prepare(parent, death);
	else if (pid > 0)
		setpgid(pid, pid); /* both do: whoever is first */
	sigprocmask(SIG_SETMASK, &old, NULL);
	return pid;
}
