// SPDX-License-Identifier: BSD-3-Clause
/*
 * Queueing disciplines and filters of a VF's interface. Frames pass those of the NIC's interface
 * and then the VF's, so a filter that drops or a qdisc that delays is felt and not seen by who
 * looks at the NIC. The kernel's default qdiscs have no handle; of the others those that only order
 * what waits are a matter of taste.
 */
#include "qdisc.h"
#include "../pair/fail.h"
#include "../pair/netlink.h"

#include <linux/netlink.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

static const char *find_kind(const struct nlmsghdr *message)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct tcmsg))
		if (mnl_attr_get_type(attr) == TCA_KIND &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
			return mnl_attr_get_str(attr);
	return NULL;
}

static bool is_harmless(const char *kind)
{
	static const char *const harmless[] = {
		"noqueue", "mq", "pfifo_fast", "pfifo", "bfifo", "fq", "fq_codel", "sfq",
	};

	for (size_t i = 0; i < sizeof(harmless) / sizeof(harmless[0]); i++)
		if (strcmp(kind, harmless[i]) == 0)
			return true;
	return false;
}

static void take_qdisc(struct an_nic *nic, const struct tcmsg *header, const char *kind)
{
	if (strcmp(kind, "clsact") == 0 || strcmp(kind, "ingress") == 0)
		snprintf(nic->vf_hook, sizeof(nic->vf_hook), "%s", kind);
	else if (header->tcm_handle != 0 && !is_harmless(kind) && nic->vf_qdisc[0] == '\0')
		snprintf(nic->vf_qdisc, sizeof(nic->vf_qdisc), "%s", kind);
}

int an_qdisc_parse(const struct nlmsghdr *message, void *host)
{
	const struct tcmsg *header = mnl_nlmsg_get_payload(message);
	struct an_host *to = host;
	const char *kind;

	if (message->nlmsg_type != RTM_NEWQDISC ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(*header))
		return MNL_CB_OK;
	kind = find_kind(message);
	for (struct an_nic *nic = to->nic; nic < to->nic + to->nics && kind != NULL; nic++)
		if (nic->vf.ifindex != 0 && (int)nic->vf.ifindex == header->tcm_ifindex)
			take_qdisc(nic, header, kind);
	return MNL_CB_OK;
}

int an_qdisc_parse_filter(const struct nlmsghdr *message, void *nic)
{
	struct an_nic *to = nic;
	const char *kind;

	if (message->nlmsg_type != RTM_NEWTFILTER ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(struct tcmsg))
		return MNL_CB_OK;
	kind = find_kind(message);
	if (kind != NULL && to->vf_filter[0] == '\0')
		snprintf(to->vf_filter, sizeof(to->vf_filter), "%s", kind);
	return MNL_CB_OK;
}

/* A dump: of all qdiscs if ifindex is 0, else of the filters at `parent`. */
static int ask(struct an_netlink *netlink, uint16_t type, uint32_t ifindex, uint32_t parent,
	       mnl_cb_t parse, void *ctx)
{
	char buf[64] __attribute__((aligned(8)));
	struct nlmsghdr *message = mnl_nlmsg_put_header(buf);
	struct tcmsg *header;

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->tcm_family = AF_UNSPEC;
	header->tcm_ifindex = (int)ifindex;
	header->tcm_parent = parent;
	return an_netlink_ask(netlink, message, parse, ctx);
}

static int read_filters(struct an_netlink *netlink, struct an_nic *nic)
{
	static const uint32_t parents[] = {
		TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS), TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS),
	};
	int ret = 0;

	for (size_t i = 0; i < sizeof(parents) / sizeof(parents[0]) && ret == 0; i++)
		ret = ask(netlink, RTM_GETTFILTER, nic->vf.ifindex, parents[i],
			  an_qdisc_parse_filter, nic);
	return ret;
}

static int read_all(struct an_host *host)
{
	struct an_netlink netlink;
	int ret;

	ret = an_netlink_open(&netlink, NETLINK_ROUTE);
	if (ret)
		return ret;
	ret = ask(&netlink, RTM_GETQDISC, 0, 0, an_qdisc_parse, host);
	for (size_t i = 0; i < host->nics && ret == 0; i++)
		if (host->nic[i].vf_hook[0] != '\0')
			ret = read_filters(&netlink, &host->nic[i]);
	an_netlink_close(&netlink);
	return ret;
}

void an_qdisc_read_all(struct an_host *host)
{
	struct an_nic *nic;
	bool wanted = false;
	int ret;

	for (nic = host->nic; nic < host->nic + host->nics; nic++)
		wanted |= nic->vf.ifindex != 0;
	if (!wanted)
		return;
	ret = read_all(host);
	for (nic = host->nic; nic < host->nic + host->nics && ret; nic++)
		if (nic->vf.ifindex != 0)
			an_fail(nic->failed, ret, "cannot read the queueing of %s", nic->vf.name);
}
