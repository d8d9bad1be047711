/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Reading sysfs below a root, which is /sys but in tests. Paths are relative to the root.
 * 0 or -errno; -ENOENT says that there is no such thing, everything else that it is unknown.
 */
#ifndef SYSFS_H
#define SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define AN_SYSFS_PATH 512

struct an_sysfs {
	int root;	/* file descriptor of the folder */
};

/* Names in a folder, sorted; freed as one. */
struct an_sysfs_names {
	size_t count;
	char **name;
};

int an_sysfs_open(struct an_sysfs *fs, const char *root);
void an_sysfs_close(struct an_sysfs *fs);

/* -EOVERFLOW: longer than the buffer. Trailing white space is cut off. */
__attribute__((format(printf, 4, 5)))
int an_sysfs_read(const struct an_sysfs *fs, char *to, size_t size, const char *path, ...);

/* -EINVAL: no number, or none of 32 bits. base as for strtoul(). */
__attribute__((format(printf, 4, 5)))
int an_sysfs_number(const struct an_sysfs *fs, uint32_t *to, int base, const char *path, ...);

/* The last component of what the symbolic link points to. */
__attribute__((format(printf, 4, 5)))
int an_sysfs_link(const struct an_sysfs *fs, char *to, size_t size, const char *path, ...);

__attribute__((format(printf, 3, 4)))
int an_sysfs_list(const struct an_sysfs *fs, struct an_sysfs_names *names, const char *path, ...);
void an_sysfs_free(struct an_sysfs_names *names);

__attribute__((format(printf, 2, 3)))
bool an_sysfs_exists(const struct an_sysfs *fs, const char *path, ...);

#endif
