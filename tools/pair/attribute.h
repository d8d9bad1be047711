/* SPDX-License-Identifier: BSD-3-Clause */
/* Which PCI function is which NIC's. */
#ifndef ATTRIBUTE_H
#define ATTRIBUTE_H

#include "model.h"

/* Sets function, vf_candidate and claim of every NIC. Pure. */
void an_attribute(struct an_host *host);

/* Has another driver than the kernel's two network drivers the NIC? */
bool an_attribute_is_foreign(const struct an_nic *nic);

/* How many functions may be those of NICs here, but surely none's. */
size_t an_attribute_free(const struct an_host *host);

/* The first of those that lacks its driver, or NULL. */
const struct an_function *an_attribute_idle(const struct an_host *host);

#endif
