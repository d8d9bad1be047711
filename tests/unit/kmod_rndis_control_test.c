// SPDX-License-Identifier: BSD-3-Clause
/*
 * RNDIS control against a scripted host: which answer belongs to which question, what is asked at
 * the start, and what becomes of a page that the host may still read.
 */
#include "../../kmod/request.h"
#include "../../kmod/rndis.h"
#include "../../kmod/waits.h"
#include "kmod_host.h"
#include "unit.h"

#define REFUSED 0xc00000bb

/* The script. */
static struct {
	u32 silent_for;		/* an RNDIS type */
	u32 init_status;
	u32 init_short;		/* bytes its answer lacks */
	u32 refused;		/* an OID */
	u8 mac[ETH_ALEN];
	u32 mac_len;
	u32 frame;
	u32 media;
	u32 speed;
} script;

static void query_u32(const struct host_sent *sent, u32 value)
{
	__le32 answer = cpu_to_le32(value);

	host_query_done(sent, &answer, sizeof(answer));
}

static void answer_query(const struct host_sent *sent)
{
	__le32 refusal[3] = { cpu_to_le32(REFUSED) };
	u32 oid = host_rndis_word(sent, HOST_RNDIS_OID);

	if (oid == script.refused) {
		host_complete(sent->id, NULL, 0);
		host_answer_rndis(sent, AN_RNDIS_QUERY_COMPLETE, refusal, sizeof(refusal));
		return;
	}
	switch (oid) {
	case AN_OID_802_3_PERMANENT_ADDRESS:
		host_query_done(sent, script.mac, script.mac_len);
		break;
	case AN_OID_GEN_MAXIMUM_FRAME_SIZE:
		query_u32(sent, script.frame);
		break;
	case AN_OID_GEN_MEDIA_CONNECT_STATUS:
		query_u32(sent, script.media);
		break;
	case AN_OID_GEN_LINK_SPEED:
		query_u32(sent, script.speed);
		break;
	default:
		CU_FAIL("a question nobody expects");
	}
}

static void answer(const struct host_sent *sent)
{
	__le32 init[10] = { cpu_to_le32(script.init_status) };
	u32 type = host_rndis_word(sent, HOST_RNDIS_TYPE);

	CU_ASSERT_EQUAL(host_rndis_word(sent, 1), sent->rndis_len);
	CU_ASSERT_EQUAL(le32_to_cpu(sent->msg.type), AN_NVSP_SEND_RNDIS);
	CU_ASSERT_EQUAL(le32_to_cpu(sent->msg.rndis.channel_type), AN_NVSP_CHANNEL_CONTROL);
	CU_ASSERT_EQUAL(le32_to_cpu(sent->msg.rndis.section), AN_NVSP_NO_SECTION);
	if (type == script.silent_for)
		return;
	if (type == AN_RNDIS_QUERY) {
		answer_query(sent);
	} else if (type == AN_RNDIS_SET) {
		host_set_done(sent, 0);
	} else {
		host_complete(sent->id, NULL, 0);
		if (type == AN_RNDIS_INIT)
			host_answer_rndis(sent, AN_RNDIS_INIT_COMPLETE, init,
					  sizeof(init) - script.init_short);
	}
}

static void setup(void)
{
	host_setup();
	host.hear = answer;
	memset(&script, 0, sizeof(script));
	memcpy(script.mac, "\x00\x15\x5d\x0a\x0b\x0c", ETH_ALEN);
	script.mac_len = ETH_ALEN;
	script.frame = 1500;
	script.speed = 400000000;
}

static void teardown(void)
{
	CU_ASSERT_TRUE(list_empty(&host_nic.requests));
	host_teardown();
}

static int set(void)
{
	__le32 value = cpu_to_le32(0x2a);

	return an_rndis_set(&host_nic, AN_OID_GEN_CURRENT_PACKET_FILTER, &value, sizeof(value),
			    1000);
}

static void the_start(void)
{
	CU_ASSERT_EQUAL(an_rndis_start(&host_nic), 0);
	CU_ASSERT_EQUAL_FATAL(host.count, 5);
	CU_ASSERT_EQUAL(host_rndis_word(&host.sent[0], 0), AN_RNDIS_INIT);
	CU_ASSERT_EQUAL(host_rndis_word(&host.sent[0], 3), 1);
	CU_ASSERT_EQUAL(memcmp(host_net.dev_addr, script.mac, ETH_ALEN), 0);
	CU_ASSERT_EQUAL(memcmp(host_net.perm_addr, script.mac, ETH_ALEN), 0);
	CU_ASSERT_TRUE(host_nic.link_up);
	CU_ASSERT_EQUAL(host_nic.link_mbps, 40000);
	CU_ASSERT_EQUAL(host_net.mtu, 1500);
	CU_ASSERT_EQUAL(host_nic.queue[0]->xact.used, 0);
}

static void what_the_host_may_leave_out(void)
{
	script.refused = AN_OID_GEN_LINK_SPEED;
	CU_ASSERT_EQUAL(an_rndis_start(&host_nic), 0);
	CU_ASSERT_EQUAL(host_nic.link_mbps, 0);
	script.refused = AN_OID_GEN_MAXIMUM_FRAME_SIZE;
	CU_ASSERT_EQUAL(an_rndis_start(&host_nic), 0);
	script.refused = AN_OID_802_3_PERMANENT_ADDRESS;
	CU_ASSERT_EQUAL(an_rndis_start(&host_nic), -EOPNOTSUPP);
	CU_ASSERT_EQUAL(kernel.warnings, 1);
}

static void odd_hosts(void)
{
	host_nic.nvsp_version = AN_NVSP_VERSION_4;	/* whose speed is not asked for */
	script.media = 1;
	script.frame = 1280;
	CU_ASSERT_EQUAL(an_rndis_start(&host_nic), 0);
	CU_ASSERT_EQUAL(host.count, 4);
	CU_ASSERT_FALSE(host_nic.link_up);
	CU_ASSERT_EQUAL(host_net.mtu, 1280);
	script.frame = 20;
	CU_ASSERT_EQUAL(an_rndis_start(&host_nic), 0);
	CU_ASSERT_EQUAL(host_net.mtu, 1280);
	script.mac[0] = 1;
	CU_ASSERT_EQUAL(an_rndis_start(&host_nic), -EBADMSG);
	script.mac[0] = 0;
	script.mac_len = 5;
	CU_ASSERT_EQUAL(an_rndis_start(&host_nic), -EBADMSG);
	script.init_short = 4;
	CU_ASSERT_EQUAL(an_rndis_start(&host_nic), -EBADMSG);
	script.init_short = 0;
	script.init_status = REFUSED;
	CU_ASSERT_EQUAL(an_rndis_start(&host_nic), -EOPNOTSUPP);
}

/* An answer is matched by number and type; it is taken once. */
static void whose_answer_it_is(const struct host_sent *sent)
{
	struct an_rndis_rx rx = { .type = AN_RNDIS_SET_COMPLETE, .len = 16 };
	__le32 message[4] = { 0 };

	rx.id = host_rndis_word(sent, HOST_RNDIS_ID) + 1;
	message[3] = cpu_to_le32(REFUSED);
	an_rndis_answer(&host_nic, message, &rx);	/* another's number */
	rx.id--;
	rx.type = AN_RNDIS_QUERY_COMPLETE;
	an_rndis_answer(&host_nic, message, &rx);	/* another's type */
	CU_ASSERT_EQUAL(host_nic.stats.host_late_answer.counter, 2);
	host_set_done(sent, 0);
	CU_ASSERT_EQUAL(host_nic.stats.host_late_answer.counter, 2);
	rx.type = AN_RNDIS_SET_COMPLETE;
	an_rndis_answer(&host_nic, message, &rx);	/* a second one */
	CU_ASSERT_EQUAL(host_nic.stats.host_late_answer.counter, 3);
}

static void answers_are_matched(void)
{
	host.hear = whose_answer_it_is;
	CU_ASSERT_EQUAL(set(), 0);
	host.count = 0;
	host_nic.stats.host_late_answer.counter = 0;
	CU_ASSERT_EQUAL(set(), 0);	/* under another number */
}

static void answer_at_length(const struct host_sent *sent)
{
	u8 body[AN_REQUEST_ANSWER_MAX - 12 + 1] = { 0 };

	host_complete(sent->id, NULL, 0);
	host_answer_rndis(sent, AN_RNDIS_SET_COMPLETE, body, sizeof(body));
}

static void an_answer_that_is_too_long(void)
{
	host.hear = answer_at_length;
	CU_ASSERT_EQUAL(set(), -EBADMSG);
}

/* The host says more than there is room for. */
static void information_that_is_too_long(void)
{
	u8 data[5] = { [4] = 0x77 };
	u32 len = 4;

	script.mac_len = 5;
	CU_ASSERT_EQUAL(an_rndis_query(&host_nic, AN_OID_802_3_PERMANENT_ADDRESS, data, &len, 0,
				       1000), -EBADMSG);
	CU_ASSERT_EQUAL(data[4], 0x77);
}

/* The page lives until the host is done with it, whatever became of the question. */
static void silence_keeps_the_page(void)
{
	u64 begun = kernel.us;

	script.silent_for = AN_RNDIS_SET;
	CU_ASSERT_EQUAL(set(), -ETIMEDOUT);
	CU_ASSERT((kernel.us - begun) / 1000 >= 1000);
	CU_ASSERT((kernel.us - begun) / 1000 <= 1000 + AN_WAIT_SLICE_MS);
	CU_ASSERT_EQUAL(host_nic.stats.host_silent.counter, 1);
	CU_ASSERT_EQUAL(host_nic.queue[0]->xact.used, 1);
	CU_ASSERT_TRUE(list_empty(&host_nic.requests));
	host_set_done(host_last(), 0);	/* ASan: the request was still there, and now it is not */
	CU_ASSERT_EQUAL(host_nic.queue[0]->xact.used, 0);
	CU_ASSERT_EQUAL(host_nic.stats.host_late_answer.counter, 1);
	/* A second completion of it finds nothing. */
	host_complete(host_last()->id, NULL, 0);
	CU_ASSERT_EQUAL(host_nic.stats.host_bad_completion.counter, 1);
}

/* What the host never ends, closing the channel does; LeakSanitizer looks. */
static void closing_ends_what_is_open(void)
{
	CU_ASSERT_EQUAL(an_queue_open(host_nic.queue[0]), 0);
	script.silent_for = AN_RNDIS_SET;
	CU_ASSERT_EQUAL(set(), -ETIMEDOUT);
	an_queues_quiesce(&host_nic);
	an_queues_close(&host_nic);
	CU_ASSERT_EQUAL(host_nic.queue[0]->xact.used, 0);
	CU_ASSERT_EQUAL(host.opens, 0);
}

static void a_full_ring(void)
{
	u64 begun = kernel.us;

	host.full = 3;
	CU_ASSERT_EQUAL(set(), 0);
	CU_ASSERT_EQUAL(kernel.us - begun, 3 * 2000);
	host.full = -1;
	CU_ASSERT_EQUAL(set(), -EAGAIN);
	CU_ASSERT_EQUAL(host_nic.queue[0]->xact.used, 0);
	host.full = 0;
	host.send_error = -ENODEV;
	CU_ASSERT_EQUAL(set(), -ENODEV);
	CU_ASSERT_EQUAL(host_nic.queue[0]->xact.used, 0);
}

static void memory_ends(void)
{
	u32 value, len = sizeof(value);

	kernel.memory = 0;
	CU_ASSERT_EQUAL(set(), -ENOMEM);
	kernel.memory = 1;
	CU_ASSERT_EQUAL(set(), -ENOMEM);
	kernel.memory = 0;
	CU_ASSERT_EQUAL(an_rndis_query(&host_nic, AN_OID_GEN_LINK_SPEED, &value, &len, 0, 1),
			-ENOMEM);
	kernel.memory = 0;
	CU_ASSERT_EQUAL(an_rndis_start(&host_nic), -ENOMEM);
	CU_ASSERT_EQUAL(host.count, 0);
}

static void a_set_is_a_page_at_most(void)
{
	static u8 data[AN_REQUEST_MESSAGE_MAX];

	CU_ASSERT_EQUAL(an_rndis_set(&host_nic, AN_OID_GEN_RECEIVE_SCALE_PARAMETERS, data,
				     sizeof(data) - HOST_RNDIS_INFO + 1, 1000), -EINVAL);
	CU_ASSERT_EQUAL(host.count, 0);
}

/* UTF-16 of "NetworkAddress" and of the address without colons. */
static void the_address_is_text(void)
{
	static const char text[] = "NetworkAddress" "00155d0a0b0c";
	const u8 *at;
	u32 i;

	CU_ASSERT_EQUAL(an_rndis_set_mac(&host_nic, script.mac), 0);
	CU_ASSERT_EQUAL(host_rndis_word(host_last(), HOST_RNDIS_OID),
			AN_OID_GEN_RNDIS_CONFIG_PARAMETER);
	CU_ASSERT_EQUAL_FATAL(host_last()->rndis_len,
			      HOST_RNDIS_INFO + sizeof(struct an_rndis_config_parameter) +
			      2 * strlen(text));
	at = host_last()->rndis + HOST_RNDIS_INFO + sizeof(struct an_rndis_config_parameter);
	for (i = 0; i < strlen(text); i++)
		CU_ASSERT(at[2 * i] == text[i] && !at[2 * i + 1]);
}

static void halt_waits_for_nothing(void)
{
	u64 begun = kernel.us;

	an_rndis_halt(&host_nic);
	CU_ASSERT_EQUAL(host.count, 1);
	CU_ASSERT_EQUAL(host_rndis_word(host_last(), 0), AN_RNDIS_HALT);
	CU_ASSERT_EQUAL(kernel.us, begun);
	host_channel.rescind = true;
	an_rndis_halt(&host_nic);
	CU_ASSERT_EQUAL(host.count, 1);
}

static CU_TestInfo tests[] = {
	{ "the start", the_start },
	{ "what the host may leave out", what_the_host_may_leave_out },
	{ "odd hosts", odd_hosts },
	{ "answers are matched", answers_are_matched },
	{ "an answer that is too long", an_answer_that_is_too_long },
	{ "information that is too long", information_that_is_too_long },
	{ "silence keeps the page", silence_keeps_the_page },
	{ "closing ends what is open", closing_ends_what_is_open },
	{ "a full ring", a_full_ring },
	{ "memory ends", memory_ends },
	{ "a set is a page at most", a_set_is_a_page_at_most },
	{ "the address is text", the_address_is_text },
	{ "halt waits for nothing", halt_waits_for_nothing },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("kmod/rndis_control", setup, teardown, tests);
