// SPDX-License-Identifier: BSD-3-Clause
/*
 * Capability pages. The set brings up mlx5_core's Ethernet side, mlx5_ib with DevX, and what user
 * space makes of them (DPDK's net_mlx5 with its defaults); every bit left out keeps drivers on a
 * simpler path, and every bit set is kept by the model. Numbers here and the limits
 * the commands enforce (objects.c, objects.h) say the same.
 * Source: docs/protocol.md 7.5, linux/mlx5/mlx5_ifc.h (cmd_hca_cap, ...).
 */
#include "command.h"

#define IN_CAPABILITY 0x10
#define OUT_CAPABILITY 0x10
#define OTHER_FUNCTION CX_BIT(0x8, 31)
#define GROUPS 0x80u /* op_mod >> 1 is 15 bits wide, known groups end at 0x2a */

/*
 * The four bits that chain RX tables (flow_modify_en, modify_root, identified_miss_table_mode,
 * flow_table_modify). With them drivers use ntuple, aRFS, TC and the verbs' bypass namespace, and
 * say themselves which table is the root; without, the lowest-level RX table is it.
 */
#ifndef CX_STEERING_FULL
#define CX_STEERING_FULL 1
#endif

enum { GROUP_GENERAL = 0x0, GROUP_ETHERNET = 0x1, GROUP_FLOW_TABLE = 0x7 };

struct cap_value {
	struct cx_field field;
	uint32_t value;
};
#define CAP(byte, high, low, value_) { { byte, high, low }, value_ }

#define GENERAL_VHCA_ID CX_FIELD(0x4, 15, 0)
#define GENERAL_LOG_MAX_QP CX_FIELD(0x10, 4, 0)
#define GENERAL_CMDIF_CHECKSUM CX_FIELD(0x40, 15, 14)
#define GENERAL_LOG_UAR_PAGE CX_FIELD(0x90, 15, 0)
#define LOG_MAX_QP 18

static const struct cap_value general[] = {
	CAP(0x10, 4, 0, LOG_MAX_QP),
	CAP(0x10, 23, 16, 15),          /* log_max_qp_sz */
	CAP(0x10, 31, 24, 15),          /* log_max_srq_sz */
	CAP(0x14, 20, 16, 16),          /* log_max_srq */
	CAP(0x18, 4, 0, 17),            /* log_max_cq */
	CAP(0x18, 23, 16, 22),          /* log_max_cq_sz */
	CAP(0x1c, 3, 0, 7),             /* log_max_eq */
	CAP(0x1c, 21, 16, 20),          /* log_max_mkey */
	CAP(0x30, 30, 30, 1),           /* vport_counters */
	CAP(0x30, 27, 27, 1),           /* modify_rq_counter_set_id */
	CAP(0x30, 25, 16, 16),          /* max_qp_cnt */
	CAP(0x34, 25, 25, 1),           /* nic_flow_table */
	CAP(0x34, 9, 8, 1),             /* port_type: Ethernet */
	CAP(0x34, 7, 0, 1),             /* num_ports */
	CAP(0x38, 28, 24, 30),          /* log_max_msg */
	CAP(0x3c, 3, 0, 1),             /* cqe_version */
	CAP(0x40, 24, 24, 1),           /* umr_modify_entity_size_disabled */
	CAP(0x40, 23, 23, 1),           /* umr_modify_atomic_disabled */
	CAP(0x40, 3, 3, 1),             /* eth_net_offloads */
	CAP(0x44, 3, 3, 1),             /* xrc: mlx5_ib does not load without */
	CAP(0x44, 2, 0, 0x7),           /* ud, uc, rc */
	CAP(0x48, 7, 0, 12),            /* log_pg_sz */
	CAP(0x4c, 20, 16, 9),           /* log_bf_reg_size */
	CAP(0x50, 15, 0, 1024),         /* max_wqe_sz_sq */
	CAP(0x54, 15, 0, 512),          /* max_wqe_sz_rq */
	CAP(0x64, 28, 24, 10),          /* log_max_transport_domain */
	CAP(0x64, 20, 16, 16),          /* log_max_pd */
	CAP(0x64, 4, 0, 10),            /* log_max_xrcd */
	CAP(0x68, 15, 0, 1023),         /* max_flow_counter_15_0 */
	CAP(0x6c, 28, 24, 16),          /* log_max_rq */
	CAP(0x6c, 20, 16, 16),          /* log_max_sq */
	CAP(0x6c, 12, 8, 16),           /* log_max_tir */
	CAP(0x6c, 4, 0, 16),            /* log_max_tis */
	CAP(0x70, 31, 31, 1),           /* basic_cyclic_rcv_wqe */
	CAP(0x70, 28, 24, 10),          /* log_max_rmp */
	CAP(0x70, 20, 16, 12),          /* log_max_rqt */
	CAP(0x70, 12, 8, 11),           /* log_max_rqt_size */
	CAP(0x70, 4, 0, 1),             /* log_max_tis_per_sq */
	CAP(0x78, 4, 0, 15),            /* log_max_wq_sz */
	CAP(0x7c, 4, 0, CX_LOG_UC_LIST),
	CAP(0x7c, 12, 8, CX_LOG_MC_LIST),
	CAP(0x7c, 20, 16, CX_LOG_VLAN_LIST),
	CAP(0x8c, 28, 24, CX_LOG_UCTX), /* log_max_uctx: DevX is offered */
	CAP(0x8c, 20, 16, CX_LOG_UMEM), /* log_max_umem */
	CAP(0x8c, 15, 0, 64),           /* max_num_eqs */
	CAP(0xb4, 3, 3, 1),             /* mini_cqe_resp_stride_index */
	CAP(0xb4, 0, 0, 1),             /* cqe_compression */
	CAP(0xb8, 31, 16, 16),          /* cqe_compression_timeout; a session ends sooner (cq.c) */
	CAP(0xb8, 15, 0, CX_COMPRESSION_MAX), /* cqe_compression_max_num */
	CAP(0xd4, 31, 0, CX_UCTX_CAPS), /* uctx_cap */
};

static const struct cap_value ethernet[] = {
	CAP(0x0, 31, 31, 1),            /* csum_cap */
	CAP(0x0, 30, 30, 1),            /* vlan_cap */
	CAP(0x0, 24, 24, 1),            /* wqe_vlan_insert */
	CAP(0x0, 23, 23, 1),            /* self_lb_en_modifiable */
	CAP(0x0, 20, 16, 16),           /* max_lso_cap: 64 KB */
	CAP(0x0, 15, 14, 1),            /* multi_pkt_send_wqe: rdma-core's MPW_ALLOWED */
	CAP(0x0, 13, 12, 2),            /* wqe_inline_mode: none needed */
	CAP(0x0, 11, 8, 8),             /* rss_ind_tbl_cap */
	CAP(0x0, 5, 5, 1),              /* enhanced_multi_pkt_send_wqe */
};

#define NIC_RX 0x40
static const struct cap_value flow_table[] = {
	CAP(0x0, 31, 31, 1),            /* nic_rx_multi_path_tirs: to a TIR and on (don't trap) */
	CAP(NIC_RX + 0x0, 31, 31, 1),   /* ft_support */
	CAP(NIC_RX + 0x0, 29, 29, 1),   /* flow_counter */
	CAP(NIC_RX + 0x0, 28, 25, CX_STEERING_FULL ? 0xf : 0),
	CAP(NIC_RX + 0x4, 29, 24, 16),  /* log_max_ft_size */
	CAP(NIC_RX + 0x4, 7, 0, 96),    /* max_ft_level */
	CAP(NIC_RX + 0xc, 7, 0, 8),     /* log_max_ft_num */
	CAP(NIC_RX + 0x10, 15, 8, 1),   /* log_max_flow_counter */
	CAP(NIC_RX + 0x10, 7, 0, 2),    /* log_max_destination */
	CAP(NIC_RX + 0x14, 7, 0, 16),   /* log_max_flow */
	/* outer: dmac smac ethertype ip_version first_prio first_vid */
	CAP(NIC_RX + 0x20, 31, 27, 0x1f), CAP(NIC_RX + 0x20, 25, 25, 1),
	/* outer: sip dip frag ip_protocol, udp and tcp ports */
	CAP(NIC_RX + 0x20, 19, 16, 0xf), CAP(NIC_RX + 0x20, 13, 10, 0xf),
};

static void fill(uint8_t *group, const struct cap_value *caps, size_t count)
{
	for (size_t i = 0; i < count; i++)
		cx_set(group, caps[i].field, caps[i].value);
}
#define FILL(group, caps) fill(group, caps, sizeof(caps) / sizeof((caps)[0]))

static void general_max(const struct cx *cx, uint8_t *group)
{
	FILL(group, general);
	cx_set(group, GENERAL_VHCA_ID, cx->config.vhca_id);
}

void cx_caps_reset(struct cx *cx)
{
	memset(cx->command->general, 0, sizeof(cx->command->general));
	general_max(cx, cx->command->general);
}

static enum cx_status query_hca_cap(struct cx *cx, struct cx_request *request)
{
	bool current = (request->op_mod & 1) != 0;
	unsigned int group = request->op_mod >> 1;
	uint8_t *out = request->out + OUT_CAPABILITY;

	if (cx_get(request->in, OTHER_FUNCTION) || group >= GROUPS)
		return cx_refuse(request, CX_BAD_PARAM, "no such capability group or function");
	switch (group) {
	case GROUP_GENERAL:
		if (current)
			memcpy(out, cx->command->general, CX_CAP_KEPT);
		else
			general_max(cx, out);
		break;
	case GROUP_ETHERNET:
		FILL(out, ethernet);
		break;
	case GROUP_FLOW_TABLE:
		FILL(out, flow_table);
		break;
	default:
		break; /* nothing of that group is supported: zeros say so */
	}
	return CX_OK;
}

static enum cx_status set_hca_cap(struct cx *cx, struct cx_request *request)
{
	const uint8_t *wanted = request->in + IN_CAPABILITY;

	if (cx_get(request->in, OTHER_FUNCTION) || request->op_mod >> 1 != GROUP_GENERAL)
		return cx_refuse(request, CX_BAD_PARAM, "that group cannot be set");
	if (cx_get(wanted, GENERAL_LOG_MAX_QP) > LOG_MAX_QP ||
	    cx_get(wanted, GENERAL_CMDIF_CHECKSUM) != 0 ||
	    cx_get(wanted, GENERAL_LOG_UAR_PAGE) != 0)
		return cx_refuse(request, CX_BAD_PARAM, "a capability beyond its maximum");
	memcpy(cx->command->general, wanted, CX_CAP_KEPT);
	return CX_OK;
}

const struct cx_operation cx_operations_caps[] = {
	{ 0x100, CX_WHEN_ENABLED, 16, 16, "QUERY_HCA_CAP", query_hca_cap },
	{ 0x109, CX_STAGE_ENABLED, 16 + CX_CAP_KEPT, 8, "SET_HCA_CAP", set_hca_cap },
	{ 0 },
};
