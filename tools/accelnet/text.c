// SPDX-License-Identifier: BSD-3-Clause
/*
 * Words for the model's enums, and text from the kernel made fit for a terminal or a shell. The
 * words are part of the interface: --help and the manual page promise them to scripts.
 */
#include "text.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char *const state_names[AN_STATES] = {
	[AN_STATE_UNKNOWN] = "unknown",
	[AN_STATE_ABSENT] = "absent",
	[AN_STATE_OFFERED] = "offered",
	[AN_STATE_PRESENT] = "present",
	[AN_STATE_BOUND] = "bound",
	[AN_STATE_PAIRED] = "paired",
	[AN_STATE_SWITCHING] = "switching",
	[AN_STATE_ACTIVE] = "active",
};

const char *an_state_name(enum an_state state)
{
	return state_names[state];
}

enum an_state an_state_from(const char *name)
{
	for (size_t i = 0; i < AN_STATES; i++)
		if (strcmp(name, state_names[i]) == 0)
			return (enum an_state)i;
	return AN_STATE_UNKNOWN;
}

const char *an_path_name(enum an_path path)
{
	switch (path) {
	case AN_PATH_UNKNOWN:
		break;
	case AN_PATH_SYNTHETIC:
		return "synthetic";
	case AN_PATH_VF:
		return "vf";
	}
	return "unknown";
}

const char *an_source_name(enum an_source source)
{
	switch (source) {
	case AN_SOURCE_NONE:
		break;
	case AN_SOURCE_INFERRED:
		return "inferred";
	case AN_SOURCE_MEASURED:
		return "measured";
	case AN_SOURCE_REPORTED:
		return "reported";
	}
	return "none";
}

const char *an_result_name(enum an_result result)
{
	switch (result) {
	case AN_OK:
		return "ok";
	case AN_DEGRADED:
		return "degraded";
	case AN_NOT_ACCELERATED:
		return "unaccelerated";
	case AN_CANNOT_TELL:
		break;
	}
	return "unknown";
}

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

void an_text_clean(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%s", text);
	for (; *to != '\0'; to++)
		if (*to < ' ' || *to > '~')
			*to = '?';
}

void an_text_shell_word(char *to, size_t size, const char *word)
{
	size_t used = 0;

	if (word[0] != '\0' && word[0] != '-' &&
	    word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			      "0123456789._:@%+-")] == '\0') {
		snprintf(to, size, "%s", word);
		return;
	}
	/* Room for the longest piece, the closing quote and the NUL. */
	to[used++] = '\'';
	for (; *word != '\0' && used + sizeof("'\\'''") <= size; word++) {
		if (*word == '\'')
			used += (size_t)snprintf(to + used, size - used, "'\\''");
		else
			to[used++] = *word;
	}
	to[used++] = '\'';
	to[used] = '\0';
}

void an_text_mac(char to[18], const uint8_t mac[6])
{
	snprintf(to, 18, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4],
		 mac[5]);
}
