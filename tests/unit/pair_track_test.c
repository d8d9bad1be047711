// SPDX-License-Identifier: BSD-3-Clause
/* What is told of which message: histories of interfaces, without a kernel. */
#include "../../tools/pair/track.h"
#include "unit.h"

#include <net/if_arp.h>
#include <stdio.h>
#include <string.h>

#define NET 2
#define VF  3

/* Small letters: of the synthetic NIC; an exclamation mark: the VF is lost. */
static const char letters[] = "AJLUDCNRTMVXGSY";
static char told[128];
static struct an_track track;
static struct an_rtlink net, vf;

static void note(const struct an_pair_event *event, void *ctx)
{
	size_t length = strlen(told);
	char letter = letters[event->what];

	CU_ASSERT_PTR_EQUAL(ctx, &track);
	snprintf(told + length, sizeof(told) - length, "%c%s",
		 event->vf ? letter : letter - 'A' + 'a', event->vf_is_lost ? "!" : "");
}

static struct an_rtlink link_of(uint32_t ifindex, const char *name, uint8_t mac)
{
	struct an_rtlink link = {
		.ifindex = ifindex, .type = ARPHRD_ETHER, .mtu = 1500, .mac[5] = mac,
		.has_mac = true, .permanent[5] = mac, .has_permanent = true, .up = true,
		.carrier = true,
	};

	snprintf(link.name, sizeof(link.name), "%s", name);
	return link;
}

static void setup(void)
{
	net = link_of(NET, "eth0", 1);
	vf = link_of(VF, "enP2s1", 1);
	vf.master = NET;
	an_track_init(&track, NET);
	an_track_link(&track, &net);
	track.notify = note;
	track.ctx = &track;
	told[0] = '\0';
}

static void expect(const char *what)
{
	CU_ASSERT_STRING_EQUAL(told, what);
	if (strcmp(told, what) != 0)
		printf("told \"%s\", not \"%s\"\n", told, what);
	told[0] = '\0';
}

static void show(const struct an_rtlink *link, const char *what)
{
	an_track_link(&track, link);
	expect(what);
}

/* As hv_netvsc's VF comes: registered, joined, brought up; and goes. */
static void life(void)
{
	vf.master = 0;
	vf.up = vf.carrier = false;
	show(&vf, "A");
	show(&vf, "");
	vf.master = NET;
	show(&vf, "J");
	vf.up = true;
	show(&vf, "U");
	vf.carrier = true;
	show(&vf, "C");
	snprintf(vf.name, sizeof(vf.name), "enP2s2");
	show(&vf, "R");
	vf.mtu = 9000;
	show(&vf, "T");
	vf.mac[5] = 9;
	show(&vf, "M");
	vf.carrier = false;
	show(&vf, "N!");
	vf.up = false;
	show(&vf, "D!");
	vf.master = 0;
	show(&vf, "L!");
	vf.deleted = true;
	show(&vf, "X");
	show(&vf, "");
}

static void of_the_nic(void)
{
	net.up = false;
	show(&net, "d");
	net.carrier = false;
	net.mtu = 1400;
	snprintf(net.name, sizeof(net.name), "lan0");
	show(&net, "nrt");
	net.mac[5] = 7;
	show(&net, "m");
	net.deleted = net.moved = true;
	show(&net, "v");
	/* It comes back under its index: all is news. */
	net.deleted = net.moved = false;
	show(&net, "dn");
	net.deleted = true;
	show(&net, "x");
}

static void gone_at_once(void)
{
	show(&vf, "J");
	vf.deleted = true;
	show(&vf, "X!");
	vf.deleted = false;
	vf.ifindex = 9;
	show(&vf, "J");
	vf.deleted = vf.moved = true;
	show(&vf, "V!");
}

static void strangers(void)
{
	struct an_rtlink other = link_of(5, "eth1", 2);

	show(&other, "");
	/* In a bond: the first one's MAC, but not the permanent one. */
	other.mac[5] = 1;
	show(&other, "");
	other.has_permanent = false;
	show(&other, "A");
	/* It is not in use, so its fate is no loss. */
	other.up = false;
	show(&other, "D");
	other.deleted = true;
	show(&other, "X");
	other.deleted = false;
	other.type = ARPHRD_INFINIBAND;
	show(&other, "");
	other.has_mac = false;
	other.type = ARPHRD_ETHER;
	show(&other, "");
}

/* A VLAN has its MAC, a bond that it is in too. */
static void what_stands_on_it(void)
{
	struct an_rtlink vlan = link_of(6, "eth0.5", 1), bond = link_of(7, "bond0", 1);

	vlan.has_permanent = bond.has_permanent = false;
	vlan.lower = NET;
	show(&vlan, "");
	vlan.lower_is_foreign = true;	/* then it is another's index 2 */
	show(&vlan, "A");
	net.master = 7;
	show(&net, "");
	show(&bond, "");
}

static void chosen(void)
{
	struct an_rtlink mine = link_of(8, "veth0", 77);

	mine.has_permanent = false;
	show(&mine, "");
	an_track_set_vf(&track, 8);
	show(&mine, "UC");
	mine.up = false;
	show(&mine, "D!");
	/* No longer. */
	an_track_set_vf(&track, 0);
	mine.up = true;
	show(&mine, "U");
	mine.up = false;
	show(&mine, "D");
	an_track_set_vf(&track, 8);
	mine.deleted = true;
	show(&mine, "X!");
	/* The NIC itself is no VF. */
	an_track_set_vf(&track, NET);
	net.up = false;
	show(&net, "d");
}

/* Strangers make room for the VF, the VF for none. */
static void short_of_places(void)
{
	struct an_rtlink link;

	for (uint32_t i = 0; i < 2 * AN_TRACK_VFS; i++) {
		link = link_of(100 + i, "x", 1);
		show(&link, "A");
	}
	show(&vf, "J");
	an_track_set_vf(&track, 200);
	for (uint32_t i = 0; i < 2 * AN_TRACK_VFS; i++) {
		link = link_of(300 + i, "x", 1);
		show(&link, "A");
	}
	vf.up = false;
	show(&vf, "D!");
	link = link_of(200, "y", 9);
	show(&link, "UC");
}

static void after_a_loss(void)
{
	show(&vf, "J");
	an_track_resync(&track);
	expect("y");
	vf.up = false;
	show(&vf, "D!CJ");
	show(&vf, "");
	show(&net, "uc");
}

static void health(void)
{
	an_track_health(&track, false);
	expect("G!");
	an_track_health(&track, true);
	expect("S");
	CU_ASSERT_EQUAL(track.told, 2);
}

static CU_TestInfo tests[] = {
	{ "a VF comes and goes", life },
	{ "the synthetic NIC", of_the_nic },
	{ "gone at once", gone_at_once },
	{ "strangers", strangers },
	{ "what stands on the NIC", what_stands_on_it },
	{ "chosen by the caller", chosen },
	{ "more interfaces than places", short_of_places },
	{ "after messages were lost", after_a_loss },
	{ "health", health },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pair/track", setup, NULL, tests);
