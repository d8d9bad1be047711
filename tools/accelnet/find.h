/* SPDX-License-Identifier: BSD-3-Clause */
/* Which NIC a word on the command line means. */
#ifndef FIND_H
#define FIND_H

#include "../pair/model.h"

/*
 * A NIC by its interface or its VF's, by name or MAC address; by the PCI address of its VF; by its
 * VMBus GUID; or by `ifindex`, which an alternative name stands for; 0: it is none. NULL: there is
 * no such NIC, or there are several: `error`, of AN_TEXT bytes, says which there are.
 */
struct an_nic *an_find(struct an_host *host, const char *word, uint32_t ifindex, char *error);

#endif
