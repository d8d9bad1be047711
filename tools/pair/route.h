/* SPDX-License-Identifier: BSD-3-Clause */
/* Which routes would go dead with an interface. */
#ifndef ROUTE_H
#define ROUTE_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

/*
 * Is the message a route over the interface that somebody may depend on? pair.h says which count.
 * Takes any bytes.
 */
bool an_route_counts(const struct nlmsghdr *message, uint32_t ifindex);

#endif
