// SPDX-License-Identifier: BSD-3-Clause
/*
 * A netlink socket that asks one question at a time and does not wait for ever. After any failure
 * answers may still be under way: the socket is then closed by its owner, not used again.
 */
#include "netlink.h"

#include <errno.h>
#include <linux/genetlink.h>
#include <poll.h>
#include <time.h>

#define TIMEOUT_MS 3000 /* `devlink health recover` keeps others out for up to 2 s */

int an_netlink_open(struct an_netlink *netlink, int bus)
{
	int ret;

	*netlink = (struct an_netlink){ .socket = mnl_socket_open2(bus, SOCK_CLOEXEC) };
	if (netlink->socket == NULL)
		return -errno;
	if (mnl_socket_bind(netlink->socket, 0, MNL_SOCKET_AUTOPID) == 0)
		return 0;
	ret = -errno;
	an_netlink_close(netlink);
	return ret;
}

void an_netlink_close(struct an_netlink *netlink)
{
	if (netlink->socket != NULL)
		mnl_socket_close(netlink->socket);
	netlink->socket = NULL;
}

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* One datagram; its length or -errno. */
static ssize_t receive(struct mnl_socket *socket, void *buf, size_t size, int64_t deadline)
{
	struct pollfd fd = { .fd = mnl_socket_get_fd(socket), .events = POLLIN };
	int64_t left = deadline - now_ms();
	ssize_t n;
	int ret;

	ret = left > 0 ? poll(&fd, 1, (int)left) : 0;
	if (ret == 0)
		return -ETIMEDOUT;
	if (ret > 0) {
		n = mnl_socket_recvfrom(socket, buf, size);
		if (n >= 0)
			return n;
	}
	return errno == EINTR ? 0 : -errno;
}

int an_netlink_ask(struct an_netlink *netlink, struct nlmsghdr *request, mnl_cb_t answer,
		   void *ctx)
{
	/* Room for a dump's largest datagram: the kernel does not exceed 32 KiB. */
	char buf[32768] __attribute__((aligned(8)));
	unsigned int port = mnl_socket_get_portid(netlink->socket);
	int64_t deadline = now_ms() + TIMEOUT_MS;
	ssize_t n;
	int ret;

	request->nlmsg_seq = ++netlink->seq;
	if (mnl_socket_sendto(netlink->socket, request, request->nlmsg_len) < 0)
		return -errno;
	do {
		n = receive(netlink->socket, buf, sizeof(buf), deadline);
		if (n < 0)
			return (int)n;
		ret = n == 0 ? MNL_CB_OK :
			       mnl_cb_run(buf, (size_t)n, netlink->seq, port, answer, ctx);
	} while (ret > MNL_CB_STOP);
	return ret == MNL_CB_STOP ? 0 : -errno;
}

struct nlmsghdr *an_netlink_start(void *buf, uint16_t family, uint16_t flags, uint8_t command,
				  uint8_t version)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *generic;

	message->nlmsg_type = family;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	generic = mnl_nlmsg_put_extra_header(message, sizeof(*generic));
	generic->cmd = command;
	generic->version = version;
	return message;
}
