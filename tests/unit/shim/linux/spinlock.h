/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for the kernel's: nobody takes a lock twice, or sleeps with one. */
#ifndef SHIM_LINUX_SPINLOCK_H
#define SHIM_LINUX_SPINLOCK_H

#include <linux/kernel.h>

typedef struct { bool held; } spinlock_t;

#define spin_lock_init(lock) ((void)((lock)->held = false))
#define spin_lock_bh(lock) kernel_take(&(lock)->held, true)
#define spin_unlock_bh(lock) kernel_release(&(lock)->held, true)
#define spin_lock_irqsave(lock, flags) ((flags) = 0, spin_lock_bh(lock))
#define spin_unlock_irqrestore(lock, flags) ((void)(flags), spin_unlock_bh(lock))
#define lockdep_is_held(lock) ((lock)->held)
#define lockdep_assert_held(lock) KERNEL_CHECK((lock)->held)
#define local_bh_disable() ((void)0)
#define local_bh_enable() ((void)0)

#endif
