/* SPDX-License-Identifier: BSD-3-Clause */
/* Where the machine's own threads run, beside a program that binds its threads to cores (EAL). */
#ifndef LAB_VERBS_CORE_H
#define LAB_VERBS_CORE_H

/* The calling thread may run on any core the program was started on. */
void core_release(void);
/*
 * The calling thread stays on a core that no other thread of the program is bound to: one that
 * moved between cores in the middle of a burst would leave frames in both cores' backlogs
 * (backlog.h), in no order. Where there is no such core it runs anywhere.
 */
void core_take_free(void);

#endif
