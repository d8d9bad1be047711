/* SPDX-License-Identifier: BSD-3-Clause */
/* What the user gives: --vdev net_accelnet0,iface=eth0[,slow=af_packet][,force=1] */
#ifndef AN_DEVARGS_H
#define AN_DEVARGS_H

#include <stdbool.h>
#include <stddef.h>

#define AN_IFACE_LEN 16u /* IFNAMSIZ */

struct an_devargs {
	char iface[AN_IFACE_LEN];
	char slow[16];       /* synthetic mode by name */
	bool force;          /* take an interface that carries a route */
	bool mpw;            /* use enhanced multi-packet WQEs where there are; default yes */
	bool compression;    /* use compressed CQEs where there are; default yes */
};

/*
 * Parses the text behind the device's name. 0, or -EINVAL with the reason in words: unknown key,
 * key given twice, value not understood, no iface, name too long.
 */
int an_devargs_parse(const char *text, struct an_devargs *args, char *reason, size_t len);

#endif
