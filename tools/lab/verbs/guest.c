// SPDX-License-Identifier: BSD-3-Clause
#include "guest.h"
void guest_vf_add(void) { }
void guest_vf_remove(void) { }
void guest_link(bool up) { (void)up; }
