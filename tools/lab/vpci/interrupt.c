// SPDX-License-Identifier: BSD-3-Clause
/*
 * The interrupt redirection table.
 *
 * Hyper-V remaps: the guest programs an opaque (address, data) into the MSI-X table, and later
 * names that pair in HVCALL_RETARGET_INTERRUPT to move it to another vector and processor. So data
 * is an index into this table, never the vector (docs/protocol.md 6.4).
 */
#include "interrupt.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

int vpci_interrupt_aim(struct vpci_interrupt *entry, uint32_t vector, unsigned int vp)
{
	if (vector < VPCI_VECTOR_MIN || vector > VPCI_VECTOR_MAX || vp > VPCI_VP_MAX)
		return -EINVAL;
	entry->vector = (uint8_t)vector;
	entry->vp = (uint8_t)vp;
	return 0;
}

int vpci_interrupts_add(struct vpci_interrupts *table, uint32_t vector, unsigned int vp)
{
	for (int i = 0; i < VPCI_INTERRUPTS; i++) {
		struct vpci_interrupt *entry = &table->entry[i];

		if (entry->used)
			continue;
		if (vpci_interrupt_aim(entry, vector, vp) != 0)
			return -EINVAL;
		entry->used = true;
		return i;
	}
	return -ENOSPC;
}

struct vpci_interrupt *vpci_interrupts_find(struct vpci_interrupts *table, uint64_t address,
					    uint32_t data)
{
	if (address != VPCI_MSI_ADDRESS || data >= VPCI_INTERRUPTS || !table->entry[data].used)
		return NULL;
	return &table->entry[data];
}

void vpci_interrupts_reset(struct vpci_interrupts *table)
{
	memset(table, 0, sizeof(*table));
}
