// SPDX-License-Identifier: BSD-3-Clause
/*
 * Headers of a frame for the synthetic side: distribution over queues, checksums and segmentation
 * all start here. The VF does the same in hardware.
 */
#include "frame.h"

#include <netinet/in.h>

#include <rte_ip.h>

#define TYPE_IPV4 0x0800
#define TYPE_IPV6 0x86dd
#define TYPE_VLAN 0x8100
#define TYPE_QINQ 0x88a8
#define TAGS_MAX 2
#define EXTENSIONS_MAX 8 /* more of them: layer 4 is not looked for */
#define FRAGMENT_MASK 0x3fff /* "more fragments" and the offset */

static void l4_parse(const uint8_t *frame, size_t offset, uint8_t protocol, bool super,
		     struct an_frame *h)
{
	size_t header;

	if (h->fragment || offset > UINT16_MAX)
		return;
	if (protocol == IPPROTO_TCP) {
		if (offset + AN_TCP_LEN > h->end)
			return;
		header = (size_t)(frame[offset + AN_TCP_OFFSET] >> 4) * 4;
		if (header < AN_TCP_LEN || offset + header > h->end)
			return;
		h->l4 = AN_L4_TCP;
	} else if (protocol == IPPROTO_UDP) {
		header = AN_UDP_LEN;
		if (offset + header > h->end)
			return;
		if (!super && an_get16(frame + offset + AN_UDP_LENGTH) != h->end - offset)
			return;
		h->l4 = AN_L4_UDP;
	} else {
		return;
	}
	h->l4_offset = (uint16_t)offset;
	h->payload = (uint16_t)(offset + header);
}

static void ipv4_parse(const uint8_t *frame, size_t offset, size_t len, bool super,
		       struct an_frame *h)
{
	const uint8_t *ip = frame + offset;
	size_t header, total;

	if (offset + AN_IPV4_LEN > len || ip[0] >> 4 != 4)
		return;
	header = (size_t)(ip[0] & 15) * 4;
	total = super ? len - offset : an_get16(ip + AN_IPV4_TOTAL);
	if (header < AN_IPV4_LEN || header > total || total > len - offset)
		return;
	h->l3 = AN_L3_IPV4;
	h->l3_offset = (uint16_t)offset;
	h->end = (uint32_t)(offset + total);
	h->fragment = (an_get16(ip + AN_IPV4_FRAGMENT) & FRAGMENT_MASK) != 0;
	l4_parse(frame, offset + header, ip[AN_IPV4_PROTOCOL], super, h);
}

static void ipv6_parse(const uint8_t *frame, size_t offset, size_t len, bool super,
		       struct an_frame *h)
{
	const uint8_t *ip = frame + offset;
	uint8_t next;
	size_t total;

	if (offset + AN_IPV6_LEN > len || ip[0] >> 4 != 6)
		return;
	total = super ? len - offset : AN_IPV6_LEN + (size_t)an_get16(ip + AN_IPV6_PAYLOAD);
	if (total > len - offset)
		return;
	h->l3 = AN_L3_IPV6;
	h->l3_offset = (uint16_t)offset;
	h->end = (uint32_t)(offset + total);
	next = ip[AN_IPV6_NEXT];
	offset += AN_IPV6_LEN;
	for (unsigned int i = 0; i < EXTENSIONS_MAX && offset + 8 <= h->end; i++) {
		const uint8_t *extension = frame + offset;

		if (next == IPPROTO_FRAGMENT) {
			h->fragment = true;
			return;
		}
		if (next != IPPROTO_HOPOPTS && next != IPPROTO_ROUTING && next != IPPROTO_DSTOPTS)
			break;
		next = extension[0];
		offset += 8 + (size_t)extension[1] * 8;
	}
	l4_parse(frame, offset, next, super, h);
}

void an_frame_parse(const uint8_t *frame, size_t len, bool super, struct an_frame *headers)
{
	size_t offset = AN_ETHER_LEN;
	uint16_t type;

	memset(headers, 0, sizeof(*headers));
	if (len < AN_ETHER_LEN)
		return;
	type = an_get16(frame + AN_ETHER_TYPE);
	for (unsigned int i = 0; i < TAGS_MAX && (type == TYPE_VLAN || type == TYPE_QINQ); i++) {
		if (offset + AN_VLAN_LEN > len)
			return;
		type = an_get16(frame + offset + 2);
		offset += AN_VLAN_LEN;
	}
	if (type == TYPE_IPV4)
		ipv4_parse(frame, offset, len, super, headers);
	else if (type == TYPE_IPV6)
		ipv6_parse(frame, offset, len, super, headers);
}

uint16_t an_frame_pseudo(const uint8_t *ip, enum an_l3 l3, uint8_t protocol, uint32_t len)
{
	uint8_t tail[8] = { [7] = protocol };
	uint32_t sum;

	an_put32(tail, len);
	sum = rte_raw_cksum(tail, sizeof(tail));
	if (l3 == AN_L3_IPV4)
		sum += rte_raw_cksum(ip + AN_IPV4_SOURCE, 8);
	else
		sum += rte_raw_cksum(ip + AN_IPV6_SOURCE, 32);
	sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)((sum & 0xffff) + (sum >> 16));
}

bool an_frame_ipv4_is_good(const uint8_t *ip, size_t len)
{
	return rte_raw_cksum(ip, len) == 0xffff;
}

bool an_frame_l4_is_good(const uint8_t *frame, const struct an_frame *h)
{
	uint8_t protocol = h->l4 == AN_L4_TCP ? IPPROTO_TCP : IPPROTO_UDP;
	uint32_t sum, len = h->end - h->l4_offset;

	if (h->l4 == AN_L4_UDP && an_get16(frame + h->l4_offset + AN_UDP_CHECKSUM) == 0)
		return h->l3 == AN_L3_IPV4;
	sum = an_frame_pseudo(frame + h->l3_offset, h->l3, protocol, len);
	sum += rte_raw_cksum(frame + h->l4_offset, len);
	return (sum & 0xffff) + (sum >> 16) == 0xffff;
}
