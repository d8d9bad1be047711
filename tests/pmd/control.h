/* SPDX-License-Identifier: BSD-3-Clause */
/* Asks the simulated host below the process (tools/lab/verbs), in hostctl's words. */
#ifndef TESTS_PMD_CONTROL_H
#define TESTS_PMD_CONTROL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONTROL_REPLY_MAX 65536u

/* Is there a host to ask? */
bool control_there(void);
/*
 * `words` with single blanks between them: "vf eject 0". 0 and the host's text in reply (may be
 * NULL); the host's status if it refused, with the text on stderr; -errno.
 */
int control_request(const char *words, char *reply, size_t size);

/* What the host counted on the NIC since it began, out of `hostctl stats`. */
struct control_stats {
	uint64_t vf_rx, vf_tx, synthetic_rx, synthetic_tx; /* frames, as the guest sees it */
	uint64_t drops;                                    /* of both paths, for all reasons */
};
int control_stats(struct control_stats *stats);
/* The same out of the text. 0 or -EBADMSG. */
int control_parse_stats(const char *text, struct control_stats *stats);

#endif
