// SPDX-License-Identifier: BSD-3-Clause
/* The unit tests' kernel: clock, locks, memory and work; see kmod_kernel.h. */
#include <linux/kernel.h>
#include <linux/workqueue.h>
#include <stdarg.h>
#include <stdlib.h>

#include "unit.h"

#undef snprintf

#define BOOTED_US 5000000ull
#define LONG_US (30 * 60 * 1000000ull)	/* nothing in the module waits so long */

struct kernel kernel = { .us = BOOTED_US, .memory = -1 };

void kernel_reset(void)
{
	kernel = (struct kernel){ .us = BOOTED_US, .cpus = 4, .memory = -1 };
}

void kernel_check(bool ok, const char *what, const char *file, int line)
{
	if (!ok)
		CU_assertImplementation(CU_FALSE, line, what, file, "", CU_FALSE);
}

void kernel_sleep(u64 us)
{
	KERNEL_CHECK(!kernel.spins);
	kernel.us += us;
	if (kernel.rtnl)
		kernel.rtnl_us += us;
	if (kernel.us > BOOTED_US + LONG_US) {
		fprintf(stderr, "the module waits for ever\n");
		abort();
	}
	if (kernel.tick)
		kernel.tick();
}

bool kernel_run(struct delayed_work *work)
{
	if (!work->queued)
		return false;
	while (time_before(jiffies, work->at))
		kernel_sleep(1000);
	work->queued = false;
	work->work.func(&work->work);
	KERNEL_CHECK(!kernel.spins && !kernel.rtnl);
	return true;
}

void kernel_take(bool *held, bool spin)
{
	KERNEL_CHECK(!*held);
	KERNEL_CHECK(spin || !kernel.spins);
	*held = true;
	kernel.spins += spin;
}

void kernel_release(bool *held, bool spin)
{
	KERNEL_CHECK(*held);
	*held = false;
	kernel.spins -= spin;
}

void *kernel_alloc(size_t size)
{
	size_t room = (size + 4095) / 4096 * 4096;
	void *memory;

	KERNEL_CHECK(!kernel.spins);
	if (kernel.memory == 0) {
		kernel.memory = -1;
		return NULL;
	}
	if (kernel.memory > 0)
		kernel.memory--;
	memory = aligned_alloc(4096, room);
	if (memory)
		memset(memory, 0, room);
	return memory;
}

void kernel_free(const void *memory)
{
	free((void *)memory);
}

void kernel_warn(const char *format, ...)
{
	kernel.warnings += format[0] != '\0';
}

int kernel_snprintf(char *to, size_t size, const char *format, ...)
{
	const u8 *mac;
	va_list args;
	int len;

	va_start(args, format);
	if (!strcmp(format, "%pm")) {
		mac = va_arg(args, const u8 *);
		len = snprintf(to, size, "%02x%02x%02x%02x%02x%02x", mac[0], mac[1], mac[2],
			       mac[3], mac[4], mac[5]);
	} else {
		len = vsnprintf(to, size, format, args);
	}
	va_end(args);
	return len;
}
