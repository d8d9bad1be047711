/* SPDX-License-Identifier: BSD-3-Clause */
/* The synthetic NICs, as sysfs shows them. */
#ifndef NIC_H
#define NIC_H

#include "model.h"
#include "sysfs.h"

void an_nic_read_all(const struct an_sysfs *fs, struct an_host *host);

#endif
