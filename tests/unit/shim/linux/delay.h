/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for the kernel's: the clock goes on. */
#ifndef SHIM_LINUX_DELAY_H
#define SHIM_LINUX_DELAY_H

#include <linux/kernel.h>

#define usleep_range(least, most) kernel_sleep(most)

#endif
