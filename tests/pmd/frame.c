// SPDX-License-Identifier: BSD-3-Clause
/* Turns frames of the stream into mbufs and received mbufs into frames to judge. */
#include "frame.h"

#include "../../tools/lab/fabric/wire.h"

#include <string.h>

/* Cuts are where a driver's arithmetic may err, so they are anywhere, also within headers. */
static unsigned int cut(unsigned int left, unsigned int segments, uint64_t *random)
{
	unsigned int share = left / segments;

	*random = *random * 6364136223846793005u + 1442695040888963407u;
	if (segments == 1 || share < 2)
		return left;
	return 1 + (unsigned int)((*random >> 33) % (2 * share - 1));
}

static void put_offloads(struct rte_mbuf *packet, const struct stream_layout *layout,
			 const struct frame_options *options, unsigned int segment)
{
	packet->l2_len = layout->l3;
	packet->l3_len = layout->l4 - layout->l3;
	packet->ol_flags |= layout->ipv6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4;
	if (options->checksum || segment != 0) {
		if (!layout->ipv6)
			packet->ol_flags |= RTE_MBUF_F_TX_IP_CKSUM;
		packet->ol_flags |= layout->tcp ? RTE_MBUF_F_TX_TCP_CKSUM :
						  RTE_MBUF_F_TX_UDP_CKSUM;
	}
	if (segment != 0) {
		packet->ol_flags |= RTE_MBUF_F_TX_TCP_SEG;
		packet->l4_len = TCP_HEADER;
		packet->tso_segsz = (uint16_t)segment;
	}
}

static void blank_checksums(uint8_t *frame, const struct stream_layout *layout)
{
	if (!layout->ipv6)
		wire_put16(frame + layout->l3 + IPV4_CHECKSUM, 0);
	wire_put16(frame + layout->l4 + (layout->tcp ? TCP_CHECKSUM : UDP_CHECKSUM), 0);
}

static unsigned int tag_insert(uint8_t *frame, unsigned int length, uint16_t tci)
{
	memmove(frame + ETHER_TYPE + ETHER_VLAN_TAG, frame + ETHER_TYPE, length - ETHER_TYPE);
	wire_put16(frame + ETHER_TYPE, ETHER_TYPE_VLAN);
	wire_put16(frame + ETHER_TYPE + 2, tci);
	return length + ETHER_VLAN_TAG;
}

/* The bytes as a chain of mbufs, of at most `segments` unless the buffers are too small. */
static struct rte_mbuf *chain(const uint8_t *bytes, unsigned int length, unsigned int segments,
			      uint64_t random, struct rte_mempool *pool)
{
	struct rte_mbuf *head = NULL, **link = &head, *last = NULL;
	unsigned int at = 0, part, room;

	do {
		struct rte_mbuf *m = rte_pktmbuf_alloc(pool);

		if (m == NULL) {
			rte_pktmbuf_free(head);
			return NULL;
		}
		room = rte_pktmbuf_tailroom(m);
		part = segments > 1 ? cut(length - at, segments, &random) : length - at;
		part = part < room ? part : room;
		memcpy(rte_pktmbuf_mtod(m, uint8_t *), bytes + at, part);
		m->data_len = (uint16_t)part;
		at += part;
		segments -= segments > 1;
		*link = m;
		link = &m->next;
		if (last != NULL)
			head->nb_segs++;
		last = m;
	} while (at < length);
	head->pkt_len = length;
	return head;
}

struct rte_mbuf *frame_make(const struct stream *stream, const struct frame_options *options,
			    unsigned int flow, uint32_t sequence, struct rte_mempool *pool)
{
	const struct stream_layout *layout = stream_layout(stream_kind(stream, flow));
	static __thread uint8_t bytes[STREAM_BATCH_MAX + ETHER_VLAN_TAG];
	struct stream_layout tagged = *layout;
	unsigned int length, segment = 0;
	struct rte_mbuf *packet;

	if (stream_is_batched(stream, flow))
		length = stream_batch(stream, flow, sequence, bytes, &segment);
	else
		length = stream_frame(stream, flow, sequence, false, bytes);
	if (options->checksum || segment != 0)
		blank_checksums(bytes, layout);
	if (options->vlan && !options->vlan_insert) {
		length = tag_insert(bytes, length, options->tci);
		tagged.l3 += ETHER_VLAN_TAG;
		tagged.l4 += ETHER_VLAN_TAG;
	}
	packet = chain(bytes, length, options->segments > 1 ? options->segments : 1,
		       stream->seed ^ ((uint64_t)flow << 32 | sequence), pool);
	if (packet == NULL)
		return NULL;
	if (options->checksum || segment != 0)
		put_offloads(packet, &tagged, options, segment);
	if (options->vlan && options->vlan_insert) {
		packet->ol_flags |= RTE_MBUF_F_TX_VLAN;
		packet->vlan_tci = options->tci;
	}
	return packet;
}

/* Takes the tag off the frame; its place in *frame moves. False: it is not as it should be. */
static bool tag_remove(const struct frame_options *options, const struct rte_mbuf *packet,
		       uint8_t **frame, size_t *length)
{
	bool stripped = (packet->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0;

	if (!options->vlan)
		return !stripped;
	if (options->vlan_strip)
		return stripped && packet->vlan_tci == options->tci;
	if (stripped || *length < ETHER_HEADER + ETHER_VLAN_TAG ||
	    wire_get16(*frame + ETHER_TYPE) != ETHER_TYPE_VLAN ||
	    wire_get16(*frame + ETHER_TYPE + 2) != options->tci)
		return false;
	memmove(*frame + ETHER_VLAN_TAG, *frame, ETHER_TYPE);
	*frame += ETHER_VLAN_TAG;
	*length -= ETHER_VLAN_TAG;
	return true;
}

/* The chain's own book-keeping. */
static bool chain_ok(const struct rte_mbuf *packet)
{
	uint32_t bytes = 0;
	uint16_t segments = 0;

	for (const struct rte_mbuf *m = packet; m != NULL; m = m->next) {
		bytes += m->data_len;
		segments++;
	}
	return bytes == packet->pkt_len && segments == packet->nb_segs;
}

static bool flags_ok(const struct frame_options *options, const struct rte_mbuf *packet)
{
	uint64_t ip = packet->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK;
	uint64_t l4 = packet->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK;

	return !options->returns ||
		(ip != RTE_MBUF_F_RX_IP_CKSUM_BAD && l4 != RTE_MBUF_F_RX_L4_CKSUM_BAD);
}

enum check_verdict frame_judge(struct check *check, const struct frame_options *options,
			       const struct rte_mbuf *packet, int queue, uint64_t *flags_wrong)
{
	static __thread uint8_t bytes[STREAM_FRAME_MAX + ETHER_VLAN_TAG];
	size_t length = packet->pkt_len;
	enum check_verdict verdict;
	uint8_t *frame = bytes;
	const void *flat;
	bool tag_ok;

	if (!chain_ok(packet)) {
		(*flags_wrong)++;
		return CHECK_FOREIGN;
	}
	if (length > sizeof(bytes))
		length = sizeof(bytes);
	if (packet->nb_segs == 1 && !options->vlan) {
		frame = rte_pktmbuf_mtod(packet, uint8_t *);
	} else {
		flat = rte_pktmbuf_read(packet, 0, (uint32_t)length, bytes);
		if (flat != bytes)
			memcpy(bytes, flat, length);
	}
	tag_ok = tag_remove(options, packet, &frame, &length);
	verdict = check_frame(check, frame, length, queue);
	if (verdict != CHECK_FOREIGN && (!tag_ok || !flags_ok(options, packet)))
		(*flags_wrong)++;
	return verdict;
}
