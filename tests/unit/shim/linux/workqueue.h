/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for the kernel's: work waits until a test calls kernel_run(). */
#ifndef SHIM_LINUX_WORKQUEUE_H
#define SHIM_LINUX_WORKQUEUE_H

#include <linux/jiffies.h>

struct workqueue_struct;

struct work_struct {
	void (*func)(struct work_struct *work);
};

struct delayed_work {
	struct work_struct work;
	bool queued;
	unsigned long at;	/* jiffies */
};

#define to_delayed_work(w) container_of(w, struct delayed_work, work)
#define INIT_DELAYED_WORK(w, f) (*(w) = (struct delayed_work){ .work.func = (f) })
#define mod_delayed_work(queue, w, delay) ((w)->at = jiffies + (delay), (w)->queued = true)
#define queue_delayed_work(queue, w, delay)                                                        \
	((w)->queued ? false : mod_delayed_work(queue, w, delay))
#define cancel_delayed_work_sync(w) ((void)((w)->queued = false))

#endif
