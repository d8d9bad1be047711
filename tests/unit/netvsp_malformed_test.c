// SPDX-License-Identifier: BSD-3-Clause
/* What the synthetic NIC sends when it is told to send nonsense, and that it goes on as before. */
#include "netvsp_guest.h"

#include "../../tools/lab/vmbus/ring.h"

#include <errno.h>
#include <string.h>

static uint8_t message[2048];

static void setup(void)
{
	fake_start(NVSP_VERSION_61, 1);
}

static void needs_a_guest(void)
{
	CU_ASSERT_EQUAL(netvsp_send_malformed(fake.nic, "nvsp-type"), -ENOTCONN);
	CU_ASSERT_EQUAL(netvsp_claim_vf(fake.nic, true, 1), -ENOTCONN);
	fake_open(0);
	CU_ASSERT_EQUAL(netvsp_send_malformed(fake.nic, "nvsp-type"), -ENOBUFS);
	CU_ASSERT_EQUAL(netvsp_send_malformed(fake.nic, "nonsense"), -ENOENT);
	CU_ASSERT_EQUAL(netvsp_send_malformed(fake.nic, ""), -ENOENT);
}

static void one_packet_each(void)
{
	uint8_t out[64];
	const char *kind;
	unsigned int i;
	size_t len;

	fake_up(NVSP_VERSION_61);
	for (i = 0; (kind = netvsp_malformed_kind(i)) != NULL; i++) {
		CU_ASSERT_EQUAL(netvsp_send_malformed(fake.nic, kind), 0);
		CU_ASSERT_EQUAL(fake_waiting(0), 1);
		if (strncmp(kind, "rndis", 5) == 0)
			fake_receive(0, message, sizeof(message), true);
		else
			fake_get(0);
		for (unsigned int k = 0; k < i; k++)
			CU_ASSERT_STRING_NOT_EQUAL(kind, netvsp_malformed_kind(k));
	}
	CU_ASSERT_TRUE(i >= 20);
	CU_ASSERT_EQUAL(fake_query(OID_GEN_LINK_SPEED, NULL, 0, out, &len), RNDIS_SUCCESS);
	fake.room = 0;
	for (i = 0; (kind = netvsp_malformed_kind(i)) != NULL; i++)
		CU_ASSERT_EQUAL(netvsp_send_malformed(fake.nic, kind), -EAGAIN);
	fake.room = 100;
	CU_ASSERT_EQUAL(fake_query(OID_GEN_LINK_SPEED, NULL, 0, out, &len), RNDIS_SUCCESS);
}

/* The guest's completion of a transfer that was none. */
static void completions_of_nonsense(void)
{
	const struct fake_packet *p;
	uint8_t out[64];
	size_t len;

	fake_up(NVSP_VERSION_61);
	CU_ASSERT_EQUAL(netvsp_send_malformed(fake.nic, "page-ranges"), 0);
	p = fake_get(0);
	CU_ASSERT_EQUAL(p->flags, VMBUS_FLAG_COMPLETION_REQUESTED);
	fake_put(0, VMBUS_PACKET_COMPLETION, 0, p->transaction, NULL, 0, NULL, 0);
	CU_ASSERT_EQUAL(fake_query(OID_GEN_LINK_SPEED, NULL, 0, out, &len), RNDIS_SUCCESS);
}

/* What is sound in one kind is what another spoils: one thing is wrong in each. */
static void lies_one_at_a_time(void)
{
	struct ring_descriptor d;
	struct rndis_packet r;
	const struct fake_packet *p;
	size_t len;

	fake_up(NVSP_VERSION_61);
	netvsp_send_malformed(fake.nic, "packet-long");
	p = fake_get(0);
	memcpy(&d, p->payload, sizeof(d));
	CU_ASSERT_TRUE(d.length8 * 8u > p->len);
	CU_ASSERT_EQUAL(d.offset8 * 8u, sizeof(d));
	netvsp_send_malformed(fake.nic, "packet-offset");
	p = fake_get(0);
	memcpy(&d, p->payload, sizeof(d));
	CU_ASSERT_EQUAL(d.length8 * 8u, p->len);
	CU_ASSERT_TRUE(d.offset8 > d.length8);
	netvsp_send_malformed(fake.nic, "rndis-length");
	len = fake_receive(0, message, sizeof(message), true);
	memcpy(&r, message, sizeof(r));
	CU_ASSERT_TRUE(r.header.len > len);
	CU_ASSERT_TRUE(r.data_offset + r.data_len < 512);
	netvsp_send_malformed(fake.nic, "rndis-data-length");
	len = fake_receive(0, message, sizeof(message), true);
	memcpy(&r, message, sizeof(r));
	CU_ASSERT_EQUAL(r.header.len, len);
	CU_ASSERT_EQUAL(8 + r.data_offset + r.data_len, r.header.len + 1);
}

static void negotiate(void)
{
	fake_open(0);
	fake_init(NVSP_VERSION_61);
	fake_ndis_config(1500, NVSP_CAPABILITY_SRIOV);
	fake_buffers();
}

static void expect_association(uint32_t allocated, uint32_t serial)
{
	struct nvsp_message m = fake_get_nvsp(0, VMBUS_PACKET_INBAND, NVSP_SEND_VF_ASSOCIATION);

	CU_ASSERT_EQUAL(m.vf_association.allocated, allocated);
	CU_ASSERT_EQUAL(m.vf_association.serial, serial);
}

static void a_claim_is_not_kept(void)
{
	negotiate();
	netvsp_associate_vf(fake.nic, true, 1);
	expect_association(1, 1);
	CU_ASSERT_EQUAL(netvsp_claim_vf(fake.nic, true, 77), 0);
	expect_association(1, 77);
	CU_ASSERT_EQUAL(netvsp_claim_vf(fake.nic, false, 1), 0);
	expect_association(0, 1);
	fake_close(0);
	negotiate();
	expect_association(1, 1);
	fake.room = 0;
	CU_ASSERT_EQUAL(netvsp_claim_vf(fake.nic, true, 77), -EAGAIN);
}

static void silence_about_rndis(void)
{
	const struct netvsp_faults silent = { .silent_rndis = true };
	uint8_t out[64];
	size_t len;

	fake_up(NVSP_VERSION_61);
	netvsp_set_faults(fake.nic, &silent);
	fake_send_buf(); /* is answered */
	fake_put(0, VMBUS_PACKET_INBAND, FAKE_WANTS, 5, NULL, 0,
		 &(struct nvsp_message){ .type = NVSP_SEND_RNDIS,
					 .rndis = { NVSP_CHANNEL_CONTROL, NVSP_NO_SECTION, 0 } },
		 sizeof(struct nvsp_message));
	CU_ASSERT_EQUAL(fake_waiting(0), 0);
	netvsp_set_faults(fake.nic, NULL);
	CU_ASSERT_EQUAL(fake_query(OID_GEN_LINK_SPEED, NULL, 0, out, &len), RNDIS_SUCCESS);
}

static void a_stalled_host_reads_later(void)
{
	const struct netvsp_faults stalled = { .stalled = true };
	struct nvsp_message m = { .type = NVSP_SEND_SEND_BUF };

	fake_up(NVSP_VERSION_61);
	netvsp_set_faults(fake.nic, &stalled);
	m.buffer.gpadl = FAKE_SEND_GPADL;
	fake_put(0, VMBUS_PACKET_INBAND, FAKE_WANTS, 5, NULL, 0, &m, sizeof(m));
	netvsp_poll(fake.nic);
	CU_ASSERT_EQUAL(fake_waiting(0), 0);
	CU_ASSERT_TRUE(netvsp_deadline(fake.nic) != UINT64_MAX);
	netvsp_set_faults(fake.nic, NULL);
	netvsp_poll(fake.nic);
	fake_get_nvsp(0, VMBUS_PACKET_COMPLETION, NVSP_SEND_SEND_BUF_COMPLETE);
}

static CU_TestInfo tests[] = {
	{ "needs a guest", needs_a_guest },
	{ "one packet each", one_packet_each },
	{ "completions of nonsense", completions_of_nonsense },
	{ "lies one at a time", lies_one_at_a_time },
	{ "a claim is not kept", a_claim_is_not_kept },
	{ "silence about RNDIS", silence_about_rndis },
	{ "a stalled host reads later", a_stalled_host_reads_later },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("netvsp/malformed", setup, fake_stop, tests);
