/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * BAR0 of the function in guest-physical space: pieces that are memory are mapped, what lies
 * between them is trapped.
 */
#ifndef LAB_VPCI_BAR_H
#define LAB_VPCI_BAR_H

#include "../mem.h"
#include "function.h"

#include <stdbool.h>

struct vpci;

#define VPCI_BAR_PIECES (2 * PCI_FUNCTION_RAM_MAX + 1)

struct vpci_piece {
	struct vpci *bus;
	uint64_t offset, size;
	void *memory; /* NULL: trapped */
};

struct vpci_bar {
	struct vpci_piece piece[VPCI_BAR_PIECES]; /* all of BAR0, ascending */
	unsigned int pieces;
	unsigned int mapped; /* the first so many stand at base */
	struct vpci_piece dead; /* all of BAR0, trapped: what a removed function leaves behind */
	bool dead_claimed;
	gpa_t base;
};

/* Cuts BAR0 into pieces. 0, or -EINVAL: the function's description is impossible. */
int vpci_bar_init(struct vpci *bus);
/* Follows COMMAND.MEM. */
void vpci_bar_update(struct vpci *bus);
/* The function is gone: where BAR0 stood, everything reads all ones. */
void vpci_bar_kill(struct vpci *bus);
void vpci_bar_unmap(struct vpci *bus);

#endif
