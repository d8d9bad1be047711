/* SPDX-License-Identifier: BSD-3-Clause */
/* The guest's kernel as programs see it from outside verbs: interfaces and sysfs. */
#ifndef LAB_VERBS_GUEST_H
#define LAB_VERBS_GUEST_H

#include <stdbool.h>

void guest_vf_add(void);
void guest_vf_remove(void);
void guest_link(bool up);

#endif
