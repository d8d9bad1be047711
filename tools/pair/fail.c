// SPDX-License-Identifier: BSD-3-Clause
/* Notes what could not be read, in words; nothing in tools/pair prints. */
#include "fail.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void an_fail(char *failed, int error, const char *what, ...)
{
	va_list args;
	int length;

	if (failed[0] != '\0')
		return;
	va_start(args, what);
	length = vsnprintf(failed, AN_TEXT, what, args);
	va_end(args);
	if (length >= 0 && length < AN_TEXT && error != 0)
		snprintf(failed + length, AN_TEXT - (size_t)length, ": %s",
			 strerror(error < 0 ? -error : error));
}
