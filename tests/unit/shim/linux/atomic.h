/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for the kernel's: the unit tests have one thread. */
#ifndef SHIM_LINUX_ATOMIC_H
#define SHIM_LINUX_ATOMIC_H

#include <linux/kernel.h>

typedef struct { int counter; } atomic_t;
typedef struct { long counter; } atomic_long_t;
typedef struct { int refs; } refcount_t;

#define atomic_read(at) ((at)->counter)
#define atomic_inc(at) ((void)(at)->counter++)
#define atomic_inc_return(at) (++(at)->counter)
#define atomic_long_read(at) ((at)->counter)
#define atomic_long_inc(at) ((void)(at)->counter++)
#define atomic_long_add(n, at) ((void)((at)->counter += (n)))

#define refcount_set(at, n) ((void)((at)->refs = (n)))
#define refcount_read(at) ((at)->refs)
#define refcount_inc(at) (KERNEL_CHECK((at)->refs > 0), (void)(at)->refs++)
#define refcount_dec_and_test(at) (KERNEL_CHECK((at)->refs > 0), !--(at)->refs)

#endif
