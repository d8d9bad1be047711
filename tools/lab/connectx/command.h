/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The command side's own contract: what a command handler is given and must return, the tables the
 * nouns (cmd_*.c) put their commands in, and the state only commands touch. Internal to connectx/.
 * Source: host-protocols.md 4.2 and 4.3.
 */
#ifndef LAB_CX_COMMAND_H
#define LAB_CX_COMMAND_H

#include "ifc.h"
#include "objects.h"

/* Status byte of a command's output (linux/mlx5/device.h, MLX5_CMD_STAT_*). */
enum cx_status {
	CX_OK = 0x0, CX_INTERNAL_ERR = 0x1, CX_BAD_OP = 0x2, CX_BAD_PARAM = 0x3,
	CX_BAD_SYS_STATE = 0x4, CX_BAD_RES = 0x5, CX_RES_BUSY = 0x6, CX_LIM = 0x8,
	CX_BAD_RES_STATE = 0x9, CX_BAD_INDEX = 0xa, CX_NO_RES = 0xf, CX_BAD_QP_STATE = 0x10,
	CX_BAD_INPUT_LEN = 0x50, CX_BAD_OUTPUT_LEN = 0x51,
};

/* A handler may read CX_IN_MIN bytes of `in` (zeros behind in_len) and write CX_OUT_MIN bytes of
 * `out` (zeros before) without looking at the lengths; beyond that, in_len and out_len rule. */
#define CX_IN_MIN 4608u
#define CX_OUT_MIN 4608u

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

#define CX_BLOCKS 32         /* hv_vhca blocks, one an agent (mlx5/core/lib/hv_vhca.h) */
#define CX_BLOCK_SIZE 128    /* bytes */
#define CX_CAP_GROUP_SIZE 4096
#define CX_CAP_KEPT 256      /* bytes of a group that may be non-zero */
#define CX_NODE_DESC_SIZE 64

struct cx_command {
	enum cx_stage stage;
	gpa_t queue;             /* 0: the driver has not said */
	uint32_t queue_high;     /* waits for the low half */
	uint8_t interface;       /* NIC interface: 0 full, 1 disabled, 7 software reset */
	uint8_t syndrome;        /* health, 0: well */
	uint16_t issi;
	uint8_t general[CX_CAP_KEPT]; /* current general capabilities, as SET_HCA_CAP left them */
	gpa_t *page;             /* firmware pages held, count of them */
	unsigned int pages;
	unsigned int flow_entries;
	uint8_t node_desc[CX_NODE_DESC_SIZE];
	uint8_t block[CX_BLOCKS][CX_BLOCK_SIZE];
	uint64_t executed, refused, undelivered;
	uint8_t unknown_logged[4096 / 8]; /* opcodes said to be unknown, once each */
	uint64_t created, ticked; /* clock: timer's origin, last health tick */
	uint32_t health_counter;
};

/* command.c: every slot of the mask is executed before this returns. */
void cx_command_doorbell(struct cx *cx, uint32_t slots);
/* Power-on state of what commands keep; objects are gone already. */
void cx_command_reset(struct cx *cx);

/* function.c: the stage changes; in service or not is worked out, the VF path (de)attached. */
void cx_enter_stage(struct cx *cx, enum cx_stage stage);

/* caps.c, cmd_vport.c: defaults. */
void cx_caps_reset(struct cx *cx);
void cx_vport_reset(struct cx *cx);

/* objects.c */
/* Finds what a request names, if its uid may use it. NULL also for number 0. */
struct cx_object *cx_request_object(struct cx *cx, const struct cx_request *request,
				    enum cx_object_type type, uint32_t number);
/* Keeps a new object for the request: 0 or the status to answer with. */
enum cx_status cx_request_add(struct cx *cx, struct cx_request *request, struct cx_object *object,
			      enum cx_object_type type);
/* DESTROY of the object whose number is in the usual place. */
enum cx_status cx_request_destroy(struct cx *cx, struct cx_request *request,
				  enum cx_object_type type);
/* A context's PD or transport domain: 0 is none, anything else must exist. Counts a user. */
enum cx_status cx_request_use(struct cx *cx, struct cx_request *request, enum cx_object_type type,
			      uint32_t number);
/* One user less of the object with that number, if there is one. */
void cx_object_unuse(struct cx *cx, enum cx_object_type type, uint32_t number);
/* All objects, in an order that leaves no pointer behind. Returns how many there were. */
unsigned int cx_objects_clear(struct cx *cx);
void cx_objects_free_tables(struct cx *cx);

/* cmd_flow_*.c: frees what a table or a group holds. */
void cx_flow_table_clear(struct cx *cx, struct cx_flow_table *table);
void cx_flow_group_clear(struct cx *cx, struct cx_flow_group *group);

/* cmd_rqt.c: lets go of its RQs. */
void cx_rqt_clear(struct cx *cx, struct cx_rqt *rqt);

#endif
