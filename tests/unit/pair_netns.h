/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Runs a test's body in a process, user and network namespace of its own, where it is root and has
 * no interface but lo. Where that is not permitted, or there is no `ip`, it says so and is skipped.
 */
#ifndef PAIR_NETNS_H
#define PAIR_NETNS_H

#include <stdbool.h>
#include <stdint.h>

/* In the body, instead of CU_ASSERT: goes on after a failure. */
#define netns_check(condition) netns_note((condition), __FILE__, __LINE__, #condition)

void netns_run(void (*body)(void));
void netns_note(bool holds, const char *file, int line, const char *what);

/* Runs a shell command, and gives the body up if it fails. */
__attribute__((format(printf, 1, 2)))
void netns_sh(const char *command, ...);

/* Makes a pair of veth, both up; or skips the test where this kernel has none. */
void netns_veth(const char *name, const char *peer);
/* `ip link add ...`; or skips the test. */
void netns_add(const char *what);

/* 0: there is none. */
uint32_t netns_index(const char *name);

#endif
