// SPDX-License-Identifier: BSD-3-Clause
#define _GNU_SOURCE /* unshare */
#include "verbs_world.h"

#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

static void one_device_as_sysfs_names_it(void)
{
	struct ibv_device **list;
	int n = -1;

	setenv(MACHINE_ENV_SYSFS, "/made/up", 1);
	machine_put();
	list = ibv_get_device_list(&n);
	unsetenv(MACHINE_ENV_SYSFS);
	CU_ASSERT_PTR_NOT_NULL_FATAL(list);
	CU_ASSERT_EQUAL_FATAL(n, 1);
	CU_ASSERT_PTR_NULL(list[1]);
	CU_ASSERT_STRING_EQUAL(ibv_get_device_name(list[0]), "mlx5_0");
	CU_ASSERT_STRING_EQUAL(list[0]->ibdev_path, "/made/up/class/infiniband/mlx5_0");
	CU_ASSERT_STRING_EQUAL(list[0]->dev_path, "/made/up/class/infiniband_verbs/uverbs0");
	CU_ASSERT_EQUAL(be64toh(ibv_get_device_guid(list[0])), 0x020d3afffe112233);
	ibv_free_device_list(list);
	machine_put();
}

static void capabilities_are_the_models(void)
{
	struct ibv_device_attr_ex attr;
	struct ibv_device_attr old;

	CU_ASSERT_EQUAL(ibv_query_device_ex(world.context, NULL, &attr), 0);
	CU_ASSERT_STRING_EQUAL(attr.orig_attr.fw_ver, "16.35.2000");
	CU_ASSERT_EQUAL(attr.orig_attr.vendor_part_id, 0x1018);
	CU_ASSERT_EQUAL(attr.orig_attr.max_sge, 32);
	CU_ASSERT_EQUAL(attr.orig_attr.max_cqe, (1 << 22) - 1);
	CU_ASSERT_EQUAL(attr.raw_packet_caps,
			IBV_RAW_PACKET_CAP_IP_CSUM | IBV_RAW_PACKET_CAP_CVLAN_STRIPPING);
	CU_ASSERT_EQUAL(attr.tso_caps.max_tso, 65536);
	CU_ASSERT_EQUAL(attr.tso_caps.supported_qpts, 1u << IBV_QPT_RAW_PACKET);
	CU_ASSERT_EQUAL(attr.rss_caps.max_rwq_indirection_table_size, 2048);
	CU_ASSERT_EQUAL(attr.rss_caps.rx_hash_function, IBV_RX_HASH_FUNC_TOEPLITZ);
	CU_ASSERT_EQUAL(attr.rss_caps.rx_hash_fields_mask, 0xff);
	CU_ASSERT_EQUAL(ibv_query_device(world.context, &old), 0);
	CU_ASSERT_EQUAL(memcmp(&old, &attr.orig_attr, sizeof(old)), 0);
}

static void direct_capabilities_are_those_asked_for(void)
{
	struct mlx5dv_context attr = { .comp_mask = MLX5DV_CONTEXT_MASK_CQE_COMPRESION |
						    MLX5DV_CONTEXT_MASK_STRIDING_RQ | 1ull << 40 };

	CU_ASSERT_EQUAL(mlx5dv_query_device(world.context, &attr), 0);
	CU_ASSERT_TRUE(attr.flags & MLX5DV_CONTEXT_FLAGS_CQE_V1);
	CU_ASSERT_EQUAL(attr.comp_mask, MLX5DV_CONTEXT_MASK_CQE_COMPRESION |
						MLX5DV_CONTEXT_MASK_STRIDING_RQ);
	CU_ASSERT_TRUE(attr.cqe_comp_caps.max_num > 0);
	CU_ASSERT_TRUE(attr.cqe_comp_caps.supported_format & MLX5DV_CQE_RES_FORMAT_HASH);
	CU_ASSERT_EQUAL(attr.striding_rq_caps.supported_qpts, 0);
}

static void port_is_an_ethernet_port(void)
{
	struct ibv_port_attr attr;

	CU_ASSERT_EQUAL(ibv_query_port(world.context, 1, &attr), 0);
	CU_ASSERT_EQUAL(attr.state, IBV_PORT_ACTIVE);
	CU_ASSERT_EQUAL(attr.link_layer, IBV_LINK_LAYER_ETHERNET);
	CU_ASSERT_EQUAL(ibv_query_port(world.context, 2, &attr), EINVAL);
	fault_link(world.machine, false);
	CU_ASSERT_EQUAL(ibv_query_port(world.context, 1, &attr), 0);
	CU_ASSERT_EQUAL(attr.state, IBV_PORT_DOWN);
}

static void regions_cover_what_is_mapped(void)
{
	static uint8_t there[8192];
	uint8_t *two = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct ibv_mr *mr;

	mr = ibv_reg_mr(world.pd, there, sizeof(there), IBV_ACCESS_LOCAL_WRITE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(mr);
	CU_ASSERT_EQUAL(mr->lkey, mr->rkey);
	CU_ASSERT_EQUAL(mr->length, sizeof(there));
	CU_ASSERT_EQUAL(ibv_dereg_mr(mr), 0);
	mr = ibv_reg_mr_iova(world.pd, there, sizeof(there), 0x1000, IBV_ACCESS_RELAXED_ORDERING);
	CU_ASSERT_PTR_NOT_NULL_FATAL(mr);
	CU_ASSERT_EQUAL(ibv_dereg_mr(mr), 0);
	CU_ASSERT_PTR_NOT_EQUAL_FATAL(two, MAP_FAILED);
	munmap(two + 4096, 4096);
	CU_ASSERT_PTR_NULL(ibv_reg_mr(world.pd, two, 8192, IBV_ACCESS_LOCAL_WRITE));
	CU_ASSERT_EQUAL(errno, EFAULT);
	mr = ibv_reg_mr(world.pd, two, 4096, IBV_ACCESS_LOCAL_WRITE);
	CU_ASSERT_PTR_NOT_NULL_FATAL(mr);
	CU_ASSERT_EQUAL(ibv_dereg_mr(mr), 0);
	munmap(two, 4096);
	CU_ASSERT_PTR_NULL(ibv_reg_mr(world.pd, there, 0, IBV_ACCESS_LOCAL_WRITE));
	CU_ASSERT_EQUAL(errno, EINVAL);
	CU_ASSERT_PTR_NULL(ibv_reg_mr(world.pd, there, 64, IBV_ACCESS_REMOTE_WRITE));
	CU_ASSERT_EQUAL(errno, EINVAL);
}

/* Takes capabilities out of the effective set, or puts them back. False: they are not ours. */
static bool capabilities(uint32_t bits, bool on)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data) < 0 || (data[0].permitted & bits) != bits)
		return false;
	data[0].effective = on ? data[0].effective | bits : data[0].effective & ~bits;
	return syscall(SYS_capset, &header, data) == 0;
}

static void rights_are_asked_for(void)
{
	const uint32_t bits = 1u << CAP_NET_RAW | 1u << CAP_IPC_LOCK;
	struct ibv_qp_init_attr attr = { .qp_type = IBV_QPT_RAW_PACKET,
					 .cap = { .max_send_wr = 16, .max_send_sge = 1 } };
	struct rlimit before, small = { 64 << 10, 64 << 10 };
	static uint8_t there[128 << 10];
	struct ibv_mr *mr;
	bool ours;

	attr.send_cq = attr.recv_cq = ibv_create_cq(world.context, 15, NULL, NULL, 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(attr.send_cq);
	getrlimit(RLIMIT_MEMLOCK, &before);
	small.rlim_max = before.rlim_max;
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_MEMLOCK, &small), 0);
	ours = capabilities(bits, false);
	CU_ASSERT_PTR_NULL(ibv_create_qp(world.pd, &attr));
	CU_ASSERT_EQUAL(errno, EPERM);
	CU_ASSERT_PTR_NULL(ibv_reg_mr(world.pd, there, sizeof(there), IBV_ACCESS_LOCAL_WRITE));
	CU_ASSERT_EQUAL(errno, ENOMEM);
	for (int i = 0; i < 5; i++) { /* one at a time it fits, again and again */
		mr = ibv_reg_mr(world.pd, there, 40 << 10, IBV_ACCESS_LOCAL_WRITE);
		CU_ASSERT_PTR_NOT_NULL_FATAL(mr);
		CU_ASSERT_PTR_NULL(ibv_reg_mr(world.pd, there, 40 << 10, IBV_ACCESS_LOCAL_WRITE));
		CU_ASSERT_EQUAL(ibv_dereg_mr(mr), 0);
	}
	if (ours)
		CU_ASSERT_TRUE(capabilities(bits, true));
	CU_ASSERT_EQUAL(setrlimit(RLIMIT_MEMLOCK, &before), 0);
	CU_ASSERT_EQUAL(ibv_destroy_cq(attr.send_cq), 0);
}

static void what_is_in_use_cannot_go(void)
{
	static uint8_t there[64];
	struct ibv_mr *mr = ibv_reg_mr(world.pd, there, sizeof(there), IBV_ACCESS_LOCAL_WRITE);

	CU_ASSERT_PTR_NOT_NULL_FATAL(mr);
	CU_ASSERT_EQUAL(ibv_dealloc_pd(world.pd), EBUSY);
	CU_ASSERT_EQUAL(ibv_dereg_mr(mr), 0);
}

static void completion_queues_are_as_large_as_asked_for(void)
{
	struct ibv_cq_init_attr_ex attr = { .cqe = 100 };
	struct mlx5dv_cq_init_attr dv = { .comp_mask = MLX5DV_CQ_INIT_ATTR_MASK_CQE_SIZE |
						       MLX5DV_CQ_INIT_ATTR_MASK_COMPRESSED_CQE,
					  .cqe_size = 64,
					  .cqe_comp_res_format = MLX5DV_CQE_RES_FORMAT_HASH };
	struct mlx5dv_cq direct = { 0 };
	struct ibv_cq_ex *cq = mlx5dv_create_cq(world.context, &attr, &dv);

	CU_ASSERT_PTR_NOT_NULL_FATAL(cq);
	world_objects(ibv_cq_ex_to_cq(cq), &direct);
	CU_ASSERT_EQUAL(direct.cqe_cnt, 128);
	CU_ASSERT_EQUAL(cq->cqe, 127);
	CU_ASSERT_EQUAL(direct.cqe_size, 64);
	CU_ASSERT_EQUAL(((const uint8_t *)direct.buf)[127 * 64 + 63] >> 4, 0xf);
	CU_ASSERT_EQUAL(ibv_destroy_cq(ibv_cq_ex_to_cq(cq)), 0);
	dv.cqe_size = 128; /* does not go with compression */
	CU_ASSERT_PTR_NULL(mlx5dv_create_cq(world.context, &attr, &dv));
	CU_ASSERT_EQUAL(errno, EINVAL);
	attr.cqe = 0;
	CU_ASSERT_PTR_NULL(mlx5dv_create_cq(world.context, &attr, NULL));
	CU_ASSERT_EQUAL(errno, EINVAL);
}

static CU_TestInfo tests[] = {
	{ "capabilities are the model's", capabilities_are_the_models },
	{ "direct capabilities are those asked for", direct_capabilities_are_those_asked_for },
	{ "the port is an Ethernet port", port_is_an_ethernet_port },
	{ "regions cover what is mapped", regions_cover_what_is_mapped },
	{ "rights are asked for", rights_are_asked_for },
	{ "what is in use cannot go", what_is_in_use_cannot_go },
	{ "CQs are as large as asked for", completion_queues_are_as_large_as_asked_for },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("verbs/device", world_setup, world_teardown, tests);

/* A suite of its own: the machine is another. */
static void nothing(void)
{
}

static CU_TestInfo list_tests[] = {
	{ "one device, as sysfs names it", one_device_as_sysfs_names_it },
	CU_TEST_INFO_NULL,
};
static CU_SuiteInfo list_suite = { (char *)"verbs/list", NULL, NULL, nothing, nothing, list_tests };
static CU_SuiteInfo *const list_suite_ptr __attribute__((used, section("unit_suites"))) =
	&list_suite;
