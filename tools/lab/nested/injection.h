/* SPDX-License-Identifier: BSD-3-Clause */
/* Keeps the nested host's interrupts from reaching a guest twice. See injection.c. */
#ifndef LAB_INJECTION_H
#define LAB_INJECTION_H

/*
 * For process 1 of the nested host, once KVM's modules are loaded: from now on a guest that is
 * entered with an interrupt injected is left again before its first instruction. Returns 0 or
 * -errno.
 */
int injection_guard(void);

#endif
