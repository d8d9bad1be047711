/* SPDX-License-Identifier: BSD-3-Clause */
/* The PCI functions that can be a VF, as sysfs shows them. */
#ifndef FUNCTION_H
#define FUNCTION_H

#include "model.h"
#include "sysfs.h"

/* After an_nic_read_all(). What it allocates, an_function_free_all() frees. */
void an_function_read_all(const struct an_sysfs *fs, struct an_host *host);
void an_function_free_all(struct an_host *host);

#endif
