// SPDX-License-Identifier: BSD-3-Clause
/*
 * The host's end of the synthetic interrupt controller: message slots and event flags of SINT2 in
 * guest memory, and the interrupt itself through a KVM_IRQ_ROUTING_HV_SINT route.
 * Source: TLFS chapter 11, docs/protocol.md 2.3, arch/x86/kvm/hyperv.c.
 */
#include "internal.h"

#include "../log.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#define SLOT_SIZE	 256u
#define SLOT_PAYLOAD	 240u
#define SLOT_TYPE	 0u /* u32, 0: free; written last */
#define SLOT_LEN	 4u /* u8 */
#define SLOT_FLAGS	 5u /* u8, bit 0: another message waits */
#define SLOT_SENDER	 8u /* u64 */
#define SLOT_DATA	 16u
#define FLAG_PENDING	 1u
#define MESSAGE_CHANNEL	 1u /* message type of VMBus channel messages */
#define PAGE_ENABLED	 1u /* bit 0 of the SIMP and SIEFP MSRs */
#define QUEUE_LIMIT	 4096u /* messages; a guest that reads none gets no more */

struct vmm_message {
	struct vmm_message *next;
	uint8_t len;
	uint8_t data[SLOT_PAYLOAD];
};

int vmm_synic_enable(struct vmm_vcpu *vcpu)
{
	struct kvm_enable_cap cap = { .cap = KVM_CAP_HYPERV_SYNIC2 };
	int ret;

	if (ioctl(vcpu->fd, KVM_ENABLE_CAP, &cap) == 0)
		return 0;
	ret = -errno;
	lab_log(LAB_LOG_ERROR, "vmm", "KVM_CAP_HYPERV_SYNIC2: %s", strerror(-ret));
	return ret;
}

/* GSIs 0..23 stay the I/O APIC's; one more per vCPU stands for its SINT2. */
int vmm_synic_route(struct vmm *vmm)
{
	struct { /* struct kvm_irq_routing with room for its entries */
		uint32_t nr, flags;
		struct kvm_irq_routing_entry entry[24 + VMM_VCPUS_MAX];
	} table = { 0 };
	unsigned int n = 0;
	int ret;

	_Static_assert(offsetof(__typeof__(table), entry) == sizeof(struct kvm_irq_routing),
		       "the entries follow");
	for (unsigned int pin = 0; pin < 24; pin++) {
		struct kvm_irq_routing_entry *e = &table.entry[n++];

		e->gsi = pin;
		e->type = KVM_IRQ_ROUTING_IRQCHIP;
		e->u.irqchip.irqchip = KVM_IRQCHIP_IOAPIC;
		e->u.irqchip.pin = pin;
	}
	for (unsigned int vp = 0; vp < vmm->config.vcpus; vp++) {
		struct kvm_irq_routing_entry *e = &table.entry[n++];

		e->gsi = VMM_GSI_SINT + vp;
		e->type = KVM_IRQ_ROUTING_HV_SINT;
		e->u.hv_sint.vcpu = vp;
		e->u.hv_sint.sint = VMM_SINT_VMBUS;
	}
	table.nr = n;
	if (ioctl(vmm->fd, KVM_SET_GSI_ROUTING, &table) == 0)
		return 0;
	ret = -errno;
	lab_log(LAB_LOG_ERROR, "vmm", "KVM_SET_GSI_ROUTING: %s", strerror(-ret));
	return ret;
}

static void raise_sint(struct vmm *vmm, unsigned int vp)
{
	struct kvm_irq_level level = { .irq = VMM_GSI_SINT + vp, .level = 1 };

	if (ioctl(vmm->fd, KVM_IRQ_LINE, &level) < 0)
		lab_log(LAB_LOG_INFO, "vmm", "SINT2 of vCPU %u: %s", vp, strerror(errno));
}

/* The guest moved its SynIC pages (or switched them off). */
void vmm_synic_exit(struct vmm_vcpu *vcpu)
{
	uint64_t simp = vcpu->run->hyperv.u.synic.msg_page;
	uint64_t siefp = vcpu->run->hyperv.u.synic.evt_page;

	vcpu->simp = simp & PAGE_ENABLED ? simp & ~0xfffull : 0;
	vcpu->siefp = siefp & PAGE_ENABLED ? siefp & ~0xfffull : 0;
}

/* Puts the oldest message into the slot if that is free. True if it went. */
static bool slot_fill(struct vmm_vcpu *vcpu)
{
	struct vmm_message *m = vcpu->queue;
	uint8_t *slot;

	if (vcpu->simp == 0)
		return false;
	slot = lab_mem_window(&vcpu->vmm->mem, vcpu->simp + VMM_SINT_VMBUS * SLOT_SIZE, SLOT_SIZE);
	if (slot == NULL)
		return false;
	if (__atomic_load_n((uint32_t *)(slot + SLOT_TYPE), __ATOMIC_ACQUIRE) != 0) {
		/* Ask for an end-of-message; KVM keeps that to itself, so a timer looks again. */
		__atomic_fetch_or(slot + SLOT_FLAGS, FLAG_PENDING, __ATOMIC_SEQ_CST);
		return false;
	}
	memcpy(slot + SLOT_DATA, m->data, m->len);
	slot[SLOT_LEN] = m->len;
	slot[SLOT_FLAGS] = m->next != NULL ? FLAG_PENDING : 0;
	memset(slot + SLOT_SENDER, 0, 8);
	/* The guest reads the type first (hv_get_message): nothing before it may come later. */
	__atomic_store_n((uint32_t *)(slot + SLOT_TYPE), MESSAGE_CHANNEL, __ATOMIC_RELEASE);
	vcpu->queue = m->next;
	if (vcpu->queue == NULL)
		vcpu->queue_end = &vcpu->queue;
	vcpu->queued--;
	vcpu->overflowed = false;
	free(m);
	raise_sint(vcpu->vmm, vcpu->index);
	return true;
}

bool vmm_synic_flush(struct vmm *vmm)
{
	bool waiting = false;

	for (unsigned int i = 0; i < vmm->config.vcpus; i++) {
		while (vmm->vcpu[i].queue != NULL)
			if (!slot_fill(&vmm->vcpu[i]))
				break;
		waiting |= vmm->vcpu[i].queue != NULL;
	}
	return waiting;
}

void vmm_synic_post(struct vmm *vmm, unsigned int vp, const void *msg, size_t len)
{
	struct vmm_message *m;
	struct vmm_vcpu *vcpu;

	if (vp >= vmm->config.vcpus || len > SLOT_PAYLOAD)
		return;
	vcpu = &vmm->vcpu[vp];
	m = vcpu->queued < QUEUE_LIMIT ? calloc(1, sizeof(*m)) : NULL;
	if (m == NULL) {
		if (!vcpu->overflowed)
			lab_log(LAB_LOG_ERROR, "vmm", "vCPU %u: %u messages unread, more are lost",
				vp, vcpu->queued);
		vcpu->overflowed = true;
		return;
	}
	vcpu->queued++;
	m->len = (uint8_t)len;
	memcpy(m->data, msg, len);
	*vcpu->queue_end = m;
	vcpu->queue_end = &m->next;
	slot_fill(vcpu);
}

void vmm_synic_event(struct vmm *vmm, unsigned int vp, uint32_t relid)
{
	uint32_t *flags, bit = 1u << (relid % 32);
	struct vmm_vcpu *vcpu;

	if (vp >= vmm->config.vcpus || relid >= SLOT_SIZE * 8)
		return;
	vcpu = &vmm->vcpu[vp];
	if (vcpu->siefp == 0)
		return;
	flags = lab_mem_window(&vmm->mem, vcpu->siefp + VMM_SINT_VMBUS * SLOT_SIZE, SLOT_SIZE);
	if (flags == NULL)
		return;
	/* A flag still set has its interrupt on the way: the guest clears it before it looks at
	 * the ring (vmbus_chan_sched), so what we wrote before this is seen. */
	if (!(__atomic_fetch_or(&flags[relid / 32], bit, __ATOMIC_SEQ_CST) & bit))
		raise_sint(vmm, vp);
}

void vmm_synic_free(struct vmm_vcpu *vcpu)
{
	while (vcpu->queue != NULL) {
		struct vmm_message *m = vcpu->queue;

		vcpu->queue = m->next;
		free(m);
	}
	vcpu->queue_end = &vcpu->queue;
	vcpu->queued = 0;
}
