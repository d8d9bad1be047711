/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * A command as its handler sees it: what a handler is given and must return, the tables the nouns
 * (cmd_*.c) put their commands in, and how handlers find and keep the objects a command names.
 * How the command got here (queue and mailboxes, or cx_execute()) is not its business. Internal to
 * connectx/. Source: docs/protocol.md 7.3.
 */
#ifndef LAB_CX_REQUEST_H
#define LAB_CX_REQUEST_H

#include "ifc.h"
#include "objects.h"

/* Status byte of a command's output (linux/mlx5/device.h, MLX5_CMD_STAT_*). */
enum cx_status {
	CX_OK = 0x0, CX_INTERNAL_ERR = 0x1, CX_BAD_OP = 0x2, CX_BAD_PARAM = 0x3,
	CX_BAD_SYS_STATE = 0x4, CX_BAD_RES = 0x5, CX_RES_BUSY = 0x6, CX_LIM = 0x8,
	CX_BAD_RES_STATE = 0x9, CX_BAD_INDEX = 0xa, CX_NO_RES = 0xf, CX_BAD_QP_STATE = 0x10,
	CX_BAD_INPUT_LEN = 0x50, CX_BAD_OUTPUT_LEN = 0x51,
};

/* Bytes of a command, input or output: a header, and a memory key over 8 GB of 4 KB pages. */
#define CX_MESSAGE_MIN 8u
#define CX_MESSAGE_MAX (16u << 20)
/* A handler may read so many bytes of `in` (zeros behind in_len) and write so many of `out` (zeros
 * before) without looking at the lengths; beyond that, in_len and out_len rule. */
#define CX_MESSAGE_ROOM 4608u

/* Bytes to have for a message of that length. */
static inline uint32_t cx_message_room(uint32_t len)
{
	return len < CX_MESSAGE_ROOM ? CX_MESSAGE_ROOM : len;
}

struct cx_request {
	uint16_t opcode, uid, op_mod;
	const uint8_t *in;
	uint32_t in_len;
	uint8_t *out;
	uint32_t out_len;
	const char *why; /* of a refusal, for the log */
};

static inline enum cx_status cx_refuse(struct cx_request *request, enum cx_status status,
				       const char *why)
{
	request->why = why;
	return status;
}

/* When a command may be given: bits of `when`. */
enum cx_stage { CX_STAGE_OFF = 1, CX_STAGE_ENABLED = 2, CX_STAGE_READY = 4 };
#define CX_WHEN_ENABLED (CX_STAGE_ENABLED | CX_STAGE_READY)
#define CX_WHEN_ANY (CX_STAGE_OFF | CX_STAGE_ENABLED | CX_STAGE_READY)

struct cx_operation {
	uint16_t opcode;
	uint8_t when;            /* enum cx_stage bits */
	uint16_t in_len, out_len; /* at least; bytes */
	const char *name;
	enum cx_status (*run)(struct cx *cx, struct cx_request *request);
};

/* One table a noun; a row without a name ends it. */
extern const struct cx_operation cx_operations_hca[], cx_operations_pages[], cx_operations_caps[],
	cx_operations_alloc[], cx_operations_eq[], cx_operations_cq[], cx_operations_mkey[],
	cx_operations_queue[], cx_operations_rmp[], cx_operations_tir[], cx_operations_rqt[],
	cx_operations_flow_table[], cx_operations_flow_entry[], cx_operations_counter[],
	cx_operations_vport[], cx_operations_register[], cx_operations_qp[], cx_operations_uctx[];

/* Looks the command up, checks stage, lengths and user context, and runs its handler. Both buffers
 * have cx_message_room(); a refused command leaves nothing in `out` but status and syndrome. */
void cx_request_run(struct cx *cx, struct cx_request *request);

/* objects.c */
/* Finds what a request names, if its uid may use it. NULL also for number 0. */
struct cx_object *cx_request_object(struct cx *cx, const struct cx_request *request,
				    enum cx_object_type type, uint32_t number);
/* Keeps a new object for the request: 0 or the status to answer with. */
enum cx_status cx_request_add(struct cx *cx, struct cx_request *request, struct cx_object *object,
			      const struct cx_object_kind *kind);
/* DESTROY of the object whose number is in the usual place. */
enum cx_status cx_request_destroy(struct cx *cx, struct cx_request *request,
				  enum cx_object_type type);
/* A context's PD or transport domain: 0 is none, anything else must exist. Counts a user. */
enum cx_status cx_request_use(struct cx *cx, struct cx_request *request, enum cx_object_type type,
			      uint32_t number);
/* One user less of the object with that number, if there is one. */
void cx_object_unuse(struct cx *cx, enum cx_object_type type, uint32_t number);

#endif
