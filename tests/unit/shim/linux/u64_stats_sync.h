/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for the kernel's. */
#ifndef SHIM_LINUX_U___STATS_SYNC_H
#define SHIM_LINUX_U___STATS_SYNC_H

#include <linux/types.h>

typedef struct { u64 v; } u64_stats_t;
struct u64_stats_sync {};

#define u64_stats_init(sync) ((void)(sync))

#endif
