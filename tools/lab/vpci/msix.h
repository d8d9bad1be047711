/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * MSI-X of one function: vector table, pending bits, masks. Source: PCI Local Bus 3.0, 6.8.2.
 */
#ifndef LAB_VPCI_MSIX_H
#define LAB_VPCI_MSIX_H

#include <stdbool.h>
#include <stdint.h>

#define VPCI_MSIX_VECTORS_MAX 2048
#define VPCI_MSIX_ENTRY_SIZE 16u
#define VPCI_MSIX_PENDING_WORDS (VPCI_MSIX_VECTORS_MAX / 64)

enum vpci_msix_field {
	VPCI_MSIX_ADDRESS_LOW,
	VPCI_MSIX_ADDRESS_HIGH,
	VPCI_MSIX_DATA,
	VPCI_MSIX_CONTROL,
	VPCI_MSIX_FIELDS,
};
#define VPCI_MSIX_MASKED 1u /* in VPCI_MSIX_CONTROL; its other bits are reserved, zero */

struct vpci_msix {
	unsigned int vectors;
	bool live; /* capability enabled, function mask clear, bus master on */
	/* Sends the message of an entry: it is unmasked and the function is live. */
	void (*fire)(void *ctx, unsigned int vector, uint64_t address, uint32_t data);
	void *ctx;
	uint32_t entry[VPCI_MSIX_VECTORS_MAX][VPCI_MSIX_FIELDS];
	uint64_t pending[VPCI_MSIX_PENDING_WORDS];
};

/* Power-on state: every entry zero and masked, nothing pending, not live. */
void vpci_msix_reset(struct vpci_msix *msix);
/* The conditions common to all vectors changed; what waited for them fires. */
void vpci_msix_set_live(struct vpci_msix *msix, bool live);
void vpci_msix_raise(struct vpci_msix *msix, unsigned int vector);

/* Bytes of the table, and of the pending bit array. */
uint64_t vpci_msix_table_size(const struct vpci_msix *msix);
uint64_t vpci_msix_pba_size(const struct vpci_msix *msix);

/* offset: from the start of the table / array. Only aligned 4- and 8-byte accesses are defined:
 * others read zero and write nothing. */
uint64_t vpci_msix_read_table(const struct vpci_msix *msix, uint64_t offset, unsigned int size);
void vpci_msix_write_table(struct vpci_msix *msix, uint64_t offset, uint64_t value,
			   unsigned int size);
uint64_t vpci_msix_read_pba(const struct vpci_msix *msix, uint64_t offset, unsigned int size);

#endif
