/* SPDX-License-Identifier: BSD-3-Clause */
/* Keeps the nested host's kernel from rewriting itself under a running guest. See patching.c. */
#ifndef LAB_PATCHING_H
#define LAB_PATCHING_H

/*
 * For process 1 of the nested host, once KVM's modules are loaded and before any guest runs. Holds
 * a file descriptor for good. Returns 0 or -errno.
 */
int patching_guard(void);

#endif
