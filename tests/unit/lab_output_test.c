// SPDX-License-Identifier: BSD-3-Clause
/* The command's output: large, to a slow reader, to none, and to one that never reads. */
#define _GNU_SOURCE
#include "../../tools/lab/run/output.h"
#include "../../tools/lab/run/stop.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LARGE (4u << 20)

static unsigned int asked;

static bool never(void *ctx)
{
	(void)ctx;
	asked++;
	return false;
}

static bool second_time(void *ctx)
{
	(void)ctx;
	return ++asked == 2;
}

static void setup(void)
{
	asked = 0;
	lab_stop_install(); /* SIGPIPE is ignored from here on */
}

struct reader {
	int fd;
	unsigned int pause; /* us before the first byte */
	size_t got;
	uint8_t *data;
};

static void *reader_run(void *arg)
{
	struct reader *r = arg;
	ssize_t n;

	usleep(r->pause);
	while (r->got < LARGE && (n = read(r->fd, r->data + r->got, LARGE - r->got)) > 0)
		r->got += (size_t)n;
	return NULL;
}

static void arrives_whole(bool nonblocking, unsigned int pause)
{
	uint8_t *data = malloc(LARGE);
	struct reader r = { .pause = pause, .data = calloc(1, LARGE) };
	pthread_t thread;
	int fd[2];

	CU_ASSERT_FATAL(pipe(fd) == 0);
	if (nonblocking)
		fcntl(fd[1], F_SETFL, O_NONBLOCK);
	r.fd = fd[0];
	for (size_t i = 0; i < LARGE; i++)
		data[i] = (uint8_t)(i * 7 + (i >> 13));
	CU_ASSERT_FATAL(pthread_create(&thread, NULL, reader_run, &r) == 0);
	CU_ASSERT_EQUAL(lab_output(fd[1], data, LARGE, never, NULL), 0);
	close(fd[1]);
	pthread_join(thread, NULL);
	CU_ASSERT_EQUAL(r.got, LARGE);
	CU_ASSERT_EQUAL(memcmp(r.data, data, LARGE), 0);
	close(fd[0]);
	free(r.data);
	free(data);
}

static void large_output(void)
{
	arrives_whole(false, 0);
	arrives_whole(true, 0);
	CU_ASSERT_EQUAL(asked, 0);
	arrives_whole(false, 150000);
	CU_ASSERT(asked >= 1);
}

static void no_reader(void)
{
	int fd[2];

	CU_ASSERT_FATAL(pipe(fd) == 0);
	close(fd[0]);
	CU_ASSERT_EQUAL(lab_output(fd[1], "x", 1, never, NULL), -EPIPE);
	CU_ASSERT_EQUAL(lab_output(fd[1], "x", 0, never, NULL), 0);
	close(fd[1]);
	CU_ASSERT_EQUAL(lab_output(fd[1], "x", 1, never, NULL), -EBADF);
}

static void a_full_pipe(void)
{
	static char data[1 << 20];
	int fd[2];

	CU_ASSERT_FATAL(pipe(fd) == 0);
	CU_ASSERT_EQUAL(lab_output(fd[1], data, sizeof(data), second_time, NULL), -EINTR);
	CU_ASSERT_EQUAL(asked, 2);
	close(fd[0]);
	close(fd[1]);
}

/* A child that will be another program: no handler of ours, its own group, and none is lost. */
static void forked_children_die_of_signals(void)
{
	for (unsigned int i = 0; i < 20; i++) {
		pid_t pid = lab_stop_fork(SIGKILL);
		int status = 0;

		CU_ASSERT_FATAL(pid >= 0);
		if (pid == 0)
			for (;;)
				pause();
		/* At once: it may not have run an instruction yet. */
		CU_ASSERT_EQUAL(kill(-pid, SIGTERM), 0);
		CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
		CU_ASSERT(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	}
	CU_ASSERT_EQUAL(lab_stop_signal(), 0);
}

/* In a child, whose first signal stays its own. */
static void the_first_signal_counts(void)
{
	pid_t pid = fork();
	int status = 0;

	CU_ASSERT_FATAL(pid >= 0);
	if (pid == 0) {
		raise(SIGTERM);
		raise(SIGHUP);
		_exit(lab_stop_signal());
	}
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT(WIFEXITED(status) && WEXITSTATUS(status) == SIGTERM);
}

static CU_TestInfo tests[] = {
	{ "large output arrives whole", large_output },
	{ "no reader", no_reader },
	{ "a reader that does not read", a_full_pipe },
	{ "forked children die of signals", forked_children_die_of_signals },
	{ "the first signal counts", the_first_signal_counts },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("lab/output", setup, NULL, tests);
