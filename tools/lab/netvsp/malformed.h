/* SPDX-License-Identifier: BSD-3-Clause */
/* What no host should send: one malformed packet or message of each kind, by name. */
#ifndef LAB_NETVSP_MALFORMED_H
#define LAB_NETVSP_MALFORMED_H

#include "nic.h"

/* The kinds, from 0 on; NULL: no more. */
const char *malformed_name(unsigned int i);
/* 0; -ENOENT: no such kind; -ENOTCONN: the channel is closed; -ENOBUFS: there is no receive buffer;
 * -EBUSY, -EAGAIN: no room now. */
int malformed_send(struct netvsp *nic, const char *name);

#endif
