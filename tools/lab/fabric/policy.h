/* SPDX-License-Identifier: BSD-3-Clause */
/* The rules of one fabric, in order of priority. One table for both paths of every port. */
#ifndef LAB_FABRIC_POLICY_H
#define LAB_FABRIC_POLICY_H

#include "rule.h"

#define POLICY_RULES 256

struct packet;

struct policy {
	unsigned int count;
	struct rule rule[POLICY_RULES]; /* lowest priority number first */
};

/* Whether the packet may cross, in that direction; counts it at the rule that says so. */
bool policy_allows(struct policy *policy, enum fabric_direction dir, enum fabric_path path,
		   const struct packet *packet);
/* fabric_policy_command(). */
int policy_command(struct policy *policy, int argc, const char *const argv[], FILE *out);

#endif
