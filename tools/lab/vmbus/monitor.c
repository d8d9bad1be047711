// SPDX-License-Identifier: BSD-3-Clause
/*
 * The monitor page, as drivers/hv/channel.c, vmbus_setevent(), and DPDK's vmbus bus use it: four
 * groups of 32 trigger bits. The page is the guest's memory, so a bit may be set for any id at any
 * time; one that belongs to no open channel is forgotten, as it may be older than the closing. The
 * latencies, which a guest may write, are upper limits that the host need not use up.
 * Source: drivers/hv/hyperv_vmbus.h, struct hv_monitor_page.
 */
#include "monitor.h"

#include "../log.h"

void monitor_set_page(struct vmbus *bus, uint64_t page)
{
	bus->monitor = NULL;
	if (page == 0)
		return;
	if (page % LAB_PAGE_SIZE == 0)
		bus->monitor = lab_mem_window(bus->config.mem, page, LAB_PAGE_SIZE);
	if (bus->monitor == NULL)
		bus_guest_error(bus, "INITIATE_CONTACT: no monitor page at %#llx",
				(unsigned long long)page);
}

/* The next free one after the last that was given, so that a stale bit is noticed. */
void monitor_assign(struct vmbus_channel *ch)
{
	struct vmbus *bus = ch->bus;

	ch->monitor = VMBUS_MONITORS;
	if (!ch->offer.monitored)
		return;
	for (uint32_t i = 1; i <= VMBUS_MONITORS; i++) {
		uint32_t id = (bus->last_monitor + i) % VMBUS_MONITORS;

		if (bus->by_monitor[id] != NULL)
			continue;
		bus->by_monitor[id] = ch;
		bus->last_monitor = id;
		ch->monitor = id;
		return;
	}
	lab_log(LAB_LOG_INFO, PARTY, "%s: no monitor is left for it", ch->name);
}

void monitor_release(struct vmbus_channel *ch)
{
	if (ch->monitor < VMBUS_MONITORS)
		ch->bus->by_monitor[ch->monitor] = NULL;
}

bool monitor_is_used(const struct vmbus_channel *ch)
{
	return ch->monitor < VMBUS_MONITORS && ch->bus->monitor != NULL;
}

bool vmbus_is_monitored(const struct vmbus *bus)
{
	const struct vmbus_channel *ch;

	for (ch = bus->channels; ch != NULL; ch = ch->next)
		if (ch->state == CHANNEL_OPEN && monitor_is_used(ch))
			return true;
	return false;
}

/* The bits of a group, taken out of it. Whoever set them wrote to the ring before. */
static uint32_t take_group(struct vmbus *bus, unsigned int group)
{
	uint32_t *pending;

	if (bus->monitor == NULL) /* the guest may leave while it is signalled */
		return 0;
	pending = &bus->monitor->group[group].pending;
	if (__atomic_load_n(pending, __ATOMIC_RELAXED) == 0)
		return 0;
	return __atomic_exchange_n(pending, 0, __ATOMIC_SEQ_CST);
}

bool vmbus_poll(struct vmbus *bus)
{
	bool signalled = false;

	for (unsigned int group = 0; group < VMBUS_MONITOR_GROUPS; group++) {
		uint32_t bits = take_group(bus, group);

		for (; bits != 0; bits &= bits - 1) {
			unsigned int id = group * 32 + (unsigned int)__builtin_ctz(bits);

			if (bus->by_monitor[id] != NULL)
				signalled |= channel_signal(bus->by_monitor[id]);
		}
	}
	return signalled;
}
