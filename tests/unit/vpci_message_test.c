// SPDX-License-Identifier: BSD-3-Clause
/* Requests of a guest that is wrong, hostile, or slow to take its answers. */
#include "../../tools/lab/vpci/bus.h"
#include "vpci_fake.h"

#include <errno.h>
#include <string.h>

static void setup(void)
{
	fake_setup(VPCI_VERSION_1_4);
}

static const uint32_t known[] = {
	VPCI_QUERY_PROTOCOL_VERSION, VPCI_QUERY_BUS_RELATIONS, VPCI_QUERY_RESOURCE_REQUIREMENTS,
	VPCI_BUS_D0ENTRY, VPCI_BUS_D0EXIT, VPCI_READ_BLOCK, VPCI_WRITE_BLOCK,
	VPCI_EJECTION_COMPLETE, VPCI_RESOURCES_ASSIGNED, VPCI_RESOURCES_RELEASED,
	VPCI_CREATE_INTERRUPT, VPCI_DELETE_INTERRUPT, VPCI_RESOURCES_ASSIGNED2,
	VPCI_CREATE_INTERRUPT2, VPCI_CREATE_INTERRUPT3,
};
#define KNOWN (sizeof(known) / sizeof(known[0]))

static bool takes_four_bytes(uint32_t type)
{
	return type == VPCI_QUERY_BUS_RELATIONS || type == VPCI_BUS_D0EXIT;
}

static void short_messages_are_answered(void)
{
	fake_probe(VPCI_VERSION_1_4);
	for (size_t i = 0; i < KNOWN; i++)
		if (!takes_four_bytes(known[i]) && known[i] != VPCI_QUERY_PROTOCOL_VERSION &&
		    known[i] != VPCI_QUERY_RESOURCE_REQUIREMENTS &&
		    known[i] != VPCI_RESOURCES_RELEASED)
			CU_ASSERT_EQUAL(fake_status(&known[i], 4), VPCI_LENGTH_MISMATCH);
	CU_ASSERT_EQUAL(fake_status(NULL, 0), VPCI_NOT_SUPPORTED);
	CU_ASSERT_EQUAL(fake.bus->state, VPCI_D0);
}

static void unknown_messages_are_answered(void)
{
	static const uint32_t unknown[] = {
		0, UINT32_MAX, 0x42490004, 0x42490006, 0x4249000c, 0x42490018, 0x4249001a,
		0x4249001c, VPCI_BUS_RELATIONS, VPCI_BUS_RELATIONS2, VPCI_EJECT,
		VPCI_INVALIDATE_BLOCK,
	};
	static const enum vmbus_packet_type types[] = {
		VMBUS_PACKET_COMPLETION, VMBUS_PACKET_GPA_DIRECT, VMBUS_PACKET_TRANSFER_PAGES, 0,
	};
	uint32_t leave = VPCI_BUS_D0EXIT;
	uint8_t big[256] = { 0xff, 0xff, 0xff, 0xff };

	fake_probe(VPCI_VERSION_1_4);
	for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
		CU_ASSERT_EQUAL(fake_status(&unknown[i], 4), VPCI_NOT_SUPPORTED);
	CU_ASSERT_EQUAL(fake_status(big, sizeof(big)), VPCI_NOT_SUPPORTED);
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		fake_put(types[i], VMBUS_FLAG_COMPLETION_REQUESTED, 1, &leave, 4);
		fake_put(types[i], 0, 1, &leave, 4);
		fake_signal();
		CU_ASSERT_PTR_NOT_NULL(fake_take());
		CU_ASSERT_PTR_NULL(fake_take());
	}
	CU_ASSERT_EQUAL(fake.bus->state, VPCI_D0);
}

static void out_of_turn(void)
{
	for (size_t i = 0; i < KNOWN; i++) {
		uint32_t message[64];

		memset(message, 0, sizeof(message));
		message[0] = known[i];
		message[1] = FAKE_SLOT;
		fake_open();
		/* Before a version is agreed on. */
		if (known[i] != VPCI_QUERY_PROTOCOL_VERSION)
			CU_ASSERT_EQUAL(fake_status(message, sizeof(message)),
					VPCI_INVALID_DEVICE_STATE);
		fake_close();
	}
	CU_ASSERT_EQUAL(fake.resets, 0);
}

static void before_d0(void)
{
	static const uint32_t late[] = {
		VPCI_READ_BLOCK, VPCI_WRITE_BLOCK, VPCI_RESOURCES_ASSIGNED,
		VPCI_RESOURCES_ASSIGNED2, VPCI_CREATE_INTERRUPT, VPCI_CREATE_INTERRUPT2,
		VPCI_CREATE_INTERRUPT3, VPCI_DELETE_INTERRUPT,
	};
	struct vpci_version_request version = { VPCI_QUERY_PROTOCOL_VERSION, VPCI_VERSION_1_4 };
	uint8_t message[208] = { 0 };

	fake_open();
	CU_ASSERT_EQUAL(fake_status(&version, sizeof(version)), VPCI_SUCCESS);
	for (size_t i = 0; i < sizeof(late) / sizeof(late[0]); i++) {
		memcpy(message, &late[i], 4);
		CU_ASSERT_EQUAL(fake_status(message, sizeof(message)), VPCI_INVALID_DEVICE_STATE);
	}
	CU_ASSERT_EQUAL(vpci_invalidate_blocks(fake.bus, 1), -ENODEV);
}

static void a_version_in_d0_is_refused(void)
{
	struct vpci_version_request version = { VPCI_QUERY_PROTOCOL_VERSION, VPCI_VERSION_1_1 };

	fake_probe(VPCI_VERSION_1_4);
	CU_ASSERT_EQUAL(fake_status(&version, sizeof(version)), VPCI_INVALID_DEVICE_STATE);
	CU_ASSERT_EQUAL(fake.bus->version, VPCI_VERSION_1_4);
}

static void wrong_slots(void)
{
	static const uint32_t slot[] = { 0, 1, 3, 0x22, 0x100 | FAKE_SLOT, UINT32_MAX };
	uint32_t message[64] = { 0 };

	fake_probe(VPCI_VERSION_1_4);
	for (size_t i = 0; i < KNOWN; i++) {
		if (takes_four_bytes(known[i]) || known[i] == VPCI_QUERY_PROTOCOL_VERSION ||
		    known[i] == VPCI_BUS_D0ENTRY)
			continue;
		for (size_t s = 0; s < sizeof(slot) / sizeof(slot[0]); s++) {
			message[0] = known[i];
			message[1] = slot[s];
			message[2] = slot[s];
			CU_ASSERT_EQUAL(fake_status(message, sizeof(message)),
					VPCI_NO_SUCH_DEVICE);
		}
	}
}

static void impossible_windows(void)
{
	static const struct {
		uint64_t base;
		uint32_t status;
	} row[] = {
		{ FAKE_WINDOW + 1, VPCI_INVALID_PARAMETER },
		{ FAKE_WINDOW + 0x800, VPCI_INVALID_PARAMETER },
		{ UINT64_MAX - 0xfff, VPCI_INVALID_PARAMETER },
		{ UINT64_MAX, VPCI_INVALID_PARAMETER },
		{ 0, VPCI_CONFLICTING_ADDRESSES },
		{ FAKE_GUEST_RAM - 0x1000, VPCI_CONFLICTING_ADDRESSES },
		{ FAKE_WINDOW, VPCI_SUCCESS },
	};
	struct vpci_version_request version = { VPCI_QUERY_PROTOCOL_VERSION, VPCI_VERSION_1_4 };

	fake_open();
	CU_ASSERT_EQUAL(fake_status(&version, sizeof(version)), VPCI_SUCCESS);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct vpci_d0_entry in = { VPCI_BUS_D0ENTRY, 0, row[i].base };

		CU_ASSERT_EQUAL(fake_status(&in, sizeof(in)), row[i].status);
		CU_ASSERT_EQUAL(fake.d0s, row[i].status == VPCI_SUCCESS);
		CU_ASSERT_EQUAL(fake_places(), row[i].status == VPCI_SUCCESS);
	}
}

static void impossible_interrupts(void)
{
	static const struct vpci_create_interrupt good1 = {
		{ VPCI_CREATE_INTERRUPT, FAKE_SLOT }, 0x31, 0, 1, 0, 1,
	};
	static const struct vpci_create_interrupt2 good2 = {
		{ VPCI_CREATE_INTERRUPT2, FAKE_SLOT }, 0x31, 0, 1, 1, { 0 },
	};
	static const struct {
		uint32_t vector;
		uint8_t mode;
		uint16_t vectors, processors, vp;
		uint32_t status;
	} row[] = {
		{ 0x31, 0, 1, 1, 0, VPCI_SUCCESS },
		{ 0x31, 1, 1, 32, 255, VPCI_SUCCESS },
		{ 0x10, 0, 1, 1, 0, VPCI_SUCCESS },
		{ 0xff, 0, 1, 1, 0, VPCI_SUCCESS },
		{ 0x0f, 0, 1, 1, 0, VPCI_INVALID_PARAMETER },
		{ 0, 0, 1, 1, 0, VPCI_INVALID_PARAMETER },
		{ 0x100, 0, 1, 1, 0, VPCI_INVALID_PARAMETER },
		{ UINT32_MAX, 0, 1, 1, 0, VPCI_INVALID_PARAMETER },
		{ 0x31, 4, 1, 1, 0, VPCI_INVALID_PARAMETER },
		{ 0x31, 0, 0, 1, 0, VPCI_INVALID_PARAMETER },
		{ 0x31, 0, 2, 1, 0, VPCI_INVALID_PARAMETER },
		{ 0x31, 0, 1, 0, 0, VPCI_INVALID_PARAMETER },
		{ 0x31, 0, 1, 33, 0, VPCI_INVALID_PARAMETER },
		{ 0x31, 0, 1, 0xffff, 0, VPCI_INVALID_PARAMETER },
		{ 0x31, 0, 1, 1, 256, VPCI_INVALID_PARAMETER },
	};
	struct vpci_create_interrupt one = good1;
	struct vpci_create_interrupt2 two = good2;

	fake_probe(VPCI_VERSION_1_4);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct vpci_create_interrupt3 in = {
			{ VPCI_CREATE_INTERRUPT3, FAKE_SLOT }, row[i].vector, row[i].mode, 0,
			row[i].vectors, row[i].processors, { row[i].vp },
		};

		CU_ASSERT_EQUAL(fake_status(&in, sizeof(in)), row[i].status);
	}
	CU_ASSERT_EQUAL(fake_status(&one, sizeof(one)), VPCI_SUCCESS);
	one.processor_mask = 0;
	CU_ASSERT_EQUAL(fake_status(&one, sizeof(one)), VPCI_INVALID_PARAMETER);
	CU_ASSERT_EQUAL(fake_status(&two, sizeof(two)), VPCI_SUCCESS);
	two.processors = 33;
	CU_ASSERT_EQUAL(fake_status(&two, sizeof(two)), VPCI_INVALID_PARAMETER);
	two.processors = 0;
	CU_ASSERT_EQUAL(fake_status(&two, sizeof(two)), VPCI_INVALID_PARAMETER);
}

static void blocks(void)
{
	struct {
		struct vpci_block_request head;
		uint8_t bytes[132]; /* Linux adds four bytes for the sake of old hosts */
	} in = { { VPCI_WRITE_BLOCK, 5, FAKE_SLOT, 128 }, { 1, 2, 3 } };
	const struct fake_packet *p;

	fake_probe(VPCI_VERSION_1_4);
	CU_ASSERT_EQUAL(fake_status(&in, sizeof(in)), VPCI_SUCCESS);
	CU_ASSERT_EQUAL(fake.last_block, 5);
	CU_ASSERT_EQUAL(fake.block_len, 128);
	in.head = (struct vpci_block_request){ VPCI_READ_BLOCK, 6, FAKE_SLOT, 128 };
	p = fake_request(&in.head, sizeof(in.head));
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->len, 132);
	CU_ASSERT_EQUAL(memcmp(p->payload, "\0\0\0\0\1\2\3\0", 8), 0);
	CU_ASSERT_EQUAL(fake.last_block, 6);
	in.head.bytes = 1;
	p = fake_request(&in.head, sizeof(in.head));
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->len, 8);
	CU_ASSERT_EQUAL(p->payload[4], 1);
	CU_ASSERT_EQUAL(p->payload[5], 0);
}

static void impossible_blocks(void)
{
	static const struct {
		uint32_t type, bytes;
		size_t len;
		int error;
		uint32_t status;
	} row[] = {
		{ VPCI_READ_BLOCK, 0, 16, 0, VPCI_INVALID_PARAMETER },
		{ VPCI_READ_BLOCK, 129, 16, 0, VPCI_INVALID_PARAMETER },
		{ VPCI_READ_BLOCK, UINT32_MAX, 16, 0, VPCI_INVALID_PARAMETER },
		{ VPCI_READ_BLOCK, 128, 16, -EINVAL, VPCI_INVALID_PARAMETER },
		{ VPCI_READ_BLOCK, 128, 16, -EIO, VPCI_UNSUCCESSFUL },
		{ VPCI_WRITE_BLOCK, 0, 144, 0, VPCI_INVALID_PARAMETER },
		{ VPCI_WRITE_BLOCK, 129, 152, 0, VPCI_INVALID_PARAMETER },
		{ VPCI_WRITE_BLOCK, 128, 136, 0, VPCI_INVALID_PARAMETER },
		{ VPCI_WRITE_BLOCK, 1, 16, 0, VPCI_INVALID_PARAMETER },
		{ VPCI_WRITE_BLOCK, UINT32_MAX, 144, 0, VPCI_INVALID_PARAMETER },
		{ VPCI_WRITE_BLOCK, 8, 24, -ENOTSUP, VPCI_NOT_SUPPORTED },
	};
	struct pci_function_ops without = *fake.function.ops;
	struct {
		struct vpci_block_request head;
		uint8_t bytes[136];
	} in = { .head.slot = FAKE_SLOT };

	fake_probe(VPCI_VERSION_1_4);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		in.head.type = row[i].type;
		in.head.bytes = row[i].bytes;
		fake.block_error = row[i].error;
		CU_ASSERT_EQUAL(fake_status(&in, row[i].len), row[i].status);
	}
	without.block_read = NULL;
	without.block_write = NULL;
	fake.function.ops = &without;
	in.head.bytes = 8;
	CU_ASSERT_EQUAL(fake_status(&in, 24), VPCI_NOT_SUPPORTED);
	in.head.type = VPCI_READ_BLOCK;
	CU_ASSERT_EQUAL(fake_status(&in, 16), VPCI_NOT_SUPPORTED);
}

static void invalidated_blocks(void)
{
	struct vpci_invalidate_block expected = { { VPCI_INVALIDATE_BLOCK, FAKE_SLOT }, 1 };
	const struct fake_packet *p;

	fake_probe(VPCI_VERSION_1_4);
	CU_ASSERT_EQUAL(vpci_invalidate_blocks(fake.bus, 1), 0);
	p = fake_take();
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	CU_ASSERT_EQUAL(p->type, VMBUS_PACKET_INBAND);
	CU_ASSERT_EQUAL(p->len, 16);
	CU_ASSERT_EQUAL(memcmp(p->payload, &expected, 16), 0);
	/* Without room they are gathered. */
	fake.room = 0;
	CU_ASSERT_EQUAL(vpci_invalidate_blocks(fake.bus, 2), 0);
	CU_ASSERT_EQUAL(vpci_invalidate_blocks(fake.bus, 1ull << 63), 0);
	fake.room = 32;
	fake_signal();
	p = fake_take();
	CU_ASSERT_PTR_NOT_NULL_FATAL(p);
	expected.mask = 1ull << 63 | 2;
	CU_ASSERT_EQUAL(memcmp(p->payload, &expected, 16), 0);
	CU_ASSERT_PTR_NULL(fake_take());
}

static void a_full_ring_loses_no_answer(void)
{
	struct vpci_child_message in = { VPCI_QUERY_RESOURCE_REQUIREMENTS, FAKE_SLOT };
	uint32_t query = VPCI_QUERY_BUS_RELATIONS;
	uint64_t answers = 0, notices = 0;

	fake_probe(VPCI_VERSION_1_4);
	fake.room = 0;
	for (uint64_t i = 1; i <= 5; i++)
		fake_put(VMBUS_PACKET_INBAND, VMBUS_FLAG_COMPLETION_REQUESTED, 100 + i, &in,
			 sizeof(in));
	fake_put(VMBUS_PACKET_INBAND, 0, 0, &query, sizeof(query));
	fake_signal();
	/* One is worked on, the others still wait in the guest's ring. */
	CU_ASSERT_EQUAL(fake.in_tail - fake.in_head, 5);
	CU_ASSERT_PTR_NOT_NULL(lab_pending_oldest(&fake.pending));
	CU_ASSERT_EQUAL(vpci_eject(fake.bus), 0);
	/* Room for one packet at a time, many times over: each is sent once. */
	for (unsigned int i = 0; i < 20; i++) {
		const struct fake_packet *p;

		fake.room = 1;
		fake_signal();
		p = fake_take();
		fake.room = 0;
		if (p == NULL)
			continue;
		if (p->type == VMBUS_PACKET_INBAND) {
			notices++;
			continue;
		}
		answers++;
		CU_ASSERT_EQUAL(p->transaction, 100 + answers);
	}
	CU_ASSERT_EQUAL(answers, 5);
	CU_ASSERT_EQUAL(notices, 2); /* eject and relations */
	CU_ASSERT_EQUAL(fake.in_tail, fake.in_head);
	fake_put(VMBUS_PACKET_INBAND, VMBUS_FLAG_COMPLETION_REQUESTED, 1, &in, sizeof(in));
	fake_signal();
	/* Closed with an answer held: nothing of it may reach the next opening. */
	fake_close();
	fake.room = 32;
	CU_ASSERT_PTR_NULL(lab_pending_oldest(&fake.pending));
}

static void an_eject_that_waits_for_room_cannot_be_complete(void)
{
	struct vpci_ejection_complete done = { { VPCI_EJECTION_COMPLETE, FAKE_SLOT }, 0 };

	fake_probe(VPCI_VERSION_1_4);
	fake.room = 0;
	CU_ASSERT_EQUAL(vpci_eject(fake.bus), 0);
	fake_tell(&done, sizeof(done));
	CU_ASSERT_EQUAL(fake.ejecteds, 0);
	fake.room = 32;
	fake_signal();
	CU_ASSERT_PTR_NOT_NULL(fake_take());
	/* With a failure status, and with an answer wanted, it still counts. */
	done.status = VPCI_UNSUCCESSFUL;
	CU_ASSERT_EQUAL(fake_status(&done, sizeof(done)), VPCI_SUCCESS);
	CU_ASSERT_EQUAL(fake.ejecteds, 1);
}

/* Any bytes at all, under every version: always answered, and the sanitizers have no complaint. */
static void noise(void)
{
	uint32_t seed = 12345;

	for (unsigned int round = 0; round < 4000; round++) {
		uint8_t bytes[240];
		size_t len;

		if (fake.bus->state == VPCI_OFFERED)
			fake_probe(VPCI_VERSION_1_1 + round % 4);
		if (round % 7 == 0)
			fake_map();
		for (size_t i = 0; i < sizeof(bytes); i++) {
			seed = seed * 1664525 + 1013904223;
			bytes[i] = seed >> 24 & (round % 3 == 0 ? 0xff : 0x03);
		}
		len = seed >> 8 & 0xff;
		len = len < sizeof(bytes) ? len : sizeof(bytes);
		memcpy(bytes, &known[round % KNOWN], 4);
		if (round % 2 == 0)
			bytes[4] = FAKE_SLOT;
		fake_put(VMBUS_PACKET_INBAND, VMBUS_FLAG_COMPLETION_REQUESTED, round, bytes, len);
		fake_signal();
		CU_ASSERT_PTR_NOT_NULL(fake_take());
		while (fake_take() != NULL)
			;
		if (round % 50 == 0)
			fake_close();
	}
	if (fake.channel != NULL && fake.bus->state != VPCI_OFFERED)
		fake_close();
}

static CU_TestInfo tests[] = {
	{ "short messages are answered", short_messages_are_answered },
	{ "unknown messages are answered", unknown_messages_are_answered },
	{ "out of turn", out_of_turn },
	{ "before D0", before_d0 },
	{ "a version in D0 is refused", a_version_in_d0_is_refused },
	{ "wrong slots", wrong_slots },
	{ "impossible windows", impossible_windows },
	{ "impossible interrupts", impossible_interrupts },
	{ "blocks", blocks },
	{ "impossible blocks", impossible_blocks },
	{ "invalidated blocks", invalidated_blocks },
	{ "a full ring loses no answer", a_full_ring_loses_no_answer },
	{ "an eject that waits for room cannot be complete",
	  an_eject_that_waits_for_room_cannot_be_complete },
	{ "noise", noise },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("vpci/message", setup, fake_teardown, tests);
