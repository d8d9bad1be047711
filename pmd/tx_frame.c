// SPDX-License-Identifier: BSD-3-Clause
/*
 * One frame in one WQE, whatever it is made of. The WQE may run over the ring's end, at any
 * segment. Nothing counts as posted until the whole WQE stands: a frame whose memory has no key yet
 * leaves the indices as they were.
 *
 * What a frame asks for is the application's word and is checked: what the device would answer with
 * an error CQE (which ends the queue) must not reach it.
 */
#include "tx_frame.h"

#include <errno.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <string.h>

#define TPID_VLAN 0x8100u
#define MACS 12u /* bytes in front of a VLAN tag */
#define TAG 4u
#define TSO_MSS_MIN 64u
#define LENGTH_MAX 63u /* segments of a WQE: the field has 6 bits */
/* Segments of a head that is no TSO's: an Ethernet header and a tag, or what a device demands. */
#define HEAD_MAX 4u

_Static_assert(HEAD_MAX + AN_TX_SEGMENTS_MAX <= LENGTH_MAX, "the longest chain fits");
_Static_assert((AN_WQE_INLINE_START + AN_TX_HEADER_MAX + TAG + 15) / AN_WQE_SEGMENT +
	       AN_TX_TSO_SEGMENTS_MAX <= LENGTH_MAX, "the longest chain to segment fits");

/* What stands in front of the data segments. */
struct head {
	uint32_t copied;   /* bytes of the frame that are inlined */
	uint32_t size;     /* bytes inlined, with a tag */
	bool tag_inlined;
	uint64_t ethernet; /* words of the Ethernet segment */
	uint64_t tail;
	uint8_t opcode;
};

static int frame_check_chain(const struct rte_mbuf *frame)
{
	const struct rte_mbuf *segment = frame;
	uint32_t len = 0;

	if (frame->nb_segs == 0 || frame->nb_segs > AN_TX_SEGMENTS_MAX)
		return -EINVAL;
	for (unsigned int i = 1; i < frame->nb_segs; i++) {
		len += segment->data_len;
		segment = segment->next;
		if (segment == NULL)
			return -EINVAL;
	}
	len += segment->data_len;
	return segment->next == NULL && len == frame->pkt_len ? 0 : -EINVAL;
}

static int frame_check_tso(const struct an_sq *sq, const struct rte_mbuf *frame)
{
	uint32_t header = frame->l2_len + frame->l3_len + frame->l4_len;

	if (sq->tso_max == 0)
		return -ENOTSUP;
	if (frame->pkt_len > sq->tso_max || frame->nb_segs > AN_TX_TSO_SEGMENTS_MAX ||
	    header > AN_TX_HEADER_MAX || header >= frame->pkt_len ||
	    frame->l2_len < AN_TX_FRAME_MIN || frame->l3_len < sizeof(struct rte_ipv4_hdr) ||
	    frame->l4_len < sizeof(struct rte_tcp_hdr) ||
	    frame->tso_segsz < TSO_MSS_MIN || frame->tso_segsz + header > AN_TX_FRAME_MAX)
		return -EINVAL;
	return 0;
}

int an_tx_frame_check(const struct an_sq *sq, const struct rte_mbuf *frame)
{
	uint64_t flags = frame->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK;
	int err;

	if ((flags & ~AN_TX_KNOWN_FLAGS) || !an_tx_l4_is_known(flags))
		return -ENOTSUP;
	err = frame_check_chain(frame);
	if (err != 0)
		return err;
	if (flags & RTE_MBUF_F_TX_TCP_SEG)
		return frame_check_tso(sq, frame);
	return frame->pkt_len < AN_TX_FRAME_MIN || frame->pkt_len > AN_TX_FRAME_MAX ? -EINVAL : 0;
}

static struct head head_of(const struct an_sq *sq, const struct rte_mbuf *frame)
{
	uint64_t flags = frame->ol_flags;
	struct head head = { .opcode = MLX5_OPCODE_SEND };
	uint8_t checksums = an_tx_checksums(flags);
	uint16_t mss = 0;

	head.copied = sq->inline_bytes;
	if (flags & RTE_MBUF_F_TX_TCP_SEG) {
		head.opcode = MLX5_OPCODE_TSO;
		head.copied = frame->l2_len + frame->l3_len + frame->l4_len;
		mss = frame->tso_segsz;
		checksums |= MLX5_ETH_WQE_L4_CSUM;
		if (!(flags & RTE_MBUF_F_TX_IPV6))
			checksums |= MLX5_ETH_WQE_L3_CSUM;
	}
	if ((flags & RTE_MBUF_F_TX_VLAN) && (head.copied > 0 || !sq->vlan_insert)) {
		head.tag_inlined = true;
		if (head.opcode == MLX5_OPCODE_SEND)
			head.copied = AN_TX_FRAME_MIN; /* with the tag, all that a device demands */
		head.size = TAG;
	}
	head.copied = RTE_MIN(head.copied, frame->pkt_len);
	head.size += head.copied;
	head.ethernet = an_wqe_ethernet(checksums, mss);
	head.tail = (flags & RTE_MBUF_F_TX_VLAN) && !head.tag_inlined ?
		an_wqe_vlan(frame->vlan_tci) : an_wqe_inline(head.size);
	return head;
}

static inline void *ring_end(const struct an_sq *sq)
{
	return sq->ring + ((size_t)sq->block_mask + 1) * AN_WQE_BLOCK;
}

/* Where the next byte of a WQE goes; runs over the ring's end. */
static inline uint8_t *ring_step(const struct an_sq *sq, uint8_t *at, uint32_t step)
{
	uint8_t *end = ring_end(sq);

	at += step;
	return at >= end ? at - (end - sq->ring) : at;
}

static uint8_t *ring_copy(const struct an_sq *sq, uint8_t *at, const void *from, uint32_t len)
{
	uint32_t left = (uint32_t)((uint8_t *)ring_end(sq) - at);
	uint32_t first = RTE_MIN(len, left);

	memcpy(at, from, first);
	memcpy(sq->ring, (const uint8_t *)from + first, len - first);
	return ring_step(sq, at, len);
}

/* Copies `len` bytes from byte *offset of *segment on, which lie in the chain, and moves both. */
static uint8_t *head_copy(const struct an_sq *sq, uint8_t *at, const struct rte_mbuf **segment,
			  uint32_t *offset, uint32_t len)
{
	while (len > 0) {
		uint32_t n = RTE_MIN(len, (*segment)->data_len - *offset);

		at = ring_copy(sq, at, rte_pktmbuf_mtod_offset(*segment, const uint8_t *, *offset),
			       n);
		*offset += n;
		len -= n;
		if (*offset == (*segment)->data_len && len > 0) {
			*segment = (*segment)->next;
			*offset = 0;
		}
	}
	return at;
}

/* Writes control and Ethernet segment and the inlined head; segment and offset end behind that. */
static void head_write(struct an_sq *sq, const struct head *head, uint64_t *wqe, uint16_t tci,
		       const struct rte_mbuf **segment, uint32_t *offset)
{
	uint8_t *at = (uint8_t *)wqe + AN_WQE_INLINE_START;
	uint32_t left = head->copied;

	wqe[1] = 0;
	wqe[2] = head->ethernet;
	wqe[3] = head->tail;
	if (head->tag_inlined) {
		uint32_t tag = rte_cpu_to_be_32(TPID_VLAN << 16 | tci);

		at = head_copy(sq, at, segment, offset, MACS);
		at = ring_copy(sq, at, &tag, TAG);
		left -= MACS;
	}
	head_copy(sq, at, segment, offset, left);
}

/* Writes a data segment; where the next one goes. NULL: the memory has no key. */
static uint64_t *data_write(struct an_sq *sq, uint64_t *at, uintptr_t address,
						uint32_t len)
{
	uint32_t key = an_mr_key(sq->memory, &sq->cache, address, len);

	if (unlikely(key == AN_MR_NONE))
		return NULL;
	at[0] = an_wqe_data(len, key);
	at[1] = an_wqe_address(address);
	at += 2;
	return at == ring_end(sq) ? (uint64_t *)(void *)sq->ring : at;
}

void an_tx_frame_refuse(struct an_txq *txq, struct rte_mbuf *frame)
{
	txq->refused++;
	rte_pktmbuf_free(frame);
}

/* Memory without a key: what is to become of the frame. */
static enum an_tx_verdict frame_without_key(struct an_txq *txq, struct rte_mbuf *frame,
					    uintptr_t address)
{
	if (!an_mr_request(txq->sq.memory, address))
		return AN_TX_LATER;
	an_tx_frame_refuse(txq, frame);
	return AN_TX_REFUSED;
}

/*
 * The WQE stands but for its first word: it counts from here on, and the queue owns each segment,
 * which is in its array already. A pool that is freed to in bulk wants them apart.
 */
static void frame_commit(struct an_txq *txq, struct rte_mbuf *frame,
					     uint64_t *wqe, uint8_t opcode, uint32_t segments)
{
	struct an_sq *sq = &txq->sq;
	uint16_t nb_segs = frame->nb_segs;

	wqe[0] = an_wqe_control(opcode, sq->block_head, sq->number, segments);
	sq->block_head += an_wqe_blocks(segments);
	sq->mbuf_head += nb_segs;
	sq->frame_head++;
	txq->vf.packets++;
	txq->vf.bytes += frame->pkt_len;
	while (txq->fast_free && frame != NULL) {
		struct rte_mbuf *next = frame->next;

		frame->next = NULL;
		frame->nb_segs = 1;
		frame = next;
	}
	if (an_sq_mark_is_due(sq))
		an_sq_mark(sq, wqe);
}

static bool frame_has_room(const struct an_sq *sq, const struct rte_mbuf *frame,
					       uint32_t head_segments)
{
	return an_sq_mbufs_free(sq) >= frame->nb_segs &&
	       an_sq_blocks_free(sq) >= an_wqe_blocks(head_segments + frame->nb_segs);
}

/* A frame that has been checked. */
static enum an_tx_verdict frame_write(struct an_txq *txq, struct rte_mbuf *frame,
				      uint64_t **control)
{
	struct an_sq *sq = &txq->sq;
	struct head head = head_of(sq, frame);
	uint32_t segments = an_wqe_head_segments(head.size), offset = 0;
	const struct rte_mbuf *segment = frame;
	uint16_t mbuf_head = sq->mbuf_head;
	uint64_t *wqe = an_sq_next(sq), *at;

	if (!frame_has_room(sq, frame, segments))
		return AN_TX_LATER;
	head_write(sq, &head, wqe, frame->vlan_tci, &segment, &offset);
	at = (uint64_t *)(void *)ring_step(sq, (uint8_t *)wqe, segments * AN_WQE_SEGMENT);
	for (; segment != NULL; segment = segment->next, offset = 0) {
		uintptr_t address = rte_pktmbuf_mtod_offset(segment, uintptr_t, offset);

		if (segment->data_len == offset)
			continue;
		at = data_write(sq, at, address, segment->data_len - offset);
		if (at == NULL)
			return frame_without_key(txq, frame, address);
		segments++;
	}
	for (struct rte_mbuf *mbuf = frame; mbuf != NULL; mbuf = mbuf->next)
		sq->mbufs[mbuf_head++ & sq->mbuf_mask] = mbuf;
	frame_commit(txq, frame, wqe, head.opcode, segments);
	*control = wqe;
	return AN_TX_POSTED;
}

enum an_tx_verdict an_tx_frame_post(struct an_txq *txq, struct rte_mbuf *frame, uint64_t **control)
{
	if (an_tx_frame_check(&txq->sq, frame) == 0)
		return frame_write(txq, frame, control);
	an_tx_frame_refuse(txq, frame);
	return AN_TX_REFUSED;
}
