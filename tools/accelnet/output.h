/* SPDX-License-Identifier: BSD-3-Clause */
/* The report, in text and in JSON: the same facts. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "collect.h"

#include <stdio.h>

void an_output_text(FILE *to, const struct an_report *report);
void an_output_json(FILE *to, const struct an_report *report);
void an_output_check(FILE *to, const struct an_report *report);

/* Has all been written? If not says so, and returns AN_CANNOT_TELL instead of `result`. */
int an_output_end(FILE *to, enum an_result result);

#endif
