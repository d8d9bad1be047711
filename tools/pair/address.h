/* SPDX-License-Identifier: BSD-3-Clause */
/* IP addresses on VFs, where there should be none. */
#ifndef ADDRESS_H
#define ADDRESS_H

#include "model.h"

#include <libmnl/libmnl.h>

void an_address_read_all(struct an_host *host);

/* Callback for mnl_cb_run(): notes the address if it is one of a VF. */
int an_address_parse(const struct nlmsghdr *message, void *host);

#endif
