// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE /* unshare */
#include "verbs_world.h"

#include <arpa/inet.h>

static struct world_rx rx, second;
static struct ibv_rwq_ind_table *table, *second_table;
static struct ibv_qp *qp, *second_qp;

static const uint8_t broadcast[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
static const uint8_t group[6] = { 0x01, 0x00, 0x5e, 0, 0, 0xfb };
static const uint8_t stranger[6] = { 0x02, 0, 0, 0, 0, 0xee };

static void setup(void)
{
	world_setup();
	world_rx_create(&rx);
	world_rx_create(&second);
	table = world_table(&rx, 1, 0);
	second_table = world_table(&second, 1, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	CU_ASSERT_PTR_NOT_NULL_FATAL(second_table);
	qp = world_rss(table, 0);
	second_qp = world_rss(second_table, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(qp);
	CU_ASSERT_PTR_NOT_NULL_FATAL(second_qp);
}

static void teardown(void)
{
	CU_ASSERT_EQUAL(ibv_destroy_qp(qp), 0);
	CU_ASSERT_EQUAL(ibv_destroy_qp(second_qp), 0);
	CU_ASSERT_EQUAL(ibv_destroy_rwq_ind_table(table), 0);
	CU_ASSERT_EQUAL(ibv_destroy_rwq_ind_table(second_table), 0);
	world_rx_destroy(&rx);
	world_rx_destroy(&second);
	world_teardown();
}

/* Sends one frame there; who got it? */
static void expect(const uint8_t dst[6], struct frame_spec spec, unsigned int first,
		   unsigned int other, unsigned int kernel)
{
	world_receive(dst, spec);
	CU_ASSERT_EQUAL(world_rx_drain(&rx), first);
	CU_ASSERT_EQUAL(world_rx_drain(&second), other);
	CU_ASSERT_EQUAL(world_kernel_frames(NULL, 0), kernel);
}

static struct ibv_flow *add(struct ibv_qp *to, struct world_flow *flow)
{
	struct ibv_flow *made = ibv_create_flow(to, &flow->attr);

	CU_ASSERT_PTR_NOT_NULL_FATAL(made);
	return made;
}

static void remove_flow(struct ibv_flow *flow)
{
	CU_ASSERT_EQUAL(ibv_destroy_flow(flow), 0);
}

static void without_flows_all_is_the_kernels(void)
{
	uint8_t head[12];

	world_receive(world_mac, world_udp(1, 2));
	CU_ASSERT_EQUAL(world_kernel_frames(head, sizeof(head)), 1);
	CU_ASSERT_EQUAL(memcmp(head, world_mac, 6), 0);
	CU_ASSERT_EQUAL(memcmp(head + 6, world_other_mac, 6), 0);
	expect(broadcast, world_udp(1, 2), 0, 0, 1);
	expect(group, world_udp(1, 2), 0, 0, 1);
	expect(stranger, world_udp(1, 2), 0, 0, 0); /* nobody's: flooded, and not wanted */
}

/* What eth0 cannot take at once it takes later; what waits in vain is counted at the switch. */
static void a_full_socket_loses_nothing_uncounted(void)
{
	const struct fabric_counters *c;
	unsigned int n = 3000, got = 0, more;

	for (unsigned int i = 0; i < n; i++)
		world_receive(world_mac, world_udp(1, 2));
	do {
		more = world_kernel_frames(NULL, 0);
		got += more;
		world_poll();
	} while (more > 0);
	c = fabric_counters(world.machine->port, FABRIC_VF, FABRIC_RX);
	CU_ASSERT_EQUAL(c->packets, got);
	CU_ASSERT_EQUAL(c->packets + c->drops[FABRIC_DROP_NO_BUFFER], n);
	CU_ASSERT_TRUE(c->drops[FABRIC_DROP_NO_BUFFER] > 0);
}

static void own_unicast_leaves_the_rest_to_the_kernel(void)
{
	struct world_flow to_us = world_flow_to(world_mac);
	struct ibv_flow *flow = add(qp, &to_us);

	expect(world_mac, world_udp(1, 2), 1, 0, 0);
	expect(broadcast, world_udp(1, 2), 0, 0, 1);
	expect(group, world_udp(1, 2), 0, 0, 1);
	remove_flow(flow);
	expect(world_mac, world_udp(1, 2), 0, 0, 1);
}

static void dont_trap_gives_to_both(void)
{
	struct world_flow to_all = world_flow_to(broadcast), to_us = world_flow_to(world_mac);
	struct ibv_flow *flow[2];

	to_all.attr.flags = to_us.attr.flags = IBV_FLOW_ATTR_FLAGS_DONT_TRAP;
	flow[0] = add(qp, &to_all);
	flow[1] = add(second_qp, &to_us);
	expect(broadcast, world_udp(1, 2), 1, 0, 1);
	expect(world_mac, world_udp(1, 2), 0, 1, 1);
	expect(group, world_udp(1, 2), 0, 0, 1);
	remove_flow(flow[0]);
	remove_flow(flow[1]);
	expect(broadcast, world_udp(1, 2), 0, 0, 1);
}

static void every_multicast_and_the_kernel_too(void)
{
	struct world_flow multicast = world_flow_to((const uint8_t[]){ 1, 0, 0, 0, 0, 0 });
	struct ibv_flow *flow;

	memset(multicast.eth.mask.dst_mac, 0, 6);
	multicast.eth.mask.dst_mac[0] = 1;
	multicast.attr.flags = IBV_FLOW_ATTR_FLAGS_DONT_TRAP;
	flow = add(qp, &multicast);
	expect(group, world_udp(1, 2), 1, 0, 1);
	expect(broadcast, world_udp(1, 2), 1, 0, 1);
	expect(world_mac, world_udp(1, 2), 0, 0, 1);
	remove_flow(flow);
}

static void everything_with_a_zero_mask(void)
{
	struct world_flow all = world_flow_to(world_mac);
	struct ibv_flow *flow;

	memset(&all.eth.mask, 0, sizeof(all.eth.mask));
	memset(&all.eth.val, 0, sizeof(all.eth.val));
	flow = add(qp, &all);
	expect(stranger, world_udp(1, 2), 1, 0, 0);
	expect(world_mac, world_udp(1, 2), 1, 0, 0);
	remove_flow(flow);
}

/* Leftovers come behind the kernel: what it wants they never see. */
static void leftovers_are_what_the_kernel_left(void)
{
	struct world_flow all = { .attr = { .type = IBV_FLOW_ATTR_ALL_DEFAULT,
					    .size = sizeof(struct ibv_flow_attr), .port = 1 } };
	struct ibv_flow *flow = add(qp, &all);

	expect(stranger, world_udp(1, 2), 1, 0, 0);
	expect(world_mac, world_udp(1, 2), 0, 0, 1);
	expect(broadcast, world_udp(1, 2), 0, 0, 1);
	remove_flow(flow);
	all.attr.type = IBV_FLOW_ATTR_MC_DEFAULT;
	flow = add(qp, &all);
	expect(stranger, world_udp(1, 2), 0, 0, 0);
	remove_flow(flow);
}

static struct ibv_flow_spec_tcp_udp port_spec(enum ibv_flow_spec_type type, uint16_t port)
{
	return (struct ibv_flow_spec_tcp_udp){ .type = type,
		.size = sizeof(struct ibv_flow_spec_tcp_udp),
		.val = { .dst_port = htons(port) }, .mask = { .dst_port = 0xffff } };
}

static void ports_and_priorities(void)
{
	struct ibv_flow_spec_tcp_udp udp = port_spec(IBV_FLOW_SPEC_UDP, 53);
	struct world_flow narrow = world_flow_to(world_mac), wide = world_flow_to(world_mac);
	struct frame_spec tcp = world_udp(1, 53);
	struct ibv_flow *flow[2];

	memcpy(narrow.more, &udp, sizeof(udp));
	narrow.attr.num_of_specs = 2;
	narrow.attr.priority = 0;
	wide.attr.priority = 1;
	flow[0] = add(qp, &wide);
	flow[1] = add(second_qp, &narrow);
	expect(world_mac, world_udp(1, 53), 0, 1, 0);
	expect(world_mac, world_udp(1, 54), 1, 0, 0);
	tcp.protocol = PROTO_TCP;
	expect(world_mac, tcp, 1, 0, 0);
	remove_flow(flow[1]);
	expect(world_mac, world_udp(1, 53), 1, 0, 0);
	remove_flow(flow[0]);
}

static void addresses_and_tags(void)
{
	struct ibv_flow_spec_ipv4 ip = { .type = IBV_FLOW_SPEC_IPV4, .size = sizeof(ip),
		.val = { .src_ip = inet_addr("10.77.0.2") }, .mask = { .src_ip = 0xffffffff } };
	struct ibv_flow_spec_ipv6 ip6 = { .type = IBV_FLOW_SPEC_IPV6, .size = sizeof(ip6),
		.val = { .dst_ip = { 0xfd, 0x77 } }, .mask = { .dst_ip = { 0xff, 0xff } } };
	struct world_flow v4 = world_flow_to(world_mac), v6 = world_flow_to(world_mac);
	struct frame_spec spec = world_udp(1, 2);
	struct ibv_flow *flow[2];

	memcpy(v4.more, &ip, sizeof(ip));
	v4.attr.num_of_specs = 2;
	memcpy(v6.more, &ip6, sizeof(ip6));
	v6.attr.num_of_specs = 2;
	v6.eth.val.vlan_tag = htons(100);
	v6.eth.mask.vlan_tag = htons(0xfff);
	flow[0] = add(qp, &v4);
	flow[1] = add(second_qp, &v6);
	expect(world_mac, spec, 1, 0, 0);
	spec.src[3] = 9;
	expect(world_mac, spec, 0, 0, 1);
	spec = (struct frame_spec){ .version = 6, .protocol = PROTO_UDP, .payload = 10,
				    .dst = { 0xfd, 0x77, [15] = 2 }, .vlan = 0x6064 };
	expect(world_mac, spec, 0, 1, 0);
	spec.vlan = 101;
	expect(world_mac, spec, 0, 0, 1);
	spec.vlan = 0;
	expect(world_mac, spec, 0, 0, 1);
	remove_flow(flow[0]);
	remove_flow(flow[1]);
}

static void marks_and_drops(void)
{
	struct ibv_flow_spec_action_tag tag = { .type = IBV_FLOW_SPEC_ACTION_TAG,
						.size = sizeof(tag), .tag_id = 0xabcdef };
	struct ibv_flow_spec_action_drop drop = { .type = IBV_FLOW_SPEC_ACTION_DROP,
						  .size = sizeof(drop) };
	struct world_flow marked = world_flow_to(world_mac), dropped = world_flow_to(broadcast);
	const struct mlx5_cqe64 *cqe;
	struct ibv_flow *flow[2];
	const uint8_t *frame;

	memcpy(marked.more, &tag, sizeof(tag));
	marked.attr.num_of_specs = 2;
	memcpy(dropped.more, &drop, sizeof(drop));
	dropped.attr.num_of_specs = 2;
	flow[0] = add(qp, &marked);
	flow[1] = add(qp, &dropped);
	world_receive(world_mac, world_udp(1, 2));
	cqe = world_rx_next(&rx, &frame);
	CU_ASSERT_PTR_NOT_NULL_FATAL(cqe);
	CU_ASSERT_EQUAL(be32toh(cqe->sop_drop_qpn) & 0xffffff, 0xabcdef);
	world_rx_post(&rx, 1);
	expect(broadcast, world_udp(1, 2), 0, 0, 0);
	remove_flow(flow[0]);
	remove_flow(flow[1]);
}

static void flows_the_kernel_refuses(void)
{
	struct world_flow flow = world_flow_to(world_mac);
	struct ibv_flow_spec_ipv4 ip = { .type = IBV_FLOW_SPEC_IPV4, .size = sizeof(ip) };
	static const struct {
		enum ibv_flow_attr_type type;
		uint16_t priority;
		uint8_t port;
		uint32_t flags;
		int error;
	} row[] = {
		{ IBV_FLOW_ATTR_NORMAL, 16, 1, 0, ENOMEM },
		{ IBV_FLOW_ATTR_NORMAL, 0, 2, 0, EINVAL },
		{ IBV_FLOW_ATTR_NORMAL, 0, 1, 1u << 7, EINVAL },
		{ IBV_FLOW_ATTR_NORMAL, 0, 1, IBV_FLOW_ATTR_FLAGS_EGRESS, EOPNOTSUPP },
		{ IBV_FLOW_ATTR_SNIFFER, 0, 1, 0, EOPNOTSUPP },
		{ (enum ibv_flow_attr_type)9, 0, 1, 0, EINVAL },
	};

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		flow.attr.type = row[i].type;
		flow.attr.priority = row[i].priority;
		flow.attr.port = row[i].port;
		flow.attr.flags = row[i].flags;
		CU_ASSERT_PTR_NULL(ibv_create_flow(qp, &flow.attr));
		CU_ASSERT_EQUAL(errno, row[i].error);
	}
	flow = world_flow_to(world_mac);
	flow.eth.val.ether_type = htons(0x86dd); /* and IPv4: no packet is that */
	flow.eth.mask.ether_type = 0xffff;
	memcpy(flow.more, &ip, sizeof(ip));
	flow.attr.num_of_specs = 2;
	CU_ASSERT_PTR_NULL(ibv_create_flow(qp, &flow.attr));
	CU_ASSERT_EQUAL(errno, EINVAL);
	flow = world_flow_to(world_mac);
	flow.eth.size = 6;
	CU_ASSERT_PTR_NULL(ibv_create_flow(qp, &flow.attr));
	CU_ASSERT_EQUAL(errno, EINVAL);
}

static void many_flows_come_and_go(void)
{
	struct ibv_flow *flow[300];
	struct world_flow to = world_flow_to(stranger);

	for (unsigned int i = 0; i < 300; i++) {
		to.eth.val.dst_mac[4] = (uint8_t)(i >> 8);
		to.eth.val.dst_mac[5] = (uint8_t)i;
		flow[i] = add(i % 2 ? qp : second_qp, &to);
	}
	for (unsigned int i = 0; i < 300; i += 2)
		remove_flow(flow[i]);
	for (unsigned int i = 0; i < 300; i += 7) {
		uint8_t mac[6] = { 0x02, 0, 0, 0, (uint8_t)(i >> 8), (uint8_t)i };

		if (memcmp(mac, world_other_mac, 6) != 0)
			expect(mac, world_udp(1, 2), i % 2, 0, 0);
	}
	for (unsigned int i = 1; i < 300; i += 2)
		remove_flow(flow[i]);
	expect(world_mac, world_udp(1, 2), 0, 0, 1);
}

static CU_TestInfo tests[] = {
	{ "without flows all is the kernel's", without_flows_all_is_the_kernels },
	{ "a full socket loses nothing uncounted", a_full_socket_loses_nothing_uncounted },
	{ "own unicast leaves the rest", own_unicast_leaves_the_rest_to_the_kernel },
	{ "don't trap gives to both", dont_trap_gives_to_both },
	{ "every multicast, and the kernel too", every_multicast_and_the_kernel_too },
	{ "everything, with a zero mask", everything_with_a_zero_mask },
	{ "leftovers are what the kernel left", leftovers_are_what_the_kernel_left },
	{ "ports and priorities", ports_and_priorities },
	{ "addresses and tags", addresses_and_tags },
	{ "marks and drops", marks_and_drops },
	{ "flows the kernel refuses", flows_the_kernel_refuses },
	{ "many flows come and go", many_flows_come_and_go },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("verbs/flow", setup, teardown, tests);
