// SPDX-License-Identifier: BSD-3-Clause
/* Folders and logs of the runs. See workdir.h. */
#define _GNU_SOURCE
#include "workdir.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>

#define TAIL_SIZE 6000 /* bytes of a log shown when its run failed */

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

int workdir_remove(const char *path)
{
	if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0 || errno == ENOENT)
		return 0;
	return -errno;
}

int workdir_make(const char *path)
{
	int ret = workdir_remove(path);

	if (ret < 0)
		return ret;
	return mkdir(path, 0777) < 0 ? -errno : 0;
}

static void append(FILE *to, const char *path)
{
	FILE *from = fopen(path, "re");
	char buf[4096];
	size_t n;

	if (from == NULL)
		return;
	while ((n = fread(buf, 1, sizeof(buf), from)) > 0)
		fwrite(buf, 1, n, to);
	fclose(from);
}

unsigned int workdir_leftovers(const char *dir, const char *log)
{
	unsigned int count = 0;
	FILE *to = fopen(log, "ae");
	DIR *d = opendir(dir);
	struct dirent *e;

	while (to != NULL && d != NULL && (e = readdir(d)) != NULL) {
		size_t len = strlen(e->d_name);
		char path[600];

		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
		if (len > 4 && strcmp(e->d_name + len - 4, ".log") == 0) {
			fprintf(to, "---- %s\n", e->d_name);
			append(to, path);
		} else {
			fprintf(to, "left behind: %s\n", path);
			count++;
		}
		workdir_remove(path);
	}
	if (d != NULL)
		closedir(d);
	if (to != NULL)
		fclose(to);
	return count;
}

void log_tail(const char *log, FILE *out)
{
	static char tail[TAIL_SIZE + 1];
	FILE *f = fopen(log, "re");
	char *line = tail;
	size_t got;

	if (f == NULL)
		return;
	if (fseek(f, -TAIL_SIZE, SEEK_END) < 0)
		rewind(f);
	got = fread(tail, 1, TAIL_SIZE, f);
	fclose(f);
	tail[got] = '\0';
	if (got == TAIL_SIZE && strchr(tail, '\n') != NULL)
		line = strchr(tail, '\n') + 1; /* not half a line */
	while (*line != '\0') {
		size_t len = strcspn(line, "\n");

		fprintf(out, "    | %.*s\n", (int)len, line);
		line += len + (line[len] == '\n');
	}
}

int log_last_line(const char *log, const char *start, char *line, size_t size)
{
	FILE *f = fopen(log, "re");
	char text[1024];
	int ret = -ENOENT;

	while (f != NULL && fgets(text, sizeof(text), f) != NULL) {
		if (strncmp(text, start, strlen(start)) != 0)
			continue;
		text[strcspn(text, "\n")] = '\0';
		snprintf(line, size, "%s", text + strlen(start));
		ret = 0;
	}
	if (f != NULL)
		fclose(f);
	return ret;
}

bool log_has_complaint(const char *log)
{
	static const char *const bad[] = { "BUG:", "WARNING:", "Oops", "general protection",
					   "hung task", "blocked for more" };
	FILE *f = fopen(log, "re");
	bool found = false, hosts = false;
	char text[1024];

	while (f != NULL && !found && fgets(text, sizeof(text), f) != NULL) {
		if (strncmp(text, "---- ", 5) == 0)	/* workdir_leftovers() begins a log so */
			hosts = strstr(text, "-host.log") != NULL;
		for (size_t i = 0; !hosts && i < sizeof(bad) / sizeof(bad[0]); i++)
			found |= strstr(text, bad[i]) != NULL;
	}
	if (f != NULL)
		fclose(f);
	return found;
}
