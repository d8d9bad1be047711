// SPDX-License-Identifier: BSD-3-Clause
/*
 * The peer that sends everything back: addresses and ports of any IPv4 or IPv6 frame swapped, not
 * one other byte changed. Swapping leaves every checksum right that was right and wrong that was
 * wrong, so that a sender can check its frame bit by bit. Whatever MAC or IP address it was sent
 * to is its own; group addresses, which are nobody's, and everything that is not IP it keeps.
 */
#include "peer.h"

#include "wire.h"

#include <errno.h>
#include <stdlib.h>

struct reflect {
	struct fabric_peer peer;
	uint8_t answer[FABRIC_FRAME_MAX];
};

static void swap(uint8_t *a, uint8_t *b, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t t = a[i];

		a[i] = b[i];
		b[i] = t;
	}
}

static bool reflect_send(struct fabric_peer *peer, const struct packet *packet)
{
	const struct frame_info *info = &packet->info;
	struct reflect *reflect = (struct reflect *)peer;
	uint8_t *frame = reflect->answer, *ip = frame + info->l3_offset;
	struct packet answer;

	if (!packet->sound || info->l3 == FRAME_L3_NONE || (packet->frame[ETHER_DST] & 1))
		return true;
	memcpy(frame, packet->frame, packet->len);
	swap(frame + ETHER_DST, frame + ETHER_SRC, ETHER_MAC);
	if (info->l3 == FRAME_L3_IPV4)
		swap(ip + IPV4_SRC, ip + IPV4_DST, IPV4_ADDRESS);
	else
		swap(ip + IPV6_SRC, ip + IPV6_DST, IPV6_ADDRESS);
	if (info->l4 != FRAME_L4_NONE)
		swap(frame + info->l4_offset + L4_SRC_PORT, frame + info->l4_offset + L4_DST_PORT,
		     2);
	if (packet_init(&answer, frame, packet->len))
		switch_forward(&peer->fabric->lan, &peer->end, &answer);
	return true;
}

static void reflect_destroy(struct fabric_peer *peer)
{
	free(peer);
}

static const struct peer_ops reflect_ops = {
	.send = reflect_send,
	.destroy = reflect_destroy,
};

int fabric_peer_reflect(struct fabric *fabric)
{
	struct reflect *reflect = calloc(1, sizeof(*reflect));

	if (reflect == NULL)
		return -ENOMEM;
	reflect->peer.ops = &reflect_ops;
	reflect->peer.fd = -1;
	peer_add(fabric, &reflect->peer);
	return 0;
}
