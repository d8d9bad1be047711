// SPDX-License-Identifier: BSD-3-Clause
/*
 * The peer that is a real Linux stack: a tap in the network namespace of a child process
 * (netns.c), whose descriptor the child sends us. Frames are read and written here, one a call.
 */
#include "netns.h"
#include "peer.h"

#include "../log.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TAP_MTU_DEFAULT 9000u
#define TAP_MTU_MIN 1280u /* IPv6's */
#define TAP_MTU_MAX (FABRIC_FRAME_MAX - 14 - 2 * 4)
#define START_TIMEOUT_MS 10000
#define STOP_TIMEOUT_MS 1000 /* then it is killed */

struct tap {
	struct fabric_peer peer;
	int fd;      /* peer.fd is -1 once the tap is gone */
	int control;
	pid_t child;
};

static bool tap_send(struct fabric_peer *peer, const struct packet *packet)
{
	struct tap *tap = (struct tap *)peer;

	return write(tap->fd, packet->frame, packet->len) == (ssize_t)packet->len;
}

static ssize_t tap_receive(struct fabric_peer *peer, uint8_t *frame, size_t room)
{
	struct tap *tap = (struct tap *)peer;
	ssize_t len = read(tap->fd, frame, room);

	if (len > 0)
		return len;
	return len == 0 || errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

/* The child ends by itself when its control socket closes; one that does not is killed. */
static void reap(pid_t child)
{
	const struct timespec ms = { .tv_nsec = 1000000 };

	for (int i = 0; i < STOP_TIMEOUT_MS; i++) {
		if (waitpid(child, NULL, WNOHANG) != 0)
			return;
		nanosleep(&ms, NULL);
	}
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

static void tap_destroy(struct fabric_peer *peer)
{
	struct tap *tap = (struct tap *)peer;

	close(tap->control);
	reap(tap->child);
	close(tap->fd);
	free(tap);
}

static const struct peer_ops tap_ops = {
	.send = tap_send,
	.receive = tap_receive,
	.destroy = tap_destroy,
};

static int descriptor_of(struct msghdr *header)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(header);
	int fd;

	if (c == NULL || c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS ||
	    c->cmsg_len != CMSG_LEN(sizeof(fd)))
		return -EIO;
	memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

/* The tap's descriptor, or -errno: the child's, or that it says nothing. */
static int receive_tap(int control)
{
	struct pollfd pfd = { .fd = control, .events = POLLIN };
	struct netns_report message;
	struct iovec iov = { &message, sizeof(message) };
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} rights;
	struct msghdr header = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = rights.buf,
				 .msg_controllen = sizeof(rights.buf) };
	int ready;

	do
		ready = poll(&pfd, 1, START_TIMEOUT_MS);
	while (ready < 0 && errno == EINTR);
	if (ready <= 0) {
		lab_log(LAB_LOG_ERROR, FABRIC_PARTY, "tap: its process is not ready after %d s",
			START_TIMEOUT_MS / 1000);
		return -ETIMEDOUT;
	}
	if (recvmsg(control, &header, MSG_CMSG_CLOEXEC) != sizeof(message)) {
		lab_log(LAB_LOG_ERROR, FABRIC_PARTY, "tap: its process died");
		return -EIO;
	}
	if (message.error == 0)
		return descriptor_of(&header);
	message.what[sizeof(message.what) - 1] = '\0';
	lab_log(LAB_LOG_ERROR, FABRIC_PARTY, "tap: %s: %s%s", message.what,
		strerror(message.error), message.error == EPERM ?
		" (needs CAP_SYS_ADMIN and CAP_NET_ADMIN)" : "");
	return message.error > 0 ? -message.error : -EIO;
}

/* Forks the child. control[0] stays ours; 0 or -errno. */
static int start(struct tap *tap, const struct fabric_peer_config *config, unsigned int mtu)
{
	struct netns_config netns = { .net = config->net, .mtu = mtu,
				      .servers = config->servers, .parent = getpid() };
	int control[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) != 0)
		return -errno;
	tap->child = fork();
	if (tap->child < 0) {
		int error = errno;

		close(control[0]);
		close(control[1]);
		return -error;
	}
	if (tap->child == 0) {
		netns.control = control[1];
		netns_main(&netns);
	}
	close(control[1]);
	tap->control = control[0];
	return 0;
}

int fabric_peer_tap(struct fabric *fabric, const struct fabric_peer_config *config)
{
	unsigned int mtu = config->mtu != 0 ? config->mtu : TAP_MTU_DEFAULT;
	struct tap *tap;
	int ret;

	if (config->net >= PEER_NETS || mtu < TAP_MTU_MIN || mtu > TAP_MTU_MAX)
		return -EINVAL;
	tap = calloc(1, sizeof(*tap));
	if (tap == NULL)
		return -ENOMEM;
	ret = start(tap, config, mtu);
	if (ret != 0)
		goto err_free;
	ret = receive_tap(tap->control);
	if (ret < 0)
		goto err_stop;
	tap->fd = ret;
	tap->peer.fd = tap->fd;
	tap->peer.ops = &tap_ops;
	peer_add(fabric, &tap->peer);
	return 0;

err_stop:
	close(tap->control);
	reap(tap->child);
err_free:
	free(tap);
	return ret;
}
