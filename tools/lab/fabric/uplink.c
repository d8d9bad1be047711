// SPDX-License-Identifier: BSD-3-Clause
/*
 * The link to another process's fabric: a SOCK_SEQPACKET socket, one frame a message, both ways.
 * Nobody waits for the other side: a full socket loses the frame, as a wire would. When the other
 * process goes, the uplink goes quietly.
 */
#include "peer.h"

#include "wire.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define UPLINK_BUFFER (1 << 20) /* asked for; the kernel gives what net.core.wmem_max allows */

struct uplink {
	struct fabric_peer peer;
	int socket; /* peer.fd is -1 once the other end has gone */
};

static bool uplink_send(struct fabric_peer *peer, const struct packet *packet)
{
	struct uplink *uplink = (struct uplink *)peer;

	return send(uplink->socket, packet->frame, packet->len, MSG_DONTWAIT | MSG_NOSIGNAL) ==
	       (ssize_t)packet->len;
}

static ssize_t uplink_receive(struct fabric_peer *peer, uint8_t *frame, size_t room)
{
	struct uplink *uplink = (struct uplink *)peer;
	ssize_t len = recv(uplink->socket, frame, room, MSG_DONTWAIT | MSG_TRUNC);

	if (len > 0)
		return len;
	if (len < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	return len == 0 ? -EPIPE : -errno;
}

static void uplink_destroy(struct fabric_peer *peer)
{
	struct uplink *uplink = (struct uplink *)peer;

	close(uplink->socket);
	free(uplink);
}

static const struct peer_ops uplink_ops = {
	.send = uplink_send,
	.receive = uplink_receive,
	.destroy = uplink_destroy,
};

int fabric_uplink_add(struct fabric *fabric, int fd)
{
	int type, size = UPLINK_BUFFER;
	socklen_t len = sizeof(type);
	struct uplink *uplink;

	if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len) != 0)
		return -errno;
	if (type != SOCK_SEQPACKET)
		return -EINVAL;
	uplink = calloc(1, sizeof(*uplink));
	if (uplink == NULL)
		return -ENOMEM;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)); /* best effort */
	uplink->socket = fd;
	uplink->peer.fd = fd;
	uplink->peer.ops = &uplink_ops;
	peer_add(fabric, &uplink->peer);
	return 0;
}
