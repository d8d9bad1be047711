// SPDX-License-Identifier: BSD-3-Clause
/* A table of changes to a NIC that is well, and of the verdict on each. */
#include "accelnet_rows.h"
#include "unit.h"

#include <stdio.h>
#include <string.h>

/* Programs are promised the rules' words by accelnet(8). */
static bool is_in_manual(const char *code)
{
	static char text[65536];
	size_t length = 0;
	FILE *file;

	if (text[0] == '\0') {
		file = fopen("tools/accelnet/accelnet.8", "r");
		CU_ASSERT_PTR_NOT_NULL_FATAL(file);
		length = fread(text, 1, sizeof(text) - 1, file);
		fclose(file);
		text[length] = '\0';
	}
	return strstr(text, code) != NULL;
}

void check_rows(const struct verdict_row *row, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct an_verdict *verdict = &nic->verdict;
		bool right;

		world_setup();
		row[i].change();
		world_judge();
		right = verdict->state == row[i].state &&
			verdict->state_source == row[i].state_source &&
			verdict->path == row[i].path &&
			verdict->path_source == row[i].path_source &&
			verdict->result == row[i].result &&
			strstr(verdict->reason, row[i].reason) != NULL &&
			(row[i].reason[0] != '\0') == (verdict->reason[0] != '\0') &&
			strcmp(verdict->next, row[i].next) == 0 &&
			(verdict->code != NULL) == (verdict->reason[0] != '\0') &&
			(verdict->code == NULL || is_in_manual(verdict->code));
		if (!right)
			printf("row %zu: state %d/%d path %d/%d result %d \"%s\" \"%s\"\n", i,
			       verdict->state, verdict->state_source, verdict->path,
			       verdict->path_source, verdict->result, verdict->reason,
			       verdict->next);
		CU_ASSERT_TRUE(right);
	}
}
