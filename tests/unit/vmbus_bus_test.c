// SPDX-License-Identifier: BSD-3-Clause
#include "vmbus_guest.h"

static void versions(void)
{
	static const struct {
		uint32_t max, asked;
		bool supported;
	} row[] = {
		{ VMBUS_VERSION_V5_3, VMBUS_VERSION_V5_3, true },
		{ VMBUS_VERSION_V5_3, VMBUS_VERSION_V5_0, true },
		{ VMBUS_VERSION_V5_3, VMBUS_VERSION_V2_4, true },
		{ VMBUS_VERSION_V5_3, VMBUS_VERSION(6, 0), false },
		{ VMBUS_VERSION_V5_3, VMBUS_VERSION(5, 4), false },
		{ VMBUS_VERSION_V5_3, VMBUS_VERSION(4, 2), false },
		{ VMBUS_VERSION_V5_3, VMBUS_VERSION(1, 1), false }, /* Windows 7 */
		{ VMBUS_VERSION_V5_3, VMBUS_VERSION(0, 13), false }, /* Server 2008 */
		{ VMBUS_VERSION_V5_3, 0, false },
		{ VMBUS_VERSION_V5_3, UINT32_MAX, false },
		{ VMBUS_VERSION_V5_1, VMBUS_VERSION_V5_2, false },
		{ VMBUS_VERSION_V5_1, VMBUS_VERSION_V5_1, true },
		{ VMBUS_VERSION_V4_1, VMBUS_VERSION_V5_0, false },
		{ VMBUS_VERSION_V4_1, VMBUS_VERSION_V4_1, true },
		{ VMBUS_VERSION_V2_4, VMBUS_VERSION_V3_0, false },
		{ VMBUS_VERSION_V2_4, VMBUS_VERSION_V2_4, true },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		guest_stop();
		guest_start_max(row[i].max);
		CU_ASSERT_EQUAL(guest_contact(row[i].asked), row[i].supported);
		CU_ASSERT_EQUAL(vmbus_version(guest.bus), row[i].supported ? row[i].asked : 0);
	}
}

/* Linux's walk down the versions, on a host that ends at 4.0. */
static void fallback(void)
{
	static const uint32_t linux_asks[] = {
		VMBUS_VERSION_V5_3, VMBUS_VERSION_V5_2, VMBUS_VERSION_V5_1, VMBUS_VERSION_V5_0,
		VMBUS_VERSION_V4_1, VMBUS_VERSION_V4_0,
	};

	guest_stop();
	guest_start_max(VMBUS_VERSION_V4_0);
	for (size_t i = 0; i < sizeof(linux_asks) / sizeof(linux_asks[0]); i++) {
		bool supported = guest_contact(linux_asks[i]);

		CU_ASSERT_EQUAL(supported, linux_asks[i] == VMBUS_VERSION_V4_0);
		/* No port 4 below 5.0; on port 1 the refusal is an answer. */
		CU_ASSERT_EQUAL(guest_count(VMBUS_MSG_VERSION_RESPONSE),
				linux_asks[i] < VMBUS_VERSION_V5_0);
	}
	CU_ASSERT_EQUAL(vmbus_version(guest.bus), VMBUS_VERSION_V4_0);
	CU_ASSERT_EQUAL(vmbus_guest_errors(guest.bus), 0);
}

static void version_answer(void)
{
	const struct vmbus_msg_version *answer;

	CU_ASSERT(guest_contact(VMBUS_VERSION_V5_3));
	answer = guest_got(VMBUS_MSG_VERSION_RESPONSE);
	CU_ASSERT_EQUAL(answer->connection, 4);
	CU_ASSERT_EQUAL(answer->connection_state, 0);
	CU_ASSERT_EQUAL(guest.log[0].len, 16);
	CU_ASSERT_EQUAL(guest.log[0].vp, 1);
}

static void contact_flaws(void)
{
	static const struct {
		uint32_t version, connection, vp;
		uint8_t sint;
		bool supported;
	} row[] = {
		{ VMBUS_VERSION_V5_3, 4, 0, 2, true },
		{ VMBUS_VERSION_V5_3, 1, 0, 2, false },
		{ VMBUS_VERSION_V5_3, 4, 0, 3, false },
		{ VMBUS_VERSION_V5_3, 4, GUEST_VPS, 2, false },
		{ VMBUS_VERSION_V5_3, 4, UINT32_MAX, 2, false },
		{ VMBUS_VERSION_V4_1, 4, 0, 2, false },
		{ VMBUS_VERSION_V4_1, 1, 0, 0xab, true }, /* the interrupt page's address */
		{ VMBUS_VERSION_V4_1, 1, GUEST_VPS - 1, 0, true },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct vmbus_msg_contact msg = {
			{ .type = VMBUS_MSG_INITIATE_CONTACT }, row[i].version, row[i].vp,
			row[i].sint, 0, { 0 }, { 0 },
		};
		const struct vmbus_msg_version *answer;

		guest.logged = 0;
		guest.connection = row[i].connection;
		CU_ASSERT_EQUAL(guest_post(&msg, sizeof(msg)), HV_STATUS_SUCCESS);
		answer = guest_got(VMBUS_MSG_VERSION_RESPONSE);
		CU_ASSERT_PTR_NOT_NULL_FATAL(answer);
		CU_ASSERT_EQUAL(answer->supported, row[i].supported);
		CU_ASSERT(guest.log[0].vp < GUEST_VPS);
	}
}

static void offers_come_when_asked_for(void)
{
	struct vmbus_channel *a, *b, *late;
	const struct vmbus_msg_offer *offer;

	CU_ASSERT_EQUAL(guest_offer(1, 0, &a), 0);
	CU_ASSERT(guest_contact(VMBUS_VERSION_V5_3));
	CU_ASSERT_EQUAL(guest_offer(2, 0, &b), 0);
	CU_ASSERT_EQUAL(guest_count(VMBUS_MSG_OFFERCHANNEL), 0);
	guest_send(VMBUS_MSG_REQUESTOFFERS, 0);
	CU_ASSERT_EQUAL(guest_count(VMBUS_MSG_OFFERCHANNEL), 2);
	CU_ASSERT_EQUAL(guest.log[guest.logged - 1].type, VMBUS_MSG_ALLOFFERS);
	CU_ASSERT_EQUAL(guest_offer(3, 0, &late), 0);
	CU_ASSERT_EQUAL(guest_count(VMBUS_MSG_OFFERCHANNEL), 3);
	CU_ASSERT_EQUAL(guest.log[guest.logged - 1].len, 196);

	offer = guest_got(VMBUS_MSG_OFFERCHANNEL);
	CU_ASSERT_EQUAL(offer->instance.b[0], 3);
	CU_ASSERT_EQUAL(offer->relid, vmbus_channel_relid(late));
	CU_ASSERT_EQUAL(offer->monitor_allocated, 0);
	CU_ASSERT_EQUAL(offer->dedicated_interrupt, 1);
	CU_ASSERT(offer->connection > 4 && offer->connection < 1u << 24);

	guest_send(VMBUS_MSG_REQUESTOFFERS, 0);
	CU_ASSERT_EQUAL(guest_count(VMBUS_MSG_OFFERCHANNEL), 3);
	CU_ASSERT_EQUAL(vmbus_guest_errors(guest.bus), 1);
}

static void unload(void)
{
	struct vmbus_channel *ch;

	CU_ASSERT_EQUAL(guest_offer(1, 0, &ch), 0);
	guest_connect(VMBUS_VERSION_V5_3);
	guest_open(ch, 8);
	guest_send(VMBUS_MSG_UNLOAD, 0);
	CU_ASSERT_EQUAL(guest.closed, 1);
	CU_ASSERT_EQUAL(guest.released, 0);
	CU_ASSERT_EQUAL(vmbus_version(guest.bus), 0);
	CU_ASSERT_EQUAL(guest.log[guest.logged - 1].type, VMBUS_MSG_UNLOAD_RESPONSE);
	CU_ASSERT_EQUAL(guest.log[guest.logged - 1].vp, 1);
	CU_ASSERT_PTR_NULL(vmbus_gpadl_find(ch, 100 + vmbus_channel_relid(ch)));

	/* Asked again (a panic in the middle of a shutdown), it is answered again. */
	guest_send(VMBUS_MSG_UNLOAD, 0);
	CU_ASSERT_EQUAL(guest_count(VMBUS_MSG_UNLOAD_RESPONSE), 2);
	CU_ASSERT_EQUAL(guest.closed, 1);

	guest_connect(VMBUS_VERSION_V5_3);
	CU_ASSERT_EQUAL(guest_count(VMBUS_MSG_OFFERCHANNEL), 1);
	guest_open(ch, 8);
	CU_ASSERT_EQUAL(guest.opened, 2);
}

/* kexec without UNLOAD, hv_vmbus reloaded; and the same with a version that is refused. */
static void second_contact(void)
{
	struct vmbus_channel *ch;

	CU_ASSERT_EQUAL(guest_offer(1, 0, &ch), 0);
	guest_connect(VMBUS_VERSION_V5_3);
	guest_open(ch, 8);
	guest_connect(VMBUS_VERSION_V4_0);
	CU_ASSERT_EQUAL(guest.closed, 1);
	CU_ASSERT_EQUAL(guest_count(VMBUS_MSG_OFFERCHANNEL), 1);
	CU_ASSERT_FALSE(vmbus_channel_is_open(ch));
	guest_open(ch, 8);
	/* Until it has asked for offers it knows no relid. */
	CU_ASSERT(guest_contact(VMBUS_VERSION_V5_3));
	CU_ASSERT_FALSE(guest_gpadl(vmbus_channel_relid(ch), 5, 8, 8));
	CU_ASSERT_FALSE(guest_contact(VMBUS_VERSION(9, 9)));
	CU_ASSERT_EQUAL(guest.closed, 2);
	CU_ASSERT_EQUAL(vmbus_version(guest.bus), 0);
}

/* What a device does in close() reaches neither the rings nor the GPADLs of a guest that left. */
static void close_sees_nothing(struct vmbus_channel *ch)
{
	struct vmbus_packet packet;

	CU_ASSERT_EQUAL(vmbus_channel_send(ch, VMBUS_PACKET_INBAND, 0, 0, NULL, 0, "x", 1),
			-ENOTCONN);
	CU_ASSERT_EQUAL(vmbus_channel_receive(ch, &packet), 0);
	CU_ASSERT_PTR_NULL(vmbus_gpadl_find(ch, 100 + vmbus_channel_relid(ch)));
	CU_ASSERT_FALSE(vmbus_channel_has_room(ch, 1));
	CU_ASSERT_FALSE(vmbus_channel_is_open(ch));
}

static void reset(void)
{
	struct vmbus_channel *ch;

	CU_ASSERT_EQUAL(guest_offer(1, 0, &ch), 0);
	guest_connect(VMBUS_VERSION_V5_3);
	guest_open(ch, 8);
	guest.on_close = close_sees_nothing;
	guest.logged = 0;
	vmbus_reset(guest.bus);
	CU_ASSERT_EQUAL(guest.closed, 1);
	CU_ASSERT_EQUAL(guest.logged, 0);
	guest_send(VMBUS_MSG_CLOSE, vmbus_channel_relid(ch));
	CU_ASSERT_EQUAL(guest.closed, 1);
	guest_connect(VMBUS_VERSION_V5_3);
	CU_ASSERT_EQUAL(guest_count(VMBUS_MSG_OFFERCHANNEL), 1);
}

static void hypercall_parameters(void)
{
	static const struct {
		uint32_t connection, type;
		size_t len;
		uint16_t status;
	} row[] = {
		{ 4, 1, 8, HV_STATUS_SUCCESS },
		{ 1, 1, 8, HV_STATUS_INVALID_CONNECTION_ID }, /* 5.3 posts on 4 */
		{ 0, 1, 8, HV_STATUS_INVALID_CONNECTION_ID },
		{ 2, 1, 8, HV_STATUS_INVALID_CONNECTION_ID },
		{ 0x10001, 1, 8, HV_STATUS_INVALID_CONNECTION_ID },
		{ UINT32_MAX, 1, 8, HV_STATUS_INVALID_CONNECTION_ID },
		{ 4, 0, 8, HV_STATUS_INVALID_PARAMETER },
		{ 4, 2, 8, HV_STATUS_INVALID_PARAMETER },
		{ 4, 1, 240, HV_STATUS_SUCCESS },
		{ 4, 1, 241, HV_STATUS_INVALID_PARAMETER },
		{ 4, 1, SIZE_MAX, HV_STATUS_INVALID_PARAMETER },
		{ 4, 1, 0, HV_STATUS_SUCCESS },
	};
	uint8_t msg[256] = { VMBUS_MSG_REQUESTOFFERS };

	/* Not connected: taken, and wrong. */
	CU_ASSERT_EQUAL(vmbus_post_message(guest.bus, 4, 1, msg, 8), HV_STATUS_SUCCESS);
	CU_ASSERT_EQUAL(vmbus_post_message(guest.bus, 1, 1, msg, 8), HV_STATUS_SUCCESS);
	CU_ASSERT_EQUAL(vmbus_guest_errors(guest.bus), 2);
	CU_ASSERT_EQUAL(guest.logged, 0);

	CU_ASSERT(guest_contact(VMBUS_VERSION_V5_3));
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++)
		CU_ASSERT_EQUAL(vmbus_post_message(guest.bus, row[i].connection, row[i].type, msg,
						   row[i].len), row[i].status);
}

/* Every type at every length, connected and not, all zero or all ones behind the type. */
static void hostile_messages(void)
{
	struct vmbus_channel *ch;
	uint8_t msg[VMBUS_MESSAGE_MAX];

	CU_ASSERT_EQUAL(guest_offer(1, 0, &ch), 0);
	for (int connected = 0; connected < 2; connected++) {
		for (uint32_t type = 0; type < VMBUS_MSG_TYPES + 3; type++) {
			for (size_t len = 0; len <= sizeof(msg); len++) {
				if (connected && vmbus_version(guest.bus) == 0)
					guest_connect(VMBUS_VERSION_V5_3);
				memset(msg, len & 1 ? 0xff : 0, sizeof(msg));
				memcpy(msg, &type, sizeof(type));
				guest.connection = 4;
				guest_post(msg, len);
				guest.logged = 0;
			}
		}
	}
	CU_ASSERT_EQUAL(guest.opened, 0);
	CU_ASSERT_EQUAL(guest.closed, 0);
	CU_ASSERT(vmbus_guest_errors(guest.bus) > 1000);
	guest_connect(VMBUS_VERSION_V5_3);
	guest_open(ch, 8);
	CU_ASSERT_EQUAL(guest.opened, 1);
}

/* A known message one byte short, an unknown type, a wrong relid: counted, and no crash. */
static void each_error_is_counted(void)
{
	static const struct {
		uint32_t type;
		size_t len;
		uint32_t relid;
		uint32_t answer; /* type of the host's refusal; 0: none */
	} row[] = {
		{ 0, 8, 0, 0 },
		{ VMBUS_MSG_OFFERCHANNEL, 196, 1, 0 },
		{ VMBUS_MSG_VERSION_RESPONSE, 16, 1, 0 },
		{ 18, 64, 1, 0 },
		{ VMBUS_MSG_INITIATE_CONTACT, 39, VMBUS_VERSION_V5_3, 0 },
		{ UINT32_MAX, 64, 1, 0 },
		{ VMBUS_MSG_OPEN, 147, 1, 0 },
		{ VMBUS_MSG_OPEN, 148, 2047, VMBUS_MSG_OPEN_RESULT },
		{ VMBUS_MSG_OPEN, 148, UINT32_MAX, VMBUS_MSG_OPEN_RESULT },
		{ VMBUS_MSG_CLOSE, 11, 1, 0 },
		{ VMBUS_MSG_CLOSE, 12, 1, 0 }, /* not open */
		{ VMBUS_MSG_CLOSE, 12, 2048, 0 },
		{ VMBUS_MSG_GPADL_HEADER, 27, 1, 0 },
		{ VMBUS_MSG_GPADL_HEADER, 28, 0, VMBUS_MSG_GPADL_CREATED },
		{ VMBUS_MSG_GPADL_BODY, 15, 1, 0 },
		{ VMBUS_MSG_GPADL_BODY, 24, 1, 0 },
		{ VMBUS_MSG_GPADL_TEARDOWN, 15, 1, 0 },
		{ VMBUS_MSG_GPADL_TEARDOWN, 16, 1, 0 },
		{ VMBUS_MSG_GPADL_TEARDOWN, 16, 0x80000001, 0 },
		{ VMBUS_MSG_RELID_RELEASED, 8, 1, 0 },
		{ VMBUS_MSG_RELID_RELEASED, 12, 9, 0 },
		{ VMBUS_MSG_MODIFY, 15, 1, 0 },
		{ VMBUS_MSG_MODIFY, 16, 1, VMBUS_MSG_MODIFY_RESPONSE }, /* not open */
	};
	struct vmbus_channel *ch;

	CU_ASSERT_EQUAL(guest_offer(1, 0, &ch), 0);
	CU_ASSERT_EQUAL(vmbus_channel_relid(ch), 1);
	guest_connect(VMBUS_VERSION_V5_3);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint8_t msg[VMBUS_MESSAGE_MAX] = { 0 };
		uint64_t before = vmbus_guest_errors(guest.bus);

		memcpy(msg, &row[i].type, 4);
		memcpy(msg + 8, &row[i].relid, 4);
		guest.logged = 0;
		CU_ASSERT_EQUAL(guest_post(msg, row[i].len), HV_STATUS_SUCCESS);
		CU_ASSERT_EQUAL(vmbus_guest_errors(guest.bus), before + 1);
		CU_ASSERT_EQUAL(guest.logged, row[i].answer != 0);
		CU_ASSERT_EQUAL(guest_count(row[i].answer), guest.logged);
	}
}

static CU_TestInfo tests[] = {
	{ "versions, capped and known", versions },
	{ "Linux's version fallback", fallback },
	{ "VERSION_RESPONSE", version_answer },
	{ "INITIATE_CONTACT that cannot be", contact_flaws },
	{ "offers come when asked for", offers_come_when_asked_for },
	{ "UNLOAD", unload },
	{ "a second INITIATE_CONTACT", second_contact },
	{ "guest reset", reset },
	{ "hypercall parameters", hypercall_parameters },
	{ "every type at every length", hostile_messages },
	{ "each error is counted", each_error_is_counted },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("vmbus/bus", guest_start, guest_stop, tests);
