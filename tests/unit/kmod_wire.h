/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What is on the wire between the module and the lab, as either side has it: constants, sizes and
 * offsets by name (docs/protocol.md 4, 5). The two sides' headers share no code, and each is seen
 * by one object only: kmod_wire_module.c and kmod_wire_lab.c.
 */
#ifndef KMOD_WIRE_H
#define KMOD_WIRE_H

#include <stddef.h>
#include <stdint.h>

struct wire_row {
	const char *name;
	uint64_t value;
};

struct wire_table {
	const char *side;
	const struct wire_row *row;
	size_t rows;
};

extern const struct wire_table wire_module, wire_lab;

#endif
