// SPDX-License-Identifier: BSD-3-Clause
/*
 * Counters a driver allocates: queue counter sets (RQs that ran dry) and flow counters.
 * Source: docs/protocol.md 7.3, 7.11.
 */
#include "command.h"

#include <stdlib.h>

#define Q_ID CX_FIELD(0x1c, 7, 0)
#define Q_OUT_OF_BUFFER CX_DWORD(0x30)
#define CLEAR CX_BIT(0x18, 31)
#define FLOW_BULK CX_FIELD(0xc, 12, 0) /* log size and size of a bulk */
#define FLOW_COUNT CX_FIELD(0x18, 15, 0)
#define FLOW_ID CX_DWORD(0x1c)
#define FLOW_STATISTICS 0x10
#define FLOW_STATISTICS_SIZE 16u

static const struct cx_object_kind q_counter_kind = { CX_Q_COUNTER, 1, 1u << 8, NULL };

static enum cx_status alloc_q_counter(struct cx *cx, struct cx_request *request)
{
	struct cx_q_counter *counter = calloc(1, sizeof(*counter));
	enum cx_status status;

	if (counter == NULL)
		return CX_NO_RES;
	status = cx_request_add(cx, request, &counter->object, &q_counter_kind);
	if (status != CX_OK)
		free(counter);
	return status;
}

static enum cx_status dealloc_q_counter(struct cx *cx, struct cx_request *request)
{
	return cx_request_destroy(cx, request, CX_Q_COUNTER);
}

static enum cx_status query_q_counter(struct cx *cx, struct cx_request *request)
{
	struct cx_q_counter *counter = (struct cx_q_counter *)cx_request_object(
		cx, request, CX_Q_COUNTER, cx_get(request->in, Q_ID));

	if (counter == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such counter set");
	cx_set(request->out, Q_OUT_OF_BUFFER, counter->out_of_buffer);
	if (cx_get(request->in, CLEAR))
		counter->out_of_buffer = 0;
	return CX_OK;
}

static const struct cx_object_kind flow_counter_kind = { CX_FLOW_COUNTER, 1, 1u << 10, NULL };

static enum cx_status alloc_flow_counter(struct cx *cx, struct cx_request *request)
{
	struct cx_flow_counter *counter;
	enum cx_status status;

	if (cx_get(request->in, FLOW_BULK) != 0)
		return cx_refuse(request, CX_BAD_PARAM, "bulks of counters are not supported");
	counter = calloc(1, sizeof(*counter));
	if (counter == NULL)
		return CX_NO_RES;
	status = cx_request_add(cx, request, &counter->object, &flow_counter_kind);
	if (status != CX_OK)
		free(counter);
	return status;
}

static enum cx_status dealloc_flow_counter(struct cx *cx, struct cx_request *request)
{
	return cx_request_destroy(cx, request, CX_FLOW_COUNTER);
}

/* A range may have holes: they read as zero, only its first counter must exist. */
static enum cx_status query_flow_counter(struct cx *cx, struct cx_request *request)
{
	uint32_t first = cx_get(request->in, FLOW_ID), count = cx_get(request->in, FLOW_COUNT);

	if (count == 0)
		count = 1;
	if (request->out_len < FLOW_STATISTICS + count * FLOW_STATISTICS_SIZE)
		return CX_BAD_OUTPUT_LEN;
	if (cx_request_object(cx, request, CX_FLOW_COUNTER, first) == NULL)
		return cx_refuse(request, CX_BAD_RES, "no such flow counter");
	for (uint32_t i = 0; i < count; i++) {
		struct cx_flow_counter *counter = (struct cx_flow_counter *)cx_request_object(
			cx, request, CX_FLOW_COUNTER, first + i);
		unsigned int at = FLOW_STATISTICS + i * FLOW_STATISTICS_SIZE;

		if (counter == NULL)
			continue;
		cx_set64(request->out, at, counter->packets);
		cx_set64(request->out, at + 8, counter->octets);
		if (cx_get(request->in, CLEAR))
			counter->packets = counter->octets = 0;
	}
	return CX_OK;
}

const struct cx_operation cx_operations_counter[] = {
	{ 0x771, CX_STAGE_READY, 8, 16, "ALLOC_Q_COUNTER", alloc_q_counter },
	{ 0x772, CX_STAGE_READY, 16, 8, "DEALLOC_Q_COUNTER", dealloc_q_counter },
	{ 0x773, CX_STAGE_READY, 32, 256, "QUERY_Q_COUNTER", query_q_counter },
	{ 0x939, CX_STAGE_READY, 16, 16, "ALLOC_FLOW_COUNTER", alloc_flow_counter },
	{ 0x93a, CX_STAGE_READY, 16, 8, "DEALLOC_FLOW_COUNTER", dealloc_flow_counter },
	{ 0x93b, CX_STAGE_READY, 32, 16, "QUERY_FLOW_COUNTER", query_flow_counter },
	{ 0 },
};
