/* SPDX-License-Identifier: BSD-3-Clause */
/* Words for the model's enums, and text from the kernel made fit for a terminal or a shell. */
#ifndef TEXT_H
#define TEXT_H

#include "../pair/fail.h"
#include "../pair/model.h"
#include "../pair/state.h"

const char *an_path_name(enum an_path path);
const char *an_source_name(enum an_source source);
const char *an_result_name(enum an_result result);
/* The exit status: Nagios takes 1 for a warning, 2 for critical, 3 for unknown. */
int an_result_exit(enum an_result result);

/* What is not printable ASCII becomes '?': interface names may hold nearly any byte. */
void an_text_clean(char *to, size_t size, const char *text);

/* The word as a shell takes it, in single quotes where it must be. */
void an_text_shell_word(char *to, size_t size, const char *word);

void an_text_mac(char to[18], const uint8_t mac[6]);

#endif
