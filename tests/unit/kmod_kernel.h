/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The kernel that the module's files see in the unit tests: one thread, and a clock that goes on
 * only while somebody sleeps or waits. The headers in tests/unit/shim stand in for the kernel's own
 * and end here; what they check of locks and contexts is an assertion of the test that runs.
 */
#ifndef KMOD_KERNEL_H
#define KMOD_KERNEL_H

#include <linux/types.h>

struct delayed_work;

struct kernel {
	u64 us;			/* since boot */
	bool rtnl;		/* held */
	unsigned int spins;	/* spin locks held */
	u64 rtnl_us;		/* slept with RTNL held */
	u32 cpus;
	unsigned int warnings;	/* lines at that level or worse */
	int memory;		/* allocations that succeed, then one fails; negative: no end */
	void (*tick)(void);	/* after each sleep, or NULL: what others do meanwhile */
};

extern struct kernel kernel;

/* As after boot. Not at 0: nothing may depend on it. */
void kernel_reset(void);
/* The clock goes on, with tick(); forbidden under a spin lock. */
void kernel_sleep(u64 us);
/* Sleeps until the work is due, and runs it. False, and nothing happens: it is not queued. */
bool kernel_run(struct delayed_work *work);

/* For the shim's headers. */
void kernel_check(bool ok, const char *what, const char *file, int line);
#define KERNEL_CHECK(condition) kernel_check(condition, #condition, __FILE__, __LINE__)
void kernel_take(bool *held, bool spin);
void kernel_release(bool *held, bool spin);
/* Zeroed and aligned to pages, or NULL. */
void *kernel_alloc(size_t size);
void kernel_free(const void *memory);
void kernel_warn(const char *format, ...) __attribute__((format(printf, 1, 2)));
/* Knows "%pm" of the kernel's formats, alone. */
int kernel_snprintf(char *to, size_t size, const char *format, ...);

#endif
