// SPDX-License-Identifier: BSD-3-Clause
/*
 * The command queue. A doorbell names slots; each slot's entry is checked, its input gathered from
 * the mailboxes into host memory, its handler run, its output scattered, and the entry handed back,
 * before the doorbell write returns. What is wrong with the envelope is a delivery status in the
 * entry, what is wrong with the command a status in its output.
 * Source: docs/protocol.md 7.2, kernel mlx5/core/cmd.c.
 */
#include "command.h"

#include "../log.h"

#include <stdlib.h>

/* Command queue entry. */
#define ENTRY_SIZE 64u
#define ENTRY_TYPE 0x0
#define ENTRY_TYPE_PCI 7
#define ENTRY_IN_LEN 0x4
#define ENTRY_IN_MAILBOX 0x8
#define ENTRY_IN 0x10
#define ENTRY_OUT 0x20
#define ENTRY_OUT_MAILBOX 0x30
#define ENTRY_OUT_LEN 0x38
#define ENTRY_TOKEN 0x3c
#define ENTRY_STATUS_OWN 0x3f
#define ENTRY_OWNED_BY_DEVICE 0x1
#define ENTRY_INLINE 16u /* bytes of input and output in the entry itself */

/* Mailbox block. */
#define MAILBOX_SIZE 576u
#define MAILBOX_DATA 512u
#define MAILBOX_NEXT 0x230
#define MAILBOX_NUMBER 0x238
#define MAILBOX_TOKEN 0x23d
#define MAILBOX_ALIGN 1024u

#define EVENT_COMMAND 0x0a

enum delivery { DELIVERED = 0x0, BAD_TOKEN = 0x2, BAD_BLOCK_NUMBER = 0x3, BAD_OUT_POINTER = 0x4,
		BAD_IN_POINTER = 0x5, DEVICE_ERROR = 0x6, BAD_IN_LENGTH = 0x7,
		BAD_OUT_LENGTH = 0x8, BAD_DESCRIPTOR = 0x10 };

static uint32_t mailboxes(uint32_t len)
{
	return len <= ENTRY_INLINE ? 0 : (len - ENTRY_INLINE + MAILBOX_DATA - 1) / MAILBOX_DATA;
}

static uint32_t mailbox_bytes(uint32_t len, uint32_t i)
{
	uint32_t rest = len - ENTRY_INLINE - i * MAILBOX_DATA;

	return rest < MAILBOX_DATA ? rest : MAILBOX_DATA;
}

/* One message of an entry: its mailbox chain, walked and checked before anything is executed. */
struct message {
	uint32_t len;
	uint32_t blocks;
	gpa_t *block;
};

static enum delivery message_walk(struct cx *cx, struct message *message, gpa_t next,
				  uint8_t token, enum delivery bad_pointer)
{
	uint8_t control[MAILBOX_SIZE - MAILBOX_DATA];

	message->blocks = mailboxes(message->len);
	message->block = NULL;
	if (message->blocks == 0)
		return DELIVERED;
	message->block = malloc(message->blocks * sizeof(*message->block));
	if (message->block == NULL)
		return DEVICE_ERROR;
	for (uint32_t i = 0; i < message->blocks; i++) {
		const uint8_t *box = lab_mem_window(cx->config.mem, next, MAILBOX_SIZE);

		if (box == NULL || next % MAILBOX_ALIGN != 0)
			return bad_pointer;
		memcpy(control, box + MAILBOX_DATA, sizeof(control));
		if (cx_get32(control, MAILBOX_NUMBER - MAILBOX_DATA) != i)
			return BAD_BLOCK_NUMBER;
		if (control[MAILBOX_TOKEN - MAILBOX_DATA] != token)
			return BAD_TOKEN;
		message->block[i] = next;
		next = cx_get64(control, MAILBOX_NEXT - MAILBOX_DATA);
	}
	return DELIVERED;
}

static int message_gather(struct cx *cx, const struct message *message, const uint8_t *entry,
			  uint8_t *to)
{
	int err;

	memcpy(to, entry + ENTRY_IN,
	       message->len < ENTRY_INLINE ? message->len : ENTRY_INLINE);
	for (uint32_t i = 0; i < message->blocks; i++) {
		err = lab_mem_read(cx->config.mem, message->block[i],
				   to + ENTRY_INLINE + i * MAILBOX_DATA,
				   mailbox_bytes(message->len, i));
		if (err < 0)
			return err;
	}
	return 0;
}

static int message_scatter(struct cx *cx, const struct message *message, gpa_t entry,
			   const uint8_t *from)
{
	int err = lab_mem_write(cx->config.mem, entry + ENTRY_OUT, from, ENTRY_INLINE);

	for (uint32_t i = 0; err == 0 && i < message->blocks; i++)
		err = lab_mem_write(cx->config.mem, message->block[i],
				    from + ENTRY_INLINE + i * MAILBOX_DATA,
				    mailbox_bytes(message->len, i));
	return err;
}

/* Both chains are good: input in, command, output out. */
static enum delivery exchange(struct cx *cx, gpa_t at, const uint8_t *entry,
			      const struct message *in, const struct message *out)
{
	uint8_t *in_copy = calloc(1, cx_message_room(in->len));
	uint8_t *out_copy = calloc(1, cx_message_room(out->len));
	enum delivery delivery = DEVICE_ERROR;

	if (in_copy != NULL && out_copy != NULL &&
	    message_gather(cx, in, entry, in_copy) == 0) {
		struct cx_request request = { .in = in_copy, .in_len = in->len,
					      .out = out_copy, .out_len = out->len };

		cx_request_run(cx, &request);
		if (message_scatter(cx, out, at, out_copy) == 0)
			delivery = DELIVERED;
	}
	free(in_copy);
	free(out_copy);
	return delivery;
}

static enum delivery deliver(struct cx *cx, gpa_t at, const uint8_t entry[ENTRY_SIZE])
{
	struct message in = { .len = cx_get32(entry, ENTRY_IN_LEN) };
	struct message out = { .len = cx_get32(entry, ENTRY_OUT_LEN) };
	uint8_t token = entry[ENTRY_TOKEN];
	enum delivery delivery;

	if (entry[ENTRY_TYPE] != ENTRY_TYPE_PCI)
		return BAD_DESCRIPTOR;
	if (in.len < CX_MESSAGE_MIN || in.len > CX_MESSAGE_MAX)
		return BAD_IN_LENGTH;
	if (out.len < CX_MESSAGE_MIN || out.len > CX_MESSAGE_MAX)
		return BAD_OUT_LENGTH;
	delivery = message_walk(cx, &in, cx_get64(entry, ENTRY_IN_MAILBOX), token,
				BAD_IN_POINTER);
	if (delivery == DELIVERED)
		delivery = message_walk(cx, &out, cx_get64(entry, ENTRY_OUT_MAILBOX), token,
					BAD_OUT_POINTER);
	if (delivery == DELIVERED)
		delivery = exchange(cx, at, entry, &in, &out);
	free(in.block);
	free(out.block);
	return delivery;
}

/* An EQ asked for command completions: the driver no longer polls (cmd.c, CMD_MODE_EVENTS). */
static bool completes_by_event(struct cx *cx)
{
	struct cx_object *eq = NULL;

	while ((eq = cx_object_next(cx, CX_EQ, eq)) != NULL)
		if (((struct cx_eq *)eq)->event_mask & 1ull << EVENT_COMMAND)
			return true;
	return false;
}

static void run_slot(struct cx *cx, unsigned int slot)
{
	gpa_t at = cx->command->queue + slot * ENTRY_SIZE;
	uint8_t *window = lab_mem_window(cx->config.mem, at, ENTRY_SIZE);
	bool by_event = completes_by_event(cx);
	uint8_t entry[ENTRY_SIZE], vector[28] = { 0 };
	enum delivery delivery;

	if (window == NULL) {
		lab_log(LAB_LOG_INFO, "connectx", "the command queue is not guest memory");
		return;
	}
	/* Pairs with the driver's barrier before it rings: owner first, the rest after it. */
	if ((__atomic_load_n(window + ENTRY_STATUS_OWN, __ATOMIC_ACQUIRE) &
	     ENTRY_OWNED_BY_DEVICE) == 0) {
		lab_log(LAB_LOG_INFO, "connectx", "doorbell for slot %u, which is not ours", slot);
		return;
	}
	memcpy(entry, window, sizeof(entry));
	delivery = deliver(cx, at, entry);
	if (delivery != DELIVERED) {
		cx->command->undelivered++;
		lab_log(LAB_LOG_INFO, "connectx", "slot %u: delivery error 0x%x", slot, delivery);
	}
	/* Release: the driver reads the output as soon as it sees the owner bit go. */
	__atomic_store_n(window + ENTRY_STATUS_OWN, (uint8_t)(delivery << 1), __ATOMIC_RELEASE);
	if (by_event) {
		cx_set32(vector, 0, 1u << slot);
		cx_event(cx, EVENT_COMMAND, 0, vector);
	}
}

bool cx_command_is_answered(const struct cx *cx)
{
	return cx->command->interface == 0 && cx->command->syndrome == 0;
}

void cx_command_doorbell(struct cx *cx, uint32_t slots)
{
	if (cx->command->queue == 0 || !cx_command_is_answered(cx)) {
		lab_log(LAB_LOG_INFO, "connectx", "command doorbell while not in service");
		return;
	}
	for (unsigned int slot = 0; slot < 32; slot++)
		if (slots & 1u << slot)
			run_slot(cx, slot);
}

void cx_command_reset(struct cx *cx)
{
	struct cx_command *command = cx->command;
	struct cx_command kept = *command;

	free(kept.page);
	memset(command, 0, sizeof(*command));
	command->stage = CX_STAGE_OFF;
	/* Time and totals are the host's, not the guest's. */
	command->created = kept.created;
	command->ticked = kept.ticked;
	command->health_counter = kept.health_counter;
	command->executed = kept.executed;
	command->refused = kept.refused;
	command->undelivered = kept.undelivered;
	memcpy(command->unknown_logged, kept.unknown_logged, sizeof(kept.unknown_logged));
	cx_caps_reset(cx);
}
