// SPDX-License-Identifier: BSD-3-Clause
/* Both ends of the veth pair are in one namespace: what leaves one comes in on the other. */
#define _GNU_SOURCE /* unshare(), setns() */
#include "pmd_net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <rte_eal.h>
#include <rte_mbuf.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static int home = -1; /* the namespace we came from */
static struct rte_mempool *pool;

static bool eal_start(void)
{
	static bool started;
	char prefix[64];
	char *argv[] = { "unit", "--no-huge", "-m", "64", "--no-pci", "--no-telemetry", "-l", "0",
			 "--log-level", "error", "--file-prefix", prefix };

	if (started)
		return true;
	snprintf(prefix, sizeof(prefix), "accelnet-unit-%d", (int)getpid());
	if (rte_eal_init(sizeof(argv) / sizeof(argv[0]), argv) < 0)
		return false;
	pool = rte_pktmbuf_pool_create("net", NET_BUFFERS, 0, 0,
				       RTE_PKTMBUF_HEADROOM + 2048, SOCKET_ID_ANY);
	started = pool != NULL;
	return started;
}

static bool namespace_enter(void)
{
	home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (home < 0)
		return false;
	/* As root: a user namespace is only for processes of one thread, and EAL has more. */
	if (unshare(CLONE_NEWNET) == 0)
		return true;
	fprintf(stderr, "skipped: no network namespace (%s): run it as root\n", strerror(errno));
	close(home);
	home = -1;
	return false;
}

bool net_wait_up(const char *name)
{
	for (unsigned int i = 0; i < 200; i++) {
		if (net_run("ip link show %s | grep -q 'state UP'", name) == 0)
			return true;
		poll(NULL, 0, 10);
	}
	return false;
}

bool net_open(void)
{
	if (!namespace_enter())
		return false;
	if (net_run("ip link add an0 type veth peer name peer0") != 0 ||
	    net_run("sysctl -qw net.ipv6.conf.all.disable_ipv6=1") != 0 ||
	    net_run("ip addr add 10.77.0.1/24 dev an0") != 0 ||
	    net_run("ip link set lo up") != 0 || net_run("ip link set an0 up") != 0 ||
	    net_run("ip link set peer0 arp off up") != 0 || !net_wait_up("an0") ||
	    !net_wait_up("peer0")) {
		fprintf(stderr, "skipped: no veth pair\n");
		net_close();
		return false;
	}
	return eal_start();
}

void net_close(void)
{
	net_run("ip link del an0 2>/dev/null");
	if (home >= 0) {
		if (setns(home, CLONE_NEWNET) != 0)
			fprintf(stderr, "the namespace cannot be left: %s\n", strerror(errno));
		close(home);
	}
	home = -1;
}

struct rte_mempool *net_pool(void)
{
	return pool;
}

int net_run(const char *format, ...)
{
	char command[512];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	return system(command);
}

int net_index(const char *name)
{
	return (int)if_nametoindex(name);
}

void net_mac(const char *name, uint8_t mac[6])
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq request = { 0 };

	snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
	memset(mac, 0, 6);
	if (ioctl(fd, SIOCGIFHWADDR, &request) == 0)
		memcpy(mac, request.ifr_hwaddr.sa_data, 6);
	close(fd);
}

int net_socket(const char *name, bool vnet)
{
	struct sockaddr_ll address = { .sll_family = AF_PACKET,
				       .sll_protocol = htons(ETH_P_ALL),
				       .sll_ifindex = net_index(name) };
	int on = 1, bytes = 8 << 20, fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0 || setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) != 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) != 0 ||
	    (vnet && setsockopt(fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof(on)) != 0) ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		close(fd);
		return -1;
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes));
	return fd;
}

bool net_send(int fd, const struct virtio_net_hdr *vnet, const void *frame, size_t len)
{
	struct iovec iov[2] = {
		{ .iov_base = (void *)(uintptr_t)vnet, .iov_len = vnet ? sizeof(*vnet) : 0 },
		{ .iov_base = (void *)(uintptr_t)frame, .iov_len = len },
	};
	struct msghdr message = { .msg_iov = iov, .msg_iovlen = 2 };

	return sendmsg(fd, &message, 0) == (ssize_t)(iov[0].iov_len + len);
}

void net_pace(unsigned int number)
{
	if (number % 100 == 0) /* net.core.netdev_max_backlog is 1000 */
		poll(NULL, 0, 1);
}

/* The kernel takes a VLAN tag out of the frame; this puts it back. */
static size_t tag_restore(struct msghdr *message, uint8_t *frame, size_t got)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(message);
	struct tpacket_auxdata aux;

	if (c == NULL || c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
		return got;
	memcpy(&aux, CMSG_DATA(c), sizeof(aux));
	if (!(aux.tp_status & TP_STATUS_VLAN_VALID))
		return got;
	memmove(frame + 16, frame + 12, got - 12);
	frame[12] = (uint8_t)(aux.tp_vlan_tpid >> 8);
	frame[13] = (uint8_t)aux.tp_vlan_tpid;
	frame[14] = (uint8_t)(aux.tp_vlan_tci >> 8);
	frame[15] = (uint8_t)aux.tp_vlan_tci;
	return got + 4;
}

size_t net_receive(int fd, void *frame, size_t len, int ms)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	char control[256];
	struct iovec iov = { .iov_base = frame, .iov_len = len - 4 };
	struct msghdr message = { .msg_iov = &iov,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	ssize_t got;

	if (poll(&ready, 1, ms) != 1)
		return 0;
	got = recvmsg(fd, &message, 0);
	return got < 14 ? 0 : tag_restore(&message, frame, (size_t)got);
}
