/* SPDX-License-Identifier: BSD-3-Clause */
/* What hostctl can say to this machine; one table of words. */
#ifndef LAB_VERBS_WORDS_H
#define LAB_VERBS_WORDS_H

#include "machine.h"

#include <stdio.h>

/* Statuses of an answer; hostctl exits with them, but for the last: it asks again. */
enum { WORDS_DONE = 0, WORDS_CANNOT = 1, WORDS_WRONG = 64, WORDS_AGAIN = 255 };

/* Carries out `len` bytes of words, each ended by a NUL; text goes to out. Locked. */
int words_run(struct machine *machine, char *request, size_t len, FILE *out);

#endif
