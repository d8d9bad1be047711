// SPDX-License-Identifier: BSD-3-Clause
/*
 * Reading sysfs below a root, which is /sys but in tests. Nothing here knows what the files mean;
 * nic.c, function.c and link.c do.
 */
#define _GNU_SOURCE /* O_PATH */
#include "sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int make_path(char *to, const char *path, va_list args)
{
	int length = vsnprintf(to, AN_SYSFS_PATH, path, args);

	if (length < 0 || length >= AN_SYSFS_PATH)
		return -ENAMETOOLONG;
	return 0;
}

int an_sysfs_open(struct an_sysfs *fs, const char *root)
{
	fs->root = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fs->root < 0 ? -errno : 0;
}

void an_sysfs_close(struct an_sysfs *fs)
{
	close(fs->root);
}

static int read_text(int root, const char *path, char *to, size_t size)
{
	size_t used;
	ssize_t n;
	int fd, ret;

	fd = openat(root, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	/* An attribute comes whole, or fills what there is room for: fs/sysfs/file.c. */
	do
		n = read(fd, to, size);
	while (n < 0 && errno == EINTR);
	ret = n < 0 ? -errno : 0;
	used = n < 0 ? 0 : (size_t)n;
	close(fd);
	if (ret == 0 && used == size)
		ret = -EOVERFLOW;
	if (ret == 0) {
		while (used > 0 && strchr(" \t\n", to[used - 1]) != NULL)
			used--;
		to[used] = '\0';
	} else {
		to[0] = '\0';
	}
	return ret;
}

int an_sysfs_read(const struct an_sysfs *fs, char *to, size_t size, const char *path, ...)
{
	char full[AN_SYSFS_PATH];
	va_list args;
	int ret;

	va_start(args, path);
	ret = make_path(full, path, args);
	va_end(args);
	to[0] = '\0';
	return ret ? ret : read_text(fs->root, full, to, size);
}

int an_sysfs_number(const struct an_sysfs *fs, uint32_t *to, int base, const char *path, ...)
{
	char full[AN_SYSFS_PATH], text[32] = "", *end;
	unsigned long value;
	va_list args;
	int ret;

	va_start(args, path);
	ret = make_path(full, path, args);
	va_end(args);
	if (ret == 0)
		ret = read_text(fs->root, full, text, sizeof(text));
	if (ret)
		return ret;
	if (text[0] < '0' || text[0] > '9')	/* strtoul() would take "-1" and " 1" */
		return -EINVAL;
	errno = 0;
	value = strtoul(text, &end, base);
	if (errno || *end != '\0' || value > UINT32_MAX)
		return -EINVAL;
	*to = (uint32_t)value;
	return 0;
}

int an_sysfs_link(const struct an_sysfs *fs, char *to, size_t size, const char *path, ...)
{
	char full[AN_SYSFS_PATH], target[AN_SYSFS_PATH];
	const char *base;
	ssize_t length;
	va_list args;
	int ret;

	va_start(args, path);
	ret = make_path(full, path, args);
	va_end(args);
	to[0] = '\0';
	if (ret)
		return ret;
	length = readlinkat(fs->root, full, target, sizeof(target));
	if (length < 0)
		return -errno;
	if ((size_t)length == sizeof(target))
		return -EOVERFLOW;
	target[length] = '\0';
	base = strrchr(target, '/');
	base = base == NULL ? target : base + 1;
	if (strlen(base) >= size)
		return -EOVERFLOW;
	snprintf(to, size, "%s", base);
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int add_name(struct an_sysfs_names *names, const char *name)
{
	char **more = realloc(names->name, (names->count + 1) * sizeof(*more));

	if (more == NULL)
		return -ENOMEM;
	names->name = more;
	more[names->count] = strdup(name);
	if (more[names->count] == NULL)
		return -ENOMEM;
	names->count++;
	return 0;
}

static int read_names(DIR *dir, struct an_sysfs_names *names)
{
	struct dirent *entry;
	int ret = 0;

	while (ret == 0) {
		errno = 0;
		entry = readdir(dir);
		if (entry == NULL)
			return -errno;
		if (entry->d_name[0] != '.')
			ret = add_name(names, entry->d_name);
	}
	return ret;
}

int an_sysfs_list(const struct an_sysfs *fs, struct an_sysfs_names *names, const char *path, ...)
{
	char full[AN_SYSFS_PATH];
	va_list args;
	int fd, ret;
	DIR *dir;

	va_start(args, path);
	ret = make_path(full, path, args);
	va_end(args);
	*names = (struct an_sysfs_names){ 0 };
	if (ret)
		return ret;
	fd = openat(fs->root, full, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (dir == NULL) {
		ret = -errno;
		close(fd);
		return ret;
	}
	ret = read_names(dir, names);
	closedir(dir);
	if (ret)
		an_sysfs_free(names);
	else if (names->count > 1)
		qsort(names->name, names->count, sizeof(*names->name), by_name);
	return ret;
}

void an_sysfs_free(struct an_sysfs_names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->name[i]);
	free(names->name);
	*names = (struct an_sysfs_names){ 0 };
}

bool an_sysfs_exists(const struct an_sysfs *fs, const char *path, ...)
{
	char full[AN_SYSFS_PATH];
	va_list args;
	int ret;

	va_start(args, path);
	ret = make_path(full, path, args);
	va_end(args);
	return ret == 0 && faccessat(fs->root, full, F_OK, 0) == 0;
}
