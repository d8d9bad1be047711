// SPDX-License-Identifier: BSD-3-Clause
/*
 * Process 1 of the nested host: loads kvm_amd and what the peers need, mounts the run's directory,
 * starts the VMM in child processes and relays their output and status.
 */
#define _GNU_SOURCE
#include "run.h"

#include "relay.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SHARE	     "/lab"
#define ARGS_MAX     256
#define ARGS_SIZE    65536
#define PORTS	     "/sys/class/virtio-ports"

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

_Noreturn static void fail(const char *what)
{
	char text[256];
	int n = snprintf(text, sizeof(text), "accelnet-lab: nested host: %s: %s\n", what,
			 strerror(errno));
	uint32_t status = LAB_EXIT_LAB;

	fputs(text, stderr);
	relay_send(RELAY_STDERR, text, (uint32_t)n);
	relay_send(RELAY_EXIT, &status, sizeof(status));
	power_off();
}

static int run(const char *const argv[])
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		execv(argv[0], (char *const *)argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0)
		return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EIO;
}

static void mounts(void)
{
	mkdir("/proc", 0755);
	mkdir("/sys", 0755);
	mkdir("/dev", 0755);
	mkdir("/tmp", 0755);
	mkdir("/run", 0755);
	mkdir(SHARE, 0755);
	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	mount("devtmpfs", "/dev", "devtmpfs", 0, NULL);
	mount("tmpfs", "/tmp", "tmpfs", 0, NULL);
	mount("tmpfs", "/run", "tmpfs", 0, NULL);
}

/* The virtio-serial port of our name: /dev/vportNpM. */
static int relay_open(void)
{
	for (int attempt = 0; attempt < 200; attempt++) {
		DIR *dir = opendir(PORTS);
		struct dirent *e;

		while (dir != NULL && (e = readdir(dir)) != NULL) {
			char path[400], name[64] = "";
			FILE *f;

			snprintf(path, sizeof(path), PORTS "/%s/name", e->d_name);
			f = fopen(path, "r");
			if (f == NULL)
				continue;
			if (fgets(name, sizeof(name), f) == NULL)
				name[0] = '\0';
			fclose(f);
			name[strcspn(name, "\n")] = '\0';
			if (strcmp(name, RELAY_PORT_NAME) != 0)
				continue;
			snprintf(path, sizeof(path), "/dev/%s", e->d_name);
			closedir(dir);
			return open(path, O_RDWR | O_CLOEXEC);
		}
		if (dir != NULL)
			closedir(dir);
		usleep(20000);
	}
	errno = ENODEV;
	return -1;
}

static void prepare(void)
{
	static const char *const transport[] = { "/sbin/modprobe", "-a", "virtio_pci",
						 "virtio_console", "9p", "9pnet_virtio", NULL };
	static const char *const rest[] = { "/sbin/modprobe", "-a", "kvm_amd", "tun", "8021q",
					    NULL };

	mounts();
	setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin", 1);
	signal(SIGPIPE, SIG_IGN);
	if (run(transport) < 0)
		fail("modules of the transport");
	relay_fd = relay_open();
	if (relay_fd < 0)
		fail("relay port");
	if (mount("lab", SHARE, "9p", 0, "trans=virtio,version=9p2000.L,msize=512000") < 0)
		fail("9p share");
	if (run(rest) < 0)
		fail("modules of KVM and the peers");
}

/* The VMM's argument vector: its own options, then those the run was given. */
static char **arguments(void)
{
	static char text[ARGS_SIZE];
	static char *argv[ARGS_MAX] = {
		(char *)"accelnet-lab", (char *)"run", (char *)"--direct",
		(char *)"--image", (char *)SHARE "/bzImage",
		(char *)"--initrd", (char *)SHARE "/guest.cpio",
		(char *)"--out", (char *)SHARE "/out",
	};
	unsigned int n = 9;
	int fd = open(SHARE "/arguments", O_RDONLY | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (len < 0)
		fail("arguments");
	close(fd);
	for (ssize_t at = 0; at < len && n < ARGS_MAX - 1; at += (ssize_t)strlen(text + at) + 1)
		argv[n++] = text + at;
	argv[n] = NULL;
	return argv;
}

/* Passes on what the child says until it has ended and closed its ends. */
static int relay_child(pid_t pid, const int fd[2])
{
	struct pollfd p[2] = { { .fd = fd[0], .events = POLLIN }, { .fd = fd[1], .events = POLLIN } };
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
	return LAB_EXIT_LAB;
}

void lab_nested_host(void)
{
	int out[2], err[2];
	uint32_t status;
	pid_t pid;

	prepare();
	if (pipe2(out, O_CLOEXEC) < 0 || pipe2(err, O_CLOEXEC) < 0)
		fail("pipes");
	pid = fork();
	if (pid < 0)
		fail("fork");
	if (pid == 0) {
		dup2(out[1], STDOUT_FILENO);
		dup2(err[1], STDERR_FILENO);
		execv("/init", arguments());
		_exit(127);
	}
	close(out[1]);
	close(err[1]);
	status = (uint32_t)relay_child(pid, (int[]){ out[0], err[0] });
	sync(); /* the console log and captures, before we say it is over */
	relay_send(RELAY_EXIT, &status, sizeof(status));
	power_off();
}
