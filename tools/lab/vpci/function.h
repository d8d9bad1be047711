/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What a PCI function model must provide to hang on a vPCI bus, and what the bus gives it. The bus
 * owns config space, BAR decoding, the MSI-X table and its masks; the function owns its registers.
 */
#ifndef LAB_VPCI_FUNCTION_H
#define LAB_VPCI_FUNCTION_H

#include <stddef.h>
#include <stdint.h>

#define PCI_FUNCTION_RAM_MAX 8
#define PCI_FUNCTION_BLOCK_MAX 128 /* bytes in a configuration block (mlx5 hv_vhca) */

struct pci_function_ops {
	/* Trapped accesses in BAR0; size: 1, 2, 4 or 8; values little endian as the CPU sees. */
	uint64_t (*read)(void *function, uint64_t offset, unsigned int size);
	void (*write)(void *function, uint64_t offset, uint64_t value, unsigned int size);
	/* Configuration blocks; 0 or -errno. NULL: refused. */
	int (*block_read)(void *function, uint32_t id, void *buf, size_t len);
	int (*block_write)(void *function, uint32_t id, const void *buf, size_t len);
	/* Bus-level reset: D0 exit, removal, guest reset. Power-on state again, no DMA after it. */
	void (*reset)(void *function);
};

/* A piece of BAR0 that is plain memory to the guest (doorbell pages, counters): page multiples. */
struct pci_function_ram {
	uint64_t offset, size;
	void *host;
};

struct pci_function {
	uint16_t vendor, device;
	uint16_t subsystem_vendor, subsystem_device;
	uint8_t revision, prog_if, subclass, base_class;
	uint64_t bar0_size; /* power of two; BAR0 is 64-bit prefetchable */
	unsigned int msix_vectors; /* 1..2048 */
	uint64_t msix_table_offset, msix_pba_offset; /* in BAR0, in trapped pages of their own */
	unsigned int ram_count;
	struct pci_function_ram ram[PCI_FUNCTION_RAM_MAX];
	const struct pci_function_ops *ops;
	void *model; /* first argument of the ops */
};

#endif
