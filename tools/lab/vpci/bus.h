/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The bus as its own files see it. Not for users of vpci.h.
 *
 * State of the bus, set by vpci_bus_set_state() only:
 *
 *	from        to       when
 *	ABSENT      OFFERED  vpci_add()
 *	OFFERED     OPEN     the guest opens the channel
 *	OPEN        D0       BUS_D0ENTRY
 *	D0          OPEN     BUS_D0EXIT
 *	OPEN, D0    OFFERED  the guest closes the channel, or is reset
 *	OFFERED, OPEN, D0
 *	            GONE     surprise, or the guest finished the ejection: channel rescinded
 *	any         ABSENT   the channel was released
 *
 * Never GONE -> OFFERED or OPEN: offering an instance again before the guest released its relid
 * reads as a resume from hibernation (docs/protocol.md 3.2).
 */
#ifndef LAB_VPCI_BUS_H
#define LAB_VPCI_BUS_H

#include "bar.h"
#include "interrupt.h"
#include "msix.h"
#include "outbox.h"
#include "space.h"
#include "vpci.h"

#define VPCI_SLOT 2u /* device 2, function 0: where Azure puts a virtual function */

enum vpci_state { VPCI_ABSENT, VPCI_OFFERED, VPCI_OPEN, VPCI_D0, VPCI_GONE };

/* An ejection is WANTED until the guest is in D0: before that it does not know the function and
 * would drop the message. */
enum vpci_ejection { VPCI_EJECT_NONE, VPCI_EJECT_WANTED, VPCI_EJECT_SENT };

/* What the guest did that a correct one does not. Each kind is logged once. */
enum vpci_complaint {
	VPCI_BAD_MESSAGE,   /* malformed, unknown, or out of turn; answered with an error */
	VPCI_BAD_INTERRUPT, /* MSI-X entry with a message that is none of ours; not sent */
	VPCI_BAD_BAR,	    /* BAR enabled where the host cannot place it; not decoded */
	VPCI_BAD_WINDOW,    /* access to the configuration window that means nothing */
	VPCI_COMPLAINTS,
};

struct vpci_window {
	gpa_t base;
	bool claimed;
	uint32_t slot; /* selected through page 0 */
};

struct vpci {
	struct vpci_config config;
	char name[32];
	const struct pci_function *function;
	enum vpci_state state;
	enum vpci_ejection ejection;
	struct vmbus_channel *channel; /* NULL: ABSENT */
	uint32_t serial;
	uint32_t version; /* negotiated, 0: not yet */
	uint32_t ejection_pending; /* in config.pending */
	struct vpci_outbox outbox;
	struct vpci_space space;
	struct vpci_window window;
	struct vpci_bar bar;
	struct vpci_msix msix;
	struct vpci_interrupts interrupts;
	uint64_t complaints[VPCI_COMPLAINTS];
};

void vpci_bus_set_state(struct vpci *bus, enum vpci_state state);
/* Counts it; logs the first of its kind. */
void vpci_bus_complain(struct vpci *bus, enum vpci_complaint complaint, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Power-on state of all that belongs to the function, BAR decoding and the window off. */
void vpci_bus_leave_d0(struct vpci *bus);
/* The guest has let go of the function: GONE, the ejected event, rescind. The channel may be freed
 * on return. */
void vpci_bus_finish_ejection(struct vpci *bus);

#endif
