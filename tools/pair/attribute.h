/* SPDX-License-Identifier: BSD-3-Clause */
/* Which PCI function is which NIC's. */
#ifndef ATTRIBUTE_H
#define ATTRIBUTE_H

#include "model.h"

/* Sets function, mate and claim of every NIC. Pure. */
void an_attribute(struct an_host *host);

/* How many functions no NIC surely owns. */
size_t an_attribute_free(const struct an_host *host);

/* The first of those that lacks its driver, or NULL. */
const struct an_function *an_attribute_idle(const struct an_host *host);

#endif
