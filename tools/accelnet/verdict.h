/* SPDX-License-Identifier: BSD-3-Clause */
/* From facts to state, reason, next command and exit status. Pure. */
#ifndef VERDICT_H
#define VERDICT_H

#include "../pair/model.h"

/* Fills in the verdict of every NIC; an_attribute() comes first. */
void an_verdict(struct an_host *host);

/*
 * Of one NIC, or of all (NULL): any degraded one decides, else any unknown one, else any without
 * a VF. One that is down, foreign or elsewhere decides only where there is nothing else. A function
 * that one of the kernel's NICs must own but does not use degrades the whole machine.
 */
enum an_result an_verdict_result(const struct an_host *host, const struct an_nic *nic);

/* That this NIC does not use a VF is on purpose: it is well. */
void an_verdict_allow(struct an_nic *nic);

#endif
