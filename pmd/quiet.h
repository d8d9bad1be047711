/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * Keeps the kernel from answering what belongs to the port: it drops unicast frames for the host
 * behind the AF_PACKET tap and before everything else. The filter is an nftables table owned by a
 * netlink socket of this process, so it vanishes when the process ends, however it ends.
 */
#ifndef AN_QUIET_H
#define AN_QUIET_H

#include <stddef.h>

/*
 * Installs the filter on an interface. Returns the descriptor that owns it (close() removes it), or
 * -errno with a reason that says what to load or grant.
 */
int an_quiet_open(int ifindex, char *reason, size_t len);

#endif
