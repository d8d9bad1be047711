/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The configuration window: two pages of guest-physical space. A 32-bit write to page 0 selects
 * the slot whose configuration space page 1 shows. Source: docs/protocol.md 6.3.
 */
#ifndef LAB_VPCI_WINDOW_H
#define LAB_VPCI_WINDOW_H

#include "../mem.h"

struct vpci;

#define VPCI_WINDOW_SIZE (2ull * LAB_PAGE_SIZE)

/* Places it. 0, -EINVAL (not on a page, or out of the address space), or what the VMM says. */
int vpci_window_claim(struct vpci *bus, gpa_t base);
void vpci_window_release(struct vpci *bus);

#endif
