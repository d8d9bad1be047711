/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for the kernel's: memory of user space, which ASan watches; kernel.memory ends. */
#ifndef SHIM_LINUX_SLAB_H
#define SHIM_LINUX_SLAB_H

#include <linux/kernel.h>

#define GFP_KERNEL 0

#define kzalloc(size, flags) kernel_alloc(size)
#define kcalloc(count, size, flags) kernel_alloc((count) * (size))
#define kvcalloc(count, size, flags) kernel_alloc((count) * (size))
#define kfree(memory) kernel_free(memory)
#define kvfree(memory) kernel_free(memory)
#define get_zeroed_page(flags) ((unsigned long)kernel_alloc(4096))
#define free_page(page) kernel_free((void *)(page))
#define bitmap_zalloc(bits, flags) kernel_alloc(((bits) + 63) / 64 * 8)
#define bitmap_free(bitmap) kernel_free(bitmap)

#endif
