// SPDX-License-Identifier: BSD-3-Clause
/* sink, uplink and the turns peers get. */
#include "fabric_fixture.h"

#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

static const uint8_t far_mac[6] = { 0, 0x15, 0x5d, 0, 0, 9 };
static const uint8_t broadcast[6] = { 255, 255, 255, 255, 255, 255 };

static size_t build(const uint8_t *dst, const uint8_t *src, size_t payload)
{
	struct frame_spec spec = { .version = 4, .protocol = PROTO_UDP, .payload = payload,
				   .dst_mac = dst, .src_mac = src };

	return frames_build(frame, &spec);
}

static void sink(void)
{
	struct pollfd fds[4];

	CU_ASSERT_EQUAL(fabric_peer_sink(fabric), 0);
	fabric_send(nic[0], FABRIC_VF, frame, build(far_mac, nic_mac[0], 1));
	fabric_send(nic[0], FABRIC_VF, frame, build(broadcast, nic_mac[0], 1));
	CU_ASSERT_EQUAL(tx(0, FABRIC_VF)->packets, 2);
	CU_ASSERT_EQUAL(guest[0][FABRIC_SYNTHETIC].frames, 0);
	CU_ASSERT_EQUAL(fabric_poll(fabric, 10), 0);
	CU_ASSERT_EQUAL(fabric_pollfds(fabric, fds, 4), 0);
	CU_ASSERT_EQUAL(fabric_lost(fabric), 0);
}

/* A second fabric with one NIC, as the other process would have it. */
static struct fabric *far;
static struct fabric_port *far_nic;
static struct guest_path far_guest;

static void join(void)
{
	struct fabric_config config = { 0 };
	int fd[2];

	memset(&far_guest, 0, sizeof(far_guest));
	far = fabric_create(&config);
	far_nic = fabric_nic_add(far, 0, far_mac);
	fabric_attach(far_nic, FABRIC_SYNTHETIC, &guest_ops, &far_guest);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
	CU_ASSERT_EQUAL(fabric_uplink_add(fabric, fd[0]), 0);
	CU_ASSERT_EQUAL(fabric_uplink_add(far, fd[1]), 0);
}

static void uplink_both_ways(void)
{
	struct pollfd fds[2];
	size_t len;

	join();
	len = build(far_mac, nic_mac[0], 8972);
	fabric_send(nic[0], FABRIC_VF, frame, len);
	CU_ASSERT_EQUAL(fabric_pollfds(far, fds, 2), 1);
	CU_ASSERT_EQUAL(fabric_pollfds(far, fds, 0), 0);
	CU_ASSERT_EQUAL(poll(fds, 1, 0), 1);
	CU_ASSERT_EQUAL(fabric_poll(far, 10), 1);
	CU_ASSERT_EQUAL(far_guest.len, len);
	CU_ASSERT_EQUAL(memcmp(far_guest.last, frame, len), 0);
	CU_ASSERT_EQUAL(guest[1][FABRIC_SYNTHETIC].frames, 1); /* far_mac was not known yet */
	len = build(nic_mac[0], far_mac, 1);
	fabric_send(far_nic, FABRIC_VF, frame, len);
	CU_ASSERT_EQUAL(fabric_poll(fabric, 10), 1);
	CU_ASSERT_EQUAL(guest[0][FABRIC_SYNTHETIC].frames, 1);
	CU_ASSERT_EQUAL(guest[1][FABRIC_SYNTHETIC].frames, 1);
	/* The budget is kept. */
	for (int i = 0; i < 5; i++)
		fabric_send(far_nic, FABRIC_VF, frame, len);
	CU_ASSERT_EQUAL(fabric_poll(fabric, 3), 3);
	CU_ASSERT_EQUAL(fabric_poll(fabric, 0), 0);
	CU_ASSERT_EQUAL(fabric_poll(fabric, 3), 2);
	fabric_destroy(far);
}

static void uplink_full(void)
{
	size_t len;

	join();
	len = build(far_mac, nic_mac[0], 8000);
	for (int i = 0; i < 2000; i++)
		fabric_send(nic[0], FABRIC_VF, frame, len);
	CU_ASSERT_TRUE(fabric_lost(fabric) > 0);
	CU_ASSERT_EQUAL(fabric_lost(fabric) + fabric_poll(far, 5000), 2000);
	fabric_destroy(far);
}

static void uplink_gone(void)
{
	struct pollfd fds[2];
	size_t len;

	join();
	fabric_send(far_nic, FABRIC_VF, frame, build(nic_mac[0], far_mac, 1));
	CU_ASSERT_EQUAL(fabric_poll(fabric, 10), 1);
	fabric_destroy(far);
	len = build(far_mac, nic_mac[0], 1);
	fabric_send(nic[0], FABRIC_VF, frame, len); /* not noticed yet */
	CU_ASSERT_EQUAL(fabric_lost(fabric), 1);
	CU_ASSERT_EQUAL(fabric_poll(fabric, 10), 0);
	CU_ASSERT_EQUAL(fabric_pollfds(fabric, fds, 2), 0);
	CU_ASSERT_EQUAL(guest[1][FABRIC_SYNTHETIC].frames, 0);
	fabric_send(nic[0], FABRIC_VF, frame, len); /* its address is forgotten: a flood */
	CU_ASSERT_EQUAL(guest[1][FABRIC_SYNTHETIC].frames, 1);
	CU_ASSERT_EQUAL(fabric_lost(fabric), 1);
}

static void uplink_lies(void)
{
	static uint8_t big[FABRIC_FRAME_MAX + 1];
	int fd[2], datagram[2];

	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
	CU_ASSERT_EQUAL(fabric_uplink_add(fabric, fd[0]), 0);
	CU_ASSERT_EQUAL(send(fd[1], big, sizeof(big), 0), sizeof(big));
	CU_ASSERT_EQUAL(send(fd[1], big, 13, 0), 13);
	CU_ASSERT_EQUAL(send(fd[1], big, 14, 0), 14); /* to 0:0:0:0:0:0, nobody's: a flood */
	CU_ASSERT_EQUAL(fabric_poll(fabric, 10), 3);
	CU_ASSERT_EQUAL(fabric_lost(fabric), 2);
	CU_ASSERT_EQUAL(guest[0][FABRIC_SYNTHETIC].frames, 1);
	/* A frame whose IP header lies is the guest's to judge. */
	big[12] = 8;
	CU_ASSERT_EQUAL(send(fd[1], big, 20, 0), 20);
	CU_ASSERT_EQUAL(fabric_poll(fabric, 10), 1);
	CU_ASSERT_EQUAL(guest[0][FABRIC_SYNTHETIC].len, 20);
	close(fd[1]);
	CU_ASSERT_EQUAL(fabric_uplink_add(fabric, -1), -EBADF);
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_DGRAM, 0, datagram), 0);
	CU_ASSERT_EQUAL(fabric_uplink_add(fabric, datagram[0]), -EINVAL);
	close(datagram[0]);
	close(datagram[1]);
}

static CU_TestInfo tests[] = {
	{ "sink", sink },
	{ "uplink, both ways", uplink_both_ways },
	{ "a full uplink loses frames and counts them", uplink_full },
	{ "an uplink whose other end goes", uplink_gone },
	{ "an uplink whose other end lies", uplink_lies },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("fabric/peer", fixture_up, fixture_down, tests);
