/* SPDX-License-Identifier: BSD-3-Clause */
/* Completions without work, for counting and timing the program alone. */
#ifndef LAB_VERBS_REPLAY_H
#define LAB_VERBS_REPLAY_H

#include "machine.h"

/* One round over all queues. Locked. True: something completed. */
bool replay_round(struct machine *machine);

#endif
