// SPDX-License-Identifier: BSD-3-Clause
/* Message slots and event flags as the guest sees them (TLFS chapter 11). */
#include "vmm_fake.h"

#include "unit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SIMP  0x10000ull
#define SIEFP 0x11000ull
#define SLOT  (SIMP + 2 * 256)
#define FLAGS (SIEFP + 2 * 256)
#define LIMIT 4096

static struct vmm *vmm;

static void pages_set(unsigned int vp, uint64_t simp, uint64_t siefp)
{
	struct vmm_vcpu *vcpu = &vmm->vcpu[vp];

	vcpu->run->hyperv.u.synic.msg_page = simp;
	vcpu->run->hyperv.u.synic.evt_page = siefp;
	vmm_synic_exit(vcpu);
}

static void setup(void)
{
	vmm_fake_create(2, NULL);
	vmm = vmm_fake.vmm;
	pages_set(0, SIMP | 1, SIEFP | 1);
}

static uint32_t slot_type(void)
{
	uint32_t type;

	memcpy(&type, vmm->ram + SLOT, sizeof(type));
	return type;
}

/* As hv_vmbus: take it, free the slot. Returns the payload's first byte, -1: none. */
static int message_take(bool *pending)
{
	int first = slot_type() != 0 ? vmm->ram[SLOT + 16] : -1;

	*pending = vmm->ram[SLOT + 5] & 1;
	memset(vmm->ram + SLOT, 0, 4);
	return first;
}

static unsigned int interrupts(unsigned int vp)
{
	return vmm_fake.interrupts[VMM_GSI_SINT + vp];
}

static void a_free_slot(void)
{
	static const uint8_t message[240] = { 7, 8, [239] = 9 };

	memset(vmm->ram + SLOT + 4, 0xff, 252);
	vmm_synic_post(vmm, 0, message, sizeof(message));
	CU_ASSERT_EQUAL(slot_type(), 1);
	CU_ASSERT_EQUAL(vmm->ram[SLOT + 4], 240);
	CU_ASSERT_EQUAL(vmm->ram[SLOT + 5], 0);
	CU_ASSERT_EQUAL(memcmp(vmm->ram + SLOT + 8, "\0\0\0\0\0\0\0\0", 8), 0);
	CU_ASSERT_EQUAL(memcmp(vmm->ram + SLOT + 16, message, 240), 0);
	CU_ASSERT_EQUAL(vmm->ram[SLOT + 256], 0); /* nor anything behind it */
	CU_ASSERT_EQUAL(interrupts(0), 1);
	CU_ASSERT_FALSE(vmm_synic_flush(vmm));
}

static void a_busy_slot(void)
{
	bool pending;

	for (uint8_t i = 1; i <= 3; i++)
		vmm_synic_post(vmm, 0, &i, 1);
	CU_ASSERT_EQUAL(vmm->ram[SLOT + 16], 1); /* not written over */
	CU_ASSERT_EQUAL(interrupts(0), 1);
	CU_ASSERT_TRUE(vmm_synic_flush(vmm));
	CU_ASSERT_EQUAL(interrupts(0), 1);
	CU_ASSERT_EQUAL(message_take(&pending), 1);
	CU_ASSERT_TRUE(pending); /* so that the guest says when it has taken it */
	CU_ASSERT_TRUE(vmm_synic_flush(vmm));
	CU_ASSERT_EQUAL(interrupts(0), 2);
	CU_ASSERT_EQUAL(message_take(&pending), 2);
	CU_ASSERT_TRUE(pending);
	CU_ASSERT_FALSE(vmm_synic_flush(vmm));
	CU_ASSERT_EQUAL(message_take(&pending), 3);
	CU_ASSERT_FALSE(pending);
	CU_ASSERT_EQUAL(interrupts(0), 3);
	CU_ASSERT_EQUAL(message_take(&pending), -1);
}

/* A post that finds the slot free must still not overtake those that wait. */
static void order_is_kept(void)
{
	bool pending;
	uint8_t next = 1;

	for (uint8_t i = 1; i <= 2; i++)
		vmm_synic_post(vmm, 0, &i, 1);
	for (uint8_t i = 3; i < 100; i++) {
		CU_ASSERT_EQUAL(message_take(&pending), next++);
		CU_ASSERT_TRUE(pending);
		vmm_synic_post(vmm, 0, &i, 1);
	}
	while (vmm->vcpu[0].queued > 0 || slot_type() != 0) {
		CU_ASSERT_EQUAL(message_take(&pending), next++);
		vmm_synic_flush(vmm);
	}
	CU_ASSERT_EQUAL(next, 100);
}

static void a_guest_that_never_reads(void)
{
	bool pending;
	uint8_t x = 0;

	for (unsigned int i = 0; i < LIMIT + 10; i++)
		vmm_synic_post(vmm, 0, &x, 1);
	CU_ASSERT_EQUAL(vmm->vcpu[0].queued, LIMIT);
	CU_ASSERT_EQUAL(interrupts(0), 1);
	message_take(&pending);
	CU_ASSERT_TRUE(vmm_synic_flush(vmm));
	CU_ASSERT_EQUAL(vmm->vcpu[0].queued, LIMIT - 1);
	vmm_synic_post(vmm, 0, &x, 1);
	CU_ASSERT_EQUAL(vmm->vcpu[0].queued, LIMIT);
	vmm_synic_free(&vmm->vcpu[0]);
	CU_ASSERT_EQUAL(vmm->vcpu[0].queued, 0);
	vmm_synic_post(vmm, 0, &x, 1);
	CU_ASSERT_EQUAL(vmm->vcpu[0].queued, 1);
}

static void impossible_posts(void)
{
	static const uint8_t message[241];

	vmm_synic_post(vmm, 0, message, sizeof(message));
	vmm_synic_post(vmm, 2, message, 1);
	vmm_synic_post(vmm, UINT32_MAX, message, 1);
	CU_ASSERT_EQUAL(slot_type(), 0);
	CU_ASSERT_EQUAL(vmm->vcpu[0].queued + vmm->vcpu[1].queued, 0);
}

/* Pages that are off, beyond memory, or half beyond it: messages wait, flags are dropped. */
static void pages_that_are_not_there(void)
{
	static const uint64_t page[] = { 0, SIMP /* not enabled */, FAKE_RAM | 1,
					 UINT64_MAX, (UINT64_MAX & ~0xfffull) | 1, 1ull << 40 | 1 };
	uint8_t x = 5;
	bool pending;

	for (size_t i = 0; i < sizeof(page) / sizeof(page[0]); i++) {
		pages_set(0, page[i], page[i]);
		vmm_synic_post(vmm, 0, &x, 1);
		vmm_synic_event(vmm, 0, 3);
		CU_ASSERT_TRUE(vmm_synic_flush(vmm));
	}
	CU_ASSERT_EQUAL(interrupts(0), 0);
	pages_set(0, SIMP | 1, SIEFP | 1);
	CU_ASSERT_TRUE(vmm_synic_flush(vmm));
	CU_ASSERT_EQUAL(message_take(&pending), 5);
	/* The other vCPU never had any. */
	vmm_synic_post(vmm, 1, &x, 1);
	CU_ASSERT_EQUAL(interrupts(1), 0);
}

static void event_flags(void)
{
	static const uint32_t relid[] = { 0, 1, 31, 32, 33, 2047 };
	unsigned int n = 0;

	for (size_t i = 0; i < sizeof(relid) / sizeof(relid[0]); i++) {
		vmm_synic_event(vmm, 0, relid[i]);
		CU_ASSERT(vmm->ram[FLAGS + relid[i] / 8] & 1u << relid[i] % 8);
		CU_ASSERT_EQUAL(interrupts(0), ++n);
		vmm_synic_event(vmm, 0, relid[i]); /* still set: one is on the way */
		CU_ASSERT_EQUAL(interrupts(0), n);
	}
	vmm->ram[FLAGS] = 0; /* the guest took 0 and 1 */
	vmm_synic_event(vmm, 0, 1);
	CU_ASSERT_EQUAL(interrupts(0), n + 1);
	vmm_synic_event(vmm, 0, 2048);
	vmm_synic_event(vmm, 0, UINT32_MAX);
	vmm_synic_event(vmm, 2, 1);
	vmm_synic_event(vmm, 1, 1); /* no page */
	CU_ASSERT_EQUAL(interrupts(0), n + 1);
	CU_ASSERT_EQUAL(vmm->ram[FLAGS + 256], 0);
}

static void an_interrupt_that_fails(void)
{
	uint8_t x = 1;

	vmm_fake.fail_request = KVM_IRQ_LINE;
	vmm_fake.fail_errno = EINVAL;
	vmm_synic_post(vmm, 0, &x, 1);
	vmm_synic_event(vmm, 0, 1);
	CU_ASSERT_EQUAL(slot_type(), 1); /* it is there when the guest looks */
}

static void refused_by_kvm(void)
{
	vmm_fake.fail_request = KVM_ENABLE_CAP;
	vmm_fake.fail_errno = ENOSYS;
	CU_ASSERT_EQUAL(vmm_synic_enable(&vmm->vcpu[0]), -ENOSYS);
	vmm_fake.fail_request = KVM_SET_GSI_ROUTING;
	CU_ASSERT_EQUAL(vmm_synic_route(vmm), -ENOSYS);
	vmm_fake.fail_request = 0;
	CU_ASSERT_EQUAL(vmm_synic_route(vmm), 0);
}

static CU_TestInfo tests[] = {
	{ "a free slot", a_free_slot },
	{ "a busy slot", a_busy_slot },
	{ "order is kept", order_is_kept },
	{ "a guest that never reads", a_guest_that_never_reads },
	{ "impossible posts", impossible_posts },
	{ "pages that are not there", pages_that_are_not_there },
	{ "event flags", event_flags },
	{ "an interrupt that fails", an_interrupt_that_fails },
	{ "refused by KVM", refused_by_kvm },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("vmm/synic", setup, vmm_fake_destroy, tests);
