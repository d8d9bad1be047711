/* SPDX-License-Identifier: BSD-3-Clause */
/* Notes what could not be read, in words. */
#ifndef FAIL_H
#define FAIL_H

#include "model.h"

/*
 * Notes a failure in `failed`, of AN_TEXT bytes, unless there is one: the first is the one to tell.
 * error: an errno, negative or not; 0 for none.
 */
__attribute__((format(printf, 3, 4)))
void an_fail(char *failed, int error, const char *what, ...);

#endif
