// SPDX-License-Identifier: BSD-3-Clause
/*
 * The peer that answers by itself: ARP and neighbour discovery for its addresses, ICMP and ICMPv6
 * echo, and any UDP datagram goes back where it came from. An answer is the question, turned
 * around in a copy: whatever VLAN tag it had, it keeps. What is not for us, or does not check out
 * (a NIC model or a driver got a checksum wrong), gets no answer, as from any other host.
 *
 * Inside VLAN v (1 to 255) it is 10.(77+net).v.1 as well.
 */
#include "peer.h"

#include "wire.h"

#include <errno.h>
#include <stdlib.h>

#define ECHO_TTL 64
#define VLAN_ID_MASK 0xfff

struct echo {
	struct fabric_peer peer;
	uint8_t mac[ETHER_MAC];
	uint8_t ipv4[IPV4_ADDRESS];
	uint8_t ipv6[IPV6_ADDRESS];
	uint8_t answer[FABRIC_FRAME_MAX];
};

static void swap_bytes(uint8_t *a, uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t t = a[i];

		a[i] = b[i];
		b[i] = t;
	}
}

static bool is_our_ipv4(const struct echo *echo, const uint8_t *address,
			const struct frame_info *info)
{
	uint8_t in_vlan[IPV4_ADDRESS];

	memcpy(in_vlan, echo->ipv4, sizeof(in_vlan));
	in_vlan[2] = (uint8_t)info->vlan_tci;
	return memcmp(address, echo->ipv4, IPV4_ADDRESS) == 0 ||
	       (info->vlan && (info->vlan_tci & VLAN_ID_MASK) < 256 &&
		memcmp(address, in_vlan, IPV4_ADDRESS) == 0);
}

/* Sends answer, len bytes, back to the source of what it was made from. */
static void answer(struct echo *echo, size_t len)
{
	struct packet packet;

	memcpy(echo->answer + ETHER_DST, echo->answer + ETHER_SRC, ETHER_MAC);
	memcpy(echo->answer + ETHER_SRC, echo->mac, ETHER_MAC);
	if (packet_init(&packet, echo->answer, len))
		switch_forward(&echo->peer.fabric->lan, &echo->peer.end, &packet);
}

static size_t l3_offset_of(const struct frame_info *info)
{
	return ETHER_HEADER + (info->vlan ? ETHER_VLAN_TAG : 0);
}

static void answer_arp(struct echo *echo, const struct packet *packet)
{
	static const uint8_t ethernet_ipv4_request[] = { 0, 1, 8, 0, 6, 4, 0, ARP_REQUEST };
	size_t offset = l3_offset_of(&packet->info);
	uint8_t *arp = echo->answer + offset, asked[IPV4_ADDRESS];

	if (packet->len < offset + ARP_LENGTH ||
	    memcmp(arp, ethernet_ipv4_request, sizeof(ethernet_ipv4_request)) != 0 ||
	    !is_our_ipv4(echo, arp + ARP_TARGET_IP, &packet->info))
		return;
	memcpy(asked, arp + ARP_TARGET_IP, IPV4_ADDRESS);
	wire_put16(arp + ARP_OPCODE, ARP_REPLY);
	memcpy(arp + ARP_TARGET_MAC, arp + ARP_SENDER_MAC, ETHER_MAC + IPV4_ADDRESS);
	memcpy(arp + ARP_SENDER_MAC, echo->mac, ETHER_MAC);
	memcpy(arp + ARP_SENDER_IP, asked, IPV4_ADDRESS);
	answer(echo, packet->len);
}

/* The IP header of the answer: addresses swapped, as good as new. */
static void turn_ip(struct echo *echo, const struct frame_info *info)
{
	uint8_t *ip = echo->answer + info->l3_offset;

	if (info->l3 == FRAME_L3_IPV4) {
		swap_bytes(ip + IPV4_SRC, ip + IPV4_DST, IPV4_ADDRESS);
		ip[IPV4_TTL] = ECHO_TTL;
		frame_fill_l3(echo->answer, info);
	} else {
		swap_bytes(ip + IPV6_SRC, ip + IPV6_DST, IPV6_ADDRESS);
		ip[IPV6_HOPS] = ECHO_TTL;
	}
}

static void answer_udp(struct echo *echo, const struct packet *packet)
{
	const struct frame_info *info = &packet->info;
	uint8_t *udp = echo->answer + info->l4_offset;

	if (frame_check_l4(packet->frame, info) == FRAME_CHECKSUM_BAD)
		return;
	turn_ip(echo, info);
	swap_bytes(udp + L4_SRC_PORT, udp + L4_DST_PORT, 2);
	frame_fill_l4(echo->answer, info);
	answer(echo, packet->len);
}

/* The sum of an ICMP message, for IPv6 with its pseudo-header: 0xffff when it is right. */
static uint16_t icmp_sum(const uint8_t *frame, const struct frame_info *info, size_t offset)
{
	const uint8_t *ip = frame + info->l3_offset;
	uint32_t len = (uint32_t)(info->l3_offset + info->l3_len - offset), pseudo = 0;

	if (info->l3 == FRAME_L3_IPV6)
		pseudo = frame_sum(ip + IPV6_SRC, 2 * IPV6_ADDRESS, PROTO_ICMPV6 + len);
	return frame_sum(frame + offset, len, pseudo);
}

static void fill_icmp(uint8_t *frame, const struct frame_info *info, size_t offset)
{
	wire_put16(frame + offset + ICMP_CHECKSUM, 0);
	wire_put16(frame + offset + ICMP_CHECKSUM, (uint16_t)~icmp_sum(frame, info, offset));
}

static bool icmp_is_sound(const struct packet *packet, size_t offset, size_t min)
{
	const struct frame_info *info = &packet->info;

	return info->l3_offset + info->l3_len >= offset + min &&
	       icmp_sum(packet->frame, info, offset) == 0xffff;
}

static void answer_echo(struct echo *echo, const struct packet *packet, size_t offset,
			uint8_t reply)
{
	echo->answer[offset + ICMP_TYPE] = reply;
	turn_ip(echo, &packet->info);
	fill_icmp(echo->answer, &packet->info, offset);
	answer(echo, packet->len);
}

/* RFC 4861 section 7.2.4. The asker of a duplicate address check has no address yet: all nodes. */
static void answer_solicitation(struct echo *echo, const struct packet *packet, size_t offset)
{
	static const uint8_t unspecified[IPV6_ADDRESS];
	static const uint8_t all_nodes[IPV6_ADDRESS] = { 0xff, 0x02, [15] = 1 };
	uint8_t *ip = echo->answer + packet->info.l3_offset, *nd = echo->answer + offset;
	struct frame_info info = packet->info;
	bool nameless = memcmp(ip + IPV6_SRC, unspecified, IPV6_ADDRESS) == 0;

	if (!icmp_is_sound(packet, offset, ND_OPTIONS) || ip[IPV6_HOPS] != ND_HOPS ||
	    memcmp(nd + ND_TARGET, echo->ipv6, IPV6_ADDRESS) != 0)
		return;
	memcpy(ip + IPV6_DST, nameless ? all_nodes : ip + IPV6_SRC, IPV6_ADDRESS);
	memcpy(ip + IPV6_SRC, echo->ipv6, IPV6_ADDRESS);
	wire_put16(ip + IPV6_LENGTH, ND_OPTIONS + ND_OPTION_LEN);
	nd[ICMP_TYPE] = ICMPV6_ADVERTISEMENT;
	memset(nd + ND_FLAGS, 0, 4);
	nd[ND_FLAGS] = ND_OVERRIDE | (nameless ? 0 : ND_SOLICITED);
	nd[ND_OPTIONS] = ND_OPTION_TARGET_MAC;
	nd[ND_OPTIONS + 1] = 1;
	memcpy(nd + ND_OPTIONS + 2, echo->mac, ETHER_MAC);
	info.l3_len = IPV6_HEADER + ND_OPTIONS + ND_OPTION_LEN;
	fill_icmp(echo->answer, &info, offset);
	answer(echo, info.l3_offset + info.l3_len);
}

static void answer_ipv4(struct echo *echo, const struct packet *packet)
{
	const struct frame_info *info = &packet->info;
	const uint8_t *ip = packet->frame + info->l3_offset;
	size_t offset = info->l3_offset + (ip[IPV4_VERSION_IHL] & 0xf) * 4u;

	if (!is_our_ipv4(echo, ip + IPV4_DST, info) || info->fragment ||
	    frame_check_l3(packet->frame, info) != FRAME_CHECKSUM_GOOD)
		return;
	if (info->l4 == FRAME_L4_UDP)
		answer_udp(echo, packet);
	else if (info->ip_protocol == PROTO_ICMP && icmp_is_sound(packet, offset, ICMP_HEADER) &&
		 packet->frame[offset + ICMP_TYPE] == ICMP_ECHO_REQUEST)
		answer_echo(echo, packet, offset, ICMP_ECHO_REPLY);
}

static void answer_ipv6(struct echo *echo, const struct packet *packet)
{
	const struct frame_info *info = &packet->info;
	const uint8_t *ip = packet->frame + info->l3_offset;
	size_t offset = info->l3_offset + IPV6_HEADER;
	bool ours = memcmp(ip + IPV6_DST, echo->ipv6, IPV6_ADDRESS) == 0;

	if (ours && info->l4 == FRAME_L4_UDP) {
		answer_udp(echo, packet);
		return;
	}
	if (ip[IPV6_NEXT] != PROTO_ICMPV6 || info->l3_len < IPV6_HEADER + ICMP_HEADER)
		return;
	if (packet->frame[offset + ICMP_TYPE] == ICMPV6_SOLICITATION)
		answer_solicitation(echo, packet, offset);
	else if (ours && packet->frame[offset + ICMP_TYPE] == ICMPV6_ECHO_REQUEST &&
		 icmp_is_sound(packet, offset, ICMP_HEADER))
		answer_echo(echo, packet, offset, ICMPV6_ECHO_REPLY);
}

static bool echo_send(struct fabric_peer *peer, const struct packet *packet)
{
	struct echo *echo = (struct echo *)peer;
	const uint8_t *dst = packet->frame + ETHER_DST;

	if (!packet->sound || (!(dst[0] & 1) && memcmp(dst, echo->mac, ETHER_MAC) != 0))
		return true;
	memcpy(echo->answer, packet->frame, packet->len);
	if (packet->info.ethertype == ETHER_TYPE_ARP)
		answer_arp(echo, packet);
	else if (packet->info.l3 == FRAME_L3_IPV4)
		answer_ipv4(echo, packet);
	else if (packet->info.l3 == FRAME_L3_IPV6)
		answer_ipv6(echo, packet);
	return true;
}

static void echo_destroy(struct fabric_peer *peer)
{
	free(peer);
}

static const struct peer_ops echo_ops = {
	.send = echo_send,
	.destroy = echo_destroy,
};

int fabric_peer_echo(struct fabric *fabric, const struct fabric_peer_config *config)
{
	struct echo *echo;

	if (config->net >= PEER_NETS)
		return -EINVAL;
	echo = calloc(1, sizeof(*echo));
	if (echo == NULL)
		return -ENOMEM;
	peer_mac(config->net, echo->mac);
	peer_ipv4(config->net, echo->ipv4);
	peer_ipv6(config->net, echo->ipv6);
	echo->peer.ops = &echo_ops;
	echo->peer.fd = -1;
	peer_add(fabric, &echo->peer);
	return 0;
}
