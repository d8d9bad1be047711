/* SPDX-License-Identifier: BSD-3-Clause */
/* GPADLs: guest buffers described page by page; the part that the rest of vmbus/ uses. */
#ifndef LAB_VMBUS_GPADL_H
#define LAB_VMBUS_GPADL_H

#include "bus.h"

#define GPADL_PER_CHANNEL 32 /* netvsc and uio_hv_generic make three */

/* The message's range_buflen is 16 bits wide: 8 bytes and the PFNs. Just under 32 MiB. */
#define GPADL_PAGES_MAX ((UINT16_MAX - 8u) / 8u)

struct vmbus_gpadl {
	struct vmbus_gpadl *next; /* in its channel's list, or the bus's while assembling */
	struct vmbus_channel *channel;
	uint32_t handle; /* the guest's choice */
	uint32_t size, offset; /* bytes; offset into the first page */
	uint32_t pages, known; /* PFNs: in all, received */
	uint64_t pfn[]; /* unchecked until used */
};

/* Message handlers, see bus.c. */
void gpadl_header(struct vmbus *bus, const void *msg, size_t len);
void gpadl_body(struct vmbus *bus, const void *msg, size_t len);
void gpadl_teardown(struct vmbus *bus, const void *msg, size_t len);

/* The finished GPADL of that handle on this very channel, or NULL. */
struct vmbus_gpadl *gpadl_of_channel(struct vmbus_channel *ch, uint32_t handle);
/* The channel is released or the guest is gone: drops all it made, answers nothing. */
void gpadl_drop_all(struct vmbus_channel *ch);

#endif
