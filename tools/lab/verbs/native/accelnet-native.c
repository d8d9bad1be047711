// SPDX-License-Identifier: BSD-3-Clause
/*
 * Runs a program as if in an accelerated VM, without one: in a network namespace with eth0 and its
 * VF's interface, beside a made-up sysfs, with libibverbs and libmlx5 that are the lab's. Unless it
 * is root's, the namespace is a user namespace's. CMD's exit status is its own; nothing stays.
 */
#define _GNU_SOURCE /* unshare */
#include "../guest.h"
#include "../links.h"
#include "../machine.h"
#include "../tree.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <linux/ethtool.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { EXIT_OPTIONS = 64, EXIT_LAB = 123, EXIT_NOT_RUN = 126, EXIT_NOT_FOUND = 127 };
#define QUEUES_MAX 64

struct options {
	unsigned int queues;
	bool by_calls, replay;
	const char *peer, *pcap, *address;
	char **command;
};

static const char usage[] =
	"usage: accelnet-native [options] -- CMD [ARG...]\n"
	"  --peer echo|sink|reflect  the other end (echo)\n"
	"  --queues N                queues of eth0, 1..64 (8)\n"
	"  --address A/P             an address for eth0 (none: then it carries no route)\n"
	"  --inline                  the device moves in an_lab_poll() only\n"
	"  --replay                  completions without work, nothing is sent or received\n"
	"  --pcap DIR                nic0-synthetic.pcap and nic0-vf.pcap in DIR\n"
	"  -h, --help                this text\n"
	"eth0's VF is " TREE_VF ", its function " TREE_FUNCTION ", its RDMA device mlx5_0.\n"
	"hostctl in CMD's PATH asks the machine; hostctl help lists its words.\n";

static _Noreturn void fail(int err, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

static _Noreturn void fail(int err, const char *format, ...)
{
	va_list args;

	fputs("accelnet-native: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fprintf(stderr, ": %s\n", strerror(err));
	exit(EXIT_LAB);
}

static void check(int err, const char *what)
{
	if (err < 0)
		fail(-err, "%s", what);
}

/* ------------------------------------------------------------------------------ options ---- */

static _Noreturn void wrong(void)
{
	fputs(usage, stderr);
	exit(EXIT_OPTIONS);
}

static void options_parse(int argc, char *argv[], struct options *o)
{
	static const struct option list[] = {
		{ "peer", required_argument, NULL, 'p' },
		{ "queues", required_argument, NULL, 'q' },
		{ "address", required_argument, NULL, 'a' }, { "inline", no_argument, NULL, 'i' },
		{ "replay", no_argument, NULL, 'r' }, { "pcap", required_argument, NULL, 'c' },
		{ "help", no_argument, NULL, 'h' }, { 0 },
	};
	char *end;
	int c;

	*o = (struct options){ .queues = 8, .peer = "echo" };
	while ((c = getopt_long(argc, argv, "+h", list, NULL)) != -1) {
		switch (c) {
		case 'p':
			o->peer = optarg;
			if (strcmp(optarg, "echo") != 0 && strcmp(optarg, "sink") != 0 &&
			    strcmp(optarg, "reflect") != 0)
				wrong();
			break;
		case 'q':
			o->queues = (unsigned int)strtoul(optarg, &end, 10);
			if (*end != '\0' || o->queues < 1 || o->queues > QUEUES_MAX)
				wrong();
			break;
		case 'a': o->address = optarg; break;
		case 'i': o->by_calls = true; break;
		case 'r': o->replay = true; break;
		case 'c': o->pcap = optarg; break;
		case 'h':
			fputs(usage, stdout);
			exit(0);
		default:
			wrong();
		}
	}
	if (optind == argc)
		wrong();
	o->command = argv + optind;
}

/* --------------------------------------------------------------------------- namespaces ---- */

static void file_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		fail(errno, "%s", path);
	close(fd);
}

/* Root keeps its own rights: what BPF asks for, no user namespace can give. */
static void namespaces_enter(void)
{
	unsigned int uid = geteuid(), gid = getegid();
	char map[64];

	if (uid != 0) {
		if (unshare(CLONE_NEWUSER) < 0)
			fail(errno, "no user namespace, and not root");
		file_write("/proc/self/setgroups", "deny");
		snprintf(map, sizeof(map), "0 %u 1", uid);
		file_write("/proc/self/uid_map", map);
		snprintf(map, sizeof(map), "0 %u 1", gid);
		file_write("/proc/self/gid_map", map);
	}
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0)
		fail(errno, "no network namespace");
	if (mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		fail(errno, "cannot make the mounts private");
	if (mount("sysfs", "/sys", "sysfs", 0, NULL) < 0)
		fail(errno, "cannot mount the namespace's /sys");
	/* EAL keeps its locks there: as in a VM, no other run's are in the way. */
	if (mount("run", "/run", "tmpfs", MS_NOSUID | MS_NODEV, "mode=755") < 0)
		fail(errno, "cannot mount a /run of our own");
	/* For AF_XDP; there is none without root's rights. */
	if (mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL) < 0 && uid == 0)
		fprintf(stderr, "accelnet-native: no /sys/fs/bpf: %s\n", strerror(errno));
}

/* --------------------------------------------------------------------------- interfaces ---- */

/* A packet socket on the far end must see whole frames with their checksums in. */
static void offloads_off(const char *name)
{
	static const uint32_t commands[] = { ETHTOOL_STXCSUM, ETHTOOL_SSG, ETHTOOL_STSO,
					     ETHTOOL_SGSO, ETHTOOL_SGRO };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		fail(errno, "socket");
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		struct ethtool_value value = { .cmd = commands[i], .data = 0 };
		struct ifreq request = { .ifr_data = (void *)&value };

		strncpy(request.ifr_name, name, IFNAMSIZ - 1);
		if (ioctl(fd, SIOCETHTOOL, &request) < 0 && commands[i] == ETHTOOL_STXCSUM)
			fail(errno, "%s: cannot turn checksum offload off", name);
	}
	close(fd);
}

static void interfaces_make(const struct options *o)
{
	uint8_t mac[6];
	struct links_pair pair = { .name = TREE_NIC, .peer = GUEST_WIRE, .mac = mac,
				   .mtu = GUEST_MTU, .peer_mtu = GUEST_WIRE_MTU,
				   .queues = o->queues };

	guest_mac(mac);
	check(links_set_up("lo", true), "lo");
	check(links_create(&pair), TREE_NIC);
	offloads_off(TREE_NIC);
	guest_no_ipv6(GUEST_WIRE);
	check(links_set_up(GUEST_WIRE, true), GUEST_WIRE);
	check(links_set_up(TREE_NIC, true), TREE_NIC);
	check(guest_vf_link(true), TREE_VF);
	if (o->address != NULL)
		check(links_add_address(TREE_NIC, o->address), o->address);
}

/* -------------------------------------------------------------------------- environment ---- */

static void set(const char *name, const char *value)
{
	if (value == NULL ? unsetenv(name) < 0 : setenv(name, value, 1) < 0)
		fail(errno, "%s", name);
}

static void prepend(const char *name, const char *folder)
{
	const char *rest = getenv(name);
	char text[2 * PATH_MAX];

	snprintf(text, sizeof(text), "%s%s%s", folder, rest != NULL && *rest ? ":" : "",
		 rest != NULL ? rest : "");
	set(name, text);
}

/* build/verbs of the tree this program lies in (tools/lab/accelnet-native). */
static void library_find(char folder[PATH_MAX])
{
	char self[PATH_MAX], path[PATH_MAX + 32];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (n < 0)
		fail(errno, "/proc/self/exe");
	self[n] = '\0';
	slash = strrchr(self, '/');
	*slash = '\0';
	snprintf(path, sizeof(path), "%s/../../build/verbs", self);
	if (realpath(path, folder) == NULL)
		fail(errno, "%s: make verbs builds it", path);
}

static void environment_set(const struct options *o, const char *sysfs, const char *control)
{
	char folder[PATH_MAX], path[PATH_MAX + 32], pcap[PATH_MAX];

	library_find(folder);
	prepend("LD_LIBRARY_PATH", folder);
	prepend("PATH", folder);
	snprintf(path, sizeof(path), "%s/bus/pci/devices", sysfs);
	set("SYSFS_PCI_DEVICES", path); /* EAL */
	set(MACHINE_ENV_SYSFS, sysfs);
	set(MACHINE_ENV_CONTROL, control);
	set(MACHINE_ENV_MODE, o->replay ? o->by_calls ? "replay-inline" : "replay" :
			      o->by_calls ? "inline" : "thread");
	set(MACHINE_ENV_PEER, o->peer);
	set(MACHINE_ENV_WIRE, GUEST_WIRE);
	set(MACHINE_ENV_VF, TREE_VF);
	if (o->pcap != NULL && realpath(o->pcap, pcap) == NULL)
		fail(errno, "%s", o->pcap);
	set("ACCELNET_LAB_PCAP", o->pcap != NULL ? pcap : NULL);
}

/* ---------------------------------------------------------------------------------- run ---- */

static volatile sig_atomic_t child;

static void on_signal(int number)
{
	if (child > 0)
		kill((pid_t)child, number);
}

/* Waits for a child that is told of the signals we get. */
static int child_status(pid_t pid)
{
	const int passed_on[] = { SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2 };
	int status;

	child = pid;
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++)
		signal(passed_on[i], on_signal);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			fail(errno, "waitpid");
	return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static pid_t child_start(void)
{
	pid_t pid = fork();

	if (pid < 0)
		fail(errno, "fork");
	if (pid == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

/* The first process of a process namespace: what CMD leaves behind ends with it. */
static _Noreturn void first_process(char **command)
{
	pid_t pid;

	if (mount("proc", "/proc", "proc", 0, NULL) < 0)
		fail(errno, "cannot mount the namespace's /proc");
	pid = child_start();
	if (pid == 0) {
		execvp(command[0], command);
		fprintf(stderr, "accelnet-native: %s: %s\n", command[0], strerror(errno));
		_exit(errno == ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_RUN);
	}
	_exit(child_status(pid));
}

static int run(char **command)
{
	pid_t pid;

	if (unshare(CLONE_NEWPID) < 0)
		fail(errno, "no process namespace");
	pid = child_start();
	if (pid == 0)
		first_process(command);
	return child_status(pid);
}

/* The made-up sysfs and hostctl's socket; the process that made them removes them. */
static char root[PATH_MAX];
static pid_t owner;

static void root_remove(void)
{
	if (getpid() == owner)
		tree_destroy(root);
}

static void root_make(void)
{
	const char *temporary = getenv("TMPDIR");

	snprintf(root, sizeof(root) - 32, "%s/accelnet-native.XXXXXX",
		 temporary != NULL ? temporary : "/tmp");
	if (mkdtemp(root) == NULL)
		fail(errno, "%s", root);
	owner = getpid();
	if (atexit(root_remove) != 0 || chmod(root, 0755) < 0)
		fail(errno, "%s", root);
	check(tree_create(root), root);
	check(tree_vf_add(root), root);
}

int main(int argc, char *argv[])
{
	char control[PATH_MAX + 16];
	struct options o;

	options_parse(argc, argv, &o);
	umask(022);
	namespaces_enter();
	interfaces_make(&o);
	root_make();
	snprintf(control, sizeof(control), "%s/hostctl", root);
	environment_set(&o, root, control);
	return run(o.command);
}
