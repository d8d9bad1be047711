// SPDX-License-Identifier: BSD-3-Clause
/*
 * RNDIS control: INITIALIZE, HALT, QUERY, SET, RESET, KEEPALIVE. Whatever carries a request id is
 * answered, with an error status if need be: a guest waits for it without a time limit
 * (rndis_filter.c). Answers go through the receive buffer, after the completion of the packet
 * that brought the request or before it: hv_netvsc takes both orders.
 */
#include "control.h"

#include "answer.h"
#include "oid.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define RNDIS_MAJOR		  1
#define RNDIS_MINOR		  0
#define RNDIS_CONNECTIONLESS	  1
#define QUERY_COMPLETE_INFO	  16u /* where information starts, from the request id on */
#define INDICATE_INFO		  12u

struct control_request {
	const uint8_t *message;
	uint32_t len; /* of the message, checked */
	uint32_t id;
	const char *name;
};

static void answer_status(struct netvsp *nic, const struct control_request *r, uint32_t type,
			  uint32_t status)
{
	struct rndis_set_complete done = {
		.header = { type | RNDIS_COMPLETION, sizeof(done) }, .id = r->id, .status = status,
	};

	answer_rndis(nic, &done, sizeof(done), r->name);
}

static void initialize(struct netvsp *nic, const struct control_request *r)
{
	struct rndis_init request;
	struct rndis_init_complete done = {
		.header = { RNDIS_INIT_COMPLETE, sizeof(done) },
		.id = r->id,
		.status = RNDIS_SUCCESS,
		.major = RNDIS_MAJOR,
		.minor = RNDIS_MINOR,
		.device_flags = RNDIS_CONNECTIONLESS,
		.packets_per_message = NIC_PACKETS_PER_MESSAGE,
		.max_transfer = NIC_TX_MESSAGE_MAX,
		.alignment_log2 = NIC_RNDIS_ALIGN_LOG2,
	};

	memcpy(&request, r->message, sizeof(request));
	if (request.major != RNDIS_MAJOR)
		done.status = RNDIS_BAD_VERSION;
	else
		nic->session.rndis_ready = true;
	answer_rndis(nic, &done, sizeof(done), r->name);
}

/* No answer: the completion of its packet is all the guest waits for. */
static void halt(struct netvsp *nic, const struct control_request *r)
{
	(void)r;
	nic->session.rndis_ready = false;
	nic->session.filter = 0;
}

/* The information a QUERY or SET carries, or false. */
static bool information(const struct control_request *r, struct rndis_oid_request *request,
			const uint8_t **info)
{
	uint32_t body = r->len - (uint32_t)sizeof(request->header);

	memcpy(request, r->message, sizeof(*request));
	if (request->info_len == 0) {
		*info = NULL;
		return true;
	}
	if (request->info_offset > body || request->info_len > body - request->info_offset)
		return false;
	*info = r->message + sizeof(request->header) + request->info_offset;
	return true;
}

static void query(struct netvsp *nic, const struct control_request *r)
{
	struct rndis_oid_request request;
	struct {
		struct rndis_query_complete head;
		uint8_t info[OID_ANSWER_MAX];
	} done = { .head = { .header = { RNDIS_QUERY_COMPLETE, 0 }, .id = r->id } };
	const uint8_t *info;
	size_t len = 0;

	if (!information(r, &request, &info))
		done.head.status = RNDIS_INVALID_LENGTH;
	else if (!nic->session.rndis_ready)
		done.head.status = RNDIS_NOT_READY;
	else
		done.head.status = oid_query(nic, request.oid, info, request.info_len, done.info,
					     &len);
	/* On error no information: its offset stays 0. */
	if (done.head.status == RNDIS_SUCCESS) {
		done.head.info_len = (uint32_t)len;
		done.head.info_offset = QUERY_COMPLETE_INFO;
	}
	done.head.header.len = (uint32_t)(sizeof(done.head) + len);
	answer_rndis(nic, &done, sizeof(done.head) + len, r->name);
}

static void set(struct netvsp *nic, const struct control_request *r)
{
	struct rndis_oid_request request;
	const uint8_t *info;
	uint32_t status;

	if (!information(r, &request, &info))
		status = RNDIS_INVALID_LENGTH;
	else if (!nic->session.rndis_ready)
		status = RNDIS_NOT_READY;
	else
		status = oid_set(nic, request.oid, info, request.info_len);
	answer_status(nic, r, RNDIS_SET, status);
}

static void reset(struct netvsp *nic, const struct control_request *r)
{
	/* RESET_CMPLT has no id; its second word says that filters need not be set again. */
	struct rndis_set_complete done = {
		.header = { RNDIS_RESET | RNDIS_COMPLETION, sizeof(done) },
		.id = RNDIS_SUCCESS,
	};

	answer_rndis(nic, &done, sizeof(done), r->name);
}

static void keepalive(struct netvsp *nic, const struct control_request *r)
{
	answer_status(nic, r, RNDIS_KEEPALIVE, RNDIS_SUCCESS);
}

static const struct control_handler {
	uint32_t type;
	const char *name;
	size_t min_len;
	void (*handle)(struct netvsp *nic, const struct control_request *r);
} handlers[] = {
	{ RNDIS_INIT, "INITIALIZE", sizeof(struct rndis_init), initialize },
	{ RNDIS_HALT, "HALT", sizeof(struct rndis_request), halt },
	{ RNDIS_QUERY, "QUERY", sizeof(struct rndis_oid_request), query },
	{ RNDIS_SET, "SET", sizeof(struct rndis_oid_request), set },
	{ RNDIS_RESET, "RESET", sizeof(struct rndis_request), reset },
	{ RNDIS_KEEPALIVE, "KEEPALIVE", sizeof(struct rndis_request), keepalive },
};

static const struct control_handler *handler_of(uint32_t type)
{
	for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++)
		if (handlers[i].type == type)
			return &handlers[i];
	return NULL;
}

void control_name(const uint8_t *message, size_t len, char *name, size_t size)
{
	const struct control_handler *h;
	struct rndis_oid_request request = { 0 };

	memcpy(&request, message, len < sizeof(request) ? len : sizeof(request));
	h = handler_of(request.header.type);
	if (h == NULL)
		snprintf(name, size, "RNDIS message %#x", request.header.type);
	else if (request.header.type == RNDIS_QUERY || request.header.type == RNDIS_SET)
		snprintf(name, size, "RNDIS %s %#010x", h->name, request.oid);
	else
		snprintf(name, size, "RNDIS %s", h->name);
}

int control_message(struct netvsp *nic, const uint8_t *message, size_t len)
{
	const struct control_handler *h;
	struct control_request r = { .message = message };
	struct rndis_request head;
	char name[48];

	if (len < sizeof(head))
		return -EINVAL;
	memcpy(&head, message, sizeof(head));
	if (head.header.len < sizeof(head) || head.header.len > len)
		return -EINVAL;
	control_name(message, head.header.len, name, sizeof(name));
	r.len = head.header.len;
	r.id = head.id;
	r.name = name;
	h = handler_of(head.header.type);
	if (h == NULL)
		answer_status(nic, &r, head.header.type, RNDIS_NOT_SUPPORTED);
	else if (r.len < h->min_len)
		answer_status(nic, &r, head.header.type, RNDIS_INVALID_LENGTH);
	else
		h->handle(nic, &r);
	return 0;
}

bool control_indicate_link(struct netvsp *nic)
{
	struct {
		struct rndis_indicate head;
		uint32_t speed;
	} m = { .head = { .header = { RNDIS_INDICATE, sizeof(m.head) } } };

	m.head.status = nic->link ? RNDIS_MEDIA_CONNECT : RNDIS_MEDIA_DISCONNECT;
	if (!answer_host_rndis(nic, &m, sizeof(m.head), "RNDIS media indication"))
		return false;
	if (!nic->link || !(nic->session.capabilities & NVSP_CAPABILITY_TEAMING))
		return true;
	m.head.header.len = sizeof(m);
	m.head.status = RNDIS_LINK_SPEED_CHANGE;
	m.head.info_len = sizeof(m.speed);
	m.head.info_offset = INDICATE_INFO;
	m.speed = oid_link_speed(nic);
	return answer_host_rndis(nic, &m, sizeof(m), "RNDIS link speed indication");
}
