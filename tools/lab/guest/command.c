// SPDX-License-Identifier: BSD-3-Clause
/*
 * One child, two pipes, one poll loop. The end of the child is the end of the run: what it left in
 * the pipes is still forwarded, but nobody waits for a daemon that keeps them open.
 */
#define _GNU_SOURCE /* pipe2 */
#include "command.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#define LAST_READS 2 /* of up to LAB_PORT_DATA_MAX bytes: as much as a pipe holds */

enum { OUT, ERR, STREAMS };

struct running {
	const struct lab_port *port;
	pid_t pid;
	int pipe[STREAMS]; /* read ends; -1 once at their end */
	int signals;       /* signalfd for SIGCHLD */
	bool ended;
	int status; /* as of wait(2) */
};

static void child(char *const argv[], int out, int err)
{
	int null = open("/dev/null", O_RDONLY);
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	setsid();
	dup2(null, STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	execvp(argv[0], argv);
	null = errno == ENOENT ? COMMAND_NOT_FOUND : COMMAND_NOT_RUN;
	dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
	_exit(null);
}

/* Forwards what waits in a pipe; once, so that the two streams take turns. */
static void forward(struct running *run, int stream)
{
	static char buf[LAB_PORT_DATA_MAX];
	ssize_t n = read(run->pipe[stream], buf, sizeof(buf));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		close(run->pipe[stream]);
		run->pipe[stream] = -1;
		return;
	}
	if (lab_port_output(run->port, stream == OUT ? STDOUT_FILENO : STDERR_FILENO, buf,
			    (size_t)n) < 0) {
		/* The VMM does not take it: the console is the last resort. */
		ssize_t ignored = write(STDERR_FILENO, buf, (size_t)n);

		(void)ignored;
	}
}

static void reap(struct running *run)
{
	struct signalfd_siginfo info;
	ssize_t ignored = read(run->signals, &info, sizeof(info));
	pid_t pid;
	int status;

	(void)ignored;
	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != run->pid)
			continue;
		run->ended = true;
		run->status = status;
	}
}

static void follow(struct running *run)
{
	while (!run->ended) {
		struct pollfd wait[STREAMS + 1] = {
			[OUT] = { .fd = run->pipe[OUT], .events = POLLIN },
			[ERR] = { .fd = run->pipe[ERR], .events = POLLIN },
			[STREAMS] = { .fd = run->signals, .events = POLLIN },
		};

		if (poll(wait, STREAMS + 1, -1) < 0)
			continue;
		for (int s = OUT; s < STREAMS; s++)
			if (wait[s].revents != 0)
				forward(run, s);
		if (wait[STREAMS].revents != 0)
			reap(run);
	}
	/* Not until they are empty: a daemon may fill them as fast as they are read. */
	for (int s = OUT; s < STREAMS; s++) {
		struct pollfd rest = { .fd = run->pipe[s], .events = POLLIN };

		for (int i = 0; i < LAST_READS && run->pipe[s] >= 0 && poll(&rest, 1, 0) > 0; i++)
			forward(run, s);
		if (run->pipe[s] >= 0)
			close(run->pipe[s]);
	}
}

static int start(struct running *run, char *const argv[])
{
	int out[2], err[2], error;

	if (pipe2(out, O_CLOEXEC) < 0)
		return -errno;
	if (pipe2(err, O_CLOEXEC) < 0) {
		error = -errno;
		goto err_close_out;
	}
	run->pid = fork();
	if (run->pid < 0) {
		error = -errno;
		goto err_close_err;
	}
	if (run->pid == 0)
		child(argv, out[1], err[1]);
	close(out[1]);
	close(err[1]);
	run->pipe[OUT] = out[0];
	run->pipe[ERR] = err[0];
	return 0;

err_close_err:
	close(err[0]);
	close(err[1]);
err_close_out:
	close(out[0]);
	close(out[1]);
	return error;
}

int command_run(const struct lab_port *port, char *const argv[])
{
	struct running run = { .port = port };
	sigset_t mask, old;
	int err;

	sigemptyset(&mask);
	sigaddset(&mask, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &mask, &old) < 0)
		return -errno;
	run.signals = signalfd(-1, &mask, SFD_CLOEXEC);
	if (run.signals < 0) {
		err = -errno;
		goto err_mask;
	}
	err = start(&run, argv);
	if (err == 0)
		follow(&run);
	close(run.signals);
err_mask:
	sigprocmask(SIG_SETMASK, &old, NULL);
	if (err < 0)
		return err;
	return WIFSIGNALED(run.status) ? COMMAND_SIGNALLED + WTERMSIG(run.status) :
					 WEXITSTATUS(run.status);
}
