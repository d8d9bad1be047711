// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE /* unshare */
#include "verbs_world.h"

#include "../../tools/lab/connectx/ifc.h"

/* A context of its own, with the right to DevX. */
static struct ibv_context *devx;

static void setup(void)
{
	struct mlx5dv_context_attr attr = { .flags = MLX5DV_CONTEXT_FLAGS_DEVX };

	world_setup();
	devx = mlx5dv_open_device(world.context->device, &attr);
	CU_ASSERT_PTR_NOT_NULL_FATAL(devx);
}

static void teardown(void)
{
	CU_ASSERT_EQUAL(ibv_close_device(devx), 0);
	world_teardown();
}

static void commands_need_the_right(void)
{
	uint8_t in[16] = { 0x01, 0x00 }, out[16 + 4096] = { 0 };

	CU_ASSERT_EQUAL(mlx5dv_devx_general_cmd(world.context, in, sizeof(in), out, sizeof(out)),
			EINVAL);
	CU_ASSERT_EQUAL(mlx5dv_devx_general_cmd(devx, in, sizeof(in), out, sizeof(out)), 0);
	CU_ASSERT_EQUAL(cx_get(out + 16, CX_FIELD(0x10, 4, 0)), 18); /* log_max_qp */
	in[0] = 0x0f; /* no such command */
	CU_ASSERT_EQUAL(mlx5dv_devx_general_cmd(devx, in, sizeof(in), out, sizeof(out)), EINVAL);
	CU_ASSERT_NOT_EQUAL(out[0], 0);
}

static void objects_are_made_used_and_ended(void)
{
	uint8_t in[16] = { 0 }, out[16] = { 0 };
	struct mlx5dv_devx_obj *td;

	cx_set(in, CX_IN_OPCODE, 0x816); /* ALLOC_TRANSPORT_DOMAIN */
	td = mlx5dv_devx_obj_create(devx, in, sizeof(in), out, sizeof(out));
	CU_ASSERT_PTR_NOT_NULL_FATAL(td);
	CU_ASSERT_NOT_EQUAL(cx_get(out, CX_OBJECT_NUMBER), 0);
	CU_ASSERT_EQUAL(mlx5dv_devx_obj_destroy(td), 0);
	cx_set(in, CX_IN_OPCODE, 0x802); /* ALLOC_UAR is no object of a program's */
	CU_ASSERT_PTR_NULL(mlx5dv_devx_obj_create(devx, in, sizeof(in), out, sizeof(out)));
	CU_ASSERT_EQUAL(errno, EINVAL);
}

static void memory_and_doorbells(void)
{
	static uint8_t buffer[3 * 4096] __attribute__((aligned(4096)));
	struct mlx5dv_devx_umem *umem = mlx5dv_devx_umem_reg(devx, buffer + 64, 8192, 7);
	struct mlx5dv_devx_uar *uar;
	uint32_t eqn = 0;

	CU_ASSERT_PTR_NOT_NULL_FATAL(umem);
	CU_ASSERT_NOT_EQUAL(umem->umem_id, 0);
	CU_ASSERT_EQUAL(mlx5dv_devx_umem_dereg(umem), 0);
	CU_ASSERT_PTR_NULL(mlx5dv_devx_umem_reg(world.context, buffer, 4096, 7));
	uar = mlx5dv_devx_alloc_uar(devx, 1); /* NC */
	CU_ASSERT_PTR_NOT_NULL_FATAL(uar);
	CU_ASSERT_PTR_EQUAL(uar->reg_addr, (uint8_t *)uar->base_addr + 0x800);
	mlx5dv_devx_free_uar(uar);
	CU_ASSERT_PTR_NULL(mlx5dv_devx_alloc_uar(devx, 0)); /* BlueFlame */
	CU_ASSERT_EQUAL(errno, EOPNOTSUPP);
	CU_ASSERT_EQUAL(mlx5dv_devx_query_eqn(devx, 0, &eqn), 0);
	CU_ASSERT_NOT_EQUAL(eqn, 0);
}

static void counters_are_asked_for_later(void)
{
	struct mlx5dv_devx_cmd_comp *answers = mlx5dv_devx_create_cmd_comp(devx);
	union { struct mlx5dv_devx_async_cmd_hdr header; uint8_t bytes[8 + 32]; } answer;
	uint8_t in[32] = { 0 }, out[16] = { 0 };
	struct mlx5dv_devx_obj *counter;

	CU_ASSERT_PTR_NOT_NULL_FATAL(answers);
	cx_set(in, CX_IN_OPCODE, 0x939); /* ALLOC_FLOW_COUNTER */
	counter = mlx5dv_devx_obj_create(devx, in, 16, out, sizeof(out));
	CU_ASSERT_PTR_NOT_NULL_FATAL(counter);
	memset(in, 0, sizeof(in));
	cx_set(in, CX_IN_OPCODE, 0x93b); /* QUERY_FLOW_COUNTER */
	cx_set32(in, 0x1c, cx_get32(out, 0x8));
	CU_ASSERT_EQUAL(mlx5dv_devx_obj_query_async(counter, in, sizeof(in), 32, 4711, answers), 0);
	CU_ASSERT_EQUAL(mlx5dv_devx_get_async_cmd_comp(answers, &answer.header, sizeof(answer)), 0);
	CU_ASSERT_EQUAL(answer.header.wr_id, 4711);
	CU_ASSERT_EQUAL(answer.bytes[8], 0); /* status */
	CU_ASSERT_EQUAL(mlx5dv_devx_obj_destroy(counter), 0);
	mlx5dv_devx_destroy_cmd_comp(answers);
}

/* Outer destination MAC, in device format. */
static struct mlx5dv_flow_match_parameters *match_mac(const uint8_t mac[6])
{
	struct mlx5dv_flow_match_parameters *match = calloc(1, sizeof(*match) + 64);

	CU_ASSERT_PTR_NOT_NULL_FATAL(match);
	match->match_sz = 64;
	memcpy((uint8_t *)match->match_buf + 8, mac, 6);
	return match;
}

static void direct_rules_steer(void)
{
	static const uint8_t all[6] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };
	struct mlx5dv_flow_match_parameters *mask = match_mac(all), *value = match_mac(world_mac);
	struct mlx5dv_dr_domain *domain;
	struct mlx5dv_dr_action *actions[2];
	struct mlx5dv_dr_matcher *matcher;
	struct ibv_rwq_ind_table *ring;
	struct mlx5dv_dr_table *table;
	const struct mlx5_cqe64 *cqe;
	struct mlx5dv_dr_rule *rule;
	static struct world_rx rx;
	const uint8_t *frame;
	struct ibv_qp *qp;

	world_rx_create(&rx);
	ring = world_table(&rx, 1, 0);
	qp = world_rss(ring, 0);
	domain = mlx5dv_dr_domain_create(world.context, MLX5DV_DR_DOMAIN_TYPE_NIC_RX);
	CU_ASSERT_PTR_NOT_NULL_FATAL(domain);
	CU_ASSERT_PTR_NULL(mlx5dv_dr_domain_create(world.context, MLX5DV_DR_DOMAIN_TYPE_FDB));
	CU_ASSERT_PTR_NULL(mlx5dv_dr_table_create(domain, 1)); /* no software steering */
	CU_ASSERT_EQUAL(errno, EOPNOTSUPP);
	table = mlx5dv_dr_table_create(domain, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(table);
	CU_ASSERT_PTR_NULL(mlx5dv_dr_matcher_create(table, 16, 1, mask));
	matcher = mlx5dv_dr_matcher_create(table, 0, 1, mask);
	CU_ASSERT_PTR_NOT_NULL_FATAL(matcher);
	actions[0] = mlx5dv_dr_action_create_tag(0x123456);
	actions[1] = mlx5dv_dr_action_create_dest_ibv_qp(qp);
	rule = mlx5dv_dr_rule_create(matcher, value, 2, actions);
	CU_ASSERT_PTR_NOT_NULL_FATAL(rule);
	CU_ASSERT_EQUAL(mlx5dv_dr_matcher_destroy(matcher), EBUSY);
	CU_ASSERT_EQUAL(mlx5dv_dr_table_destroy(table), EBUSY);
	CU_ASSERT_EQUAL(mlx5dv_dr_domain_destroy(domain), EBUSY);
	world_receive(world_mac, world_udp(1, 2));
	cqe = world_rx_next(&rx, &frame);
	CU_ASSERT_PTR_NOT_NULL_FATAL(cqe);
	CU_ASSERT_EQUAL(be32toh(cqe->sop_drop_qpn) & 0xffffff, 0x123456);
	CU_ASSERT_EQUAL(mlx5dv_dr_rule_destroy(rule), 0);
	world_receive(world_mac, world_udp(1, 2));
	CU_ASSERT_PTR_NULL(world_rx_next(&rx, &frame));
	CU_ASSERT_EQUAL(world_kernel_frames(NULL, 0), 1);
	((uint8_t *)mask->match_buf)[8] = 0; /* the value now asks more than the mask */
	CU_ASSERT_EQUAL(mlx5dv_dr_matcher_destroy(matcher), 0);
	matcher = mlx5dv_dr_matcher_create(table, 0, 1, mask);
	((uint8_t *)value->match_buf)[8] = 1;
	CU_ASSERT_PTR_NULL(mlx5dv_dr_rule_create(matcher, value, 2, actions));
	CU_ASSERT_EQUAL(errno, EINVAL);
	CU_ASSERT_EQUAL(mlx5dv_dr_matcher_destroy(matcher), 0);
	CU_ASSERT_EQUAL(mlx5dv_dr_action_destroy(actions[0]), 0);
	CU_ASSERT_EQUAL(mlx5dv_dr_action_destroy(actions[1]), 0);
	CU_ASSERT_EQUAL(mlx5dv_dr_table_destroy(table), 0);
	CU_ASSERT_EQUAL(mlx5dv_dr_domain_destroy(domain), 0);
	CU_ASSERT_EQUAL(ibv_destroy_qp(qp), 0);
	CU_ASSERT_EQUAL(ibv_destroy_rwq_ind_table(ring), 0);
	world_rx_destroy(&rx);
	free(mask);
	free(value);
}

static void a_gone_device_answers_no_command(void)
{
	uint8_t in[16] = { 0x01, 0x00 }, out[16 + 4096];

	machine_lock(world.machine);
	world.machine->faults.eject_delay = 0;
	CU_ASSERT_EQUAL(fault_eject(world.machine), 0);
	machine_unlock(world.machine);
	CU_ASSERT_EQUAL(mlx5dv_devx_general_cmd(devx, in, sizeof(in), out, sizeof(out)), EIO);
	CU_ASSERT_PTR_NULL(mlx5dv_devx_alloc_uar(devx, 1));
	CU_ASSERT_EQUAL(errno, EIO);
}

static CU_TestInfo tests[] = {
	{ "commands need the right", commands_need_the_right },
	{ "objects are made, used and ended", objects_are_made_used_and_ended },
	{ "memory and doorbells", memory_and_doorbells },
	{ "counters are asked for later", counters_are_asked_for_later },
	{ "direct rules steer", direct_rules_steer },
	{ "a gone device answers no command", a_gone_device_answers_no_command },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("verbs/devx", setup, teardown, tests);
