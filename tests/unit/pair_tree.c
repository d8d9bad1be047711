// SPDX-License-Identifier: BSD-3-Clause
/* A recorded sysfs, unpacked into a folder of its own; trees/README says how it is written. */
#define _GNU_SOURCE /* nftw */
#include "pair_tree.h"

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_all(const char *path)
{
	struct stat st;

	if (lstat(path, &st) == 0 && nftw(path, remove_one, 8, FTW_DEPTH | FTW_PHYS) != 0)
		err(1, "cannot remove %s", path);
}

static void make_folders(char *path)
{
	for (char *at = strchr(path + 1, '/'); at != NULL; at = strchr(at + 1, '/')) {
		*at = '\0';
		if (mkdir(path, 0700) != 0 && errno != EEXIST)
			err(1, "cannot make %s", path);
		*at = '/';
	}
}

static void write_file(const char *path, const char *content)
{
	FILE *file = fopen(path, "w");

	if (file == NULL || fprintf(file, "%s\n", content) < 0 || fclose(file) != 0)
		err(1, "cannot write %s", path);
}

static void apply_file(const struct tree *tree, const char *name);

/* "PATH WORD REST", cut at its blanks. */
static void apply_line(const struct tree *tree, char *line)
{
	char path[4096], *word, *rest;

	if (line[0] == '#' || line[0] == '\0')
		return;
	word = strchr(line, ' ');
	if (word == NULL)
		errx(1, "no such line in a tree: %s", line);
	*word++ = '\0';
	if (strcmp(line, "include") == 0) {
		apply_file(tree, word);
		return;
	}
	rest = strchr(word, ' ');
	if (rest != NULL)
		*rest++ = '\0';
	snprintf(path, sizeof(path), "%s/%s", tree->root, line);
	make_folders(path);
	if (strcmp(word, "/") != 0)
		remove_all(path);
	if (strcmp(word, "=") == 0)
		write_file(path, rest ? rest : "");
	else if (strcmp(word, "->") == 0 && rest != NULL && symlink(rest, path) == 0)
		return;
	else if ((strcmp(word, "/") == 0 || strcmp(word, "!") == 0) &&
		 (mkdir(path, 0700) == 0 || errno == EEXIST))
		return;
	else if (strcmp(word, "-") != 0)
		err(1, "no such line in a tree: %s %s", line, word);
}

static void apply_file(const struct tree *tree, const char *name)
{
	char line[4096];
	FILE *file;

	snprintf(line, sizeof(line), "tests/unit/trees/%s.tree", name);
	file = fopen(line, "r");
	if (file == NULL)
		err(1, "cannot open %s", line);
	while (fgets(line, sizeof(line), file) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		apply_line(tree, line);
	}
	fclose(file);
}

void tree_unpack(struct tree *tree, const char *name, const char *changes)
{
	char *copy, *line, *rest;

	strcpy(tree->root, "/tmp/accelnet_tree.XXXXXX");
	if (mkdtemp(tree->root) == NULL)
		err(1, "cannot make %s", tree->root);
	if (name != NULL)
		apply_file(tree, name);
	rest = copy = strdup(changes ? changes : "");
	while ((line = strsep(&rest, "\n")) != NULL)
		apply_line(tree, line);
	free(copy);
}

void tree_remove(struct tree *tree)
{
	remove_all(tree->root);
}
