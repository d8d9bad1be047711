/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for the kernel's: errors as pointers. */
#ifndef SHIM_LINUX_ERR_H
#define SHIM_LINUX_ERR_H

#define ERR_PTR(error) ((void *)(long)(error))
#define PTR_ERR(pointer) ((int)(long)(pointer))
#define IS_ERR(pointer) ((unsigned long)(pointer) >= (unsigned long)-4095)

#endif
