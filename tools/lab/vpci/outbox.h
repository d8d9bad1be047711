/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the bus still has to say to the guest. The ring may be full: one answer is held (and no
 * further request is taken until it is gone), notices are merely remembered as owed.
 */
#ifndef LAB_VPCI_OUTBOX_H
#define LAB_VPCI_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vpci;

#define VPCI_ANSWER_MAX 136 /* READ_BLOCK's, padded */
#define VPCI_ANSWER_MIN 8   /* pci-hyperv skips packets of 20 bytes and less, header included */

struct vpci_answer {
	uint64_t transaction;
	size_t len; /* 0: none */
	union {
		uint32_t status; /* every answer begins with it */
		uint8_t bytes[VPCI_ANSWER_MAX];
	};
};

struct vpci_outbox {
	struct vpci_answer held;
	uint32_t held_pending; /* in config.pending */
	bool owes_relations, owes_eject;
	uint64_t invalid_blocks; /* 0: no INVALIDATE_BLOCK owed */
};

/* Sends the answer, or holds it. Not while one is held. */
void vpci_outbox_answer(struct vpci *bus, const struct vpci_answer *answer);
/* Sends what it can, answers first. Returns true when no answer is held any more. */
bool vpci_outbox_flush(struct vpci *bus);
void vpci_outbox_reset(struct vpci *bus);

#endif
