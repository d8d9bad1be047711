/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The guest's end for the vmbus tests: some RAM, a log of what the host posted, and a device that
 * counts what it is told.
 */
#ifndef VMBUS_GUEST_H
#define VMBUS_GUEST_H

#include "../../tools/lab/vmbus/protocol.h"
#include "../../tools/lab/vmbus/ring.h"
#include "unit.h"

#include <errno.h>
#include <string.h>

#define GUEST_PAGES 64u
#define GUEST_VPS   4u
#define GUEST_LOG   256u

struct guest {
	uint8_t ram[GUEST_PAGES][LAB_PAGE_SIZE] __attribute__((aligned(LAB_PAGE_SIZE)));
	struct lab_mem mem;
	struct lab_pending pending;
	struct vmbus *bus;
	uint32_t connection;
	struct {
		unsigned int vp;
		size_t len;
		union {
			uint32_t type;
			uint8_t b[VMBUS_MESSAGE_MAX];
		};
	} log[GUEST_LOG];
	unsigned int logged, events, event_vp, event_relid;
	/* the device */
	unsigned int opened, closed, signalled, released;
	int open_result;
	/* what guest_contact() and guest_offer() say of monitors */
	uint64_t monitor_page;
	bool monitored;
	void (*on_close)(struct vmbus_channel *ch);
	void (*on_released)(struct vmbus_channel *ch);
};
extern struct guest guest;
extern const struct vmbus_device_ops device_ops;

/* A bus on a host of that version and an unconnected guest; guest_start: the newest. */
void guest_start_max(uint32_t max_version);
void guest_start(void);
void guest_stop(void);

/* Posts on guest.connection. */
uint16_t guest_post(const void *msg, size_t len);
/* A message of that type and the relid, if it has one. */
void guest_send(uint32_t type, uint32_t relid);
/* The newest message of that type from the host, or NULL; and how many there are. */
const void *guest_got(uint32_t type);
unsigned int guest_count(uint32_t type);

/* INITIATE_CONTACT for VP 1, the log forgotten; true if the host supports it. */
bool guest_contact(uint32_t version);
/* That, and REQUESTOFFERS. */
void guest_connect(uint32_t version);
/* The host's side: vmbus_offer() of instance `id` with the device that counts. */
int guest_offer(uint8_t id, uint16_t subchannel, struct vmbus_channel **ch);
/* GPADL of consecutive pages; false if the host refused. */
bool guest_gpadl(uint32_t relid, uint32_t handle, uint32_t first, uint32_t pages);
/* False if no GPADL_TORNDOWN came. */
bool guest_teardown(uint32_t relid, uint32_t handle);
/* OPENCHANNEL; the status in the answer, UINT32_MAX: none came. */
uint32_t guest_open_at(uint32_t relid, uint32_t handle, uint32_t vp, uint32_t downstream);
/* Opens for VP 2 with a ring GPADL, handle 100 + relid, of 4 pages each way at RAM page `first`. */
void guest_open(struct vmbus_channel *ch, uint32_t first);

#endif
