// SPDX-License-Identifier: BSD-3-Clause
/*
 * Configuration space: type 0 header, one 64-bit prefetchable BAR, PCI Express endpoint
 * capability with function level reset, MSI-X capability. The offsets of the two capabilities are
 * those of a ConnectX virtual function. Source: PCI Local Bus 3.0 chapter 6, PCI Express Base 3.0
 * section 7.8.
 */
#include "space.h"

#include <string.h>

enum {
	REG_VENDOR = 0x00,
	REG_DEVICE = 0x02,
	REG_COMMAND = 0x04,
	REG_STATUS = 0x06,
	REG_REVISION = 0x08,
	REG_PROG_IF = 0x09,
	REG_SUBCLASS = 0x0a,
	REG_BASE_CLASS = 0x0b,
	REG_CACHE_LINE = 0x0c,
	REG_BAR0 = 0x10,
	REG_BAR0_HIGH = 0x14,
	REG_BAR0_END = 0x18,
	REG_SUBSYSTEM_VENDOR = 0x2c,
	REG_SUBSYSTEM_DEVICE = 0x2e,
	REG_CAPABILITIES = 0x34,
	REG_EXPRESS = 0x60,
	REG_EXPRESS_FLAGS = REG_EXPRESS + 0x02,
	REG_DEVICE_CAP = REG_EXPRESS + 0x04,
	REG_DEVICE_CONTROL = REG_EXPRESS + 0x08,
	REG_LINK_CAP = REG_EXPRESS + 0x0c,
	REG_LINK_CONTROL = REG_EXPRESS + 0x10,
	REG_LINK_STATUS = REG_EXPRESS + 0x12,
	REG_DEVICE_CAP2 = REG_EXPRESS + 0x24,
	REG_DEVICE_CONTROL2 = REG_EXPRESS + 0x28,
	REG_LINK_CONTROL2 = REG_EXPRESS + 0x30,
	REG_MSIX = 0x9c,
	REG_MSIX_CONTROL = REG_MSIX + 0x02,
	REG_MSIX_TABLE = REG_MSIX + 0x04,
	REG_MSIX_PBA = REG_MSIX + 0x08,
};

#define COMMAND_MEMORY 0x0002u
#define COMMAND_MASTER 0x0004u
#define COMMAND_WRITABLE 0x0546u /* MEM, master, parity, SERR, INTx disable */
#define STATUS_CAPABILITIES 0x0010u
#define BAR_64_PREFETCHABLE 0x0cu
#define BAR_FLAGS 0x0fu

#define CAPABILITY_EXPRESS 0x10u
#define CAPABILITY_MSIX 0x11u
#define EXPRESS_ENDPOINT_V2 0x0002u
#define DEVICE_CAP_PAYLOAD_256 0x00000001u
#define DEVICE_CAP_EXTENDED_TAG 0x00000020u
#define DEVICE_CAP_ROLE_ERRORS 0x00008000u
#define DEVICE_CAP_FLR 0x10000000u
#define DEVICE_CONTROL_START 0x2810u /* reads of 512, relaxed ordering, no snoop */
#define DEVICE_CONTROL_FLR 0x8000u
#define DEVICE_CONTROL_WRITABLE 0xffffu
#define LINK_8GT_X8 0x0083u
#define LINK_CONTROL_WRITABLE 0x00c8u /* read completion boundary, common clock, extended sync */
#define DEVICE_CAP2_TIMEOUT_DISABLE 0x00000010u
#define DEVICE_CONTROL2_WRITABLE 0x001fu

#define MSIX_ENABLE 0x8000u
#define MSIX_MASK_ALL 0x4000u

static uint16_t get16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static uint32_t get32(const uint8_t *bytes)
{
	return get16(bytes) | (uint32_t)get16(bytes + 2) << 16;
}

static void put16(uint8_t *bytes, uint16_t value)
{
	bytes[0] = (uint8_t)value;
	bytes[1] = (uint8_t)(value >> 8);
}

static void put32(uint8_t *bytes, uint32_t value)
{
	put16(bytes, (uint16_t)value);
	put16(bytes + 2, (uint16_t)(value >> 16));
}

static void init_header(struct vpci_space *space, const struct pci_function *function)
{
	uint8_t *reg = space->start;

	put16(reg + REG_VENDOR, function->vendor);
	put16(reg + REG_DEVICE, function->device);
	put16(space->writable + REG_COMMAND, COMMAND_WRITABLE);
	put16(reg + REG_STATUS, STATUS_CAPABILITIES);
	reg[REG_REVISION] = function->revision;
	reg[REG_PROG_IF] = function->prog_if;
	reg[REG_SUBCLASS] = function->subclass;
	reg[REG_BASE_CLASS] = function->base_class;
	space->writable[REG_CACHE_LINE] = 0xff;
	put32(reg + REG_BAR0, BAR_64_PREFETCHABLE);
	put32(space->writable + REG_BAR0, (uint32_t)-function->bar0_size & ~BAR_FLAGS);
	put32(space->writable + REG_BAR0_HIGH, (uint32_t)(-function->bar0_size >> 32));
	put16(reg + REG_SUBSYSTEM_VENDOR, function->subsystem_vendor);
	put16(reg + REG_SUBSYSTEM_DEVICE, function->subsystem_device);
	reg[REG_CAPABILITIES] = REG_EXPRESS;
}

static void init_capabilities(struct vpci_space *space, const struct pci_function *function)
{
	uint8_t *reg = space->start;

	reg[REG_EXPRESS] = CAPABILITY_EXPRESS;
	reg[REG_EXPRESS + 1] = REG_MSIX;
	put16(reg + REG_EXPRESS_FLAGS, EXPRESS_ENDPOINT_V2);
	put32(reg + REG_DEVICE_CAP, DEVICE_CAP_PAYLOAD_256 | DEVICE_CAP_EXTENDED_TAG |
				    DEVICE_CAP_ROLE_ERRORS | DEVICE_CAP_FLR);
	put16(reg + REG_DEVICE_CONTROL, DEVICE_CONTROL_START);
	put16(space->writable + REG_DEVICE_CONTROL, DEVICE_CONTROL_WRITABLE);
	put32(reg + REG_LINK_CAP, LINK_8GT_X8);
	put16(space->writable + REG_LINK_CONTROL, LINK_CONTROL_WRITABLE);
	put16(reg + REG_LINK_STATUS, LINK_8GT_X8);
	put32(reg + REG_DEVICE_CAP2, DEVICE_CAP2_TIMEOUT_DISABLE);
	put16(space->writable + REG_DEVICE_CONTROL2, DEVICE_CONTROL2_WRITABLE);
	put16(reg + REG_LINK_CONTROL2, LINK_8GT_X8 & 0xf);

	reg[REG_MSIX] = CAPABILITY_MSIX;
	put16(reg + REG_MSIX_CONTROL, (uint16_t)(function->msix_vectors - 1));
	put16(space->writable + REG_MSIX_CONTROL, MSIX_ENABLE | MSIX_MASK_ALL);
	/* The low three bits name the BAR: 0. */
	put32(reg + REG_MSIX_TABLE, (uint32_t)function->msix_table_offset);
	put32(reg + REG_MSIX_PBA, (uint32_t)function->msix_pba_offset);
}

void vpci_space_init(struct vpci_space *space, const struct pci_function *function)
{
	memset(space, 0, sizeof(*space));
	init_header(space, function);
	init_capabilities(space, function);
	vpci_space_reset(space);
}

void vpci_space_reset(struct vpci_space *space)
{
	memcpy(space->reg, space->start, sizeof(space->reg));
}

uint64_t vpci_space_read(const struct vpci_space *space, uint64_t offset, unsigned int size)
{
	uint64_t value = 0;

	if (offset >= VPCI_SPACE_SIZE || size > VPCI_SPACE_SIZE - offset)
		return UINT64_MAX;
	for (unsigned int i = 0; i < size && offset + i < VPCI_SPACE_USED; i++)
		value |= (uint64_t)space->reg[offset + i] << (8 * i);
	return value;
}

static void put_byte(struct vpci_space *space, uint64_t at, uint8_t value)
{
	uint8_t mask = space->writable[at];

	/* As on Hyper-V, a BAR that is being decoded does not move: pci-hyperv.c
	 * prepopulate_bars(). */
	if (at >= REG_BAR0 && at < REG_BAR0_END && vpci_space_memory_on(space))
		return;
	space->reg[at] = (uint8_t)((space->reg[at] & ~mask) | (value & mask));
}

unsigned int vpci_space_write(struct vpci_space *space, uint64_t offset, uint64_t value,
			      unsigned int size)
{
	bool memory = vpci_space_memory_on(space), live = vpci_space_msix_live(space);
	unsigned int changed = 0;

	for (unsigned int i = 0; i < size && offset < VPCI_SPACE_USED - i; i++)
		put_byte(space, offset + i, (uint8_t)(value >> (8 * i)));
	if ((get16(space->reg + REG_DEVICE_CONTROL) & DEVICE_CONTROL_FLR) != 0) {
		vpci_space_reset(space);
		changed |= VPCI_CHANGED_RESET;
	}
	if (vpci_space_memory_on(space) != memory)
		changed |= VPCI_CHANGED_MEMORY;
	if (vpci_space_msix_live(space) != live)
		changed |= VPCI_CHANGED_MSIX;
	return changed;
}

bool vpci_space_memory_on(const struct vpci_space *space)
{
	return (get16(space->reg + REG_COMMAND) & COMMAND_MEMORY) != 0;
}

bool vpci_space_msix_live(const struct vpci_space *space)
{
	uint16_t control = get16(space->reg + REG_MSIX_CONTROL);

	return (get16(space->reg + REG_COMMAND) & COMMAND_MASTER) != 0 &&
	       (control & (MSIX_ENABLE | MSIX_MASK_ALL)) == MSIX_ENABLE;
}

uint64_t vpci_space_bar0(const struct vpci_space *space)
{
	return (uint64_t)get32(space->reg + REG_BAR0_HIGH) << 32 |
	       (get32(space->reg + REG_BAR0) & ~BAR_FLAGS);
}

void vpci_space_probed(const struct vpci_space *space, uint32_t bar[VPCI_BARS])
{
	for (unsigned int i = 0; i < VPCI_BARS; i++) {
		unsigned int at = REG_BAR0 + 4 * i;

		bar[i] = get32(space->start + at) | get32(space->writable + at);
	}
}
