/* SPDX-License-Identifier: BSD-3-Clause */
/* Writes the command's output where it belongs, without being held up for good by its reader. */
#ifndef LAB_OUTPUT_H
#define LAB_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Writes all of it to fd, blocking or not. give_up is asked every 100 ms while the reader takes
 * nothing. 0, -EINTR (gave up), or -errno.
 */
int lab_output(int fd, const void *data, size_t len, bool (*give_up)(void *ctx), void *ctx);

#endif
