// SPDX-License-Identifier: BSD-3-Clause
/*
 * Each run is a process group of its own. It ends by itself, or is asked to (SIGTERM: the lab
 * clears up), or is killed. What outlives its first process is adopted by us (a child subreaper,
 * prctl(2)), so that leaving something behind is seen.
 */
#define _GNU_SOURCE
#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS	  200 /* between two looks at the clock and at our own signals */
#define CLEAR_S	  15	/* from being asked to end to being killed */
#define LINGER_MS 3000	/* a child's children end a little after it */

static volatile sig_atomic_t stop_signal;

static void on_stop(int signal)
{
	stop_signal = signal;
}

int process_set_up(void)
{
	struct sigaction stop = { .sa_handler = on_stop };

	sigaction(SIGINT, &stop, NULL);
	sigaction(SIGTERM, &stop, NULL);
	sigaction(SIGHUP, &stop, NULL);
	return prctl(PR_SET_CHILD_SUBREAPER, 1) < 0 ? -errno : 0;
}

int process_stopped(void)
{
	return stop_signal;
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static _Noreturn void child(char *const argv[], int log)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	execvp(argv[0], argv);
	dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
	_exit(127);
}

/* Until it has ended or the time is up or we are to stop. True: it has ended. */
static bool wait_for(int pidfd, double until, bool heed_stop)
{
	struct pollfd p = { .fd = pidfd, .events = POLLIN };

	while (poll(&p, 1, LOOK_MS) <= 0)
		if (now() >= until || (heed_stop && stop_signal != 0))
			return false;
	return true;
}

/* Our children, all of which came from the run. */
static unsigned int kill_children(void)
{
	DIR *proc = opendir("/proc");
	unsigned int count = 0;
	struct dirent *e;

	while (proc != NULL && (e = readdir(proc)) != NULL) {
		pid_t pid = (pid_t)strtol(e->d_name, NULL, 10);
		char path[64], name[64] = "";
		int parent = 0;
		FILE *f;

		if (pid <= 0)
			continue;
		snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
		f = fopen(path, "re");
		if (f == NULL)
			continue;
		if (fscanf(f, "%*d (%63[^)]) %*c %d", name, &parent) == 2 && parent == getpid()) {
			fprintf(stderr, "left behind: process %d (%s)\n", (int)pid, name);
			kill(pid, SIGKILL);
			count++;
		}
		fclose(f);
	}
	if (proc != NULL)
		closedir(proc);
	return count;
}

static unsigned int reap_orphans(void)
{
	static const struct timespec pause = { .tv_nsec = 50000000 };
	double until = now() + LINGER_MS / 1000.0;
	unsigned int count = 0;
	pid_t pid;

	for (;;) {
		pid = waitpid(-1, NULL, WNOHANG);
		if (pid < 0 && errno == ECHILD)
			return count;
		if (pid == 0 && now() >= until)
			break;
		if (pid == 0)
			nanosleep(&pause, NULL);
	}
	/* Again and again: those of the killed become ours in turn. */
	do {
		count += kill_children();
		nanosleep(&pause, NULL);
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
	} while (pid == 0);
	return count;
}

int process_run(char *const argv[], const char *log, unsigned int limit, struct process_end *end)
{
	double start = now();
	int fd, pidfd, status, ret = 0;
	pid_t pid;

	*end = (struct process_end){ 0 };
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	if (fd < 0)
		return -errno;
	fflush(NULL);
	pid = fork();
	if (pid < 0) {
		ret = -errno;
		goto err_close_log;
	}
	if (pid == 0)
		child(argv, fd);
	setpgid(pid, pid);
	pidfd = pidfd_open(pid, 0);
	if (pidfd < 0) {
		ret = -errno;
		kill(-pid, SIGKILL);
		waitpid(pid, NULL, 0);
		goto err_close_log;
	}
	if (!wait_for(pidfd, start + limit, true)) {
		end->timed_out = stop_signal == 0;
		kill(-pid, SIGTERM);
		if (!wait_for(pidfd, now() + CLEAR_S, false))
			kill(-pid, SIGKILL);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	end->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	end->seconds = now() - start;
	end->orphans = reap_orphans();
	close(pidfd);
err_close_log:
	close(fd);
	return ret;
}
