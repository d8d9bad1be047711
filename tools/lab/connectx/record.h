/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Doorbell records: pairs of big-endian dwords in guest memory that drivers write before they ring
 * a doorbell register. For CQs, RQs and EQs the model reads the records and never the registers
 * (docs/protocol.md 7.7), for SQs as doorbell.c says; either way posting costs no exit.
 */
#ifndef LAB_CX_RECORD_H
#define LAB_CX_RECORD_H

#include "../mem.h"

#include <endian.h>
#include <stdbool.h>
#include <stdint.h>

/* Byte offsets in a record; a queue pair's RQ and SQ share one. */
enum cx_record {
	CX_RECORD_RQ = 0, /* producer, WQEs */
	CX_RECORD_SQ = 4, /* producer, 64-byte blocks */
	CX_RECORD_CQ = 0, /* consumer index, 24 bits */
	CX_RECORD_ARM = 4,
};

/* The dword's host view. NULL: not aligned, or not in guest memory. */
static inline uint32_t *cx_record_window(const struct lab_mem *mem, gpa_t dbr, enum cx_record which)
{
	if (dbr % sizeof(uint32_t) != 0)
		return NULL;
	return lab_mem_window(mem, dbr + which, sizeof(uint32_t));
}

/* Acquire: what the guest wrote before the record (WQEs, consumed CQEs) is seen after it. */
static inline bool cx_record_read(const struct lab_mem *mem, gpa_t dbr, enum cx_record which,
				  uint32_t *value)
{
	const uint32_t *record = cx_record_window(mem, dbr, which);

	if (record == NULL)
		return false;
	*value = be32toh(__atomic_load_n(record, __ATOMIC_ACQUIRE));
	return true;
}

/*
 * A reset queue starts at 0, but mlx5e leaves the old producer in the SQ's record until it posts
 * again (en/reporter_tx.c resets only its own counters): hardware, which looks after a doorbell,
 * never sees that value; we would take it for posted work. Drivers only ever write the record.
 */
static inline void cx_record_clear(const struct lab_mem *mem, gpa_t dbr, enum cx_record which)
{
	uint32_t *record = cx_record_window(mem, dbr, which);

	if (record != NULL)
		__atomic_store_n(record, 0, __ATOMIC_RELAXED);
}

#endif
