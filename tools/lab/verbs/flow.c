// SPDX-License-Identifier: BSD-3-Clause
/*
 * ibv_create_flow(): specifications become match parameters, types and flags a place in the
 * kernel's order, as mlx5_ib does it. Source: kernel infiniband/hw/mlx5/fs.c (parse_flow_attr,
 * get_flow_table, create_leftovers_rule), core/uverbs_cmd.c.
 */
#include "flow.h"
#include "rights.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>

#define CAP_MULTI_PATH CX_BIT(0x0, 31) /* nic_rx_multi_path_tirs, flow table group */
#define GROUP_FLOW_TABLE 7
enum { OUTER = 0, MISC = 64 };
#define SMAC 0x0
#define ETHERTYPE CX_FIELD(0x4, 15, 0)
#define DMAC 0x8
#define FIRST_TCI CX_FIELD(0xc, 15, 0)
#define IP_PROTOCOL CX_FIELD(0x10, 31, 24)
#define TRAFFIC_CLASS CX_FIELD(0x10, 23, 16)
#define CVLAN CX_BIT(0x10, 15)
#define IP_VERSION CX_FIELD(0x10, 12, 9)
#define TCP_PORTS 0x14
#define UDP_PORTS 0x1c
#define SRC_IP 0x20
#define DST_IP 0x30
#define FLOW_LABEL CX_FIELD(MISC + 0x1c, 19, 0)
#define ATTR_FLAGS (IBV_FLOW_ATTR_FLAGS_DONT_TRAP | IBV_FLOW_ATTR_FLAGS_EGRESS)
#define SPEC_HEADER 8u /* type and size */

struct parse {
	struct steer_match match;
	struct steer_actions actions;
};

static void both(struct parse *p, struct cx_field field, uint32_t mask, uint32_t value)
{
	cx_set(p->match.mask, field, mask);
	cx_set(p->match.value, field, value & mask);
}

static void bytes(struct parse *p, unsigned int at, const void *mask, const void *value, size_t len)
{
	memcpy(p->match.mask + at, mask, len);
	memcpy(p->match.value + at, value, len);
}

/* A protocol that is asked for twice must be the same. */
static int protocol(struct parse *p, uint8_t mask, uint8_t value)
{
	uint32_t before = cx_get(p->match.mask, IP_PROTOCOL);

	if (mask == 0)
		return 0;
	if (before != 0 && (before != mask || cx_get(p->match.value, IP_PROTOCOL) != value))
		return EINVAL;
	both(p, IP_PROTOCOL, mask, value);
	return 0;
}

static int parse_eth(struct parse *p, const struct ibv_flow_spec_eth *spec)
{
	bytes(p, DMAC, spec->mask.dst_mac, spec->val.dst_mac, 6);
	bytes(p, SMAC, spec->mask.src_mac, spec->val.src_mac, 6);
	if (spec->mask.vlan_tag != 0) {
		both(p, CVLAN, 1, 1);
		both(p, FIRST_TCI, ntohs(spec->mask.vlan_tag), ntohs(spec->val.vlan_tag));
	}
	both(p, ETHERTYPE, ntohs(spec->mask.ether_type), ntohs(spec->val.ether_type));
	return 0;
}

static int parse_ipv4(struct parse *p, const struct ibv_flow_spec_ipv4 *spec)
{
	both(p, IP_VERSION, 0xf, 4);
	bytes(p, SRC_IP + 12, &spec->mask.src_ip, &spec->val.src_ip, 4);
	bytes(p, DST_IP + 12, &spec->mask.dst_ip, &spec->val.dst_ip, 4);
	return 0;
}

static int parse_ipv4_ext(struct parse *p, const struct ibv_flow_spec_ipv4_ext *spec)
{
	if (spec->mask.ttl != 0 || spec->mask.flags != 0)
		return EOPNOTSUPP;
	both(p, IP_VERSION, 0xf, 4);
	bytes(p, SRC_IP + 12, &spec->mask.src_ip, &spec->val.src_ip, 4);
	bytes(p, DST_IP + 12, &spec->mask.dst_ip, &spec->val.dst_ip, 4);
	both(p, TRAFFIC_CLASS, spec->mask.tos, spec->val.tos);
	return protocol(p, spec->mask.proto, spec->val.proto);
}

static int parse_ipv6(struct parse *p, const struct ibv_flow_spec_ipv6 *spec)
{
	if (spec->mask.hop_limit != 0)
		return EOPNOTSUPP;
	both(p, IP_VERSION, 0xf, 6);
	bytes(p, SRC_IP, spec->mask.src_ip, spec->val.src_ip, 16);
	bytes(p, DST_IP, spec->mask.dst_ip, spec->val.dst_ip, 16);
	both(p, TRAFFIC_CLASS, spec->mask.traffic_class, spec->val.traffic_class);
	both(p, FLOW_LABEL, ntohl(spec->mask.flow_label), ntohl(spec->val.flow_label));
	return protocol(p, spec->mask.next_hdr, spec->val.next_hdr);
}

static int parse_ports(struct parse *p, const struct ibv_flow_spec_tcp_udp *spec, uint8_t proto,
		       unsigned int at)
{
	/* Both ports lie side by side, source first, here and there. */
	bytes(p, at, &spec->mask.src_port, &spec->val.src_port, 2);
	bytes(p, at + 2, &spec->mask.dst_port, &spec->val.dst_port, 2);
	return protocol(p, 0xff, proto);
}

static int parse_spec(struct parse *p, const void *spec, uint32_t type, uint16_t size)
{
	const struct { uint32_t type; size_t size; } known[] = {
		{ IBV_FLOW_SPEC_ETH, sizeof(struct ibv_flow_spec_eth) },
		{ IBV_FLOW_SPEC_IPV4, sizeof(struct ibv_flow_spec_ipv4) },
		{ IBV_FLOW_SPEC_IPV4_EXT, sizeof(struct ibv_flow_spec_ipv4_ext) },
		{ IBV_FLOW_SPEC_IPV6, sizeof(struct ibv_flow_spec_ipv6) },
		{ IBV_FLOW_SPEC_TCP, sizeof(struct ibv_flow_spec_tcp_udp) },
		{ IBV_FLOW_SPEC_UDP, sizeof(struct ibv_flow_spec_tcp_udp) },
		{ IBV_FLOW_SPEC_ACTION_TAG, sizeof(struct ibv_flow_spec_action_tag) },
		{ IBV_FLOW_SPEC_ACTION_DROP, sizeof(struct ibv_flow_spec_action_drop) },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].type == type && known[i].size != size)
			return EINVAL;
	switch (type) {
	case IBV_FLOW_SPEC_ETH: return parse_eth(p, spec);
	case IBV_FLOW_SPEC_IPV4: return parse_ipv4(p, spec);
	case IBV_FLOW_SPEC_IPV4_EXT: return parse_ipv4_ext(p, spec);
	case IBV_FLOW_SPEC_IPV6: return parse_ipv6(p, spec);
	case IBV_FLOW_SPEC_TCP: return parse_ports(p, spec, IPPROTO_TCP, TCP_PORTS);
	case IBV_FLOW_SPEC_UDP: return parse_ports(p, spec, IPPROTO_UDP, UDP_PORTS);
	case IBV_FLOW_SPEC_ACTION_TAG:
		p->actions.tagged = true;
		p->actions.tag = ((const struct ibv_flow_spec_action_tag *)spec)->tag_id;
		return p->actions.tag >> 24 != 0 ? EINVAL : 0;
	case IBV_FLOW_SPEC_ACTION_DROP:
		p->actions.drop = true;
		return 0;
	default:
		return EOPNOTSUPP; /* tunnels, MPLS, counters, inner headers */
	}
}

/* An Ethernet type and an IP header that contradict each other match nothing. */
static int type_check(const struct parse *p)
{
	uint32_t version = cx_get(p->match.value, IP_VERSION);
	uint32_t type = cx_get(p->match.value, ETHERTYPE), mask = cx_get(p->match.mask, ETHERTYPE);

	if (version == 0 || mask != 0xffff)
		return 0;
	return type == (version == 4 ? 0x0800 : 0x86dd) ? 0 : EINVAL;
}

static int specs_parse(struct parse *p, const struct ibv_flow_attr *attr)
{
	const uint8_t *at = (const uint8_t *)(attr + 1);

	for (unsigned int i = 0; i < attr->num_of_specs; i++) {
		uint16_t size;
		uint32_t type;
		int err;

		memcpy(&type, at, sizeof(type));
		memcpy(&size, at + 4, sizeof(size));
		if (size < SPEC_HEADER)
			return EINVAL;
		err = parse_spec(p, at, type, size);
		if (err != 0)
			return err;
		at += size;
	}
	p->match.criteria = flow_criteria(p->match.mask);
	return type_check(p);
}

uint8_t flow_criteria(const uint8_t mask[CX_MATCH_SIZE])
{
	uint8_t criteria = 0;

	for (unsigned int i = 0; i < CX_MATCH_SIZE; i++)
		if (mask[i] != 0)
			criteria |= (uint8_t)(1u << i / 64);
	return criteria;
}

static bool is_multicast_only(const struct ibv_flow_attr *attr)
{
	const struct ibv_flow_spec_eth *eth = (const struct ibv_flow_spec_eth *)(attr + 1);
	const struct ibv_flow_spec_ipv4 *ip = (const struct ibv_flow_spec_ipv4 *)(attr + 1);

	if (attr->num_of_specs < 1)
		return false;
	if (eth->type == IBV_FLOW_SPEC_IPV4 || eth->type == IBV_FLOW_SPEC_IPV4_EXT)
		return IN_MULTICAST(ntohl(ip->val.dst_ip));
	return eth->type == IBV_FLOW_SPEC_ETH && (eth->mask.dst_mac[0] & 1) != 0 &&
	       (eth->val.dst_mac[0] & 1) != 0;
}

/* DONT_TRAP asks the device for the means of giving one packet to two. */
static int go_on_check(struct vb_context *context)
{
	uint8_t caps[256];
	int err = vb_context_caps(context, GROUP_FLOW_TABLE, caps);

	if (err < 0)
		return -err;
	return cx_get(caps, CAP_MULTI_PATH) ? 0 : EOPNOTSUPP;
}

static int add_normal(struct vb_context *context, struct vb_flow *flow, struct parse *p,
		      const struct ibv_flow_attr *attr)
{
	bool dont_trap = (attr->flags & IBV_FLOW_ATTR_FLAGS_DONT_TRAP) != 0;
	unsigned int place = dont_trap ? STEER_DONT_TRAP(attr->priority) :
					 STEER_NORMAL(attr->priority);
	int err = specs_parse(p, attr);

	if (err == 0 && dont_trap)
		err = go_on_check(context);
	if (err != 0)
		return err;
	if (p->actions.drop)
		p->actions.tirs = 0;
	if (is_multicast_only(attr) && !dont_trap)
		place = STEER_MULTICAST;
	p->actions.go_on = dont_trap && !p->actions.drop;
	flow->rule[0] = vb_steer_add(context->device->machine, place, &p->match, &p->actions, &err);
	return -err;
}

/* Multicast nobody took, and for ALL_DEFAULT the unicast as well. */
static int add_leftovers(struct vb_context *context, struct vb_flow *flow, struct parse *p,
			 bool unicast_too)
{
	struct machine *machine = context->device->machine;
	int err;

	p->match.criteria = 1;
	p->match.mask[DMAC] = p->match.value[DMAC] = 1;
	flow->rule[0] = vb_steer_add(machine, STEER_LEFTOVERS, &p->match, &p->actions, &err);
	if (flow->rule[0] == NULL || !unicast_too)
		return -err;
	p->match.value[DMAC] = 0;
	flow->rule[1] = vb_steer_add(machine, STEER_LEFTOVERS, &p->match, &p->actions, &err);
	if (flow->rule[1] == NULL)
		steer_remove(machine, flow->rule[0]);
	return -err;
}

static int flow_start(struct vb_context *context, struct vb_flow *flow, struct vb_qp *qp,
		      const struct ibv_flow_attr *attr)
{
	struct parse p = { .actions = { .tirs = 1, .tir = { qp->tirn } } };

	if (attr->comp_mask != 0 || attr->port != 1)
		return EINVAL;
	if (attr->priority >= STEER_PRIORITIES)
		return ENOMEM;
	if ((attr->flags & ~(uint32_t)ATTR_FLAGS) != 0)
		return EINVAL;
	if (attr->flags & IBV_FLOW_ATTR_FLAGS_EGRESS)
		return EOPNOTSUPP;
	switch (attr->type) {
	case IBV_FLOW_ATTR_NORMAL:
		return add_normal(context, flow, &p, attr);
	case IBV_FLOW_ATTR_ALL_DEFAULT:
	case IBV_FLOW_ATTR_MC_DEFAULT:
		return add_leftovers(context, flow, &p, attr->type == IBV_FLOW_ATTR_ALL_DEFAULT);
	case IBV_FLOW_ATTR_SNIFFER:
		return EOPNOTSUPP; /* the function has no sniffer tables */
	default:
		return EINVAL;
	}
}

struct ibv_flow *vb_flow_create(struct ibv_qp *ibv, struct ibv_flow_attr *attr)
{
	struct vb_context *context = vb_context(ibv->context);
	struct vb_flow *flow = calloc(1, sizeof(*flow));
	struct vb_qp *qp = (struct vb_qp *)ibv;
	int err;

	if (flow == NULL)
		return NULL;
	err = vb_context_steer_enter(context);
	if (err == 0 && !rights_raw())
		err = EPERM;
	if (err == 0)
		err = flow_start(context, flow, qp, attr);
	if (err != 0) {
		free(flow);
		return vb_context_refuse(context, err);
	}
	flow->ibv.context = ibv->context;
	flow->qp = qp;
	qp->users++;
	vb_context_leave(context);
	return &flow->ibv;
}

int vb_flow_destroy(struct ibv_flow *ibv)
{
	struct vb_context *context = vb_context(ibv->context);
	struct vb_flow *flow = (struct vb_flow *)ibv;
	int err = vb_context_steer_enter(context);

	if (err != 0 && vb_context_forgives(context))
		err = 0;
	if (err == 0) {
		for (unsigned int i = 0; i < 2; i++)
			if (flow->rule[i] != NULL)
				steer_remove(context->device->machine, flow->rule[i]);
		if (flow->qp != NULL)
			flow->qp->users--;
	}
	vb_context_leave(context);
	if (err == 0)
		free(flow);
	return err;
}

int vb_context_steer_enter(struct vb_context *context)
{
	int err = vb_context_enter(context);

	if (err == 0)
		err = -vb_context_wait(context);
	return err;
}
