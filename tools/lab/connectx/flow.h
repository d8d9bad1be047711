/* SPDX-License-Identifier: BSD-3-Clause */
/* What the flow table, group and entry commands have in common: how they name a table. */
#ifndef LAB_CX_FLOW_H
#define LAB_CX_FLOW_H

#include "command.h"

#define CX_FLOW_OTHER_VPORT CX_BIT(0x8, 31)
#define CX_FLOW_TABLE_TYPE CX_FIELD(0x10, 31, 24)
#define CX_FLOW_TABLE_ID CX_FIELD(0x14, 23, 0)

/* The table the command names by type and id. */
enum cx_status cx_flow_table_find(struct cx *cx, struct cx_request *request,
				  struct cx_flow_table **table);
/* A table that may follow `from`: same type and a higher level, so that no packet goes round. */
enum cx_status cx_flow_table_next(struct cx *cx, struct cx_request *request,
				  const struct cx_flow_table *from, uint32_t id,
				  struct cx_flow_table **next);


/* cmd_flow_entry.c */
void cx_flow_entries_clear(struct cx *cx, struct cx_flow_group *group);

#endif
