// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE /* unshare */
#include "verbs_world.h"

static struct world_rx rx;
static struct world_tx tx;
static struct ibv_rwq_ind_table *table;
static struct ibv_qp *rss;
static struct ibv_flow *flow;

static void setup(void)
{
	struct world_flow to_us = world_flow_to(world_mac);

	world_setup();
	world_tx_create(&tx);
	world_rx_create(&rx);
	table = world_table(&rx, 1, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	rss = world_rss(table, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(rss);
	flow = ibv_create_flow(rss, &to_us.attr);
	CU_ASSERT_PTR_NOT_NULL_FATAL(flow);
}

static void teardown(void)
{
	CU_ASSERT_EQUAL(ibv_destroy_flow(flow), 0);
	CU_ASSERT_EQUAL(ibv_destroy_qp(rss), 0);
	CU_ASSERT_EQUAL(ibv_destroy_rwq_ind_table(table), 0);
	world_rx_destroy(&rx);
	world_tx_destroy(&tx);
	world_teardown();
}

static void frames_go_out_and_come_back(void)
{
	for (unsigned int i = 0; i < 3 * WORLD_RING; i++) {
		struct frame_spec spec = world_udp((uint16_t)(1000 + i), 2000);
		size_t len = world_tx_send(&tx, &spec);
		const struct mlx5_cqe64 *cqe;
		const uint8_t *back;

		cqe = world_rx_next(&rx, &back);
		CU_ASSERT_PTR_NOT_NULL_FATAL(cqe);
		CU_ASSERT_EQUAL(be32toh(cqe->byte_cnt), len);
		CU_ASSERT_EQUAL(cqe->op_own >> 4, MLX5_CQE_RESP_SEND);
		CU_ASSERT_EQUAL(cqe->hds_ip_ext & 6, 6); /* checksums right */
		CU_ASSERT_EQUAL(memcmp(back, tx.frame + 6, 6), 0);
		CU_ASSERT_EQUAL(memcmp(back + 6, tx.frame, 6), 0);
		CU_ASSERT_EQUAL(memcmp(back + 26, tx.frame + 30, 4), 0);
		CU_ASSERT_EQUAL(wire_get16(back + 36), 1000 + i);
		CU_ASSERT_EQUAL(memcmp(back + 38, tx.frame + 38, len - 38), 0);
		world_rx_post(&rx, 1);
	}
}

static void nothing_is_sent_before_the_doorbell(void)
{
	struct frame_spec spec = world_udp(1, 2);
	uint64_t doorbell = world_tx_write(&tx, frames_build(tx.frame, &spec));
	const uint8_t *back;

	world_poll();
	CU_ASSERT_PTR_NULL(world_rx_next(&rx, &back));
	world_tx_ring(&tx, doorbell);
	world_poll();
	CU_ASSERT_PTR_NOT_NULL(world_rx_next(&rx, &back));
}

static void verbs_post_and_poll(void)
{
	struct frame_spec spec = world_udp(7, 8);
	size_t len = frames_build(tx.frame, &spec);
	struct ibv_sge sge = { .addr = (uintptr_t)tx.frame, .length = (uint32_t)len,
			       .lkey = tx.mr->lkey };
	struct ibv_send_wr wr = { .wr_id = 77, .sg_list = &sge, .num_sge = 1,
				  .opcode = IBV_WR_SEND, .send_flags = IBV_SEND_SIGNALED }, *bad;
	struct ibv_wc wc;
	const uint8_t *back;

	for (unsigned int i = 0; i < 2 * WORLD_RING; i++) {
		wr.wr_id = 77 + i;
		CU_ASSERT_EQUAL_FATAL(ibv_post_send(tx.qp, &wr, &bad), 0);
		CU_ASSERT_EQUAL(ibv_poll_cq(tx.cq, 1, &wc), 0);
		world_poll();
		CU_ASSERT_EQUAL(ibv_poll_cq(tx.cq, 1, &wc), 1);
		CU_ASSERT_EQUAL(wc.status, IBV_WC_SUCCESS);
		CU_ASSERT_EQUAL(wc.wr_id, 77 + i);
		CU_ASSERT_EQUAL(wc.opcode, IBV_WC_SEND);
		CU_ASSERT_EQUAL(wc.qp_num, tx.qp->qp_num);
		CU_ASSERT_PTR_NOT_NULL(world_rx_next(&rx, &back));
		world_rx_post(&rx, 1);
	}
	wr.opcode = IBV_WR_RDMA_READ;
	CU_ASSERT_EQUAL(ibv_post_send(tx.qp, &wr, &bad), EINVAL);
	CU_ASSERT_PTR_EQUAL(bad, &wr);
}

static void a_full_ring_takes_no_more(void)
{
	struct ibv_sge sge = { .addr = (uintptr_t)tx.frame, .length = 64, .lkey = tx.mr->lkey };
	struct ibv_send_wr wr = { .sg_list = &sge, .num_sge = 1, .opcode = IBV_WR_SEND }, *bad;
	unsigned int n = 0;

	while (n <= WORLD_RING && ibv_post_send(tx.qp, &wr, &bad) == 0)
		n++;
	CU_ASSERT_EQUAL(n, WORLD_RING);
}

static void tag_is_stripped_if_asked(void)
{
	struct ibv_wq_attr strip = { .attr_mask = IBV_WQ_ATTR_FLAGS,
				     .flags = IBV_WQ_FLAGS_CVLAN_STRIPPING,
				     .flags_mask = IBV_WQ_FLAGS_CVLAN_STRIPPING };
	struct frame_spec spec = world_udp(1, 2);
	const struct mlx5_cqe64 *cqe;
	const uint8_t *frame;

	spec.vlan = 0x2064;
	world_receive(world_mac, spec);
	cqe = world_rx_next(&rx, &frame);
	CU_ASSERT_PTR_NOT_NULL_FATAL(cqe);
	CU_ASSERT_EQUAL(wire_get16(frame + 12), 0x8100);
	CU_ASSERT_EQUAL(ibv_modify_wq(rx.wq, &strip), 0);
	world_receive(world_mac, spec);
	cqe = world_rx_next(&rx, &frame);
	CU_ASSERT_PTR_NOT_NULL_FATAL(cqe);
	CU_ASSERT_EQUAL(wire_get16(frame + 12), 0x0800);
	CU_ASSERT_EQUAL(be16toh(cqe->vlan_info), 0x2064);
}

static void error_flushes_and_reset_starts_over(void)
{
	struct ibv_wq_attr attr = { .attr_mask = IBV_WQ_ATTR_STATE, .wq_state = IBV_WQS_ERR };
	const struct mlx5_cqe64 *cqe;
	unsigned int n = 0;

	CU_ASSERT_EQUAL(ibv_modify_wq(rx.wq, &attr), 0);
	while ((cqe = world_cqe(&rx.dcq, rx.consumer)) != NULL) {
		CU_ASSERT_EQUAL(cqe->op_own >> 4, MLX5_CQE_RESP_ERR);
		CU_ASSERT_EQUAL(((const struct mlx5_err_cqe *)cqe)->syndrome,
				MLX5_CQE_SYNDROME_WR_FLUSH_ERR);
		rx.dcq.dbrec[0] = htobe32(++rx.consumer & 0xffffff);
		n++;
	}
	CU_ASSERT_EQUAL(n, WORLD_RING);
	attr.wq_state = IBV_WQS_RDY;
	CU_ASSERT_EQUAL(ibv_modify_wq(rx.wq, &attr), EINVAL);
	attr.wq_state = IBV_WQS_RESET;
	CU_ASSERT_EQUAL(ibv_modify_wq(rx.wq, &attr), 0);
	attr.wq_state = IBV_WQS_RDY;
	CU_ASSERT_EQUAL(ibv_modify_wq(rx.wq, &attr), 0);
	world_rx_post(&rx, WORLD_RING);
	world_receive(world_mac, world_udp(1, 2));
	CU_ASSERT_EQUAL(world_rx_drain(&rx), 1);
}

static void send_queue_dies_of_a_bad_key_and_is_reset(void)
{
	struct ibv_qp_attr attr = { .qp_state = IBV_QPS_RTS };
	struct frame_spec spec = world_udp(1, 2);
	struct mlx5_wqe_data_seg *data;
	uint64_t doorbell;

	doorbell = world_tx_write(&tx, frames_build(tx.frame, &spec));
	data = (void *)((uint8_t *)tx.dqp.sq.buf + 48);
	data->lkey = htobe32(0xdead00);
	world_tx_ring(&tx, doorbell);
	world_poll();
	CU_ASSERT_PTR_NOT_NULL_FATAL(world_cqe(&tx.dcq, 0));
	CU_ASSERT_EQUAL(world_cqe(&tx.dcq, 0)->op_own >> 4, MLX5_CQE_REQ_ERR);
	CU_ASSERT_EQUAL(ibv_modify_qp(tx.qp, &attr, IBV_QP_STATE), EINVAL); /* it is in error */
	world_tx_state(&tx, IBV_QPS_RESET);
	tx.producer = 0;
	tx.consumer = 1;
	tx.dcq.dbrec[0] = htobe32(1);
	CU_ASSERT_EQUAL(ibv_modify_qp(tx.qp, &attr, IBV_QP_STATE), EINVAL); /* not from RESET */
	world_tx_state(&tx, IBV_QPS_INIT);
	world_tx_state(&tx, IBV_QPS_RTR);
	world_tx_state(&tx, IBV_QPS_RTS);
	world_tx_send(&tx, &spec);
	CU_ASSERT_EQUAL(world_rx_drain(&rx), 1);
}

static void completions_wake_a_channel(void)
{
	struct ibv_comp_channel *channel = ibv_create_comp_channel(world.context);
	struct ibv_send_wr wr = { .num_sge = 1, .opcode = IBV_WR_SEND,
				  .send_flags = IBV_SEND_SIGNALED }, *bad;
	struct frame_spec spec = world_udp(1, 2);
	struct ibv_qp_init_attr init = { .qp_type = IBV_QPT_RAW_PACKET,
					 .cap = { .max_send_wr = 16, .max_send_sge = 1 } };
	struct ibv_qp_attr state = { .port_num = 1 };
	struct ibv_sge sge;
	struct ibv_cq *cq, *ready;
	struct ibv_wc wc;
	struct ibv_qp *qp;
	void *mark;

	CU_ASSERT_PTR_NOT_NULL_FATAL(channel);
	cq = ibv_create_cq(world.context, 15, &spec, channel, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(cq);
	CU_ASSERT_EQUAL(ibv_destroy_comp_channel(channel), EBUSY);
	init.send_cq = init.recv_cq = cq;
	qp = ibv_create_qp(world.pd, &init);
	CU_ASSERT_PTR_NOT_NULL_FATAL(qp);
	CU_ASSERT_EQUAL(ibv_destroy_cq(cq), EBUSY);
	for (enum ibv_qp_state s = IBV_QPS_INIT; s <= IBV_QPS_RTS; s++) {
		state.qp_state = s;
		CU_ASSERT_EQUAL(ibv_modify_qp(qp, &state, IBV_QP_STATE), 0);
	}
	sge = (struct ibv_sge){ .addr = (uintptr_t)tx.frame, .lkey = tx.mr->lkey,
				.length = (uint32_t)frames_build(tx.frame, &spec) };
	wr.sg_list = &sge;
	for (int i = 0; i < 5; i++) {
		CU_ASSERT_EQUAL(ibv_req_notify_cq(cq, 0), 0);
		CU_ASSERT_EQUAL(ibv_post_send(qp, &wr, &bad), 0);
		world_poll();
		CU_ASSERT_EQUAL_FATAL(ibv_get_cq_event(channel, &ready, &mark), 0);
		CU_ASSERT_PTR_EQUAL(ready, cq);
		CU_ASSERT_PTR_EQUAL(mark, &spec);
		ibv_ack_cq_events(ready, 1);
		CU_ASSERT_EQUAL(ibv_poll_cq(cq, 1, &wc), 1);
	}
	CU_ASSERT_EQUAL(ibv_destroy_qp(qp), 0);
	CU_ASSERT_EQUAL(ibv_destroy_cq(cq), 0);
	CU_ASSERT_EQUAL(ibv_destroy_comp_channel(channel), 0);
}

static void queue_pair_with_both_rings_shares_a_record(void)
{
	static uint8_t buffer[WORLD_FRAME];
	struct ibv_qp_init_attr init = {
		.qp_type = IBV_QPT_RAW_PACKET, .send_cq = tx.cq, .recv_cq = rx.cq,
		.cap = { .max_send_wr = 16, .max_send_sge = 1, .max_recv_wr = 16,
			 .max_recv_sge = 1 },
	};
	struct world_flow other = world_flow_to((const uint8_t[]){ 2, 0, 0, 0, 0, 9 });
	struct ibv_qp_attr state = { .port_num = 1 };
	struct ibv_qp *qp = ibv_create_qp(world.pd, &init);
	struct ibv_recv_wr wr = { .num_sge = 1 }, *bad;
	struct mlx5dv_qp direct = { 0 };
	struct ibv_flow *second;
	struct mlx5dv_obj obj;
	struct ibv_sge sge;
	struct ibv_mr *mr;
	struct ibv_wc wc;

	CU_ASSERT_PTR_NOT_NULL_FATAL(qp);
	obj.qp.in = qp;
	obj.qp.out = &direct;
	CU_ASSERT_EQUAL(mlx5dv_init_obj(&obj, MLX5DV_OBJ_QP), 0);
	CU_ASSERT_EQUAL(direct.rq.wqe_cnt, 16);
	CU_ASSERT_EQUAL(direct.bf.size, 0);
	for (enum ibv_qp_state s = IBV_QPS_INIT; s <= IBV_QPS_RTS; s++) {
		state.qp_state = s;
		CU_ASSERT_EQUAL(ibv_modify_qp(qp, &state, IBV_QP_STATE), 0);
	}
	mr = ibv_reg_mr(world.pd, buffer, sizeof(buffer), IBV_ACCESS_LOCAL_WRITE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(mr);
	sge = (struct ibv_sge){ (uintptr_t)buffer, sizeof(buffer), mr->lkey };
	wr.sg_list = &sge;
	CU_ASSERT_EQUAL(ibv_post_recv(qp, &wr, &bad), 0);
	CU_ASSERT_EQUAL(be32toh(direct.dbrec[MLX5_RCV_DBR]), 1);
	CU_ASSERT_EQUAL(be32toh(direct.dbrec[MLX5_SND_DBR]), 0);
	second = ibv_create_flow(qp, &other.attr);
	CU_ASSERT_PTR_NOT_NULL_FATAL(second);
	CU_ASSERT_EQUAL(ibv_destroy_qp(qp), EBUSY);
	world_receive((const uint8_t[]){ 2, 0, 0, 0, 0, 9 }, world_udp(1, 2));
	CU_ASSERT_EQUAL(ibv_poll_cq(rx.cq, 1, &wc), 1);
	CU_ASSERT_EQUAL(wc.opcode, IBV_WC_RECV);
	CU_ASSERT_EQUAL(wc.byte_len, 106);
	CU_ASSERT_TRUE(wc.wc_flags & IBV_WC_IP_CSUM_OK);
	CU_ASSERT_EQUAL(ibv_destroy_flow(second), 0);
	CU_ASSERT_EQUAL(ibv_destroy_qp(qp), 0);
	CU_ASSERT_EQUAL(ibv_dereg_mr(mr), 0);
}

static void queue_pairs_that_are_not_offered(void)
{
	struct ibv_qp_init_attr_ex attr = {
		.qp_type = IBV_QPT_RC, .pd = world.pd, .comp_mask = IBV_QP_INIT_ATTR_PD,
		.send_cq = tx.cq, .recv_cq = rx.cq, .cap = { .max_send_wr = 16, .max_send_sge = 1 },
	};

	CU_ASSERT_PTR_NULL(ibv_create_qp_ex(world.context, &attr));
	CU_ASSERT_EQUAL(errno, EOPNOTSUPP);
	attr.qp_type = IBV_QPT_RAW_PACKET;
	attr.cap.max_send_wr = 1u << 20;
	CU_ASSERT_PTR_NULL(ibv_create_qp_ex(world.context, &attr));
	CU_ASSERT_EQUAL(errno, EINVAL);
	attr.cap.max_send_wr = 16;
	attr.comp_mask |= IBV_QP_INIT_ATTR_CREATE_FLAGS;
	attr.create_flags = IBV_QP_CREATE_SCATTER_FCS;
	CU_ASSERT_PTR_NULL(ibv_create_qp_ex(world.context, &attr));
	CU_ASSERT_EQUAL(errno, EOPNOTSUPP);
}

static CU_TestInfo tests[] = {
	{ "frames go out and come back", frames_go_out_and_come_back },
	{ "nothing is sent before the doorbell", nothing_is_sent_before_the_doorbell },
	{ "verbs post and poll", verbs_post_and_poll },
	{ "a full ring takes no more", a_full_ring_takes_no_more },
	{ "a tag is stripped if asked", tag_is_stripped_if_asked },
	{ "error flushes, reset starts over", error_flushes_and_reset_starts_over },
	{ "an SQ dies of a bad key and is reset", send_queue_dies_of_a_bad_key_and_is_reset },
	{ "completions wake a channel", completions_wake_a_channel },
	{ "a QP with both rings has one record", queue_pair_with_both_rings_shares_a_record },
	{ "QPs that are not offered", queue_pairs_that_are_not_offered },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("verbs/queue", setup, teardown, tests);
