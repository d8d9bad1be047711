/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What steering compares: a frame's match parameters, laid out as fte_match_param in the commands,
 * so that an entry matches if (value & group mask) == entry value, byte for byte.
 */
#ifndef LAB_CX_MATCH_H
#define LAB_CX_MATCH_H

#include "objects.h"

#include "../fabric/frame.h"

/* Criteria bit n enables section n of the match parameters. */
#define CX_MATCH_SECTION 64
#define CX_MATCH_SECTIONS (CX_MATCH_SIZE / CX_MATCH_SECTION)

void cx_match_build(const uint8_t *frame, size_t len, const struct frame_info *info,
		    uint8_t value[CX_MATCH_SIZE]);
bool cx_match(const struct cx_flow_group *group, const struct cx_flow_entry *entry,
	      const uint8_t value[CX_MATCH_SIZE]);

#endif
