// SPDX-License-Identifier: BSD-3-Clause
/*
 * The lab port's host end: a shared page the guest fills and one `out` to have it read, whatever
 * the length, because an exit costs 60 microseconds when nested. Layout: guest/port.h.
 */
#include "internal.h"

#include "../guest/port.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

_Static_assert(LAB_PORT_BASE == VMM_PORT_BASE, "guest and VMM agree on the lab port's place");

static uint32_t get(const struct vmm *vmm, enum lab_port_offset at)
{
	uint32_t value;

	memcpy(&value, vmm->port + at, sizeof(value));
	return value;
}

static void set(struct vmm *vmm, enum lab_port_offset at, uint32_t value)
{
	memcpy(vmm->port + at, &value, sizeof(value));
}

int vmm_port_create(struct vmm *vmm)
{
	vmm->port = aligned_alloc(LAB_PAGE_SIZE, LAB_PORT_SIZE);
	if (vmm->port == NULL)
		return -ENOMEM;
	memset(vmm->port, 0, LAB_PORT_SIZE);
	set(vmm, LAB_PORT_OFF_MAGIC, LAB_PORT_MAGIC);
	set(vmm, LAB_PORT_OFF_VERSION, LAB_PORT_VERSION);
	return 0;
}

void vmm_port_ring(struct vmm *vmm)
{
	/* Under the lock, so one is enough; a copy, because the guest may rewrite its own. */
	static uint8_t request[LAB_PORT_DATA_MAX];
	uint32_t op = get(vmm, LAB_PORT_OFF_OP), arg = get(vmm, LAB_PORT_OFF_ARG);
	size_t len = get(vmm, LAB_PORT_OFF_LENGTH), reply_len = LAB_PORT_DATA_MAX;
	int32_t status = -EMSGSIZE;

	if (len <= LAB_PORT_DATA_MAX) {
		memcpy(request, vmm->port + LAB_PORT_OFF_DATA, len);
		status = vmm->config.ops->port(vmm->config.ctx, op, arg, request, len,
					       vmm->port + LAB_PORT_OFF_DATA, &reply_len);
	} else {
		reply_len = 0;
	}
	set(vmm, LAB_PORT_OFF_STATUS, (uint32_t)status);
	set(vmm, LAB_PORT_OFF_REPLY_LENGTH, (uint32_t)reply_len);
}
