/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for the kernel's: the condition of an access is checked. */
#ifndef SHIM_LINUX_RCUPDATE_H
#define SHIM_LINUX_RCUPDATE_H

#include <linux/kernel.h>

#define rcu_read_lock() ((void)0)
#define rcu_read_unlock() ((void)0)
#define rcu_dereference(pointer) (pointer)
#define rcu_dereference_protected(pointer, is_held) (KERNEL_CHECK(is_held), (pointer))
#define rcu_assign_pointer(pointer, value) ((void)((pointer) = (value)))
#define RCU_INIT_POINTER(pointer, value) rcu_assign_pointer(pointer, value)

#endif
