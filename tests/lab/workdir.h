/* SPDX-License-Identifier: BSD-3-Clause */
/* Folders and logs of the runs: below build/lab/, and the temporary folder the lab is given. */
#ifndef TESTS_LAB_WORKDIR_H
#define TESTS_LAB_WORKDIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* An empty folder of that name, whatever was there. 0 or -errno. */
int workdir_make(const char *path);
int workdir_remove(const char *path);
/*
 * What a run left in its temporary folder: kernel and host logs are appended to its own log, the
 * rest is named there and counted. The folder is empty afterwards.
 */
unsigned int workdir_leftovers(const char *dir, const char *log);

void log_tail(const char *log, FILE *out);
/* The last line that starts with `start`, without it. 0 or -ENOENT. */
int log_last_line(const char *log, const char *start, char *line, size_t size);
/*
 * Does a guest's kernel complain in it? The gravest of what guest-run.sh looks for. The part that
 * is the nested host's log is no guest's.
 */
bool log_has_complaint(const char *log);

#endif
