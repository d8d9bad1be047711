// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE /* unshare */
#include "pair_netns.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { DONE, FAILED, GIVEN_UP, SKIPPED = 77 };

static int failures;

static bool write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool done = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return done;
}

static bool enter(void)
{
	char uid[32], gid[32];

	snprintf(uid, sizeof(uid), "0 %u 1", getuid());
	snprintf(gid, sizeof(gid), "0 %u 1", getgid());
	if (unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
		return false;
	/* Only then may the groups be mapped. */
	write_text("/proc/self/setgroups", "deny");
	return write_text("/proc/self/uid_map", uid) && write_text("/proc/self/gid_map", gid);
}

static void child(void (*body)(void))
{
	if (!enter()) {
		printf("skip: no user and network namespace: %s\n", strerror(errno));
		exit(SKIPPED);
	}
	if (system("ip link set lo up 2>/dev/null") != 0) {
		puts("skip: no ip, which iproute2 has");
		exit(SKIPPED);
	}
	body();
	exit(failures > 0 ? FAILED : DONE);
}

void netns_run(void (*body)(void))
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	CU_ASSERT_FATAL(pid >= 0);
	if (pid == 0)
		child(body);
	while (waitpid(pid, &status, 0) < 0)
		CU_ASSERT_EQUAL_FATAL(errno, EINTR);
	CU_ASSERT_TRUE_FATAL(WIFEXITED(status));
	CU_ASSERT_TRUE(WEXITSTATUS(status) == DONE || WEXITSTATUS(status) == SKIPPED);
}

void netns_note(bool holds, const char *file, int line, const char *what)
{
	if (holds)
		return;
	failures++;
	printf("%s:%d: not so: %s\n", file, line, what);
}

void netns_sh(const char *command, ...)
{
	char text[512];
	va_list args;

	va_start(args, command);
	vsnprintf(text, sizeof(text), command, args);
	va_end(args);
	if (system(text) == 0)
		return;
	printf("failed: %s\n", text);
	exit(GIVEN_UP);
}

void netns_add(const char *what)
{
	char text[512];

	snprintf(text, sizeof(text), "ip link add %s", what);
	if (system(text) == 0)
		return;
	printf("skip: this kernel does not know, or forbids: %s\n", text);
	exit(SKIPPED);
}

void netns_veth(const char *name, const char *peer)
{
	char what[128];

	snprintf(what, sizeof(what), "%s type veth peer name %s", name, peer);
	netns_add(what);
	netns_sh("ip link set %s up && ip link set %s up", name, peer);
}

uint32_t netns_index(const char *name)
{
	return if_nametoindex(name);
}
