/* SPDX-License-Identifier: BSD-3-Clause */
/* What the files of vmm/ share. */
#ifndef LAB_VMM_INTERNAL_H
#define LAB_VMM_INTERNAL_H

#include "vmm.h"

#include <linux/kvm.h>

#define VMM_IO_CONSOLE	   0x3f8u
#define VMM_IO_CMOS	   0x70u  /* index, then data */
#define VMM_IO_SLEEP	   0xcd4u /* FADT sleep control */
#define VMM_IO_RESET	   0xcd8u /* FADT reset register */
#define VMM_IO_RETARGET	   0xecu  /* out imm8 in the hypercall page stub */
#define VMM_MMIO_MAX	   32
#define VMM_KVM_SLOTS	   48
#define VMM_SLOT_FIRST_DEV 4 /* KVM memslots below are RAM and the lab port */
#define VMM_GSI_SINT	   32 /* GSI of vCPU n's SINT2 is this + n */
#define VMM_SINT_VMBUS	   2u

struct vmm_vcpu {
	struct vmm *vmm;
	unsigned int index;
	int fd;
	struct kvm_run *run;
	size_t run_size;
	pthread_t thread;
	bool started; /* atomic: vmm_end may run while vmm_start does */
	gpa_t simp, siefp; /* SynIC pages, 0: disabled */
	struct vmm_message *queue, **queue_end;
	unsigned int queued; /* messages in it */
	bool overflowed;     /* one was lost, and that was said */
	uint64_t exits;
};

struct vmm_mmio {
	gpa_t base;
	uint64_t size; /* 0: free */
	const struct vmm_mmio_ops *ops;
	void *ctx;
};

struct vmm_serial {
	uint8_t ier, lcr, mcr, scr, dll, dlm, fcr;
	size_t panic_matched; /* how much of a panic's first words was printed last */
};

struct vmm {
	struct vmm_config config;
	int kvm, fd;
	pthread_mutex_t lock;
	int waiting; /* threads that want the lock, atomic */
	struct lab_mem mem;
	uint8_t *ram, *port;
	uint64_t ram_size;
	size_t run_size;
	struct vmm_vcpu vcpu[VMM_VCPUS_MAX];
	struct vmm_mmio mmio[VMM_MMIO_MAX];
	gpa_t kvm_slot[VMM_KVM_SLOTS]; /* base of device RAM in KVM memslot n, 0: free */
	struct vmm_serial serial;
	uint8_t cmos_index;
	bool panicking; /* it said so; what ends it now is the panic's doing */
	struct vmm_vcpu *exiting; /* whose exit is being handled; ioctls on others would block */
	int end; /* enum vmm_end, atomic */
};

/*
 * ram.c: size bytes of zeros, aligned for huge pages, not inherited by children. 0 or -errno.
 * vmm_ram_resident(): how many of its pages are in memory; UINT64_MAX: not to be found out.
 */
int vmm_ram_create(uint8_t **ram, uint64_t size);
void vmm_ram_destroy(uint8_t *ram, uint64_t size); /* NULL is none */
uint64_t vmm_ram_resident(uint8_t *ram, uint64_t size);
/* boot.c */
int vmm_boot_load(struct vmm *vmm);
int vmm_boot_vcpu(struct vmm_vcpu *vcpu); /* registers of the boot processor */
/* acpi.c: writes the tables, returns the RSDP's address. */
gpa_t vmm_acpi_write(struct vmm *vmm);
/* cpuid.c */
int vmm_cpuid_set(struct vmm_vcpu *vcpu);
/* synic.c */
int vmm_synic_enable(struct vmm_vcpu *vcpu);
int vmm_synic_route(struct vmm *vmm);
void vmm_synic_exit(struct vmm_vcpu *vcpu);
void vmm_synic_free(struct vmm_vcpu *vcpu);
/* hypercall.c */
void vmm_hypercall_exit(struct vmm_vcpu *vcpu);
void vmm_hypercall_retarget(struct vmm_vcpu *vcpu);
/* serial.c */
uint8_t vmm_serial_read(struct vmm *vmm, unsigned int reg);
void vmm_serial_write(struct vmm *vmm, unsigned int reg, uint8_t value);
/* rtc.c */
uint8_t vmm_rtc_read(uint8_t index);
/* port.c */
int vmm_port_create(struct vmm *vmm);
void vmm_port_ring(struct vmm *vmm);
/* vcpu.c */
int vmm_vcpu_create(struct vmm *vmm, unsigned int index);
int vmm_vcpu_start(struct vmm_vcpu *vcpu);
void vmm_vcpu_kick_install(void);

#endif
