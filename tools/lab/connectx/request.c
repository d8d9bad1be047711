// SPDX-License-Identifier: BSD-3-Clause
/*
 * Executing one command: its handler is found by opcode, the checks all commands share are made
 * here, and a refusal becomes a status in the output. The command queue (command.c) brings them out
 * of guest memory; cx_execute() takes them from a driver that lives in this process.
 */
#include "command.h"

#include "../log.h"

#include <errno.h>
#include <stdlib.h>

#define OPCODES 4096u
#define UID_SHARED 0xffff

static const struct cx_operation *const operations[] = {
	cx_operations_hca, cx_operations_pages, cx_operations_caps, cx_operations_alloc,
	cx_operations_eq, cx_operations_cq, cx_operations_mkey, cx_operations_queue,
	cx_operations_rmp, cx_operations_tir, cx_operations_rqt, cx_operations_flow_table,
	cx_operations_flow_entry, cx_operations_counter, cx_operations_vport,
	cx_operations_register, cx_operations_qp, cx_operations_uctx,
};

static const struct cx_operation *operation_find(uint16_t opcode)
{
	for (size_t i = 0; i < sizeof(operations) / sizeof(operations[0]); i++)
		for (const struct cx_operation *op = operations[i]; op->name != NULL; op++)
			if (op->opcode == opcode)
				return op;
	return NULL;
}

static const char *status_name(enum cx_status status)
{
	switch (status) {
	case CX_OK: return "OK";
	case CX_INTERNAL_ERR: return "internal error";
	case CX_BAD_OP: return "bad operation";
	case CX_BAD_PARAM: return "bad parameter";
	case CX_BAD_SYS_STATE: return "bad system state";
	case CX_BAD_RES: return "bad resource";
	case CX_RES_BUSY: return "resource busy";
	case CX_LIM: return "over a limit";
	case CX_BAD_RES_STATE: return "bad resource state";
	case CX_BAD_INDEX: return "bad index";
	case CX_NO_RES: return "no resources";
	case CX_BAD_QP_STATE: return "bad QP state";
	case CX_BAD_INPUT_LEN: return "bad input length";
	case CX_BAD_OUTPUT_LEN: return "bad output length";
	}
	return "?";
}

static enum cx_status unknown_opcode(struct cx *cx, const struct cx_request *request)
{
	uint8_t *logged = &cx->command->unknown_logged[request->opcode % OPCODES / 8];
	uint8_t bit = (uint8_t)(1u << request->opcode % 8);

	if ((*logged & bit) == 0)
		lab_log(LAB_LOG_INFO, "connectx", "unknown command 0x%x", request->opcode);
	*logged |= bit;
	return CX_BAD_OP;
}

static enum cx_status run(struct cx *cx, struct cx_request *request)
{
	const struct cx_operation *op = operation_find(request->opcode);
	enum cx_status status;

	if (op == NULL)
		return unknown_opcode(cx, request);
	if ((op->when & cx->command->stage) == 0)
		status = CX_BAD_SYS_STATE;
	else if (request->in_len < op->in_len)
		status = CX_BAD_INPUT_LEN;
	else if (request->out_len < op->out_len)
		status = CX_BAD_OUTPUT_LEN;
	else if (request->uid != 0 && request->uid != UID_SHARED &&
		 cx_object_find(cx, CX_UCTX, request->uid) == NULL)
		status = cx_refuse(request, CX_BAD_RES, "no such user context");
	else
		status = op->run(cx, request);
	if (status != CX_OK)
		lab_log(LAB_LOG_INFO, "connectx", "%s (0x%x) refused: %s%s%s", op->name,
			op->opcode, status_name(status), request->why != NULL ? ": " : "",
			request->why != NULL ? request->why : "");
	else
		lab_log(LAB_LOG_DEBUG, "connectx", "%s (0x%x)", op->name, op->opcode);
	return status;
}

void cx_request_run(struct cx *cx, struct cx_request *request)
{
	enum cx_status status;

	request->opcode = (uint16_t)cx_get(request->in, CX_IN_OPCODE);
	request->uid = (uint16_t)cx_get(request->in, CX_IN_UID);
	request->op_mod = (uint16_t)cx_get(request->in, CX_IN_OP_MOD);
	status = run(cx, request);
	cx->command->executed++;
	if (status == CX_OK)
		return;
	cx->command->refused++;
	memset(request->out, 0, cx_message_room(request->out_len));
	cx_set(request->out, CX_OUT_STATUS, status);
	cx_set(request->out, CX_OUT_SYNDROME, (uint32_t)request->opcode << 8 | status);
}

int cx_execute(struct cx *cx, const void *in, size_t in_len, void *out, size_t out_len)
{
	struct cx_request request = { .in_len = (uint32_t)in_len, .out_len = (uint32_t)out_len };
	uint8_t *in_copy;
	int ret = -ENOMEM;

	if (in_len < CX_MESSAGE_MIN || in_len > CX_MESSAGE_MAX || out_len < CX_MESSAGE_MIN ||
	    out_len > CX_MESSAGE_MAX)
		return -EINVAL;
	if (!cx_command_is_answered(cx))
		return -EIO;
	in_copy = calloc(1, cx_message_room(request.in_len));
	request.out = calloc(1, cx_message_room(request.out_len));
	if (in_copy != NULL && request.out != NULL) {
		memcpy(in_copy, in, in_len);
		request.in = in_copy;
		cx_request_run(cx, &request);
		memcpy(out, request.out, out_len);
		ret = 0;
	}
	free(in_copy);
	free(request.out);
	return ret;
}
