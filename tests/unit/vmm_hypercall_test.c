// SPDX-License-Identifier: BSD-3-Clause
/* Hypercalls: bounds of what the guest points to, processor sets, and the page's stub. */
#include "vmm_fake.h"

#include "unit.h"

#include <errno.h>
#include <string.h>

#define INPUT 0x20000ull
#define PAGE  0x30000ull

enum status { OK = 0, BAD_CALL = 2, BAD_INPUT = 3, BAD_PARAM = 5 };

static struct vmm *vmm;
static const uint8_t vmmcall[] = { 0x0f, 0x01, 0xd9, 0xc3 };

static void setup(void)
{
	vmm_fake_create(2, NULL);
	vmm = vmm_fake.vmm;
}

static uint16_t call(uint64_t control, uint64_t param)
{
	struct kvm_hyperv_exit *exit = &vmm->vcpu[1].run->hyperv;

	exit->u.hcall.input = control;
	exit->u.hcall.params[0] = param;
	exit->u.hcall.result = UINT64_MAX;
	vmm_hypercall_exit(&vmm->vcpu[1]);
	CU_ASSERT(exit->u.hcall.result <= UINT16_MAX);
	return (uint16_t)exit->u.hcall.result;
}

static void message_put(gpa_t at, uint32_t size)
{
	uint32_t head[] = { 0x12345, 0, 1, size };

	for (unsigned int i = 0; i < sizeof(head); i++)
		if (at + i < FAKE_RAM)
			vmm->ram[at + i] = ((uint8_t *)head)[i];
	for (unsigned int i = 0; i < 240 && at + 16 + i < FAKE_RAM; i++)
		vmm->ram[at + 16 + i] = (uint8_t)(i + 1);
}

static void post_message(void)
{
	static const struct {
		gpa_t at;
		uint32_t size;
		enum status status;
	} row[] = {
		{ INPUT, 0, OK },
		{ INPUT, 1, OK },
		{ INPUT, 240, OK },
		{ INPUT, 241, BAD_PARAM },
		{ INPUT, UINT32_MAX, BAD_PARAM },
		{ INPUT + 3, 240, OK },
		{ FAKE_RAM - 16, 0, OK },
		{ FAKE_RAM - 16, 1, BAD_PARAM },
		{ FAKE_RAM - 256, 240, OK },
		{ FAKE_RAM - 255, 240, BAD_PARAM },
		{ FAKE_RAM - 15, 0, BAD_PARAM },
		{ FAKE_RAM, 0, BAD_PARAM },
		{ UINT64_MAX - 8, 0, BAD_PARAM },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		unsigned int before = vmm_fake.guest.posts;

		message_put(row[i].at, row[i].size);
		CU_ASSERT_EQUAL(call(0x5c, row[i].at), row[i].status);
		CU_ASSERT_EQUAL(vmm_fake.guest.posts - before, row[i].status == OK);
		if (row[i].status != OK)
			continue;
		CU_ASSERT_EQUAL(vmm_fake.guest.connection, 0x12345);
		CU_ASSERT_EQUAL(vmm_fake.guest.type, 1);
		CU_ASSERT_EQUAL(vmm_fake.guest.len, row[i].size);
		for (uint32_t b = 0; b < row[i].size; b++)
			CU_ASSERT_EQUAL(vmm_fake.guest.payload[b], (uint8_t)(b + 1));
	}
	vmm_fake.guest.status = 0x13; /* HV_STATUS_INSUFFICIENT_BUFFERS: handed back */
	message_put(INPUT, 8);
	CU_ASSERT_EQUAL(call(0x5c, INPUT), 0x13);
}

static void other_calls(void)
{
	CU_ASSERT_EQUAL(call(0x5d | 1u << 16, 0xff00002a), OK);
	CU_ASSERT_EQUAL(vmm_fake.guest.signals, 1);
	CU_ASSERT_EQUAL(vmm_fake.guest.connection, 0x2a);
	CU_ASSERT_EQUAL(call(0, 0), BAD_CALL);
	CU_ASSERT_EQUAL(call(0x7e, INPUT), BAD_CALL); /* comes through the port, never so */
	CU_ASSERT_EQUAL(call(0xffff, INPUT), BAD_CALL);
	CU_ASSERT_EQUAL(vmm_fake.guest.retargets, 0);
}

/* hv_retarget_device_interrupt, with the processor set at 40. */
static void retarget_put(gpa_t at, uint32_t flags, uint64_t format_or_mask, uint64_t banks,
			 uint64_t bank0)
{
	uint8_t in[72] = { 0 };
	const uint64_t device = 0xac00000000000001;
	const uint32_t address = 0xfee01000, data = 0x31, vector = 0x31;

	memset(in, 0xff, 8); /* this partition */
	memcpy(in + 8, &device, 8);
	in[16] = 1;
	memcpy(in + 24, &address, 4);
	memcpy(in + 28, &data, 4);
	memcpy(in + 40, &vector, 4);
	memcpy(in + 44, &flags, 4);
	memcpy(in + 48, &format_or_mask, 8);
	memcpy(in + 56, &banks, 8);
	memcpy(in + 64, &bank0, 8);
	for (unsigned int i = 0; i < sizeof(in) && at + i < FAKE_RAM; i++)
		vmm->ram[at + i] = in[i];
}

static uint64_t retarget(gpa_t at, uint64_t control)
{
	vmm_fake.regs.rcx = control;
	vmm_fake.regs.rdx = at;
	vmm_fake.regs.rax = 0x7777;
	vmm_hypercall_retarget(&vmm->vcpu[1]);
	CU_ASSERT_EQUAL(vmm_fake.regs_fd, vmm->vcpu[1].fd);
	return vmm_fake.regs.rax;
}

static void retargets(void)
{
	static const struct {
		gpa_t at;
		uint32_t flags;
		uint64_t mask, banks, bank0;
		enum status status;
		uint64_t wanted;
	} row[] = {
		{ INPUT, 0, 0x2, 0, 0, OK, 0x2 },
		{ INPUT, 1 /* multicast */, 0x3, 0, 0, OK, 0x3 },
		{ INPUT, 2, 0, 1, 0x2, OK, 0x2 },
		{ INPUT, 2, 1 /* all */, 1, 0x2, BAD_PARAM, 0 },
		{ INPUT, 2, 0, 0, 0x2, BAD_PARAM, 0 }, /* no bank */
		{ INPUT, 2, 0, 2, 0x2, BAD_PARAM, 0 }, /* bank 1: processors 64 and up */
		{ INPUT, 2, UINT64_MAX, UINT64_MAX, 1, BAD_PARAM, 0 },
		{ FAKE_RAM - 56, 0, 0x1, 0, 0, OK, 0x1 },
		{ FAKE_RAM - 55, 0, 0x1, 0, 0, BAD_PARAM, 0 },
		{ FAKE_RAM - 72, 2, 0, 1, 0x1, OK, 0x1 },
		{ FAKE_RAM - 71, 2, 0, 1, 0x1, BAD_PARAM, 0 },
		{ FAKE_RAM - 56, 2, 0, 1, 0x1, BAD_PARAM, 0 },
		{ UINT64_MAX - 55, 0, 1, 0, 0, BAD_PARAM, 0 },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		unsigned int before = vmm_fake.guest.retargets;

		retarget_put(row[i].at, row[i].flags, row[i].mask, row[i].banks, row[i].bank0);
		CU_ASSERT_EQUAL(retarget(row[i].at, 0x7e), row[i].status);
		CU_ASSERT_EQUAL(vmm_fake.guest.retargets - before, row[i].status == OK);
		if (row[i].status != OK)
			continue;
		CU_ASSERT_EQUAL(vmm_fake.guest.device_id, 0xac00000000000001);
		CU_ASSERT_EQUAL(vmm_fake.guest.address, 0xfee01000);
		CU_ASSERT_EQUAL(vmm_fake.guest.data, 0x31);
		CU_ASSERT_EQUAL(vmm_fake.guest.vector, 0x31);
		CU_ASSERT_EQUAL(vmm_fake.guest.mask, row[i].wanted);
	}
}

static void retargets_that_are_none(void)
{
	retarget_put(INPUT, 0, 1, 0, 0);
	CU_ASSERT_EQUAL(retarget(INPUT, 0x7e | 1u << 16), BAD_INPUT); /* registers hold no set */
	CU_ASSERT_EQUAL(retarget(INPUT, 0x5c), 0x7777); /* an `out` by somebody else */
	CU_ASSERT_EQUAL(retarget(INPUT, 0), 0x7777);
	CU_ASSERT_EQUAL(vmm_fake.guest.retargets, 0);
	vmm_fake.guest.status = 5;
	CU_ASSERT_EQUAL(retarget(INPUT, 0x7e), 5);
	CU_ASSERT_EQUAL(vmm_fake.guest.retargets, 1);
	vmm_fake.fail_request = KVM_GET_REGS;
	vmm_fake.fail_errno = EINVAL;
	CU_ASSERT_EQUAL(retarget(INPUT, 0x7e), 0x7777);
	CU_ASSERT_EQUAL(vmm_fake.guest.retargets, 1);
}

static void patch(uint64_t msr)
{
	vmm_fake.hypercall_msr = msr;
	vmm->exiting = &vmm->vcpu[1];
	vmm_hypercall_patch(vmm);
	vmm->exiting = NULL;
}

static void patched_once(void)
{
	/* cmp $0x7e,%cx; je +4; vmmcall; ret; out %eax,$0xec; ret */
	static const uint8_t stub[] = { 0x66, 0x83, 0xf9, 0x7e, 0x74, 0x04, 0x0f,
					0x01, 0xd9, 0xc3, 0xe7, 0xec, 0xc3, 0 };

	memcpy(vmm->ram + PAGE, vmmcall, sizeof(vmmcall));
	patch(PAGE | 1);
	CU_ASSERT_EQUAL(vmm_fake.msr_fd, vmm->vcpu[1].fd); /* the one that exited */
	CU_ASSERT_EQUAL(memcmp(vmm->ram + PAGE, stub, sizeof(stub)), 0);
	patch(PAGE | 1);
	CU_ASSERT_EQUAL(memcmp(vmm->ram + PAGE, stub, sizeof(stub)), 0);
	/* The guest set it up anew: KVM writes the first bytes again. */
	memcpy(vmm->ram + PAGE, vmmcall, sizeof(vmmcall));
	patch(PAGE | 1);
	CU_ASSERT_EQUAL(memcmp(vmm->ram + PAGE, stub, sizeof(stub)), 0);
	/* Intel's. */
	memcpy(vmm->ram + PAGE, "\x0f\x01\xc1\xc3", 4);
	patch(PAGE | 1);
	CU_ASSERT_EQUAL(memcmp(vmm->ram + PAGE + 6, "\x0f\x01\xc1\xc3", 4), 0);
}

static void not_patched(void)
{
	static const uint8_t nothing[16];

	memcpy(vmm->ram + PAGE, vmmcall, sizeof(vmmcall));
	vmm_fake.hypercall_msr = PAGE | 1;
	vmm_hypercall_patch(vmm); /* not from within an exit */
	patch(PAGE);              /* not enabled */
	patch(FAKE_RAM | 1);
	patch((FAKE_RAM - 4096) | 1); /* there, but no code of KVM's */
	patch(~0xfffull | 1);
	vmm_fake.fail_request = KVM_GET_MSRS;
	vmm_fake.fail_errno = EINVAL;
	patch(PAGE | 1);
	CU_ASSERT_EQUAL(memcmp(vmm->ram + PAGE, vmmcall, sizeof(vmmcall)), 0);
	CU_ASSERT_EQUAL(vmm->ram[PAGE + 4], 0);
	CU_ASSERT_EQUAL(memcmp(vmm->ram + FAKE_RAM - 4096, nothing, sizeof(nothing)), 0);
}

static CU_TestInfo tests[] = {
	{ "POST_MESSAGE: bounds", post_message },
	{ "other calls", other_calls },
	{ "RETARGET: masks and sparse sets", retargets },
	{ "RETARGET: what is none", retargets_that_are_none },
	{ "the page is patched once", patched_once },
	{ "the page is not patched", not_patched },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("vmm/hypercall", setup, vmm_fake_destroy, tests);
