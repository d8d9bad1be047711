// SPDX-License-Identifier: BSD-3-Clause
/* The files of one run: where the repository is, and a temporary directory that does not stay. */
#define _GNU_SOURCE
#include "run.h"

#include "../log.h"

#include <errno.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define TMP_DEFAULT "/tmp"
#define DIR_NAME    "/accelnet-lab.XXXXXX"
#define SOCKET_NAME "/relay" /* the longest path that goes into a socket address */
#define TAIL_SIZE   4096     /* bytes shown of a console log */

int lab_path(char *path, size_t size, const char *format, ...)
{
	va_list ap;
	int n;

	va_start(ap, format);
	n = vsnprintf(path, size, format, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < size)
		return 0;
	lab_log(LAB_LOG_ERROR, "run", "%.40s...: this path is too long", path);
	return -ENAMETOOLONG;
}

/* The program is <root>/tools/lab/accelnet-lab. */
static int root_find(struct lab_workspace *ws)
{
	ssize_t n = readlink("/proc/self/exe", ws->self, sizeof(ws->self));
	char *slash;

	if (n < 0)
		return -errno;
	if ((size_t)n == sizeof(ws->self))
		return -ENAMETOOLONG;
	ws->self[n] = '\0';
	memcpy(ws->root, ws->self, (size_t)n + 1);
	for (int i = 0; i < 3; i++) {
		slash = strrchr(ws->root, '/');
		if (slash == NULL)
			return -ENOENT;
		*slash = '\0';
	}
	return 0;
}

_Static_assert(sizeof(((struct lab_workspace *)NULL)->dir) + sizeof(SOCKET_NAME) <=
	       sizeof(((struct sockaddr_un *)NULL)->sun_path), "the socket's path fits");

/* $TMPDIR, unless it is too long or QEMU's option syntax (no comma) forbids it. */
static const char *tmp_find(void)
{
	const char *tmp = getenv("TMPDIR");

	if (tmp == NULL || tmp[0] == '\0')
		return TMP_DEFAULT;
	if (strlen(tmp) + sizeof(DIR_NAME) <= sizeof(((struct lab_workspace *)NULL)->dir) &&
	    strchr(tmp, ',') == NULL)
		return tmp;
	lab_log(LAB_LOG_WARN, "run", "TMPDIR is too long or has a comma: %s is used", TMP_DEFAULT);
	return TMP_DEFAULT;
}

int lab_workspace_create(struct lab_workspace *ws)
{
	char out[sizeof(ws->dir) + sizeof("/out")];
	int ret = root_find(ws);

	ws->dir[0] = '\0';
	if (ret < 0) {
		lab_log(LAB_LOG_ERROR, "run", "where this program is: %s", strerror(-ret));
		return ret;
	}
	snprintf(ws->dir, sizeof(ws->dir), "%s" DIR_NAME, tmp_find());
	if (mkdtemp(ws->dir) == NULL) {
		ret = -errno;
		lab_log(LAB_LOG_ERROR, "run", "%s: %s", ws->dir, strerror(-ret));
		ws->dir[0] = '\0'; /* not ours to remove */
		return ret;
	}
	snprintf(out, sizeof(out), "%s/out", ws->dir);
	if (mkdir(out, 0700) < 0) {
		ret = -errno;
		lab_log(LAB_LOG_ERROR, "run", "%s: %s", out, strerror(-ret));
		lab_workspace_remove(ws);
		return ret;
	}
	return 0;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	if (remove(path) < 0)
		lab_log(LAB_LOG_WARN, "run", "%s stays: %s", path, strerror(errno));
	return 0;
}

void lab_workspace_remove(struct lab_workspace *ws)
{
	if (ws->dir[0] != '\0')
		nftw(ws->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	ws->dir[0] = '\0';
}

static int stream_copy(FILE *in, FILE *out)
{
	char buf[65536];
	size_t n;

	while ((n = fread(buf, 1, sizeof(buf), in)) > 0)
		if (fwrite(buf, 1, n, out) != n)
			return -errno;
	return ferror(in) ? -EIO : 0;
}

int lab_file_copy(const char *from, const char *to)
{
	FILE *in = fopen(from, "re"), *out;
	int ret;

	if (in == NULL)
		return -errno;
	out = fopen(to, "we");
	if (out == NULL) {
		ret = -errno;
		goto err_close_in;
	}
	ret = stream_copy(in, out);
	if (fclose(out) != 0 && ret == 0)
		ret = -errno;
	if (ret < 0)
		remove(to);
err_close_in:
	fclose(in);
	return ret;
}

void lab_log_tail(const char *path)
{
	static char tail[TAIL_SIZE + 1];
	FILE *f = fopen(path, "re");
	size_t got;

	if (f == NULL)
		return;
	if (fseek(f, -TAIL_SIZE, SEEK_END) < 0)
		rewind(f);
	got = fread(tail, 1, TAIL_SIZE, f);
	tail[got] = '\0';
	if (got > 0)
		fprintf(stderr, "---- the console's end\n%s%s----\n", tail,
			tail[got - 1] == '\n' ? "" : "\n");
	fclose(f);
}
