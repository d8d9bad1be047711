// SPDX-License-Identifier: BSD-3-Clause
/*
 * The bus: its life between offer and release, and the interrupts of its function on their way to
 * the guest. The states are in bus.h.
 */
#include "bus.h"

#include "../log.h"
#include "message.h"
#include "window.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PARTY "vpci"
#define OFFER_ENUMERATE_INTERFACE 1u /* channel flag of every device that is not a pipe */
#define MEGABYTE (1ull << 20)
#define BAR_SIZE_MIN LAB_PAGE_SIZE
#define BAR_SIZE_MAX (1ull << 40)

/* 44c4f61d-4444-4400-9d52-802e27ede19f: PCI pass-through, include/linux/hyperv.h */
static const struct vmbus_guid pci_class = {
	{ 0x1d, 0xf6, 0xc4, 0x44, 0x44, 0x44, 0x00, 0x44, 0x9d, 0x52, 0x80, 0x2e, 0x27, 0xed, 0xe1,
	  0x9f },
};

void vpci_bus_set_state(struct vpci *bus, enum vpci_state state)
{
	static const char *const names[] = {
		[VPCI_ABSENT] = "absent", [VPCI_OFFERED] = "offered", [VPCI_OPEN] = "open",
		[VPCI_D0] = "D0",	  [VPCI_GONE] = "gone",
	};

	lab_log(LAB_LOG_DEBUG, PARTY, "%s: %s -> %s", bus->name, names[bus->state], names[state]);
	bus->state = state;
}

void vpci_bus_complain(struct vpci *bus, enum vpci_complaint complaint, const char *format, ...)
{
	char text[160];
	va_list ap;

	if (bus->complaints[complaint]++ != 0)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	lab_log(LAB_LOG_WARN, PARTY, "%s: %s (said once)", bus->name, text);
}

/* ---------------------------------------------------------------------------- interrupts -- */

static void fire(void *ctx, unsigned int vector, uint64_t address, uint32_t data)
{
	struct vpci *bus = ctx;
	const struct vpci_interrupt *to = vpci_interrupts_find(&bus->interrupts, address, data);

	if (to == NULL) {
		vpci_bus_complain(bus, VPCI_BAD_INTERRUPT,
				  "MSI-X vector %u: no interrupt behind address %#llx data %#x",
				  vector, (unsigned long long)address, data);
		return;
	}
	bus->config.host->msi(bus->config.host_ctx,
			      VPCI_MSI_ADDRESS | (uint64_t)to->vp << VPCI_MSI_APIC_SHIFT,
			      to->vector);
}

void vpci_raise(struct vpci *bus, unsigned int vector)
{
	if (bus->state == VPCI_D0)
		vpci_msix_raise(&bus->msix, vector);
}

/* As pci-hyperv.c hv_arch_irq_unmask() builds it. There, b[5] << 24 is an int: with b[5] >= 0x80
 * the upper 32 bits of the hypercall's field are ones, so they are not compared. */
static uint32_t device_id(const struct vpci *bus)
{
	const uint8_t *b = bus->config.instance.b;
	uint32_t function = VPCI_SLOT >> 5;

	return (uint32_t)b[5] << 24 | (uint32_t)b[4] << 16 | (uint32_t)b[7] << 8 | (b[6] & 0xf8u) |
	       function;
}

int vpci_retarget(struct vpci *bus, uint64_t id, uint64_t address, uint32_t data, uint32_t vector,
		  unsigned int vp)
{
	struct vpci_interrupt *entry;

	if (bus->state != VPCI_D0 || (uint32_t)id != device_id(bus))
		return -ENOENT;
	entry = vpci_interrupts_find(&bus->interrupts, address, data);
	return entry == NULL ? -ENOENT : vpci_interrupt_aim(entry, vector, vp);
}

/* ---------------------------------------------------------------------------- life cycle -- */

static void reset_function(struct vpci *bus)
{
	bus->function->ops->reset(bus->function->model);
	vpci_msix_reset(&bus->msix);
	vpci_interrupts_reset(&bus->interrupts);
	vpci_space_reset(&bus->space);
}

void vpci_bus_leave_d0(struct vpci *bus)
{
	vpci_bar_unmap(bus);
	vpci_window_release(bus);
	reset_function(bus);
}

static void end_ejection(struct vpci *bus)
{
	bus->ejection = VPCI_EJECT_NONE;
	if (bus->config.pending != NULL)
		lab_pending_done(bus->config.pending, bus->ejection_pending);
	bus->ejection_pending = 0;
}

/*
 * The function is no more, but the guest does not know yet and still touches what it mapped: the
 * window and the BAR stay claimed, and read all ones, until it closes the channel or releases it.
 */
static void go_gone(struct vpci *bus)
{
	bool in_use = bus->state == VPCI_D0;

	end_ejection(bus);
	vpci_outbox_reset(bus);
	vpci_bus_set_state(bus, VPCI_GONE);
	if (in_use) {
		vpci_bar_kill(bus);
		reset_function(bus);
	}
}

void vpci_bus_finish_ejection(struct vpci *bus)
{
	struct vmbus_channel *channel = bus->channel;

	go_gone(bus);
	if (bus->config.events != NULL && bus->config.events->ejected != NULL)
		bus->config.events->ejected(bus->config.events_ctx);
	vmbus_rescind(channel);
}

static int channel_open(void *device, struct vmbus_channel *ch)
{
	struct vpci *bus = device;

	(void)ch;
	if (bus->state != VPCI_OFFERED)
		return -ENODEV;
	bus->version = 0;
	vpci_outbox_reset(bus);
	vpci_bus_set_state(bus, VPCI_OPEN);
	return 0;
}

static void channel_close(void *device, struct vmbus_channel *ch)
{
	struct vpci *bus = device;

	(void)ch;
	if (bus->state == VPCI_GONE) {
		vpci_bar_unmap(bus);
		vpci_window_release(bus);
		return;
	}
	if (bus->state == VPCI_D0)
		vpci_bus_leave_d0(bus);
	bus->version = 0;
	vpci_outbox_reset(bus);
	vpci_bus_set_state(bus, VPCI_OFFERED);
	/* Nobody is left who could answer EJECT, and nobody who uses the function. */
	if (bus->ejection != VPCI_EJECT_NONE)
		vpci_bus_finish_ejection(bus);
}

static void channel_signal(void *device, struct vmbus_channel *ch)
{
	struct vpci *bus = device;
	struct vmbus_packet packet;
	int ret;

	/* A handler may take the bus away, and the channel with it. */
	while ((bus->state == VPCI_OPEN || bus->state == VPCI_D0) && vpci_outbox_flush(bus)) {
		ret = vmbus_channel_receive(ch, &packet);
		if (ret < 0)
			lab_log(LAB_LOG_WARN, PARTY, "%s: the guest broke its ring: %d", bus->name,
				ret);
		if (ret <= 0)
			return;
		vpci_message_handle(bus, &packet);
	}
}

static void channel_released(void *device, struct vmbus_channel *ch)
{
	struct vpci *bus = device;

	(void)ch;
	if (bus->state == VPCI_D0)
		reset_function(bus);
	vpci_bar_unmap(bus);
	vpci_window_release(bus);
	end_ejection(bus);
	vpci_outbox_reset(bus);
	bus->channel = NULL;
	vpci_bus_set_state(bus, VPCI_ABSENT);
	if (bus->config.events != NULL && bus->config.events->released != NULL)
		bus->config.events->released(bus->config.events_ctx);
}

static const struct vmbus_device_ops channel_ops = {
	.open = channel_open,
	.close = channel_close,
	.signal = channel_signal,
	.released = channel_released,
};

int vpci_add(struct vpci *bus, uint32_t serial)
{
	struct vmbus_offer offer = {
		.type = pci_class,
		.instance = bus->config.instance,
		.flags = OFFER_ENUMERATE_INTERFACE,
		/* The BAR, and the window. */
		.mmio_megabytes = (uint16_t)(bus->function->bar0_size / MEGABYTE + 1),
		.ops = &channel_ops,
		.device = bus,
		.name = bus->name,
	};
	int ret;

	if (bus->state != VPCI_ABSENT)
		return -EBUSY;
	bus->serial = serial;
	vpci_bus_set_state(bus, VPCI_OFFERED);
	ret = vmbus_offer(bus->config.vmbus, &offer, &bus->channel);
	if (ret != 0)
		vpci_bus_set_state(bus, VPCI_ABSENT);
	return ret;
}

bool vpci_is_present(const struct vpci *bus)
{
	return bus->state != VPCI_ABSENT && bus->state != VPCI_GONE &&
	       bus->ejection == VPCI_EJECT_NONE;
}

int vpci_eject(struct vpci *bus)
{
	switch (bus->state) {
	case VPCI_ABSENT:
	case VPCI_GONE:
		return -ENODEV;
	case VPCI_OFFERED:
		vpci_bus_finish_ejection(bus);
		return 0;
	case VPCI_OPEN:
	case VPCI_D0:
		break;
	}
	if (bus->ejection != VPCI_EJECT_NONE)
		return 0;
	if (bus->config.pending != NULL)
		bus->ejection_pending = lab_pending_add(bus->config.pending,
							"%s: EJECTION_COMPLETE", bus->name);
	bus->ejection = VPCI_EJECT_WANTED;
	if (bus->state == VPCI_D0) {
		bus->ejection = VPCI_EJECT_SENT;
		bus->outbox.owes_eject = true;
		vpci_outbox_flush(bus);
	}
	return 0;
}

int vpci_surprise(struct vpci *bus)
{
	struct vmbus_channel *channel = bus->channel;

	if (bus->state == VPCI_ABSENT || bus->state == VPCI_GONE)
		return -ENODEV;
	go_gone(bus);
	vmbus_rescind(channel);
	return 0;
}

int vpci_invalidate_blocks(struct vpci *bus, uint64_t mask)
{
	if (bus->state != VPCI_D0)
		return -ENODEV;
	bus->outbox.invalid_blocks |= mask;
	vpci_outbox_flush(bus);
	return 0;
}

/* -------------------------------------------------------------------- creation and its end -- */

static bool is_msix_valid(const struct pci_function *f, uint64_t offset, uint64_t size)
{
	if (offset % 8 != 0 || offset >= f->bar0_size || size > f->bar0_size - offset ||
	    offset > UINT32_MAX)
		return false;
	for (unsigned int i = 0; i < f->ram_count; i++)
		if (offset < f->ram[i].offset + f->ram[i].size && f->ram[i].offset < offset + size)
			return false;
	return true;
}

/* The MSI-X part needs msix.vectors, the memory pieces vpci_bar_init(). */
static bool is_function_valid(const struct vpci *bus)
{
	const struct pci_function *f = bus->function;
	uint64_t table = vpci_msix_table_size(&bus->msix), pba = vpci_msix_pba_size(&bus->msix);

	if (f->ops == NULL || f->ops->read == NULL || f->ops->write == NULL ||
	    f->ops->reset == NULL)
		return false;
	if (f->bar0_size < BAR_SIZE_MIN || f->bar0_size > BAR_SIZE_MAX ||
	    (f->bar0_size & (f->bar0_size - 1)) != 0)
		return false;
	if (f->msix_vectors == 0 || f->msix_vectors > VPCI_MSIX_VECTORS_MAX)
		return false;
	return is_msix_valid(f, f->msix_table_offset, table) &&
	       is_msix_valid(f, f->msix_pba_offset, pba) &&
	       (f->msix_table_offset + table <= f->msix_pba_offset ||
		f->msix_pba_offset + pba <= f->msix_table_offset);
}

struct vpci *vpci_create(const struct vpci_config *config)
{
	struct vpci *bus;

	if (config->max_version < VPCI_VERSION_1_1 || config->max_version > VPCI_VERSION_1_4)
		return NULL;
	bus = calloc(1, sizeof(*bus));
	if (bus == NULL)
		return NULL;
	bus->config = *config;
	snprintf(bus->name, sizeof(bus->name), "%s", config->name != NULL ? config->name : "vpci");
	bus->config.name = bus->name;
	bus->function = config->function;
	bus->msix.vectors = bus->function->msix_vectors;
	bus->msix.fire = fire;
	bus->msix.ctx = bus;
	if (vpci_bar_init(bus) != 0 || !is_function_valid(bus)) {
		lab_log(LAB_LOG_ERROR, PARTY, "%s: impossible function description", bus->name);
		goto err_free;
	}
	vpci_space_init(&bus->space, bus->function);
	vpci_msix_reset(&bus->msix);
	return bus;

err_free:
	free(bus);
	return NULL;
}

void vpci_destroy(struct vpci *bus)
{
	if (bus == NULL)
		return;
	bus->config.events = NULL;
	end_ejection(bus);
	if (bus->channel != NULL)
		vmbus_withdraw(bus->channel);
	vpci_bar_unmap(bus);
	vpci_window_release(bus);
	vpci_outbox_reset(bus);
	free(bus);
}
