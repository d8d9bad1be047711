// SPDX-License-Identifier: BSD-3-Clause
/* The files of one run: where the repository is, and a temporary directory that does not stay. */
#define _GNU_SOURCE
#include "run.h"

#include "log.h"

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The program is <root>/tools/lab/accelnet-lab. */
static int root_find(struct lab_workspace *ws)
{
	ssize_t n = readlink("/proc/self/exe", ws->self, sizeof(ws->self) - 1);
	char *slash;

	if (n < 0)
		return -errno;
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

int lab_workspace_create(struct lab_workspace *ws)
{
	const char *tmp = getenv("TMPDIR");
	char out[128];
	int ret = root_find(ws);

	if (ret < 0)
		return ret;
	/* A socket path is 108 bytes at most: a long TMPDIR is not used. */
	snprintf(ws->dir, sizeof(ws->dir), "%s/accelnet-lab.XXXXXX",
		 tmp != NULL && strlen(tmp) < 32 ? tmp : "/tmp");
	if (mkdtemp(ws->dir) == NULL)
		goto err;
	snprintf(out, sizeof(out), "%s/out", ws->dir);
	if (mkdir(out, 0700) < 0)
		goto err;
	return 0;

err:
	ret = -errno;
	lab_log(LAB_LOG_ERROR, "run", "%s: %s", ws->dir, strerror(errno));
	return ret;
}

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

void lab_workspace_remove(struct lab_workspace *ws)
{
	if (ws->dir[0] != '\0')
		nftw(ws->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	ws->dir[0] = '\0';
}

int lab_file_copy(const char *from, const char *to)
{
	char buf[65536];
	FILE *in = fopen(from, "r"), *out = fopen(to, "w");
	size_t n;
	int ret = in != NULL && out != NULL ? 0 : -errno;

	while (ret == 0 && (n = fread(buf, 1, sizeof(buf), in)) > 0)
		if (fwrite(buf, 1, n, out) != n)
			ret = -errno;
	if (in != NULL)
		fclose(in);
	if (out != NULL && fclose(out) != 0 && ret == 0)
		ret = -errno;
	return ret;
}
