/* SPDX-License-Identifier: BSD-3-Clause */
/* Interfaces by routing netlink (rtnetlink(7)), for a namespace of our own. All 0 or -errno. */
#ifndef LAB_VERBS_LINKS_H
#define LAB_VERBS_LINKS_H

#include <stdbool.h>
#include <stdint.h>

struct links_pair {
	const char *name, *peer;     /* a veth pair, both down */
	const uint8_t *mac;          /* of `name`, 6 bytes */
	unsigned int mtu, peer_mtu;
	unsigned int queues;         /* of both, each direction */
};

int links_create(const struct links_pair *pair);
int links_delete(const char *name); /* its peer goes too; -ENODEV: there is none */
/* A veth is also while it listens to further unicast addresses. false also if unknown. */
bool links_is_promiscuous(const char *name);
/* Frames it has sent; of a veth, those that its peer's backlog took. 0 also if unknown. */
uint64_t links_sent(const char *name);
int links_set_up(const char *name, bool up);
/* ADDRESS/PREFIX, IPv4 or IPv6 in text. */
int links_add_address(const char *name, const char *address);

#endif
