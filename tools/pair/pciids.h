/* SPDX-License-Identifier: BSD-3-Clause */
/* The PCI functions that can be a synthetic NIC's VF. */
#ifndef PCIIDS_H
#define PCIIDS_H

#include <stdint.h>

struct an_pciid {
	uint16_t vendor;
	uint16_t device;
	const char *name;
	const char *module;	/* its kernel driver, which is also the driver's name */
};

/* NULL: no VF of a synthetic NIC. */
const struct an_pciid *an_pciid_find(uint32_t vendor, uint32_t device);

#endif
