/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Monitored channels, internal to vmbus/: instead of making a hypercall, the guest sets its
 * channel's bit in a page of its own memory, which the host looks at now and then.
 */
#ifndef LAB_VMBUS_MONITOR_H
#define LAB_VMBUS_MONITOR_H

#include "channel.h"

/* The page that INITIATE_CONTACT names; 0 or one that is none: the guest has no monitor. */
void monitor_set_page(struct vmbus *bus, uint64_t page);
/* Gives an id to a channel whose device wants one; with none left it stays without. */
void monitor_assign(struct vmbus_channel *ch);
void monitor_release(struct vmbus_channel *ch);
/* Is it for the guest to signal this channel through the page? */
bool monitor_is_used(const struct vmbus_channel *ch);

#endif
