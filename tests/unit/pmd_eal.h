/* SPDX-License-Identifier: BSD-3-Clause */
/* DPDK's EAL for unit tests: without huge pages, devices, telemetry or files that others see. */
#ifndef PMD_EAL_H
#define PMD_EAL_H

#include <stdbool.h>

/* Starts it, once a process. False, said on stderr, where it does not start. */
bool eal_open(void);

#endif
