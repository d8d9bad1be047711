// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE /* unshare */
#include "verbs_world.h"

#include "../../tools/lab/fabric/frame.h"

#define QUEUES 3u
#define RSS_HASH 12 /* in a CQE; mlx5dv.h has no name for it */
#define LOG_TABLE 3u
#define UDP4 (IBV_RX_HASH_SRC_IPV4 | IBV_RX_HASH_DST_IPV4 | IBV_RX_HASH_SRC_PORT_UDP | \
	      IBV_RX_HASH_DST_PORT_UDP)
#define IP4 (IBV_RX_HASH_SRC_IPV4 | IBV_RX_HASH_DST_IPV4)

static struct world_rx rx[QUEUES];
static struct ibv_rwq_ind_table *table;

static void setup(void)
{
	world_setup();
	for (unsigned int i = 0; i < QUEUES; i++)
		world_rx_create(&rx[i]);
	table = world_table(rx, QUEUES, LOG_TABLE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
}

static void teardown(void)
{
	CU_ASSERT_EQUAL(ibv_destroy_rwq_ind_table(table), 0);
	for (unsigned int i = 0; i < QUEUES; i++)
		world_rx_destroy(&rx[i]);
	world_teardown();
}

/* What Toeplitz says of the frame by the fields of `mask`. */
static uint32_t expected_hash(const struct frame_spec *spec, unsigned int fields)
{
	uint8_t frame[WORLD_FRAME];
	struct frame_info info;
	size_t len = frames_build(frame, spec);

	CU_ASSERT_EQUAL(frame_parse(frame, len, &info), 0);
	return frame_toeplitz(frame, &info, fields, world_key);
}

static void expect_queue(uint32_t hash)
{
	unsigned int queue = (hash & ((1u << LOG_TABLE) - 1)) % QUEUES;

	for (unsigned int i = 0; i < QUEUES; i++) {
		const uint8_t *frame;
		const struct mlx5_cqe64 *cqe = world_rx_next(&rx[i], &frame);

		if (i != queue) {
			CU_ASSERT_PTR_NULL(cqe);
			continue;
		}
		CU_ASSERT_PTR_NOT_NULL_FATAL(cqe);
		CU_ASSERT_EQUAL(wire_get32((const uint8_t *)cqe + RSS_HASH), hash);
		world_rx_post(&rx[i], 1);
	}
}

static void hash_chooses_the_queue(void)
{
	const unsigned int all = FRAME_HASH_SRC_IP | FRAME_HASH_DST_IP | FRAME_HASH_SRC_PORT |
				 FRAME_HASH_DST_PORT;
	struct world_flow to_us = world_flow_to(world_mac);
	struct ibv_qp *qp = world_rss(table, UDP4);
	struct ibv_flow *flow;

	CU_ASSERT_PTR_NOT_NULL_FATAL(qp);
	flow = ibv_create_flow(qp, &to_us.attr);
	CU_ASSERT_PTR_NOT_NULL_FATAL(flow);
	for (unsigned int i = 0; i < 200; i++) {
		struct frame_spec spec = world_udp((uint16_t)(1000 + i * 7), (uint16_t)(i * 13));

		world_receive(world_mac, spec);
		expect_queue(expected_hash(&spec, all));
	}
	CU_ASSERT_EQUAL(ibv_destroy_flow(flow), 0);
	CU_ASSERT_EQUAL(ibv_destroy_qp(qp), 0);
}

static void addresses_alone_keep_ports_together(void)
{
	struct world_flow to_us = world_flow_to(world_mac);
	struct ibv_qp *qp = world_rss(table, IP4);
	struct ibv_flow *flow = ibv_create_flow(qp, &to_us.attr);

	CU_ASSERT_PTR_NOT_NULL_FATAL(flow);
	for (unsigned int i = 0; i < 50; i++) {
		struct frame_spec spec = world_udp((uint16_t)(1000 + i), 9);

		spec.src[3] = (uint8_t)(i / 10);
		world_receive(world_mac, spec);
		expect_queue(expected_hash(&spec, FRAME_HASH_SRC_IP | FRAME_HASH_DST_IP));
	}
	CU_ASSERT_EQUAL(ibv_destroy_flow(flow), 0);
	CU_ASSERT_EQUAL(ibv_destroy_qp(qp), 0);
}

static void hashes_the_kernel_refuses(void)
{
	static const struct { uint64_t fields; int error; } row[] = {
		{ 0, EINVAL }, /* without fields the table must have one entry */
		{ UDP4 | IBV_RX_HASH_SRC_IPV6, EINVAL },
		{ IP4 | IBV_RX_HASH_SRC_PORT_TCP | IBV_RX_HASH_SRC_PORT_UDP, EINVAL },
		{ IP4 | IBV_RX_HASH_INNER, EOPNOTSUPP },
	};
	struct ibv_rwq_ind_table *one = world_table(rx, 1, 0);
	struct ibv_rwq_ind_table_init_attr huge = { .log_ind_tbl_size = 12 };
	struct ibv_qp *qp;

	for (size_t i = 0; i < sizeof(row) / sizeof(row[0]); i++) {
		CU_ASSERT_PTR_NULL(world_rss(table, row[i].fields));
		CU_ASSERT_EQUAL(errno, row[i].error);
	}
	CU_ASSERT_PTR_NOT_NULL_FATAL(one);
	qp = world_rss(one, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(qp);
	CU_ASSERT_EQUAL(ibv_destroy_rwq_ind_table(one), EBUSY);
	CU_ASSERT_EQUAL(ibv_destroy_qp(qp), 0);
	CU_ASSERT_EQUAL(ibv_destroy_rwq_ind_table(one), 0);
	CU_ASSERT_PTR_NULL(ibv_create_rwq_ind_table(world.context, &huge));
	CU_ASSERT_EQUAL(errno, EINVAL);
}

static CU_TestInfo tests[] = {
	{ "the hash chooses the queue", hash_chooses_the_queue },
	{ "addresses alone keep ports together", addresses_alone_keep_ports_together },
	{ "hashes the kernel refuses", hashes_the_kernel_refuses },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("verbs/rss", setup, teardown, tests);
