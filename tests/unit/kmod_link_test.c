// SPDX-License-Identifier: BSD-3-Clause
/* The host's link and the carrier that follows it: however much the host says, not too often. */
#include "../../kmod/link.h"
#include "../../kmod/waits.h"
#include "kmod_host.h"
#include "unit.h"

static void setup(void)
{
	host_setup();
	an_link_init(&host_nic);
	an_link_start(&host_nic, false, 0);
}

static void indicate(u32 status)
{
	struct an_rndis_rx rx = { .type = AN_RNDIS_INDICATE, .status = status };

	an_link_indicate(&host_nic, &rx);
}

static struct delayed_work *work(void)
{
	return &host_nic.link_work;
}

static void run(void)
{
	CU_ASSERT_TRUE(kernel_run(work()));
}

/* Lets the space after a change go by. */
static void space(void)
{
	kernel_sleep(AN_LINK_SPACE_MS * 1000);
}

static void the_carrier_follows_the_host(void)
{
	indicate(AN_RNDIS_MEDIA_CONNECT);
	CU_ASSERT_FALSE(host_net.carrier);	/* NAPI: noted, no more */
	run();
	CU_ASSERT_TRUE(host_net.carrier);
	CU_ASSERT_EQUAL(host_net.notified, 0);
	space();
	indicate(AN_RNDIS_MEDIA_DISCONNECT);
	CU_ASSERT_TRUE(host_net.carrier);
	run();
	CU_ASSERT_FALSE(host_net.carrier);
	CU_ASSERT_EQUAL(host_net.notified, 0);
}

static void a_flood_changes_it_every_other_second(void)
{
	u64 begun = kernel.us;
	int i;

	for (i = 0; i < 1000; i++) {
		indicate(i % 2 ? AN_RNDIS_MEDIA_DISCONNECT : AN_RNDIS_MEDIA_CONNECT);
		if (work()->queued && work()->at <= jiffies)
			run();
		kernel_sleep(20000);
	}
	CU_ASSERT(host_net.carrier_changes <= (kernel.us - begun) / 1000 / AN_LINK_SPACE_MS + 1);
	CU_ASSERT(host_net.carrier_changes > 0);
	/* In the end it is as the host said last. */
	indicate(AN_RNDIS_MEDIA_CONNECT);
	while (kernel_run(work()))
		;
	CU_ASSERT_TRUE(host_net.carrier);
	indicate(AN_RNDIS_MEDIA_DISCONNECT);
	while (kernel_run(work()))
		;
	CU_ASSERT_FALSE(host_net.carrier);
}

static void what_comes_too_soon_comes_in_time(void)
{
	indicate(AN_RNDIS_MEDIA_CONNECT);
	run();
	indicate(AN_RNDIS_MEDIA_DISCONNECT);
	run();
	CU_ASSERT_TRUE(host_net.carrier);
	CU_ASSERT_TRUE(work()->queued);
	CU_ASSERT_EQUAL(work()->at, host_nic.link_at);
	run();
	CU_ASSERT_FALSE(host_net.carrier);
	CU_ASSERT_FALSE(work()->queued);
}

/* Another place on the network: whoever asked for addresses should ask again. */
static void a_network_change_is_a_blink(void)
{
	indicate(AN_RNDIS_MEDIA_CONNECT);
	run();
	space();
	indicate(AN_RNDIS_NETWORK_CHANGE);
	run();
	CU_ASSERT_FALSE(host_net.carrier);
	CU_ASSERT_TRUE(work()->queued);
	CU_ASSERT_EQUAL(work()->at, jiffies + AN_LINK_BLINK_MS);
	run();
	CU_ASSERT_TRUE(host_net.carrier);
	CU_ASSERT_FALSE(work()->queued);
}

/* A link that is said to be there, and was: the NIC may be at another place. */
static void connected_once_more_is_announced(void)
{
	indicate(AN_RNDIS_MEDIA_CONNECT);
	run();
	space();
	indicate(AN_RNDIS_MEDIA_CONNECT);
	run();
	CU_ASSERT_EQUAL(host_net.notified, 1);
	CU_ASSERT_EQUAL(host_net.carrier_changes, 1);
}

static void speed_and_what_nobody_knows(void)
{
	struct an_rndis_rx rx = { .status = AN_RNDIS_LINK_SPEED_CHANGE, .speed = 400000000 };

	an_link_indicate(&host_nic, &rx);
	CU_ASSERT_EQUAL(host_nic.link_mbps, 40000);
	CU_ASSERT_FALSE(work()->queued);
	indicate(0x40010099);
	CU_ASSERT_EQUAL(host_nic.stats.host_unknown.counter, 1);
	CU_ASSERT_FALSE(work()->queued);
	an_link_start(&host_nic, true, 100000000);
	CU_ASSERT_EQUAL(host_nic.link_mbps, 10000);
	CU_ASSERT_TRUE(host_nic.link_up);
	CU_ASSERT_FALSE(host_net.carrier);
}

/* The stack goes on with a change later, when the net_device must still be there. */
static void not_unless_it_is_registered(void)
{
	host_nic.registered = false;
	indicate(AN_RNDIS_MEDIA_CONNECT);
	run();
	CU_ASSERT_FALSE(host_net.carrier);
	CU_ASSERT_FALSE(work()->queued);
	host_nic.registered = true;
	indicate(AN_RNDIS_NETWORK_CHANGE);
	an_link_stop(&host_nic);
	CU_ASSERT_FALSE(work()->queued);
	host_nic.removing = true;
	indicate(AN_RNDIS_MEDIA_CONNECT);
	CU_ASSERT_FALSE(work()->queued);
}

static CU_TestInfo tests[] = {
	{ "the carrier follows the host", the_carrier_follows_the_host },
	{ "a flood changes it every other second", a_flood_changes_it_every_other_second },
	{ "what comes too soon comes in time", what_comes_too_soon_comes_in_time },
	{ "a network change is a blink", a_network_change_is_a_blink },
	{ "connected once more is announced", connected_once_more_is_announced },
	{ "speed and what nobody knows", speed_and_what_nobody_knows },
	{ "not unless it is registered", not_unless_it_is_registered },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("kmod/link", setup, host_teardown, tests);
