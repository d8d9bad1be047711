/* SPDX-License-Identifier: BSD-3-Clause */
/* What can be wrong with a NIC: the rules, and what several of them ask. */
#ifndef RULES_H
#define RULES_H

#include "../pair/model.h"

struct an_rule {
	bool (*applies)(const struct an_host *host, const struct an_nic *nic);
	enum an_result result;
	const char *code;	/* one word for programs; accelnet(8) lists them */
	const char *reason;	/* templates of explain.h */
	const char *next;
};

/* The first rule that applies to the NIC, whose state and path are known; NULL: all is well. */
const struct an_rule *an_rule_find(const struct an_host *host, const struct an_nic *nic);

static inline bool has_vf(const struct an_nic *nic)
{
	return nic->vf.name[0] != '\0';
}

/* Does accelnet.ko tell the state? */
static inline bool is_reported(const struct an_nic *nic)
{
	return nic->module.diagnosed;
}

static inline bool is_failed(const struct an_host *host, const struct an_nic *nic)
{
	if (nic->failed[0] != '\0' || (nic->function && nic->function->failed[0] != '\0'))
		return true;
	/* What could not be listed may have been this NIC's VF. */
	return !has_vf(nic) && !is_reported(nic) && host->failed[0] != '\0';
}

#endif
