/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A vPCI bus on VMBus with one function on it: protocol 1.1 to 1.4, config space, MSI-X, hot
 * add, orderly eject, surprise rescind. Source: docs/protocol.md 6, pci-hyperv.c.
 * Single-threaded: the caller serialises.
 */
#ifndef LAB_VPCI_H
#define LAB_VPCI_H

#include "../vmbus/vmbus.h"
#include "function.h"

struct vpci;

/* Trapped guest-physical accesses, as the VMM hands them over. */
struct vpci_mmio_ops {
	uint64_t (*read)(void *ctx, uint64_t offset, unsigned int size);
	void (*write)(void *ctx, uint64_t offset, uint64_t value, unsigned int size);
};

/* What the bus asks of the VMM. claim/map return 0 or -errno. */
struct vpci_host_ops {
	int (*mmio_claim)(void *host, gpa_t base, uint64_t size, const struct vpci_mmio_ops *ops,
			  void *ctx);
	void (*mmio_release)(void *host, gpa_t base);
	int (*ram_map)(void *host, gpa_t base, uint64_t size, void *memory);
	void (*ram_unmap)(void *host, gpa_t base);
	/* An x86 MSI to the guest. */
	void (*msi)(void *host, uint64_t address, uint32_t data);
};

/* What becomes of the bus, for the VF life cycle. All may be NULL. */
struct vpci_events {
	void (*d0)(void *ctx);       /* guest entered D0: the function is in use */
	/* The guest let go: EJECTION_COMPLETE, or it has no open channel. The bus rescinds itself
	 * next: released() follows. */
	void (*ejected)(void *ctx);
	void (*released)(void *ctx); /* the channel is gone: vpci_add may be called again */
};

struct vpci_config {
	struct vmbus *vmbus;
	const struct lab_clock *clock;
	struct lab_pending *pending;
	const struct vpci_host_ops *host;
	void *host_ctx;
	const struct vpci_events *events;
	void *events_ctx;
	uint32_t max_version;      /* 0x00010001 .. 0x00010004 */
	struct vmbus_guid instance; /* bytes 5:4 become the PCI domain */
	const struct pci_function *function; /* stays valid for the bus's life */
	const char *name;          /* "vf0" */
};

/* NULL: out of memory, no such protocol version, or an impossible function (logged). */
struct vpci *vpci_create(const struct vpci_config *config);
/* Before or after the vmbus is destroyed; its events are not called from here. */
void vpci_destroy(struct vpci *bus);

/* Offers the bus with its function present. serial: what the guest names the PCI slot after.
 * 0, -EBUSY (offered, or not yet released), or vmbus_offer()'s errors. */
int vpci_add(struct vpci *bus, uint32_t serial);
/* Orderly: asks the guest to eject, rescinds when it has. A guest in the middle of its probe is
 * asked once it knows the function, one without an open channel is not asked. 0 or -ENODEV. */
int vpci_eject(struct vpci *bus);
/* Surprise: config space and BARs read all-ones at once, the channel is rescinded. 0 or -ENODEV. */
int vpci_surprise(struct vpci *bus);
/* Is it offered (and not being taken away)? */
bool vpci_is_present(const struct vpci *bus);

/* The function raises MSI-X vector n. Masked or disabled: remembered in the PBA. */
void vpci_raise(struct vpci *bus, unsigned int vector);

/*
 * HVCALL_RETARGET_INTERRUPT for this bus's device id: re-aims the interrupt that was created with
 * (address, data) at `vector` on virtual processor vp. They are the pair of CREATE_INTERRUPT's
 * answer as it is: address its low 32 bits, data an index (pci-hyperv.c hv_arch_irq_unmask()).
 * 0, -ENOENT (not one of ours), or -EINVAL (no such vector, or a VP beyond 255).
 */
int vpci_retarget(struct vpci *bus, uint64_t device_id, uint64_t address, uint32_t data,
		  uint32_t vector, unsigned int vp);

/* INVALIDATE_BLOCK for the blocks in mask. 0 or -ENODEV. */
int vpci_invalidate_blocks(struct vpci *bus, uint64_t mask);

#endif
