// SPDX-License-Identifier: BSD-3-Clause
/*
 * ACCESS_REG: the port's registers. A read returns the register, a write takes it over; either
 * carries the register's data, whose first dword names the port.
 * Source: docs/protocol.md 7.3, 7.4, kernel mlx5/core/port.c.
 */
#include "command.h"

#include "../log.h"

#define REGISTER_ID CX_FIELD(0x8, 15, 0)
#define REGISTER_DATA 0x10
#define LOCAL_PORT CX_FIELD(0x0, 23, 16)

enum { WRITE = 0, READ = 1 }; /* op_mod */

#define PMTU_MAX CX_FIELD(0x4, 31, 16)
#define PMTU_ADMIN CX_FIELD(0x8, 31, 16)
#define PMTU_OPER CX_FIELD(0xc, 31, 16)

#define PTYS_PROTO CX_FIELD(0x0, 2, 0)
#define PTYS_PROTO_ETHERNET 4
#define PTYS_CAPABILITY CX_DWORD(0xc)
#define PTYS_ADMIN CX_DWORD(0x18)
#define PTYS_OPER CX_DWORD(0x24)
#define PTYS_50G_CR2 (1u << 30)

#define PAOS_ADMIN CX_FIELD(0x0, 11, 8)
#define PAOS_OPER CX_FIELD(0x0, 3, 0)
enum { PAOS_UP = 1, PAOS_DOWN = 2 };

#define PPCNT_GROUP CX_FIELD(0x0, 5, 0)
#define PPCNT_GROUP_802_3 0
#define PPCNT_COUNTERS 0x8

/* One access: what the guest sent, where the answer goes (zeros so far). */
struct access {
	struct cx *cx;
	const uint8_t *in;
	uint8_t *out;
};

static enum cx_status pmtu_read(struct access *access)
{
	const struct cx_vport *vport = &access->cx->vport;

	cx_set(access->out, LOCAL_PORT, 1);
	cx_set(access->out, PMTU_MAX, vport->max_mtu);
	cx_set(access->out, PMTU_ADMIN, vport->admin_mtu);
	cx_set(access->out, PMTU_OPER, vport->admin_mtu);
	return CX_OK;
}

static enum cx_status pmtu_write(struct access *access)
{
	uint32_t mtu = cx_get(access->in, PMTU_ADMIN);

	if (mtu == 0 || mtu > access->cx->vport.max_mtu)
		return CX_BAD_PARAM;
	access->cx->vport.admin_mtu = (uint16_t)mtu;
	return pmtu_read(access);
}

static enum cx_status ptys_read(struct access *access)
{
	cx_set(access->out, LOCAL_PORT, 1);
	cx_set(access->out, PTYS_PROTO, PTYS_PROTO_ETHERNET);
	cx_set(access->out, PTYS_CAPABILITY, PTYS_50G_CR2);
	cx_set(access->out, PTYS_ADMIN, PTYS_50G_CR2);
	cx_set(access->out, PTYS_OPER, access->cx->vport.up ? PTYS_50G_CR2 : 0);
	return CX_OK;
}

static enum cx_status paos_read(struct access *access)
{
	const struct cx_vport *vport = &access->cx->vport;

	cx_set(access->out, LOCAL_PORT, 1);
	cx_set(access->out, PAOS_ADMIN, vport->admin_up ? PAOS_UP : PAOS_DOWN);
	cx_set(access->out, PAOS_OPER, vport->up ? PAOS_UP : PAOS_DOWN);
	return CX_OK;
}

/* The port is the host's: a VF's wish is remembered and changes nothing for the link. */
static enum cx_status paos_write(struct access *access)
{
	access->cx->vport.admin_up = cx_get(access->in, PAOS_ADMIN) == PAOS_UP;
	return paos_read(access);
}

static enum cx_status ppcnt_read(struct access *access)
{
	const struct cx_vport *v = &access->cx->vport;
	/* ieee 802.3 group: sent, received, FCS errors, alignment errors, octets, mc and bc. */
	const uint64_t counter[] = {
		v->tx_packets + v->tx_mc_packets + v->tx_bc_packets,
		v->rx_packets + v->rx_mc_packets + v->rx_bc_packets,
		0, 0,
		v->tx_octets + v->tx_mc_octets + v->tx_bc_octets,
		v->rx_octets + v->rx_mc_octets + v->rx_bc_octets,
		v->tx_mc_packets, v->tx_bc_packets, v->rx_mc_packets, v->rx_bc_packets,
	};

	cx_set(access->out, LOCAL_PORT, 1);
	cx_set(access->out, PPCNT_GROUP, cx_get(access->in, PPCNT_GROUP));
	if (cx_get(access->in, PPCNT_GROUP) != PPCNT_GROUP_802_3)
		return CX_OK;
	for (unsigned int i = 0; i < sizeof(counter) / sizeof(counter[0]); i++)
		cx_set64(access->out, PPCNT_COUNTERS + i * 8, counter[i]);
	return CX_OK;
}

static enum cx_status node_desc_read(struct access *access)
{
	memcpy(access->out, access->cx->command->node_desc, CX_NODE_DESC_SIZE);
	return CX_OK;
}

static enum cx_status node_desc_write(struct access *access)
{
	memcpy(access->cx->command->node_desc, access->in, CX_NODE_DESC_SIZE);
	return node_desc_read(access);
}

/*
 * DTOR: how long drivers should wait for what. Kept below the driver's own values where a guest
 * that lost its function would otherwise wait for a minute (function.c: the command time-out).
 */
static enum cx_status dtor_read(struct access *access)
{
	static const struct {
		uint32_t at, ms;
	} timeout[] = {
		{ 0x04, 2000 },	  /* pcie_toggle */
		{ 0x14, 2000 },	  /* health_poll */
		{ 0x18, 60000 },  /* full_crdump */
		{ 0x1c, 60000 },  /* fw_reset */
		{ 0x20, 2000 },	  /* flush_on_err */
		{ 0x24, 5000 },	  /* pci_sync_update */
		{ 0x28, 3000 },	  /* tear_down */
		{ 0x2c, 5000 },	  /* fsm_reactivate */
		{ 0x30, 5000 },	  /* reclaim_pages */
		{ 0x34, 120000 }, /* reclaim_vfs_pages */
	};

	/* Multiplier 0 in bits 31:29: the value is in milliseconds. */
	for (size_t i = 0; i < sizeof(timeout) / sizeof(timeout[0]); i++)
		cx_set(access->out, CX_DWORD(timeout[i].at), timeout[i].ms);
	return CX_OK;
}

static enum cx_status dtor_write(struct access *access)
{
	(void)access;
	return CX_BAD_PARAM; /* read only */
}

/* Registers whose features we do not have: off, and staying off. */
static enum cx_status off(struct access *access)
{
	cx_set(access->out, LOCAL_PORT, 1);
	return CX_OK;
}

struct port_register {
	uint16_t id;
	bool has_port; /* data begins with the port number */
	const char *name;
	enum cx_status (*read)(struct access *access);
	enum cx_status (*write)(struct access *access);
};

static const struct port_register registers[] = {
	{ 0x5003, true, "PMTU", pmtu_read, pmtu_write },
	{ 0x5004, true, "PTYS", ptys_read, ptys_read },
	{ 0x5006, true, "PAOS", paos_read, paos_write },
	{ 0x5007, true, "PFCC", off, off },
	{ 0x5008, true, "PPCNT", ppcnt_read, ppcnt_read },
	{ 0x5041, true, "PCMR", off, off },
	{ 0x6001, false, "NODE_DESC", node_desc_read, node_desc_write },
	{ 0xc00e, false, "DTOR", dtor_read, dtor_write },
};

static enum cx_status access_register(struct cx *cx, struct cx_request *request)
{
	uint32_t id = cx_get(request->in, REGISTER_ID);
	struct access access = { .cx = cx, .in = request->in + REGISTER_DATA,
				 .out = request->out + REGISTER_DATA };

	if (request->op_mod > READ)
		return CX_BAD_PARAM;
	for (size_t i = 0; i < sizeof(registers) / sizeof(registers[0]); i++) {
		const struct port_register *reg = &registers[i];

		if (reg->id != id)
			continue;
		if (reg->has_port && cx_get(access.in, LOCAL_PORT) != 1)
			return cx_refuse(request, CX_BAD_PARAM, "no such port");
		return request->op_mod == READ ? reg->read(&access) : reg->write(&access);
	}
	lab_log(LAB_LOG_INFO, "connectx", "unknown register 0x%x", id);
	return cx_refuse(request, CX_BAD_PARAM, "no such register");
}

const struct cx_operation cx_operations_register[] = {
	{ 0x805, CX_WHEN_ENABLED, 16, 16, "ACCESS_REG", access_register },
	{ 0 },
};
