// SPDX-License-Identifier: BSD-3-Clause
/* Module and lab speak of the same numbers: every name is on both sides, with one value. */
#include "kmod_wire.h"
#include "unit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const struct wire_row *find(const struct wire_table *table, const char *name)
{
	for (size_t i = 0; i < table->rows; i++)
		if (strcmp(table->row[i].name, name) == 0)
			return &table->row[i];
	return NULL;
}

/* Rows of `table` that `other` has not, or has with another value; says which. */
static unsigned int differences(const struct wire_table *table, const struct wire_table *other)
{
	unsigned int count = 0;

	for (size_t i = 0; i < table->rows; i++) {
		const struct wire_row *row = &table->row[i], *twin = find(other, row->name);

		if (twin != NULL && twin->value == row->value)
			continue;
		count++;
		if (twin == NULL)
			printf("\n%s: %s has it, %s does not\n", row->name, table->side,
			       other->side);
		else
			printf("\n%s: %#" PRIx64 " to %s, %#" PRIx64 " to %s\n", row->name,
			       row->value, table->side, twin->value, other->side);
	}
	return count;
}

static void module_and_lab(void)
{
	CU_ASSERT_TRUE(wire_module.rows > 0);
	CU_ASSERT_EQUAL(differences(&wire_module, &wire_lab), 0);
	CU_ASSERT_EQUAL(differences(&wire_lab, &wire_module), 0);
}

/* find() sees the first of a name only: a second would hide. */
static void once_each(void)
{
	for (size_t i = 0; i < wire_module.rows; i++)
		CU_ASSERT_PTR_EQUAL(find(&wire_module, wire_module.row[i].name),
				    &wire_module.row[i]);
	for (size_t i = 0; i < wire_lab.rows; i++)
		CU_ASSERT_PTR_EQUAL(find(&wire_lab, wire_lab.row[i].name), &wire_lab.row[i]);
}

static CU_TestInfo tests[] = {
	{ "module and lab agree", module_and_lab },
	{ "a name is there once", once_each },
	CU_TEST_INFO_NULL,
};
UNIT_SUITE("kmod/wire", NULL, NULL, tests);
