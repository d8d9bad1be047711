// SPDX-License-Identifier: BSD-3-Clause
/*
 * Where KVM does not run: QEMU emulates a machine with SVM (TCG), a Debian kernel with kvm_amd is
 * its host, and this same program is that host's init and VMM. The run's files go in and out over
 * 9p, the command's output and status over a virtio-serial port (relay.h).
 */
#define _GNU_SOURCE
#include "../run/run.h"

#include "../clock.h"
#include "../log.h"
#include "../run/output.h"
#include "relay.h"
#include "../run/stop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define HOST_MEMORY 384  /* MiB for the nested host itself, beside its guests */
/* TCG lets a guest's XSETBV through without telling its KVM: no XSAVE then, nor what needs it. */
#define CPU	    "max,-xsave,-xsaveopt,-xgetbv1,-avx,-avx2,-fma,-f16c,-pku"
/*
 * A busy machine starves the emulated one: no_timer_check and tsc=reliable keep its kernel from
 * taking that for broken timers. iomem=relaxed and nox2apic are for pulse.c.
 */
#define HOST_CMDLINE "console=ttyS0 loglevel=4 panic=-1 mitigations=off random.trust_cpu=on " \
		     "rdinit=/init net.ifnames=0 nokaslr norandmaps no_timer_check " \
		     "tsc=reliable iomem=relaxed nox2apic"
#define NO_QEMU	    127	 /* exit status of a child that could not become QEMU */
#define START_S	    120  /* the nested host must have called by then */
#define GRACE_S	    60   /* beyond the run's own time limit */
#define OPTION_MAX  (sizeof(((struct lab_workspace *)NULL)->dir) + 64)

/* The run's arguments, for the nested host: a NUL after each. */
static int arguments_write(const struct lab_workspace *ws, int argc, char *const argv[])
{
	char path[OPTION_MAX];
	FILE *f;
	int ret = 0;

	snprintf(path, sizeof(path), "%s/arguments", ws->dir);
	f = fopen(path, "we");
	if (f == NULL)
		return -errno;
	for (int i = 0; i < argc && ret == 0; i++)
		if (fwrite(argv[i], strlen(argv[i]) + 1, 1, f) != 1)
			ret = -errno;
	return fclose(f) == 0 || ret < 0 ? ret : -errno;
}

static int share_image(const struct lab_workspace *ws, const char *image)
{
	char path[OPTION_MAX];

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
	char memory[16], cpus[16];
	char console[OPTION_MAX], chardev[OPTION_MAX], share[OPTION_MAX];
	const char *argv[] = {
		"qemu-system-x86_64", "-nodefaults", "-no-user-config", "-display", "none",
		"-accel", "tcg,thread=multi", "-cpu", CPU, "-machine", "pc", "-smp", cpus,
		"-m", memory, "-no-reboot", "-kernel", image, "-initrd", initrd, "-append",
		HOST_CMDLINE,
		"-serial", console, "-device", "virtio-serial-pci", "-chardev", chardev,
		"-device", "virtserialport,chardev=relay,name=" RELAY_PORT_NAME,
		"-virtfs", share, NULL,
	};
	pid_t pid;

	snprintf(memory, sizeof(memory), "%u", o->memory * o->vms + HOST_MEMORY);
	snprintf(cpus, sizeof(cpus), "%u", o->vcpus * o->vms + 1);
	snprintf(console, sizeof(console), "file:%s/out/host.log", ws->dir);
	snprintf(chardev, sizeof(chardev), "socket,id=relay,path=%s/relay", ws->dir);
	snprintf(share, sizeof(share), "local,path=%s,mount_tag=lab,security_model=none", ws->dir);
	pid = lab_stop_fork(SIGKILL);
	if (pid != 0)
		return pid;
	dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
	dup2(STDERR_FILENO, STDOUT_FILENO);
	execvp(argv[0], (char *const *)argv);
	fprintf(stderr, "accelnet-lab: %s: %s (scripts/deps installs it)\n", argv[0],
		strerror(errno));
	_exit(NO_QEMU);
}

/* A nested run as it is seen from here. */
struct nested {
	struct relay relay;
	uint64_t start;       /* clock, ns */
	unsigned int timeout; /* s, of the run */
};

/* Within its time? START_S for the nested host to come up, then the run's own. */
static bool in_time(const struct nested *nested)
{
	uint64_t limit = START_S;

	if (nested->relay.ready)
		limit += nested->timeout + GRACE_S;
	return lab_clock_now(NULL) - nested->start <= limit * LAB_S;
}

static bool gives_up(void *ctx)
{
	return lab_stop_signal() != 0 || !in_time(ctx);
}

static int relay_output(void *ctx, int fd, const void *data, size_t len)
{
	int ret = lab_output(fd, data, len, gives_up, ctx);

	if (ret == -EINTR && lab_stop_signal() == 0)
		lab_log(LAB_LOG_ERROR, "run", "nobody reads the command's output");
	else if (ret < 0 && ret != -EINTR)
		lab_log(LAB_LOG_ERROR, "run", "the command's output: %s", strerror(-ret));
	return ret;
}

/* One read off the relay's socket. 0, or the run's exit status: nothing more will come. */
static int relay_read(struct relay *relay, int fd)
{
	static uint8_t buf[RELAY_DATA_MAX];
	ssize_t n = read(fd, buf, sizeof(buf));
	int ret;

	if (n < 0 && errno == EINTR)
		return 0;
	if (n <= 0) {
		lab_log(LAB_LOG_ERROR, "run", "the nested host ended without saying how");
		return LAB_EXIT_HOST;
	}
	ret = relay_feed(relay, buf, (size_t)n);
	if (ret == -EPROTO)
		lab_log(LAB_LOG_ERROR, "run", "the nested host sends what is no frame");
	return ret == 0 ? 0 : LAB_EXIT_LAB;
}

/* Until the nested host has said the exit status, gone away, or taken too long. */
static int relay_run(struct nested *nested, int listen_fd, pid_t qemu)
{
	struct relay *relay = &nested->relay;
	siginfo_t gone = { .si_pid = 0 };
	int fd = -1, status = 0;

	while (relay->status < 0 && status == 0 && lab_stop_signal() == 0) {
		struct pollfd p = { .fd = fd < 0 ? listen_fd : fd, .events = POLLIN };

		if (!in_time(nested)) {
			lab_log(LAB_LOG_ERROR, "run", "the nested host %s",
				relay->ready ? "does not answer" : "did not start");
			status = LAB_EXIT_HOST;
			break;
		}
		if (poll(&p, 1, 200) > 0) {
			if (fd < 0)
				fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC);
			else
				status = relay_read(relay, fd);
			continue;
		}
		/* Left to be reaped by qemu_stop(), which kills by its number. */
		if (waitid(P_PID, (id_t)qemu, &gone, WEXITED | WNOHANG | WNOWAIT) == 0 &&
		    gone.si_pid == qemu) {
			lab_log(LAB_LOG_ERROR, "run", "QEMU ended (status %d)", gone.si_status);
			status = gone.si_status == NO_QEMU ? LAB_EXIT_LAB : LAB_EXIT_HOST;
		}
	}
	if (fd >= 0)
		close(fd);
	if (relay->status >= 0)
		return relay->status;
	return status != 0 ? status : LAB_EXIT_LAB;
}

static void qemu_stop(pid_t pid)
{
	kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

static int share_fill(const struct lab_workspace *ws, const char *image, int argc,
		      char *const argv[])
{
	int ret = arguments_write(ws, argc, argv);

	if (ret == 0)
		ret = share_image(ws, image);
	if (ret < 0)
		lab_log(LAB_LOG_ERROR, "run", "%s: %s", ws->dir, strerror(-ret));
	return ret;
}

int lab_run_nested(const struct lab_workspace *ws, const struct lab_options *options, int argc,
		   char *const argv[])
{
	static struct nested nested; /* large */
	char image[PATH_MAX], initrd[PATH_MAX], host_log[OPTION_MAX];
	int listen_fd, status;
	pid_t qemu;

	if (lab_image_host(ws, image, initrd, sizeof(image)) < 0 ||
	    share_fill(ws, options->image, argc, argv) < 0)
		return LAB_EXIT_LAB;
	listen_fd = relay_listen(ws);
	if (listen_fd < 0) {
		lab_log(LAB_LOG_ERROR, "run", "relay socket: %s", strerror(-listen_fd));
		return LAB_EXIT_LAB;
	}
	lab_log(LAB_LOG_INFO, "run", "starts the nested host");
	qemu = qemu_start(ws, options, image, initrd);
	if (qemu < 0) {
		lab_log(LAB_LOG_ERROR, "run", "fork: %s", strerror(errno));
		close(listen_fd);
		return LAB_EXIT_LAB;
	}
	nested.start = lab_clock_now(NULL);
	nested.timeout = options->timeout;
	relay_init(&nested.relay, relay_output, &nested);
	status = relay_run(&nested, listen_fd, qemu);
	qemu_stop(qemu);
	close(listen_fd);
	if (nested.relay.status < 0 && lab_stop_signal() == 0) {
		snprintf(host_log, sizeof(host_log), "%s/out/host.log", ws->dir);
		lab_log_tail(host_log);
	}
	return status;
}
