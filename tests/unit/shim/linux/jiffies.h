/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for the kernel's: a jiffy is a millisecond of kernel.us. */
#ifndef SHIM_LINUX_JIFFIES_H
#define SHIM_LINUX_JIFFIES_H

#include <linux/kernel.h>

#define jiffies ((unsigned long)(kernel.us / 1000))
#define msecs_to_jiffies(ms) ((unsigned long)(ms))
#define jiffies_to_msecs(j) ((unsigned int)(j))
#define time_after(a, b) ((long)((b) - (a)) < 0)
#define time_before(a, b) time_after(b, a)
#define time_after_eq(a, b) (!time_before(a, b))

#endif
