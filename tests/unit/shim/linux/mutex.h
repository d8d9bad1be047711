/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for the kernel's. */
#ifndef SHIM_LINUX_MUTEX_H
#define SHIM_LINUX_MUTEX_H

#include <linux/kernel.h>

struct mutex {
	bool held;
};

#define DEFINE_MUTEX(name) struct mutex name
#define mutex_lock(lock) kernel_take(&(lock)->held, false)
#define mutex_unlock(lock) kernel_release(&(lock)->held, false)

#endif
