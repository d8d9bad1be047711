// SPDX-License-Identifier: BSD-3-Clause
#include "connectx_world.h"

#define QUEUES 4
#define BUFFER 1600u

enum { DROP = 2, FORWARD = 4, COUNT = 8 };
enum { TO_VPORT = 0, TO_TABLE = 1, TO_TIR = 2 };

#define DMAC_HIGH CX_DWORD(0x08)
#define DMAC_LOW CX_FIELD(0x0c, 31, 16)
#define FIRST_VID CX_FIELD(0x0c, 11, 0)
#define IP_PROTOCOL CX_FIELD(0x10, 31, 24)
#define CVLAN CX_BIT(0x10, 15)
#define SVLAN CX_BIT(0x10, 14)
#define IP_VERSION CX_FIELD(0x10, 12, 9)

static struct cx_cq cq[QUEUES];
static struct cx_rq rq[QUEUES];
static struct cx_tir tir[QUEUES];
static uint32_t seen[QUEUES];
static uint16_t posted[QUEUES];
static struct cx_flow_table tables[70];
static struct cx_flow_group groups[70];
static struct cx_flow_entry entries[70];
static unsigned int table_count, group_count, entry_count;
static uint8_t frame[FRAMES_MAX];

static void setup(void)
{
	world_setup();
	table_count = group_count = entry_count = 0;
	for (int i = 0; i < QUEUES; i++) {
		world_cq(&cq[i], 6, false);
		world_rq(&rq[i], &cq[i], 4, 5);
		tir[i] = (struct cx_tir){ .rq = rq[i].object.number };
		world_add(&tir[i].object, CX_TIR);
		seen[i] = posted[i] = 0;
		for (int n = 0; n < 20; n++)
			world_post_rx(&rq[i], posted[i]++, BUFFER);
	}
}

static struct cx_flow_table *table(uint8_t level)
{
	struct cx_flow_table *t = &tables[table_count++];

	*t = (struct cx_flow_table){ .level = level, .log_size = 10 };
	world_add(&t->object, CX_FLOW_TABLE);
	return t;
}

/* Groups and entries are appended, so tests make them in the order of their indices. */
static struct cx_flow_group *group(struct cx_flow_table *t, uint8_t criteria)
{
	struct cx_flow_group *g = &groups[group_count++], **link = &t->groups;

	*g = (struct cx_flow_group){ .table = t, .criteria = criteria };
	while (*link != NULL)
		link = &(*link)->next;
	*link = g;
	return g;
}

static struct cx_flow_entry *entry(struct cx_flow_group *g, uint16_t action, uint8_t type,
				   uint32_t to)
{
	struct cx_flow_entry *e = &entries[entry_count++], **link = &g->entries;

	memset(e, 0, sizeof(*e));
	e->action = action;
	e->destinations = action & FORWARD ? 1 : 0;
	e->destination[0] = (struct cx_destination){ .type = type, .id = to };
	while (*link != NULL)
		link = &(*link)->next;
	*link = e;
	return e;
}

static void want(struct cx_flow_group *g, struct cx_flow_entry *e, struct cx_field field,
		 uint32_t value)
{
	cx_set(g->mask, field, UINT32_MAX & cx_field_mask(field));
	cx_set(e->match, field, value);
}

static size_t make(int version, int protocol, int vlan, const uint8_t *dst)
{
	const struct frame_spec sp = { .version = version, .protocol = protocol, .vlan = vlan,
				       .payload = 100, .dst_mac = dst,
				       .src_mac = world_peer_mac };

	return frames_build(frame, &sp);
}

static unsigned int got(int queue)
{
	unsigned int n = 0;

	for (; world_cqe(&cq[queue], seen[queue]) != NULL; n++)
		world_record(cq[queue].dbr, 0, ++seen[queue]);
	return n;
}

/* Steers, and says which queues got it: bit n for queue n. */
static unsigned int steer(size_t len, enum fabric_drop *result)
{
	enum fabric_drop r = cx_steer(&world.cx, frame, len);
	unsigned int mask = 0;

	if (result != NULL)
		*result = r;
	for (int i = 0; i < QUEUES; i++) {
		unsigned int n = got(i);

		CU_ASSERT_TRUE(n <= 1);
		mask |= n << i;
	}
	CU_ASSERT_EQUAL(r == FABRIC_DELIVERED, mask != 0);
	return mask;
}

/* The tables of mlx5e (en_fs.c, lib/fs_ttc.c): VLAN, then L2, then TTC, each chained by a rule. */
static struct cx_flow_table *vlan_table, *l2_table, *ttc_table;

static void driver_tables(void)
{
	struct cx_flow_group *g;
	struct cx_flow_entry *e;

	vlan_table = table(1);
	l2_table = table(2);
	ttc_table = table(3);
	g = group(vlan_table, 1); /* one VLAN */
	e = entry(g, FORWARD, TO_TABLE, l2_table->object.number);
	want(g, e, CVLAN, 1);
	want(g, e, FIRST_VID, 100);
	g = group(vlan_table, 1); /* untagged */
	e = entry(g, FORWARD, TO_TABLE, l2_table->object.number);
	want(g, e, CVLAN, 0);
	want(g, e, SVLAN, 0);
	g = group(l2_table, 1); /* own address, broadcast */
	e = entry(g, FORWARD, TO_TABLE, ttc_table->object.number);
	want(g, e, DMAC_HIGH, 0x02000000);
	want(g, e, DMAC_LOW, 0x00aa);
	e = entry(g, FORWARD, TO_TABLE, ttc_table->object.number);
	want(g, e, DMAC_HIGH, 0xffffffff);
	want(g, e, DMAC_LOW, 0xffff);
	g = group(ttc_table, 1);
	e = entry(g, FORWARD, TO_TIR, tir[0].object.number);
	want(g, e, IP_VERSION, 4);
	want(g, e, IP_PROTOCOL, PROTO_TCP);
	e = entry(g, FORWARD, TO_TIR, tir[1].object.number);
	want(g, e, IP_VERSION, 6);
	want(g, e, IP_PROTOCOL, PROTO_UDP);
	g = group(ttc_table, 1);
	e = entry(g, FORWARD, TO_TIR, tir[2].object.number);
	want(g, e, IP_VERSION, 4);
	g = group(ttc_table, 0);
	entry(g, FORWARD, TO_TIR, tir[3].object.number);
	world.cx.rx_root = vlan_table->object.number;
}

static void the_drivers_tables(void)
{
	static const uint8_t broadcast[6] = { 255, 255, 255, 255, 255, 255 };
	static const uint8_t multicast[6] = { 1, 0, 0x5e, 0, 0, 1 };
	static const struct {
		int version, protocol, vlan;
		const uint8_t *dst;
		unsigned int queues;
	} row[] = {
		{ 4, PROTO_TCP, 0, world_vf_mac, 1 }, { 6, PROTO_UDP, 0, world_vf_mac, 2 },
		{ 4, PROTO_UDP, 0, world_vf_mac, 4 }, { 6, PROTO_TCP, 0, world_vf_mac, 8 },
		{ 4, PROTO_TCP, 100, world_vf_mac, 1 }, { 4, PROTO_TCP, 101, world_vf_mac, 0 },
		{ 4, PROTO_TCP, 0xe064, world_vf_mac, 1 }, /* priority is not asked for */
		{ 4, PROTO_TCP, 0, world_peer_mac, 0 }, { 4, PROTO_UDP, 0, broadcast, 4 },
		{ 4, PROTO_UDP, 0, multicast, 0 },
	};
	uint64_t discards = 0;

	driver_tables();
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		size_t len = make(row[i].version, row[i].protocol, row[i].vlan, row[i].dst);
		enum fabric_drop result;

		CU_ASSERT_EQUAL(steer(len, &result), row[i].queues);
		if (row[i].queues == 0) {
			discards++;
			CU_ASSERT_EQUAL(result, FABRIC_DROP_FILTER);
		}
		CU_ASSERT_EQUAL(world.cx.vport.rx_discards, discards);
	}
}

/*
 * IB_FLOW_ATTR_FLAGS_DONT_TRAP: mlx5_core adds the next table to the rule's destinations
 * (fs_core.c, mlx5_add_flow_rules), so the user's TIR gets a copy and the kernel's tables too.
 */
static void dont_trap_delivers_to_both(void)
{
	struct cx_flow_table *bypass;
	struct cx_flow_group *g;
	struct cx_flow_entry *e;

	driver_tables();
	bypass = table(0);
	bypass->miss_action = 1;
	bypass->miss_table = vlan_table->object.number;
	g = group(bypass, 1);
	e = entry(g, FORWARD, TO_TIR, tir[3].object.number);
	want(g, e, DMAC_HIGH, 0x02000000);
	want(g, e, DMAC_LOW, 0x00aa);
	world.cx.rx_root = bypass->object.number;
	CU_ASSERT_EQUAL(steer(make(4, PROTO_TCP, 0, world_vf_mac), NULL), 8); /* trapped */
	e->destinations = 2;
	e->destination[1] = (struct cx_destination){ TO_TABLE, vlan_table->object.number };
	CU_ASSERT_EQUAL(steer(make(4, PROTO_TCP, 0, world_vf_mac), NULL), 8 | 1);
	CU_ASSERT_EQUAL(steer(make(6, PROTO_UDP, 0, world_vf_mac), NULL), 8 | 2);
	/* What the kernel's tables drop still reaches the user. */
	CU_ASSERT_EQUAL(steer(make(4, PROTO_TCP, 101, world_vf_mac), NULL), 8);
	CU_ASSERT_EQUAL(world.cx.vport.rx_discards, 0);
}

/* IFF_PROMISC and IFF_ALLMULTI: entries with fewer fields in a later group. */
static void promiscuous(void)
{
	static const uint8_t multicast[6] = { 0x33, 0x33, 0, 0, 0, 1 };
	struct cx_flow_table *all;
	struct cx_flow_entry *e;
	struct cx_flow_group *g;

	driver_tables();
	g = group(l2_table, 1);
	e = entry(g, FORWARD, TO_TABLE, ttc_table->object.number);
	cx_set(g->mask, DMAC_HIGH, 0x01000000);
	cx_set(e->match, DMAC_HIGH, 0x01000000);
	CU_ASSERT_EQUAL(steer(make(4, PROTO_TCP, 0, multicast), NULL), 1);
	CU_ASSERT_EQUAL(steer(make(4, PROTO_TCP, 0, world_peer_mac), NULL), 0);
	all = table(0);
	entry(group(all, 0), FORWARD, TO_TABLE, ttc_table->object.number);
	world.cx.rx_root = all->object.number;
	CU_ASSERT_EQUAL(steer(make(4, PROTO_TCP, 77, world_peer_mac), NULL), 1);
}

static void the_root(void)
{
	struct cx_flow_table *high = table(9), *low = table(4), *sniffer = table(1);
	size_t len = make(4, PROTO_UDP, 0, world_vf_mac);

	sniffer->table_type = CX_TABLE_SNIFFER_RX;
	entry(group(sniffer, 0), FORWARD, TO_TIR, tir[2].object.number);
	entry(group(high, 0), FORWARD, TO_TIR, tir[0].object.number);
	entry(group(low, 0), FORWARD, TO_TIR, tir[1].object.number);
	CU_ASSERT_EQUAL(steer(len, NULL), 2); /* nobody said: the lowest level */
	world.cx.rx_root = high->object.number;
	CU_ASSERT_EQUAL(steer(len, NULL), 1);
	world.cx.rx_root = sniffer->object.number;
	CU_ASSERT_EQUAL(steer(len, NULL), 0);
	world.cx.rx_root = CX_ROOT_NONE;
	CU_ASSERT_EQUAL(steer(len, NULL), 0);
}

static void no_table_at_all(void)
{
	CU_ASSERT_EQUAL(steer(make(4, PROTO_UDP, 0, world_vf_mac), NULL), 0);
	CU_ASSERT_EQUAL(world.cx.vport.rx_discards, 1);
	CU_ASSERT_EQUAL(cx_steer(&world.cx, frame, 13), FABRIC_DROP_MALFORMED);
}

static void several_destinations(void)
{
	struct cx_flow_table *first = table(1), *second = table(2);
	struct cx_flow_counter counter = { 0 };
	struct cx_flow_entry *e;
	size_t len = make(4, PROTO_UDP, 0, world_vf_mac);

	world_add(&counter.object, CX_FLOW_COUNTER);
	e = entry(group(first, 0), FORWARD | COUNT, TO_TIR, tir[0].object.number);
	e->destination[1] = (struct cx_destination){ TO_TABLE, second->object.number };
	e->destination[2] = (struct cx_destination){ TO_TIR, tir[2].object.number };
	e->destination[3] = (struct cx_destination){ TO_TIR, 0xfffff }; /* gone */
	e->destination[4] = (struct cx_destination){ TO_VPORT, 0 };
	e->destinations = 5;
	e->tag = 0x123456;
	e->counter[0] = counter.object.number;
	e->counter[1] = 0xfffff;
	e->counters = 2;
	entry(group(second, 0), FORWARD, TO_TIR, tir[3].object.number)->tag = 7;
	CU_ASSERT_EQUAL(steer(len, NULL), 1 | 4 | 8);
	CU_ASSERT_EQUAL(cx_get32(world_in(&cq[0].buffer, 0), CQE_OPCODE_QPN), 0x123456);
	CU_ASSERT_EQUAL(cx_get32(world_in(&cq[3].buffer, 0), CQE_OPCODE_QPN), 7);
	CU_ASSERT_EQUAL(counter.packets, 1);
	CU_ASSERT_EQUAL(counter.octets, len);
}

static void actions(void)
{
	static const struct {
		uint16_t action;
		unsigned int queues;
	} row[] = { { FORWARD, 1 }, { FORWARD | DROP, 0 }, { DROP, 0 }, { 1, 0 }, { 0, 0 },
		    { FORWARD | 1, 1 }, { COUNT, 0 } };
	struct cx_flow_entry *e = entry(group(table(1), 0), FORWARD, TO_TIR, tir[0].object.number);

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		e->action = row[i].action;
		CU_ASSERT_EQUAL(steer(make(4, PROTO_UDP, 0, world_vf_mac), NULL), row[i].queues);
	}
}

static void a_miss(void)
{
	struct cx_flow_table *first = table(1), *second = table(2);
	struct cx_flow_group *g = group(first, 1);
	struct cx_flow_entry *e = entry(g, FORWARD, TO_TIR, tir[0].object.number);
	size_t len = make(4, PROTO_UDP, 0, world_vf_mac);

	want(g, e, IP_VERSION, 6);
	entry(group(second, 0), FORWARD, TO_TIR, tir[1].object.number);
	first->miss_table = second->object.number;
	CU_ASSERT_EQUAL(steer(len, NULL), 0); /* the default action drops */
	first->miss_action = 1;
	CU_ASSERT_EQUAL(steer(len, NULL), 2);
	CU_ASSERT_EQUAL(steer(make(6, PROTO_UDP, 0, world_vf_mac), NULL), 1);
	first->miss_table = 0xffff;
	make(4, PROTO_UDP, 0, world_vf_mac);
	CU_ASSERT_EQUAL(steer(len, NULL), 0);
}

static void the_first_index_wins(void)
{
	struct cx_flow_table *t = table(1);
	struct cx_flow_group *any = group(t, 0), *late = group(t, 1);
	struct cx_flow_entry *e;

	entry(any, FORWARD, TO_TIR, tir[1].object.number);
	entry(any, FORWARD, TO_TIR, tir[2].object.number);
	e = entry(late, FORWARD, TO_TIR, tir[0].object.number);
	want(late, e, IP_VERSION, 4);
	CU_ASSERT_EQUAL(steer(make(4, PROTO_UDP, 0, world_vf_mac), NULL), 2);
}

/* Loops by rule and by miss, and a fan of loops, end; what was delivered on the way stays so. */
static void loops_end(void)
{
	struct cx_flow_table *a = table(1), *b = table(2);
	struct cx_flow_entry *e = entry(group(a, 0), FORWARD, TO_TABLE, b->object.number);
	size_t len = make(4, PROTO_UDP, 0, world_vf_mac);

	entry(group(b, 0), FORWARD, TO_TABLE, a->object.number);
	CU_ASSERT_EQUAL(steer(len, NULL), 0);
	for (unsigned int i = 0; i < CX_DESTINATIONS_MAX; i++)
		e->destination[i] = e->destination[0];
	e->destinations = CX_DESTINATIONS_MAX;
	CU_ASSERT_EQUAL(steer(len, NULL), 0);
	b->groups = NULL;
	b->miss_action = 1;
	b->miss_table = b->object.number;
	CU_ASSERT_EQUAL(steer(len, NULL), 0);
	e->destination[0] = (struct cx_destination){ TO_TIR, tir[3].object.number };
	CU_ASSERT_EQUAL(steer(len, NULL), 8);
}

static void a_long_chain_is_no_loop(void)
{
	struct cx_flow_table *previous = table(1);

	for (uint8_t i = 2; i <= 60; i++) {
		struct cx_flow_table *next = table(i);

		entry(group(previous, 0), FORWARD, TO_TABLE, next->object.number);
		previous = next;
	}
	entry(group(previous, 0), FORWARD, TO_TIR, tir[0].object.number);
	CU_ASSERT_EQUAL(steer(make(4, PROTO_UDP, 0, world_vf_mac), NULL), 1);
}

static void no_buffer_is_not_a_filter(void)
{
	struct cx_flow_entry *e = entry(group(table(1), 0), FORWARD, TO_TIR, tir[0].object.number);
	size_t len = make(4, PROTO_UDP, 0, world_vf_mac);
	enum fabric_drop result;

	world_record(rq[0].wq.dbr, 0, 0);
	CU_ASSERT_EQUAL(steer(len, &result), 0);
	CU_ASSERT_EQUAL(result, FABRIC_DROP_NO_BUFFER);
	CU_ASSERT_EQUAL(world.cx.vport.rx_discards, 0);
	e->destination[1] = (struct cx_destination){ TO_TIR, tir[1].object.number };
	e->destinations = 2;
	CU_ASSERT_EQUAL(steer(len, &result), 2); /* one copy is enough */
	tir[1].rq = 0xfffff;
	CU_ASSERT_EQUAL(steer(len, NULL), 0);
}

static CU_TestInfo tests[] = {
	{ "the driver's tables", the_drivers_tables },
	{ "don't trap delivers to both", dont_trap_delivers_to_both },
	{ "promiscuous", promiscuous },
	{ "the root", the_root },
	{ "no table at all", no_table_at_all },
	{ "several destinations", several_destinations },
	{ "actions", actions },
	{ "a miss", a_miss },
	{ "the first index wins", the_first_index_wins },
	{ "loops end", loops_end },
	{ "a long chain is no loop", a_long_chain_is_no_loop },
	{ "no buffer is not a filter", no_buffer_is_not_a_filter },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("connectx/steering", setup, world_teardown, tests);
