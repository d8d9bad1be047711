// SPDX-License-Identifier: BSD-3-Clause
/* A run's directory: where it is made, that nothing of it stays, and paths that do not fit. */
#define _GNU_SOURCE
#include "../../tools/lab/run/run.h"
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char tmp[] = "/tmp/lab-unit.XXXXXX"; /* a directory of the test's own */
static struct lab_workspace ws;

static void setup(void)
{
	strcpy(tmp, "/tmp/lab-unit.XXXXXX");
	CU_ASSERT_FATAL(mkdtemp(tmp) != NULL);
	setenv("TMPDIR", tmp, 1);
	memset(&ws, 0xa5, sizeof(ws));
}

static void teardown(void)
{
	CU_ASSERT_EQUAL(rmdir(tmp), 0); /* so: empty */
	unsetenv("TMPDIR");
}

static void file_put(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	CU_ASSERT_FATAL(f != NULL);
	fputs(text, f);
	fclose(f);
}

static void made_and_removed(void)
{
	char path[512];
	struct stat st;

	CU_ASSERT_EQUAL_FATAL(lab_workspace_create(&ws), 0);
	CU_ASSERT_EQUAL(strncmp(ws.dir, tmp, strlen(tmp)), 0);
	snprintf(path, sizeof(path), "%s/out", ws.dir);
	CU_ASSERT_EQUAL(stat(path, &st), 0);
	CU_ASSERT(S_ISDIR(st.st_mode));
	snprintf(path, sizeof(path), "%s/out/deep", ws.dir);
	CU_ASSERT_EQUAL(mkdir(path, 0700), 0);
	snprintf(path, sizeof(path), "%s/out/deep/file", ws.dir);
	file_put(path, "x");
	snprintf(path, sizeof(path), "%s/link", ws.dir);
	CU_ASSERT_EQUAL(symlink("/etc", path), 0); /* removed, not followed */
	/* The program is <root>/build/unit/bin/lab. */
	CU_ASSERT_PTR_NOT_NULL(strstr(ws.self, ws.root));
	CU_ASSERT_STRING_EQUAL(ws.self + strlen(ws.root), "/unit/bin/lab");
	lab_workspace_remove(&ws);
	CU_ASSERT_EQUAL(stat("/etc", &st), 0);
	CU_ASSERT_STRING_EQUAL(ws.dir, "");
	lab_workspace_remove(&ws);
}

/* A directory under /tmp, not under `where`. */
static void falls_back_from(const char *where)
{
	setenv("TMPDIR", where, 1);
	CU_ASSERT_EQUAL_FATAL(lab_workspace_create(&ws), 0);
	CU_ASSERT_EQUAL(strncmp(ws.dir, "/tmp/accelnet-lab.", 18), 0);
	lab_workspace_remove(&ws);
}

static void temporary_directories_that_do_not_do(void)
{
	char name[200];

	falls_back_from("");
	falls_back_from("/tmp/with,comma");
	memset(name, 'x', sizeof(name));
	name[0] = '/';
	for (size_t n = 60; n < sizeof(name); n += 3) {
		name[n] = '\0';
		setenv("TMPDIR", name, 1);
		/* Short enough to be tried and not there, or too long: never a cut path. */
		if (lab_workspace_create(&ws) == 0) {
			CU_ASSERT_EQUAL(strncmp(ws.dir, "/tmp/accelnet-lab.", 18), 0);
			CU_ASSERT(n > 70);
			lab_workspace_remove(&ws);
		} else {
			CU_ASSERT(n < 80);
		}
		CU_ASSERT_STRING_EQUAL(ws.dir, "");
		name[n] = 'x';
	}
}

static void copies(void)
{
	char from[128], to[128], text[16] = "";
	FILE *f;

	snprintf(from, sizeof(from), "%s/from", tmp);
	snprintf(to, sizeof(to), "%s/to", tmp);
	CU_ASSERT_EQUAL(lab_file_copy(from, to), -ENOENT);
	CU_ASSERT_EQUAL(access(to, F_OK), -1); /* not an empty file instead */
	file_put(from, "hello");
	CU_ASSERT_EQUAL(lab_file_copy(from, to), 0);
	f = fopen(to, "r");
	CU_ASSERT_FATAL(f != NULL);
	CU_ASSERT_EQUAL(fread(text, 1, sizeof(text), f), 5);
	fclose(f);
	CU_ASSERT_STRING_EQUAL(text, "hello");
	CU_ASSERT_EQUAL(lab_file_copy(from, "/nonexistent/to"), -ENOENT);
	CU_ASSERT_EQUAL(lab_file_copy(tmp, to), -EIO); /* a directory cannot be read */
	CU_ASSERT_EQUAL(access(to, F_OK), -1);
	if (access("/dev/full", W_OK) == 0) {
		char full[128];

		snprintf(full, sizeof(full), "%s/full", tmp);
		CU_ASSERT_EQUAL(symlink("/dev/full", full), 0);
		CU_ASSERT_EQUAL(lab_file_copy(from, full), -ENOSPC);
		unlink(full);
	}
	unlink(from);
}

static void paths(void)
{
	char path[16];

	CU_ASSERT_EQUAL(lab_path(path, sizeof(path), "%s/%d", "/a", 1), 0);
	CU_ASSERT_STRING_EQUAL(path, "/a/1");
	CU_ASSERT_EQUAL(lab_path(path, sizeof(path), "%s", "123456789012345"), 0);
	CU_ASSERT_EQUAL(lab_path(path, sizeof(path), "%s", "1234567890123456"), -ENAMETOOLONG);
}

static CU_TestInfo tests[] = {
	{ "made, and removed with all in it", made_and_removed },
	{ "temporary directories that do not do", temporary_directories_that_do_not_do },
	{ "copies are whole or not there", copies },
	{ "a path that does not fit is an error", paths },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("lab/workspace", setup, teardown, tests);
