// SPDX-License-Identifier: BSD-3-Clause
#include "../../tools/lab/fabric/frame.h"
#include "fabric_fixture.h"

#include <arpa/inet.h>
#include <errno.h>

static const uint8_t echo_mac[6] = { 0x02, 0x77, 0, 0, 1, 1 };
static const uint8_t broadcast[6] = { 255, 255, 255, 255, 255, 255 };
static struct guest_path *const me = &guest[0][FABRIC_SYNTHETIC];

static void setup(void)
{
	struct fabric_peer_config config = { .net = 1 };

	fixture_up();
	CU_ASSERT_EQUAL(fabric_peer_echo(fabric, &config), 0);
}

/* Sends frame; whether NIC 0 got an answer from the echo peer. The answer is in me->last. */
static bool ask(size_t len)
{
	unsigned int before = me->frames;

	fabric_send(nic[0], FABRIC_VF, frame, len);
	if (me->frames == before)
		return false;
	CU_ASSERT_EQUAL(me->frames, before + 1);
	CU_ASSERT_EQUAL(memcmp(me->last, nic_mac[0], 6), 0);
	CU_ASSERT_EQUAL(memcmp(me->last + 6, echo_mac, 6), 0);
	return true;
}

static size_t udp_spec(struct frame_spec *spec, int version, int vlan, size_t payload,
		       const char *dst)
{
	*spec = (struct frame_spec){ .version = version, .protocol = PROTO_UDP, .vlan = vlan,
				     .payload = payload, .sport = 4000, .dport = 7,
				     .dst_mac = echo_mac, .src_mac = nic_mac[0] };
	inet_pton(version == 4 ? AF_INET : AF_INET6, version == 4 ? "10.78.0.9" : "fd78::9",
		  spec->src);
	inet_pton(version == 4 ? AF_INET : AF_INET6, dst, spec->dst);
	return frames_build(frame, spec);
}

static void udp(void)
{
	static const struct {
		int version, vlan;
		size_t payload;
		const char *dst;
		bool answered;
	} row[] = {
		{ 4, 0, 0, "10.78.0.1", true },      { 4, 0, 1473, "10.78.0.1", true },
		{ 4, 0, 8972, "10.78.0.1", true },   { 4, 100, 10, "10.78.100.1", true },
		{ 4, 100, 10, "10.78.0.1", true },   { 4, 0, 10, "10.78.100.1", false },
		{ 4, 0x164, 10, "10.78.100.1", false }, { 4, 0, 1, "10.77.0.1", false },
		{ 4, 0, 1, "10.78.0.255", false },   { 6, 0, 1, "fd78::1", true },
		{ 6, 0x6005, 8952, "fd78::1", true }, { 6, 0, 1, "fd77::1", false },
		{ 6, 0, 1, "ff02::1", false },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		struct frame_spec spec;
		size_t len = udp_spec(&spec, row[i].version, row[i].vlan, row[i].payload,
				      row[i].dst);
		struct frame_info info;
		size_t address = row[i].version == 4 ? 4 : 16, src;

		CU_ASSERT_EQUAL(ask(len), row[i].answered);
		if (!row[i].answered)
			continue;
		CU_ASSERT_EQUAL(me->len, len);
		CU_ASSERT_EQUAL(frame_parse(me->last, len, &info), 0);
		CU_ASSERT_EQUAL(info.vlan_tci, row[i].vlan);
		CU_ASSERT_NOT_EQUAL(frame_check_l3(me->last, &info), FRAME_CHECKSUM_BAD);
		CU_ASSERT_EQUAL(frame_check_l4(me->last, &info), FRAME_CHECKSUM_GOOD);
		src = info.l3_offset + (row[i].version == 4 ? IPV4_SRC : IPV6_SRC);
		CU_ASSERT_EQUAL(memcmp(me->last + src, spec.dst, address), 0);
		CU_ASSERT_EQUAL(memcmp(me->last + src + address, spec.src, address), 0);
		CU_ASSERT_EQUAL(wire_get16(me->last + info.l4_offset), 7);
		CU_ASSERT_EQUAL(wire_get16(me->last + info.l4_offset + 2), 4000);
		CU_ASSERT_EQUAL(memcmp(me->last + info.payload_offset,
				       frame + info.payload_offset, row[i].payload), 0);
	}
}

static void bad_checksums_get_no_answer(void)
{
	struct frame_spec spec;
	size_t len = udp_spec(&spec, 4, 0, 20, "10.78.0.1");

	frame[len - 1] ^= 1;
	CU_ASSERT_FALSE(ask(len));
	wire_put16(frame + 14 + 20 + UDP_CHECKSUM, 0); /* "not computed" is no lie */
	CU_ASSERT_TRUE(ask(len));
	frame[14 + IPV4_TTL]++;
	CU_ASSERT_FALSE(ask(len));
	len = udp_spec(&spec, 6, 0, 20, "fd78::1");
	frame[len - 1] ^= 1;
	CU_ASSERT_FALSE(ask(len));
	len = udp_spec(&spec, 4, 0, 20, "10.78.0.1");
	frame[5] ^= 1; /* another host's MAC */
	CU_ASSERT_FALSE(ask(len));
}

static size_t arp(int vlan, const char *target)
{
	static const uint8_t request[] = { 0, 1, 8, 0, 6, 4, 0, 1 };
	uint8_t *p = frame + (vlan ? 18 : 14);

	memset(frame, 0, 64);
	memcpy(frame, broadcast, 6);
	memcpy(frame + 6, nic_mac[0], 6);
	if (vlan) {
		wire_put16(frame + 12, ETHER_TYPE_VLAN);
		wire_put16(frame + 14, (uint16_t)vlan);
	}
	wire_put16(p - 2, ETHER_TYPE_ARP);
	memcpy(p, request, sizeof(request));
	memcpy(p + 8, nic_mac[0], 6);
	inet_pton(AF_INET, "10.78.0.9", p + 14);
	inet_pton(AF_INET, target, p + 24);
	return (size_t)(p + 28 - frame);
}

static void address_resolution(void)
{
	static const uint8_t reply[] = { 0, 1, 8, 0, 6, 4, 0, 2 };
	size_t len = arp(0, "10.78.0.1");

	CU_ASSERT_TRUE(ask(len));
	CU_ASSERT_EQUAL(me->len, 42);
	CU_ASSERT_EQUAL(memcmp(me->last + 14, reply, 8), 0);
	CU_ASSERT_EQUAL(memcmp(me->last + 22, echo_mac, 6), 0);
	CU_ASSERT_EQUAL(memcmp(me->last + 28, frame + 38, 4), 0);
	CU_ASSERT_EQUAL(memcmp(me->last + 32, frame + 22, 10), 0);
	CU_ASSERT_FALSE(ask(len - 1));
	frame[21] = 2; /* a reply is not a question */
	CU_ASSERT_FALSE(ask(len));
	CU_ASSERT_FALSE(ask(arp(0, "10.78.0.2")));
	CU_ASSERT_TRUE(ask(arp(100, "10.78.100.1")));
	CU_ASSERT_EQUAL(wire_get16(me->last + 14), 100);
	CU_ASSERT_EQUAL(wire_get16(me->last + 16), ETHER_TYPE_ARP);
}

static void icmp_checksum(int version, size_t len)
{
	size_t at = 14u + (version == 4 ? 20 : 40);
	uint32_t pseudo = 0;

	if (version == 6)
		pseudo = frames_sum(frame + 14 + IPV6_SRC, 32,
				    PROTO_ICMPV6 + (uint32_t)(len - at));
	wire_put16(frame + at + 2, 0);
	wire_put16(frame + at + 2, (uint16_t)~frames_sum(frame + at, len - at, pseudo));
}

/* The UDP frame with its transport header turned into an ICMP one of that type. */
static size_t icmp(int version, uint8_t type, size_t payload, const char *dst)
{
	struct frame_spec spec;
	size_t len = udp_spec(&spec, version, 0, payload, dst);
	size_t at = 14u + (version == 4 ? 20 : 40);

	memset(frame + at, 0, 8);
	frame[at] = type;
	frame[at + 5] = 77; /* identifier */
	if (version == 4) {
		frame[14 + IPV4_PROTOCOL] = PROTO_ICMP;
		wire_put16(frame + 14 + IPV4_CHECKSUM, 0);
		wire_put16(frame + 14 + IPV4_CHECKSUM, (uint16_t)~frames_sum(frame + 14, 20, 0));
	} else {
		frame[14 + IPV6_NEXT] = PROTO_ICMPV6;
		frame[14 + IPV6_HOPS] = 255;
	}
	icmp_checksum(version, len);
	return len;
}

static void ping(void)
{
	size_t len = icmp(4, 8, 57, "10.78.0.1");

	CU_ASSERT_TRUE(ask(len));
	CU_ASSERT_EQUAL(me->len, len);
	CU_ASSERT_EQUAL(me->last[34], 0);
	CU_ASSERT_EQUAL(frames_sum(me->last + 14, 20, 0), 0xffff);
	CU_ASSERT_EQUAL(frames_sum(me->last + 34, len - 34, 0), 0xffff);
	CU_ASSERT_EQUAL(memcmp(me->last + 38, frame + 38, len - 38), 0);
	frame[len - 1] ^= 4;
	CU_ASSERT_FALSE(ask(len));
	CU_ASSERT_FALSE(ask(icmp(4, 0, 8, "10.78.0.1")));
	CU_ASSERT_FALSE(ask(icmp(4, 8, 8, "10.78.0.2")));

	len = icmp(6, 128, 8000, "fd78::1");
	CU_ASSERT_TRUE(ask(len));
	CU_ASSERT_EQUAL(me->last[54], 129);
	CU_ASSERT_EQUAL(frames_l4_sum(me->last, 14, 54, len, 6, PROTO_ICMPV6), 0xffff);
	CU_ASSERT_EQUAL(memcmp(me->last + 58, frame + 58, len - 58), 0);
	frame[100] ^= 4;
	CU_ASSERT_FALSE(ask(len));
	CU_ASSERT_FALSE(ask(icmp(6, 129, 8, "fd78::1")));
	CU_ASSERT_FALSE(ask(icmp(6, 128, 8, "fd78::2")));
}

static size_t solicitation(const char *target, bool nameless, uint8_t hops)
{
	static const uint8_t option[] = { 1, 1, 0, 0x15, 0x5d, 0, 0, 1 };
	size_t len = icmp(6, 135, 24, "ff02::1:ff00:1");

	frame[0] = 0x33;
	frame[1] = 0x33;
	memset(frame + 54 + 4, 0, 4);
	inet_pton(AF_INET6, target, frame + 54 + 8);
	memcpy(frame + 54 + 24, option, 8);
	frame[14 + IPV6_HOPS] = hops;
	if (nameless)
		memset(frame + 14 + IPV6_SRC, 0, 16);
	icmp_checksum(6, len);
	return len;
}

static void neighbour_discovery(void)
{
	size_t len = solicitation("fd78::1", false, 255);

	CU_ASSERT_TRUE(ask(len));
	CU_ASSERT_EQUAL(me->len, 14 + 40 + 32);
	CU_ASSERT_EQUAL(frames_l4_sum(me->last, 14, 54, me->len, 6, PROTO_ICMPV6), 0xffff);
	CU_ASSERT_EQUAL(me->last[14 + IPV6_HOPS], 255);
	CU_ASSERT_EQUAL(me->last[54], 136);
	CU_ASSERT_EQUAL(me->last[58], 0x60);
	CU_ASSERT_EQUAL(memcmp(me->last + 62, frame + 62, 16), 0);
	CU_ASSERT_EQUAL(memcmp(me->last + 14 + IPV6_SRC, frame + 62, 16), 0);
	CU_ASSERT_EQUAL(memcmp(me->last + 14 + IPV6_DST, frame + 14 + IPV6_SRC, 16), 0);
	CU_ASSERT_EQUAL(me->last[78], 2);
	CU_ASSERT_EQUAL(me->last[79], 1);
	CU_ASSERT_EQUAL(memcmp(me->last + 80, echo_mac, 6), 0);
	CU_ASSERT_TRUE(ask(solicitation("fd78::1", true, 255)));
	CU_ASSERT_EQUAL(me->last[58], 0x20);
	CU_ASSERT_EQUAL(me->last[14 + IPV6_DST], 0xff);
	CU_ASSERT_FALSE(ask(solicitation("fd78::1", false, 64)));
	CU_ASSERT_FALSE(ask(solicitation("fd78::2", false, 255)));
	len = solicitation("fd78::1", false, 255);
	frame[len - 1] ^= 1;
	CU_ASSERT_FALSE(ask(len));
}

static void lies(void)
{
	size_t len;

	/* An ICMP message cut short, by the IP header's word and by the frame's end. */
	for (size_t payload = 0; payload < 24; payload++) {
		len = icmp(6, 135, payload, "ff02::1:ff00:1");
		CU_ASSERT_FALSE(ask(len));
		CU_ASSERT_FALSE(ask(len - 1));
	}
	len = icmp(4, 8, 0, "10.78.0.1");
	wire_put16(frame + 14 + IPV4_LENGTH, 24);
	wire_put16(frame + 14 + IPV4_CHECKSUM, 0);
	wire_put16(frame + 14 + IPV4_CHECKSUM, (uint16_t)~frames_sum(frame + 14, 20, 0));
	CU_ASSERT_FALSE(ask(len));
	len = icmp(4, 8, 8, "10.78.0.1");
	wire_put16(frame + 14 + IPV4_FRAGMENT, 0x2000);
	wire_put16(frame + 14 + IPV4_CHECKSUM, 0);
	wire_put16(frame + 14 + IPV4_CHECKSUM, (uint16_t)~frames_sum(frame + 14, 20, 0));
	CU_ASSERT_FALSE(ask(len));
}

static void nets(void)
{
	struct fabric_peer_config config = { .net = 23 };

	CU_ASSERT_EQUAL(fabric_peer_echo(fabric, &config), -EINVAL);
	config.net = UINT32_MAX;
	CU_ASSERT_EQUAL(fabric_peer_echo(fabric, &config), -EINVAL);
	CU_ASSERT_EQUAL(fabric_peer_tap(fabric, &config), -EINVAL);
	config.net = 3;
	CU_ASSERT_EQUAL(fabric_peer_echo(fabric, &config), 0);
	memcpy(frame, broadcast, 6);
	fabric_send(nic[0], FABRIC_VF, frame, arp(0, "10.80.0.1"));
	CU_ASSERT_EQUAL(me->frames, 1);
	CU_ASSERT_EQUAL(me->last[10], 3);
}

static CU_TestInfo tests[] = {
	{ "UDP goes back, IPv4, IPv6 and tagged", udp },
	{ "bad checksums get no answer", bad_checksums_get_no_answer },
	{ "ARP", address_resolution },
	{ "ICMP and ICMPv6 echo", ping },
	{ "neighbour discovery", neighbour_discovery },
	{ "lying lengths and fragments get no answer", lies },
	{ "nets", nets },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("fabric/echo", setup, fixture_down, tests);
