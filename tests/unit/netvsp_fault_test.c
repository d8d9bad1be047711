// SPDX-License-Identifier: BSD-3-Clause
/* A host that is slow, silent or forgets: what is owed, what waits, and in what order it goes. */
#include "netvsp_guest.h"

#include <string.h>

static uint8_t answer[512];
static size_t len;

static void setup(void)
{
	fake_start(NVSP_VERSION_61, 4);
}

static bool owed(const char *what)
{
	const struct lab_pending_entry *e = lab_pending_oldest(&fake.pending);

	return e != NULL && strcmp(e->what, what) == 0;
}

static void dropped_completions(void)
{
	struct nvsp_message m = { .type = NVSP_SWITCH_DATA_PATH };
	uint8_t frame[200], bytes[300];

	fake_up(NVSP_VERSION_61);
	netvsp_associate_vf(fake.nic, true, 3);
	netvsp_set_faults(fake.nic, &(struct netvsp_faults){ .drop_completion = true });
	m.datapath.active = NVSP_DATAPATH_VF;
	fake_put(0, VMBUS_PACKET_INBAND, FAKE_WANTS, 8, NULL, 0, &m, sizeof(m));
	CU_ASSERT_EQUAL(fake_waiting(0), 0);
	CU_ASSERT_EQUAL(fake.datapath, FABRIC_VF); /* carried out */
	CU_ASSERT_TRUE(owed("nic0: SWITCH_DATA_PATH completion"));
	len = fake_build(frame, &(struct fake_flow){ .payload = 50 });
	len = fake_wrap(bytes, NULL, 0, frame, len);
	CU_ASSERT_EQUAL(fake_send_section(0, bytes, len), NVSP_STATUS_SUCCESS);
	netvsp_set_faults(fake.nic, NULL);
	netvsp_poll(fake.nic);
	CU_ASSERT_EQUAL(fake_waiting(0), 0);
	CU_ASSERT_TRUE(owed("nic0: SWITCH_DATA_PATH completion"));
	CU_ASSERT_TRUE(fake_switch(NVSP_DATAPATH_SYNTHETIC, 9));
	fake_close(0);
	CU_ASSERT_PTR_NULL(lab_pending_oldest(&fake.pending));
}

static void silence(void)
{
	struct nvsp_message m = { .type = NVSP_SWITCH_DATA_PATH };
	struct rndis_oid_request q = { { RNDIS_QUERY, sizeof(q) }, 5, OID_GEN_LINK_SPEED, 0, 0, 0 };
	uint8_t frame[200], bytes[300];

	fake_up(NVSP_VERSION_61);
	netvsp_associate_vf(fake.nic, true, 3);
	netvsp_set_faults(fake.nic, &(struct netvsp_faults){ .silent = true });
	m.datapath.active = NVSP_DATAPATH_VF;
	fake_put(0, VMBUS_PACKET_INBAND, FAKE_WANTS, 8, NULL, 0, &m, sizeof(m));
	CU_ASSERT_EQUAL(fake_waiting(0), 0);
	CU_ASSERT_EQUAL(fake.datapath, FABRIC_SYNTHETIC); /* not even looked at */
	CU_ASSERT_TRUE(owed("nic0: SWITCH_DATA_PATH completion"));
	fake_control(&q, sizeof(q));
	CU_ASSERT_EQUAL(fake_waiting(0), 0);
	len = fake_build(frame, &(struct fake_flow){ .payload = 50 });
	CU_ASSERT_EQUAL(fake_deliver(frame, len), FABRIC_DELIVERED);
	fake_receive(0, bytes, sizeof(bytes), true);
	len = fake_wrap(bytes, NULL, 0, frame, len);
	CU_ASSERT_EQUAL(fake_send_section(0, bytes, len), NVSP_STATUS_SUCCESS);
	netvsp_set_faults(fake.nic, NULL);
	CU_ASSERT_EQUAL(fake_query(OID_GEN_LINK_SPEED, NULL, 0, answer, &len), 0);
}

static void delays(void)
{
	struct nvsp_message m = { .type = NVSP_SWITCH_DATA_PATH };
	struct rndis_oid_request q = { { RNDIS_QUERY, sizeof(q) }, 5, OID_GEN_LINK_SPEED, 0, 0, 0 };

	fake_up(NVSP_VERSION_61);
	fake_calm();
	netvsp_set_faults(fake.nic, &(struct netvsp_faults){ .delay_ms = 250 });
	fake_put(0, VMBUS_PACKET_INBAND, FAKE_WANTS, 8, NULL, 0, &m, sizeof(m));
	CU_ASSERT_EQUAL(fake_waiting(0), 0);
	CU_ASSERT_TRUE(owed("nic0: SWITCH_DATA_PATH completion"));
	CU_ASSERT_EQUAL(netvsp_deadline(fake.nic), fake.now + 250 * LAB_MS);
	fake.now += 100 * LAB_MS;
	fake_control(&q, sizeof(q));
	netvsp_set_link(fake.nic, false); /* the host's own word is not an answer */
	CU_ASSERT_EQUAL(fake_receive(0, answer, sizeof(answer), true), 20);
	fake.now += 150 * LAB_MS - 1;
	CU_ASSERT_FALSE(netvsp_poll(fake.nic));
	fake.now += 1;
	CU_ASSERT_TRUE(netvsp_poll(fake.nic));
	CU_ASSERT_EQUAL(fake_waiting(0), 1);
	CU_ASSERT_EQUAL(fake_get(0)->transaction, 8);
	CU_ASSERT_TRUE(owed("nic0: RNDIS QUERY 0x00010107"));
	CU_ASSERT_EQUAL(netvsp_deadline(fake.nic), fake.now + 100 * LAB_MS);
	fake.now += 100 * LAB_MS;
	CU_ASSERT_TRUE(netvsp_poll(fake.nic));
	CU_ASSERT_EQUAL(fake_waiting(0), 2); /* the answer, and its packet's completion */
	CU_ASSERT_PTR_NULL(lab_pending_oldest(&fake.pending));
}

/* Answers pile up behind a delay: the guest's requests wait in its ring, none is lost. */
static void a_flood_behind_a_delay(void)
{
	struct nvsp_message m = { .type = NVSP_SWITCH_DATA_PATH };

	fake_up(NVSP_VERSION_61);
	netvsp_set_faults(fake.nic, &(struct netvsp_faults){ .delay_ms = 10 });
	for (uint64_t i = 1; i <= 300; i++)
		fake_put(0, VMBUS_PACKET_INBAND, FAKE_WANTS, i, NULL, 0, &m, sizeof(m));
	CU_ASSERT_EQUAL(fake_waiting(0), 0);
	for (int i = 0; i < 20; i++) {
		fake.now += 10 * LAB_MS;
		netvsp_poll(fake.nic);
	}
	CU_ASSERT_EQUAL(fake_waiting(0), 300);
	for (uint64_t i = 1; i <= 300; i++)
		CU_ASSERT_EQUAL(fake_get(0)->transaction, i);
}

/* No section is free: the answer waits for one. */
static void answers_wait_for_sections(void)
{
	struct rndis_request m = { { RNDIS_KEEPALIVE, sizeof(m) }, 31 };
	uint64_t transaction = 0;

	fake_up(NVSP_VERSION_61);
	for (unsigned int i = 0; i < FAKE_RECV_SIZE / 1728; i++) {
		const struct fake_packet *p;

		fake_control(&m, sizeof(m));
		p = fake_get(0);
		CU_ASSERT_PTR_NOT_NULL_FATAL(p);
		transaction = p->transaction;
	}
	CU_ASSERT_EQUAL(fake_control(&m, sizeof(m)), NVSP_STATUS_SUCCESS);
	CU_ASSERT_EQUAL(fake_waiting(0), 0);
	CU_ASSERT_TRUE(owed("nic0: RNDIS KEEPALIVE"));
	fake_put(0, VMBUS_PACKET_COMPLETION, 0, transaction, NULL, 0, NULL, 0);
	CU_ASSERT_EQUAL(fake_waiting(0), 1);
	CU_ASSERT_PTR_NULL(lab_pending_oldest(&fake.pending));
}

/* Neither a guest that keeps its sections nor the host's own news hold up completions. */
static void news_wait_for_sections_alone(void)
{
	struct rndis_request m = { { RNDIS_KEEPALIVE, sizeof(m) }, 31 };
	uint64_t transaction[FAKE_RECV_SIZE / 1728];
	unsigned int n = 0;
	uint32_t status = 0;

	fake_up(NVSP_VERSION_61);
	for (; n < FAKE_RECV_SIZE / 1728; n++) {
		fake_control(&m, sizeof(m));
		transaction[n] = fake_get(0)->transaction;
	}
	for (int i = 0; i < 201; i++)
		netvsp_set_link(fake.nic, i % 2 != 0);
	CU_ASSERT_EQUAL(fake_waiting(0), 0);
	for (uint64_t i = 1; i < 100; i++)
		CU_ASSERT_TRUE(fake_switch(NVSP_DATAPATH_SYNTHETIC, i));
	while (n > 0)
		fake_put(0, VMBUS_PACKET_COMPLETION, 0, transaction[--n], NULL, 0, NULL, 0);
	while (netvsp_poll(fake.nic))
		;
	while (fake_waiting(0) != 0) {
		fake_receive(0, answer, sizeof(answer), true);
		memcpy(&n, answer + 8, 4);
		if (n != RNDIS_LINK_SPEED_CHANGE)
			status = n;
		netvsp_poll(fake.nic);
	}
	CU_ASSERT_EQUAL(status, RNDIS_MEDIA_DISCONNECT); /* the last word */
}

static CU_TestInfo tests[] = {
	{ "dropped completions", dropped_completions },
	{ "silence", silence },
	{ "delays", delays },
	{ "a flood behind a delay", a_flood_behind_a_delay },
	{ "answers wait for sections", answers_wait_for_sections },
	{ "news wait for sections alone", news_wait_for_sections_alone },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("netvsp/fault", setup, fake_stop, tests);
