// SPDX-License-Identifier: BSD-3-Clause
/*
 * What the device can do, worked out from its capability pages as mlx5_ib does, and the operations
 * the inline functions of verbs.h call through the context.
 * Source: kernel infiniband/hw/mlx5/main.c (mlx5_ib_query_device, mlx5_query_port_roce).
 */
#include "objects.h"

#include <errno.h>
#include <stdio.h>

#define GROUP_ETHERNET 1
#define CAP_MAX_QP CX_FIELD(0x10, 4, 0)
#define CAP_MAX_QP_SIZE CX_FIELD(0x10, 23, 16)
#define CAP_MAX_CQ CX_FIELD(0x18, 4, 0)
#define CAP_MAX_CQ_SIZE CX_FIELD(0x18, 23, 16)
#define CAP_MAX_MKEY CX_FIELD(0x1c, 21, 16)
#define CAP_MAX_PD CX_FIELD(0x64, 20, 16)
#define CAP_MAX_RQ CX_FIELD(0x6c, 28, 24)
#define CAP_MAX_RQT CX_FIELD(0x70, 20, 16)
#define CAP_MAX_RQT_SIZE CX_FIELD(0x70, 12, 8)
#define CAP_WQE_RQ CX_FIELD(0x54, 15, 0)
#define ETH_CSUM CX_BIT(0x0, 31)
#define ETH_VLAN CX_BIT(0x0, 30)
#define ETH_LSO CX_FIELD(0x0, 20, 16)
#define RAW_PACKET (1u << IBV_QPT_RAW_PACKET)
#define MTU_OVERHEAD 22

static void hash_caps(struct ibv_rss_caps *rss, const uint8_t *general)
{
	rss->supported_qpts = RAW_PACKET;
	rss->max_rwq_indirection_tables = 1u << cx_get(general, CAP_MAX_RQT);
	rss->max_rwq_indirection_table_size = 1u << cx_get(general, CAP_MAX_RQT_SIZE);
	rss->rx_hash_function = IBV_RX_HASH_FUNC_TOEPLITZ;
	rss->rx_hash_fields_mask = IBV_RX_HASH_SRC_IPV4 | IBV_RX_HASH_DST_IPV4 |
				   IBV_RX_HASH_SRC_IPV6 | IBV_RX_HASH_DST_IPV6 |
				   IBV_RX_HASH_SRC_PORT_TCP | IBV_RX_HASH_DST_PORT_TCP |
				   IBV_RX_HASH_SRC_PORT_UDP | IBV_RX_HASH_DST_PORT_UDP;
}

static void device_limits(struct ibv_device_attr *attr, const uint8_t *general)
{
	attr->max_mr_size = UINT64_MAX;
	attr->page_size_cap = UINT64_MAX & ~(uint64_t)(LAB_PAGE_SIZE - 1);
	attr->vendor_id = 0x02c9;
	attr->vendor_part_id = 0x1018;
	attr->max_qp = 1 << cx_get(general, CAP_MAX_QP);
	attr->max_qp_wr = 1 << cx_get(general, CAP_MAX_QP_SIZE);
	attr->max_sge = (int)cx_get(general, CAP_WQE_RQ) / 16;
	attr->max_sge_rd = attr->max_sge;
	attr->max_cq = 1 << cx_get(general, CAP_MAX_CQ);
	attr->max_cqe = (1 << cx_get(general, CAP_MAX_CQ_SIZE)) - 1;
	attr->max_mr = 1 << cx_get(general, CAP_MAX_MKEY);
	attr->max_pd = 1 << cx_get(general, CAP_MAX_PD);
	attr->phys_port_cnt = 1;
	attr->max_pkeys = 1;
}

static int query_device_ex(struct ibv_context *ibv, const struct ibv_query_device_ex_input *input,
			   struct ibv_device_attr_ex *attr, size_t size)
{
	struct vb_context *context = vb_context(ibv);
	uint8_t general[256], ethernet[256];
	struct ibv_device_attr_ex all = { 0 };
	int err = vb_context_enter(context);

	(void)input;
	if (err == 0)
		err = -vb_context_caps(context, 0, general);
	if (err == 0)
		err = -vb_context_caps(context, GROUP_ETHERNET, ethernet);
	vb_context_leave(context);
	if (err != 0)
		return err;
	device_limits(&all.orig_attr, general);
	all.orig_attr.node_guid = ibv_get_device_guid(ibv->device);
	all.orig_attr.sys_image_guid = all.orig_attr.node_guid;
	snprintf(all.orig_attr.fw_ver, sizeof(all.orig_attr.fw_ver), "16.35.2000");
	all.orig_attr.device_cap_flags = IBV_DEVICE_MANAGED_FLOW_STEERING;
	if (cx_get(ethernet, ETH_CSUM)) {
		all.orig_attr.device_cap_flags |= IBV_DEVICE_RAW_IP_CSUM;
		all.raw_packet_caps |= IBV_RAW_PACKET_CAP_IP_CSUM;
	}
	all.device_cap_flags_ex = all.orig_attr.device_cap_flags;
	if (cx_get(ethernet, ETH_VLAN))
		all.raw_packet_caps |= IBV_RAW_PACKET_CAP_CVLAN_STRIPPING;
	if (cx_get(ethernet, ETH_LSO) != 0) {
		all.tso_caps.max_tso = 1u << cx_get(ethernet, ETH_LSO);
		all.tso_caps.supported_qpts = RAW_PACKET;
	}
	hash_caps(&all.rss_caps, general);
	all.max_wq_type_rq = 1u << cx_get(general, CAP_MAX_RQ);
	all.completion_timestamp_mask = UINT64_MAX;
	all.hca_core_clock = 1000000; /* kHz: the model's timer counts nanoseconds */
	all.phys_port_cnt_ex = 1;
	memset(attr, 0, size);
	memcpy(attr, &all, size < sizeof(all) ? size : sizeof(all));
	return 0;
}

int ibv_query_device(struct ibv_context *context, struct ibv_device_attr *attr)
{
	struct ibv_device_attr_ex ex;
	int err = query_device_ex(context, NULL, &ex, sizeof(ex));

	if (err == 0)
		*attr = ex.orig_attr;
	return err;
}

static int query_port(struct ibv_context *ibv, uint8_t port, struct ibv_port_attr *attr,
		      size_t size)
{
	struct vb_context *context = vb_context(ibv);
	struct ibv_port_attr all = {
		.max_mtu = IBV_MTU_4096, .active_mtu = IBV_MTU_1024, .gid_tbl_len = 0,
		.max_msg_sz = 1u << 30, .pkey_tbl_len = 1, .active_width = 1, .active_speed = 64,
		.link_layer = IBV_LINK_LAYER_ETHERNET,
	};
	int err;

	if (port != 1)
		return EINVAL;
	err = vb_context_enter(context);
	if (err == 0)
		err = -vb_context_wait(context);
	if (err == 0) {
		bool up = fabric_link(context->device->machine->port);

		all.state = up ? IBV_PORT_ACTIVE : IBV_PORT_DOWN;
		all.phys_state = up ? 5 : 3; /* link up, disabled */
	}
	vb_context_leave(context);
	if (err != 0)
		return err;
	memset(attr, 0, size);
	memcpy(attr, &all, size < sizeof(all) ? size : sizeof(all));
	return 0;
}

/* Programs built against old headers bring a structure without the last two fields. */
#undef ibv_query_port
int ibv_query_port(struct ibv_context *context, uint8_t port, struct _compat_ibv_port_attr *attr)
{
	return query_port(context, port, (struct ibv_port_attr *)attr,
			  offsetof(struct ibv_port_attr, port_cap_flags2));
}

static struct ibv_cq_ex *create_cq_ex(struct ibv_context *context,
				      struct ibv_cq_init_attr_ex *attr)
{
	return vb_cq_create(context, attr, NULL);
}

static struct ibv_qp *create_qp_ex(struct ibv_context *context, struct ibv_qp_init_attr_ex *attr)
{
	return vb_qp_create(context, attr, NULL);
}

static struct ibv_wq *create_wq(struct ibv_context *context, struct ibv_wq_init_attr *attr)
{
	return vb_wq_create(context, attr, NULL);
}

void verbs_ops_set(struct verbs_context *verbs)
{
	verbs->sz = sizeof(*verbs);
	verbs->context.abi_compat = __VERBS_ABI_IS_EXTENDED;
	verbs->query_port = query_port;
	verbs->query_device_ex = query_device_ex;
	verbs->create_cq_ex = create_cq_ex;
	verbs->create_qp_ex = create_qp_ex;
	verbs->create_wq = create_wq;
	verbs->modify_wq = wq_modify;
	verbs->destroy_wq = wq_destroy;
	verbs->create_rwq_ind_table = table_create;
	verbs->destroy_rwq_ind_table = table_destroy;
	verbs->ibv_create_flow = vb_flow_create;
	verbs->ibv_destroy_flow = vb_flow_destroy;
	verbs->context.ops.poll_cq = cq_poll;
	verbs->context.ops.req_notify_cq = cq_arm;
	verbs->context.ops.post_send = post_send;
	verbs->context.ops.post_recv = post_receive;
}
