// SPDX-License-Identifier: BSD-3-Clause
#include "control.h"
int control_start(struct machine *machine) { (void)machine; return 0; }
void control_stop(struct machine *machine) { (void)machine; }
