/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Guest memory: the only way a device model reaches it. A guest address is a number, never a
 * pointer; every access is checked against the registered slots, whole or not at all. The guest
 * changes its memory while we look: copy once, then use the copy.
 */
#ifndef LAB_MEM_H
#define LAB_MEM_H

#include <stddef.h>
#include <stdint.h>

#define LAB_PAGE_SIZE 4096u
#define LAB_MEM_SLOTS 16

typedef uint64_t gpa_t; /* guest physical address, bytes */

struct lab_mem_slot {
	gpa_t base;
	uint64_t size;
	uint8_t *host;
};

struct lab_mem {
	struct lab_mem_slot slot[LAB_MEM_SLOTS];
	unsigned int count;
};

/* Registers guest RAM. Returns 0, -ENOSPC, or -EINVAL (empty, wraps, overlaps another slot). */
int lab_mem_add(struct lab_mem *mem, gpa_t base, uint64_t size, void *host);

/* Copies len bytes out of / into the guest. Returns 0, or -EFAULT with nothing copied. */
int lab_mem_read(const struct lab_mem *mem, gpa_t addr, void *dst, size_t len);
int lab_mem_write(const struct lab_mem *mem, gpa_t addr, const void *src, size_t len);

/*
 * The host view of [addr, addr + len), for ring headers and doorbell records that are accessed
 * with atomics, and for packet data that is copied at once. NULL unless it lies in one slot.
 */
void *lab_mem_window(const struct lab_mem *mem, gpa_t addr, size_t len);

#endif
