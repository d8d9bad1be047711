// SPDX-License-Identifier: BSD-3-Clause
/* The dummy function: three registers and a page of memory. See dummy.h. */
#include "dummy.h"

#include "../mem.h"
#include "vpci.h"

#include <stdlib.h>
#include <string.h>

struct dummy {
	struct pci_function function;
	struct vpci *bus;
	uint32_t scratch;
	void *memory; /* DUMMY_MEMORY: a page, aligned as the guest's mapping needs it */
};

static uint64_t dummy_read(void *model, uint64_t offset, unsigned int size)
{
	const struct dummy *dummy = model;

	if (size != sizeof(uint32_t))
		return 0;
	switch (offset) {
	case DUMMY_SCRATCH:
		return dummy->scratch;
	case DUMMY_IDENTITY:
		return DUMMY_ID;
	default:
		return 0;
	}
}

static void dummy_write(void *model, uint64_t offset, uint64_t value, unsigned int size)
{
	struct dummy *dummy = model;

	if (size != sizeof(uint32_t))
		return;
	switch (offset) {
	case DUMMY_SCRATCH:
		dummy->scratch = (uint32_t)value;
		break;
	case DUMMY_RAISE:
		if (dummy->bus != NULL)
			vpci_raise(dummy->bus, (unsigned int)value);
		break;
	default:
		break;
	}
}

static void dummy_reset(void *model)
{
	struct dummy *dummy = model;

	dummy->scratch = 0;
	memset(dummy->memory, 0, LAB_PAGE_SIZE);
}

static const struct pci_function_ops dummy_ops = {
	.read = dummy_read,
	.write = dummy_write,
	.reset = dummy_reset,
};

struct dummy *dummy_create(void)
{
	struct dummy *dummy = calloc(1, sizeof(*dummy));

	if (dummy == NULL)
		return NULL;
	dummy->memory = aligned_alloc(LAB_PAGE_SIZE, LAB_PAGE_SIZE);
	if (dummy->memory == NULL)
		goto err_free;
	dummy->function = (struct pci_function){
		.vendor = DUMMY_VENDOR,
		.device = DUMMY_DEVICE,
		.subsystem_vendor = DUMMY_VENDOR,
		.subsystem_device = DUMMY_DEVICE,
		.revision = 1,
		.base_class = 0xff, /* fits no defined class */
		.bar0_size = DUMMY_BAR_SIZE,
		.msix_vectors = DUMMY_VECTORS,
		.msix_table_offset = DUMMY_MSIX_TABLE,
		.msix_pba_offset = DUMMY_MSIX_PBA,
		.ram_count = 1,
		.ram = { { DUMMY_MEMORY, LAB_PAGE_SIZE, dummy->memory } },
		.ops = &dummy_ops,
		.model = dummy,
	};
	dummy_reset(dummy);
	return dummy;

err_free:
	free(dummy);
	return NULL;
}

void dummy_destroy(struct dummy *dummy)
{
	if (dummy == NULL)
		return;
	free(dummy->memory);
	free(dummy);
}

const struct pci_function *dummy_function(const struct dummy *dummy)
{
	return &dummy->function;
}

void dummy_attach(struct dummy *dummy, struct vpci *bus)
{
	dummy->bus = bus;
}
