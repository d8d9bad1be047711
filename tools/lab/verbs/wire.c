// SPDX-License-Identifier: BSD-3-Clause
/*
 * The synthetic NIC. Its netdev is eth0, one end of a veth pair; a packet socket on the other end
 * is where the host stands: what the kernel sends on eth0 is read here and goes into the fabric's
 * synthetic path, what the fabric delivers on that path is written here and appears on eth0.
 * A packet socket shows VLAN tags beside the frame (packet(7), PACKET_AUXDATA); they go back in.
 */
#include "machine.h"

#include "tree.h"

#include "../fabric/frame.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define VLAN_TAG 4u
#define SOCKET_BUFFER (32 << 20) /* bytes, each way: some 10,000 frames while nobody looks */
#define STATISTICS_MS 5 /* between looks at what was lost all the same */
#define BACKLOG_WAIT LAB_S /* longer than a busy machine keeps a frame */
#define BACKLOG_PAUSE 20000 /* ns */
#define WIRE_BUDGET 4096u

static enum fabric_drop deliver(void *ctx, const uint8_t *frame, size_t len)
{
	return wire_deliver(ctx, frame, len);
}

static const struct fabric_path_ops path_ops = { .deliver = deliver };

int wire_open(struct machine *machine, const char *interface)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(ETH_P_ALL),
		.sll_ifindex = (int)if_nametoindex(interface),
	};
	int on = 1, size = SOCKET_BUFFER, fd, err;

	if (address.sll_ifindex == 0)
		return -ENODEV;
	fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size));
	if (setsockopt(fd, SOL_PACKET, PACKET_AUXDATA, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, &on, sizeof(on)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	err = backlog_open(&machine->backlog, TREE_NIC, interface);
	if (err < 0) {
		close(fd);
		return err;
	}
	machine->wire = fd;
	fabric_attach(machine->port, FABRIC_SYNTHETIC, &path_ops, machine);
	return 0;
}

void wire_close(struct machine *machine)
{
	if (machine->wire < 0)
		return;
	fabric_attach(machine->port, FABRIC_SYNTHETIC, NULL, NULL);
	backlog_close(&machine->backlog);
	close(machine->wire);
	machine->wire = -1;
}

enum fabric_drop wire_deliver(struct machine *machine, const uint8_t *frame, size_t len)
{
	if (machine->wire < 0)
		return FABRIC_DROP_PATH_DOWN;
	if (send(machine->wire, frame, len, MSG_DONTWAIT) == (ssize_t)len)
		return FABRIC_DELIVERED;
	switch (errno) {
	case EMSGSIZE:
		return FABRIC_DROP_TOO_BIG;
	case ENETDOWN:
	case ENXIO:
		return FABRIC_DROP_PATH_DOWN;
	default:
		return FABRIC_DROP_NO_BUFFER;
	}
}

/* The tag that came beside the frame, or false. */
static bool tag_of(struct msghdr *message, uint16_t *tci)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
		struct tpacket_auxdata aux;

		if (c->cmsg_level != SOL_PACKET || c->cmsg_type != PACKET_AUXDATA)
			continue;
		memcpy(&aux, CMSG_DATA(c), sizeof(aux));
		*tci = aux.tp_vlan_tci;
		return (aux.tp_status & TP_STATUS_VLAN_VALID) != 0;
	}
	return false;
}

static bool receive(struct machine *machine)
{
	uint8_t frame[FABRIC_FRAME_MAX + VLAN_TAG];
	char control[CMSG_SPACE(sizeof(struct tpacket_auxdata))];
	struct iovec part = { .iov_base = frame, .iov_len = FABRIC_FRAME_MAX };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control,
				  .msg_controllen = sizeof(control) };
	ssize_t n = recvmsg(machine->wire, &message, MSG_DONTWAIT | MSG_TRUNC);
	size_t len;
	uint16_t tci;

	if (n <= 0)
		return false;
	machine->wire_taken++;
	len = (size_t)n;
	if (len <= FABRIC_FRAME_MAX && tag_of(&message, &tci))
		len = frame_vlan_insert(frame, len, tci);
	fabric_send(machine->port, FABRIC_SYNTHETIC, frame, len);
	return true;
}

/* The socket's own losses; reading them starts them over (packet(7), PACKET_STATISTICS). */
static void losses_count(struct machine *machine)
{
	struct tpacket_stats stats = { 0 };
	socklen_t len = sizeof(stats);

	if (getsockopt(machine->wire, SOL_PACKET, PACKET_STATISTICS, &stats, &len) < 0 ||
	    stats.tp_drops == 0)
		return;
	machine->wire_taken += stats.tp_drops;
	fabric_lost_before(machine->port, FABRIC_SYNTHETIC, stats.tp_drops);
}

bool wire_poll(struct machine *machine)
{
	uint64_t now = lab_clock_now(&machine->clock);
	unsigned int n = 0;

	if (machine->wire < 0)
		return false;
	if (now - machine->wire_looked >= STATISTICS_MS * LAB_MS) {
		machine->wire_looked = now;
		losses_count(machine);
	}
	while (n < WIRE_BUDGET && receive(machine))
		n++;
	return n > 0;
}

static void backlog_pause(void)
{
	const struct timespec pause = { .tv_nsec = BACKLOG_PAUSE };

	nanosleep(&pause, NULL);
}

/* What has been sent by now, not what is being sent: a guest may never stop. */
bool wire_take_all(struct machine *machine)
{
	uint64_t until = lab_clock_now(&machine->clock) + BACKLOG_WAIT;
	uint64_t sent = backlog_sent(&machine->backlog);
	bool moved = wire_poll(machine);

	if (machine->wire < 0)
		return false;
	losses_count(machine);
	while ((int64_t)(sent - machine->wire_taken) > 0) {
		if (lab_clock_now(&machine->clock) >= until) {
			backlog_forget(&machine->backlog, machine->wire_taken);
			break;
		}
		backlog_pause();
		moved |= wire_poll(machine);
		losses_count(machine);
	}
	return moved;
}

void wire_settle(struct machine *machine)
{
	uint64_t until = lab_clock_now(&machine->clock) + BACKLOG_WAIT;

	while (backlog_to_guest(&machine->backlog) > 0) {
		if (lab_clock_now(&machine->clock) >= until) {
			backlog_forget(&machine->backlog, machine->wire_taken);
			return;
		}
		backlog_pause();
	}
}
