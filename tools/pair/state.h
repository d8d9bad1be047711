/* SPDX-License-Identifier: BSD-3-Clause */
/* The VF's states as the kernel module names them, and one more: what cannot be told. */
#ifndef STATE_H
#define STATE_H

#include "../../kmod/vf_state.h"

/* No state of the module's. */
#define AN_VF_UNKNOWN AN_VF_STATES

/* "unknown" for AN_VF_UNKNOWN and whatever else is none. */
const char *an_state_name(enum an_vf_state state);

/* AN_VF_UNKNOWN: no state has that name. */
enum an_vf_state an_state_from(const char *name);

#endif
