/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for the kernel's: nanoseconds of kernel.us; the wall clock is a year ahead. */
#ifndef SHIM_LINUX_KTIME_H
#define SHIM_LINUX_KTIME_H

#include <linux/kernel.h>

typedef int64_t ktime_t;

#define KTIME_WALL (365 * 86400 * 1000000000ll)
#define ktime_get() ((ktime_t)kernel.us * 1000)
#define ktime_get_real() (ktime_get() + KTIME_WALL)
#define ktime_to_ms(time) ((time) / 1000000)
#define ktime_us_delta(a, b) (((a) - (b)) / 1000)

#endif
