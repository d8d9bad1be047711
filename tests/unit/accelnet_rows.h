/* SPDX-License-Identifier: BSD-3-Clause */
/* A table of changes to a NIC that is well, and of the verdict on each. */
#ifndef ACCELNET_ROWS_H
#define ACCELNET_ROWS_H

#include "accelnet_world.h"

#define EVENTS "devlink health dump show vmbus/" WORLD_GUID " reporter vf"

#define PWSH "Get-VMNetworkAdapter -VMName VM | Format-List Name, IovWeight, Status"

#define UNKNOWN AN_VF_UNKNOWN, AN_SOURCE_NONE
#define INF(state_) AN_VF_##state_, AN_SOURCE_INFERRED
#define REP(state_) AN_VF_##state_, AN_SOURCE_REPORTED
#define P_UNKNOWN AN_PATH_UNKNOWN, AN_SOURCE_NONE
#define P(path_, source_) AN_PATH_##path_, AN_SOURCE_##source_

struct verdict_row {
	void (*change)(void);
	enum an_vf_state state;
	enum an_source state_source;
	enum an_path path;
	enum an_source path_source;
	enum an_result result;
	const char *reason;	/* a part of it */
	const char *next;	/* all of it */
};

/* Each verdict is as its row says, and accelnet(8) has the word of the rule. */
void check_rows(const struct verdict_row *row, size_t count);

#endif
