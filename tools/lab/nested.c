// SPDX-License-Identifier: BSD-3-Clause
/*
 * Where KVM does not run: QEMU emulates a machine with SVM (TCG), a Debian kernel with kvm_amd is
 * its host, and this same program is that host's init and VMM. The run's files go in and out over
 * 9p, the command's output and status over a virtio-serial port (relay.h).
 */
#define _GNU_SOURCE
#include "run.h"

#include "log.h"
#include "relay.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HOST_MEMORY 384  /* MiB for the nested host itself, beside its guests */
/* TCG lets a guest's XSETBV through without telling its KVM: no XSAVE then, nor what needs it. */
#define CPU	    "max,-xsave,-xsaveopt,-xgetbv1,-avx,-avx2,-fma,-f16c,-pku"
#define START_S	    120  /* the nested host must have called by then */
#define GRACE_S	    60   /* beyond the run's own time limit */

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

/* The run's arguments, for the nested host: a NUL after each. */
static int arguments_write(const struct lab_workspace *ws, int argc, char *const argv[])
{
	char path[128];
	FILE *f;

	snprintf(path, sizeof(path), "%s/arguments", ws->dir);
	f = fopen(path, "w");
	if (f == NULL)
		return -errno;
	for (int i = 0; i < argc; i++)
		fwrite(argv[i], 1, strlen(argv[i]) + 1, f);
	return fclose(f) == 0 ? 0 : -errno;
}

static int share_image(const struct lab_workspace *ws, const char *image)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/bzImage", ws->dir);
	return link(image, path) == 0 ? 0 : lab_file_copy(image, path);
}

static int relay_listen(const struct lab_workspace *ws)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	snprintf(at.sun_path, sizeof(at.sun_path), "%s/relay", ws->dir);
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 1) < 0) {
		int ret = -errno;

		close(fd);
		return ret;
	}
	return fd;
}

static pid_t qemu_start(const struct lab_workspace *ws, const struct lab_options *o,
			const char *image, const char *initrd)
{
	char memory[16], cpus[16], console[128], chardev[128], share[160];
	unsigned int vcpus = o->vcpus * o->vms + 1;
	const char *argv[] = {
		"qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none",
		"-accel", "tcg,thread=multi", "-cpu", CPU, "-machine", "pc", "-smp", cpus,
		"-m", memory, "-no-reboot", "-kernel", image, "-initrd", initrd, "-append",
		"console=ttyS0 loglevel=4 panic=-1 mitigations=off random.trust_cpu=on "
		"rdinit=/init net.ifnames=0 nokaslr",
		"-serial", console, "-device", "virtio-serial-pci", "-chardev", chardev,
		"-device", "virtserialport,chardev=relay,name=" RELAY_PORT_NAME,
		"-virtfs", share, NULL,
	};
	pid_t pid;

	snprintf(memory, sizeof(memory), "%u", o->memory * o->vms + HOST_MEMORY);
	snprintf(cpus, sizeof(cpus), "%u", vcpus);
	snprintf(console, sizeof(console), "file:%s/out/host.log", ws->dir);
	snprintf(chardev, sizeof(chardev), "socket,id=relay,path=%s/relay", ws->dir);
	snprintf(share, sizeof(share), "local,path=%s,mount_tag=lab,security_model=none", ws->dir);
	pid = fork();
	if (pid != 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* never outlives us */
	setpgid(0, 0); /* a terminal's Ctrl-C is ours to handle */
	dup2(open("/dev/null", O_RDONLY), STDIN_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	execvp(argv[0], (char *const *)argv);
	fprintf(stderr, "accelnet-lab: %s: %s (scripts/deps installs it)\n", argv[0],
		strerror(errno));
	_exit(127);
}

static bool qemu_gone(pid_t pid)
{
	return waitpid(pid, NULL, WNOHANG) == pid;
}

static int write_all(int fd, const uint8_t *data, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

struct relay {
	uint8_t buf[2 * (RELAY_DATA_MAX + sizeof(struct relay_head))];
	size_t have;
	int status; /* of the run, -1: not known yet */
};

/* Takes whole frames off the buffer's front. 0, or -EPROTO. */
static int relay_take(struct relay *r)
{
	size_t at = 0;

	for (;;) {
		struct relay_head head;
		uint32_t status;

		if (r->have - at < sizeof(head))
			break;
		memcpy(&head, r->buf + at, sizeof(head));
		if (head.len > RELAY_DATA_MAX)
			return -EPROTO;
		if (r->have - at < sizeof(head) + head.len)
			break;
		switch ((enum relay_type)head.type) {
		case RELAY_STDOUT:
		case RELAY_STDERR:
			if (write_all((int)head.type, r->buf + at + sizeof(head), head.len) < 0)
				return -EPIPE;
			break;
		case RELAY_EXIT:
			if (head.len != sizeof(status))
				return -EPROTO;
			memcpy(&status, r->buf + at + sizeof(head), sizeof(status));
			r->status = (int)(status & 0xff);
			break;
		default:
			return -EPROTO;
		}
		at += sizeof(head) + head.len;
	}
	memmove(r->buf, r->buf + at, r->have - at);
	r->have -= at;
	return 0;
}

static uint64_t seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec;
}

/* Until the nested host has said the exit status, gone away, or taken too long. */
static int relay_run(int listen_fd, pid_t qemu, unsigned int timeout)
{
	static struct relay relay = { .status = -1 };
	uint64_t start = seconds();
	int fd = -1;

	while (relay.status < 0 && stop_signal == 0) {
		struct pollfd p = { .fd = fd < 0 ? listen_fd : fd, .events = POLLIN };
		uint64_t limit = fd < 0 ? START_S : START_S + timeout + GRACE_S;
		ssize_t n;

		if (seconds() - start > limit) {
			lab_log(LAB_LOG_ERROR, "run", "the nested host %s",
				fd < 0 ? "did not start" : "does not answer");
			break;
		}
		if (poll(&p, 1, 200) <= 0) {
			if (qemu_gone(qemu)) {
				lab_log(LAB_LOG_ERROR, "run", "the nested host went away");
				break;
			}
			continue;
		}
		if (fd < 0) {
			fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
			continue;
		}
		n = read(fd, relay.buf + relay.have, sizeof(relay.buf) - relay.have);
		if (n <= 0)
			break;
		relay.have += (size_t)n;
		if (relay_take(&relay) < 0)
			break;
	}
	if (fd >= 0)
		close(fd);
	if (stop_signal != 0)
		return 128 + (int)stop_signal;
	return relay.status < 0 ? LAB_EXIT_LAB : relay.status;
}

static void qemu_stop(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int lab_run_nested(const struct lab_workspace *ws, const struct lab_options *options, int argc,
		   char *const argv[])
{
	char image[700], initrd[700];
	int listen_fd, ret, status;
	pid_t qemu;

	ret = lab_image_host(ws, image, initrd, sizeof(image));
	if (ret == 0)
		ret = arguments_write(ws, argc, argv);
	if (ret == 0)
		ret = share_image(ws, options->image);
	if (ret < 0)
		return LAB_EXIT_LAB;
	listen_fd = relay_listen(ws);
	if (listen_fd < 0) {
		lab_log(LAB_LOG_ERROR, "run", "relay socket: %s", strerror(-listen_fd));
		return LAB_EXIT_LAB;
	}
	signals_install();
	qemu = qemu_start(ws, options, image, initrd);
	if (qemu < 0) {
		close(listen_fd);
		return LAB_EXIT_LAB;
	}
	status = relay_run(listen_fd, qemu, options->timeout);
	qemu_stop(qemu);
	close(listen_fd);
	return status;
}
