// SPDX-License-Identifier: BSD-3-Clause
#include "../../tools/lab/fabric/switch.h"
#include "fabric_fixture.h"

#include <stdlib.h>

static const uint8_t stranger[6] = { 2, 0xaa, 0, 0, 0, 1 };
static const uint8_t broadcast[6] = { 255, 255, 255, 255, 255, 255 };

static void send_from(unsigned int n, const uint8_t *dst, const uint8_t *src)
{
	struct frame_spec spec = { .version = 4, .protocol = PROTO_UDP, .dst_mac = dst,
				   .src_mac = src };

	fabric_send(nic[n], FABRIC_SYNTHETIC, frame, frames_build(frame, &spec));
}

static unsigned int got(unsigned int n)
{
	return guest[n][FABRIC_SYNTHETIC].frames;
}

static void known_addresses(void)
{
	send_from(0, nic_mac[1], nic_mac[0]);
	CU_ASSERT_EQUAL(got(1), 1);
	CU_ASSERT_EQUAL(got(0), 0);
	CU_ASSERT_EQUAL(memcmp(guest[1][FABRIC_SYNTHETIC].last, frame, 42), 0);
	send_from(1, nic_mac[0], nic_mac[1]);
	CU_ASSERT_EQUAL(got(0), 1);
	CU_ASSERT_EQUAL(got(1), 1);
}

static void never_back_to_the_sender(void)
{
	send_from(0, nic_mac[0], nic_mac[0]);
	send_from(0, broadcast, nic_mac[0]);
	send_from(0, stranger, nic_mac[0]);
	CU_ASSERT_EQUAL(got(0), 0);
	CU_ASSERT_EQUAL(got(1), 2); /* the broadcast and the flood */
	/* Learned behind NIC 0: NIC 0 asking for it gets nothing, and neither does NIC 1. */
	send_from(0, broadcast, stranger);
	send_from(0, stranger, nic_mac[0]);
	CU_ASSERT_EQUAL(got(0), 0);
	CU_ASSERT_EQUAL(got(1), 3);
}

static void learns_and_moves(void)
{
	static const uint8_t taken[6] = { 0, 0x15, 0x5d, 0, 0, 1 };
	struct fabric_port *third = fabric_nic_add(fabric, 2, (const uint8_t[6]){ 2, 9 });
	static struct guest_path guest3;

	guest3 = (struct guest_path){ 0 };
	fabric_attach(third, FABRIC_SYNTHETIC, &guest_ops, &guest3);
	send_from(1, stranger, nic_mac[1]); /* unknown: to everyone else */
	CU_ASSERT_EQUAL(got(0), 1);
	CU_ASSERT_EQUAL(guest3.frames, 1);
	send_from(0, nic_mac[1], stranger);
	send_from(1, stranger, nic_mac[1]); /* known now */
	CU_ASSERT_EQUAL(got(0), 2);
	CU_ASSERT_EQUAL(guest3.frames, 1);
	fabric_send(third, FABRIC_SYNTHETIC, frame, 42); /* from nic_mac[1], which is not there */
	send_from(0, nic_mac[1], taken);
	CU_ASSERT_EQUAL(got(1), 2);
	CU_ASSERT_EQUAL(guest3.frames, 1);
}

static void zero_and_group_sources_are_not_learned(void)
{
	static const uint8_t zero[6];

	send_from(0, broadcast, zero);
	CU_ASSERT_EQUAL(got(1), 1);
	send_from(0, zero, nic_mac[0]);
	CU_ASSERT_EQUAL(got(1), 2);
	send_from(0, broadcast, broadcast);
	CU_ASSERT_EQUAL(got(1), 2);
	CU_ASSERT_EQUAL(tx(0, FABRIC_SYNTHETIC)->drops[FABRIC_DROP_MALFORMED], 1);
}

static void answers_from_inside_are_queued(void)
{
	static uint8_t back[64], forth[64];
	struct frame_spec to0 = { .version = 4, .protocol = PROTO_UDP, .dst_mac = nic_mac[0],
				  .src_mac = nic_mac[1] };
	struct frame_spec to1 = { .version = 4, .protocol = PROTO_UDP, .dst_mac = nic_mac[1],
				  .src_mac = nic_mac[0] };
	size_t len = frames_build(frame, &to0);
	unsigned int before;

	memcpy(back, frame, len);
	frames_build(frame, &to1);
	memcpy(forth, frame, len);
	guest[1][FABRIC_SYNTHETIC].reply_from = nic[1];
	guest[1][FABRIC_SYNTHETIC].reply = back;
	guest[1][FABRIC_SYNTHETIC].reply_len = len;
	fabric_send(nic[0], FABRIC_VF, forth, len);
	CU_ASSERT_EQUAL(got(1), 1);
	CU_ASSERT_EQUAL(got(0), 1);
	/* Two that answer each other for ever: the call ends, the rest moves with the polls. */
	guest[0][FABRIC_SYNTHETIC].reply_from = nic[0];
	guest[0][FABRIC_SYNTHETIC].reply = forth;
	guest[0][FABRIC_SYNTHETIC].reply_len = len;
	fabric_send(nic[0], FABRIC_VF, forth, len);
	before = got(0) + got(1);
	CU_ASSERT_TRUE(before < 200);
	CU_ASSERT_EQUAL(fabric_poll(fabric, 7), 7);
	CU_ASSERT_EQUAL(got(0) + got(1), before + 7);
	CU_ASSERT_EQUAL(fabric_lost(fabric), 0);
}

static void storm(void)
{
	/* All answer to the group: the queue fills, that is counted, and nothing hangs. */
	static uint8_t group[64];
	struct frame_spec all = { .version = 4, .protocol = PROTO_UDP, .dst_mac = broadcast,
				  .src_mac = stranger };
	static struct guest_path third_guest;
	struct fabric_port *third = fabric_nic_add(fabric, 2, stranger);
	size_t len = frames_build(frame, &all);

	memcpy(group, frame, len);
	third_guest = (struct guest_path){ 0 };
	fabric_attach(third, FABRIC_SYNTHETIC, &guest_ops, &third_guest);
	third_guest.reply_from = third;
	for (unsigned int i = 0; i < NICS; i++)
		guest[i][FABRIC_SYNTHETIC].reply_from = nic[i];
	third_guest.reply = guest[0][0].reply = guest[1][0].reply = group;
	third_guest.reply_len = guest[0][0].reply_len = guest[1][0].reply_len = len;
	fabric_send(nic[0], FABRIC_VF, group, len);
	CU_ASSERT_TRUE(fabric_lost(fabric) > 0);
	for (int i = 0; i < 10; i++)
		CU_ASSERT_EQUAL(fabric_poll(fabric, 100), 100);
}

static unsigned int taken_by[3];
static struct switch_end ends[3];

static void count_taken(struct switch_end *end, const struct packet *packet)
{
	(void)packet;
	taken_by[end - ends]++;
}

static void an_end_that_is_gone(void)
{
	struct lan_switch *lan = calloc(1, sizeof(*lan));
	struct frame_spec from_stranger = { .version = 4, .protocol = PROTO_UDP,
					    .src_mac = stranger, .dst_mac = broadcast };
	struct frame_spec to_stranger = { .version = 4, .protocol = PROTO_UDP,
					  .src_mac = nic_mac[1], .dst_mac = stranger };
	struct packet packet;

	memset(taken_by, 0, sizeof(taken_by));
	for (unsigned int i = 0; i < 3; i++) {
		ends[i] = (struct switch_end){ .take = count_taken };
		switch_end_add(lan, &ends[i]);
	}
	switch_end_gone(lan, &ends[0]);
	/* A frame of its own that was still on the way arrives, but teaches nothing. */
	CU_ASSERT_TRUE(packet_init(&packet, frame, frames_build(frame, &from_stranger)));
	switch_forward(lan, &ends[0], &packet);
	CU_ASSERT_TRUE(packet_init(&packet, frame, frames_build(frame, &to_stranger)));
	switch_forward(lan, &ends[1], &packet);
	CU_ASSERT_EQUAL(taken_by[0], 0);
	CU_ASSERT_EQUAL(taken_by[1], 1);
	CU_ASSERT_EQUAL(taken_by[2], 2);
	free(lan);
}

static CU_TestInfo tests[] = {
	{ "known addresses get their frames, others do not", known_addresses },
	{ "never back to the sender", never_back_to_the_sender },
	{ "learns, and NIC addresses stay where they are", learns_and_moves },
	{ "zero and group sources are not learned", zero_and_group_sources_are_not_learned },
	{ "answers from inside a delivery are queued", answers_from_inside_are_queued },
	{ "nothing reaches an end that is gone", an_end_that_is_gone },
	{ "a storm fills the queue and is counted", storm },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("fabric/switch", fixture_up, fixture_down, tests);
