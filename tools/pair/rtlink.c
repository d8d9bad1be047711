// SPDX-License-Identifier: BSD-3-Clause
/*
 * A network interface as rtnetlink tells it. The kernel sends RTM_NEWLINK for anything that changes
 * on an interface and RTM_DELLINK when it goes; for one that moves to another network namespace the
 * latter carries IFLA_NEW_NETNSID or IFLA_NEW_IFINDEX (linux: rtnl_fill_ifinfo). Bridges tell of
 * their ports with the same messages, in the family AF_BRIDGE.
 */
#include "rtlink.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#define ALT_NAME 128	/* ALTIFNAMSIZ of <linux/if.h>, which <net/if.h> excludes */

static bool take_number(uint32_t *to, const struct nlattr *attr)
{
	if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
		return false;
	*to = mnl_attr_get_u32(attr);
	return true;
}

/* Hardware addresses of other lengths, InfiniBand's or a tunnel's, are no MAC. */
static bool take_mac(uint8_t mac[6], const struct nlattr *attr)
{
	if (mnl_attr_get_payload_len(attr) != 6)
		return false;
	memcpy(mac, mnl_attr_get_payload(attr), 6);
	return true;
}

static bool take_name(char *name, const struct nlattr *attr)
{
	if (mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) < 0 ||
	    mnl_attr_get_payload_len(attr) > IFNAMSIZ)
		return false;
	snprintf(name, IFNAMSIZ, "%s", mnl_attr_get_str(attr));
	return true;
}

static void take_kind(char *kind, size_t size, const struct nlattr *info)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, info)
		if (mnl_attr_get_type(attr) == IFLA_INFO_KIND &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
			snprintf(kind, size, "%s", mnl_attr_get_str(attr));
}

static bool take_attribute(struct an_rtlink *link, const struct nlattr *attr)
{
	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		return take_name(link->name, attr);
	case IFLA_MTU:
		return take_number(&link->mtu, attr);
	case IFLA_MASTER:
		return take_number(&link->master, attr);
	case IFLA_LINK:
		return take_number(&link->lower, attr);
	case IFLA_ADDRESS:
		link->has_mac = take_mac(link->mac, attr);
		return true;
	case IFLA_PERM_ADDRESS:
		link->has_permanent = take_mac(link->permanent, attr);
		return true;
	case IFLA_CARRIER:
		if (mnl_attr_validate(attr, MNL_TYPE_U8) < 0)
			return false;
		link->carrier = mnl_attr_get_u8(attr) != 0;
		return true;
	case IFLA_LINK_NETNSID:
		link->lower_is_foreign = true;
		return true;
	case IFLA_LINKINFO:
		take_kind(link->kind, sizeof(link->kind), attr);
		return true;
	case IFLA_NEW_NETNSID:
	case IFLA_NEW_IFINDEX:
		link->moved = link->deleted;
		return true;
	default:
		return true;
	}
}

int an_rtlink_parse(const struct nlmsghdr *message, struct an_rtlink *link)
{
	const struct ifinfomsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;

	if (message->nlmsg_type != RTM_NEWLINK && message->nlmsg_type != RTM_DELLINK)
		return 0;
	if (mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return -EBADMSG;
	if (header->ifi_family != AF_UNSPEC || header->ifi_index <= 0)
		return 0;
	*link = (struct an_rtlink){
		.ifindex = (uint32_t)header->ifi_index,
		.type = header->ifi_type,
		.up = header->ifi_flags & IFF_UP,
		.deleted = message->nlmsg_type == RTM_DELLINK,
	};
	mnl_attr_for_each(attr, message, sizeof(*header))
		if (!take_attribute(link, attr))
			return -EBADMSG;
	return 1;
}

struct one {
	struct an_rtlink *link;
	bool found;
};

static int parse_one(const struct nlmsghdr *message, void *ctx)
{
	struct one *one = ctx;
	int ret = an_rtlink_parse(message, one->link);

	if (ret < 0) {
		errno = -ret;
		return MNL_CB_ERROR;
	}
	one->found |= ret == 1;
	return MNL_CB_OK;
}

static struct nlmsghdr *start(void *buf, uint16_t flags, uint32_t ifindex)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
	struct ifinfomsg *header;

	message->nlmsg_type = RTM_GETLINK;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->ifi_family = AF_UNSPEC;
	header->ifi_index = (int)ifindex;
	mnl_attr_put_u32(message, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	return message;
}

int an_rtlink_ask(struct an_netlink *netlink, const char *name, uint32_t ifindex,
		  struct an_rtlink *link)
{
	char buf[MNL_NLMSG_HDRLEN + 256] __attribute__((aligned(8)));
	struct one one = { .link = link };
	struct nlmsghdr *message;
	int ret;

	if (name != NULL && strlen(name) >= ALT_NAME)
		return -ENODEV;
	message = start(buf, NLM_F_ACK, name == NULL ? ifindex : 0);
	/* A short alternative name is found by either attribute; the second is new in 5.5. */
	if (name != NULL)
		mnl_attr_put_strz(message, strlen(name) < IFNAMSIZ ? IFLA_IFNAME :
				  IFLA_ALT_IFNAME, name);
	ret = an_netlink_ask(netlink, message, parse_one, &one);
	return ret == 0 && !one.found ? -EBADMSG : ret;
}

struct all {
	void (*each)(const struct an_rtlink *link, void *ctx);
	void *ctx;
};

static int parse_all(const struct nlmsghdr *message, void *ctx)
{
	const struct all *all = ctx;
	struct an_rtlink link;
	int ret = an_rtlink_parse(message, &link);

	if (ret < 0) {
		errno = -ret;
		return MNL_CB_ERROR;
	}
	if (ret == 1)
		all->each(&link, all->ctx);
	return MNL_CB_OK;
}

int an_rtlink_dump(struct an_netlink *netlink,
		   void (*each)(const struct an_rtlink *link, void *ctx), void *ctx)
{
	char buf[128] __attribute__((aligned(8)));
	struct all all = { .each = each, .ctx = ctx };

	return an_netlink_ask(netlink, start(buf, NLM_F_DUMP, 0), parse_all, &all);
}
