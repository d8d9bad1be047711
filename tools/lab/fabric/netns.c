// SPDX-License-Identifier: BSD-3-Clause
/*
 * The child of a tap peer. It has no name anywhere: the namespace exists while this process does,
 * the tap while the parent holds its descriptor, the servers while this process does. So nothing
 * is left behind, however the lab ends.
 *
 * Facts: Documentation/networking/tuntap.rst, man 7 netdevice, ipv6(7), man 2 prctl. The kernel
 * picks a tap's namespace when /dev/net/tun is opened, so it is opened after unshare().
 */
#define _GNU_SOURCE /* unshare, close_range */
#include "netns.h"

#include "../log.h"
#include "peer.h"
#include "wire.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <linux/if_tun.h>
#include <linux/if_vlan.h>
#include <linux/ipv6.h>
#include <linux/sockios.h>

#define TAP_NAME "tap0"
#define TAP_QUEUE 2000 /* frames the kernel holds for us; the default, 500, is one TCP window */
#define VLAN_ID 100
#define VLAN_NAME "tap0.100" /* what the kernel calls it by default */
#define SERVERS_MAX 4
#define CONTROL_FD 3

struct netns {
	const struct netns_config *config;
	int control, tap, inet, inet6; /* inet6 -1: no IPv6 here */
	pid_t server[SERVERS_MAX];
	unsigned int servers;
};

static const struct {
	const char *program; /* searched for in PATH */
	const char *argv[8];
} servers[] = {
	{ "iperf3", { "iperf3", "-s", "-p", "5201" } },
	{ "sockperf", { "sockperf", "server", "-i", "0.0.0.0", "-p", "11111" } },
	{ "sockperf", { "sockperf", "server", "--tcp", "-i", "0.0.0.0", "-p", "11111" } },
};
#define SERVERS (sizeof(servers) / sizeof(servers[0]))
_Static_assert(SERVERS <= SERVERS_MAX, "a slot for every server");

/* ------------------------------------------------------------------------------- report ---- */

static void report(const struct netns *ns, int error, const char *what)
{
	struct netns_report message = { .error = error };
	struct iovec iov = { &message, sizeof(message) };
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control = { { 0 } };
	struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1 };

	snprintf(message.what, sizeof(message.what), "%s", what);
	if (error == 0) {
		struct cmsghdr *c;

		header.msg_control = control.buf;
		header.msg_controllen = sizeof(control.buf);
		c = CMSG_FIRSTHDR(&header);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &ns->tap, sizeof(int));
	}
	sendmsg(ns->control, &header, MSG_NOSIGNAL); /* no parent, no one to tell */
}

static _Noreturn void fail(const struct netns *ns, int error, const char *what)
{
	report(ns, error, what);
	_exit(1);
}

/* -------------------------------------------------------------------------- the process ---- */

/* Of the parent's, keeps only standard input, output, error and the control socket. */
static void leave_parent(struct netns *ns)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != ns->config->parent)
		_exit(1); /* it died before it could be watched */
	setsid();
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	for (int s = 1; s < NSIG; s++)
		signal(s, SIG_DFL);
	if (ns->control != CONTROL_FD)
		dup2(ns->control, CONTROL_FD);
	ns->control = CONTROL_FD;
	fcntl(CONTROL_FD, F_SETFD, FD_CLOEXEC);
	close_range(CONTROL_FD + 1, ~0u, 0);
}

/* --------------------------------------------------------------------------- interfaces ---- */

static struct ifreq request(const char *name)
{
	struct ifreq ifr = { 0 };

	memcpy(ifr.ifr_name, name, strlen(name));
	return ifr;
}

static int interface_up(int fd, const char *name)
{
	struct ifreq ifr = request(name);

	if (ioctl(fd, SIOCGIFFLAGS, &ifr) != 0)
		return -errno;
	ifr.ifr_flags |= IFF_UP | IFF_RUNNING;
	return ioctl(fd, SIOCSIFFLAGS, &ifr) != 0 ? -errno : 0;
}

/* address/24 */
static int set_ipv4(int fd, const char *name, const uint8_t address[IPV4_ADDRESS])
{
	static const uint8_t mask[IPV4_ADDRESS] = { 255, 255, 255, 0 };
	struct sockaddr_in sin = { .sin_family = AF_INET };
	struct ifreq ifr = request(name);

	memcpy(&sin.sin_addr, address, IPV4_ADDRESS);
	memcpy(&ifr.ifr_addr, &sin, sizeof(sin));
	if (ioctl(fd, SIOCSIFADDR, &ifr) != 0)
		return -errno;
	memcpy(&sin.sin_addr, mask, IPV4_ADDRESS);
	memcpy(&ifr.ifr_netmask, &sin, sizeof(sin));
	return ioctl(fd, SIOCSIFNETMASK, &ifr) != 0 ? -errno : 0;
}

/* address/64. Needs the interface up. */
static int set_ipv6(const struct netns *ns, const char *name, const uint8_t address[IPV6_ADDRESS])
{
	struct in6_ifreq ifr6 = { .ifr6_prefixlen = 64 };
	struct ifreq ifr = request(name);

	if (ns->inet6 < 0)
		return -EAFNOSUPPORT;
	if (ioctl(ns->inet, SIOCGIFINDEX, &ifr) != 0)
		return -errno;
	ifr6.ifr6_ifindex = ifr.ifr_ifindex;
	memcpy(&ifr6.ifr6_addr, address, IPV6_ADDRESS);
	return ioctl(ns->inet6, SIOCSIFADDR, &ifr6) != 0 ? -errno : 0;
}

/* Best effort: where /proc is read-only an address is usable a second later, that is all. */
static void set_sysctls(void)
{
	static const struct {
		const char *path, *value;
	} row[] = {
		{ "/proc/sys/net/ipv6/conf/default/disable_ipv6", "0" },
		{ "/proc/sys/net/ipv6/conf/all/accept_dad", "0" },
		{ "/proc/sys/net/ipv6/conf/default/accept_dad", "0" },
		{ "/proc/sys/net/ipv6/conf/default/router_solicitations", "0" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		int fd = open(row[i].path, O_WRONLY | O_CLOEXEC);

		if (fd < 0)
			continue;
		if (write(fd, row[i].value, 1) != 1)
			lab_log(LAB_LOG_DEBUG, FABRIC_PARTY, "tap: %s: %s", row[i].path,
				strerror(errno));
		close(fd);
	}
}

static void create_tap(struct netns *ns)
{
	struct ifreq ifr = request(TAP_NAME);

	ns->tap = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (ns->tap < 0)
		fail(ns, errno, "/dev/net/tun");
	ifr.ifr_flags = IFF_TAP | IFF_NO_PI;
	if (ioctl(ns->tap, TUNSETIFF, &ifr) != 0)
		fail(ns, errno, "TUNSETIFF");
}

static void set_up_tap(struct netns *ns)
{
	uint8_t mac[ETHER_MAC], ipv4[IPV4_ADDRESS], ipv6[IPV6_ADDRESS];
	struct ifreq ifr = request(TAP_NAME);
	int ret;

	peer_mac(ns->config->net, mac);
	peer_ipv4(ns->config->net, ipv4);
	peer_ipv6(ns->config->net, ipv6);
	ifr.ifr_hwaddr.sa_family = ARPHRD_ETHER;
	memcpy(ifr.ifr_hwaddr.sa_data, mac, ETHER_MAC);
	if (ioctl(ns->inet, SIOCSIFHWADDR, &ifr) != 0)
		fail(ns, errno, "set the tap's MAC");
	ifr = request(TAP_NAME);
	ifr.ifr_mtu = (int)ns->config->mtu;
	if (ioctl(ns->inet, SIOCSIFMTU, &ifr) != 0)
		fail(ns, errno, "set the tap's MTU");
	ifr = request(TAP_NAME);
	ifr.ifr_qlen = TAP_QUEUE;
	if (ioctl(ns->inet, SIOCSIFTXQLEN, &ifr) != 0)
		fail(ns, errno, "set the tap's queue length");
	ret = set_ipv4(ns->inet, TAP_NAME, ipv4);
	if (ret != 0)
		fail(ns, -ret, "set the tap's IPv4 address");
	ret = interface_up(ns->inet, TAP_NAME);
	if (ret != 0)
		fail(ns, -ret, "bring the tap up");
	ret = set_ipv6(ns, TAP_NAME, ipv6);
	if (ret != 0)
		lab_log(LAB_LOG_WARN, FABRIC_PARTY, "tap: no IPv6: %s", strerror(-ret));
}

/* VLAN 100, 10.(77+net).100.1/24. Best effort: the kernel may have no 8021q. */
static void set_up_vlan(struct netns *ns)
{
	struct vlan_ioctl_args args = { .cmd = ADD_VLAN_CMD, .device1 = TAP_NAME,
					.u.VID = VLAN_ID };
	uint8_t ipv4[IPV4_ADDRESS];
	int ret;

	peer_ipv4(ns->config->net, ipv4);
	ipv4[2] = VLAN_ID;
	ret = ioctl(ns->inet, SIOCSIFVLAN, &args) != 0 ? -errno : 0;
	if (ret == 0)
		ret = set_ipv4(ns->inet, VLAN_NAME, ipv4);
	if (ret == 0)
		ret = interface_up(ns->inet, VLAN_NAME);
	if (ret != 0)
		lab_log(LAB_LOG_INFO, FABRIC_PARTY, "tap: no VLAN %d: %s", VLAN_ID,
			strerror(-ret));
}

/* ------------------------------------------------------------------------------ servers ---- */

static bool find_program(const char *name, char *path, size_t size)
{
	const char *dir = getenv("PATH");

	if (dir == NULL)
		dir = "/usr/bin:/bin";
	while (*dir != '\0') {
		size_t len = strcspn(dir, ":");
		int n = snprintf(path, size, "%.*s/%s", (int)len, dir, name);

		if (n > 0 && (size_t)n < size && access(path, X_OK) == 0)
			return true;
		dir += len + (dir[len] == ':');
	}
	return false;
}

static _Noreturn void run_server(const char *path, const char *const argv[], pid_t parent)
{
	int null = open("/dev/null", O_RDWR);

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	for (int fd = 0; fd <= 2; fd++)
		dup2(null, fd);
	execv(path, (char *const *)argv);
	_exit(127);
}

static void start_servers(struct netns *ns)
{
	pid_t self = getpid();

	for (size_t i = 0; i < SERVERS; i++) {
		char path[256];
		pid_t pid;

		if (!find_program(servers[i].program, path, sizeof(path))) {
			lab_log(LAB_LOG_WARN, FABRIC_PARTY, "tap: %s is not installed: not run",
				servers[i].program);
			continue;
		}
		pid = fork();
		if (pid == 0)
			run_server(path, servers[i].argv, self);
		if (pid < 0)
			fail(ns, errno, "start a server");
		ns->server[ns->servers++] = pid;
	}
}

static void stop_servers(struct netns *ns)
{
	for (unsigned int i = 0; i < ns->servers; i++)
		kill(ns->server[i], SIGKILL);
	for (unsigned int i = 0; i < ns->servers; i++)
		waitpid(ns->server[i], NULL, 0);
}

static void wait_for_parent(const struct netns *ns)
{
	char byte;
	ssize_t n;

	do
		n = read(ns->control, &byte, sizeof(byte));
	while (n > 0 || (n < 0 && errno == EINTR));
}

_Noreturn void netns_main(const struct netns_config *config)
{
	struct netns ns = { .config = config, .control = config->control, .tap = -1 };
	int ret;

	leave_parent(&ns);
	if (unshare(CLONE_NEWNET) != 0)
		fail(&ns, errno, "unshare a network namespace");
	ns.inet = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (ns.inet < 0)
		fail(&ns, errno, "socket");
	ns.inet6 = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	set_sysctls();
	ret = interface_up(ns.inet, "lo");
	if (ret != 0)
		fail(&ns, -ret, "bring the loopback up");
	create_tap(&ns);
	set_up_tap(&ns);
	set_up_vlan(&ns);
	if (config->servers)
		start_servers(&ns);
	report(&ns, 0, "up");
	close(ns.tap); /* from here on the parent's is the only one */
	wait_for_parent(&ns);
	stop_servers(&ns);
	_exit(0);
}
