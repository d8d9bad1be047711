/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is on the other side of the switch. A peer embeds struct fabric_peer first, fills in ops
 * and fd, and is added; from then on the fabric owns it.
 */
#ifndef LAB_FABRIC_PEER_H
#define LAB_FABRIC_PEER_H

#include "private.h"

#include <sys/types.h>

#define PEER_NETS 23u /* 10.77 to 10.99: two decimal digits, the same in fd77:: to fd99:: */

struct fabric_peer;

struct peer_ops {
	/* From the switch. False: the frame is lost, and counted by the caller. */
	bool (*send)(struct fabric_peer *peer, const struct packet *packet);
	/*
	 * The next frame that waits, non-blocking: its length, 0 for nothing, more than room for
	 * one that was too long and is lost, -errno when the peer is gone. NULL without an fd.
	 */
	ssize_t (*receive)(struct fabric_peer *peer, uint8_t *frame, size_t room);
	void (*destroy)(struct fabric_peer *peer); /* frees it */
};

struct fabric_peer {
	struct switch_end end; /* first: the switch hands it back */
	struct fabric_peer *next;
	struct fabric *fabric;
	const struct peer_ops *ops;
	int fd;                /* to sleep on and receive from; -1: none. Closed by the owner. */
	uint64_t lost;         /* frames, either way */
};

void peer_add(struct fabric *fabric, struct fabric_peer *peer);
void peers_destroy(struct fabric *fabric);

/* The addresses of the tap and the echo peer on net: 10.(77+net).0.1, fd(77+net)::1 and a MAC. */
void peer_ipv4(unsigned int net, uint8_t address[4]);
void peer_ipv6(unsigned int net, uint8_t address[16]);
void peer_mac(unsigned int net, uint8_t mac[6]);

#endif
