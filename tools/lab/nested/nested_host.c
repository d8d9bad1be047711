// SPDX-License-Identifier: BSD-3-Clause
/*
 * Process 1 of the nested host: loads kvm_amd and what the peers need, mounts the run's directory,
 * starts the VMM in child processes and relays their output and status.
 */
#define _GNU_SOURCE
#include "../run/run.h"

#include "injection.h"
#include "patching.h"
#include "pulse.h"
#include "relay.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHARE  "/lab"
#define PORTS  "/sys/class/virtio-ports"
#define PORT_S 4 /* until the relay's port must be there */

static int relay_fd = -1;

_Noreturn static void power_off(void)
{
	sync();
	reboot(RB_POWER_OFF);
	for (;;)
		pause();
}

static void relay_send(enum relay_type type, const void *data, uint32_t len)
{
	struct relay_head head = { type, len };
	const uint8_t *part[] = { (const uint8_t *)&head, data };
	size_t left[] = { sizeof(head), len };

	for (unsigned int i = 0; i < 2 && relay_fd >= 0; i++) {
		while (left[i] > 0) {
			ssize_t n = write(relay_fd, part[i], left[i]);

			if (n < 0 && errno != EINTR && errno != EAGAIN)
				return;
			if (n > 0) {
				part[i] += n;
				left[i] -= (size_t)n;
			}
		}
	}
}

/* A line for the user; on the console too, which is all there is before the relay is up. */
__attribute__((format(printf, 1, 2)))
static void say(const char *format, ...)
{
	char text[512] = "accelnet-lab: nested host: ";
	size_t prefix = strlen(text);
	va_list ap;

	va_start(ap, format);
	vsnprintf(text + prefix, sizeof(text) - prefix - 1, format, ap);
	va_end(ap);
	memcpy(text + strlen(text), "\n", 2);
	fputs(text, stderr);
	relay_send(RELAY_STDERR, text, (uint32_t)strlen(text));
}

_Noreturn static void end(int status)
{
	uint32_t value = (uint32_t)status;

	sync(); /* the console log and captures, before we say it is over */
	relay_send(RELAY_EXIT, &value, sizeof(value));
	power_off();
}

#define fatal(...) do { say(__VA_ARGS__); end(LAB_EXIT_LAB); } while (0)

/* Runs modprobe; what it has to say goes to the console. */
static void load(const char *what, const char *const argv[])
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		execv(argv[0], (char *const *)argv);
		fprintf(stderr, "%s: %s\n", argv[0], strerror(errno));
		_exit(127);
	}
	if (pid < 0)
		fatal("fork: %s", strerror(errno));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			fatal("waitpid: %s", strerror(errno));
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fatal("%s failed (modules for %s): see the host's log", argv[0], what);
}

static void mount_or_fail(const char *type, const char *at, const char *data)
{
	if (mkdir(at, 0755) < 0 && errno != EEXIST)
		fatal("%s: %s", at, strerror(errno));
	/* EBUSY: the kernel (CONFIG_DEVTMPFS_MOUNT) was first. */
	if (mount("lab", at, type, 0, data) < 0 && errno != EBUSY)
		fatal("cannot mount %s on %s: %s", type, at, strerror(errno));
}

/* The virtio-serial port of our name: /dev/vportNpM. -1: none yet. */
static int relay_find(void)
{
	DIR *dir = opendir(PORTS);
	struct dirent *e;
	int fd = -1;

	while (dir != NULL && fd < 0 && (e = readdir(dir)) != NULL) {
		char path[sizeof(e->d_name) + sizeof(PORTS) + sizeof("/name")], name[64] = "";
		FILE *f;

		snprintf(path, sizeof(path), PORTS "/%s/name", e->d_name);
		f = fopen(path, "re");
		if (f == NULL)
			continue;
		if (fgets(name, sizeof(name), f) == NULL)
			name[0] = '\0';
		fclose(f);
		name[strcspn(name, "\n")] = '\0';
		if (strcmp(name, RELAY_PORT_NAME) != 0)
			continue;
		snprintf(path, sizeof(path), "/dev/%s", e->d_name);
		fd = open(path, O_RDWR | O_CLOEXEC);
	}
	if (dir != NULL)
		closedir(dir);
	return fd;
}

static void prepare(void)
{
	static const char *const transport[] = { "/sbin/modprobe", "-a", "virtio_pci",
						 "virtio_console", "9p", "9pnet_virtio", NULL };
	static const char *const rest[] = { "/sbin/modprobe", "-a", "kvm_amd", "tun", "8021q",
					    NULL };
	int ret;

	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	signal(SIGPIPE, SIG_IGN);
	mount_or_fail("devtmpfs", "/dev", NULL);
	mount_or_fail("proc", "/proc", NULL);
	mount_or_fail("sysfs", "/sys", NULL);
	mount_or_fail("tmpfs", "/tmp", NULL);
	mount_or_fail("tmpfs", "/run", NULL);
	load("the way to the outside", transport);
	for (int ms = 0; relay_fd < 0 && ms < PORT_S * 1000; ms += 20) {
		relay_fd = relay_find();
		if (relay_fd < 0)
			usleep(20000);
	}
	if (relay_fd < 0)
		fatal("there is no virtio-serial port " RELAY_PORT_NAME);
	relay_send(RELAY_READY, NULL, 0);
	mount_or_fail("9p", SHARE, "trans=virtio,version=9p2000.L,msize=512000");
	load("KVM and the peers", rest);
	ret = injection_guard();
	if (ret < 0)
		fatal("cannot guard injected interrupts: %s", strerror(-ret));
	ret = patching_guard();
	if (ret < 0)
		fatal("cannot guard against patched code: %s", strerror(-ret));
	ret = pulse_start();
	if (ret < 0)
		fatal("cannot start the pulse: %s", strerror(-ret));
}

/* Reads a whole file; NULL with errno. One NUL more than it says stands behind it. */
static char *file_read(const char *path, size_t *len)
{
	FILE *f = fopen(path, "re");
	char *text = NULL;
	size_t room = 0;

	*len = 0;
	if (f == NULL)
		return NULL;
	do {
		char *more = realloc(text, room + 65536 + 1);

		if (more == NULL)
			break;
		text = more;
		room += 65536;
		*len += fread(text + *len, 1, room - *len, f);
		text[*len] = '\0';
	} while (*len == room);
	if (ferror(f) || *len == room) {
		free(text);
		text = NULL;
	}
	fclose(f);
	return text;
}

/* The VMM's argument vector: its own options, then those the run was given. */
static char **arguments(void)
{
	static const char *const own[] = {
		"accelnet-lab", "run", "--direct", "--image", SHARE "/bzImage",
		"--initrd", SHARE "/guest.cpio", "--out", SHARE "/out",
	};
	size_t n = sizeof(own) / sizeof(own[0]), len, count = 0;
	char *text = file_read(SHARE "/arguments", &len), **argv;

	if (text == NULL)
		fatal("%s/arguments: %s", SHARE, strerror(errno));
	for (size_t at = 0; at < len; at += strlen(text + at) + 1)
		count++;
	argv = calloc(n + count + 1, sizeof(*argv));
	if (argv == NULL)
		fatal("arguments: %s", strerror(errno));
	memcpy(argv, own, sizeof(own));
	for (size_t at = 0; at < len; at += strlen(text + at) + 1)
		argv[n++] = text + at;
	return argv;
}

/* Passes on what the child says until it has ended and closed its ends. Returns its status. */
static int relay_child(pid_t pid, const int fd[2])
{
	struct pollfd p[2] = { { .fd = fd[0], .events = POLLIN },
			       { .fd = fd[1], .events = POLLIN } };
	static uint8_t buf[RELAY_DATA_MAX];
	int status = 0;

	while (p[0].fd >= 0 || p[1].fd >= 0) {
		if (poll(p, 2, -1) < 0)
			continue;
		for (unsigned int i = 0; i < 2; i++) {
			ssize_t n;

			if (p[i].fd < 0 || p[i].revents == 0)
				continue;
			n = read(p[i].fd, buf, sizeof(buf));
			if (n > 0)
				relay_send(i == 0 ? RELAY_STDOUT : RELAY_STDERR, buf, (uint32_t)n);
			else if (n == 0 || errno != EINTR)
				p[i].fd = -1;
		}
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	say("the VMM was ended by signal %d (%s)", WTERMSIG(status), strsignal(WTERMSIG(status)));
	return LAB_EXIT_LAB;
}

void lab_nested_host(void)
{
	int out[2], err[2];
	char **argv;
	pid_t pid;

	prepare();
	argv = arguments();
	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
		fatal("pipes: %s", strerror(errno));
	pid = fork();
	if (pid < 0)
		fatal("fork: %s", strerror(errno));
	if (pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		dup2(err[1], STDERR_FILENO);
		execv("/init", argv);
		fprintf(stderr, "accelnet-lab: nested host: /init: %s\n", strerror(errno));
		_exit(LAB_EXIT_LAB);
	}
	close(out[1]);
	close(err[1]);
	end(relay_child(pid, (int[]){ out[0], err[0] }));
}
