// SPDX-License-Identifier: BSD-3-Clause
/* The lab's log, on stderr: a whole line a call, so that threads do not interleave. */
#include "log.h"

#include <stdarg.h>
#include <stdio.h>

static enum lab_log_level threshold = LAB_LOG_WARN;

void lab_log_set_level(enum lab_log_level level)
{
	threshold = level;
}

void lab_log(enum lab_log_level level, const char *party, const char *format, ...)
{
	char line[512];
	va_list ap;

	if (level > threshold)
		return;
	va_start(ap, format);
	vsnprintf(line, sizeof(line), format, ap);
	va_end(ap);
	fprintf(stderr, "accelnet-lab: %s: %s\n", party, line);
}
