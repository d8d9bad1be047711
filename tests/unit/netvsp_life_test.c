// SPDX-License-Identifier: BSD-3-Clause
/* Opening and closing, the VF, the data path, rescind. */
#include "netvsp_guest.h"

#include <errno.h>
#include <string.h>

#define SRIOV NVSP_CAPABILITY_SRIOV

static size_t len;

static void setup(void)
{
	fake_start(NVSP_VERSION_61, 4);
}

static void expect_association(uint32_t allocated, uint32_t serial)
{
	const struct fake_packet *p = fake_get(0);
	struct nvsp_message m;

	CU_ASSERT_PTR_NOT_NULL(p);
	if (p == NULL)
		return;
	CU_ASSERT_EQUAL(p->type, VMBUS_PACKET_INBAND);
	CU_ASSERT_EQUAL(p->flags, 0);
	CU_ASSERT_EQUAL(p->transaction, 0); /* reserved for the host's own messages */
	memcpy(&m, p->payload, sizeof(m));
	CU_ASSERT_EQUAL(m.type, NVSP_SEND_VF_ASSOCIATION);
	CU_ASSERT_EQUAL(m.vf_association.allocated, allocated);
	CU_ASSERT_EQUAL(m.vf_association.serial, serial);
}

static void association_waits_for_the_guest(void)
{
	netvsp_associate_vf(fake.nic, true, 3);
	fake_open(0);
	CU_ASSERT_EQUAL(fake_waiting(0), 0);
	CU_ASSERT_TRUE(fake_init(NVSP_VERSION_61));
	CU_ASSERT_EQUAL(fake_waiting(0), 0);
	fake_ndis_config(1500, SRIOV);
	CU_ASSERT_EQUAL(fake_waiting(0), 0);
	/* An answer to a buffer is what DPDK's net_netvsc expects to come next. */
	CU_ASSERT_EQUAL(fake_recv_buf().type, NVSP_SEND_RECV_BUF_COMPLETE);
	CU_ASSERT_EQUAL(fake_waiting(0), 0);
	CU_ASSERT_EQUAL(fake_send_buf().type, NVSP_SEND_SEND_BUF_COMPLETE);
	expect_association(1, 3);
	CU_ASSERT_EQUAL(fake_waiting(0), 0);
	netvsp_associate_vf(fake.nic, false, 3);
	expect_association(0, 3);
	netvsp_associate_vf(fake.nic, true, 4);
	expect_association(1, 4);
}

static void association_survives_reopening(void)
{
	fake_open(0);
	fake_init(NVSP_VERSION_61);
	fake_ndis_config(1500, SRIOV);
	fake_buffers();
	CU_ASSERT_EQUAL(fake_waiting(0), 0); /* never had one */
	netvsp_associate_vf(fake.nic, true, 3);
	expect_association(1, 3);
	for (int i = 0; i < 3; i++) {
		fake_close(0);
		fake_open(0);
		fake_init(NVSP_VERSION_5);
		fake_ndis_config(1500, SRIOV);
		fake_buffers();
		expect_association(1, 3);
	}
	/* hv_netvsc remembers over a re-open: it must hear of the loss that fell in between. */
	fake_close(0);
	netvsp_associate_vf(fake.nic, false, 3);
	fake_open(0);
	fake_init(NVSP_VERSION_61);
	fake_ndis_config(1500, SRIOV);
	fake_buffers();
	expect_association(0, 3);
	fake_close(0);
	fake_open(0);
	fake_init(NVSP_VERSION_61);
	fake_ndis_config(1500, SRIOV);
	fake_buffers();
	CU_ASSERT_EQUAL(fake_waiting(0), 0);
}

static void association_needs_the_sriov_bit(void)
{
	netvsp_associate_vf(fake.nic, true, 3);
	fake_open(0);
	fake_init(NVSP_VERSION_61);
	fake_ndis_config(1500, ~(uint64_t)SRIOV);
	fake_buffers();
	CU_ASSERT_EQUAL(fake_waiting(0), 0);
	fake_close(0);
	fake_open(0);
	fake_init(NVSP_VERSION_2);
	fake_ndis_config(1500, SRIOV);
	fake_buffers();
	CU_ASSERT_EQUAL(fake_waiting(0), 0);
	CU_ASSERT_EQUAL(netvsp_deadline(fake.nic), UINT64_MAX);
}

static void many_associations_outlast_a_full_ring(void)
{
	fake_open(0);
	fake_init(NVSP_VERSION_61);
	fake_ndis_config(1500, SRIOV);
	fake_buffers();
	fake.room = 0;
	for (uint32_t i = 0; i < 200; i++)
		netvsp_associate_vf(fake.nic, i % 2 == 0, i);
	netvsp_associate_vf(fake.nic, true, 1000);
	CU_ASSERT_EQUAL(fake_waiting(0), 0);
	fake.room = 1000;
	fake.now += LAB_MS;
	while (netvsp_poll(fake.nic))
		;
	CU_ASSERT_EQUAL(netvsp_deadline(fake.nic), UINT64_MAX);
	CU_ASSERT(fake_waiting(0) >= 2);
	while (fake_waiting(0) > 1)
		fake_get(0);
	expect_association(1, 1000); /* the last word is the last */
}

/* What the guest says of itself, by version: the VF hangs on it. */
static void says_what_it_can(void)
{
	static const struct {
		uint32_t version;
		uint64_t capabilities;
		bool says, vf; /* does it send a configuration, may it have a VF then */
	} row[] = {
		{ NVSP_VERSION_1, 0, false, false },
		{ NVSP_VERSION_2, SRIOV, true, false }, /* before there was an association */
		{ NVSP_VERSION_4, 0, true, false },
		{ NVSP_VERSION_4, SRIOV, true, true },
		{ NVSP_VERSION_61, 0, true, false },
		{ NVSP_VERSION_61, SRIOV, true, true },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		fake_stop();
		fake_start(row[i].version, 1);
		fake_open(0);
		CU_ASSERT_FALSE(netvsp_has_negotiated(fake.nic));
		fake_init(row[i].version);
		if (row[i].says)
			fake_ndis_config(1500, row[i].capabilities);
		fake_recv_buf();
		CU_ASSERT_FALSE(netvsp_has_negotiated(fake.nic));
		fake_send_buf();
		CU_ASSERT_TRUE(netvsp_has_negotiated(fake.nic));
		CU_ASSERT_EQUAL(fake.negotiated_events, 1);
		CU_ASSERT_EQUAL(netvsp_can_use_vf(fake.nic), row[i].vf);
		fake_close(0);
		CU_ASSERT_FALSE(netvsp_has_negotiated(fake.nic));
		CU_ASSERT_FALSE(netvsp_can_use_vf(fake.nic));
	}
}

static void the_guest_moves_the_data_path(void)
{
	fake_up(NVSP_VERSION_61);
	netvsp_associate_vf(fake.nic, true, 3); /* without the capability: nothing is sent */
	CU_ASSERT_TRUE(fake_switch(NVSP_DATAPATH_VF, 0x1234567890));
	CU_ASSERT_EQUAL(fake.datapath, FABRIC_VF);
	CU_ASSERT_EQUAL(fake.datapath_events, 1);
	CU_ASSERT_EQUAL(fake.event_path, FABRIC_VF);
	CU_ASSERT_FALSE(fake.event_by_host);
	CU_ASSERT_TRUE(fake_switch(2, 6)); /* no such path */
	CU_ASSERT_EQUAL(fake.datapath, FABRIC_VF);
	CU_ASSERT_TRUE(fake_switch(NVSP_DATAPATH_SYNTHETIC, 7));
	CU_ASSERT_EQUAL(fake.datapath, FABRIC_SYNTHETIC);
	CU_ASSERT_EQUAL(fake.datapath_events, 2);
}

static void no_vf_no_switch(void)
{
	fake_up(NVSP_VERSION_61);
	CU_ASSERT_TRUE(fake_switch(NVSP_DATAPATH_VF, 5)); /* answered all the same */
	CU_ASSERT_EQUAL(fake.datapath, FABRIC_SYNTHETIC);
	netvsp_associate_vf(fake.nic, true, 3);
	netvsp_associate_vf(fake.nic, false, 3);
	CU_ASSERT_TRUE(fake_switch(NVSP_DATAPATH_VF, 6));
	CU_ASSERT_EQUAL(fake.datapath, FABRIC_SYNTHETIC);
	CU_ASSERT_EQUAL(fake.datapath_events, 0);
}

static void the_host_moves_the_data_path(void)
{
	struct nvsp_message m;

	fake_up(NVSP_VERSION_61);
	netvsp_associate_vf(fake.nic, true, 3);
	CU_ASSERT_TRUE(fake_switch(NVSP_DATAPATH_VF, 5));
	netvsp_host_datapath(fake.nic, FABRIC_SYNTHETIC);
	CU_ASSERT_EQUAL(fake.datapath, FABRIC_SYNTHETIC);
	CU_ASSERT_TRUE(fake.event_by_host);
	m = fake_get_nvsp(0, VMBUS_PACKET_INBAND, NVSP_SWITCH_DATA_PATH);
	CU_ASSERT_EQUAL(m.datapath.active, NVSP_DATAPATH_SYNTHETIC);
	netvsp_host_datapath(fake.nic, FABRIC_VF);
	m = fake_get_nvsp(0, VMBUS_PACKET_INBAND, NVSP_SWITCH_DATA_PATH);
	CU_ASSERT_EQUAL(m.datapath.active, NVSP_DATAPATH_VF);
}

static void closing_leaves_the_vf(void)
{
	fake_up(NVSP_VERSION_61);
	netvsp_associate_vf(fake.nic, true, 3);
	CU_ASSERT_TRUE(fake_switch(NVSP_DATAPATH_VF, 5));
	CU_ASSERT_PTR_NOT_NULL(fake.attached);
	fake_close(0);
	CU_ASSERT_PTR_NULL(fake.attached);
	CU_ASSERT_EQUAL(fake.datapath, FABRIC_SYNTHETIC);
	CU_ASSERT_EQUAL(fake.datapath_events, 2);
	CU_ASSERT_TRUE(fake.event_by_host);
	CU_ASSERT_FALSE(netvsp_is_up(fake.nic));
	CU_ASSERT_EQUAL(netvsp_version(fake.nic), 0);
}

/* As hv_netvsc does it for a new MTU: each opening is a new start, with new subchannels. */
static void reopening(void)
{
	fake_up(NVSP_VERSION_61);
	for (int i = 0; i < 4; i++) {
		fake_subchannels(3);
		CU_ASSERT_EQUAL(fake_offered(), 4);
		for (unsigned int c = 3; c > 0; c--)
			fake_close(c);
		fake_close(0);
		if (i % 2 == 0) /* Linux releases them any time, before or after it asks again */
			fake_release();
		fake_up(NVSP_VERSION_61);
	}
	fake_release();
	fake_calm();
	CU_ASSERT_EQUAL(netvsp_deadline(fake.nic), UINT64_MAX);
	fake_subchannels(2);
	CU_ASSERT_EQUAL(fake_offered(), 3);
}

/* What the guest does to subchannels of an earlier opening is nothing to those of this one. */
static void ghosts_do_not_disturb(void)
{
	uint8_t frame[200], bytes[300];

	fake_up(NVSP_VERSION_61);
	fake_subchannels(2);
	fake_close(0); /* and leaves them open */
	fake_up(NVSP_VERSION_61);
	fake_subchannels(2);
	fake_release(); /* closes and releases the old */
	netvsp_poll(fake.nic);
	CU_ASSERT_EQUAL(fake_offered(), 3);
	len = fake_build(frame, &(struct fake_flow){ .payload = 50 });
	len = fake_wrap(bytes, NULL, 0, frame, len);
	CU_ASSERT_EQUAL(fake_send_section(1, bytes, len), NVSP_STATUS_SUCCESS);
	CU_ASSERT_EQUAL(fake.frames, 1);
}

static void strangers_are_not_opened(void)
{
	struct nvsp_message m = { .type = NVSP_SUBCHANNEL };

	fake_up(NVSP_VERSION_61);
	m.subchannel.op = NVSP_SUBCHANNEL_ALLOCATE;
	m.subchannel.count = 1;
	fake_ask(&m, NVSP_SUBCHANNEL);
	fake_close(0);
	CU_ASSERT_NOT_EQUAL(fake_open(1), 0); /* rescinded with its primary */
	CU_ASSERT_EQUAL(fake_open(0), 0);
	CU_ASSERT_NOT_EQUAL(fake_open(1), 0);
}

static void rescind_and_offer(void)
{
	fake_up(NVSP_VERSION_61);
	fake_subchannels(2);
	netvsp_rescind(fake.nic);
	netvsp_rescind(fake.nic);
	CU_ASSERT_EQUAL(fake_offered(), 0);
	fake_release_subchannels(); /* the primary is still open: no reason for new ones */
	netvsp_poll(fake.nic);
	CU_ASSERT_EQUAL(fake_offered(), 0);
	fake_calm();
	CU_ASSERT_EQUAL(netvsp_deadline(fake.nic), UINT64_MAX);
	netvsp_offer(fake.nic); /* not before the guest has let go of the old one */
	netvsp_poll(fake.nic);
	CU_ASSERT_EQUAL(fake_offered(), 0);
	fake_close(0);
	fake_release();
	CU_ASSERT_EQUAL(fake_offered(), 1);
	fake_up(NVSP_VERSION_61);
	netvsp_rescind(fake.nic);
	fake_close(0);
	fake_release();
	netvsp_poll(fake.nic);
	CU_ASSERT_EQUAL(fake_offered(), 0);
	netvsp_offer(fake.nic);
	CU_ASSERT_EQUAL(fake_offered(), 1);
	fake.connected = false;
	netvsp_rescind(fake.nic);
	CU_ASSERT_EQUAL(fake_offered(), 0);
	netvsp_offer(fake.nic);
	CU_ASSERT_EQUAL(fake_offered(), 1);
}

static void impossible_configurations(void)
{
	struct netvsp_config c = fake.config;

	c.queues = 0;
	CU_ASSERT_PTR_NULL(netvsp_create(&c));
	c.queues = NETVSP_QUEUES_MAX + 1;
	CU_ASSERT_PTR_NULL(netvsp_create(&c));
	c.queues = 1;
	c.mtu = FABRIC_FRAME_MAX;
	CU_ASSERT_PTR_NULL(netvsp_create(&c));
	c.mtu = 9000;
	CU_ASSERT_PTR_NULL(netvsp_create(&c)); /* that instance is offered already */
}

static CU_TestInfo tests[] = {
	{ "an association waits for the guest", association_waits_for_the_guest },
	{ "an association survives re-opening", association_survives_reopening },
	{ "an association needs the SR-IOV bit", association_needs_the_sriov_bit },
	{ "many associations outlast a full ring", many_associations_outlast_a_full_ring },
	{ "what the guest says it can", says_what_it_can },
	{ "the guest moves the data path", the_guest_moves_the_data_path },
	{ "no VF, no switch", no_vf_no_switch },
	{ "the host moves the data path", the_host_moves_the_data_path },
	{ "closing leaves the VF", closing_leaves_the_vf },
	{ "re-opening", reopening },
	{ "ghosts do not disturb", ghosts_do_not_disturb },
	{ "strangers are not opened", strangers_are_not_opened },
	{ "rescind and offer", rescind_and_offer },
	{ "impossible configurations", impossible_configurations },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("netvsp/life", setup, fake_stop, tests);
