// SPDX-License-Identifier: BSD-3-Clause
#include "fabric_fixture.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

static void good_rules(void)
{
	static const char *const row[][2] = { /* as typed, as listed */
		{ "100 in deny tcp any any:22", "100 in deny tcp any any:22" },
		{ "1 out allow any any any", "1 out allow any any any" },
		{ "65535 in deny udp 10.0.0.0/8 10.77.0.5:53",
		  "65535 in deny udp 10.0.0.0/8 10.77.0.5:53" },
		{ "7 in deny icmp 10.77.0.9/24 any", "7 in deny icmp 10.77.0.0/24 any" },
		{ "7 in deny 47 0.0.0.0/0 any", "7 in deny 47 0.0.0.0/0 any" },
		{ "7 in deny 6 any:1 any:65535", "7 in deny tcp any:1 any:65535" },
		{ "7 in deny tcp [fd77::1]:80 fd77::/16", "7 in deny tcp [fd77::1]:80 fd77::/16" },
		{ "7 in deny tcp [fd77::ff/60]:80 [fd77::2]",
		  "7 in deny tcp [fd77::/60]:80 fd77::2" },
		{ "7 out deny any ::/0 fd77::1/128", "7 out deny any ::/0 fd77::1" },
		{ "7 in deny any any:5 10.0.0.1", "7 in deny any any:5 10.0.0.1" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		char command[200], want[200];

		snprintf(command, sizeof(command), "add %s", row[i][0]);
		CU_ASSERT_EQUAL(policy(command), 0);
		CU_ASSERT_STRING_EQUAL(policy_answer, "");
		CU_ASSERT_EQUAL(policy("list"), 0);
		snprintf(want, sizeof(want), "%s vf=0 synthetic=0\n", row[i][1]);
		CU_ASSERT_STRING_EQUAL(policy_answer, want);
		snprintf(command, sizeof(command), "del %lu", strtoul(row[i][0], NULL, 10));
		CU_ASSERT_EQUAL(policy(command), 0);
	}
}

static void bad_commands(void)
{
	static const char *const row[] = {
		"", "add", "list all", "del", "del 1 2", "frobnicate", "del 100", "del x",
		"del 99999",
		"add 0 in deny tcp any any", "add 65536 in deny tcp any any",
		"add -1 in deny tcp any any", "add 1x in deny tcp any any",
		"add 99999999999999999999 in deny tcp any any", "add 1 up deny tcp any any",
		"add 1 in refuse tcp any any", "add 1 in deny sctpp any any",
		"add 1 in deny 256 any any", "add 1 in deny tcp any",
		"add 1 in deny tcp any any any",
		"add 1 in deny tcp 10.0.0 any", "add 1 in deny tcp 10.0.0.0/33 any",
		"add 1 in deny tcp 10.0.0.0/ any", "add 1 in deny tcp 10.0.0.0/-1 any",
		"add 1 in deny tcp 10.0.0.256 any", "add 1 in deny tcp any: any",
		"add 1 in deny tcp any:0 any", "add 1 in deny tcp any:65536 any",
		"add 1 in deny tcp any:http any", "add 1 in deny tcp :80 any",
		"add 1 in deny tcp [fd77::1 any", "add 1 in deny tcp [fd77::1]80 any",
		"add 1 in deny tcp [fd77::1]: any", "add 1 in deny tcp [10.0.0.1]:80 any",
		"add 1 in deny tcp [any]:80 any", "add 1 in deny tcp fd77::/129 any",
		"add 1 in deny tcp fd77::g any", "add 1 in deny tcp [] any",
		"add 1 in deny tcp 10.0.0.1 fd77::1", "add 1 in deny icmp any:8 any",
		"add 1 in deny 47 any any:1", "add 1 in deny tcp / any",
		"add 1 in deny tcp 1111111111111111111111111111111111111111111111111111111111111111"
		"11111111111111111111111111 any",
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		CU_ASSERT_EQUAL(policy(row[i]), -EINVAL);
		CU_ASSERT_TRUE(strncmp(policy_answer, "policy: ", 8) == 0);
		CU_ASSERT_TRUE(strchr(policy_answer, '\n') != NULL);
		CU_ASSERT_EQUAL(policy("list"), 0);
		CU_ASSERT_STRING_EQUAL(policy_answer, "");
	}
}

static void order_and_limits(void)
{
	char command[64];

	CU_ASSERT_EQUAL(policy("add 30 in deny tcp any any"), 0);
	CU_ASSERT_EQUAL(policy("add 10 in deny udp any any"), 0);
	CU_ASSERT_EQUAL(policy("add 20 out deny any any any"), 0);
	CU_ASSERT_EQUAL(policy("add 20 in deny any any any"), -EINVAL);
	CU_ASSERT_EQUAL(policy("list"), 0);
	CU_ASSERT_STRING_EQUAL(policy_answer, "10 in deny udp any any vf=0 synthetic=0\n"
					      "20 out deny any any any vf=0 synthetic=0\n"
					      "30 in deny tcp any any vf=0 synthetic=0\n");
	CU_ASSERT_EQUAL(policy("del 20"), 0);
	CU_ASSERT_EQUAL(policy("list"), 0);
	CU_ASSERT_STRING_EQUAL(policy_answer, "10 in deny udp any any vf=0 synthetic=0\n"
					      "30 in deny tcp any any vf=0 synthetic=0\n");
	for (int i = 0; i < 254; i++) {
		snprintf(command, sizeof(command), "add %d in deny tcp any any", 1000 - i);
		CU_ASSERT_EQUAL(policy(command), 0);
	}
	CU_ASSERT_EQUAL(policy("add 9 in deny tcp any any"), -EINVAL);
	CU_ASSERT_EQUAL(policy("del 747"), 0);
	CU_ASSERT_EQUAL(policy("add 9 in deny tcp any any"), 0);
}

struct match {
	const char *rule; /* priority 5 */
	int version, protocol;
	const char *src;
	uint16_t sport;
	const char *dst;
	uint16_t dport;
	bool matches;
};

#define V4 4, PROTO_TCP, "10.77.0.10", 1000, "10.77.0.11", 80
#define V6 6, PROTO_UDP, "fd77::a", 1000, "fd77::b", 53
static const struct match matches[] = {
	{ "tcp any any", V4, true },
	{ "any any any", V4, true },
	{ "6 any any", V4, true },
	{ "udp any any", V4, false },
	{ "icmp any any", V4, false },
	{ "tcp any any:80", V4, true },
	{ "tcp any any:81", V4, false },
	{ "tcp any:80 any", V4, false },
	{ "any any:1000 any", V4, true },
	{ "tcp 10.77.0.10 any", V4, true },
	{ "tcp 10.77.0.11 any", V4, false },
	{ "tcp any 10.77.0.11", V4, true },
	{ "tcp 10.77.0.8/30 any", V4, true },
	{ "tcp 10.77.0.12/30 any", V4, false },
	{ "tcp 10.77.0.10/31 10.77.0.10/31", V4, true },
	{ "tcp 0.0.0.0/0 any", V4, true },
	{ "tcp 138.0.0.0/1 any", V4, false },
	{ "tcp 0.0.0.0/1 any", V4, true },
	{ "tcp ::/0 any", V4, false },
	{ "tcp 10.77.0.10:1000 10.77.0.11:80", V4, true },
	{ "any ::/0 any", V6, true },
	{ "udp [fd77::a]:1000 [fd77::/64]:53", V6, true },
	{ "udp [fd77::a]:1001 any", V6, false },
	{ "udp fd77::8/125 any", V6, true },
	{ "udp fd77::/125 any", V6, false },
	{ "udp 0.0.0.0/0 any", V6, false },
	{ "udp any fd77::b", V6, true },
	{ "udp any fd77::c", V6, false },
};

static size_t build_match(const struct match *m)
{
	struct frame_spec spec = { .version = m->version, .protocol = m->protocol,
				   .sport = m->sport, .dport = m->dport, .payload = 3,
				   .dst_mac = nic_mac[1], .src_mac = nic_mac[0] };
	int family = m->version == 4 ? AF_INET : AF_INET6;

	CU_ASSERT_EQUAL(inet_pton(family, m->src, spec.src), 1);
	CU_ASSERT_EQUAL(inet_pton(family, m->dst, spec.dst), 1);
	return frames_build(frame, &spec);
}

/* The same verdict and the same counts on both paths, whichever direction the rule is for. */
static void matching(void)
{
	for (size_t i = 0; i < sizeof(matches) / sizeof(matches[0]); i++) {
		size_t len = build_match(&matches[i]);
		uint64_t hit = matches[i].matches;
		char command[200];

		for (int p = 0; p < FABRIC_PATHS; p++) {
			enum fabric_path path = (enum fabric_path)p;
			struct fabric_counters t = *tx(0, path), r = *rx(1, path);
			char want[40];

			fabric_set_datapath(nic[1], path);
			snprintf(command, sizeof(command), "add 5 out deny %s", matches[i].rule);
			CU_ASSERT_EQUAL(policy(command), 0);
			fabric_send(nic[0], path, frame, len);
			CU_ASSERT_EQUAL(tx(0, path)->drops[FABRIC_DROP_POLICY],
					t.drops[FABRIC_DROP_POLICY] + hit);
			CU_ASSERT_EQUAL(rx(1, path)->packets, r.packets + !hit);
			CU_ASSERT_EQUAL(policy("list"), 0);
			snprintf(want, sizeof(want), "vf=%d synthetic=%d\n",
				 hit && path == FABRIC_VF, hit && path == FABRIC_SYNTHETIC);
			CU_ASSERT_PTR_NOT_NULL(strstr(policy_answer, want));
			CU_ASSERT_EQUAL(policy("del 5"), 0);

			snprintf(command, sizeof(command), "add 5 in deny %s", matches[i].rule);
			CU_ASSERT_EQUAL(policy(command), 0);
			fabric_send(nic[0], path, frame, len);
			CU_ASSERT_EQUAL(tx(0, path)->packets, t.packets + !hit + 1);
			CU_ASSERT_EQUAL(rx(1, path)->drops[FABRIC_DROP_POLICY],
					r.drops[FABRIC_DROP_POLICY] + hit);
			CU_ASSERT_EQUAL(policy("del 5"), 0);
		}
	}
}

static void first_match_decides(void)
{
	size_t len = frame_0_to_1(4);

	policy("add 300 out deny any any any");
	policy("add 200 out allow udp any any:2000");
	policy("add 100 out deny tcp any any");
	fabric_send(nic[0], FABRIC_VF, frame, len);
	CU_ASSERT_EQUAL(tx(0, FABRIC_VF)->packets, 1);
	policy("add 150 out deny udp 10.77.0.0/24 any");
	fabric_send(nic[0], FABRIC_VF, frame, len);
	CU_ASSERT_EQUAL(tx(0, FABRIC_VF)->drops[FABRIC_DROP_POLICY], 1);
	policy("list");
	CU_ASSERT_STRING_EQUAL(policy_answer,
			       "100 out deny tcp any any vf=0 synthetic=0\n"
			       "150 out deny udp 10.77.0.0/24 any vf=1 synthetic=0\n"
			       "200 out allow udp any any:2000 vf=1 synthetic=0\n"
			       "300 out deny any any any vf=0 synthetic=0\n");
}

static void fragments(void)
{
	size_t len = frame_0_to_1(8);

	wire_put16(frame + ETHER_HEADER + IPV4_FRAGMENT, 1);
	policy("add 1 out deny udp any any:2000"); /* a fragment has no ports */
	fabric_send(nic[0], FABRIC_VF, frame, len);
	CU_ASSERT_EQUAL(tx(0, FABRIC_VF)->packets, 1);
	policy("add 2 out deny udp any any");
	fabric_send(nic[0], FABRIC_VF, frame, len);
	CU_ASSERT_EQUAL(tx(0, FABRIC_VF)->drops[FABRIC_DROP_POLICY], 1);
}

static void what_ip_stands_on_passes(void)
{
	static uint8_t arp[42] = { [12] = 8, [13] = 6 };
	struct frame_spec spec = { .version = 6, .protocol = PROTO_UDP, .payload = 24,
				   .src_mac = nic_mac[0], .dst_mac = nic_mac[1] };
	static const struct {
		uint8_t type;
		bool passes;
	} row[] = {
		{ 128, false }, { 129, false }, { 132, false }, { 133, true }, { 135, true },
		{ 136, true }, { 137, true }, { 138, false },
	};

	policy("add 1 out deny any any any");
	memcpy(arp, nic_mac[1], 6);
	memcpy(arp + 6, nic_mac[0], 6);
	fabric_send(nic[0], FABRIC_VF, arp, sizeof(arp));
	CU_ASSERT_EQUAL(tx(0, FABRIC_VF)->packets, 1);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		size_t len = frames_build(frame, &spec);
		uint64_t before = tx(0, FABRIC_SYNTHETIC)->packets;

		frame[ETHER_HEADER + IPV6_NEXT] = PROTO_ICMPV6;
		frame[ETHER_HEADER + IPV6_HEADER] = row[i].type;
		fabric_send(nic[0], FABRIC_SYNTHETIC, frame, len);
		CU_ASSERT_EQUAL(tx(0, FABRIC_SYNTHETIC)->packets - before, row[i].passes);
	}
	policy("del 1");
	policy("add 1 out deny icmp any any");
	frame[ETHER_HEADER + IPV6_HEADER] = 128;
	fabric_send(nic[0], FABRIC_VF, frame, 14 + 40 + 32);
	CU_ASSERT_EQUAL(tx(0, FABRIC_VF)->drops[FABRIC_DROP_POLICY], 1);
}

static CU_TestInfo tests[] = {
	{ "good rules, as typed and as listed", good_rules },
	{ "bad commands change nothing and say why", bad_commands },
	{ "order of priority, and the limit", order_and_limits },
	{ "matching, the same on both paths", matching },
	{ "the first match decides", first_match_decides },
	{ "fragments have no ports", fragments },
	{ "ARP and neighbour discovery pass", what_ip_stands_on_passes },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("fabric/policy", fixture_up, fixture_down, tests);
