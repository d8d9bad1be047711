/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The learning switch: ends, the addresses behind them, and the rule who gets a frame. It knows
 * nothing of what an end is. An end that sends while it is being given a frame is queued for.
 */
#ifndef LAB_FABRIC_SWITCH_H
#define LAB_FABRIC_SWITCH_H

#include "fabric.h"
#include "frame.h"

#define SWITCH_LEARNED 256 /* addresses; two that fall on one slot push each other out */
#define SWITCH_QUEUE 64    /* frames sent while one was being switched */

struct packet {
	const uint8_t *frame;
	size_t len;              /* at least an Ethernet header, at most FABRIC_FRAME_MAX */
	struct frame_info info;
	bool sound;              /* frame_parse() found no lie; otherwise info is what it could */
};

struct switch_end {
	struct switch_end *next;
	void (*take)(struct switch_end *end, const struct packet *packet);
	bool has_mac;
	uint8_t mac[6];          /* forwarded here from the start */
	bool gone;
};

struct lan_switch {
	struct switch_end *ends;
	struct {
		uint64_t mac;        /* 0: none */
		struct switch_end *end;
	} learned[SWITCH_LEARNED];
	bool busy;               /* an end is being given a frame right now */
	uint64_t lost;           /* frames the queue had no room for */
	unsigned int head, tail; /* free-running */
	struct {
		struct switch_end *from;
		size_t len;
		uint8_t frame[FABRIC_FRAME_MAX];
	} queue[SWITCH_QUEUE];
};

/* The caller fills in take and, if it has one, mac. The end stays linked until the switch dies. */
void switch_end_add(struct lan_switch *lan, struct switch_end *end);
/* Nothing reaches it any more; what was learned about it is forgotten. */
void switch_end_gone(struct lan_switch *lan, struct switch_end *end);

/* False: shorter than an Ethernet header or longer than FABRIC_FRAME_MAX. */
bool packet_init(struct packet *packet, const uint8_t *frame, size_t len);
/* To whoever it is for, never back to from. */
void switch_forward(struct lan_switch *lan, struct switch_end *from, const struct packet *packet);
/* What was queued and is not switched yet, at most budget frames. Returns how many moved. */
unsigned int switch_drain(struct lan_switch *lan, unsigned int budget);

#endif
