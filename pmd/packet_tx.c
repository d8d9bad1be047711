// SPDX-License-Identifier: BSD-3-Clause
/*
 * Sends bursts on an AF_PACKET socket of the queue's own. PACKET_QDISC_BYPASS is not used: without
 * the qdisc a full device queue drops frames where we want to be told to wait, and frames would
 * overtake those that wait in it.
 *
 * Offloads are asked of the kernel by the virtio header in front of each frame, which does them
 * itself where the interface cannot. Headers that have to be changed for it (pseudo-header's sum,
 * IPv4's checksum, a VLAN tag) are changed in a copy, since the application may send the same
 * buffer elsewhere too.
 */
#define _GNU_SOURCE /* sendmmsg() */
#include "packet.h"

#include "frame.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <rte_ip.h>
#include <rte_malloc.h>

#define BATCH 32u
#define HEAD_MAX 256u /* bytes of headers that can be changed */
#define IOV_MAX_FRAME 1024u /* UIO_MAXIOV of the kernel */
#define IP_MAX 65535u
#define VLAN_TYPE 0x8100

#define OFFLOADS_CHECKSUM                                                                          \
	(RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_TCP_SEG)
#define OFFLOADS_DONE (OFFLOADS_CHECKSUM | RTE_MBUF_F_TX_VLAN)
/* They say what a frame is, and ask for nothing. */
#define FLAGS_PLAIN (RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6)
#define OFFLOADS_UNKNOWN (RTE_MBUF_F_TX_OFFLOAD_MASK & ~(OFFLOADS_DONE | FLAGS_PLAIN))

/* What goes in front of a frame's data; the kernel sees both as one. */
struct tx_front {
	struct virtio_net_hdr vnet;
	uint8_t head[HEAD_MAX];
};

struct an_packet_tx {
	int fd;
	uint64_t errors; /* atomic */
	struct tx_front fronts[BATCH];
	struct mmsghdr messages[BATCH];
	struct iovec iov[IOV_MAX_FRAME];
};

struct an_packet_tx *an_packet_tx_create(int ifindex, int socket)
{
	struct an_packet_tx *tx = rte_zmalloc_socket("an_packet_tx", sizeof(*tx), 0, socket);

	if (tx == NULL) {
		errno = ENOMEM;
		return NULL;
	}
	tx->fd = an_packet_sender(ifindex);
	if (tx->fd < 0) {
		errno = -tx->fd;
		rte_free(tx);
		return NULL;
	}
	return tx;
}

void an_packet_tx_destroy(struct an_packet_tx *tx)
{
	if (tx == NULL)
		return;
	close(tx->fd);
	rte_free(tx);
}

unsigned int an_packet_tx_pending(const struct an_packet_tx *tx)
{
	int bytes = 0;

	if (ioctl(tx->fd, SIOCOUTQ, &bytes) != 0 || bytes < 0)
		return 0;
	return (unsigned int)bytes;
}

uint64_t an_packet_tx_errors(const struct an_packet_tx *tx)
{
	return __atomic_load_n(&tx->errors, __ATOMIC_RELAXED);
}

/*
 * Checksums and segmentation of the frame whose headers are in front->head. `len` is the frame's
 * length, headers the length of all headers. Offsets are still without VLAN tag. 0 or -EINVAL.
 */
static int offload_ask(struct tx_front *front, const struct rte_mbuf *m, uint32_t len)
{
	uint8_t *ip = front->head + m->l2_len, *l4 = ip + m->l3_len;
	bool ipv4 = ip[0] >> 4 == 4;
	bool tso = m->ol_flags & RTE_MBUF_F_TX_TCP_SEG;
	bool udp = (m->ol_flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_UDP_CKSUM;
	uint32_t ip_len = len - m->l2_len;
	size_t field = udp ? AN_UDP_CHECKSUM : AN_TCP_CHECKSUM;

	if (m->l3_len < (ipv4 ? AN_IPV4_LEN : AN_IPV6_LEN) || (!ipv4 && ip[0] >> 4 != 6))
		return -EINVAL;
	if (tso) {
		if (ip_len > IP_MAX || m->tso_segsz == 0)
			return -EINVAL;
		/* The kernel wants the pieces' sum of both lengths, not the application's part. */
		if (ipv4)
			an_put16(ip + AN_IPV4_TOTAL, (uint16_t)ip_len);
		else
			an_put16(ip + AN_IPV6_PAYLOAD, (uint16_t)(ip_len - AN_IPV6_LEN));
		front->vnet.gso_type = ipv4 ? VIRTIO_NET_HDR_GSO_TCPV4 : VIRTIO_NET_HDR_GSO_TCPV6;
		front->vnet.gso_size = m->tso_segsz;
	}
	if (ipv4 && (tso || (m->ol_flags & RTE_MBUF_F_TX_IP_CKSUM))) {
		an_put16(ip + AN_IPV4_CHECKSUM, 0);
		an_put_sum(ip + AN_IPV4_CHECKSUM, (uint16_t)~rte_raw_cksum(ip, m->l3_len));
	}
	if (!tso && (m->ol_flags & RTE_MBUF_F_TX_L4_MASK) == 0)
		return 0;
	an_put_sum(l4 + field, an_frame_pseudo(ip, ipv4 ? AN_L3_IPV4 : AN_L3_IPV6,
					       udp ? IPPROTO_UDP : IPPROTO_TCP,
					       ip_len - m->l3_len));
	front->vnet.flags = VIRTIO_NET_HDR_F_NEEDS_CSUM;
	front->vnet.csum_start = (uint16_t)(m->l2_len + m->l3_len);
	front->vnet.csum_offset = (uint16_t)field;
	return 0;
}

/* Bytes of headers to be copied to the front for what the frame asks for, or -EINVAL. */
static int head_len(const struct rte_mbuf *m)
{
	uint32_t len = AN_ETHER_ADDRESSES;
	uint64_t l4 = m->ol_flags & RTE_MBUF_F_TX_L4_MASK;

	if (m->ol_flags & OFFLOADS_UNKNOWN || l4 == RTE_MBUF_F_TX_SCTP_CKSUM)
		return -EINVAL;
	if (m->ol_flags & OFFLOADS_CHECKSUM) {
		if (m->l2_len < AN_ETHER_LEN || m->l3_len < AN_IPV4_LEN)
			return -EINVAL;
		len = (uint32_t)m->l2_len + m->l3_len;
		if (m->ol_flags & RTE_MBUF_F_TX_TCP_SEG) {
			if (m->l4_len < AN_TCP_LEN)
				return -EINVAL;
			len += m->l4_len;
		} else if (l4 != 0) {
			len += l4 == RTE_MBUF_F_TX_UDP_CKSUM ? AN_UDP_LEN : AN_TCP_LEN;
		}
	}
	return len <= m->pkt_len && len <= HEAD_MAX - AN_VLAN_LEN ? (int)len : -EINVAL;
}

static void tag_insert(struct tx_front *front, size_t len, uint16_t tci)
{
	uint8_t *tag = front->head + AN_ETHER_ADDRESSES;

	memmove(tag + AN_VLAN_LEN, tag, len - AN_ETHER_ADDRESSES);
	an_put16(tag, VLAN_TYPE);
	an_put16(tag + 2, tci);
	if (front->vnet.flags & VIRTIO_NET_HDR_F_NEEDS_CSUM)
		front->vnet.csum_start += AN_VLAN_LEN;
}

/*
 * Fills the front of a frame that asks for something. Returns how many bytes of the frame it
 * replaces, `*len` how many it has itself; or -EINVAL.
 */
static int front_fill(struct tx_front *front, struct rte_mbuf *m, size_t *len)
{
	int copied = head_len(m), ret;
	const void *data;

	if (copied < 0)
		return copied;
	data = rte_pktmbuf_read(m, 0, (uint32_t)copied, front->head);
	if (data == NULL)
		return -EINVAL;
	if (data != front->head)
		memcpy(front->head, data, (size_t)copied);
	*len = (size_t)copied;
	if (m->ol_flags & OFFLOADS_CHECKSUM) {
		ret = offload_ask(front, m, m->pkt_len);
		if (ret != 0)
			return ret;
	}
	if (m->ol_flags & RTE_MBUF_F_TX_VLAN) {
		tag_insert(front, *len, m->vlan_tci);
		*len += AN_VLAN_LEN;
	}
	/* How much the kernel keeps in one piece: never less than the headers. */
	if (front->vnet.gso_type != VIRTIO_NET_HDR_GSO_NONE)
		front->vnet.hdr_len = (uint16_t)*len;
	return copied;
}

/*
 * One frame's message. Returns the number of iovecs it took, 0 if `room` of them are too few (if
 * all of them are, the frame has too many segments), -errno for a frame that can never be sent.
 */
static int message_build(struct tx_front *front, struct iovec *iov, unsigned int room,
			 struct rte_mbuf *m)
{
	size_t front_len = 0, skip = 0, total = 0;
	unsigned int count = 1;
	struct rte_mbuf *segment;
	int ret;

	if (m->nb_segs + 1u > room)
		return 0;
	memset(&front->vnet, 0, sizeof(front->vnet));
	if (m->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK & ~FLAGS_PLAIN) {
		ret = front_fill(front, m, &front_len);
		if (ret < 0)
			return ret;
		skip = (size_t)ret;
	}
	iov[0].iov_base = front;
	iov[0].iov_len = sizeof(front->vnet) + front_len;
	for (segment = m; segment != NULL; segment = segment->next) {
		size_t left = segment->data_len;
		size_t skipped = RTE_MIN(skip, left);

		total += left;
		skip -= skipped;
		if (left == skipped)
			continue;
		if (count > m->nb_segs)
			return -EINVAL; /* a chain longer than it says */
		iov[count].iov_base = rte_pktmbuf_mtod_offset(segment, void *, skipped);
		iov[count++].iov_len = left - skipped;
	}
	return total == m->pkt_len ? (int)count : -EINVAL;
}

/* Builds messages for at most n frames, ends at the first that cannot be sent or has no room. */
static unsigned int batch_build(struct an_packet_tx *tx, struct rte_mbuf **frames, uint16_t n)
{
	unsigned int used = 0, count = 0;

	while (count < n && count < BATCH) {
		int ret = message_build(&tx->fronts[count], tx->iov + used, IOV_MAX_FRAME - used,
					frames[count]);

		if (ret <= 0)
			break;
		tx->messages[count].msg_hdr.msg_iov = tx->iov + used;
		tx->messages[count].msg_hdr.msg_iovlen = (size_t)ret;
		used += (unsigned int)ret;
		count++;
	}
	return count;
}

/*
 * ENOBUFS is a qdisc that is full. If nothing of this queue waits in it, waiting would not help:
 * it is full of others' frames, or this one it will never take.
 */
static bool error_is_for_now(const struct an_packet_tx *tx, int error)
{
	return error == EAGAIN || error == ENOMEM ||
	       (error == ENOBUFS && an_packet_tx_pending(tx) != 0);
}

uint16_t an_packet_tx_burst(struct an_packet_tx *tx, struct rte_mbuf **frames, uint16_t n)
{
	uint64_t errors = 0;
	uint16_t done = 0;

	while (done < n) {
		unsigned int count = batch_build(tx, frames + done, (uint16_t)(n - done));
		int sent = 0;

		if (count != 0) {
			sent = sendmmsg(tx->fd, tx->messages, count, MSG_DONTWAIT);
			if (sent > 0) {
				done = (uint16_t)(done + sent);
				continue;
			}
			if (sent < 0 && errno == EINTR)
				continue;
			if (sent < 0 && error_is_for_now(tx, errno))
				break;
		}
		errors++; /* the first frame cannot be sent: go on behind it */
		done++;
	}
	if (errors != 0)
		__atomic_fetch_add(&tx->errors, errors, __ATOMIC_RELAXED);
	rte_pktmbuf_free_bulk(frames, done);
	return done;
}
