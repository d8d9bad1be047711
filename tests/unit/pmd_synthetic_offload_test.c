// SPDX-License-Identifier: BSD-3-Clause
/*
 * Offloads of the synthetic side. What leaves is looked at on the wire with the interface's own
 * offloads off, so the kernel has to do what it was asked; what arrives without being on a wire
 * (checksums not filled in, frames never cut) comes from a tap device.
 */
#include "../../pmd/segment.h"
#include "pmd_synthetic.h"

#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <rte_ethdev.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#define GSO_UDP_L4 5 /* VIRTIO_NET_HDR_GSO_UDP_L4, which 6.1's headers lack */
#define TAG 0x2123 /* priority 1, VLAN 0x123 */
#define CKSUM                                                                                      \
	(RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_UDP_CKSUM |                            \
	 RTE_ETH_RX_OFFLOAD_TCP_CKSUM)

static uint8_t frame[FRAMES_MAX], other[FRAMES_MAX], wire[FRAMES_MAX];

static const struct frame_spec kinds[] = {
	{ .version = 4, .protocol = PROTO_UDP },
	{ .version = 4, .protocol = PROTO_TCP, .options = 12 },
	{ .version = 6, .protocol = PROTO_UDP },
	{ .version = 6, .protocol = PROTO_TCP },
	{ .version = 4, .protocol = PROTO_TCP, .vlan = TAG },
	{ .version = 6, .protocol = PROTO_UDP, .vlan = TAG },
};
#define KINDS (sizeof(kinds) / sizeof(kinds[0]))

static size_t kind_build(size_t kind, size_t payload)
{
	struct frame_spec spec = kinds[kind];

	spec.dst_mac = side.mac;
	spec.src[0] = 10;
	spec.dst[0] = 10;
	spec.dst[3] = 77;
	spec.sport = 1000;
	spec.dport = 2000;
	spec.payload = payload;
	spec.tcp_flags = 0x19;
	return frames_build(frame, &spec);
}

static size_t l3_offset(size_t kind)
{
	return kinds[kind].vlan ? 18 : 14;
}

static size_t l3_len(size_t kind)
{
	return kinds[kind].version == 4 ? 20 : 40;
}

static size_t l4_offset(size_t kind)
{
	return l3_offset(kind) + l3_len(kind);
}

static size_t checksum_offset(size_t kind)
{
	return l4_offset(kind) + (kinds[kind].protocol == PROTO_TCP ? TCP_CHECKSUM : UDP_CHECKSUM);
}

/* ------------------------------------------------------------------------------------ VLAN */

static void vlan_in(void)
{
	struct rte_mbuf *m;
	size_t len;

	if (!side_is_there())
		return;
	for (size_t strip = 0; strip < 2; strip++) {
		side_start(1, strip ? RTE_ETH_RX_OFFLOAD_VLAN_STRIP : 0);
		len = kind_build(4, 100);
		CU_ASSERT_TRUE(net_send(side.peer, NULL, frame, len));
		m = side_next();
		if (strip) {
			memmove(frame + 12, frame + 16, len - 16);
			len -= 4;
		}
		CU_ASSERT_TRUE(side_is(m, frame, len));
		CU_ASSERT_EQUAL(m->ol_flags, strip ? RTE_MBUF_F_RX_VLAN |
						     RTE_MBUF_F_RX_VLAN_STRIPPED : 0);
		CU_ASSERT_TRUE(!strip || m->vlan_tci == TAG);
		rte_pktmbuf_free(m);
		/* Only the tag of 802.1Q is stripped; one of 802.1ad stays. */
		len = kind_build(4, 100);
		wire_put16(frame + 12, 0x88a8);
		CU_ASSERT_TRUE(net_send(side.peer, NULL, frame, len));
		m = side_next();
		CU_ASSERT_TRUE(side_is(m, frame, len));
		CU_ASSERT_EQUAL(m->ol_flags, 0);
		rte_pktmbuf_free(m);
		side_stop();
	}
}

static void vlan_out(void)
{
	struct rte_mbuf *m;
	size_t len;

	if (!side_is_there())
		return;
	side_start(1, 0);
	len = kind_build(1, 1460 - 12); /* the longest, so 1518 with the tag */
	CU_ASSERT_EQUAL(len, 1514);
	for (uint16_t piece = 0; piece < 20; piece++) {
		m = side_mbuf(frame, len, piece);
		m->ol_flags = RTE_MBUF_F_TX_VLAN;
		m->vlan_tci = TAG;
		if (m->nb_segs > 1000) {
			rte_pktmbuf_free(m);
			continue;
		}
		CU_ASSERT_EQUAL(side_send(m), 1);
		CU_ASSERT_EQUAL(net_receive(side.peer, wire, sizeof(wire), 1000), len + 4);
		CU_ASSERT_EQUAL(memcmp(wire, frame, 12), 0);
		CU_ASSERT_EQUAL(wire_get16(wire + 12), 0x8100);
		CU_ASSERT_EQUAL(wire_get16(wire + 14), TAG);
		CU_ASSERT_EQUAL(memcmp(wire + 16, frame + 12, len - 12), 0);
	}
	CU_ASSERT_EQUAL(side_counters().tx_errors, 0);
}

/* ------------------------------------------------------------------------------- checksums */

static void checksums_in(void)
{
	static const uint64_t ip_flags[] = { RTE_MBUF_F_RX_IP_CKSUM_GOOD,
					     RTE_MBUF_F_RX_IP_CKSUM_BAD };
	struct rte_mbuf *m;
	size_t len;

	if (!side_is_there())
		return;
	side_start(1, CKSUM);
	for (size_t i = 0; i < KINDS * 4; i++) {
		size_t kind = i / 4, bad_ip = i % 2, bad_l4 = i / 2 % 2;
		uint64_t flags = bad_l4 ? RTE_MBUF_F_RX_L4_CKSUM_BAD : RTE_MBUF_F_RX_L4_CKSUM_GOOD;

		len = kind_build(kind, 333);
		if (kinds[kind].version == 4) {
			frame[l3_offset(kind) + IPV4_CHECKSUM] ^= (uint8_t)bad_ip;
			flags |= ip_flags[bad_ip];
		}
		frame[len - 1] ^= (uint8_t)bad_l4;
		CU_ASSERT_TRUE(net_send(side.peer, NULL, frame, len));
		m = side_next();
		CU_ASSERT_TRUE(side_is(m, frame, len));
		CU_ASSERT_EQUAL(m->ol_flags, flags);
		rte_pktmbuf_free(m);
	}
	side_stop();
	/* Who does not ask is told nothing. */
	side_start(1, 0);
	CU_ASSERT_TRUE(net_send(side.peer, NULL, frame, kind_build(0, 10)));
	m = side_next();
	CU_ASSERT_EQUAL(m->ol_flags, 0);
	rte_pktmbuf_free(m);
}

/* An mbuf that asks for all checksums of a frame whose fields hold nonsense. */
static struct rte_mbuf *checksum_mbuf(size_t kind, size_t len, uint16_t piece)
{
	bool tcp = kinds[kind].protocol == PROTO_TCP;
	struct rte_mbuf *m;

	memcpy(other, frame, len);
	wire_put16(other + checksum_offset(kind), 0xdead);
	if (kinds[kind].version == 4)
		wire_put16(other + l3_offset(kind) + IPV4_CHECKSUM, 0xbeef);
	m = side_mbuf(other, len, piece);
	m->l2_len = l3_offset(kind) & 0x7f;
	m->l3_len = l3_len(kind) & 0x1ff;
	m->l4_len = tcp ? (20 + kinds[kind].options) & 0xff : 8;
	m->ol_flags = (tcp ? RTE_MBUF_F_TX_TCP_CKSUM : RTE_MBUF_F_TX_UDP_CKSUM) |
		      (kinds[kind].version == 4 ? RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM :
						  RTE_MBUF_F_TX_IPV6);
	return m;
}

static void checksums_out(void)
{
	if (!side_is_there())
		return;
	CU_ASSERT_EQUAL(net_run("ethtool -K an0 tx off >/dev/null"), 0);
	side_start(1, 0);
	for (size_t i = 0; i < KINDS * 3; i++) {
		static const uint16_t pieces[] = { 0, 7, 60 };
		size_t kind = i / 3, len = kind_build(kind, 333);
		struct rte_mbuf *m = checksum_mbuf(kind, len, pieces[i % 3]);

		/* The application may send the same buffer elsewhere: nothing in it changes. */
		rte_pktmbuf_refcnt_update(m, 1);
		CU_ASSERT_EQUAL(side_send(m), 1);
		CU_ASSERT_TRUE(side_is(m, other, len));
		CU_ASSERT_EQUAL(net_receive(side.peer, wire, sizeof(wire), 1000), len);
		CU_ASSERT_EQUAL(memcmp(wire, frame, len), 0);
		/* And with a tag put in at the same time. */
		if (!kinds[kind].vlan) {
			m->ol_flags |= RTE_MBUF_F_TX_VLAN;
			m->vlan_tci = TAG;
			CU_ASSERT_EQUAL(side_send(m), 1);
			CU_ASSERT_EQUAL(net_receive(side.peer, wire, sizeof(wire), 1000), len + 4);
			CU_ASSERT_EQUAL(wire_get16(wire + 14), TAG);
			CU_ASSERT_EQUAL(memcmp(wire + 16, frame + 12, len - 12), 0);
		} else {
			rte_pktmbuf_free(m);
		}
	}
	CU_ASSERT_EQUAL(side_counters().tx_errors, 0);
}

/* -------------------------------------------------------------------------------- TSO out */

/* The peer gets exactly the pieces of the frame in `frame`. `tag`: with that many bytes more. */
static void pieces_arrive(size_t len, uint16_t size, size_t tag)
{
	struct an_segment segment;
	struct an_piece piece;

	CU_ASSERT_EQUAL_FATAL(an_segment_start(&segment, frame, len, size), 0);
	while (an_segment_next(&segment, &piece)) {
		size_t got = net_receive(side.peer, wire, sizeof(wire), 1000);

		CU_ASSERT_EQUAL_FATAL(got, piece.head_len + piece.body_len + tag);
		CU_ASSERT_EQUAL(memcmp(wire, piece.head, 12), 0);
		CU_ASSERT_EQUAL(memcmp(wire + 12 + tag, piece.head + 12, piece.head_len - 12), 0);
		CU_ASSERT_EQUAL(memcmp(wire + tag + piece.head_len, piece.body, piece.body_len), 0);
	}
	CU_ASSERT_EQUAL(net_receive(side.peer, wire, sizeof(wire), 10), 0);
}

static void tso_out(void)
{
	static const size_t payloads[] = { 100, 1448, 1449, 10000, 60000 };

	if (!side_is_there())
		return;
	CU_ASSERT_EQUAL(net_run("ethtool -K an0 tso off tx off gso off >/dev/null"), 0);
	side_start(1, 0);
	for (size_t i = 0; i < KINDS * 5; i++) {
		size_t kind = i / 5, len = kind_build(kind, payloads[i % 5]);
		uint16_t size = kinds[kind].version == 4 ? 1440 : 1428;
		struct rte_mbuf *m;

		if (kinds[kind].protocol != PROTO_TCP)
			continue;
		m = checksum_mbuf(kind, len, i % 2 ? 0 : 1000);
		/* Some applications leave the length of the whole to the device. */
		wire_put16(rte_pktmbuf_mtod_offset(m, uint8_t *, l3_offset(kind) +
			   (kinds[kind].version == 4 ? IPV4_LENGTH : IPV6_LENGTH)), 0);
		m->ol_flags |= RTE_MBUF_F_TX_TCP_SEG;
		m->tso_segsz = size;
		if (!kinds[kind].vlan)
			rte_pktmbuf_refcnt_update(m, 1);
		CU_ASSERT_EQUAL(side_send(m), 1);
		pieces_arrive(len, size, 0);
		if (!kinds[kind].vlan) {
			m->ol_flags |= RTE_MBUF_F_TX_VLAN;
			m->vlan_tci = TAG;
			CU_ASSERT_EQUAL(side_send(m), 1);
			pieces_arrive(len, size, 4);
		}
	}
	CU_ASSERT_EQUAL(side_counters().tx_errors, 0);
}

/* ------------------------------------------------------------------- what never was on a wire */

/* A tap device takes the place of the pair's end that the port is on. */
static int tap_open(void)
{
	struct ifreq request = { .ifr_flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR };
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);

	snprintf(request.ifr_name, sizeof(request.ifr_name), "an0");
	if (fd < 0 || net_run("ip link del an0") != 0 || ioctl(fd, TUNSETIFF, &request) != 0 ||
	    net_run("ip link set an0 up") != 0) {
		fprintf(stderr, "skipped: no tap device (%s)\n", strerror(errno));
		close(fd);
		return -1;
	}
	net_mac("an0", side.mac);
	return fd;
}

static bool tap_send(int fd, struct virtio_net_hdr vnet, size_t len)
{
	struct iovec iov[2] = { { &vnet, sizeof(vnet) }, { frame, len } };

	return writev(fd, iov, 2) == (ssize_t)(sizeof(vnet) + len);
}

static struct virtio_net_hdr vnet_partial(size_t kind)
{
	return (struct virtio_net_hdr){
		.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM,
		.hdr_len = (uint16_t)(l4_offset(kind) + 20 + kinds[kind].options),
		.csum_start = (uint16_t)l4_offset(kind),
		.csum_offset = (uint16_t)(checksum_offset(kind) - l4_offset(kind)),
	};
}

/* The field of a sender that leaves the checksum to a device: the pseudo-header's sum. */
static void partial_write(size_t kind, size_t len)
{
	memcpy(other, frame, len);
	memset(other + l4_offset(kind), 0, len - l4_offset(kind));
	wire_put16(frame + checksum_offset(kind),
		   frames_l4_sum(other, l3_offset(kind), l4_offset(kind), len, kinds[kind].version,
				 kinds[kind].protocol));
}

static void checksum_not_ready(void)
{
	int fd;

	if (!side_is_there() || (fd = tap_open()) < 0)
		return;
	side_start(1, CKSUM);
	for (size_t kind = 0; kind < KINDS; kind++) {
		size_t len = kind_build(kind, 401);
		uint16_t right = wire_get16(frame + checksum_offset(kind));
		struct rte_mbuf *m;

		partial_write(kind, len);
		CU_ASSERT_NOT_EQUAL(wire_get16(frame + checksum_offset(kind)), right);
		CU_ASSERT_TRUE(tap_send(fd, vnet_partial(kind), len));
		m = side_next();
		wire_put16(frame + checksum_offset(kind), right);
		CU_ASSERT_TRUE(side_is(m, frame, len));
		CU_ASSERT_EQUAL(m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK,
				RTE_MBUF_F_RX_L4_CKSUM_GOOD);
		rte_pktmbuf_free(m);
	}
	close(fd);
}

static void super_frames_in(void)
{
	static const size_t payloads[] = { 1500, 1700, 5001, 30000, 64000 };
	int fd;

	if (!side_is_there() || (fd = tap_open()) < 0)
		return;
	side_start(1, CKSUM);
	for (size_t i = 0; i < KINDS * 5; i++) {
		size_t kind = i / 5, len = kind_build(kind, payloads[i % 5]);
		struct virtio_net_hdr vnet = vnet_partial(kind);
		struct an_segment segment;
		struct an_piece piece;

		if (kinds[kind].protocol == PROTO_UDP) {
			vnet.gso_type = GSO_UDP_L4;
			vnet.hdr_len = (uint16_t)(l4_offset(kind) + 8);
		} else {
			vnet.gso_type = kinds[kind].version == 4 ? VIRTIO_NET_HDR_GSO_TCPV4 :
								   VIRTIO_NET_HDR_GSO_TCPV6;
		}
		partial_write(kind, len);
		vnet.gso_size = 1400;
		if (!tap_send(fd, vnet, len)) {
			/* Kernels before 6.2 know no segmentation of UDP here. */
			CU_ASSERT_EQUAL(vnet.gso_type, GSO_UDP_L4);
			continue;
		}
		CU_ASSERT_EQUAL_FATAL(an_segment_start(&segment, frame, len, 1400), 0);
		while (an_segment_next(&segment, &piece)) {
			struct rte_mbuf *m = side_next();

			memcpy(other, piece.head, piece.head_len);
			memcpy(other + piece.head_len, piece.body, piece.body_len);
			CU_ASSERT_TRUE(side_is(m, other, piece.head_len + piece.body_len));
			CU_ASSERT_PTR_NOT_NULL_FATAL(m);
			CU_ASSERT_EQUAL(m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK,
					RTE_MBUF_F_RX_L4_CKSUM_GOOD);
			rte_pktmbuf_free(m);
		}
		CU_ASSERT_TRUE(side_is_silent());
	}
	CU_ASSERT_EQUAL(side_counters().rx_dropped, 0);
	CU_ASSERT_EQUAL(side_counters().rx_oversize, 0);
	close(fd);
}

static CU_TestInfo tests[] = {
	{ "VLAN tags come in", vlan_in },
	{ "VLAN tags go out", vlan_out },
	{ "checksums come in", checksums_in },
	{ "checksums go out", checksums_out },
	{ "TSO goes out", tso_out },
	{ "checksums that were not filled in", checksum_not_ready },
	{ "super frames come in", super_frames_in },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pmd/synthetic_offload", side_setup, side_teardown, tests);
