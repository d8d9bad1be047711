/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What the tests of tools/lab/verbs stand on: a program that has opened the device and drives rings
 * itself, as a PMD does, with the machine moved inline and a peer that reflects. Offsets of WQEs
 * and CQEs are those of mlx5dv.h, so that the model's and the program's view are compared. The
 * kernel's side of eth0 is one end of a socket pair. One world a test file.
 */
#ifndef VERBS_WORLD_H
#define VERBS_WORLD_H

#include <sched.h>

#include "../../tools/lab/log.h"
#include "../../tools/lab/verbs/fault.h"
#include "../../tools/lab/verbs/machine.h"
#include "../../tools/lab/verbs/rights.h"
#include "fabric_frames.h"
#include "unit.h"

#include <errno.h>
#include <infiniband/mlx5dv.h>
#include <infiniband/verbs.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define WORLD_FRAME 2048u
#define WORLD_RING 64u

/* A receive queue whose ring the test fills and whose CQ it reads. */
struct world_rx {
	struct ibv_cq *cq;
	struct ibv_wq *wq;
	struct mlx5dv_cq dcq;
	struct mlx5dv_rwq drwq;
	uint32_t consumer;
	uint8_t buffer[WORLD_RING][WORLD_FRAME];
	struct ibv_mr *mr;
};

struct world_tx {
	struct ibv_cq *cq;
	struct ibv_qp *qp;
	struct mlx5dv_cq dcq;
	struct mlx5dv_qp dqp;
	uint16_t producer;
	uint32_t consumer;
	uint8_t frame[WORLD_FRAME];
	struct ibv_mr *mr;
};

static struct world {
	struct machine *machine;
	struct ibv_context *context;
	struct ibv_pd *pd;
	int kernel;                /* what eth0 would see */
	struct fabric_port *other; /* somebody else on the switch */
} world;

static const uint8_t world_mac[6] = { 0x00, 0x0d, 0x3a, 0x11, 0x22, 0x33 };
static const uint8_t world_other_mac[6] = { 0x02, 0, 0, 0, 0, 0xcc };
static const uint8_t world_peer_mac[6] = { 0x02, 0, 0, 0, 0, 0xbb };

static inline struct ibv_context *world_open(void)
{
	struct ibv_device **list = ibv_get_device_list(NULL);
	struct ibv_context *context;

	CU_ASSERT_PTR_NOT_NULL_FATAL(list);
	CU_ASSERT_PTR_NOT_NULL_FATAL(list[0]);
	context = ibv_open_device(list[0]);
	ibv_free_device_list(list);
	return context;
}

static inline void world_poll(void)
{
	an_lab_poll(10000);
}

static inline void world_setup(void)
{
	int ends[2];

	setenv(MACHINE_ENV_MODE, "inline", 1);
	setenv(MACHINE_ENV_PEER, "reflect", 1);
	setenv("RDMAV_ALLOW_DISASSOC_DESTROY", "1", 1);
	unsetenv(MACHINE_ENV_CONTROL);
	unsetenv(MACHINE_ENV_WIRE);
	unsetenv(MACHINE_ENV_VF);
	lab_log_set_level(LAB_LOG_ERROR);
	if (!rights_raw()) /* any user may run the tests: its own namespace has the right */
		CU_ASSERT_EQUAL_FATAL(unshare(CLONE_NEWUSER), 0);
	memset(&world, 0, sizeof(world));
	world.context = world_open();
	CU_ASSERT_PTR_NOT_NULL_FATAL(world.context);
	world.pd = ibv_alloc_pd(world.context);
	CU_ASSERT_PTR_NOT_NULL_FATAL(world.pd);
	world.machine = machine_get();
	CU_ASSERT_EQUAL_FATAL(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, ends), 0);
	world.machine->wire = ends[0];
	world.kernel = ends[1];
	world.other = fabric_nic_add(world.machine->fabric, 1, world_other_mac);
	CU_ASSERT_PTR_NOT_NULL_FATAL(world.other);
}

static inline void world_teardown(void)
{
	if (world.pd != NULL)
		CU_ASSERT_EQUAL(ibv_dealloc_pd(world.pd), 0);
	CU_ASSERT_EQUAL(ibv_close_device(world.context), 0);
	close(world.kernel);
	machine_put();
}

/* Frames the kernel got; the last one's first bytes in `frame`. */
static inline unsigned int world_kernel_frames(uint8_t *frame, size_t size)
{
	uint8_t waste[WORLD_FRAME];
	unsigned int n = 0;

	while (recv(world.kernel, waste, sizeof(waste), MSG_DONTWAIT) > 0) {
		if (frame != NULL)
			memcpy(frame, waste, size);
		n++;
	}
	return n;
}

static inline void world_objects(struct ibv_cq *cq, struct mlx5dv_cq *dcq)
{
	struct mlx5dv_obj obj = { .cq = { cq, dcq } };

	CU_ASSERT_EQUAL_FATAL(mlx5dv_init_obj(&obj, MLX5DV_OBJ_CQ), 0);
}

/* ------------------------------------------------------------------------------ receive ---- */

static inline void world_rx_post(struct world_rx *rx, uint32_t count)
{
	uint32_t head = be32toh(rx->drwq.dbrec[0]);

	for (uint32_t i = 0; i < count; i++, head++) {
		uint32_t slot = head & (rx->drwq.wqe_cnt - 1);
		struct mlx5_wqe_data_seg *seg;

		seg = (void *)((uint8_t *)rx->drwq.buf + (size_t)slot * rx->drwq.stride);
		seg->byte_count = htobe32(WORLD_FRAME);
		seg->lkey = htobe32(rx->mr->lkey);
		seg->addr = htobe64((uintptr_t)rx->buffer[slot]);
	}
	__atomic_store_n(&rx->drwq.dbrec[0], htobe32(head), __ATOMIC_RELEASE);
}

static inline void world_rx_create(struct world_rx *rx)
{
	struct ibv_wq_init_attr attr = { .wq_type = IBV_WQT_RQ, .max_wr = WORLD_RING, .max_sge = 1,
					 .pd = world.pd };
	struct ibv_wq_attr ready = { .attr_mask = IBV_WQ_ATTR_STATE, .wq_state = IBV_WQS_RDY };
	struct mlx5dv_obj obj;

	memset(rx, 0, sizeof(*rx));
	rx->cq = ibv_create_cq(world.context, WORLD_RING - 1, NULL, NULL, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(rx->cq);
	attr.cq = rx->cq;
	rx->wq = ibv_create_wq(world.context, &attr);
	CU_ASSERT_PTR_NOT_NULL_FATAL(rx->wq);
	rx->mr = ibv_reg_mr(world.pd, rx->buffer, sizeof(rx->buffer), IBV_ACCESS_LOCAL_WRITE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(rx->mr);
	world_objects(rx->cq, &rx->dcq);
	obj.rwq.in = rx->wq;
	obj.rwq.out = &rx->drwq;
	CU_ASSERT_EQUAL_FATAL(mlx5dv_init_obj(&obj, MLX5DV_OBJ_RWQ), 0);
	CU_ASSERT_EQUAL_FATAL(ibv_modify_wq(rx->wq, &ready), 0);
	world_rx_post(rx, WORLD_RING);
}

static inline void world_rx_destroy(struct world_rx *rx)
{
	CU_ASSERT_EQUAL(ibv_destroy_wq(rx->wq), 0);
	CU_ASSERT_EQUAL(ibv_dereg_mr(rx->mr), 0);
	CU_ASSERT_EQUAL(ibv_destroy_cq(rx->cq), 0);
}

/* The next completion of a ring, or NULL. */
static inline const struct mlx5_cqe64 *world_cqe(const struct mlx5dv_cq *dcq, uint32_t consumer)
{
	const struct mlx5_cqe64 *cqe;
	uint8_t own;

	cqe = (const void *)((uint8_t *)dcq->buf + (consumer & (dcq->cqe_cnt - 1)) * 64u);
	own = __atomic_load_n(&cqe->op_own, __ATOMIC_ACQUIRE);
	if (own >> 4 == 0xf || (own & 1) != ((consumer & dcq->cqe_cnt) != 0))
		return NULL;
	return cqe;
}

/* The next frame: its completion, which stays readable, and its bytes. NULL: there is none. */
static inline const struct mlx5_cqe64 *world_rx_next(struct world_rx *rx, const uint8_t **frame)
{
	const struct mlx5_cqe64 *cqe = world_cqe(&rx->dcq, rx->consumer);

	if (cqe == NULL)
		return NULL;
	*frame = rx->buffer[be16toh(cqe->wqe_counter) & (WORLD_RING - 1)];
	rx->consumer++;
	rx->dcq.dbrec[0] = htobe32(rx->consumer & 0xffffff);
	return cqe;
}

static inline unsigned int world_rx_drain(struct world_rx *rx)
{
	const uint8_t *frame;
	unsigned int n = 0;

	while (world_rx_next(rx, &frame) != NULL)
		n++;
	world_rx_post(rx, n);
	return n;
}

/* An RSS QP over a table of `size` queues taken round from n; fields 0 wants size 1. */
static inline struct ibv_rwq_ind_table *world_table(struct world_rx *rx, unsigned int n,
						    unsigned int log_size)
{
	struct ibv_rwq_ind_table_init_attr attr = { .log_ind_tbl_size = log_size };
	struct ibv_wq *list[64];

	for (unsigned int i = 0; i < 1u << log_size; i++)
		list[i] = rx[i % n].wq;
	attr.ind_tbl = list;
	return ibv_create_rwq_ind_table(world.context, &attr);
}

static uint8_t world_key[40] = { 0x6d, 0x5a, 0x56, 0xda, 0x25, 0x5b, 0x0e, 0xc2, 0x41, 0x67,
				 0x25, 0x3d, 0x43, 0xa3, 0x8f, 0xb0, 0xd0, 0xca, 0x2b, 0xcb,
				 0xae, 0x7b, 0x30, 0xb4, 0x77, 0xcb, 0x2d, 0xa3, 0x80, 0x30,
				 0xf2, 0x0c, 0x6a, 0x42, 0xb7, 0x3b, 0xbe, 0xac, 0x01, 0xfa };

static inline struct ibv_qp *world_rss(struct ibv_rwq_ind_table *table, uint64_t fields)
{
	struct ibv_qp_init_attr_ex attr = {
		.qp_type = IBV_QPT_RAW_PACKET, .pd = world.pd, .rwq_ind_tbl = table,
		.comp_mask = IBV_QP_INIT_ATTR_PD | IBV_QP_INIT_ATTR_IND_TABLE |
			     IBV_QP_INIT_ATTR_RX_HASH,
		.rx_hash_conf = { .rx_hash_function = IBV_RX_HASH_FUNC_TOEPLITZ,
				  .rx_hash_key_len = sizeof(world_key), .rx_hash_key = world_key,
				  .rx_hash_fields_mask = fields },
	};

	return ibv_create_qp_ex(world.context, &attr);
}

/* --------------------------------------------------------------------------------- flows ---- */

struct world_flow {
	struct ibv_flow_attr attr;
	struct ibv_flow_spec_eth eth;
	uint8_t more[128]; /* further specifications, attr.num_of_specs counts them */
};

static inline struct world_flow world_flow_to(const uint8_t mac[6])
{
	struct world_flow flow = {
		.attr = { .type = IBV_FLOW_ATTR_NORMAL, .size = sizeof(flow), .num_of_specs = 1,
			  .port = 1 },
		.eth = { .type = IBV_FLOW_SPEC_ETH, .size = sizeof(flow.eth) },
	};

	memcpy(flow.eth.val.dst_mac, mac, 6);
	memset(flow.eth.mask.dst_mac, 0xff, 6);
	return flow;
}

/* ---------------------------------------------------------------------------------- send ---- */

static inline void world_tx_state(struct world_tx *tx, enum ibv_qp_state state)
{
	struct ibv_qp_attr attr = { .qp_state = state, .port_num = 1 };
	int mask = IBV_QP_STATE | (state == IBV_QPS_INIT ? IBV_QP_PORT : 0);

	CU_ASSERT_EQUAL(ibv_modify_qp(tx->qp, &attr, mask), 0);
}

static inline void world_tx_create(struct world_tx *tx)
{
	struct ibv_qp_init_attr_ex attr = {
		.qp_type = IBV_QPT_RAW_PACKET, .pd = world.pd, .comp_mask = IBV_QP_INIT_ATTR_PD,
		.cap = { .max_send_wr = WORLD_RING, .max_send_sge = 1 },
	};
	struct mlx5dv_obj obj;

	memset(tx, 0, sizeof(*tx));
	tx->cq = ibv_create_cq(world.context, WORLD_RING - 1, NULL, NULL, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(tx->cq);
	attr.send_cq = attr.recv_cq = tx->cq;
	tx->qp = ibv_create_qp_ex(world.context, &attr);
	CU_ASSERT_PTR_NOT_NULL_FATAL(tx->qp);
	tx->mr = ibv_reg_mr(world.pd, tx->frame, sizeof(tx->frame), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(tx->mr);
	world_objects(tx->cq, &tx->dcq);
	obj.qp.in = tx->qp;
	obj.qp.out = &tx->dqp;
	CU_ASSERT_EQUAL_FATAL(mlx5dv_init_obj(&obj, MLX5DV_OBJ_QP), 0);
	world_tx_state(tx, IBV_QPS_INIT);
	world_tx_state(tx, IBV_QPS_RTR);
	world_tx_state(tx, IBV_QPS_RTS);
}

static inline void world_tx_destroy(struct world_tx *tx)
{
	CU_ASSERT_EQUAL(ibv_destroy_qp(tx->qp), 0);
	CU_ASSERT_EQUAL(ibv_dereg_mr(tx->mr), 0);
	CU_ASSERT_EQUAL(ibv_destroy_cq(tx->cq), 0);
}

/* One block: control, Ethernet segment with 18 bytes inline, the rest by pointer. No doorbell. */
static inline uint64_t world_tx_write(struct world_tx *tx, size_t len)
{
	uint32_t slot = tx->producer & (tx->dqp.sq.wqe_cnt - 1);
	uint8_t *wqe = (uint8_t *)tx->dqp.sq.buf + (size_t)slot * tx->dqp.sq.stride;
	struct mlx5_wqe_ctrl_seg *control = (void *)wqe;
	struct mlx5_wqe_eth_seg *eth = (void *)(control + 1);
	struct mlx5_wqe_data_seg *data = (void *)(wqe + 48);
	uint64_t doorbell;

	memset(wqe, 0, 64);
	control->opmod_idx_opcode = htobe32((uint32_t)tx->producer << 8 | MLX5_OPCODE_SEND);
	control->qpn_ds = htobe32(tx->qp->qp_num << 8 | 4);
	control->fm_ce_se = MLX5_WQE_CTRL_CQ_UPDATE;
	eth->inline_hdr_sz = htobe16(18);
	memcpy(eth->inline_hdr_start, tx->frame, 18);
	data->byte_count = htobe32((uint32_t)len - 18);
	data->lkey = htobe32(tx->mr->lkey);
	data->addr = htobe64((uintptr_t)tx->frame + 18);
	tx->producer++;
	__atomic_store_n(&tx->dqp.dbrec[MLX5_SND_DBR], htobe32(tx->producer), __ATOMIC_RELEASE);
	memcpy(&doorbell, wqe, sizeof(doorbell));
	return doorbell;
}

static inline void world_tx_ring(struct world_tx *tx, uint64_t doorbell)
{
	__atomic_store_n((uint64_t *)tx->dqp.bf.reg, doorbell, __ATOMIC_RELEASE);
}

/* Builds the frame, sends it, lets it travel; its completion must be there. */
static inline size_t world_tx_send(struct world_tx *tx, const struct frame_spec *spec)
{
	size_t len = frames_build(tx->frame, spec);

	world_tx_ring(tx, world_tx_write(tx, len));
	world_poll();
	CU_ASSERT_PTR_NOT_NULL(world_cqe(&tx->dcq, tx->consumer));
	tx->consumer++;
	tx->dcq.dbrec[0] = htobe32(tx->consumer & 0xffffff);
	return len;
}

static inline struct frame_spec world_udp(uint16_t sport, uint16_t dport)
{
	return (struct frame_spec){ .version = 4, .protocol = PROTO_UDP, .sport = sport,
				    .dport = dport, .payload = 64, .src = { 10, 77, 0, 2 },
				    .dst = { 10, 77, 0, 1 }, .dst_mac = world_peer_mac,
				    .src_mac = world_mac };
}

/* From the other one on the switch, to us or to a group. */
static inline void world_receive(const uint8_t dst[6], struct frame_spec spec)
{
	uint8_t frame[WORLD_FRAME];
	size_t len;

	spec.dst_mac = dst;
	spec.src_mac = world_other_mac;
	len = frames_build(frame, &spec);
	fabric_send(world.other, FABRIC_VF, frame, len);
	world_poll();
}

#endif
