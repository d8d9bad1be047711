/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The made-up sysfs: what a generation 2 VM with one accelerated NIC shows, as far as programs that
 * look for pairs and PCI functions read it. What the kernel keeps for an interface is linked to the
 * real /sys of this network namespace. Layout: tests/unit/trees, Linux 6.1. All 0 or -errno.
 */
#ifndef LAB_VERBS_TREE_H
#define LAB_VERBS_TREE_H

#define TREE_NIC "eth0"
#define TREE_VF "enP44032s2"
#define TREE_FUNCTION "ac00:00:02.0"

/* The NIC's part, in an empty folder. */
int tree_create(const char *root);
/* The VF's part: its function, its interface joined to the NIC, its RDMA device. */
int tree_vf_add(const char *root);
void tree_vf_remove(const char *root);
void tree_destroy(const char *root); /* the folder too */

#endif
