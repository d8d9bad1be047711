/* SPDX-License-Identifier: BSD-3-Clause */
/* A recorded sysfs, unpacked into a folder of its own; see trees/README. */
#ifndef PAIR_TREE_H
#define PAIR_TREE_H

struct tree {
	char root[64];
};

/* `name` of a file in trees/, or NULL; `changes` are further lines, or NULL. Aborts on failure. */
void tree_unpack(struct tree *tree, const char *name, const char *changes);
void tree_remove(struct tree *tree);

#endif
