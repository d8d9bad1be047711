// SPDX-License-Identifier: BSD-3-Clause
/*
 * Subchannels against a scripted host that grants and offers them: those that come are used, in a
 * row from the first; those that do not cost their queue, nothing else.
 */
#include "../../kmod/nvsp.h"
#include "../../kmod/rss.h"
#include "../../kmod/waits.h"
#include "kmod_host.h"
#include "unit.h"

#define REFUSED 0xc00000bb

static struct vmbus_channel sub[8];

/* The script. */
static struct {
	bool no_rss;
	u32 queues;
	u32 status;		/* of the grant */
	u32 granted;
	u16 offers[8];		/* their indices, 0 ends */
	u32 sets;		/* RSS messages that came */
	u32 status_set;
	bool gone;		/* the host, at the grant */
} script;

static void offer(void)
{
	u32 i;

	kernel.tick = NULL;
	for (i = 0; i < 8 && script.offers[i]; i++) {
		sub[i] = (struct vmbus_channel){
			.primary_channel = &host_channel,
			.offermsg.offer.sub_channel_index = script.offers[i],
		};
		if (host_channel.offered)
			host_channel.offered(&sub[i]);
	}
}

static void answer_rndis(const struct host_sent *sent)
{
	struct an_ndis_rss_caps caps = {
		.header.type = AN_NDIS_OBJECT_RSS_CAPABILITIES,
		.header.revision = 2,
		.header.size = cpu_to_le16(sizeof(caps)),
		.queues = cpu_to_le32(script.queues),
		.table_entries = cpu_to_le16(128),
	};
	__le32 refusal[3] = { cpu_to_le32(REFUSED) };

	if (host_rndis_word(sent, HOST_RNDIS_OID) == AN_OID_GEN_RECEIVE_SCALE_PARAMETERS) {
		script.sets++;
		host_set_done(sent, script.status_set);
	} else if (script.no_rss) {
		host_complete(sent->id, NULL, 0);
		host_answer_rndis(sent, AN_RNDIS_QUERY_COMPLETE, refusal, sizeof(refusal));
	} else {
		host_query_done(sent, &caps, sizeof(caps));
	}
}

static void answer(const struct host_sent *sent)
{
	struct an_nvsp_message msg = { 0 };

	if (le32_to_cpu(sent->msg.type) == AN_NVSP_SEND_RNDIS) {
		answer_rndis(sent);
		return;
	}
	if (script.gone) {
		host_channel.rescind = true;
		return;
	}
	msg.subchannel_complete.status = cpu_to_le32(script.status);
	msg.subchannel_complete.count = cpu_to_le32(script.granted);
	host_answer(sent->id, msg, AN_NVSP_SUBCHANNEL);
	kernel.tick = offer;
}

static void setup(void)
{
	host_setup();
	host.hear = answer;
	memset(&script, 0, sizeof(script));
	script.queues = 64;
	script.granted = 3;
	script.status = AN_NVSP_STATUS_SUCCESS;
	memcpy(script.offers, (const u16[]){ 1, 2, 3 }, 3 * sizeof(u16));
	an_rss_init(&host_nic);
	CU_ASSERT_EQUAL(an_queue_open(host_nic.queue[0]), 0);
	host.opens = 0;
}

static void teardown(void)
{
	an_queues_quiesce(&host_nic);
	host_teardown();
}

static void four_queues(void)
{
	u64 begun = kernel.us;
	u32 i;

	CU_ASSERT_EQUAL(an_rss_start(&host_nic), 0);
	CU_ASSERT_EQUAL(host_nic.queues_max, 4);	/* of 4 CPUs, whatever the host has */
	CU_ASSERT_EQUAL(host_nic.queues, 4);
	CU_ASSERT_EQUAL(le32_to_cpu(host.sent[1].msg.subchannel.count), 3);
	CU_ASSERT_EQUAL(kernel.us - begun, 1000);
	CU_ASSERT_EQUAL(host_nic.rss_entries, 128);
	for (i = 0; i < 128; i++)
		CU_ASSERT_EQUAL(host_nic.rss_table[i], i % 4);
	CU_ASSERT_EQUAL(script.sets, 2);	/* off, and on */
	CU_ASSERT_EQUAL(host_nic.send_table[5], 5);
	CU_ASSERT_EQUAL(kernel.warnings, 0);
	CU_ASSERT_EQUAL(host_nic.offers, 0);
}

static void as_many_as_there_are(void)
{
	static const struct {
		u32 cpus, queues, asked;
	} rows[] = { { 64, 64, 7 }, { 64, 3, 2 }, { 2, 64, 1 }, { 1, 64, 0 }, { 8, 1, 0 } };
	u32 i, j;

	script.granted = 0;
	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		kernel.cpus = rows[i].cpus;
		script.queues = rows[i].queues;
		host.count = 0;
		CU_ASSERT_EQUAL(an_rss_start(&host_nic), 0);
		CU_ASSERT_EQUAL(host_nic.queues, 1);
		CU_ASSERT_EQUAL(host.count, rows[i].asked ? 2 : 1);
		if (rows[i].asked)
			CU_ASSERT_EQUAL(le32_to_cpu(host.sent[1].msg.subchannel.count),
					rows[i].asked);
	}
	for (j = 0; j < host.count; j++)
		CU_ASSERT_NOT_EQUAL(host_rndis_word(&host.sent[j], HOST_RNDIS_OID),
				    AN_OID_GEN_RECEIVE_SCALE_PARAMETERS);
}

static void hosts_without(void)
{
	host_nic.nvsp_version = AN_NVSP_VERSION_4;
	CU_ASSERT_EQUAL(an_rss_start(&host_nic), 0);
	CU_ASSERT_EQUAL(host.count, 0);
	host_nic.nvsp_version = AN_NVSP_VERSION_5;
	script.no_rss = true;
	CU_ASSERT_EQUAL(an_rss_start(&host_nic), 0);
	CU_ASSERT_EQUAL(host.count, 1);
	script.no_rss = false;
	script.status = AN_NVSP_STATUS_FAIL;
	CU_ASSERT_EQUAL(an_rss_start(&host_nic), 0);
	CU_ASSERT_EQUAL(host_nic.queues, 1);
	CU_ASSERT_EQUAL(host_nic.queues_max, 1);
	CU_ASSERT_EQUAL(kernel.warnings, 1);
	CU_ASSERT_PTR_EQUAL(an_rss_build(&(struct an_nic){ .rss_entries = 0 }),
			    ERR_PTR(-EOPNOTSUPP));
}

static void a_host_that_goes_meanwhile(void)
{
	script.gone = true;
	CU_ASSERT_EQUAL(an_rss_start(&host_nic), -ENODEV);
	CU_ASSERT_EQUAL(host_nic.queues_max, 1);
}

static void go_away(void)
{
	host_channel.rescind = true;
}

static void answer_and_go(const struct host_sent *sent)
{
	answer(sent);
	if (kernel.tick)
		kernel.tick = go_away;
}

/* Between the grant and the offers: nobody waits for those. */
static void a_host_that_goes_after_the_grant(void)
{
	u64 begun = kernel.us;

	host.hear = answer_and_go;
	CU_ASSERT_EQUAL(an_rss_start(&host_nic), 0);
	CU_ASSERT_EQUAL(host_nic.queues, 1);
	CU_ASSERT_EQUAL((kernel.us - begun) / 1000, AN_WAIT_SLICE_MS);
	CU_ASSERT_EQUAL(host_nic.stats.host_silent.counter, 0);
}

/* Granted, and never offered. */
static void a_promise_that_is_not_kept(void)
{
	u64 begun = kernel.us;

	script.offers[1] = 0;
	CU_ASSERT_EQUAL(an_rss_start(&host_nic), 0);
	CU_ASSERT_EQUAL(host_nic.queues, 2);
	CU_ASSERT((kernel.us - begun) / 1000 >= AN_SUBCHANNELS_MS);
	CU_ASSERT((kernel.us - begun) / 1000 <= AN_SUBCHANNELS_MS + 2 * AN_WAIT_SLICE_MS);
	CU_ASSERT_EQUAL(host_nic.stats.host_silent.counter, 1);
	CU_ASSERT_EQUAL(host_nic.rss_table[2], 0);
	CU_ASSERT_EQUAL(host_nic.rss_table[3], 1);
}

/* Indices nobody asked for, and one twice; after a gap no queue is used. */
static void odd_offers(void)
{
	memcpy(script.offers, (const u16[]){ 64, 4, 2, 2, 3 }, 5 * sizeof(u16));
	CU_ASSERT_EQUAL(an_rss_start(&host_nic), 0);
	CU_ASSERT_EQUAL(host_nic.subchannels_open.counter, 2);
	CU_ASSERT_EQUAL(host_nic.queues, 1);
	CU_ASSERT_PTR_EQUAL(host_nic.queue[2]->channel, &sub[2]);
	CU_ASSERT_PTR_NULL(host_nic.queue[1]);
	CU_ASSERT_PTR_NULL(host_nic.queue[4]);
	CU_ASSERT_EQUAL(script.sets, 0);
}

static void one_that_does_not_open(void)
{
	host.ring_max = 4096;
	CU_ASSERT_EQUAL(an_rss_start(&host_nic), 0);
	CU_ASSERT_EQUAL(host_nic.queues, 1);
	CU_ASSERT_EQUAL(host_nic.subchannels_open.counter, 0);
	CU_ASSERT_PTR_NULL(host_nic.queue[1]);
	CU_ASSERT_EQUAL(kernel.warnings, 4);	/* each, and how many are missing */
}

static void parameters_are_refused(void)
{
	script.status_set = REFUSED;
	CU_ASSERT_EQUAL(an_rss_start(&host_nic), 0);
	CU_ASSERT_EQUAL(host_nic.queues, 4);
	CU_ASSERT_EQUAL(kernel.warnings, 1);
}

static void none_comes_after_the_end(void)
{
	void (*offered)(struct vmbus_channel *channel);

	script.granted = 0;
	script.offers[0] = 0;
	CU_ASSERT_EQUAL(an_rss_start(&host_nic), 0);
	offered = host_channel.offered;
	an_rss_stop(&host_nic);
	CU_ASSERT_PTR_NULL(host_channel.offered);
	CU_ASSERT_PTR_NULL(host_channel.device_obj->data);
	/* hv_vmbus may have been on its way, with the NIC or without. */
	sub[0] = (struct vmbus_channel){ .primary_channel = &host_channel,
					 .offermsg.offer.sub_channel_index = 1 };
	offered(&sub[0]);
	host_channel.device_obj->data = &host_nic;
	offered(&sub[0]);
	CU_ASSERT_PTR_NULL(host_nic.queue[1]);
	host_nic.offers_stopped = false;
	host_nic.removing = true;
	offered(&sub[0]);
	CU_ASSERT_PTR_NULL(host_nic.queue[1]);
	host_nic.removing = false;
	offered(&sub[0]);
	CU_ASSERT_PTR_NOT_NULL(host_nic.queue[1]);
}

static CU_TestInfo tests[] = {
	{ "four queues", four_queues },
	{ "as many as there are", as_many_as_there_are },
	{ "hosts without", hosts_without },
	{ "a host that goes meanwhile", a_host_that_goes_meanwhile },
	{ "a host that goes after the grant", a_host_that_goes_after_the_grant },
	{ "a promise that is not kept", a_promise_that_is_not_kept },
	{ "odd offers", odd_offers },
	{ "one that does not open", one_that_does_not_open },
	{ "parameters are refused", parameters_are_refused },
	{ "none comes after the end", none_comes_after_the_end },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("kmod/rss", setup, teardown, tests);
