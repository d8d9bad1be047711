/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The smallest function a vPCI bus can carry, for the lab's own tests: 1414:accd, an id that no
 * driver binds. It has no DMA; it shows that a guest sees a function, reads it and is interrupted.
 *
 *	BAR0	size	reset	meaning
 *	0x0	4	0	RW scratch
 *	0x4	4	-	RO id: DUMMY_ID
 *	0x8	4	-	WO raise MSI-X vector <value>, if there is one
 *	0x1000	page		plain memory
 *	0x2000			MSI-X table
 *	0x3000			MSI-X pending bits
 */
#ifndef LAB_VPCI_DUMMY_H
#define LAB_VPCI_DUMMY_H

#include "function.h"

struct dummy;
struct vpci;

#define DUMMY_VENDOR 0x1414u
#define DUMMY_DEVICE 0xaccdu
#define DUMMY_ID (DUMMY_DEVICE << 16 | DUMMY_VENDOR)
#define DUMMY_VECTORS 4u

enum dummy_register {
	DUMMY_SCRATCH = 0x0,
	DUMMY_IDENTITY = 0x4,
	DUMMY_RAISE = 0x8,
	DUMMY_MEMORY = 0x1000,
	DUMMY_MSIX_TABLE = 0x2000,
	DUMMY_MSIX_PBA = 0x3000,
	DUMMY_BAR_SIZE = 0x4000,
};

/* NULL: out of memory. */
struct dummy *dummy_create(void);
/* After the bus it hangs on. */
void dummy_destroy(struct dummy *dummy);
const struct pci_function *dummy_function(const struct dummy *dummy);
/* Where its interrupts go; the bus must not be offered before. */
void dummy_attach(struct dummy *dummy, struct vpci *bus);

#endif
