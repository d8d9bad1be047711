/* SPDX-License-Identifier: BSD-3-Clause */
/* The report, in text and in JSON: the same facts. */
#ifndef OUTPUT_H
#define OUTPUT_H

#include "collect.h"

#include <stdio.h>

void an_output_text(FILE *to, const struct an_report *report);
void an_output_json(FILE *to, const struct an_report *report);
void an_output_check(FILE *to, const struct an_report *report);

/* The status to exit with; if not all has been written says so, and it is that of "unknown". */
int an_output_end(FILE *to, enum an_result result);

#endif
