// SPDX-License-Identifier: BSD-3-Clause
/*
 * The learning switch. Addresses that ends were born with win over learned ones; learned ones live
 * in a direct-mapped table, as a lost entry only means a flood. There is no ageing: the segment is
 * small and an address that moves is learned anew with its first frame.
 *
 * An end may answer from inside take(). Its frame is queued and switched when the outermost call
 * is done with its own, at most one queue full a call: two ends that answer each other for ever
 * make progress, but do not hold the caller.
 */
#include "switch.h"

#include "wire.h"

static uint64_t mac_value(const uint8_t mac[ETHER_MAC])
{
	return (uint64_t)wire_get16(mac) << 32 | wire_get32(mac + 2);
}

static bool is_multicast(const uint8_t mac[ETHER_MAC])
{
	return (mac[0] & 1) != 0;
}

static unsigned int slot_of(uint64_t mac)
{
	mac ^= mac >> 24;
	return (unsigned int)(mac ^ mac >> 8 ^ mac >> 16) % SWITCH_LEARNED;
}

void switch_end_add(struct lan_switch *lan, struct switch_end *end)
{
	struct switch_end **link = &lan->ends;

	while (*link != NULL)
		link = &(*link)->next;
	end->next = NULL;
	*link = end;
}

void switch_end_gone(struct lan_switch *lan, struct switch_end *end)
{
	end->gone = true;
	for (unsigned int i = 0; i < SWITCH_LEARNED; i++)
		if (lan->learned[i].end == end)
			lan->learned[i].mac = 0;
}

bool packet_init(struct packet *packet, const uint8_t *frame, size_t len)
{
	packet->frame = frame;
	packet->len = len;
	if (len < ETHER_HEADER || len > FABRIC_FRAME_MAX)
		return false;
	packet->sound = frame_parse(frame, len, &packet->info) == 0;
	return true;
}

static void learn(struct lan_switch *lan, struct switch_end *from, const uint8_t *src)
{
	uint64_t mac = mac_value(src);
	unsigned int slot = slot_of(mac);

	if (from->gone || is_multicast(src) || mac == 0)
		return;
	lan->learned[slot].mac = mac;
	lan->learned[slot].end = from;
}

static struct switch_end *lookup(struct lan_switch *lan, const uint8_t *dst)
{
	uint64_t mac = mac_value(dst);
	unsigned int slot = slot_of(mac);

	for (struct switch_end *end = lan->ends; end != NULL; end = end->next)
		if (end->has_mac && mac_value(end->mac) == mac)
			return end;
	return mac != 0 && lan->learned[slot].mac == mac ? lan->learned[slot].end : NULL;
}

static void forward(struct lan_switch *lan, struct switch_end *from, const struct packet *packet)
{
	const uint8_t *dst = packet->frame + ETHER_DST;
	struct switch_end *to = NULL;

	learn(lan, from, packet->frame + ETHER_SRC);
	if (!is_multicast(dst))
		to = lookup(lan, dst);
	for (struct switch_end *end = lan->ends; end != NULL; end = end->next)
		if (!end->gone && end != from && (to == NULL || to == end))
			end->take(end, packet);
}

static void enqueue(struct lan_switch *lan, struct switch_end *from, const struct packet *packet)
{
	unsigned int slot = lan->head % SWITCH_QUEUE;

	if (lan->head - lan->tail == SWITCH_QUEUE) {
		lan->lost++;
		return;
	}
	lan->queue[slot].from = from;
	lan->queue[slot].len = packet->len;
	memcpy(lan->queue[slot].frame, packet->frame, packet->len);
	lan->head++;
}

unsigned int switch_drain(struct lan_switch *lan, unsigned int budget)
{
	unsigned int moved = 0;

	if (lan->busy)
		return 0;
	lan->busy = true;
	for (; moved < budget && lan->tail != lan->head; moved++) {
		unsigned int slot = lan->tail % SWITCH_QUEUE;
		struct packet packet;

		/* The slot stays taken while its frame is used: tail moves last. */
		if (packet_init(&packet, lan->queue[slot].frame, lan->queue[slot].len))
			forward(lan, lan->queue[slot].from, &packet);
		lan->tail++;
	}
	lan->busy = false;
	return moved;
}

void switch_forward(struct lan_switch *lan, struct switch_end *from, const struct packet *packet)
{
	if (lan->busy) {
		enqueue(lan, from, packet);
		return;
	}
	lan->busy = true;
	forward(lan, from, packet);
	lan->busy = false;
	if (lan->head != lan->tail)
		switch_drain(lan, SWITCH_QUEUE);
}
