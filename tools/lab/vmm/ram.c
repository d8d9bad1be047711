// SPDX-License-Identifier: BSD-3-Clause
/*
 * The guest's RAM, in this process's memory. KVM maps it by huge pages where guest address, this
 * process's address and the page behind agree on the offset in 2 MiB; else each 4 KiB page costs an
 * exit of its own when it is first touched, and longer page walks ever after.
 */
#define _GNU_SOURCE
#include "internal.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#define HUGE_PAGE (2ull << 20)

int vmm_ram_create(uint8_t **ram, uint64_t size)
{
	uint8_t *all, *start;
	uint64_t before;

	all = mmap(NULL, size + HUGE_PAGE, PROT_READ | PROT_WRITE,
		   MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (all == MAP_FAILED)
		return -errno;
	before = -(uintptr_t)all % HUGE_PAGE;
	start = all + before;
	if (before > 0)
		munmap(all, before);
	munmap(start + size, HUGE_PAGE - before);
	/* Where the kernel has no huge pages nothing is lost. */
	madvise(start, size, MADV_HUGEPAGE);
	/*
	 * The peers are children. With the RAM in them too, a page the guest writes to is first
	 * copied, and copies are small pages.
	 */
	if (madvise(start, size, MADV_DONTFORK) < 0) {
		int ret = -errno;

		munmap(start, size);
		return ret;
	}
	*ram = start;
	return 0;
}

void vmm_ram_destroy(uint8_t *ram, uint64_t size)
{
	if (ram != NULL)
		munmap(ram, size);
}

uint64_t vmm_ram_resident(uint8_t *ram, uint64_t size)
{
	size_t pages = size / (size_t)sysconf(_SC_PAGESIZE);
	unsigned char *in_core = malloc(pages);
	uint64_t sum = 0;

	if (in_core == NULL || mincore(ram, size, in_core) < 0)
		sum = UINT64_MAX;
	else
		for (size_t i = 0; i < pages; i++)
			sum += in_core[i] & 1;
	free(in_core);
	return sum;
}
