// SPDX-License-Identifier: BSD-3-Clause
/*
 * What the host is told of the net_device, by work: the packet filter, and again what it may have
 * missed. Nobody holds RTNL while it is asked, and a host that stays silent is asked more and more
 * rarely.
 */
#include "../../kmod/rndis.h"
#include "../../kmod/rss.h"
#include "../../kmod/settings.h"
#include "../../kmod/waits.h"
#include "kmod_host.h"
#include "unit.h"

#include <linux/rtnetlink.h>

#define REFUSED 0xc00000bb

static bool silent;
static u32 status;

static void answer(const struct host_sent *sent)
{
	if (!silent)
		host_set_done(sent, status);
}

static void setup(void)
{
	host_setup();
	host.hear = answer;
	silent = false;
	status = 0;
	host_net.running = true;
	host_net.flags = IFF_BROADCAST;
	memcpy(host_net.dev_addr, "\x00\x15\x5d\x01\x02\x03", ETH_ALEN);
	an_settings_init(&host_nic);
}

static void teardown(void)
{
	CU_ASSERT_EQUAL(kernel.rtnl_us, 0);
	host_teardown();
}

static struct delayed_work *work(void)
{
	return &host_nic.settings_work;
}

static void doubt(enum an_setting setting)
{
	rtnl_lock();
	an_settings_mark_unsynced(&host_nic, setting);
	rtnl_unlock();
}

/* The filter in the last message. */
static u32 filter(void)
{
	__le32 value;

	CU_ASSERT_EQUAL(host_rndis_word(host_last(), HOST_RNDIS_OID),
			AN_OID_GEN_CURRENT_PACKET_FILTER);
	memcpy(&value, host_last()->rndis + HOST_RNDIS_INFO, sizeof(value));
	return le32_to_cpu(value);
}

/* Has the host been told the address since message number `from`? */
static bool told_mac(unsigned int from, const char *text)
{
	const struct host_sent *sent;
	unsigned int i;
	u8 *value;

	CU_ASSERT_FATAL(from < host.count);
	sent = &host.sent[from];
	CU_ASSERT_EQUAL(host_rndis_word(sent, HOST_RNDIS_OID), AN_OID_GEN_RNDIS_CONFIG_PARAMETER);
	value = (u8 *)sent->rndis + sent->rndis_len - 24;
	for (i = 0; i < 12; i++)
		if (value[2 * i] != text[i] || value[2 * i + 1])
			return false;
	return true;
}

static void the_filter_follows_the_flags(void)
{
	static const struct {
		bool running, multicast;
		unsigned int flags;
		u32 filter;
	} rows[] = {
		{ true, false, IFF_BROADCAST,
		  AN_RNDIS_FILTER_DIRECTED | AN_RNDIS_FILTER_BROADCAST },
		{ true, true, 0, AN_RNDIS_FILTER_DIRECTED | AN_RNDIS_FILTER_ALL_MULTICAST },
		{ true, false, IFF_ALLMULTI | IFF_BROADCAST,
		  AN_RNDIS_FILTER_DIRECTED | AN_RNDIS_FILTER_ALL_MULTICAST |
		  AN_RNDIS_FILTER_BROADCAST },
		{ true, true, IFF_PROMISC | IFF_BROADCAST, AN_RNDIS_FILTER_PROMISCUOUS },
		{ true, false, 0, AN_RNDIS_FILTER_DIRECTED },
		{ false, true, IFF_PROMISC, 0 },
	};
	u32 i;

	for (i = 0; i < ARRAY_SIZE(rows); i++) {
		host_net.running = rows[i].running;
		host_net.multicast = rows[i].multicast;
		host_net.flags = rows[i].flags;
		an_settings_update(&host_nic);
		CU_ASSERT_TRUE(kernel_run(work()));
		CU_ASSERT_EQUAL(host.count, i + 1);
		CU_ASSERT_EQUAL(filter(), rows[i].filter);
		CU_ASSERT_FALSE(work()->queued);
		/* What the host has it is not told. */
		an_settings_update(&host_nic);
		CU_ASSERT_TRUE(kernel_run(work()));
		CU_ASSERT_EQUAL(host.count, i + 1);
	}
}

static void a_silent_host_is_asked_more_and_more_rarely(void)
{
	static const u32 pauses[] = { 1, 2, 4, 8, 16, 32, 60, 60 };
	u64 ended = 0;
	u32 i;

	silent = true;
	an_settings_update(&host_nic);
	for (i = 0; i < ARRAY_SIZE(pauses); i++) {
		CU_ASSERT_TRUE_FATAL(kernel_run(work()));
		CU_ASSERT_EQUAL(host.count, i + 1);
		if (i > 0)
			CU_ASSERT_EQUAL((host_last()->us - ended) / 1000000, pauses[i - 1]);
		CU_ASSERT_TRUE(work()->queued);
		CU_ASSERT_EQUAL(work()->at, jiffies + pauses[i] * 1000);
		/* One try takes its time and no more. */
		CU_ASSERT((kernel.us - host_last()->us) / 1000 >= AN_FILTER_MS);
		CU_ASSERT((kernel.us - host_last()->us) / 1000 <= AN_FILTER_MS + AN_WAIT_SLICE_MS);
		ended = kernel.us;
	}
	silent = false;
	CU_ASSERT_TRUE(kernel_run(work()));
	CU_ASSERT_FALSE(work()->queued);
	/* All forgotten: the next silence begins at a second. */
	silent = true;
	host_net.flags = IFF_PROMISC;
	an_settings_update(&host_nic);
	CU_ASSERT_TRUE(kernel_run(work()));
	CU_ASSERT_EQUAL(work()->at, jiffies + 1000);
}

/* The host may have taken what it did not answer for: it is told even what it had before. */
static void what_the_host_has_is_not_known_after_silence(void)
{
	an_settings_update(&host_nic);
	kernel_run(work());
	silent = true;
	host_net.flags |= IFF_PROMISC;
	an_settings_update(&host_nic);
	kernel_run(work());
	silent = false;
	host_net.flags &= ~IFF_PROMISC;
	CU_ASSERT_TRUE(kernel_run(work()));
	CU_ASSERT_EQUAL(host.count, 3);
	CU_ASSERT_EQUAL(filter(), AN_RNDIS_FILTER_DIRECTED | AN_RNDIS_FILTER_BROADCAST);
}

static void an_address_in_doubt_is_told_again(void)
{
	unsigned int set = host_nic.settings_set;

	doubt(AN_SETTING_MAC);
	CU_ASSERT_EQUAL(host_nic.settings_set, set + 1);
	CU_ASSERT_TRUE(kernel_run(work()));
	CU_ASSERT_EQUAL_FATAL(host.count, 2);
	CU_ASSERT_TRUE(told_mac(1, "00155d010203"));
	CU_ASSERT_EQUAL(host_nic.unsynced, 0);
	CU_ASSERT_FALSE(work()->queued);
}

static void a_doubt_stays_while_the_host_is_silent(void)
{
	doubt(AN_SETTING_MAC);
	an_settings_update(&host_nic);
	host_nic.filter = AN_RNDIS_FILTER_DIRECTED | AN_RNDIS_FILTER_BROADCAST;
	silent = true;
	CU_ASSERT_TRUE(kernel_run(work()));
	CU_ASSERT_EQUAL(host_nic.unsynced, 1ul << AN_SETTING_MAC);
	CU_ASSERT_EQUAL(work()->at, jiffies + AN_RETRY_MS);
	silent = false;
	CU_ASSERT_TRUE(kernel_run(work()));
	CU_ASSERT_EQUAL(host_nic.unsynced, 0);
	CU_ASSERT_EQUAL(host.count, 2);
}

/* The user sets another while the host takes its time over the first. */
static void set_another(void)
{
	if (host.count != 2)
		return;
	kernel.tick = NULL;
	rtnl_lock();
	host_net.dev_addr[5] = 9;
	an_settings_note(&host_nic);
	rtnl_unlock();
	host_set_done(host_last(), 0);
	silent = false;
}

static void what_is_set_meanwhile_is_told_again(void)
{
	an_settings_update(&host_nic);
	kernel_run(work());
	doubt(AN_SETTING_MAC);
	silent = true;
	kernel.tick = set_another;
	CU_ASSERT_TRUE(kernel_run(work()));
	CU_ASSERT_EQUAL_FATAL(host.count, 2);
	CU_ASSERT_TRUE(told_mac(1, "00155d010203"));
	CU_ASSERT_EQUAL(host_nic.unsynced, 1ul << AN_SETTING_MAC);
	CU_ASSERT_TRUE(kernel_run(work()));
	CU_ASSERT_TRUE(told_mac(2, "00155d010209"));
	CU_ASSERT_EQUAL(host_nic.unsynced, 0);
	CU_ASSERT_FALSE(work()->queued);
}

/* Its word ends the doubt, whatever it is. */
static void a_refusal_is_an_answer(void)
{
	an_settings_update(&host_nic);
	kernel_run(work());
	doubt(AN_SETTING_MAC);
	status = REFUSED;
	CU_ASSERT_TRUE(kernel_run(work()));
	CU_ASSERT_EQUAL(host_nic.unsynced, 0);
	CU_ASSERT_EQUAL(kernel.warnings, 1);
	CU_ASSERT_FALSE(work()->queued);
}

static void rss_in_doubt_is_told_again(void)
{
	const struct host_sent *sent;
	unsigned int i;

	host_nic.rss_entries = 4;
	for (i = 0; i < 4; i++)
		host_nic.rss_table[i] = 3 - i;
	memset(host_nic.rss_key, 0x6b, sizeof(host_nic.rss_key));
	an_settings_update(&host_nic);
	kernel_run(work());
	doubt(AN_SETTING_RSS);
	CU_ASSERT_TRUE(kernel_run(work()));
	CU_ASSERT_EQUAL(host_nic.unsynced, 0);
	/* Off, then on: with the table, and the key right behind it. */
	CU_ASSERT_EQUAL_FATAL(host.count, 3);
	for (i = 1; i <= 2; i++) {
		struct an_ndis_rss_params params;
		__le32 table[4];

		sent = &host.sent[i];
		CU_ASSERT_EQUAL(host_rndis_word(sent, HOST_RNDIS_OID),
				AN_OID_GEN_RECEIVE_SCALE_PARAMETERS);
		CU_ASSERT_EQUAL_FATAL(sent->rndis_len, HOST_RNDIS_INFO + sizeof(params) + 16 + 40);
		memcpy(&params, sent->rndis + HOST_RNDIS_INFO, sizeof(params));
		CU_ASSERT_EQUAL(le16_to_cpu(params.flags), i == 1 ? AN_NDIS_RSS_DISABLE : 0);
		CU_ASSERT_EQUAL(le16_to_cpu(params.table_size), 16);
		CU_ASSERT_EQUAL(le32_to_cpu(params.key_offset), sizeof(params) + 16);
		CU_ASSERT_EQUAL(le32_to_cpu(params.hash),
				AN_NDIS_HASH_TOEPLITZ | AN_NDIS_HASH_IPV4 | AN_NDIS_HASH_TCP_IPV4 |
				AN_NDIS_HASH_IPV6 | AN_NDIS_HASH_TCP_IPV6);
		memcpy(table, sent->rndis + HOST_RNDIS_INFO + le32_to_cpu(params.table_offset), 16);
		CU_ASSERT_EQUAL(le32_to_cpu(table[0]), 3);
		CU_ASSERT_EQUAL(le32_to_cpu(table[3]), 0);
		CU_ASSERT_EQUAL(sent->rndis[HOST_RNDIS_INFO + le32_to_cpu(params.key_offset)],
				0x6b);
		CU_ASSERT_EQUAL(sent->rndis[sent->rndis_len - 1], 0x6b);
	}
}

/* A NIC without RSS has nothing to tell: no doubt is left, and nobody is asked. */
static void no_rss_is_no_doubt(void)
{
	an_settings_update(&host_nic);
	kernel_run(work());
	doubt(AN_SETTING_RSS);
	CU_ASSERT_TRUE(kernel_run(work()));
	CU_ASSERT_EQUAL(host_nic.unsynced, 0);
	CU_ASSERT_EQUAL(host.count, 1);
}

static void a_nic_that_goes_tells_nothing(void)
{
	an_settings_update(&host_nic);
	kernel_run(work());
	doubt(AN_SETTING_MAC);
	host_nic.registered = false;
	CU_ASSERT_TRUE(kernel_run(work()));
	CU_ASSERT_EQUAL(host.count, 1);
	CU_ASSERT_FALSE(work()->queued);
	host_nic.removing = true;
	an_settings_update(&host_nic);
	CU_ASSERT_FALSE(work()->queued);
}

/* Not asked again where nobody can answer. */
static void a_host_that_is_gone(void)
{
	silent = true;
	host.send_error = -ENODEV;
	host_channel.rescind = true;
	an_settings_update(&host_nic);
	CU_ASSERT_TRUE(kernel_run(work()));
	CU_ASSERT_FALSE(work()->queued);
	CU_ASSERT_EQUAL(kernel.warnings, 0);
}

static void halt_shuts_the_filter(void)
{
	an_settings_update(&host_nic);
	kernel_run(work());
	an_settings_update(&host_nic);
	an_settings_halt(&host_nic);
	CU_ASSERT_EQUAL(host.count, 2);
	CU_ASSERT_EQUAL(filter(), 0);
	CU_ASSERT_FALSE(work()->queued);
	host_nic.filter = 1;
	host_channel.rescind = true;
	an_settings_halt(&host_nic);
	CU_ASSERT_EQUAL(host.count, 2);
}

static CU_TestInfo tests[] = {
	{ "the filter follows the flags", the_filter_follows_the_flags },
	{ "a silent host is asked more and more rarely",
	  a_silent_host_is_asked_more_and_more_rarely },
	{ "what the host has is not known after silence",
	  what_the_host_has_is_not_known_after_silence },
	{ "an address in doubt is told again", an_address_in_doubt_is_told_again },
	{ "a doubt stays while the host is silent", a_doubt_stays_while_the_host_is_silent },
	{ "what is set meanwhile is told again", what_is_set_meanwhile_is_told_again },
	{ "a refusal is an answer", a_refusal_is_an_answer },
	{ "RSS in doubt is told again", rss_in_doubt_is_told_again },
	{ "no RSS is no doubt", no_rss_is_no_doubt },
	{ "a NIC that goes tells nothing", a_nic_that_goes_tells_nothing },
	{ "a host that is gone", a_host_that_is_gone },
	{ "halt shuts the filter", halt_shuts_the_filter },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("kmod/settings", setup, teardown, tests);
