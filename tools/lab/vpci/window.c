// SPDX-License-Identifier: BSD-3-Clause
/*
 * The configuration window, and what a write to configuration space sets in motion.
 *
 * A function that is gone reads all ones: that is how a guest which polls for an interrupt message
 * learns that no answer will come (pci-hyperv.c hv_compose_msi_msg()).
 */
#include "window.h"

#include "bus.h"

#include <errno.h>

#define SPACE_PAGE LAB_PAGE_SIZE

static uint64_t window_read(void *ctx, uint64_t offset, unsigned int size)
{
	const struct vpci *bus = ctx;

	if (bus->state != VPCI_D0)
		return UINT64_MAX;
	if (offset == 0 && size == sizeof(bus->window.slot))
		return bus->window.slot;
	if (offset < SPACE_PAGE || bus->window.slot != VPCI_SLOT)
		return UINT64_MAX;
	return vpci_space_read(&bus->space, offset - SPACE_PAGE, size);
}

static void apply(struct vpci *bus, unsigned int changed)
{
	const struct pci_function *f = bus->function;

	/* The redirection table outlives a function level reset, as the guest restores the MSI-X
	 * table from what it remembers. */
	if ((changed & VPCI_CHANGED_RESET) != 0) {
		vpci_msix_reset(&bus->msix);
		f->ops->reset(f->model);
	}
	if ((changed & VPCI_CHANGED_MEMORY) != 0)
		vpci_bar_update(bus);
	if ((changed & VPCI_CHANGED_MSIX) != 0)
		vpci_msix_set_live(&bus->msix, vpci_space_msix_live(&bus->space));
}

static void window_write(void *ctx, uint64_t offset, uint64_t value, unsigned int size)
{
	struct vpci *bus = ctx;

	if (bus->state != VPCI_D0)
		return;
	if (offset == 0 && size == sizeof(bus->window.slot)) {
		bus->window.slot = (uint32_t)value;
		return;
	}
	if (offset < SPACE_PAGE || offset >= VPCI_WINDOW_SIZE ||
	    bus->window.slot != VPCI_SLOT) {
		vpci_bus_complain(bus, VPCI_BAD_WINDOW,
				  "configuration write to %#llx, slot %#x selected",
				  (unsigned long long)offset, bus->window.slot);
		return;
	}
	apply(bus, vpci_space_write(&bus->space, offset - SPACE_PAGE, value, size));
}

static const struct vpci_mmio_ops window_ops = { .read = window_read, .write = window_write };

int vpci_window_claim(struct vpci *bus, gpa_t base)
{
	const struct vpci_host_ops *host = bus->config.host;
	int ret;

	if (base % LAB_PAGE_SIZE != 0 || base + VPCI_WINDOW_SIZE < base)
		return -EINVAL;
	ret = host->mmio_claim(bus->config.host_ctx, base, VPCI_WINDOW_SIZE, &window_ops, bus);
	if (ret != 0)
		return ret;
	bus->window = (struct vpci_window){ .base = base, .claimed = true };
	return 0;
}

void vpci_window_release(struct vpci *bus)
{
	if (!bus->window.claimed)
		return;
	bus->window.claimed = false;
	bus->config.host->mmio_release(bus->config.host_ctx, bus->window.base);
}
