/* SPDX-License-Identifier: BSD-3-Clause */
/*
 * The guest's kernel as programs see it from outside verbs: interfaces and sysfs. Both are the
 * launcher's (accelnet-native) and outlive every program; the machine changes them with the VF.
 */
#ifndef LAB_VERBS_GUEST_H
#define LAB_VERBS_GUEST_H

#include <stdbool.h>
#include <stdint.h>

#define GUEST_WIRE "lab0"    /* far end of eth0 */
#define GUEST_VF_WIRE "lab1" /* far end of the VF's interface */
#define GUEST_MTU 1500u
#define GUEST_WIRE_MTU 9240u /* the host takes what the guest may send */

/* An interface that sends nothing of its own: the far ends are no hosts. */
void guest_no_ipv6(const char *name);
/* The VF's interface, up, as far end down or up with the link. 0 or -errno. */
int guest_vf_link(bool up);
/* The VF's interface and its part of sysfs come and go; nothing without a launcher. */
void guest_vf_add(void);
void guest_vf_remove(void);
/* The carrier of both interfaces. */
void guest_link(bool up);
void guest_mac(uint8_t mac[6]);

#endif
