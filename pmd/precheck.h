/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * What must be there before a port can work, looked at up front; each check that fails names the
 * command that mends it.
 */
#ifndef AN_PRECHECK_H
#define AN_PRECHECK_H

#include <stddef.h>

struct an_devargs;
struct an_pair;

/* The DPDK that runs is the one this was built for: its internal interfaces carry no version. */
int an_precheck_dpdk(char *reason, size_t len);
/* Capabilities of the process. */
int an_precheck_privileges(char *reason, size_t len);
/* Looks the interface up: 0 and *pair, or what is wrong with it. */
int an_precheck_interface(const struct an_devargs *args, struct an_pair *pair, char *reason,
			  size_t len);
/* What a VF would need, in words; "" if nothing is missing. Only a warning: it may come later. */
void an_precheck_vf(const struct an_pair *pair, char *warning, size_t len);

#endif
