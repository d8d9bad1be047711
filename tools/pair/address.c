// SPDX-License-Identifier: BSD-3-Clause
/*
 * IP addresses on VFs, where there should be none: with one, the kernel may send from and answer
 * for an interface whose frames belong to the synthetic NIC. Network managers put them there.
 */
#include "address.h"
#include "netlink.h"
#include "fail.h"

#include <arpa/inet.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdio.h>

static const struct nlattr *find(const struct nlmsghdr *message, uint16_t type)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct ifaddrmsg))
		if (mnl_attr_get_type(attr) == type)
			return attr;
	return NULL;
}

int an_address_parse(const struct nlmsghdr *message, void *host)
{
	const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
	struct an_host *to = host;
	const struct nlattr *attr;
	size_t size;

	if (message->nlmsg_type != RTM_NEWADDR ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return MNL_CB_OK;
	/* Link-local ones carry no user's traffic. */
	if (header->ifa_scope == RT_SCOPE_LINK)
		return MNL_CB_OK;
	if (header->ifa_family == AF_INET)
		size = sizeof(struct in_addr);
	else if (header->ifa_family == AF_INET6)
		size = sizeof(struct in6_addr);
	else
		return MNL_CB_OK;
	/* With IFA_LOCAL, IFA_ADDRESS is the other end's. */
	attr = find(message, IFA_LOCAL);
	if (attr == NULL)
		attr = find(message, IFA_ADDRESS);
	for (struct an_nic *nic = to->nic; nic < to->nic + to->nics; nic++) {
		if (nic->vf.ifindex == 0 || nic->vf.ifindex != header->ifa_index ||
		    nic->vf_has_ip == AN_YES)
			continue;
		nic->vf_has_ip = AN_YES;
		if (attr == NULL || mnl_attr_get_payload_len(attr) != size ||
		    inet_ntop(header->ifa_family, mnl_attr_get_payload(attr), nic->vf_ip,
			      sizeof(nic->vf_ip)) == NULL)
			snprintf(nic->vf_ip, sizeof(nic->vf_ip), "?");
	}
	return MNL_CB_OK;
}

static int read_all(struct an_host *host)
{
	char buf[64] __attribute__((aligned(8)));
	struct an_netlink netlink;
	struct nlmsghdr *message;
	struct ifaddrmsg *header;
	int ret;

	ret = an_netlink_open(&netlink, NETLINK_ROUTE);
	if (ret)
		return ret;
	message = mnl_nlmsg_put_header(buf);
	message->nlmsg_type = RTM_GETADDR;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->ifa_family = AF_UNSPEC;
	ret = an_netlink_ask(&netlink, message, an_address_parse, host);
	an_netlink_close(&netlink);
	return ret;
}

void an_address_read_all(struct an_host *host)
{
	struct an_nic *nic;
	bool wanted = false;
	int ret;

	for (nic = host->nic; nic < host->nic + host->nics; nic++)
		wanted |= nic->vf.name[0] != '\0';
	if (!wanted)
		return;
	ret = read_all(host);
	for (nic = host->nic; nic < host->nic + host->nics; nic++) {
		if (nic->vf.name[0] == '\0' || nic->vf_has_ip == AN_YES)
			continue;
		if (ret == 0)
			nic->vf_has_ip = AN_NO;
		else
			an_fail(nic->failed, ret, "cannot read the addresses of %s", nic->vf.name);
	}
}
