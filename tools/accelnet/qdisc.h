/* SPDX-License-Identifier: BSD-3-Clause */
/* Queueing disciplines and filters of a VF's interface, which the NIC's user does not see. */
#ifndef QDISC_H
#define QDISC_H

#include "../pair/model.h"

#include <libmnl/libmnl.h>

void an_qdisc_read_all(struct an_host *host);

/* Callbacks for mnl_cb_run(): note what is one of a VF; they take any bytes. */
int an_qdisc_parse(const struct nlmsghdr *message, void *host);
int an_qdisc_parse_filter(const struct nlmsghdr *message, void *nic);

#endif
