/* SPDX-License-Identifier: BSD-3-Clause */
/* The work queue part (wq) of SQ, RQ and RMP contexts. */
#ifndef LAB_CX_WQ_H
#define LAB_CX_WQ_H

#include "command.h"

/* SQ, RQ and RMP contexts all begin here in their CREATE and MODIFY commands, and in QUERY's
 * output; their wq follows, and behind it the page list. */
#define CX_QUEUE_CONTEXT 0x20
#define CX_QUEUE_WQ 0x50
#define CX_QUEUE_STATE CX_FIELD(CX_QUEUE_CONTEXT + 0x0, 23, 20)

enum cx_wq_type { CX_WQ_LINKED_LIST = 0, CX_WQ_CYCLIC = 1 };

/* Parses, checks and keeps it: memory, doorbell record and PD are held until the release. */
enum cx_status cx_wq_create(struct cx *cx, struct cx_request *request, struct cx_wq *wq);
void cx_wq_release(struct cx *cx, struct cx_wq *wq);
/* For QUERY: the wq as it was created, with the device's counter. */
void cx_wq_query(const struct cx_wq *wq, uint32_t counter, uint8_t *out);

#endif
