// SPDX-License-Identifier: BSD-3-Clause
/*
 * DPDK 22.11's rte_gso knows no IPv6 and works on mbufs; what comes off the kernel's ring is one
 * piece of memory. Flags follow the kernel's own segmentation [net/ipv4/tcp_offload.c]: FIN and PSH
 * belong to the last piece, CWR to the first.
 */
#include "segment.h"

#include <errno.h>
#include <netinet/in.h>

#include <rte_ip.h>

#define FLAG_FIN 0x01
#define FLAG_PSH 0x08
#define FLAG_CWR 0x80

int an_segment_start(struct an_segment *segment, const uint8_t *frame, size_t len, uint16_t size)
{
	if (size == 0 || len > UINT32_MAX)
		return -EINVAL;
	an_frame_parse(frame, len, true, &segment->headers);
	if (segment->headers.l4 == AN_L4_NONE || segment->headers.payload > AN_SEGMENT_HEAD)
		return -EINVAL;
	segment->frame = frame;
	segment->size = size;
	segment->at = segment->headers.payload;
	segment->index = 0;
	if (segment->at >= segment->headers.end)
		return -EINVAL;
	return 0;
}

static void ip_mend(uint8_t *ip, const struct an_segment *s, size_t total)
{
	if (s->headers.l3 == AN_L3_IPV6) {
		an_put16(ip + AN_IPV6_PAYLOAD, (uint16_t)(total - AN_IPV6_LEN));
		return;
	}
	an_put16(ip + AN_IPV4_TOTAL, (uint16_t)total);
	an_put16(ip + AN_IPV4_ID, (uint16_t)(an_get16(ip + AN_IPV4_ID) + s->index));
	an_put16(ip + AN_IPV4_CHECKSUM, 0);
	an_put_sum(ip + AN_IPV4_CHECKSUM,
		   (uint16_t)~rte_raw_cksum(ip, (size_t)(ip[0] & 15) * 4));
}

static void tcp_mend(uint8_t *tcp, const struct an_segment *s, bool last)
{
	uint32_t from = s->at - s->headers.payload;

	an_put32(tcp + AN_TCP_SEQUENCE, an_get32(tcp + AN_TCP_SEQUENCE) + from);
	if (!last)
		tcp[AN_TCP_FLAGS] &= (uint8_t)~(FLAG_FIN | FLAG_PSH);
	if (s->index != 0)
		tcp[AN_TCP_FLAGS] &= (uint8_t)~FLAG_CWR;
}

/* The checksum of layer 4, whatever the frame had there. */
static void l4_sum(const struct an_segment *s, struct an_piece *piece)
{
	const struct an_frame *h = &s->headers;
	bool tcp = h->l4 == AN_L4_TCP;
	uint8_t *l4 = piece->head + h->l4_offset;
	uint8_t *field = l4 + (tcp ? AN_TCP_CHECKSUM : AN_UDP_CHECKSUM);
	size_t header = piece->head_len - h->l4_offset;
	uint32_t sum;

	an_put16(field, 0);
	sum = an_frame_pseudo(piece->head + h->l3_offset, h->l3, tcp ? IPPROTO_TCP : IPPROTO_UDP,
			      (uint32_t)(header + piece->body_len));
	sum += rte_raw_cksum(l4, header);
	sum += rte_raw_cksum(piece->body, piece->body_len);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	an_put_sum(field, an_frame_finish((uint16_t)sum));
}

bool an_segment_next(struct an_segment *s, struct an_piece *piece)
{
	const struct an_frame *h = &s->headers;
	bool last;

	if (s->at >= h->end)
		return false;
	last = h->end - s->at <= s->size;
	piece->head_len = h->payload;
	piece->body = s->frame + s->at;
	piece->body_len = last ? h->end - s->at : s->size;
	memcpy(piece->head, s->frame, piece->head_len);
	ip_mend(piece->head + h->l3_offset, s,
		piece->head_len - h->l3_offset + piece->body_len);
	if (h->l4 == AN_L4_TCP)
		tcp_mend(piece->head + h->l4_offset, s, last);
	else
		an_put16(piece->head + h->l4_offset + AN_UDP_LENGTH,
			 (uint16_t)(AN_UDP_LEN + piece->body_len));
	l4_sum(s, piece);
	s->at += (uint32_t)piece->body_len;
	s->index++;
	return true;
}
