// SPDX-License-Identifier: BSD-3-Clause
/* The port, and both directions through the whole data path. */
#include "connectx_sender.h"

static struct sender s;
static struct cx_cq cq;
static struct cx_rq rq;
static struct cx_tir tir;
static struct cx_flow_table table;
static struct cx_flow_group group;
static struct cx_flow_entry entry;
static uint8_t frame[FRAMES_MAX];

static const uint8_t broadcast[6] = { 255, 255, 255, 255, 255, 255 };
static const uint8_t multicast[6] = { 0x33, 0x33, 0, 0, 0, 1 };

static void setup(void)
{
	world_setup();
	sender_init(&s, 6);
	world_cq(&cq, 6, false);
	world_rq(&rq, &cq, 4, 5);
	tir = (struct cx_tir){ .rq = rq.object.number };
	world_add(&tir.object, CX_TIR);
	entry = (struct cx_flow_entry){ .action = 4, .destinations = 1,
					.destination = { { 2, tir.object.number } } };
	group = (struct cx_flow_group){ .entries = &entry };
	table = (struct cx_flow_table){ .groups = &group };
	world_add(&table.object, CX_FLOW_TABLE);
	for (uint16_t i = 0; i < 30; i++)
		world_post_rx(&rq, i, 4096);
}

static size_t make(const uint8_t *dst, size_t payload)
{
	const struct frame_spec sp = { .version = 4, .protocol = PROTO_UDP, .payload = payload,
				       .dst_mac = dst, .src_mac = world_peer_mac };

	return frames_build(frame, &sp);
}

static uint64_t drops(enum fabric_direction dir, enum fabric_drop reason)
{
	return fabric_counters(world.vf, FABRIC_VF, dir)->drops[reason];
}

static void receive(size_t len)
{
	fabric_send(world.peer, FABRIC_SYNTHETIC, frame, len);
}

static void received_frames_are_counted_by_kind(void)
{
	const struct cx_vport *v = &world.cx.vport;
	size_t len = make(world_vf_mac, 100);

	receive(len);
	make(broadcast, 100);
	receive(len);
	receive(len);
	make(multicast, 100);
	receive(len);
	CU_ASSERT_EQUAL(v->rx_packets, 1);
	CU_ASSERT_EQUAL(v->rx_octets, len);
	CU_ASSERT_EQUAL(v->rx_bc_packets, 2);
	CU_ASSERT_EQUAL(v->rx_bc_octets, 2 * len);
	CU_ASSERT_EQUAL(v->rx_mc_packets, 1);
	CU_ASSERT_EQUAL(v->rx_mc_octets, len);
	CU_ASSERT_EQUAL(cq.producer, 4);
	CU_ASSERT_EQUAL(fabric_counters(world.vf, FABRIC_VF, FABRIC_RX)->packets, 4);
}

static void sent_frames_are_counted_by_kind(void)
{
	static const uint8_t *const dst[] = { world_peer_mac, broadcast, multicast, multicast };
	const struct cx_vport *v = &world.cx.vport;
	size_t len = 0;

	for (int i = 0; i < 4; i++) {
		len = make(dst[i], 100);
		memcpy(frame + 6, world_vf_mac, 6);
		sender_begin(&s, WQE_SEND);
		sender_data(&s, frame, len);
		sender_post(&s);
	}
	world_record(s.sq.wq.dbr, 4, s.producer);
	CU_ASSERT_TRUE(cx_poll(&world.cx));
	CU_ASSERT_EQUAL(world.frames, 4);
	CU_ASSERT_EQUAL(v->tx_packets, 1);
	CU_ASSERT_EQUAL(v->tx_octets, len);
	CU_ASSERT_EQUAL(v->tx_bc_packets, 1);
	CU_ASSERT_EQUAL(v->tx_bc_octets, len);
	CU_ASSERT_EQUAL(v->tx_mc_packets, 2);
	CU_ASSERT_EQUAL(v->tx_mc_octets, 2 * len);
}

/* What the fabric refuses completes like any other frame: the wire took it. */
static void frames_nobody_wants_are_counted_drops(void)
{
	static const struct {
		size_t len;
		enum fabric_drop reason;
	} row[] = { { 1, FABRIC_DROP_MALFORMED }, { 5, FABRIC_DROP_MALFORMED },
		    { 13, FABRIC_DROP_MALFORMED }, { 9100, FABRIC_DROP_TOO_BIG },
		    { 60000, FABRIC_DROP_TOO_BIG } };

	make(world_peer_mac, 60000);
	memcpy(frame + 6, world_vf_mac, 6);
	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		uint64_t before = drops(FABRIC_TX, row[i].reason);
		const uint8_t *cqe;

		wire_put16(frame + 12, ETHER_TYPE_ARP);
		sender_begin(&s, WQE_SEND);
		s.wqe[WQE_CS_FLAGS] = WQE_CS_L3 | WQE_CS_L4;
		sender_data(&s, frame, row[i].len);
		sender_post(&s);
		sender_ring(&s);
		CU_ASSERT_EQUAL(drops(FABRIC_TX, row[i].reason), before + 1);
		cqe = sender_cqe(&s);
		CU_ASSERT_PTR_NOT_NULL_FATAL(cqe);
		CU_ASSERT_EQUAL(cqe[CQE_OP_OWN] >> 4, CQE_REQUESTER);
	}
	CU_ASSERT_EQUAL(world.frames, 0);
	CU_ASSERT_EQUAL(world.cx.vport.tx_packets, 3); /* those that had an address */
}

static void out_of_service_the_path_is_down(void)
{
	size_t len = make(world_vf_mac, 100);

	world.cx.in_service = false;
	receive(len);
	CU_ASSERT_EQUAL(drops(FABRIC_RX, FABRIC_DROP_PATH_DOWN), 1);
	world.cx.in_service = true;
	cx_fabric_attach(&world.cx, false);
	receive(len);
	CU_ASSERT_EQUAL(drops(FABRIC_RX, FABRIC_DROP_PATH_DOWN), 2);
	CU_ASSERT_EQUAL(world.cx.vport.rx_packets, 0);
	cx_fabric_attach(&world.cx, true);
	receive(len);
	CU_ASSERT_EQUAL(cq.producer, 1);
}

/* The PMTU register counts header, tag and FCS: 1522 is an MTU of 1500. */
static void the_mtu_register_limits_what_comes(void)
{
	world.cx.vport.admin_mtu = 1522;
	receive(make(world_vf_mac, 1518 - 42));
	CU_ASSERT_EQUAL(cq.producer, 1);
	receive(make(world_vf_mac, 1519 - 42));
	CU_ASSERT_EQUAL(cq.producer, 1);
	CU_ASSERT_EQUAL(drops(FABRIC_RX, FABRIC_DROP_TOO_BIG), 1);
}

static void without_a_port(void)
{
	world.cx.config.port = NULL;
	cx_fabric_attach(&world.cx, true);
	cx_port_send(&world.cx, frame, 60);
	CU_ASSERT_EQUAL(world.cx.vport.tx_packets, 0);
}

/* A round notices a CQ that was armed after its entries came. */
static void a_round_sends_late_events(void)
{
	receive(make(world_vf_mac, 100));
	CU_ASSERT_EQUAL(world.interrupts, 0);
	CU_ASSERT_FALSE(cx_poll(&world.cx));
	world_record(cq.dbr, 4, 0);
	CU_ASSERT_TRUE(cx_poll(&world.cx));
	CU_ASSERT_EQUAL(world.interrupts, 1);
	CU_ASSERT_FALSE(cx_poll(&world.cx));
}

static CU_TestInfo tests[] = {
	{ "received frames are counted by kind", received_frames_are_counted_by_kind },
	{ "sent frames are counted by kind", sent_frames_are_counted_by_kind },
	{ "frames nobody wants", frames_nobody_wants_are_counted_drops },
	{ "out of service the path is down", out_of_service_the_path_is_down },
	{ "the MTU register limits what comes", the_mtu_register_limits_what_comes },
	{ "without a port", without_a_port },
	{ "a round sends late events", a_round_sends_late_events },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("connectx/port", setup, world_teardown, tests);
