// SPDX-License-Identifier: BSD-3-Clause
/* Which of the kernel's RTM_NEWADDR messages are about a VF. */
#include "../../tools/pair/address.h"
#include "unit.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

static char buf[256] __attribute__((aligned(8)));
static struct an_host host;

static void setup(void)
{
	memset(&host, 0, sizeof(host));
	host.nics = 2;
	host.nic[0].vf.ifindex = 3;	/* the second has no VF */
}

static struct nlmsghdr *build(int family, uint32_t ifindex, uint8_t scope, const char *local,
			      const char *address)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
	struct ifaddrmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	size_t size = family == AF_INET ? 4 : 16;
	uint8_t bytes[16];

	message->nlmsg_type = RTM_NEWADDR;
	header->ifa_family = (uint8_t)family;
	header->ifa_index = ifindex;
	header->ifa_scope = scope;
	if (address != NULL && inet_pton(family, address, bytes) == 1)
		mnl_attr_put(message, IFA_ADDRESS, size, bytes);
	if (local != NULL && inet_pton(family, local, bytes) == 1)
		mnl_attr_put(message, IFA_LOCAL, size, bytes);
	return message;
}

static void addresses(void)
{
	static const struct {
		int family;
		uint32_t ifindex;
		uint8_t scope;
		const char *local;
		const char *address;
		enum an_fact has_ip;
		const char *ip;
	} row[] = {
		{ AF_INET, 3, RT_SCOPE_UNIVERSE, "10.0.0.4", "10.0.0.4", AN_YES, "10.0.0.4" },
		{ AF_INET, 3, RT_SCOPE_UNIVERSE, "10.0.0.4", "10.0.0.9", AN_YES, "10.0.0.4" },
		{ AF_INET6, 3, RT_SCOPE_UNIVERSE, NULL, "fd00::4", AN_YES, "fd00::4" },
		{ AF_INET6, 3, RT_SCOPE_LINK, NULL, "fe80::1", AN_UNKNOWN, "" },
		{ AF_INET, 3, RT_SCOPE_LINK, "169.254.1.1", NULL, AN_UNKNOWN, "" },
		{ AF_INET, 3, RT_SCOPE_UNIVERSE, NULL, NULL, AN_YES, "?" },
		{ AF_INET, 4, RT_SCOPE_UNIVERSE, "10.0.0.4", NULL, AN_UNKNOWN, "" },
		{ AF_INET, 0, RT_SCOPE_UNIVERSE, "10.0.0.4", NULL, AN_UNKNOWN, "" },
		{ AF_UNIX, 3, RT_SCOPE_UNIVERSE, NULL, NULL, AN_UNKNOWN, "" },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		setup();
		an_address_parse(build(row[i].family, row[i].ifindex, row[i].scope, row[i].local,
				       row[i].address), &host);
		CU_ASSERT_EQUAL(host.nic[0].vf_has_ip, row[i].has_ip);
		CU_ASSERT_STRING_EQUAL(host.nic[0].vf_ip, row[i].ip);
		CU_ASSERT_EQUAL(host.nic[1].vf_has_ip, AN_UNKNOWN);
	}
}

static void the_first_is_kept(void)
{
	an_address_parse(build(AF_INET, 3, 0, "10.0.0.4", NULL), &host);
	an_address_parse(build(AF_INET, 3, 0, "10.0.0.5", NULL), &host);
	CU_ASSERT_STRING_EQUAL(host.nic[0].vf_ip, "10.0.0.4");
}

static void broken(void)
{
	struct nlmsghdr *whole = build(AF_INET6, 3, 0, "fd00::4", "fd00::4"), *copy;

	for (size_t i = sizeof(*whole); i < whole->nlmsg_len; i++) {
		copy = calloc(1, MNL_ALIGN(i));	/* libmnl reads to the alignment */
		memcpy(copy, whole, i);
		copy->nlmsg_len = (uint32_t)i;
		setup();
		an_address_parse(copy, &host);
		free(copy);
	}
	/* An IPv4 address in IPv6's clothes. */
	setup();
	((struct ifaddrmsg *)mnl_nlmsg_get_payload(whole))->ifa_family = AF_INET;
	an_address_parse(whole, &host);
	CU_ASSERT_EQUAL(host.nic[0].vf_has_ip, AN_YES);
	CU_ASSERT_STRING_EQUAL(host.nic[0].vf_ip, "?");
	/* Another message. */
	setup();
	whole->nlmsg_type = RTM_NEWLINK;
	an_address_parse(whole, &host);
	CU_ASSERT_EQUAL(host.nic[0].vf_has_ip, AN_UNKNOWN);
}

static CU_TestInfo tests[] = {
	{ "whose address, and which", addresses },
	{ "the first address is kept", the_first_is_kept },
	{ "broken messages", broken },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("pair/address", setup, NULL, tests);
