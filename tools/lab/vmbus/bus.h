/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The connection of one guest to its VMBus, and the list of what is offered on it; internal to
 * vmbus/. The moves of the connection:
 *
 *	DISCONNECTED -> CONNECTED  INITIATE_CONTACT with a version that is known
 *	CONNECTED    -> OFFERING   REQUESTOFFERS; a second one is ignored: Linux WARNs of twins
 *	any          -> DISCONNECTED  UNLOAD, reset, any INITIATE_CONTACT (CONNECTED follows)
 */
#ifndef LAB_VMBUS_BUS_H
#define LAB_VMBUS_BUS_H

#include "protocol.h"

#define PARTY "vmbus"

enum bus_state {
	BUS_DISCONNECTED,
	BUS_CONNECTED, /* version agreed, the guest has seen no offer */
	BUS_OFFERING, /* every offer is made at once */
};

struct vmbus {
	struct vmbus_config config;
	enum bus_state state;
	uint32_t version; /* 0: disconnected */
	uint32_t connection; /* id the guest must post on */
	unsigned int vp; /* where messages go; kept over UNLOAD for its answer */
	struct vmbus_channel *channels; /* in the order of vmbus_offer() */
	struct vmbus_channel *by_relid[VMBUS_RELIDS];
	uint32_t last_relid;
	struct vmbus_channel *by_monitor[VMBUS_MONITORS];
	uint32_t last_monitor;
	struct vmbus_monitor_page *monitor; /* the guest's page; NULL: it has none */
	struct vmbus_gpadl *assembling; /* bodies are still to come; they name no channel */
	uint64_t guest_errors;
	unsigned int errors_logged; /* since the last INITIATE_CONTACT */
	bool dying; /* takes no more offers */
};

/* Sends a message to the guest. */
void bus_post(struct vmbus *bus, const void *msg, size_t len);
/* Counts what the guest did wrong, and logs it unless it has done so too often. */
void bus_guest_error(struct vmbus *bus, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Closes and forgets everything the guest had, see vmbus_reset(). */
void bus_disconnect(struct vmbus *bus);

#endif
