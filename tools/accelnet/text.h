/* SPDX-License-Identifier: BSD-3-Clause */
/* Words for the model's enums, and text from the kernel made fit for a terminal or a shell. */
#ifndef TEXT_H
#define TEXT_H

#include "model.h"

const char *an_state_name(enum an_state state);
enum an_state an_state_from(const char *name);
const char *an_path_name(enum an_path path);
const char *an_source_name(enum an_source source);
const char *an_result_name(enum an_result result);

/*
 * Notes a failure in `failed`, of AN_TEXT bytes, unless there is one: the first is the one to tell.
 * error: an errno, negative or not; 0 for none.
 */
__attribute__((format(printf, 3, 4)))
void an_fail(char *failed, int error, const char *what, ...);

/* What is not printable ASCII becomes '?': interface names may hold nearly any byte. */
void an_text_clean(char *to, size_t size, const char *text);

/* The word as a shell takes it, in single quotes where it must be. */
void an_text_shell_word(char *to, size_t size, const char *word);

void an_text_mac(char to[18], const uint8_t mac[6]);

#endif
