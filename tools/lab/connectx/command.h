/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The state only commands touch, and what the command side offers the rest of the function: the
 * command queue, stages, defaults. Internal to connectx/. Source: docs/protocol.md 7.2, 7.3.
 */
#ifndef LAB_CX_COMMAND_H
#define LAB_CX_COMMAND_H

#include "request.h"

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
/* A dead function answers nothing: the driver's health poll is what finds out. */
bool cx_command_is_answered(const struct cx *cx);
/* Power-on state of what commands keep; objects are gone already. */
void cx_command_reset(struct cx *cx);

/* function.c: the stage changes; in service or not is worked out, the VF path (de)attached. */
void cx_enter_stage(struct cx *cx, enum cx_stage stage);

/* caps.c, cmd_vport.c: defaults. */
void cx_caps_reset(struct cx *cx);
void cx_vport_reset(struct cx *cx);

/* objects.c */
/* All objects, in an order that leaves no pointer behind. Returns how many there were. */
unsigned int cx_objects_clear(struct cx *cx);
void cx_objects_free_tables(struct cx *cx);

#endif
