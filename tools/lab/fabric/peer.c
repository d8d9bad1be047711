// SPDX-License-Identifier: BSD-3-Clause
/* The peers of a fabric: their list, what they are called, and the turn each gets in a poll. */
#include "peer.h"

#include "../log.h"
#include "wire.h"

#include <errno.h>

#define NET_FIRST 77u /* 10.77.0.0/24, fd77::/64 */

static void take(struct switch_end *end, const struct packet *packet)
{
	struct fabric_peer *peer = (struct fabric_peer *)end;

	if (!peer->ops->send(peer, packet))
		peer->lost++;
}

void peer_add(struct fabric *fabric, struct fabric_peer *peer)
{
	struct fabric_peer **link = &fabric->peers;

	while (*link != NULL)
		link = &(*link)->next;
	*link = peer;
	peer->next = NULL;
	peer->fabric = fabric;
	peer->end.take = take;
	switch_end_add(&fabric->lan, &peer->end);
}

void peers_destroy(struct fabric *fabric)
{
	while (fabric->peers != NULL) {
		struct fabric_peer *peer = fabric->peers;

		fabric->peers = peer->next;
		peer->ops->destroy(peer);
	}
}

void peer_ipv4(unsigned int net, uint8_t address[4])
{
	address[0] = 10;
	address[1] = (uint8_t)(NET_FIRST + net);
	address[2] = 0;
	address[3] = 1;
}

void peer_ipv6(unsigned int net, uint8_t address[16])
{
	unsigned int n = NET_FIRST + net;

	memset(address, 0, IPV6_ADDRESS);
	address[0] = 0xfd;
	address[1] = (uint8_t)(n / 10 << 4 | n % 10); /* reads like the IPv4 net */
	address[15] = 1;
}

void peer_mac(unsigned int net, uint8_t mac[6])
{
	static const uint8_t first[ETHER_MAC] = { 0x02, 0x77, 0x00, 0x00, 0x00, 0x01 };

	memcpy(mac, first, ETHER_MAC);
	mac[4] = (uint8_t)net;
}

/* False: there was nothing. */
static bool receive_one(struct fabric_peer *peer)
{
	struct fabric *fabric = peer->fabric;
	struct packet packet;
	ssize_t len = peer->ops->receive(peer, fabric->rx_frame, sizeof(fabric->rx_frame));

	if (len == 0)
		return false;
	if (len < 0) {
		lab_log(LAB_LOG_INFO, FABRIC_PARTY, "a peer is gone: %s", strerror((int)-len));
		peer->fd = -1;
		switch_end_gone(&fabric->lan, &peer->end);
		return false;
	}
	if (packet_init(&packet, fabric->rx_frame, (size_t)len))
		switch_forward(&fabric->lan, &peer->end, &packet);
	else
		peer->lost++;
	return true;
}

unsigned int fabric_poll(struct fabric *fabric, unsigned int budget)
{
	unsigned int moved;

	/* rx_frame is in use below us: a device model that polls from deliver() gets nothing. */
	if (fabric->lan.busy)
		return 0;
	moved = switch_drain(&fabric->lan, budget);
	for (struct fabric_peer *peer = fabric->peers; peer != NULL; peer = peer->next)
		while (peer->fd >= 0 && moved < budget && receive_one(peer))
			moved++;
	if (moved < budget)
		fabric_ports_flush(fabric); /* nothing more waits: there is time */
	return moved;
}

unsigned int fabric_pollfds(const struct fabric *fabric, struct pollfd *fds, unsigned int max)
{
	unsigned int n = 0;

	for (const struct fabric_peer *peer = fabric->peers; peer != NULL; peer = peer->next)
		if (peer->fd >= 0 && n < max)
			fds[n++] = (struct pollfd){ .fd = peer->fd, .events = POLLIN };
	return n;
}

uint64_t fabric_lost(const struct fabric *fabric)
{
	uint64_t lost = fabric->lan.lost;

	for (const struct fabric_peer *peer = fabric->peers; peer != NULL; peer = peer->next)
		lost += peer->lost;
	return lost;
}
