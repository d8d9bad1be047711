// SPDX-License-Identifier: BSD-3-Clause
/*
 * Names of the VF's states, both ways. kmod/vf_state.c has them: what devlink shows, what the tool
 * prints and what the PMD logs is one list.
 */
#include "state.h"

#include <string.h>

const char *an_state_name(enum an_vf_state state)
{
	return state < AN_VF_STATES ? an_vf_state_name(state) : "unknown";
}

enum an_vf_state an_state_from(const char *name)
{
	for (int i = 0; i < AN_VF_STATES; i++)
		if (strcmp(name, an_vf_state_name((enum an_vf_state)i)) == 0)
			return (enum an_vf_state)i;
	return AN_VF_UNKNOWN;
}
