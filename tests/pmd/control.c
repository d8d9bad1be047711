// SPDX-License-Identifier: BSD-3-Clause
/*
 * A connection for each question, as hostctl of tools/lab/verbs makes it.
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

#define SOCKET_ENV  "ACCELNET_LAB_CONTROL" /* path of its socket */
#define REQUEST_MAX 1024

bool control_there(void)
{
	return getenv(SOCKET_ENV) != NULL;
}

static int connect_host(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const char *path = getenv(SOCKET_ENV);
	int fd, err;

	if (path == NULL || strlen(path) >= sizeof(address.sun_path))
		return -ENOTCONN;
	memcpy(address.sun_path, path, strlen(path));
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		err = -errno;
		close(fd);
		return err;
	}
	return fd;
}

/* Each word ends in a NUL; the end of sending says that these are all. */
static int send_words(int fd, const char *words)
{
	char request[REQUEST_MAX];
	size_t length = strlen(words) + 1;

	if (length > sizeof(request))
		return -E2BIG;
	memcpy(request, words, length);
	for (char *blank = request; (blank = strchr(blank, ' ')) != NULL; blank++)
		*blank = '\0';
	if (send(fd, request, length, MSG_NOSIGNAL) != (ssize_t)length)
		return -EIO;
	return shutdown(fd, SHUT_WR) < 0 ? -errno : 0;
}

/* A byte of status, then text to the end. */
static int receive_answer(int fd, char *text, size_t size)
{
	char status;
	size_t used = 0;
	ssize_t n;

	if (recv(fd, &status, 1, MSG_WAITALL) != 1)
		return -EPIPE;
	while (used < size - 1 && (n = recv(fd, text + used, size - 1 - used, 0)) > 0)
		used += (size_t)n;
	text[used] = '\0';
	return (unsigned char)status;
}

int control_request(const char *words, char *reply, size_t size)
{
	char unwanted[256];
	int fd = connect_host(), ret;

	if (fd < 0)
		return fd;
	if (reply == NULL) {
		reply = unwanted;
		size = sizeof(unwanted);
	}
	ret = send_words(fd, words);
	if (ret == 0)
		ret = receive_answer(fd, reply, size);
	close(fd);
	if (ret > 0)
		fprintf(stderr, "hostctl %s: %s (status %d)\n", words, reply, ret);
	return ret;
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
			if (at == NULL || *at == '}' || !isdigit((unsigned char)at[1]))
				continue;
			*drops += strtoull(at + 1, &end, 10);
			/* A comma or the bracket, or the text was cut off. */
			at = *end != '\0' ? end : NULL;
		}
	}
	return at != NULL ? 0 : -EBADMSG;
}

int control_parse_stats(const char *text, struct control_stats *stats)
{
	uint64_t lost;

	memset(stats, 0, sizeof(*stats));
	if (parse_path(text, "\"vf\":{", &stats->vf_rx, &stats->vf_tx, &stats->drops) < 0)
		return -EBADMSG;
	if (parse_path(text, "\"synthetic\":{", &stats->synthetic_rx, &stats->synthetic_tx,
		       &stats->drops) < 0)
		return -EBADMSG;
	/* Received on the VF by the kernel's driver, which the native lab plays, too. */
	if (number_of(&text, "kernel_lost", &lost) == 0)
		stats->drops += lost;
	return 0;
}

int control_stats(struct control_stats *stats)
{
	static __thread char reply[CONTROL_REPLY_MAX];
	int err = control_request("stats", reply, sizeof(reply));

	if (err != 0)
		return err < 0 ? err : -EIO;
	return control_parse_stats(reply, stats);
}
