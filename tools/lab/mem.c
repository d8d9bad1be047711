// SPDX-License-Identifier: BSD-3-Clause
/* Guest memory: slots, and the checked accessors over them. */
#include "mem.h"

#include <errno.h>
#include <string.h>

int lab_mem_add(struct lab_mem *mem, gpa_t base, uint64_t size, void *host)
{
	if (size == 0 || base + size < base)
		return -EINVAL;
	for (unsigned int i = 0; i < mem->count; i++) {
		const struct lab_mem_slot *s = &mem->slot[i];

		if (base < s->base + s->size && s->base < base + size)
			return -EINVAL;
	}
	if (mem->count == LAB_MEM_SLOTS)
		return -ENOSPC;
	mem->slot[mem->count++] = (struct lab_mem_slot){ base, size, host };
	return 0;
}

void *lab_mem_window(const struct lab_mem *mem, gpa_t addr, size_t len)
{
	for (unsigned int i = 0; i < mem->count; i++) {
		const struct lab_mem_slot *s = &mem->slot[i];

		/* Subtractions only: addr + len may wrap, the slot's own bounds do not. */
		if (addr >= s->base && addr - s->base <= s->size &&
		    len <= s->size - (addr - s->base))
			return s->host + (addr - s->base);
	}
	return NULL;
}

int lab_mem_read(const struct lab_mem *mem, gpa_t addr, void *dst, size_t len)
{
	const void *src = lab_mem_window(mem, addr, len);

	if (src == NULL)
		return -EFAULT;
	memcpy(dst, src, len);
	return 0;
}

int lab_mem_write(const struct lab_mem *mem, gpa_t addr, const void *src, size_t len)
{
	void *dst = lab_mem_window(mem, addr, len);

	if (dst == NULL)
		return -EFAULT;
	memcpy(dst, src, len);
	return 0;
}
