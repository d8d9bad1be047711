/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Answers to the guest's control plane, and the host's own messages: sent in order, held back
 * while there is no room, never lost. Faults are put on here.
 */
#ifndef LAB_NETVSP_ANSWER_H
#define LAB_NETVSP_ANSWER_H

#include "nic.h"

/* Is there room for all that one packet of the guest can call for? If not, leave it in its ring. */
bool answer_has_room(const struct netvsp *nic);

/* The completion of a control packet. len 0: without payload. what: for the watchdog. */
void answer_completion(struct nic_channel *c, uint64_t transaction, const void *payload,
		       size_t len, const char *what);
/* The answer to an RNDIS control message. */
void answer_rndis(struct netvsp *nic, const void *message, size_t len, const char *what);
/* The completion of a data packet: sent at once, no fault touches it. */
void answer_data(struct nic_channel *c, uint64_t transaction, uint32_t status);
/* A request that the `silent` fault swallowed. */
void answer_none(struct netvsp *nic, const char *what);

/* The host's own in-band packet or RNDIS message. False: no room, try again. */
bool answer_host_inband(struct netvsp *nic, const void *message, size_t len, const char *what);
bool answer_host_rndis(struct netvsp *nic, const void *message, size_t len, const char *what);

/* Sends what is due and fits. True if something went. */
bool answer_flush(struct netvsp *nic);
uint64_t answer_deadline(const struct netvsp *nic);
/* The channel closed: its answers are owed to nobody. For the primary, every channel's. */
void answer_forget(struct nic_channel *c);

#endif
