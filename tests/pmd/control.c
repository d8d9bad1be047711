// SPDX-License-Identifier: BSD-3-Clause
/*
 * A connection for each question: the words go as they are, the first line of the answer is its
 * status.
 */
#include "control.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SOCKET_ENV "ACCELNET_LAB_CONTROL"

bool control_there(void)
{
	return getenv(SOCKET_ENV) != NULL;
}

int control_request(const char *words, char *reply, size_t size)
{
	(void)words;
	(void)reply;
	(void)size;
	return -ENOTCONN;
}

/* ------------------------------------------------------------------------- statistics ---- */

/* The number behind "name": after `from`; *from moves there. */
static int number_of(const char **from, const char *name, uint64_t *value)
{
	char pattern[32];
	const char *at;
	char *end;

	snprintf(pattern, sizeof(pattern), "\"%s\":", name);
	at = strstr(*from, pattern);
	if (at == NULL)
		return -EBADMSG;
	at += strlen(pattern);
	*value = strtoull(at, &end, 10);
	*from = end;
	return end == at ? -EBADMSG : 0;
}

/* "name":{"rx":{"packets":..,..,"drops":{..}},"tx":{..}}: one path of the NIC. */
static int parse_path(const char *text, const char *name, uint64_t *rx, uint64_t *tx,
		      uint64_t *drops)
{
	static const char *const directions[] = { "\"rx\":{", "\"tx\":{" };
	uint64_t *const packets[] = { rx, tx };
	const char *at = strstr(text, name);

	for (unsigned int d = 0; at != NULL && d < 2; d++) {
		at = strstr(at, directions[d]);
		if (at == NULL || number_of(&at, "packets", packets[d]) < 0)
			return -EBADMSG;
		at = strstr(at, "\"drops\":{");
		/* {"reason":number,...}: every number before the bracket closes. */
		while (at != NULL && *at != '}') {
			char *end;

			at = strpbrk(at + 1, ":}");
			if (at != NULL && *at == ':' && isdigit((unsigned char)at[1])) {
				*drops += strtoull(at + 1, &end, 10);
				at = end;
			}
		}
	}
	return at != NULL ? 0 : -EBADMSG;
}

int control_parse_stats(const char *text, struct control_stats *stats)
{
	memset(stats, 0, sizeof(*stats));
	if (parse_path(text, "\"vf\":{", &stats->vf_rx, &stats->vf_tx, &stats->drops) < 0)
		return -EBADMSG;
	return parse_path(text, "\"synthetic\":{", &stats->synthetic_rx, &stats->synthetic_tx,
			  &stats->drops);
}

int control_stats(struct control_stats *stats)
{
	static __thread char reply[CONTROL_REPLY_MAX];
	int err = control_request("stats", reply, sizeof(reply));

	if (err != 0)
		return err < 0 ? err : -EIO;
	return control_parse_stats(reply, stats);
}
