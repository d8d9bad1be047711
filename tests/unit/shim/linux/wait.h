/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for the kernel's: who waits lets the clock go on, in steps of a millisecond. */
#ifndef SHIM_LINUX_WAIT_H
#define SHIM_LINUX_WAIT_H

#include <linux/jiffies.h>

typedef struct { unsigned int wakes; } wait_queue_head_t;

#define init_waitqueue_head(queue) ((void)((queue)->wakes = 0))
#define wake_up(queue) ((void)(queue)->wakes++)
#define wake_up_all(queue) wake_up(queue)
#define wait_event(queue, condition)                                                               \
	do {                                                                                       \
		(void)&(queue);                                                                    \
		while (!(condition))                                                               \
			kernel_sleep(1000);                                                        \
	} while (0)
#define wait_event_timeout(queue, condition, timeout)                                              \
	({                                                                                         \
		unsigned long end_ = jiffies + (timeout);                                          \
		(void)&(queue);                                                                    \
		while (!(condition) && time_before(jiffies, end_))                                 \
			kernel_sleep(1000);                                                        \
		!!(condition);                                                                     \
	})

#endif
