// SPDX-License-Identifier: BSD-3-Clause
/*
 * TPACKET_V2 and not V3: a V3 frame is visible only when its block is full or a timer has run out,
 * which costs latency that no application expects of a NIC. A frame that does not fit into a slot
 * (GRO, or an MTU raised since) is queued on the socket as a whole too, PACKET_COPY_THRESH, in the
 * order of the slots. [net/packet/af_packet.c, tpacket_rcv]
 */
#include "packet_ring.h"

#include "frame.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <linux/if_ether.h>
#include <arpa/inet.h>

#define BLOCK_SIZE 65536u
#define SLOTS_MIN 64u
#define COPY_LEN (65536u + AN_ETHER_LEN + 2 * AN_VLAN_LEN)
/* Kernel memory for frames longer than a slot and for frames to be sent; the kernel doubles it. */
#define RECEIVE_BYTES (4 << 20)
#define SEND_BYTES (1 << 20)

/* Bytes of a slot in front of the frame: as tpacket_rcv() computes them, and rounded up. */
#define SLOT_FRONT (TPACKET_ALIGN(TPACKET2_HDRLEN + 16) + sizeof(struct virtio_net_hdr))

/* Beyond the system's limit where the process may (CAP_NET_ADMIN), as far as it goes otherwise. */
static void buffer_set(int fd, int force, int name, int bytes)
{
	if (setsockopt(fd, SOL_SOCKET, force, &bytes, sizeof(bytes)) != 0)
		setsockopt(fd, SOL_SOCKET, name, &bytes, sizeof(bytes));
}

static int option_set(int fd, int name, int value)
{
	return setsockopt(fd, SOL_PACKET, name, &value, sizeof(value)) != 0 ? -errno : 0;
}

static int socket_bind(int fd, int ifindex, uint16_t protocol)
{
	struct sockaddr_ll address = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(protocol),
		.sll_ifindex = ifindex,
	};

	return bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 ? -errno : 0;
}

/* Asks for half as many slots until the kernel has the memory. */
static int ring_map(struct an_ring *ring, unsigned int slots, unsigned int mtu)
{
	struct tpacket_req request = { 0 };
	size_t slot = SLOT_FRONT + AN_ETHER_LEN + 2 * AN_VLAN_LEN + mtu;

	ring->slot_size = (uint32_t)TPACKET_ALIGN(slot);
	ring->block_size = BLOCK_SIZE;
	while (ring->block_size < ring->slot_size)
		ring->block_size *= 2;
	ring->per_block = ring->block_size / ring->slot_size;
	for (;; slots /= 2) {
		if (slots < SLOTS_MIN)
			return -ENOMEM;
		request.tp_block_size = ring->block_size;
		request.tp_frame_size = ring->slot_size;
		request.tp_block_nr = (slots + ring->per_block - 1) / ring->per_block;
		request.tp_frame_nr = request.tp_block_nr * ring->per_block;
		if (setsockopt(ring->fd, SOL_PACKET, PACKET_RX_RING, &request,
			       sizeof(request)) == 0)
			break;
		if (errno != ENOMEM)
			return -errno;
	}
	ring->slots = request.tp_frame_nr;
	ring->map_len = (size_t)request.tp_block_nr * ring->block_size;
	ring->map = mmap(NULL, ring->map_len, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			 ring->fd, 0);
	if (ring->map == MAP_FAILED) {
		ring->map = NULL;
		return -errno;
	}
	ring->index = 0;
	ring->slot = (struct tpacket2_hdr *)ring->map;
	return 0;
}

int an_ring_open(struct an_ring *ring, int ifindex, unsigned int slots, unsigned int mtu)
{
	static const struct {
		int name, value;
	} options[] = {
		{ PACKET_VERSION, TPACKET_V2 },
		{ PACKET_IGNORE_OUTGOING, 1 },
		{ PACKET_VNET_HDR, 1 },
		{ PACKET_COPY_THRESH, (int)COPY_LEN },
	};
	int ret;

	memset(ring, 0, sizeof(*ring));
	/* Protocol 0: nothing arrives before the ring is there and bind() names a protocol. */
	ring->fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
	if (ring->fd < 0)
		return -errno;
	ret = -ENOMEM;
	ring->copy = malloc(COPY_LEN);
	if (ring->copy == NULL)
		goto err_close;
	buffer_set(ring->fd, SO_RCVBUFFORCE, SO_RCVBUF, RECEIVE_BYTES);
	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		ret = option_set(ring->fd, options[i].name, options[i].value);
		if (ret != 0)
			goto err_close;
	}
	ret = ring_map(ring, slots, mtu);
	if (ret != 0)
		goto err_close;
	ret = socket_bind(ring->fd, ifindex, ETH_P_ALL);
	if (ret != 0)
		goto err_close;
	return 0;

err_close:
	an_ring_close(ring);
	return ret;
}

void an_ring_close(struct an_ring *ring)
{
	if (ring->map != NULL)
		munmap(ring->map, ring->map_len);
	if (ring->fd >= 0)
		close(ring->fd);
	free(ring->copy);
	memset(ring, 0, sizeof(*ring));
	ring->fd = -1;
}

/* Takes the whole frame from the socket's queue; 0 if it is not there or too long. */
static uint32_t copy_take(struct an_ring *ring, struct virtio_net_hdr *vnet)
{
	struct iovec iov[2] = {
		{ .iov_base = vnet, .iov_len = sizeof(*vnet) },
		{ .iov_base = ring->copy, .iov_len = COPY_LEN },
	};
	struct msghdr message = { .msg_iov = iov, .msg_iovlen = 2 };
	ssize_t got;

	/* An interface that went down leaves its error on the socket, to be reported once. */
	do
		got = recvmsg(ring->fd, &message, MSG_DONTWAIT);
	while (got < 0 && (errno == ENETDOWN || errno == EINTR));
	if (got < (ssize_t)sizeof(*vnet) || (message.msg_flags & MSG_TRUNC))
		return 0;
	return (uint32_t)((size_t)got - sizeof(*vnet));
}

void an_ring_frame(struct an_ring *ring, struct an_ring_frame *frame)
{
	uint8_t *slot = (uint8_t *)ring->slot;
	const struct tpacket2_hdr *header = ring->slot;
	const struct sockaddr_ll *from =
		(const void *)(slot + TPACKET_ALIGN(sizeof(struct tpacket2_hdr)));

	frame->data = slot + header->tp_mac;
	frame->len = header->tp_len;
	frame->status = header->tp_status;
	frame->vlan_tci = header->tp_vlan_tci;
	frame->vlan_tpid = header->tp_vlan_tpid;
	frame->type = from->sll_pkttype;
	memset(&frame->vnet, 0, sizeof(frame->vnet));
	if (header->tp_mac >= sizeof(frame->vnet))
		memcpy(&frame->vnet, frame->data - sizeof(frame->vnet), sizeof(frame->vnet));
	if (frame->status & TP_STATUS_COPY) {
		frame->data = ring->copy;
		frame->len = copy_take(ring, &frame->vnet);
	} else if (header->tp_snaplen < header->tp_len) {
		frame->len = 0;
	}
}

void an_ring_advance(struct an_ring *ring)
{
	struct tpacket2_hdr *slot = ring->slot;

	ring->index = ring->index + 1 == ring->slots ? 0 : ring->index + 1;
	__atomic_store_n(&ring->slot,
			 (struct tpacket2_hdr *)(ring->map +
						 (size_t)(ring->index / ring->per_block) *
							 ring->block_size +
						 (size_t)(ring->index % ring->per_block) *
							 ring->slot_size),
			 __ATOMIC_RELAXED);
	/* The kernel may write to the slot as soon as it sees this. */
	__atomic_store_n(&slot->tp_status, TP_STATUS_KERNEL, __ATOMIC_RELEASE);
}

unsigned int an_ring_drops(struct an_ring *ring)
{
	struct tpacket_stats stats = { 0 };
	socklen_t len = sizeof(stats);

	if (ring->fd < 0 || getsockopt(ring->fd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) != 0)
		return 0;
	return stats.tp_drops;
}

int an_packet_sender(int ifindex)
{
	int ret, fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	buffer_set(fd, SO_SNDBUFFORCE, SO_SNDBUF, SEND_BYTES);
	ret = option_set(fd, PACKET_VNET_HDR, 1);
	if (ret == 0)
		ret = socket_bind(fd, ifindex, 0);
	if (ret != 0) {
		close(fd);
		return ret;
	}
	return fd;
}
