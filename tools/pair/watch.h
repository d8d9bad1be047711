/* SPDX-License-Identifier: BSD-3-Clause */
/* What the watch reads from devlink. Functions that take any bytes. */
#ifndef WATCH_H
#define WATCH_H

#include <libmnl/libmnl.h>
#include <stdint.h>

struct an_watch_group {
	uint16_t family;	/* 0: not told */
	uint32_t group;		/* multicast group "config"; 0: not told */
};

int an_watch_parse_group(const struct nlmsghdr *message, void *group);

/*
 * Is it the health of the NIC `vmbus` in accelnet.ko's words? 1: healthy, 0: not, -ENOMSG: it is
 * about something else.
 */
int an_watch_parse_health(const struct nlmsghdr *message, uint16_t family, const char *vmbus);

#endif
