/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The interrupt redirection table: what CREATE_INTERRUPT hands to the guest is (the same address,
 * an index as data); where it leads is kept here, so a retarget changes no device register.
 */
#ifndef LAB_VPCI_INTERRUPT_H
#define LAB_VPCI_INTERRUPT_H

#include <stdbool.h>
#include <stdint.h>

#define VPCI_INTERRUPTS 512
#define VPCI_MSI_ADDRESS 0xfee00000u /* the address of every pair, and the base of a real MSI */
#define VPCI_MSI_APIC_SHIFT 12
#define VPCI_VECTOR_MIN 0x10 /* below are exceptions: the APIC refuses them */
#define VPCI_VECTOR_MAX 0xff
#define VPCI_VP_MAX 0xff /* APIC id == VP index, and an MSI address has 8 bits of it */

struct vpci_interrupt {
	bool used;
	uint8_t vector, vp;
};

struct vpci_interrupts {
	struct vpci_interrupt entry[VPCI_INTERRUPTS];
};

/* A new entry. Returns its index (the data of the pair), -EINVAL, or -ENOSPC. */
int vpci_interrupts_add(struct vpci_interrupts *table, uint32_t vector, unsigned int vp);
/* The entry behind a pair, or NULL: not one of ours. */
struct vpci_interrupt *vpci_interrupts_find(struct vpci_interrupts *table, uint64_t address,
					    uint32_t data);
/* Points an existing entry elsewhere. 0 or -EINVAL. */
int vpci_interrupt_aim(struct vpci_interrupt *entry, uint32_t vector, unsigned int vp);
void vpci_interrupts_reset(struct vpci_interrupts *table);

#endif
