/* SPDX-License-Identifier: BSD-3-Clause */
/* Where a queue lives: parsed out of a command's page list or UMEM reference, checked whole. */
#ifndef LAB_CX_BUFFER_H
#define LAB_CX_BUFFER_H

#include "command.h"

/* Offset fields (page_offset) of contexts count in 1/64 of a page. */
#define CX_PAGE_OFFSET_UNITS 64

struct cx_buffer_source {
	uint64_t size;            /* bytes the queue needs */
	const uint8_t *pas;       /* big-endian page addresses in the command */
	uint32_t pas_count;       /* that fit into the command's input */
	unsigned int log_page;    /* log2 bytes of one page */
	uint64_t offset;          /* of byte 0: into the first page, or into the UMEM */
	uint64_t address_flags;   /* low bits of each address that mean something else */
	bool umem_valid;
	uint32_t umem;
};

/* Page addresses behind `at` in the input of a request. */
uint32_t cx_request_pas(const struct cx_request *request, uint32_t at);

enum cx_status cx_buffer_create(struct cx *cx, struct cx_request *request,
				const struct cx_buffer_source *source, struct cx_buffer *buffer);
void cx_buffer_release(struct cx_buffer *buffer);

/* A doorbell record: 8 bytes at `address`, or at that offset of a UMEM (kept in *holder). */
enum cx_status cx_doorbell_create(struct cx *cx, struct cx_request *request, bool umem_valid,
				  uint32_t umem, uint64_t address, gpa_t *record,
				  struct cx_object **holder);

#endif
