// SPDX-License-Identifier: BSD-3-Clause
/*
 * One queue for everything the control plane says to the guest. An entry leaves it when it is due
 * (the delay fault) and when ring and receive buffer have room; until then the watchdog's table
 * names it. Guests are slowed down rather than answers dropped: no packet is taken from a ring
 * unless answer_has_room().
 */
#include "answer.h"

#include "rx.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define PER_PACKET 4  /* a completion, an RNDIS answer, and what these make the host say */
#define HOST_SHARE 16 /* the host's own messages leave the rest to answers */

bool answer_has_room(const struct netvsp *nic)
{
	return nic->answers + PER_PACKET <= NIC_ANSWERS_MAX;
}

static uint32_t pending_add(struct netvsp *nic, const char *what)
{
	if (nic->config.pending == NULL)
		return 0;
	return lab_pending_add(nic->config.pending, "%s: %s", nic->name, what);
}

static void pending_done(struct netvsp *nic, uint32_t id)
{
	if (nic->config.pending != NULL)
		lab_pending_done(nic->config.pending, id);
}

void answer_none(struct netvsp *nic, const char *what)
{
	uint32_t id = pending_add(nic, what);

	if (id != 0 && nic->lost < LAB_PENDING_MAX)
		nic->lost_pending[nic->lost++] = id;
	lab_log(LAB_LOG_INFO, nic->name, "fault: %s is never sent", what);
}

/* Room was made sure of: answers by answer_has_room(), host messages by HOST_SHARE. */
static struct nic_answer *enqueue(struct netvsp *nic, enum nic_answer_kind kind, const void *data,
				  size_t len, const char *what)
{
	struct nic_answer *a;

	if (nic->answers == NIC_ANSWERS_MAX || len > sizeof(a->data)) {
		lab_log(LAB_LOG_ERROR, nic->name, "%s does not fit the queue", what);
		return NULL;
	}
	a = &nic->answer[nic->answers++];
	a->kind = kind;
	a->awaited = false;
	a->channel = 0;
	a->transaction = 0;
	a->due = 0;
	a->pending = 0;
	a->len = len;
	snprintf(a->what, sizeof(a->what), "%s", what);
	if (len > 0)
		memcpy(a->data, data, len);
	return a;
}

/* Puts the faults on an answer. */
static void answer(struct nic_channel *c, enum nic_answer_kind kind, uint64_t transaction,
		   const void *data, size_t len, const char *what)
{
	struct netvsp *nic = c->nic;
	struct nic_answer *a;

	if (nic->faults.drop_completion) {
		answer_none(nic, what);
		return;
	}
	a = enqueue(nic, kind, data, len, what);
	if (a == NULL)
		return;
	a->awaited = true;
	a->channel = c->index;
	a->transaction = transaction;
	if (nic->faults.delay_ms != 0)
		a->due = lab_clock_now(nic->config.clock) + nic->faults.delay_ms * LAB_MS;
}

void answer_completion(struct nic_channel *c, uint64_t transaction, const void *payload,
		       size_t len, const char *what)
{
	answer(c, NIC_ANSWER_COMPLETION, transaction, payload, len, what);
}

void answer_rndis(struct netvsp *nic, const void *message, size_t len, const char *what)
{
	answer(&nic->channel[0], NIC_ANSWER_RNDIS, 0, message, len, what);
}

void answer_data(struct nic_channel *c, uint64_t transaction, uint32_t status)
{
	struct nvsp_message m = { .type = NVSP_SEND_RNDIS_COMPLETE };
	struct nic_answer *a;

	m.rndis_complete.status = status;
	if (vmbus_channel_send(c->ch, VMBUS_PACKET_COMPLETION, 0, transaction, NULL, 0, &m,
			       sizeof(m)) != -EAGAIN)
		return;
	/* A frame that came back while the packet was carried out took the room. */
	a = enqueue(c->nic, NIC_ANSWER_COMPLETION, &m, sizeof(m), "SEND_RNDIS_PKT completion");
	if (a != NULL) {
		a->channel = c->index;
		a->transaction = transaction;
		a->awaited = true;
	}
}

static bool host_message(struct netvsp *nic, enum nic_answer_kind kind, const void *message,
			 size_t len, const char *what)
{
	return nic->answers < HOST_SHARE && enqueue(nic, kind, message, len, what) != NULL;
}

bool answer_host_inband(struct netvsp *nic, const void *message, size_t len, const char *what)
{
	return host_message(nic, NIC_ANSWER_INBAND, message, len, what);
}

bool answer_host_rndis(struct netvsp *nic, const void *message, size_t len, const char *what)
{
	return host_message(nic, NIC_ANSWER_RNDIS, message, len, what);
}

static int send_one(struct netvsp *nic, const struct nic_answer *a)
{
	struct vmbus_channel *ch = nic->channel[a->channel].ch;
	enum vmbus_packet_type type = a->kind == NIC_ANSWER_INBAND ? VMBUS_PACKET_INBAND :
								     VMBUS_PACKET_COMPLETION;

	if (a->kind == NIC_ANSWER_RNDIS)
		return rx_send_rndis(nic, NVSP_CHANNEL_CONTROL, a->data, a->len);
	return vmbus_channel_send(ch, type, 0, a->transaction, NULL, 0,
				  a->len != 0 ? a->data : NULL, a->len);
}

/* 0: gone; -EAGAIN: the ring is full, nothing goes; -EBUSY: no section, no RNDIS goes. */
static int try_one(struct netvsp *nic, struct nic_answer *a)
{
	int ret = send_one(nic, a);

	if (ret == -EAGAIN || ret == -EBUSY)
		return ret;
	if (ret != 0)
		nic_warn(nic, "%s cannot be sent: %s", a->what, strerror(-ret));
	pending_done(nic, a->pending);
	return 0;
}

bool answer_flush(struct netvsp *nic)
{
	bool ring_full = false, no_section = false;
	unsigned int kept = 0, all = nic->answers;
	uint64_t now;

	if (all == 0)
		return false;
	now = lab_clock_now(nic->config.clock);
	for (unsigned int i = 0; i < all; i++) {
		struct nic_answer *a = &nic->answer[i];
		bool held = ring_full || (no_section && a->kind == NIC_ANSWER_RNDIS);
		int ret;

		if (a->due <= now && !held) {
			ret = try_one(nic, a);
			if (ret == 0)
				continue;
			ring_full |= ret == -EAGAIN;
			no_section |= ret == -EBUSY;
		}
		if (a->awaited && a->pending == 0)
			a->pending = pending_add(nic, a->what);
		if (kept != i)
			nic->answer[kept] = *a;
		kept++;
	}
	nic->answers = kept;
	if (ring_full || no_section)
		nic->retry_at = now + NIC_RETRY;
	return kept != all;
}

uint64_t answer_deadline(const struct netvsp *nic)
{
	uint64_t deadline = UINT64_MAX;

	for (unsigned int i = 0; i < nic->answers; i++) {
		uint64_t due = nic->answer[i].due;

		if (due < nic->retry_at)
			due = nic->retry_at;
		if (due < deadline)
			deadline = due;
	}
	return deadline;
}

void answer_forget(struct nic_channel *c)
{
	struct netvsp *nic = c->nic;
	unsigned int kept = 0;

	for (unsigned int i = 0; i < nic->answers; i++) {
		struct nic_answer *a = &nic->answer[i];

		if (c->index == 0 || a->channel == c->index)
			pending_done(nic, a->pending);
		else
			nic->answer[kept++] = *a;
	}
	nic->answers = kept;
	if (c->index != 0)
		return;
	for (unsigned int i = 0; i < nic->lost; i++)
		pending_done(nic, nic->lost_pending[i]);
	nic->lost = 0;
}
