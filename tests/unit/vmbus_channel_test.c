// SPDX-License-Identifier: BSD-3-Clause
#include "vmbus_guest.h"

static struct vmbus_channel *ch;
static struct ring_header *const from_guest = (struct ring_header *)guest.ram[8];
static struct ring_header *const to_guest = (struct ring_header *)guest.ram[12];

#define RING_BYTES (3 * LAB_PAGE_SIZE)

static void setup_version(uint32_t version)
{
	guest_start();
	guest_offer(1, 0, &ch);
	guest_connect(version);
}

static void setup(void)
{
	setup_version(VMBUS_VERSION_V5_3);
}

static void opening(void)
{
	static const struct {
		uint32_t handle, vp, downstream;
		int device;
		bool opens;
	} row[] = {
		{ 5, 0, 4, 0, true },
		{ 5, 3, 2, 0, true },
		{ 5, 0, 6, 0, true },
		{ 5, 0, 4, -ENOMEM, false },
		{ 5, GUEST_VPS, 4, 0, false },
		{ 5, UINT32_MAX, 4, 0, false },
		{ 5, 0, 0, 0, false },
		{ 5, 0, 1, 0, false }, /* a header and no data */
		{ 5, 0, 7, 0, false },
		{ 5, 0, 8, 0, false },
		{ 5, 0, 9, 0, false },
		{ 5, 0, UINT32_MAX, 0, false },
		{ 4, 0, 4, 0, false }, /* no such GPADL */
		{ 0, 0, 4, 0, false },
		{ 6, 0, 1, 0, false }, /* of three pages */
		{ 6, 0, 2, 0, false },
		{ 7, 0, 4, 0, false }, /* its last page is no memory */
	};

	CU_ASSERT(guest_gpadl(1, 5, 8, 8));
	CU_ASSERT(guest_gpadl(1, 6, 8, 3));
	CU_ASSERT(guest_gpadl(1, 7, GUEST_PAGES - 7, 8));
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint32_t status;

		guest.open_result = row[i].device;
		status = guest_open_at(1, row[i].handle, row[i].vp, row[i].downstream);
		CU_ASSERT_EQUAL(status == 0, row[i].opens);
		CU_ASSERT_EQUAL(vmbus_channel_is_open(ch), row[i].opens);
		if (!row[i].opens)
			continue;
		CU_ASSERT_EQUAL(vmbus_channel_vp(ch), row[i].vp);
		CU_ASSERT_STRING_EQUAL((const char *)vmbus_channel_userdata(ch), "user");
		CU_ASSERT_NOT_EQUAL(guest_open_at(1, 5, 0, 4), 0); /* it is open */
		guest_send(VMBUS_MSG_CLOSE, 1);
		CU_ASSERT_FALSE(vmbus_channel_is_open(ch));
	}
	CU_ASSERT_EQUAL(guest.closed, 3);
	CU_ASSERT_EQUAL(guest.opened, 4);
}

static void a_ring_gpadl_with_an_offset(void)
{
	struct vmbus_msg_gpadl_header msg = {
		{ .type = VMBUS_MSG_GPADL_HEADER }, 1, 5, 8 + 9 * 8, 1, 8 * LAB_PAGE_SIZE, 8,
		{ 8, 9, 10, 11, 12, 13, 14, 15, 16 },
	};

	guest_post(&msg, offsetof(struct vmbus_msg_gpadl_header, pfn) + 9 * 8);
	CU_ASSERT_PTR_NOT_NULL(vmbus_gpadl_find(ch, 5));
	CU_ASSERT_NOT_EQUAL(guest_open_at(1, 5, 0, 4), 0);
}

static void modify(void)
{
	static const struct {
		uint32_t version;
		bool moves, answers;
	} row[] = {
		{ VMBUS_VERSION_V4_0, false, false },
		{ VMBUS_VERSION_V4_1, true, false },
		{ VMBUS_VERSION_V5_2, true, false },
		{ VMBUS_VERSION_V5_3, true, true },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct vmbus_msg_modify msg = { { .type = VMBUS_MSG_MODIFY }, 1, 3 };
		const struct vmbus_msg_modify_response *answer;

		guest_stop();
		setup_version(row[i].version);
		guest_open(ch, 8);
		guest_post(&msg, sizeof(msg));
		CU_ASSERT_EQUAL(vmbus_channel_vp(ch), row[i].moves ? 3 : 2);
		answer = guest_got(VMBUS_MSG_MODIFY_RESPONSE);
		CU_ASSERT_EQUAL(answer != NULL, row[i].answers);
		if (answer != NULL)
			CU_ASSERT(answer->relid == 1 && answer->status == 0);
		CU_ASSERT_EQUAL(vmbus_channel_send(ch, VMBUS_PACKET_INBAND, 0, 0, NULL, 0, "", 1),
				0);
		CU_ASSERT_EQUAL(guest.event_vp, vmbus_channel_vp(ch));

		msg.target_vp = GUEST_VPS;
		guest_post(&msg, sizeof(msg));
		CU_ASSERT(vmbus_channel_vp(ch) < GUEST_VPS);
		answer = guest_got(VMBUS_MSG_MODIFY_RESPONSE);
		CU_ASSERT_EQUAL(answer != NULL && answer->status != 0, row[i].answers);
	}
}

static void events(void)
{
	struct vmbus_channel *other;

	CU_ASSERT_EQUAL(guest_offer(2, 0, &other), 0);
	guest_open(ch, 8);
	CU_ASSERT_EQUAL(vmbus_signal_event(guest.bus, VMBUS_CONNECTION_CHANNEL(1)), 0);
	CU_ASSERT_EQUAL(guest.signalled, 1);
	/* closed; unknown; no connection of ours */
	CU_ASSERT_EQUAL(vmbus_signal_event(guest.bus, VMBUS_CONNECTION_CHANNEL(2)), 0);
	CU_ASSERT_EQUAL(vmbus_signal_event(guest.bus, VMBUS_CONNECTION_CHANNEL(3)),
			HV_STATUS_INVALID_CONNECTION_ID);
	CU_ASSERT_EQUAL(vmbus_signal_event(guest.bus, VMBUS_CONNECTION_CHANNEL(0)),
			HV_STATUS_INVALID_CONNECTION_ID);
	CU_ASSERT_EQUAL(vmbus_signal_event(guest.bus, 1), HV_STATUS_INVALID_CONNECTION_ID);
	CU_ASSERT_EQUAL(vmbus_signal_event(guest.bus, UINT32_MAX),
			HV_STATUS_INVALID_CONNECTION_ID);
	CU_ASSERT_EQUAL(vmbus_signal_event(guest.bus, VMBUS_CONNECTION_CHANNEL(1) + 2048),
			HV_STATUS_INVALID_CONNECTION_ID);
	CU_ASSERT_EQUAL(guest.signalled, 1);
}

static void receive(void)
{
	static const struct {
		struct ring_descriptor descriptor;
		uint8_t body[24], trailer[8];
	} wire = {
		{ VMBUS_PACKET_GPA_DIRECT, 3, 5, VMBUS_FLAG_COMPLETION_REQUESTED, 0x1122334455 },
		"extended" "payload of 16 by", { 0 },
	};
	struct vmbus_packet packet;

	guest_open(ch, 8);
	CU_ASSERT_EQUAL(vmbus_channel_receive(ch, &packet), 0);
	memcpy(guest.ram[9], &wire, sizeof(wire));
	from_guest->write_index = 48;
	CU_ASSERT_EQUAL(vmbus_channel_receive(ch, &packet), 1);
	CU_ASSERT_EQUAL(packet.type, VMBUS_PACKET_GPA_DIRECT);
	CU_ASSERT_EQUAL(packet.flags, VMBUS_FLAG_COMPLETION_REQUESTED);
	CU_ASSERT_EQUAL(packet.transaction, 0x1122334455);
	CU_ASSERT(packet.extension_len == 8 && memcmp(packet.extension, "extended", 8) == 0);
	CU_ASSERT(packet.len == 16 && memcmp(packet.payload, "payload of 16 by", 16) == 0);
	CU_ASSERT_EQUAL(from_guest->read_index, 48);
	CU_ASSERT_EQUAL(guest.events, 0);
	CU_ASSERT_EQUAL(vmbus_channel_receive(ch, &packet), 0);
}

static void receive_makes_room(void)
{
	struct ring_descriptor descriptor = { VMBUS_PACKET_INBAND, 2, 2, 0, 0 };
	struct vmbus_packet packet;

	guest_open(ch, 8);
	memcpy(guest.ram[9], &descriptor, sizeof(descriptor));
	from_guest->features = RING_FEATURE_PENDING_SEND;
	from_guest->write_index = RING_BYTES - 8;
	from_guest->pending_send = 24;
	CU_ASSERT_EQUAL(vmbus_channel_receive(ch, &packet), 1);
	CU_ASSERT_EQUAL(guest.events, 1);
	CU_ASSERT_EQUAL(guest.event_vp, 2);
	CU_ASSERT_EQUAL(guest.event_relid, 1);
}

static void a_lying_ring_stops(void)
{
	struct vmbus_packet packet;
	uint64_t before = vmbus_guest_errors(guest.bus);

	guest_open(ch, 8);
	from_guest->write_index = RING_BYTES;
	CU_ASSERT_EQUAL(vmbus_channel_receive(ch, &packet), -EPROTO);
	from_guest->write_index = 0;
	CU_ASSERT_EQUAL(vmbus_channel_receive(ch, &packet), -EPROTO);
	CU_ASSERT_EQUAL(vmbus_channel_send(ch, VMBUS_PACKET_INBAND, 0, 0, NULL, 0, "", 1),
			-ENOTCONN);
	CU_ASSERT_FALSE(vmbus_channel_set_polling(ch, false));
	CU_ASSERT_EQUAL(vmbus_signal_event(guest.bus, VMBUS_CONNECTION_CHANNEL(1)), 0);
	CU_ASSERT_EQUAL(guest.signalled, 0);
	CU_ASSERT_EQUAL(vmbus_guest_errors(guest.bus), before + 1);

	guest_send(VMBUS_MSG_CLOSE, 1);
	CU_ASSERT_EQUAL(guest.closed, 1);
	CU_ASSERT_EQUAL(guest_open_at(1, 101, 2, 4), 0);
	CU_ASSERT_EQUAL(vmbus_channel_receive(ch, &packet), 0);

	to_guest->read_index = 3;
	CU_ASSERT_EQUAL(vmbus_channel_send(ch, VMBUS_PACKET_INBAND, 0, 0, NULL, 0, "", 1),
			-ENOTCONN);
	CU_ASSERT_EQUAL(vmbus_channel_receive(ch, &packet), -EPROTO);
}

/* Nothing is written to pages the guest has taken back. */
static void ring_torn_down_while_open(void)
{
	struct vmbus_packet packet;

	guest_open(ch, 8);
	CU_ASSERT(guest_teardown(1, 101));
	CU_ASSERT_EQUAL(vmbus_channel_send(ch, VMBUS_PACKET_INBAND, 0, 0, NULL, 0, "", 1),
			-ENOTCONN);
	CU_ASSERT_EQUAL(vmbus_channel_receive(ch, &packet), -EPROTO);
	CU_ASSERT_EQUAL(to_guest->write_index, 0);
	guest_send(VMBUS_MSG_CLOSE, 1);
	CU_ASSERT_EQUAL(guest.closed, 1);
}

static void send(void)
{
	static const uint8_t extension[8] = "extended";
	struct ring_descriptor descriptor;

	guest_open(ch, 8);
	CU_ASSERT_EQUAL(vmbus_channel_send(ch, VMBUS_PACKET_TRANSFER_PAGES, 1, 0xabcdef, extension,
					   8, "12345", 5), 0);
	memcpy(&descriptor, guest.ram[13], sizeof(descriptor));
	CU_ASSERT_EQUAL(descriptor.type, VMBUS_PACKET_TRANSFER_PAGES);
	CU_ASSERT_EQUAL(descriptor.offset8, 3);
	CU_ASSERT_EQUAL(descriptor.length8, 4);
	CU_ASSERT_EQUAL(descriptor.flags, 1);
	CU_ASSERT_EQUAL(descriptor.transaction, 0xabcdef);
	CU_ASSERT_EQUAL(memcmp(guest.ram[13] + 16, "extended12345\0\0", 16), 0);
	CU_ASSERT_EQUAL(to_guest->write_index, 40);
	CU_ASSERT_EQUAL(guest.events, 1);
	CU_ASSERT_EQUAL(guest.event_vp, 2);
	CU_ASSERT_EQUAL(guest.event_relid, 1);
	CU_ASSERT_EQUAL(vmbus_channel_send(ch, VMBUS_PACKET_COMPLETION, 0, 0, NULL, 0, NULL, 0),
			0);
	CU_ASSERT_EQUAL(guest.events, 1);
	CU_ASSERT_EQUAL(to_guest->write_index, 64);
}

static void send_what_lies(void)
{
	struct ring_descriptor d = { .type = VMBUS_PACKET_INBAND, .offset8 = 99, .length8 = 98 };
	uint8_t packet[32] = { 0 };

	CU_ASSERT_EQUAL(vmbus_channel_send_raw(ch, packet, sizeof(packet)), -ENOTCONN);
	guest_open(ch, 8);
	CU_ASSERT_EQUAL(vmbus_channel_send_raw(ch, packet, 8), -EMSGSIZE);
	CU_ASSERT_EQUAL(vmbus_channel_send_raw(ch, packet, 20), -EMSGSIZE);
	CU_ASSERT_EQUAL(vmbus_channel_send_raw(ch, packet, 8u << 20), -EMSGSIZE);
	memcpy(packet, &d, sizeof(d));
	CU_ASSERT_EQUAL(vmbus_channel_send_raw(ch, packet, sizeof(packet)), 0);
	CU_ASSERT_EQUAL(guest.events, 1);
	CU_ASSERT_EQUAL(memcmp(guest.ram[13], packet, sizeof(packet)), 0);
}

static void sizes(void)
{
	static const struct {
		size_t extension, len;
		int result;
	} row[] = {
		{ 0, 4096 - 16, 0 },
		{ 0, 4096 - 16 + 1, -EMSGSIZE },
		{ 8, 4096 - 24, 0 },
		{ 8, 4096 - 16, -EMSGSIZE },
		{ 4, 8, -EMSGSIZE }, /* not a multiple of 8 */
		{ 0, SIZE_MAX, -EMSGSIZE },
		{ 0, SIZE_MAX - 15, -EMSGSIZE },
		{ SIZE_MAX - 7, 8, -EMSGSIZE },
		{ 1u << 31, 1u << 31, -EMSGSIZE },
	};
	static const uint8_t bytes[8192];

	guest_open(ch, 8);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		to_guest->read_index = to_guest->write_index;
		CU_ASSERT_EQUAL(vmbus_channel_send(ch, VMBUS_PACKET_INBAND, 0, 0, bytes,
						   row[i].extension, bytes, row[i].len),
				row[i].result);
	}
	CU_ASSERT_FALSE(vmbus_channel_has_room(ch, 4096 - 15));
	CU_ASSERT_EQUAL(to_guest->pending_send, 0); /* that will never fit */
}

static void waiting_for_room(void)
{
	static const uint8_t bytes[4000];
	unsigned int sent = 0;

	guest_open(ch, 8);
	while (vmbus_channel_send(ch, VMBUS_PACKET_INBAND, 0, 0, NULL, 0, bytes, 4000) == 0)
		sent++;
	CU_ASSERT_EQUAL(sent, 3);
	CU_ASSERT_EQUAL(to_guest->pending_send, 4024);
	CU_ASSERT(vmbus_channel_has_room(ch, 16));
	CU_ASSERT_FALSE(vmbus_channel_has_room(ch, 4000));
	CU_ASSERT_EQUAL(to_guest->pending_send, 4024);
	to_guest->read_index = 4024;
	CU_ASSERT_EQUAL(vmbus_signal_event(guest.bus, VMBUS_CONNECTION_CHANNEL(1)), 0);
	CU_ASSERT_EQUAL(to_guest->pending_send, 0);
	CU_ASSERT(vmbus_channel_has_room(ch, 4000));
}

static void polling(void)
{
	guest_open(ch, 8);
	CU_ASSERT_FALSE(vmbus_channel_set_polling(ch, true));
	CU_ASSERT_EQUAL(from_guest->interrupt_mask, 1);
	from_guest->write_index = 24;
	CU_ASSERT(vmbus_channel_set_polling(ch, false));
	CU_ASSERT_EQUAL(from_guest->interrupt_mask, 0);
}

static CU_TestInfo tests[] = {
	{ "opening", opening },
	{ "a ring GPADL with an offset", a_ring_gpadl_with_an_offset },
	{ "MODIFYCHANNEL by version", modify },
	{ "events", events },
	{ "receive", receive },
	{ "receive makes room", receive_makes_room },
	{ "a lying ring stops", a_lying_ring_stops },
	{ "ring torn down while open", ring_torn_down_while_open },
	{ "send", send },
	{ "a packet that lies", send_what_lies },
	{ "packet sizes", sizes },
	{ "waiting for room", waiting_for_room },
	{ "polling", polling },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("vmbus/channel", setup, guest_stop, tests);
