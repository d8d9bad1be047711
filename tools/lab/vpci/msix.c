// SPDX-License-Identifier: BSD-3-Clause
/*
 * MSI-X table, pending bit array and masks of one function.
 *
 * A vector that is raised while its entry is masked, or while the function cannot send at all,
 * sets its pending bit; the bit is taken back and the message sent once nothing is in the way.
 * Several raises meanwhile are one message, as the specification has it.
 */
#include "msix.h"

#include <string.h>

void vpci_msix_reset(struct vpci_msix *msix)
{
	msix->live = false;
	memset(msix->entry, 0, sizeof(msix->entry));
	memset(msix->pending, 0, sizeof(msix->pending));
	for (unsigned int i = 0; i < msix->vectors; i++)
		msix->entry[i][VPCI_MSIX_CONTROL] = VPCI_MSIX_MASKED;
}

static uint64_t pending_bit(unsigned int vector)
{
	return 1ull << (vector % 64);
}

/* Sends what waits on that vector, if it may be sent now. */
static void settle(struct vpci_msix *msix, unsigned int vector)
{
	const uint32_t *entry = msix->entry[vector];
	uint64_t *pending = &msix->pending[vector / 64];

	if ((*pending & pending_bit(vector)) == 0 || !msix->live ||
	    (entry[VPCI_MSIX_CONTROL] & VPCI_MSIX_MASKED) != 0)
		return;
	*pending &= ~pending_bit(vector);
	msix->fire(msix->ctx, vector,
		   (uint64_t)entry[VPCI_MSIX_ADDRESS_HIGH] << 32 | entry[VPCI_MSIX_ADDRESS_LOW],
		   entry[VPCI_MSIX_DATA]);
}

void vpci_msix_set_live(struct vpci_msix *msix, bool live)
{
	msix->live = live;
	for (unsigned int i = 0; live && i < msix->vectors; i++)
		settle(msix, i);
}

void vpci_msix_raise(struct vpci_msix *msix, unsigned int vector)
{
	if (vector >= msix->vectors)
		return;
	msix->pending[vector / 64] |= pending_bit(vector);
	settle(msix, vector);
}

uint64_t vpci_msix_table_size(const struct vpci_msix *msix)
{
	return (uint64_t)msix->vectors * VPCI_MSIX_ENTRY_SIZE;
}

uint64_t vpci_msix_pba_size(const struct vpci_msix *msix)
{
	return (msix->vectors + 63) / 64 * sizeof(msix->pending[0]);
}

static bool is_defined(uint64_t offset, unsigned int size, uint64_t limit)
{
	return (size == 4 || size == 8) && offset % size == 0 && offset < limit &&
	       size <= limit - offset;
}

static uint32_t table_dword(const struct vpci_msix *msix, uint64_t offset)
{
	return msix->entry[offset / VPCI_MSIX_ENTRY_SIZE][offset % VPCI_MSIX_ENTRY_SIZE / 4];
}

uint64_t vpci_msix_read_table(const struct vpci_msix *msix, uint64_t offset, unsigned int size)
{
	uint64_t value;

	if (!is_defined(offset, size, vpci_msix_table_size(msix)))
		return 0;
	value = table_dword(msix, offset);
	if (size == 8)
		value |= (uint64_t)table_dword(msix, offset + 4) << 32;
	return value;
}

static void put_table_dword(struct vpci_msix *msix, uint64_t offset, uint32_t value)
{
	uint32_t *entry = msix->entry[offset / VPCI_MSIX_ENTRY_SIZE];
	unsigned int field = offset % VPCI_MSIX_ENTRY_SIZE / 4;

	if (field == VPCI_MSIX_ADDRESS_LOW)
		value &= ~3u;
	else if (field == VPCI_MSIX_CONTROL)
		value &= VPCI_MSIX_MASKED;
	entry[field] = value;
}

void vpci_msix_write_table(struct vpci_msix *msix, uint64_t offset, uint64_t value,
			   unsigned int size)
{
	if (!is_defined(offset, size, vpci_msix_table_size(msix)))
		return;
	put_table_dword(msix, offset, (uint32_t)value);
	if (size == 8)
		put_table_dword(msix, offset + 4, (uint32_t)(value >> 32));
	settle(msix, (unsigned int)(offset / VPCI_MSIX_ENTRY_SIZE));
}

uint64_t vpci_msix_read_pba(const struct vpci_msix *msix, uint64_t offset, unsigned int size)
{
	uint64_t word;

	if (!is_defined(offset, size, vpci_msix_pba_size(msix)))
		return 0;
	word = msix->pending[offset / sizeof(word)];
	if (size == 4)
		word = (uint32_t)(word >> (offset % sizeof(word) * 8));
	return word;
}
