/* SPDX-License-Identifier: BSD-3-Clause */
/* Stands in for the kernel's: a qdisc is how much waits in it. */
#ifndef SHIM_NET_SCH_GENERIC_H
#define SHIM_NET_SCH_GENERIC_H

#include <linux/netdevice.h>

struct Qdisc {
	u32 waiting;
};

#define qdisc_qlen_sum(qdisc) ((qdisc)->waiting)

#endif
