/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for the kernel's: small helpers, and the rules of context, which are checked. */
#ifndef SHIM_LINUX_KERNEL_H
#define SHIM_LINUX_KERNEL_H

#include <asm/byteorder.h>
#include <errno.h>
#include <linux/build_bug.h>
#include <linux/err.h>
#include <linux/stddef.h>
#include <linux/types.h>
#include <stdio.h>
#include <string.h>

#include "../../kmod_kernel.h"

#define __rcu
#define __percpu
#define READ_ONCE(x) (x)
#define WRITE_ONCE(x, value) ((x) = (value))
#define smp_store_release(at, value) (*(at) = (value))

#define ARRAY_SIZE(array) (sizeof(array) / sizeof((array)[0]))
#define container_of(at, type, member) ((type *)((char *)(at) - offsetof(type, member)))
#define min(a, b) ((a) < (b) ? (a) : (b))
#define max(a, b) ((a) > (b) ? (a) : (b))
#define min3(a, b, c) min(min(a, b), c)
#define max_t(type, a, b) max((type)(a), (type)(b))
#define clamp_t(type, x, low, high) min(max_t(type, x, low), (type)(high))

#define cpu_to_le16 __cpu_to_le16
#define cpu_to_le32 __cpu_to_le32
#define cpu_to_le64 __cpu_to_le64
#define le16_to_cpu __le16_to_cpu
#define le32_to_cpu __le32_to_cpu

#define snprintf kernel_snprintf

#define module_param_named(name, value, type, mode) struct kernel_param_##name
#define MODULE_PARM_DESC(name, text) struct kernel_param_##name

#endif
