// SPDX-License-Identifier: BSD-3-Clause
#include "fabric_fixture.h"

static void counts_what_goes_through(void)
{
	size_t len = frame_0_to_1(100);

	fabric_send(nic[0], FABRIC_VF, frame, len);
	fabric_send(nic[0], FABRIC_SYNTHETIC, frame, len);
	fabric_send(nic[0], FABRIC_VF, frame, len);
	CU_ASSERT_EQUAL(tx(0, FABRIC_VF)->packets, 2);
	CU_ASSERT_EQUAL(tx(0, FABRIC_VF)->bytes, 2 * len);
	CU_ASSERT_EQUAL(tx(0, FABRIC_SYNTHETIC)->packets, 1);
	CU_ASSERT_EQUAL(rx(1, FABRIC_SYNTHETIC)->packets, 3);
	CU_ASSERT_EQUAL(rx(1, FABRIC_SYNTHETIC)->bytes, 3 * len);
	CU_ASSERT_EQUAL(rx(1, FABRIC_VF)->packets, 0);
	CU_ASSERT_EQUAL(rx(0, FABRIC_VF)->packets, 0);
}

static void datapath_is_chosen(void)
{
	size_t len = frame_0_to_1(1);

	CU_ASSERT_EQUAL(fabric_datapath(nic[1]), FABRIC_SYNTHETIC);
	fabric_set_datapath(nic[1], FABRIC_VF);
	CU_ASSERT_EQUAL(fabric_datapath(nic[1]), FABRIC_VF);
	fabric_send(nic[0], FABRIC_SYNTHETIC, frame, len);
	memset(frame, 0xff, 6); /* broadcast takes the same path */
	fabric_send(nic[0], FABRIC_SYNTHETIC, frame, len);
	CU_ASSERT_EQUAL(guest[1][FABRIC_VF].frames, 2);
	CU_ASSERT_EQUAL(guest[1][FABRIC_SYNTHETIC].frames, 0);
	/* A path that is not there is a counted loss, not a detour. */
	frame_0_to_1(1);
	fabric_attach(nic[1], FABRIC_VF, NULL, NULL);
	fabric_send(nic[0], FABRIC_SYNTHETIC, frame, len);
	CU_ASSERT_EQUAL(rx(1, FABRIC_VF)->drops[FABRIC_DROP_PATH_DOWN], 1);
	CU_ASSERT_EQUAL(rx(1, FABRIC_VF)->packets, 2);
	CU_ASSERT_EQUAL(guest[1][FABRIC_SYNTHETIC].frames, 0);
}

static void refusals_are_counted(void)
{
	size_t len = frame_0_to_1(1);

	for (unsigned int r = FABRIC_DELIVERED + 1; r < FABRIC_DROP_REASONS; r++) {
		guest[1][FABRIC_SYNTHETIC].answer = (enum fabric_drop)r;
		fabric_send(nic[0], FABRIC_VF, frame, len);
		CU_ASSERT_EQUAL(rx(1, FABRIC_SYNTHETIC)->drops[r], 1);
	}
	guest[1][FABRIC_SYNTHETIC].answer = (enum fabric_drop)1000;
	fabric_send(nic[0], FABRIC_VF, frame, len);
	CU_ASSERT_EQUAL(rx(1, FABRIC_SYNTHETIC)->drops[FABRIC_DROP_FILTER], 2);
	CU_ASSERT_EQUAL(rx(1, FABRIC_SYNTHETIC)->packets, 0);
	fabric_lost_before(nic[0], FABRIC_VF, 7);
	CU_ASSERT_EQUAL(tx(0, FABRIC_VF)->drops[FABRIC_DROP_NO_BUFFER], 7);
}

static void malformed_frames(void)
{
	size_t len = frame_0_to_1(10);

	for (size_t cut = 0; cut < len; cut++)
		fabric_send(nic[0], FABRIC_VF, frame, cut);
	CU_ASSERT_EQUAL(tx(0, FABRIC_VF)->drops[FABRIC_DROP_MALFORMED], len);
	frame[ETHER_SRC] |= 1;
	fabric_send(nic[0], FABRIC_VF, frame, len);
	CU_ASSERT_EQUAL(tx(0, FABRIC_VF)->drops[FABRIC_DROP_MALFORMED], len + 1);
	CU_ASSERT_EQUAL(tx(0, FABRIC_VF)->packets, 0);
	CU_ASSERT_EQUAL(guest[1][FABRIC_SYNTHETIC].frames, 0);
}

static void link_down(void)
{
	size_t len = frame_0_to_1(10);

	CU_ASSERT_TRUE(fabric_link(nic[0]));
	fabric_set_link(nic[0], false);
	CU_ASSERT_FALSE(fabric_link(nic[0]));
	fabric_send(nic[0], FABRIC_VF, frame, len);
	CU_ASSERT_EQUAL(tx(0, FABRIC_VF)->drops[FABRIC_DROP_LINK_DOWN], 1);
	fabric_set_link(nic[0], true);
	fabric_set_link(nic[1], false);
	fabric_send(nic[0], FABRIC_VF, frame, len);
	CU_ASSERT_EQUAL(tx(0, FABRIC_VF)->packets, 1);
	CU_ASSERT_EQUAL(rx(1, FABRIC_SYNTHETIC)->drops[FABRIC_DROP_LINK_DOWN], 1);
	fabric_set_link(nic[1], true);
	fabric_send(nic[0], FABRIC_VF, frame, len);
	CU_ASSERT_EQUAL(guest[1][FABRIC_SYNTHETIC].frames, 1);
}

static void mtu(void)
{
	static const struct {
		unsigned int tx_mtu, rx_mtu;
		size_t payload; /* with IPv4 and UDP headers, 28 more */
		int vlan;
		bool leaves, arrives;
	} row[] = {
		{ 1500, 9000, 1472, 0, true, true },   { 1500, 9000, 1473, 0, false, false },
		{ 1500, 9000, 1472, 7, true, true },   { 1500, 9000, 1473, 7, false, false },
		{ 9000, 1500, 1473, 0, true, false },  { 9000, 1500, 1472, 7, true, true },
		{ 9000, 9000, 8972, 7, true, true },   { 9000, 9000, 8973, 0, false, false },
		{ UINT32_MAX, UINT32_MAX, 9200 - 14, 0, true, true },
		{ UINT32_MAX, UINT32_MAX, 10000, 0, false, false },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct frame_spec spec = { .version = 4, .protocol = PROTO_UDP,
					   .payload = row[i].payload, .vlan = row[i].vlan,
					   .dst_mac = nic_mac[1], .src_mac = nic_mac[0] };
		uint64_t sent = tx(0, FABRIC_VF)->packets;
		unsigned int seen = guest[1][FABRIC_SYNTHETIC].frames;

		fabric_set_mtu(nic[0], row[i].tx_mtu);
		fabric_set_mtu(nic[1], row[i].rx_mtu);
		fabric_send(nic[0], FABRIC_VF, frame, frames_build(frame, &spec));
		CU_ASSERT_EQUAL(tx(0, FABRIC_VF)->packets - sent, row[i].leaves);
		CU_ASSERT_EQUAL(guest[1][FABRIC_SYNTHETIC].frames - seen, row[i].arrives);
	}
	CU_ASSERT_EQUAL(tx(0, FABRIC_VF)->drops[FABRIC_DROP_TOO_BIG], 4);
	CU_ASSERT_EQUAL(rx(1, FABRIC_SYNTHETIC)->drops[FABRIC_DROP_TOO_BIG], 1);
}

static void json(void)
{
	static const char want[] =
		"{\"vf\":{\"rx\":{\"packets\":0,\"bytes\":0,\"drops\":{\"policy\":0,"
		"\"malformed\":0,"
		"\"too_big\":0,\"no_buffer\":0,\"filter\":0,\"path_down\":0,\"link_down\":0}},"
		"\"tx\":{\"packets\":1,\"bytes\":52,\"drops\":{\"policy\":0,\"malformed\":1,"
		"\"too_big\":0,\"no_buffer\":0,\"filter\":0,\"path_down\":0,\"link_down\":0}}},"
		"\"synthetic\":{\"rx\":{\"packets\":0,\"bytes\":0,\"drops\":{\"policy\":0,"
		"\"malformed\":0,\"too_big\":0,\"no_buffer\":0,\"filter\":0,\"path_down\":0,"
		"\"link_down\":0}},\"tx\":{\"packets\":0,\"bytes\":0,\"drops\":{\"policy\":0,"
		"\"malformed\":0,\"too_big\":0,\"no_buffer\":0,\"filter\":0,\"path_down\":0,"
		"\"link_down\":0}}}}";
	char text[2000] = "";
	FILE *out = fmemopen(text, sizeof(text), "w");
	size_t len = frame_0_to_1(10);

	fabric_send(nic[0], FABRIC_VF, frame, len);
	fabric_send(nic[0], FABRIC_VF, frame, 13);
	fabric_port_json(nic[0], out);
	fclose(out);
	CU_ASSERT_STRING_EQUAL(text, want);
	CU_ASSERT_STRING_EQUAL(fabric_drop_name(FABRIC_DELIVERED), "delivered");
	CU_ASSERT_STRING_EQUAL(fabric_drop_name((enum fabric_drop)99), "unknown");
	for (int r = 0; r < FABRIC_DROP_REASONS; r++)
		CU_ASSERT_PTR_NOT_NULL(fabric_drop_name((enum fabric_drop)r));
}

static CU_TestInfo tests[] = {
	{ "counts what goes through, by path", counts_what_goes_through },
	{ "the datapath is chosen, without detours", datapath_is_chosen },
	{ "what the guest refuses is counted by reason", refusals_are_counted },
	{ "malformed frames", malformed_frames },
	{ "link down", link_down },
	{ "MTU", mtu },
	{ "counters as JSON", json },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("fabric/port", fixture_up, fixture_down, tests);
