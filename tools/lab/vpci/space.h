/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Configuration space of one function: registers and which of their bits the guest can write. It
 * acts on nothing itself: a write says what changed, and the bus draws the consequences.
 */
#ifndef LAB_VPCI_SPACE_H
#define LAB_VPCI_SPACE_H

#include "function.h"
#include "protocol.h"

#include <stdbool.h>
#include <stdint.h>

#define VPCI_SPACE_SIZE 4096u /* as the guest sees it */
#define VPCI_SPACE_USED 256u  /* the rest, extended capabilities, is zero */

/* What a write changed. */
#define VPCI_CHANGED_MEMORY 1u /* COMMAND.MEM */
#define VPCI_CHANGED_MSIX 2u   /* whether messages can be sent */
#define VPCI_CHANGED_RESET 4u  /* function level reset: space is already back to its start */

struct vpci_space {
	uint8_t reg[VPCI_SPACE_USED];
	uint8_t start[VPCI_SPACE_USED];
	uint8_t writable[VPCI_SPACE_USED];
};

void vpci_space_init(struct vpci_space *space, const struct pci_function *function);
void vpci_space_reset(struct vpci_space *space);

/* size: 1, 2, 4 or 8. Accesses that leave the space read all ones and write nothing. */
uint64_t vpci_space_read(const struct vpci_space *space, uint64_t offset, unsigned int size);
unsigned int vpci_space_write(struct vpci_space *space, uint64_t offset, uint64_t value,
			      unsigned int size);

bool vpci_space_memory_on(const struct vpci_space *space);
/* Enabled, not masked as a whole, and the function may master the bus. */
bool vpci_space_msix_live(const struct vpci_space *space);
uint64_t vpci_space_bar0(const struct vpci_space *space);
/* What each BAR reads after all ones were written to it. */
void vpci_space_probed(const struct vpci_space *space, uint32_t bar[VPCI_BARS]);

#endif
