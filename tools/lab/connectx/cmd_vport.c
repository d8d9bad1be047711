// SPDX-License-Identifier: BSD-3-Clause
/*
 * The NIC vport: its context (addresses, MTU, promiscuity, lists), state and counters.
 * Source: docs/protocol.md 7.3, 7.4, 7.11.
 */
#include "command.h"

#define OTHER_VPORT CX_BIT(0x8, 31)

/* nic_vport_context, at 0x10 of QUERY's output and at 0x100 of MODIFY's input. */
#define QUERY_CONTEXT 0x10
#define MODIFY_CONTEXT 0x100
#define CTX_MIN_INLINE CX_FIELD(0x0, 26, 24)
#define CTX_BLOCK_MC_LOOPBACK CX_BIT(0x0, 2)
#define CTX_BLOCK_UC_LOOPBACK CX_BIT(0x0, 1)
#define CTX_MTU CX_FIELD(0x24, 15, 0)
#define CTX_SYSTEM_GUID 0x28
#define CTX_PORT_GUID 0x30
#define CTX_NODE_GUID 0x38
#define CTX_PROMISC_UC CX_BIT(0xf0, 31)
#define CTX_PROMISC_MC CX_BIT(0xf0, 30)
#define CTX_PROMISC_ALL CX_BIT(0xf0, 29)
#define CTX_LIST_TYPE CX_FIELD(0xf0, 26, 24)
#define CTX_LIST_SIZE CX_FIELD(0xf0, 11, 0)
#define CTX_PERMANENT_MAC 0xf6 /* behind two bytes of padding */
#define CTX_LIST 0x100
#define LIST_ENTRY_SIZE 8u
#define LIST_ENTRY_MAC 2
#define LIST_ENTRY_VLAN CX_FIELD(0x0, 11, 0)
#define QUERY_LIST_TYPE CX_FIELD(0xc, 26, 24)

enum { LIST_UC = 0, LIST_MC = 1, LIST_VLAN = 2 };

/* MODIFY's field_select, dword 0xc. */
enum { SELECT_LIST = 1 << 2, SELECT_MAC = 1 << 3, SELECT_PROMISC = 1 << 4, SELECT_MTU = 1 << 6,
       SELECT_MIN_INLINE = 1 << 7, SELECT_PORT_GUID = 1 << 8, SELECT_NODE_GUID = 1 << 9,
       SELECT_MC_LOOPBACK = 1 << 10, SELECT_UC_LOOPBACK = 1 << 11 };
#define SELECT CX_DWORD(0xc)

#define STATE_ADMIN CX_FIELD(0xc, 7, 4)
#define STATE CX_FIELD(0xc, 3, 0)

/* query_hca_vport_pkey; capability pkey_table_size 0 says 128 entries. */
#define PKEY_INDEX CX_FIELD(0xc, 15, 0)
#define PKEY_ALL 0xffff
#define PKEY_OUT 0x10
#define PKEY_FIRST CX_FIELD(PKEY_OUT, 15, 0)
#define PKEY_ENTRY_SIZE 4
#define PKEY_TABLE_SIZE 128
#define PKEY_DEFAULT 0xffff

/* MTUs are L2 bytes: Ethernet header, a VLAN tag and FCS included. */
#define MTU_OVERHEAD 22
#define MTU_DEFAULT (1500 + MTU_OVERHEAD)
#define MTU_MAX (9000 + MTU_OVERHEAD)
#define MTU_MIN (68 + MTU_OVERHEAD)

static uint64_t guid(const uint8_t mac[6])
{
	return (uint64_t)mac[0] << 56 | (uint64_t)mac[1] << 48 | (uint64_t)mac[2] << 40 |
	       0xfffeull << 24 | (uint64_t)mac[3] << 16 | (uint64_t)mac[4] << 8 | mac[5];
}

void cx_vport_reset(struct cx *cx)
{
	struct cx_vport *vport = &cx->vport;
	bool up = vport->up;

	memset(vport, 0, sizeof(*vport));
	memcpy(vport->mac, cx->config.mac, sizeof(vport->mac));
	vport->up = up; /* the cable does not know about resets */
	vport->admin_up = true;
	vport->mtu = MTU_DEFAULT;
	vport->admin_mtu = MTU_DEFAULT;
	vport->max_mtu = MTU_MAX;
	vport->system_guid = guid(vport->mac);
	vport->port_guid = vport->system_guid;
	vport->node_guid = vport->system_guid;
}

void cx_set_mac(struct cx *cx, const uint8_t mac[6])
{
	memcpy(cx->config.mac, mac, sizeof(cx->config.mac));
	cx_vport_reset(cx);
}

static uint32_t macs_query(const uint8_t mac[][6], uint32_t count, uint8_t *list, uint32_t room)
{
	for (uint32_t i = 0; i < count && i < room; i++)
		memcpy(list + i * LIST_ENTRY_SIZE + LIST_ENTRY_MAC, mac[i], 6);
	return count;
}

static enum cx_status list_query(const struct cx_vport *vport, struct cx_request *request)
{
	uint8_t *context = request->out + QUERY_CONTEXT, *list = context + CTX_LIST;
	uint32_t room = (request->out_len - QUERY_CONTEXT - CTX_LIST) / LIST_ENTRY_SIZE;
	uint32_t type = cx_get(request->in, QUERY_LIST_TYPE), count = 0;

	switch (type) {
	case LIST_UC:
		count = macs_query(vport->uc, vport->uc_count, list, room);
		break;
	case LIST_MC:
		count = macs_query(vport->mc, vport->mc_count, list, room);
		break;
	case LIST_VLAN:
		count = vport->vlan_count;
		for (uint32_t i = 0; i < count && i < room; i++)
			cx_set(list + i * LIST_ENTRY_SIZE, LIST_ENTRY_VLAN, vport->vlan[i]);
		break;
	default:
		return cx_refuse(request, CX_BAD_PARAM, "unknown list type");
	}
	cx_set(context, CTX_LIST_TYPE, type);
	cx_set(context, CTX_LIST_SIZE, count);
	return CX_OK;
}

static enum cx_status query_nic_vport_context(struct cx *cx, struct cx_request *request)
{
	const struct cx_vport *vport = &cx->vport;
	uint8_t *context = request->out + QUERY_CONTEXT;

	if (cx_get(request->in, OTHER_VPORT))
		return cx_refuse(request, CX_BAD_PARAM, "another vport");
	cx_set(context, CTX_MIN_INLINE, vport->min_inline_mode);
	cx_set(context, CTX_BLOCK_MC_LOOPBACK, vport->block_mc_loopback);
	cx_set(context, CTX_BLOCK_UC_LOOPBACK, vport->block_uc_loopback);
	cx_set(context, CTX_MTU, vport->mtu);
	cx_set64(context, CTX_SYSTEM_GUID, vport->system_guid);
	cx_set64(context, CTX_PORT_GUID, vport->port_guid);
	cx_set64(context, CTX_NODE_GUID, vport->node_guid);
	cx_set(context, CTX_PROMISC_UC, vport->promisc_uc);
	cx_set(context, CTX_PROMISC_MC, vport->promisc_mc);
	cx_set(context, CTX_PROMISC_ALL, vport->promisc_all);
	memcpy(context + CTX_PERMANENT_MAC, vport->mac, sizeof(vport->mac));
	return list_query(vport, request);
}

static unsigned int macs_modify(uint8_t mac[][6], uint32_t count, const uint8_t *list)
{
	for (uint32_t i = 0; i < count; i++)
		memcpy(mac[i], list + i * LIST_ENTRY_SIZE + LIST_ENTRY_MAC, 6);
	return count;
}

static enum cx_status list_modify(struct cx_vport *vport, struct cx_request *request)
{
	static const unsigned int log_size[] = {
		[LIST_UC] = CX_LOG_UC_LIST, [LIST_MC] = CX_LOG_MC_LIST,
		[LIST_VLAN] = CX_LOG_VLAN_LIST,
	};
	const uint8_t *context = request->in + MODIFY_CONTEXT, *list = context + CTX_LIST;
	uint32_t type = cx_get(context, CTX_LIST_TYPE), count = cx_get(context, CTX_LIST_SIZE);

	if (type > LIST_VLAN)
		return cx_refuse(request, CX_BAD_PARAM, "unknown list type");
	if (count > 1u << log_size[type])
		return cx_refuse(request, CX_LIM, "the list is too long");
	if (request->in_len < MODIFY_CONTEXT + CTX_LIST + count * LIST_ENTRY_SIZE)
		return cx_refuse(request, CX_BAD_INPUT_LEN, "the list is shorter than it says");
	switch (type) {
	case LIST_UC:
		vport->uc_count = macs_modify(vport->uc, count, list);
		break;
	case LIST_MC:
		vport->mc_count = macs_modify(vport->mc, count, list);
		break;
	case LIST_VLAN:
		for (uint32_t i = 0; i < count; i++)
			vport->vlan[i] = (uint16_t)cx_get(list + i * LIST_ENTRY_SIZE,
							  LIST_ENTRY_VLAN);
		vport->vlan_count = count;
		break;
	}
	return CX_OK;
}

static void fields_modify(struct cx_vport *vport, uint32_t select, const uint8_t *context)
{
	if (select & SELECT_MAC)
		memcpy(vport->mac, context + CTX_PERMANENT_MAC, sizeof(vport->mac));
	if (select & SELECT_PROMISC) {
		vport->promisc_uc = cx_get(context, CTX_PROMISC_UC);
		vport->promisc_mc = cx_get(context, CTX_PROMISC_MC);
		vport->promisc_all = cx_get(context, CTX_PROMISC_ALL);
	}
	if (select & SELECT_MTU)
		vport->mtu = (uint16_t)cx_get(context, CTX_MTU);
	if (select & SELECT_MIN_INLINE)
		vport->min_inline_mode = (uint8_t)cx_get(context, CTX_MIN_INLINE);
	if (select & SELECT_PORT_GUID)
		vport->port_guid = cx_get64(context, CTX_PORT_GUID);
	if (select & SELECT_NODE_GUID)
		vport->node_guid = cx_get64(context, CTX_NODE_GUID);
	if (select & SELECT_MC_LOOPBACK)
		vport->block_mc_loopback = cx_get(context, CTX_BLOCK_MC_LOOPBACK);
	if (select & SELECT_UC_LOOPBACK)
		vport->block_uc_loopback = cx_get(context, CTX_BLOCK_UC_LOOPBACK);
}

static enum cx_status modify_nic_vport_context(struct cx *cx, struct cx_request *request)
{
	const uint8_t *context = request->in + MODIFY_CONTEXT;
	uint32_t select = cx_get(request->in, SELECT), mtu = cx_get(context, CTX_MTU);
	struct cx_vport *vport = &cx->vport;
	enum cx_status status;

	if (cx_get(request->in, OTHER_VPORT))
		return cx_refuse(request, CX_BAD_PARAM, "another vport");
	if ((select & SELECT_MTU) != 0 && (mtu < MTU_MIN || mtu > vport->max_mtu))
		return cx_refuse(request, CX_BAD_PARAM, "impossible MTU");
	if (select & SELECT_LIST) {
		status = list_modify(vport, request);
		if (status != CX_OK)
			return status;
	}
	fields_modify(vport, select, context);
	return CX_OK;
}

static enum cx_status query_vport_state(struct cx *cx, struct cx_request *request)
{
	if (cx_get(request->in, OTHER_VPORT))
		return cx_refuse(request, CX_BAD_PARAM, "another vport");
	cx_set(request->out, STATE_ADMIN, 1);
	cx_set(request->out, STATE, cx->vport.up);
	return CX_OK;
}

/* The host decides about the link of a VF; asking is allowed. */
static enum cx_status modify_vport_state(struct cx *cx, struct cx_request *request)
{
	(void)cx;
	if (cx_get(request->in, OTHER_VPORT))
		return cx_refuse(request, CX_BAD_PARAM, "another vport");
	return CX_OK;
}

static enum cx_status query_vport_counter(struct cx *cx, struct cx_request *request)
{
	const struct cx_vport *v = &cx->vport;
	/* {packets, octets} each; errors and InfiniBand in front of them are zero. */
	const struct {
		uint16_t at;
		uint64_t packets, octets;
	} counter[] = {
		{ 0x70, v->rx_bc_packets, v->rx_bc_octets },
		{ 0x80, v->tx_bc_packets, v->tx_bc_octets },
		{ 0x90, v->rx_packets, v->rx_octets },
		{ 0xa0, v->tx_packets, v->tx_octets },
		{ 0xb0, v->rx_mc_packets, v->rx_mc_octets },
		{ 0xc0, v->tx_mc_packets, v->tx_mc_octets },
	};

	if (cx_get(request->in, OTHER_VPORT))
		return cx_refuse(request, CX_BAD_PARAM, "another vport");
	for (size_t i = 0; i < sizeof(counter) / sizeof(counter[0]); i++) {
		cx_set64(request->out, counter[i].at, counter[i].packets);
		cx_set64(request->out, counter[i].at + 8, counter[i].octets);
	}
	return CX_OK;
}

/* An Ethernet port has the default partition only; mlx5_ib reads it before it registers. */
static enum cx_status query_hca_vport_pkey(struct cx *cx, struct cx_request *request)
{
	uint32_t index = cx_get(request->in, PKEY_INDEX);

	(void)cx;
	if (cx_get(request->in, OTHER_VPORT))
		return cx_refuse(request, CX_BAD_PARAM, "another vport");
	if (index >= PKEY_TABLE_SIZE && index != PKEY_ALL)
		return cx_refuse(request, CX_BAD_INDEX, "beyond the P_Key table");
	if (index == PKEY_ALL && request->out_len < PKEY_OUT + PKEY_TABLE_SIZE * PKEY_ENTRY_SIZE)
		return CX_BAD_OUTPUT_LEN;
	if (index == 0 || index == PKEY_ALL)
		cx_set(request->out, PKEY_FIRST, PKEY_DEFAULT);
	return CX_OK;
}

const struct cx_operation cx_operations_vport[] = {
	{ 0x750, CX_STAGE_READY, 16, 16, "QUERY_VPORT_STATE", query_vport_state },
	{ 0x751, CX_STAGE_READY, 16, 8, "MODIFY_VPORT_STATE", modify_vport_state },
	{ 0x754, CX_STAGE_READY, 16, 272, "QUERY_NIC_VPORT_CONTEXT", query_nic_vport_context },
	{ 0x755, CX_STAGE_READY, 512, 8, "MODIFY_NIC_VPORT_CONTEXT", modify_nic_vport_context },
	{ 0x765, CX_STAGE_READY, 16, PKEY_OUT + PKEY_ENTRY_SIZE, "QUERY_HCA_VPORT_PKEY",
	  query_hca_vport_pkey },
	{ 0x770, CX_STAGE_READY, 32, 528, "QUERY_VPORT_COUNTER", query_vport_counter },
	{ 0 },
};
