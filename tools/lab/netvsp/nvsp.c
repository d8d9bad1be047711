// SPDX-License-Identifier: BSD-3-Clause
/*
 * NVSP: version, buffers, subchannels, data path. Requests come on the primary channel only; one
 * that asks for a completion gets one, whatever it says. A completion without payload stands for
 * "not understood"; it is also what hv_netvsc wants for SWITCH_DATA_PATH, and nothing else
 * (netvsc.c netvsc_send_completion). What follows from a request beyond its answer is left in
 * `owed` for netvsp.c, which gives us the packets. Source: docs/protocol.md 4.
 */
#include "nvsp.h"

#include "answer.h"
#include "rx.h"
#include "tx.h"

#include <stdio.h>
#include <string.h>

#define MDL_CHAIN_MAX 34 /* what Hyper-V says; nobody looks */
#define MTU_MIN	      68 /* RFC 791 */
#define MTU_DEFAULT   1500

static const uint32_t versions[] = { /* newest first */
	NVSP_VERSION_61, NVSP_VERSION_6, NVSP_VERSION_5,
	NVSP_VERSION_4,	 NVSP_VERSION_2, NVSP_VERSION_1,
};

struct request {
	struct nvsp_message m; /* zero behind what the guest sent */
	size_t len;
	uint64_t transaction;
	bool wants_answer;
	const char *what;
};

static void complete(struct netvsp *nic, const struct request *r, const struct nvsp_message *m)
{
	if (r->wants_answer)
		answer_completion(&nic->channel[0], r->transaction, m, m != NULL ? sizeof(*m) : 0,
				  r->what);
}

/* ---------------------------------------------------------------------------- handlers -- */

static uint32_t choose_version(const struct netvsp *nic, const struct request *r)
{
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++)
		if (versions[i] <= nic->config.max_version && versions[i] >= r->m.init.min &&
		    versions[i] <= r->m.init.max)
			return versions[i];
	return 0;
}

static void init(struct netvsp *nic, const struct request *r)
{
	struct nic_session *s = &nic->session;
	struct nvsp_message m = { .type = NVSP_INIT_COMPLETE };
	uint32_t version = s->version == 0 ? choose_version(nic, r) : 0;

	m.init_complete.version = NVSP_VERSION_INVALID;
	m.init_complete.max_mdl = MDL_CHAIN_MAX;
	if (version != 0) {
		s->version = version;
		s->frame_max = MTU_DEFAULT + NIC_ETHER_HEADER;
		m.init_complete.version = version;
		m.init_complete.status = NVSP_STATUS_SUCCESS;
	} else if (s->version != 0) {
		m.init_complete.status = NVSP_STATUS_FAIL;
	} else {
		m.init_complete.status = r->m.init.min > nic->config.max_version ?
						 NVSP_STATUS_TOO_NEW : NVSP_STATUS_TOO_OLD;
	}
	complete(nic, r, &m);
}

static void ndis_version(struct netvsp *nic, const struct request *r)
{
	complete(nic, r, NULL);
}

static void ndis_config(struct netvsp *nic, const struct request *r)
{
	uint32_t frame_max = r->m.ndis_config.mtu;
	uint32_t most = nic->config.mtu + NIC_ETHER_HEADER;

	if (frame_max > most)
		frame_max = most;
	if (frame_max < MTU_MIN + NIC_ETHER_HEADER)
		frame_max = MTU_MIN + NIC_ETHER_HEADER;
	nic->session.frame_max = frame_max;
	nic->session.capabilities = r->m.ndis_config.capabilities;
	nic->session.configured = true;
	complete(nic, r, NULL);
}

/* A buffer was taken, and its answer sent. */
static void buffer_set(struct netvsp *nic)
{
	if (netvsp_has_negotiated(nic))
		nic_say_negotiated(nic);
}

static void recv_buf(struct netvsp *nic, const struct request *r)
{
	struct nvsp_message m = { .type = NVSP_SEND_RECV_BUF_COMPLETE };
	const struct nic_buffer *recv = &nic->session.recv;
	const struct vmbus_gpadl *gpadl =
		vmbus_gpadl_find(nic->channel[0].ch, r->m.buffer.gpadl);

	if (recv->set || gpadl == NULL ||
	    rx_set_buffer(nic, r->m.buffer.gpadl, r->m.buffer.id, vmbus_gpadl_size(gpadl)) != 0) {
		nic_warn(nic, "receive buffer refused: GPADL %#x", r->m.buffer.gpadl);
		m.recv_buf_complete.status = NVSP_STATUS_FAIL;
	} else {
		m.recv_buf_complete.status = NVSP_STATUS_SUCCESS;
		m.recv_buf_complete.num_sections = 1;
		m.recv_buf_complete.sub_alloc_size = recv->section_size;
		m.recv_buf_complete.num_sub_allocs = recv->sections;
		m.recv_buf_complete.end_offset = recv->section_size * recv->sections;
	}
	complete(nic, r, &m);
	if (m.recv_buf_complete.status == NVSP_STATUS_SUCCESS)
		buffer_set(nic);
}

static void revoke_recv(struct netvsp *nic, const struct request *r)
{
	if (nic->session.recv.set && r->m.revoke.id == nic->session.recv.id)
		rx_revoke_buffer(nic);
	complete(nic, r, NULL);
}

static void send_buf(struct netvsp *nic, const struct request *r)
{
	struct nvsp_message m = { .type = NVSP_SEND_SEND_BUF_COMPLETE };
	struct nic_buffer *send = &nic->session.send;
	const struct vmbus_gpadl *gpadl =
		vmbus_gpadl_find(nic->channel[0].ch, r->m.buffer.gpadl);

	if (send->set || gpadl == NULL || vmbus_gpadl_size(gpadl) < NVSP_SEND_SECTION) {
		nic_warn(nic, "send buffer refused: GPADL %#x", r->m.buffer.gpadl);
		m.send_buf_complete.status = NVSP_STATUS_FAIL;
	} else {
		*send = (struct nic_buffer){
			.set = true,
			.gpadl = r->m.buffer.gpadl,
			.id = r->m.buffer.id,
			.section_size = NVSP_SEND_SECTION,
			.sections = vmbus_gpadl_size(gpadl) / NVSP_SEND_SECTION,
		};
		m.send_buf_complete.status = NVSP_STATUS_SUCCESS;
		m.send_buf_complete.section_size = NVSP_SEND_SECTION;
	}
	complete(nic, r, &m);
	if (m.send_buf_complete.status == NVSP_STATUS_SUCCESS)
		buffer_set(nic);
}

static void revoke_send(struct netvsp *nic, const struct request *r)
{
	if (r->m.revoke.id == nic->session.send.id)
		nic->session.send.set = false;
	complete(nic, r, NULL);
}

/* The guest waits for the completion without limit, under RTNL: it always comes. A guest that
 * asks for a VF it was never given stays where it is. */
static void switch_datapath(struct netvsp *nic, const struct request *r)
{
	uint32_t active = r->m.datapath.active;

	if (active == NVSP_DATAPATH_VF && !nic->vf.allocated)
		nic_warn(nic, "the guest asks for the VF's data path and has no VF");
	else if (active == NVSP_DATAPATH_VF || active == NVSP_DATAPATH_SYNTHETIC)
		nic_set_datapath(nic, active == NVSP_DATAPATH_VF ? FABRIC_VF : FABRIC_SYNTHETIC,
				 false);
	else
		nic_warn(nic, "the guest asks for data path %u", active);
	complete(nic, r, NULL);
}

/* Once granted, the subchannels are really offered: the guest waits for all of them to open. */
static void subchannel(struct netvsp *nic, const struct request *r)
{
	struct nvsp_message m = { .type = NVSP_SUBCHANNEL };
	uint32_t most = nic->config.queues - 1, count = r->m.subchannel.count;

	if (count > most)
		count = most;
	if (r->m.subchannel.op != NVSP_SUBCHANNEL_ALLOCATE || nic->session.granted != 0) {
		m.subchannel_complete.status = NVSP_STATUS_FAIL;
	} else {
		m.subchannel_complete.status = NVSP_STATUS_SUCCESS;
		m.subchannel_complete.count = count;
		nic->session.granted = count;
	}
	complete(nic, r, &m);
	nic->owed |= NIC_OWES_SUBCHANNELS;
}

static const struct handler {
	uint32_t type, min_version; /* 0: before the version is agreed on, too */
	size_t min_len;
	const char *what; /* its answer, as the watchdog names it */
	void (*handle)(struct netvsp *nic, const struct request *r);
} handlers[] = {
	{ NVSP_INIT, 0, 12, "INIT completion", init },
	{ NVSP_SEND_NDIS_VERSION, NVSP_VERSION_1, 12, "SEND_NDIS_VER completion", ndis_version },
	{ NVSP_SEND_NDIS_CONFIG, NVSP_VERSION_2, 20, "SEND_NDIS_CONFIG completion", ndis_config },
	{ NVSP_SEND_RECV_BUF, NVSP_VERSION_1, 10, "SEND_RECV_BUF completion", recv_buf },
	{ NVSP_REVOKE_RECV_BUF, NVSP_VERSION_1, 6, "REVOKE_RECV_BUF completion", revoke_recv },
	{ NVSP_SEND_SEND_BUF, NVSP_VERSION_1, 10, "SEND_SEND_BUF completion", send_buf },
	{ NVSP_REVOKE_SEND_BUF, NVSP_VERSION_1, 6, "REVOKE_SEND_BUF completion", revoke_send },
	{ NVSP_SWITCH_DATA_PATH, NVSP_VERSION_4, 8, "SWITCH_DATA_PATH completion",
	  switch_datapath },
	{ NVSP_SUBCHANNEL, NVSP_VERSION_5, 12, "SUBCHANNEL completion", subchannel },
};

static const struct handler *handler_of(uint32_t type)
{
	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
		if (handlers[i].type == type)
			return &handlers[i];
	return NULL;
}

static void handle_request(struct nic_channel *c, struct request *r)
{
	struct netvsp *nic = c->nic;
	const struct handler *h = c->index == 0 ? handler_of(r->m.type) : NULL;
	const char *what;
	char unknown[48];

	snprintf(unknown, sizeof(unknown), "NVSP message %u completion", r->m.type);
	what = h != NULL ? h->what : unknown;
	lab_log(LAB_LOG_DEBUG, nic->name, "to send: %s", what);
	if (nic->faults.silent) {
		if (r->wants_answer)
			answer_none(nic, what);
		return;
	}
	if (h != NULL && r->len >= h->min_len && nic->session.version >= h->min_version) {
		r->what = what;
		h->handle(nic, r);
		return;
	}
	nic_warn(nic, "NVSP message %u of %zu bytes refused on channel %u, version %#x", r->m.type,
		 r->len, c->index, nic->session.version);
	if (r->wants_answer)
		answer_completion(c, r->transaction, NULL, 0, what);
}

/* ---------------------------------------------------------------------------- dispatch -- */

static void handle_message(struct nic_channel *c, const struct vmbus_packet *packet)
{
	struct request r = {
		.len = packet->len,
		.transaction = packet->transaction,
		.wants_answer = (packet->flags & VMBUS_FLAG_COMPLETION_REQUESTED) != 0,
	};
	size_t len = packet->len < sizeof(r.m) ? packet->len : sizeof(r.m);

	if (len > 0)
		memcpy(&r.m, packet->payload, len);
	if (r.m.type == NVSP_SEND_RNDIS && c->nic->session.version != 0)
		tx_packet(c, &r.m, packet);
	else
		handle_request(c, &r);
}

void nvsp_receive(struct nic_channel *c, const struct vmbus_packet *packet)
{
	switch (packet->type) {
	case VMBUS_PACKET_COMPLETION:
		nic_keep_polling(c);
		rx_completed(c->nic, packet->transaction);
		break;
	case VMBUS_PACKET_INBAND:
	case VMBUS_PACKET_GPA_DIRECT:
		handle_message(c, packet);
		break;
	default:
		nic_warn(c->nic, "packet of type %u on channel %u", packet->type, c->index);
		if (packet->flags & VMBUS_FLAG_COMPLETION_REQUESTED)
			answer_completion(c, packet->transaction, NULL, 0, "completion");
		break;
	}
}

/* ------------------------------------------------------------------- the host speaks ---- */

bool nvsp_say_vf(struct netvsp *nic)
{
	struct nvsp_message m = { .type = NVSP_SEND_VF_ASSOCIATION };

	m.vf_association.allocated = nic->vf.allocated;
	m.vf_association.serial = nic->vf.serial;
	return answer_host_inband(nic, &m, sizeof(m), "VF_ASSOCIATION");
}

bool nvsp_say_datapath(struct netvsp *nic, uint32_t active)
{
	struct nvsp_message m = { .type = NVSP_SWITCH_DATA_PATH };

	m.datapath.active = active;
	return answer_host_inband(nic, &m, sizeof(m), "SWITCH_DATA_PATH");
}

bool nvsp_say_table(struct netvsp *nic)
{
	struct {
		struct nvsp_message m;
		uint32_t channel[NVSP_SEND_TABLE];
	} table = { .m = { .type = NVSP_SEND_INDIRECTION_TABLE } };

	table.m.send_table.count = NVSP_SEND_TABLE;
	table.m.send_table.offset = sizeof(table.m);
	for (uint32_t i = 0; i < NVSP_SEND_TABLE; i++)
		table.channel[i] = i % (nic->session.granted + 1);
	return answer_host_inband(nic, &table, sizeof(table), "SEND_INDIRECTION_TABLE");
}
