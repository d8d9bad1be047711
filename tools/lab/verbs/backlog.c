// SPDX-License-Identifier: BSD-3-Clause
/*
 * See backlog.h. Sent: the interface's own counter, which counts what the other end's backlog took.
 * Arrived: PACKET_STATISTICS of a packet socket with room for next to nothing, which counts a frame
 * whether it has room for it or not (packet(7)), before it copies anything.
 */
#include "backlog.h"

#include "links.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <sys/socket.h>
#include <unistd.h>

static int probe_open(const char *interface)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	int on = 1, least = 1, fd, err;

	if (address.sll_ifindex == 0)
		return -ENODEV;
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &least, sizeof(least)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

int backlog_open(struct backlog *backlog, const char *interface, const char *peer)
{
	*backlog = (struct backlog){ .probe = probe_open(interface), .interface = interface,
				     .peer = peer };
	if (backlog->probe < 0)
		return backlog->probe;
	backlog_forget(backlog, 0);
	return 0;
}

void backlog_close(struct backlog *backlog)
{
	if (backlog->probe >= 0)
		close(backlog->probe);
	backlog->probe = -1;
}

uint64_t backlog_sent(const struct backlog *backlog)
{
	if (backlog->probe < 0)
		return 0;
	return links_sent(backlog->interface) - backlog->interface_before;
}

uint64_t backlog_to_guest(struct backlog *backlog)
{
	struct tpacket_stats stats = { 0 };
	socklen_t len = sizeof(stats);
	uint64_t sent;

	if (backlog->probe < 0)
		return 0;
	sent = links_sent(backlog->peer) - backlog->peer_before;
	/* Reading starts it over. */
	if (getsockopt(backlog->probe, SOL_PACKET, PACKET_STATISTICS, &stats, &len) == 0)
		backlog->arrived += stats.tp_packets;
	return sent > backlog->arrived ? sent - backlog->arrived : 0;
}

void backlog_forget(struct backlog *backlog, uint64_t taken)
{
	if (backlog->probe < 0)
		return;
	backlog->interface_before = links_sent(backlog->interface) - taken;
	backlog_to_guest(backlog);
	backlog->peer_before = links_sent(backlog->peer) - backlog->arrived;
}
