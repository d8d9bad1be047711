/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The KVM shell: memory, vCPUs, boot, ACPI, serial console, SynIC, MSIs, the lab port. It knows
 * nothing of NICs: hypercalls and lab-port requests go to struct vmm_guest_ops.
 *
 * Locking: `lock` serialises every device model. It is held whenever a vmm_guest_ops or bus
 * callback runs, and must be held to call vmm_*() unless the function says otherwise.
 */
#ifndef LAB_VMM_H
#define LAB_VMM_H

#include "../clock.h"
#include "../mem.h"

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define VMM_VCPUS_MAX	8
#define VMM_MEMORY_MIN	512  /* MiB */
#define VMM_MEMORY_MAX	8192 /* MiB */

/* Guest-physical map. RAM fills [0, VMM_LOW_END), and goes on at 4 GiB. */
#define VMM_LOW_END	0xc0000000ull
#define VMM_MMIO_LOW	0xd0000000ull /* 256 MiB window in the VMBus device's _CRS */
#define VMM_PORT_BASE	0xe0000000ull /* lab port, reserved RAM: tools/lab/guest/port.h */
#define VMM_HIGH_BASE	0x100000000ull
#define VMM_MMIO_HIGH	0x1000000000ull /* 4 GiB window at 64 GiB */

struct vmm;

/* How a guest ended; first cause wins. */
enum vmm_end {
	VMM_RUNNING,
	VMM_EXITED,	   /* the command's status came through the lab port */
	VMM_POWERED_OFF,
	VMM_RESET,
	VMM_PANICKED,
	VMM_TRIPLE_FAULT,
	VMM_FAILED,	   /* KVM refused to go on */
	VMM_TIMED_OUT,
	VMM_STOPPED,	   /* we were told to stop */
};
const char *vmm_end_name(enum vmm_end end);

struct vmm_guest_ops {
	uint16_t (*post_message)(void *ctx, uint32_t connection, uint32_t type, const void *payload,
				 size_t len);
	uint16_t (*signal_event)(void *ctx, uint32_t connection);
	/* HVCALL_RETARGET_INTERRUPT; returns an HV_STATUS. */
	uint16_t (*retarget)(void *ctx, uint64_t device_id, uint64_t address, uint32_t data,
			     uint32_t vector, uint64_t vp_mask);
	/* A lab-port request. The reply goes to reply[0, *reply_len), *reply_len is its room on
	 * entry. Returns the status word. */
	int32_t (*port)(void *ctx, uint32_t op, uint32_t arg, const uint8_t *data, size_t len,
			uint8_t *reply, size_t *reply_len);
};

struct vmm_config {
	unsigned int vcpus;
	unsigned int memory; /* MiB */
	const char *kernel;  /* bzImage */
	const char *initrd;
	const char *cmdline;
	FILE *console;	     /* what the guest prints on its serial port */
	unsigned int first_cpu; /* of the machine's, for the vCPU threads; 0: any */
	const struct vmm_guest_ops *ops;
	void *ctx;
};

/* Returns 0 and the VM, loaded and ready to run; or -errno, and has logged why. */
int vmm_create(struct vmm **vmm, const struct vmm_config *config);
/* Starts the vCPU threads. */
int vmm_start(struct vmm *vmm);
/* Notes how the guest ended (only the first call counts) and makes every vCPU leave. */
void vmm_end(struct vmm *vmm, enum vmm_end end);
enum vmm_end vmm_ended(const struct vmm *vmm);
/* Waits for the vCPU threads. Lock not held. */
void vmm_join(struct vmm *vmm);
/* After vmm_join(): where each vCPU stood. */
void vmm_dump(const struct vmm *vmm, FILE *out);
void vmm_destroy(struct vmm *vmm);

void vmm_lock(struct vmm *vmm);
/* Takes the lock if nobody has it. */
bool vmm_trylock(struct vmm *vmm);
void vmm_unlock(struct vmm *vmm);
/* Lock not held: lets vCPUs that wait for the lock have it first, for at most a millisecond. For
 * a thread that takes it again and again; the mutex itself is not fair. */
void vmm_give_way(const struct vmm *vmm);

const struct lab_mem *vmm_memory(const struct vmm *vmm);
uint64_t vmm_exits(const struct vmm *vmm); /* exits to this process so far, all vCPUs */
/* Bytes of this process that are in memory, the guest's RAM left out. 0: not to be found out. */
uint64_t vmm_overhead(const struct vmm *vmm);

/* Interrupts. Safe without the lock. */
void vmm_msi(struct vmm *vmm, uint64_t address, uint32_t data);
/* SynIC: queue a message for vp's SINT2 slot; set event flag `relid` of vp and interrupt it. */
void vmm_synic_post(struct vmm *vmm, unsigned int vp, const void *msg, size_t len);
void vmm_synic_event(struct vmm *vmm, unsigned int vp, uint32_t relid);
/* Tries the messages that wait for a free slot. True if some still wait. */
bool vmm_synic_flush(struct vmm *vmm);
/* From within an exit: writes the hypercall page's stub that lets HVCALL_RETARGET_INTERRUPT out. */
void vmm_hypercall_patch(struct vmm *vmm);

/* Trapped ranges, and RAM pages put into the guest's address space. 0 or -errno. */
struct vmm_mmio_ops {
	uint64_t (*read)(void *ctx, uint64_t offset, unsigned int size);
	void (*write)(void *ctx, uint64_t offset, uint64_t value, unsigned int size);
};
int vmm_mmio_claim(struct vmm *vmm, gpa_t base, uint64_t size, const struct vmm_mmio_ops *ops,
		   void *ctx);
void vmm_mmio_release(struct vmm *vmm, gpa_t base);
int vmm_ram_map(struct vmm *vmm, gpa_t base, uint64_t size, void *memory);
void vmm_ram_unmap(struct vmm *vmm, gpa_t base);

/* Can a VM with a SynIC really run on this machine's /dev/kvm? Takes up to 2 s. why: one line. */
bool vmm_probe(char *why, size_t size);

#endif
