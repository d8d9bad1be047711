// SPDX-License-Identifier: BSD-3-Clause
/* Guest RAM: aligned for huge pages, not inherited, counted. */
#define _GNU_SOURCE
#include "../../tools/lab/vmm/internal.h"
#include "unit.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB  (1ull << 20)
/* No multiple of 2 MiB: newer kernels align such mappings themselves. */
#define SIZE (5 * MIB)

static uint8_t *ram;

static void setup(void)
{
	CU_ASSERT_EQUAL_FATAL(vmm_ram_create(&ram, SIZE), 0);
}

static void teardown(void)
{
	vmm_ram_destroy(ram, SIZE);
}

static void aligned(void)
{
	const size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *between[8], *other[8];

	/* Wherever the next one would come to lie. */
	for (unsigned int i = 0; i < 8; i++) {
		between[i] = mmap(NULL, page * (i + 1), PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		CU_ASSERT_FATAL(between[i] != MAP_FAILED);
		CU_ASSERT_EQUAL_FATAL(vmm_ram_create(&other[i], SIZE), 0);
		CU_ASSERT_EQUAL((uintptr_t)other[i] % (2 * MIB), 0);
		memset(other[i], 0xff, SIZE);
		memset(between[i], 0xff, page * (i + 1));
	}
	for (unsigned int i = 0; i < 8; i++) {
		vmm_ram_destroy(other[i], SIZE);
		CU_ASSERT_EQUAL(between[i][page * (i + 1) - 1], 0xff);
		munmap(between[i], page * (i + 1));
	}
}

static void not_inherited(void)
{
	int status;
	pid_t pid;

	memset(ram, 1, SIZE);
	pid = fork();
	CU_ASSERT_FATAL(pid >= 0);
	if (pid == 0) {
		unsigned char in_core;

		_exit(mincore(ram, 1, &in_core) < 0 && errno == ENOMEM ? 0 : 1);
	}
	CU_ASSERT_EQUAL(waitpid(pid, &status, 0), pid);
	CU_ASSERT_EQUAL(status, 0);
}

static void resident(void)
{
	const uint64_t pages = SIZE / (uint64_t)sysconf(_SC_PAGESIZE);

	CU_ASSERT_EQUAL(vmm_ram_resident(ram, SIZE), 0);
	CU_ASSERT_EQUAL(ram[0], 0);
	CU_ASSERT_EQUAL(ram[SIZE - 1], 0);
	memset(ram, 1, SIZE);
	CU_ASSERT_EQUAL(vmm_ram_resident(ram, SIZE), pages);
	CU_ASSERT_EQUAL(vmm_ram_resident(ram + 1, SIZE), UINT64_MAX);
}

static void too_much(void)
{
	uint8_t *none = NULL;

	CU_ASSERT_EQUAL(vmm_ram_create(&none, 1ull << 62), -ENOMEM);
	CU_ASSERT_PTR_NULL(none);
	vmm_ram_destroy(none, 1ull << 62);
}

static CU_TestInfo tests[] = {
	{ "aligned for huge pages", aligned },
	{ "a child has none of it", not_inherited },
	{ "what of it is in memory", resident },
	{ "more than there is", too_much },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("vmm/ram", setup, teardown, tests);
