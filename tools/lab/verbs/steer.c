// SPDX-License-Identifier: BSD-3-Clause
/*
 * Steering by firmware commands. Tables are chained by their miss action in the order of places;
 * a group holds 64 entries of one mask. A rule that goes on names the table of the next place as
 * its second destination, so that place's table is held while the rule lives.
 */
#include "steer.h"

#include "../connectx/ifc.h"

#include <errno.h>
#include <stdlib.h>

#define LOG_TABLE 12
#define GROUP_ENTRIES 64u
#define GROUPS ((1u << LOG_TABLE) / GROUP_ENTRIES)

enum { OP_SET_ROOT = 0x92f, OP_CREATE_TABLE = 0x930, OP_DESTROY_TABLE = 0x931,
       OP_CREATE_GROUP = 0x933, OP_DESTROY_GROUP = 0x934, OP_SET_ENTRY = 0x936,
       OP_DELETE_ENTRY = 0x938, OP_MODIFY_TABLE = 0x93c };
#define TABLE_ID CX_FIELD(0x14, 23, 0)
#define TABLE_MISS_ACTION CX_FIELD(0x18, 27, 24)
#define TABLE_LEVEL CX_FIELD(0x18, 23, 16)
#define TABLE_LOG_SIZE CX_FIELD(0x18, 7, 0)
#define TABLE_MISS_ID CX_FIELD(0x1c, 23, 0)
#define MODIFY_MISS CX_FIELD(0xc, 15, 0)
#define GROUP_ID CX_DWORD(0x18)
#define GROUP_START CX_DWORD(0x1c)
#define GROUP_END CX_DWORD(0x24)
#define GROUP_CRITERIA CX_FIELD(0x3c, 7, 0)
#define GROUP_MASK 0x40
#define ENTRY_INDEX CX_DWORD(0x20)
#define ENTRY_GROUP CX_DWORD(0x44)
#define ENTRY_TAG CX_FIELD(0x48, 23, 0)
#define ENTRY_ACTION CX_FIELD(0x4c, 15, 0)
#define ENTRY_DESTINATIONS CX_FIELD(0x50, 23, 0)
#define ENTRY_COUNTERS CX_FIELD(0x54, 23, 0)
#define ENTRY_MATCH 0x80
#define ENTRY_LIST 0x340
#define LIST_ITEM 8u
enum { ACTION_DROP = 0x2, ACTION_FORWARD = 0x4, ACTION_COUNT = 0x8 };
enum { TO_TABLE = 1, TO_TIR = 2 };
enum { MISS_DEFAULT = 0, MISS_FORWARD = 1 };

struct group {
	uint32_t id;       /* 0: not there */
	uint8_t criteria;
	uint8_t mask[CX_MATCH_SIZE];
	uint64_t used;     /* bit n: entry n */
};

struct table {
	uint32_t id;
	unsigned int users; /* rules, and rules that go on to it */
	struct group group[GROUPS];
};

struct steer {
	struct table *table[STEER_PLACES]; /* NULL: not there */
	unsigned int generation;           /* of the function: rules of an older one are gone */
};

struct steer_rule {
	unsigned int place, group, entry;
	unsigned int generation;
	bool go_on;
};

/* One function a process. */
static struct steer steer;

static int command(struct machine *machine, uint16_t opcode, uint8_t *in, size_t in_len,
		   uint32_t *number)
{
	uint8_t out[16] = { 0 };
	int err;

	cx_set(in, CX_IN_OPCODE, opcode);
	err = machine_command(machine, 0, in, in_len, out, sizeof(out));
	if (err == 0 && number != NULL)
		*number = cx_get(out, CX_OBJECT_NUMBER);
	return err;
}

static const struct table *table_after(unsigned int place)
{
	while (++place < STEER_PLACES)
		if (steer.table[place] != NULL)
			return steer.table[place];
	return NULL;
}

static void miss_set(uint8_t *in, const struct table *next)
{
	cx_set(in, TABLE_MISS_ACTION, next != NULL ? MISS_FORWARD : MISS_DEFAULT);
	if (next != NULL)
		cx_set(in, TABLE_MISS_ID, next->id);
}

/* What comes before `place` now leads to what comes at it or after it; the first is the root. */
static int chain_mend(struct machine *machine, unsigned int place)
{
	const struct table *next = steer.table[place] != NULL ? steer.table[place] :
								table_after(place);
	uint8_t in[64] = { 0 };

	while (place-- > 0) {
		if (steer.table[place] == NULL)
			continue;
		cx_set(in, TABLE_ID, steer.table[place]->id);
		cx_set(in, MODIFY_MISS, 1);
		miss_set(in, next);
		return command(machine, OP_MODIFY_TABLE, in, sizeof(in), NULL);
	}
	if (next == NULL)
		return 0;
	cx_set(in, TABLE_ID, next->id);
	return command(machine, OP_SET_ROOT, in, sizeof(in), NULL);
}

static int table_hold(struct machine *machine, unsigned int place)
{
	struct table *table = steer.table[place];
	uint8_t in[64] = { 0 };
	int err;

	if (table == NULL) {
		table = calloc(1, sizeof(*table));
		if (table == NULL)
			return -ENOMEM;
		cx_set(in, TABLE_LEVEL, place + 1);
		cx_set(in, TABLE_LOG_SIZE, LOG_TABLE);
		miss_set(in, table_after(place));
		err = command(machine, OP_CREATE_TABLE, in, sizeof(in), &table->id);
		if (err < 0) {
			free(table);
			return err;
		}
		steer.table[place] = table;
		chain_mend(machine, place);
	}
	table->users++;
	return 0;
}

static void table_release(struct machine *machine, unsigned int place)
{
	struct table *table = steer.table[place];
	uint8_t in[64] = { 0 };

	if (--table->users > 0)
		return;
	steer.table[place] = NULL;
	chain_mend(machine, place);
	cx_set(in, TABLE_ID, table->id);
	command(machine, OP_DESTROY_TABLE, in, sizeof(in), NULL);
	free(table);
}

static int group_create(struct machine *machine, struct table *table, unsigned int n,
			const struct steer_match *match)
{
	struct group *group = &table->group[n];
	uint8_t in[1024] = { 0 };
	int err;

	cx_set(in, TABLE_ID, table->id);
	cx_set(in, GROUP_START, n * GROUP_ENTRIES);
	cx_set(in, GROUP_END, n * GROUP_ENTRIES + GROUP_ENTRIES - 1);
	cx_set(in, GROUP_CRITERIA, match->criteria);
	memcpy(in + GROUP_MASK, match->mask, CX_MATCH_SIZE);
	err = command(machine, OP_CREATE_GROUP, in, sizeof(in), &group->id);
	if (err < 0) {
		group->id = 0;
		return err;
	}
	group->criteria = match->criteria;
	memcpy(group->mask, match->mask, CX_MATCH_SIZE);
	group->used = 0;
	return 0;
}

/* The group's number with room for that mask, or -errno. */
static int group_find(struct machine *machine, struct table *table, const struct steer_match *match)
{
	int unused = -1, err;

	for (unsigned int n = 0; n < GROUPS; n++) {
		const struct group *group = &table->group[n];

		if (group->id == 0 && unused < 0)
			unused = (int)n;
		if (group->id != 0 && group->used != UINT64_MAX &&
		    group->criteria == match->criteria &&
		    memcmp(group->mask, match->mask, CX_MATCH_SIZE) == 0)
			return (int)n;
	}
	if (unused < 0)
		return -ENOSPC;
	err = group_create(machine, table, (unsigned int)unused, match);
	return err < 0 ? err : unused;
}

static void group_release(struct machine *machine, const struct table *table, struct group *group)
{
	uint8_t in[64] = { 0 };

	if (group->used != 0)
		return;
	cx_set(in, TABLE_ID, table->id);
	cx_set(in, GROUP_ID, group->id);
	command(machine, OP_DESTROY_GROUP, in, sizeof(in), NULL);
	group->id = 0;
}

static void item_add(uint8_t *in, uint32_t *at, uint32_t type, uint32_t id)
{
	cx_set32(in, ENTRY_LIST + *at, type << 24 | id);
	*at += LIST_ITEM;
}

static int entry_set(struct machine *machine, const struct steer_rule *rule,
		     const struct steer_match *match, const struct steer_actions *actions)
{
	const struct table *table = steer.table[rule->place];
	uint8_t in[ENTRY_LIST + (STEER_TIRS_MAX + 2) * LIST_ITEM] = { 0 };
	uint32_t list = 0, action = 0;

	cx_set(in, TABLE_ID, table->id);
	cx_set(in, ENTRY_INDEX, rule->group * GROUP_ENTRIES + rule->entry);
	cx_set(in, ENTRY_GROUP, table->group[rule->group].id);
	cx_set(in, ENTRY_TAG, actions->tagged ? actions->tag : 0);
	memcpy(in + ENTRY_MATCH, match->value, CX_MATCH_SIZE);
	for (unsigned int i = 0; i < actions->tirs; i++)
		item_add(in, &list, TO_TIR, actions->tir[i]);
	if (rule->go_on)
		item_add(in, &list, TO_TABLE, steer.table[rule->place + 1]->id);
	cx_set(in, ENTRY_DESTINATIONS, list / LIST_ITEM);
	if (list > 0)
		action |= ACTION_FORWARD;
	if (actions->drop)
		action |= ACTION_DROP;
	if (actions->counter != 0) {
		action |= ACTION_COUNT;
		cx_set(in, ENTRY_COUNTERS, 1);
		item_add(in, &list, 0, actions->counter);
	}
	cx_set(in, ENTRY_ACTION, action);
	return command(machine, OP_SET_ENTRY, in, ENTRY_LIST + list, NULL);
}

struct steer_rule *vb_steer_add(struct machine *machine, unsigned int place,
			     const struct steer_match *match, const struct steer_actions *actions,
			     int *err)
{
	struct steer_rule *rule;
	struct table *table;
	struct group *group;

	/* What comes from now on may not be for the kernel: what came before is with it first. */
	if (place != STEER_KERNEL)
		kernel_settle(machine);
	*err = -ENOMEM;
	rule = calloc(1, sizeof(*rule));
	if (rule == NULL)
		return NULL;
	rule->generation = steer.generation;
	rule->place = place;
	rule->go_on = actions->go_on && place + 1 < STEER_PLACES;
	if (rule->go_on) {
		*err = table_hold(machine, place + 1);
		if (*err < 0)
			goto err_free;
	}
	*err = table_hold(machine, place);
	if (*err < 0)
		goto err_release_next;
	table = steer.table[place];
	*err = group_find(machine, table, match);
	if (*err < 0)
		goto err_release_table;
	rule->group = (unsigned int)*err;
	group = &table->group[rule->group];
	rule->entry = (unsigned int)__builtin_ctzll(~group->used);
	*err = entry_set(machine, rule, match, actions);
	if (*err < 0)
		goto err_release_group;
	group->used |= 1ull << rule->entry;
	return rule;

err_release_group:
	group_release(machine, table, group);
err_release_table:
	table_release(machine, place);
err_release_next:
	if (rule->go_on)
		table_release(machine, place + 1);
err_free:
	free(rule);
	return NULL;
}

void steer_remove(struct machine *machine, struct steer_rule *rule)
{
	struct table *table = steer.table[rule->place];
	uint8_t in[64] = { 0 };
	struct group *group;

	if (rule->generation == steer.generation) {
		group = &table->group[rule->group];
		cx_set(in, TABLE_ID, table->id);
		cx_set(in, ENTRY_INDEX, rule->group * GROUP_ENTRIES + rule->entry);
		command(machine, OP_DELETE_ENTRY, in, sizeof(in), NULL);
		group->used &= ~(1ull << rule->entry);
		group_release(machine, table, group);
		table_release(machine, rule->place);
		if (rule->go_on)
			table_release(machine, rule->place + 1);
	}
	free(rule);
}

void steer_forget(void)
{
	steer.generation++;
	for (unsigned int place = 0; place < STEER_PLACES; place++) {
		free(steer.table[place]);
		steer.table[place] = NULL;
	}
}
