/* SPDX-License-Identifier: GPL-2.0-only */
/* What the host should not have sent: counted, and named in the kernel log, not too often. */
#ifndef AN_COMPLAIN_H
#define AN_COMPLAIN_H

#include "nic.h"

static inline void an_complain(struct an_nic *nic, atomic_long_t *counter, const char *what)
{
	atomic_long_inc(counter);
	if (net_ratelimit())
		netdev_warn(nic->net, "dropped from the host: %s\n", what);
}

#endif
