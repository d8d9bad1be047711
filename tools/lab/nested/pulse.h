/* SPDX-License-Identifier: BSD-3-Clause */
/* Keeps the nested host's CPUs from standing still. See pulse.c. */
#ifndef LAB_PULSE_H
#define LAB_PULSE_H

/*
 * For process 1 of the nested host, which has at least two CPUs: from now on each of them is
 * interrupted some 25 times a second at least. Returns 0 or -errno.
 */
int pulse_start(void);

#endif
