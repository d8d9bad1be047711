// SPDX-License-Identifier: BSD-3-Clause
/*
 * Words for the model's enums, and text from the kernel made fit for a terminal or a shell. The
 * words are part of the interface: --help and the manual page promise them to scripts.
 */
#include "text.h"

#include <stdio.h>
#include <string.h>

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
	case AN_ELSEWHERE:
		return "elsewhere";
	case AN_FOREIGN:
		return "foreign";
	case AN_DOWN:
		return "down";
	case AN_OK:
		return "ok";
	case AN_NOT_ACCELERATED:
		return "unaccelerated";
	case AN_CANNOT_TELL:
		break;
	case AN_DEGRADED:
		return "degraded";
	}
	return "unknown";
}

int an_result_exit(enum an_result result)
{
	switch (result) {
	case AN_FOREIGN:
	case AN_DOWN:
	case AN_OK:
		return 0;
	case AN_NOT_ACCELERATED:
		return 1;
	case AN_DEGRADED:
		return 2;
	case AN_ELSEWHERE:
	case AN_CANNOT_TELL:
		break;
	}
	return 3;
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
