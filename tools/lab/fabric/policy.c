// SPDX-License-Identifier: BSD-3-Clause
/*
 * The policy: an NSG-like list of rules, asked for every frame that crosses a NIC port, on either
 * path, before the path is looked at. The first rule that matches decides.
 */
#include "policy.h"

#include "private.h"
#include "switch.h"
#include "wire.h"

#include <errno.h>

#define COMMAND_USAGE                                                                              \
	"policy: add PRIORITY in|out allow|deny PROTO SRC[:PORT] DST[:PORT] | del PRIORITY | list\n"

enum neighbour_discovery { ND_FIRST = 133, ND_LAST = 137 }; /* ICMPv6 types, RFC 4861 */

/* What IPv6 stands on. Without it "deny icmp" would take away every address. */
static bool is_neighbour_discovery(const struct packet *packet)
{
	const struct frame_info *info = &packet->info;
	const uint8_t *ip = packet->frame + info->l3_offset;

	return info->l3 == FRAME_L3_IPV6 && ip[IPV6_NEXT] == PROTO_ICMPV6 &&
	       info->l3_len > IPV6_HEADER && ip[IPV6_HEADER] >= ND_FIRST &&
	       ip[IPV6_HEADER] <= ND_LAST;
}

bool policy_allows(struct policy *policy, enum fabric_direction dir, enum fabric_path path,
		   const struct packet *packet)
{
	if (policy->count == 0 || packet->info.l3 == FRAME_L3_NONE ||
	    is_neighbour_discovery(packet))
		return true;
	for (unsigned int i = 0; i < policy->count; i++) {
		struct rule *rule = &policy->rule[i];

		if (!rule_matches(rule, dir, packet->frame, &packet->info))
			continue;
		rule->packets[path]++;
		return !rule->deny;
	}
	return true;
}

/* The first rule whose priority is not lower. */
static unsigned int place_of(const struct policy *policy, unsigned long priority)
{
	unsigned int i = 0;

	while (i < policy->count && policy->rule[i].priority < priority)
		i++;
	return i;
}

static bool is_at(const struct policy *policy, unsigned int i, unsigned long priority)
{
	return i < policy->count && policy->rule[i].priority == priority;
}

static int add(struct policy *policy, const char *const words[RULE_WORDS], FILE *out)
{
	const char *wrong;
	unsigned int word, i;
	struct rule rule;

	wrong = rule_parse(words, &rule, &word);
	if (wrong != NULL) {
		fprintf(out, "policy: %s: %s\n", words[word], wrong);
		return -EINVAL;
	}
	i = place_of(policy, rule.priority);
	if (is_at(policy, i, rule.priority)) {
		fprintf(out, "policy: %u: there is a rule of this priority\n", rule.priority);
		return -EINVAL;
	}
	if (policy->count == POLICY_RULES) {
		fprintf(out, "policy: more than %d rules\n", POLICY_RULES);
		return -EINVAL;
	}
	memmove(&policy->rule[i + 1], &policy->rule[i], (policy->count - i) * sizeof(rule));
	policy->rule[i] = rule;
	policy->count++;
	return 0;
}

static int del(struct policy *policy, const char *word, FILE *out)
{
	unsigned long priority;
	unsigned int i;

	if (!rule_number(word, RULE_PRIORITY_MAX, &priority)) {
		fprintf(out, "policy: %s: not a priority\n", word);
		return -EINVAL;
	}
	i = place_of(policy, priority);
	if (!is_at(policy, i, priority)) {
		fprintf(out, "policy: %lu: no such rule\n", priority);
		return -EINVAL;
	}
	policy->count--;
	memmove(&policy->rule[i], &policy->rule[i + 1],
		(policy->count - i) * sizeof(policy->rule[0]));
	return 0;
}

int policy_command(struct policy *policy, int argc, const char *const argv[], FILE *out)
{
	if (argc == 1 + RULE_WORDS && strcmp(argv[0], "add") == 0)
		return add(policy, argv + 1, out);
	if (argc == 2 && strcmp(argv[0], "del") == 0)
		return del(policy, argv[1], out);
	if (argc == 1 && strcmp(argv[0], "list") == 0) {
		for (unsigned int i = 0; i < policy->count; i++)
			rule_print(&policy->rule[i], out);
		return 0;
	}
	fputs(COMMAND_USAGE, out);
	return -EINVAL;
}

int fabric_policy_command(struct fabric *fabric, int argc, const char *const argv[], FILE *out)
{
	return policy_command(&fabric->policy, argc, argv, out);
}
