/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for the kernel's: a page's number is its address over 4096. */
#ifndef SHIM_LINUX_VMALLOC_H
#define SHIM_LINUX_VMALLOC_H

#include <linux/slab.h>

#define vzalloc(size) kernel_alloc(size)
#define vfree(memory) kernel_free(memory)
#define vmalloc_to_page(memory) ((const struct page *)(memory))
#define offset_in_page(memory) ((unsigned long)(memory) & 4095)

#endif
